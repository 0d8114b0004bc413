// @ts-check
/**
 * Recorded runs side by side: comparisons, parts made of them, claims made of parts.
 *
 * @module
 */
import { allOf, compare, overData } from "./rules.mjs";

/** @typedef {import("./records.mjs").Record} Record */
/** @typedef {import("./rules.mjs").Verdict} Verdict */

/**
 * One comparison: on the left what the claim says is smaller.
 *
 * @typedef {{ what: string, data: string, names: [string, string], values: [number[], number[]], verdict: Verdict,
 *   seeds: number, agree: number, oppose: number }} Comparison
 */

/** @typedef {{ title: string, decides: boolean, verdict: Verdict, comparisons: Comparison[] }} Part */

/** @typedef {{ id: string, title: string, statement: string, verdict: Verdict, parts: Part[] }} Claim */

/** The records of runs that are as wanted. @param {readonly Record[]} records @param {Partial<import("./plan.mjs").Run>} wanted @param {Record["run"]["options"]} [options] */
export function select(records, wanted, options = {}) {
  const matches = (/** @type {object} */ given, /** @type {object} */ asked) =>
    Object.entries(asked).every(([name, value]) => /** @type {{ [name: string]: unknown }} */ (given)[name] === value);
  return records.filter(({ run }) => matches(run, wanted) && matches(run.options, options));
}

/**
 * Two sets of runs compared by one number, over the seeds that both have.
 *
 * @param {string} what
 * @param {string} data
 * @param {(record: Record) => number} measure
 * @param {Readonly<{ [name: string]: readonly Record[] }>} sides Two, the claimed smaller first.
 * @returns {Comparison[]} One, or none without a common seed.
 */
export function against(what, data, measure, sides) {
  const [left = "", right = ""] = Object.keys(sides);
  const bySeed = [left, right].map((name) => new Map((sides[name] ?? []).map((record) => [record.run.seed, record])));
  const [first, second] = bySeed;
  const pairs = [...(first ?? [])].flatMap(([seed, record]) => {
    const other = second?.get(seed);
    return other === undefined ? [] : [{ a: measure(record), b: measure(other) }];
  });
  /** @type {[number[], number[]]} */
  const values = [pairs.map(({ a }) => a), pairs.map(({ b }) => b)];
  return pairs.length === 0 ? [] : [{ what, data, names: [left, right], values, ...compare(...values) }];
}

/** Comparisons of one statement, and whether the claim hangs on them. @param {string} title @param {Comparison[]} comparisons @param {boolean} [decides] @returns {Part} */
export function part(title, comparisons, decides = true) {
  return { title, decides, comparisons, verdict: overData(comparisons.map(({ verdict }) => verdict)) };
}

/** A claim with its verdict. @param {string} id @param {string} title @param {string} statement @param {Part[]} parts @returns {Claim} */
export function claim(id, title, statement, parts) {
  const deciding = parts.filter(({ decides }) => decides);
  return { id, title, statement, parts, verdict: allOf(deciding.map(({ verdict }) => verdict)) };
}
