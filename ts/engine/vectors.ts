/**
 * Vectors on this side of the crossing.
 *
 * @module
 */
import type { FloatArray } from "../types.js";

/** Σ xᵢyᵢ in float64, in the order of the entries, over all of `x`. */
export function dot(x: FloatArray, y: FloatArray): number {
  let sum = 0;
  // By places: what a typed array yields takes engines several times as long.
  for (let place = 0; place < x.length; place += 1) {
    sum += (x[place] as number) * (y[place] as number);
  }
  return sum;
}

/** Σ xᵢ² in float64, in the order of the entries. */
export const sumOfSquares = (x: FloatArray): number => dot(x, x);
