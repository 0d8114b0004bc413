/**
 * Seeded random numbers.
 *
 * @module
 */

/** Uniform numbers in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `length` standard normal numbers (Box and Muller 1958). */
export function normals(length: number, seed: number): Float64Array {
  const next = uniform(seed);
  return Float64Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}
