// @ts-check
/**
 * What the innermost loops of a function are made of.
 *
 * @module
 */

/** @typedef {"load" | "multiplication" | "addition" | "store" | "place" | "control" | "spilled" | "other"} Kind */
/** An instruction, where it begins, and where it may jump to. @typedef {{ at: number, kind: Kind, target?: number }} Step */
/** How many of each kind. @typedef {Record<Kind, number>} Counts */

/** @type {readonly Kind[]} */
export const kinds = ["load", "multiplication", "addition", "store", "place", "control", "spilled", "other"];

/** From a jump back to where it goes, if no other loop is within. @param {readonly Step[]} steps @returns {Step[][]} */
export function innermostLoops(steps) {
  const ranges = steps
    .filter(({ at, target }) => target !== undefined && target <= at)
    .map(({ at, target = 0 }) => ({ from: target, to: at }));
  const isWithin = (/** @type {typeof ranges[0]} */ one, /** @type {typeof ranges[0]} */ other) =>
    one !== other && one.from >= other.from && one.to <= other.to;
  const inner = ranges.filter((range) => !ranges.some((other) => isWithin(other, range)));
  return inner.map(({ from, to }) => steps.filter(({ at }) => at >= from && at <= to));
}

/** @param {readonly Step[]} loop @returns {Counts} */
export function countsOf(loop) {
  const counts = /** @type {Counts} */ (Object.fromEntries(kinds.map((kind) => [kind, 0])));
  for (const { kind } of loop) counts[kind] += 1;
  return counts;
}

/** The same for one turn of as many multiplications, where an engine has unrolled it. @param {Counts} counts @param {number} multiplications */
function perTurn(counts, multiplications) {
  const turns = counts.multiplication / multiplications;
  return /** @type {Counts} */ (Object.fromEntries(kinds.map((kind) => [kind, counts[kind] / turns])));
}

/**
 * The loops of a pass in one function: one that multiplies eight registers a turn and stores nothing, and one that stores.
 *
 * @param {readonly Step[]} steps
 * @returns {{ products: Counts, sums: Counts } | undefined}
 */
export function passLoops(steps) {
  const counts = innermostLoops(steps)
    .map(countsOf)
    .filter(({ multiplication }) => multiplication > 0 && multiplication % 8 === 0);
  const products = counts.find(({ store }) => store === 0);
  const sums = counts.find(({ store }) => store > 0);
  return products && sums && { products: perTurn(products, 8), sums: perTurn(sums, 8) };
}
