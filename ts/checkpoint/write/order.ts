/**
 * The order of elements in files whose first index runs fastest.
 *
 * @module
 */
import type { FloatArray } from "../../types.js";

/** Numbers in row-major order, put in column-major order. */
export function toFileOrder(data: FloatArray, shape: readonly number[]): FloatArray {
  const ordered = data.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  let from = 0;
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = data[from] as number;
    for (let axis = 0; axis < shape.length; axis++) {
      from += strides[axis] as number;
      if (++(index[axis] as number) < (shape[axis] as number)) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return ordered;
}
