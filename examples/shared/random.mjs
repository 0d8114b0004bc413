// @ts-check
/**
 * Seeded random numbers in plain JavaScript, so that a run is the same in Node and in a worker of a browser.
 *
 * @module
 */

/**
 * @typedef {object} Source
 * @property {() => number} uniform Uniform in [0, 1).
 * @property {() => number} normal Normal, of mean 0 and deviation 1.
 * @property {(count: number) => number} below A uniform integer from 0 to count − 1.
 */

/**
 * A source of random numbers ("mulberry32"); normal ones by Box and Muller.
 *
 * @param {number} seed A non-negative integer.
 * @returns {Source}
 */
export function seeded(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // 1 − u is never 0, whose logarithm is infinite.
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, below: (count) => Math.floor(uniform() * count) };
}

/**
 * Normal numbers in an array.
 *
 * @param {Source} source
 * @param {number} count
 * @returns {Float32Array<ArrayBuffer>}
 */
export function normals(source, count) {
  return Float32Array.from({ length: count }, () => source.normal());
}
