/**
 * Cuts a tensor into boxes whose elements lie together in the file.
 *
 * @module
 */
import type { Target } from "./decode.js";

/** A box of a tensor, and where its elements lie among all of them in the order of the file. */
export interface Region {
  readonly start: readonly number[];
  readonly shape: readonly number[];
  readonly offset: number;
  readonly count: number;
}

/**
 * The boxes of a tensor in the order of the file: as many whole rows (columns, when the first index runs fastest) as
 * `most` elements are; where one alone is more, parts of it.
 */
export function* regions(shape: readonly number[], isColumnMajor: boolean, most: number): Generator<Region> {
  if (!isColumnMajor) {
    yield* rowMajor(shape, most);
    return;
  }
  // The elements of a tensor in column-major order are those of its transpose in row-major order.
  for (const { start, shape: size, offset, count } of rowMajor(reversed(shape), most)) {
    yield { start: reversed(start), shape: reversed(size), offset, count };
  }
}

function* rowMajor(shape: readonly number[], most: number): Generator<Region> {
  if (shape.includes(0)) return;
  // The first axis whose slices are small enough is the one that is cut.
  let cut = shape.length;
  let slice = 1;
  while (cut > 0 && slice * (shape[cut - 1] as number) <= most) slice *= shape[--cut] as number;
  if (cut === 0) {
    yield { start: shape.map(() => 0), shape, offset: 0, count: slice };
    return;
  }
  const axis = cut - 1;
  const length = shape[axis] as number;
  const step = Math.max(1, Math.floor(most / slice));
  const outer = shape.slice(0, axis);
  const inner = shape.slice(cut);
  let offset = 0;
  for (const prefix of indices(outer)) {
    for (let at = 0; at < length; at += step) {
      const many = Math.min(step, length - at);
      const size = [...outer.map(() => 1), many, ...inner];
      yield { start: [...prefix, at, ...inner.map(() => 0)], shape: size, offset, count: many * slice };
      offset += many * slice;
    }
  }
}

function reversed(values: readonly number[]): readonly number[] {
  return [...values].reverse();
}

/** All indices of a shape without zeros, the last running fastest. */
function* indices(shape: readonly number[]): Generator<readonly number[]> {
  const index = shape.map(() => 0);
  for (;;) {
    yield [...index];
    let axis = shape.length - 1;
    while (axis >= 0 && (index[axis] as number) + 1 === shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
    (index[axis] as number)++;
  }
}

/**
 * Puts a box whose first index runs fastest into a row-major array.
 *
 * @param whole The shape of `target`.
 * @param isAlone Whether `target` is the box itself; otherwise the box lies in it at its start.
 */
export function place(
  data: Target,
  { start, shape }: Region,
  whole: readonly number[],
  target: Target,
  isAlone: boolean,
): Target {
  const strides = whole.map((_, axis) => whole.slice(axis + 1).reduce((product, size) => product * size, 1));
  const origin = isAlone ? 0 : start.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
  const [height = 1, ...rest] = shape;
  const [stride = 1, ...others] = strides;
  let from = 0;
  // Reversed, because here the first index of the rest runs fastest, too.
  for (const backwards of indices(reversed(rest))) {
    let to = reversed(backwards).reduce((sum, at, axis) => sum + at * (others[axis] as number), origin);
    for (let row = 0; row < height; row++, from++, to += stride) target[to] = data[from] as number;
  }
  return target;
}
