/**
 * The order of elements in files whose first index runs fastest.
 *
 * @module
 */
import type { FloatArray } from "../../types.js";

/**
 * Numbers in row-major order, put in column-major order.
 *
 * @param first The place, in column-major order, of the first that is put into `target`, which are as many as it has room for.
 */
export function toFileOrder(data: FloatArray, shape: readonly number[], first: number, target: FloatArray): void {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  let rest = first;
  const index = shape.map((size) => {
    const at = rest % size;
    rest = (rest - at) / size;
    return at;
  });
  let from = index.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
  for (let to = 0; to < target.length; to++) {
    target[to] = data[from] as number;
    for (let axis = 0; axis < shape.length; axis++) {
      from += strides[axis] as number;
      if (++(index[axis] as number) < (shape[axis] as number)) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
}
