// @ts-check
/**
 * From numbers to verdicts. The rule is fixed before anything is measured: a sign test over the seeds.
 *
 * @module
 */

/** @typedef {"confirmed" | "refuted" | "undecided"} Verdict */

/** Fewer seeds decide nothing: of five the same way by chance, one in 16 does so. */
export const FEWEST_SEEDS = 5;

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  // Two infinities, or an even number of which one is: not NaN.
  return sorted.length % 2 === 1 || low === high ? high : (low + high) / 2;
}

/**
 * A comparison that was claimed to go one way, seed by seed: confirmed if it goes so for every seed, refuted if the other way
 * for every one, and at least five are needed for either. A tie is neither. Never is infinity.
 *
 * @param {readonly number[]} smaller What is claimed to be smaller, by seed.
 * @param {readonly number[]} larger What is claimed to be larger, by the same seeds.
 * @returns {{ verdict: Verdict, seeds: number, agree: number, oppose: number }}
 */
export function compare(smaller, larger) {
  if (smaller.length !== larger.length) {
    throw new Error(`compare expected as many numbers on both sides, got ${smaller.length} and ${larger.length}`);
  }
  const seeds = smaller.length;
  const agree = smaller.filter((value, seed) => value < (larger[seed] ?? Number.NaN)).length;
  const oppose = smaller.filter((value, seed) => value > (larger[seed] ?? Number.NaN)).length;
  if (seeds < FEWEST_SEEDS) return { verdict: "undecided", seeds, agree, oppose };
  if (agree === seeds) return { verdict: "confirmed", seeds, agree, oppose };
  return { verdict: oppose === seeds ? "refuted" : "undecided", seeds, agree, oppose };
}

/**
 * One statement over several data sets: confirmed if it is for at least half of them and refuted for none; refuted likewise.
 *
 * @param {readonly Verdict[]} verdicts
 * @returns {Verdict}
 */
export function overData(verdicts) {
  const count = (/** @type {Verdict} */ kind) => verdicts.filter((verdict) => verdict === kind).length;
  const [confirmed, refuted] = [count("confirmed"), count("refuted")];
  if (confirmed > 0 && refuted === 0 && 2 * confirmed >= verdicts.length) return "confirmed";
  if (refuted > 0 && confirmed === 0 && 2 * refuted >= verdicts.length) return "refuted";
  return "undecided";
}

/**
 * A claim of several parts: confirmed if all of them are, refuted if one is.
 *
 * @param {readonly Verdict[]} verdicts
 * @returns {Verdict}
 */
export function allOf(verdicts) {
  if (verdicts.includes("refuted")) return "refuted";
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === "confirmed") ? "confirmed" : "undecided";
}
