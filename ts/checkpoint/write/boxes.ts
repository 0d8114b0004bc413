/**
 * Boxes of a tensor out of a file that has its elements in an order of its own.
 *
 * @module
 */
import type { FloatArray } from "../../types.js";
import type { Block } from "../tensor.js";
import type { Numbers } from "./numbers.js";

/** An axis of a box, its steps counted in elements. */
interface Side {
  readonly size: number;
  /** From one element to the next in the file, and in the box. */
  readonly inFile: number;
  readonly inBox: number;
}

/** What lies between two stretches is read with them if it is less, for another read would cost as much. */
const GAP = 4096;
/** Elements that are read at once. */
const MOST = 2 ** 20;

/**
 * Reads a box into an array, in row-major order.
 *
 * @param numbers Those of the whole tensor, in the order of its file.
 * @param isColumnMajor Whether the first index runs fastest there.
 * @param shape That of the whole tensor.
 */
export async function readBox(
  numbers: Pick<Numbers, "piece">,
  isColumnMajor: boolean,
  shape: readonly number[],
  box: Pick<Block, "start" | "shape">,
  target: FloatArray,
): Promise<void> {
  const [origin, sides] = sidesOf(isColumnMajor, shape, box);
  const { size: length, inBox: step } = sides.pop() as Side;
  const near = nearSides(sides, length);
  const walk: Walk = { index: sides.map(() => 0), from: origin, to: 0 };
  let [begin, end] = [0, 0];
  let window: FloatArray = target.subarray(0, 0);
  do {
    const { from, to } = walk;
    for (let at = 0; at < length; ) {
      if (from + at < begin || from + at >= end) {
        begin = from + at;
        end = Math.min(begin + MOST, from + length + restOf(sides, walk, near));
        window = await numbers.piece(begin, end - begin);
      }
      const until = Math.min(length, end - from);
      for (; at < until; at++) target[to + at * step] = window[from + at - begin] as number;
    }
  } while (goOn(sides, walk));
}

/** A stretch: where along the sides it is, and where it begins in the file and in the box. */
interface Walk {
  readonly index: number[];
  from: number;
  to: number;
}

/** To the next stretch, the last side running fastest; false where there is none. */
function goOn(sides: readonly Side[], walk: Walk): boolean {
  for (let axis = sides.length - 1; axis >= 0; axis--) {
    const { size, inFile, inBox } = sides[axis] as Side;
    const isLast = (walk.index[axis] as number) + 1 === size;
    walk.index[axis] = isLast ? 0 : (walk.index[axis] as number) + 1;
    walk.from += isLast ? (1 - size) * inFile : inFile;
    walk.to += isLast ? (1 - size) * inBox : inBox;
    if (!isLast) return true;
  }
  return false;
}

/** How far it is from here to the end of all that lies close together. */
function restOf(sides: readonly Side[], { index }: Walk, near: number): number {
  return sides.reduce(
    (sum, { size, inFile }, at) => sum + (at < near ? 0 : size - 1 - (index[at] as number)) * inFile,
    0,
  );
}

/** Where a box begins in the file, and its sides, the one that runs fastest there last: as few and as long as may be. */
function sidesOf(
  isColumnMajor: boolean,
  shape: readonly number[],
  { start, shape: size }: Pick<Block, "start" | "shape">,
): [origin: number, sides: Side[]] {
  const axes = isColumnMajor ? [...shape.keys()] : [...shape.keys()].reverse();
  const behind = (axis: number) => size.slice(axis + 1).reduce((product, side) => product * side, 1);
  const sides: Side[] = [{ size: 1, inFile: 1, inBox: 1 }];
  let [origin, inFile] = [0, 1];
  for (const axis of axes) {
    const side = { size: size[axis] as number, inFile, inBox: behind(axis) };
    const inner = sides[0] as Side;
    const isOne = inner.size === 1 && inner.inFile === side.inFile;
    const isJoined = inner.size * inner.inFile === side.inFile && inner.size * inner.inBox === side.inBox;
    if (isOne) sides[0] = side;
    else if (isJoined) sides[0] = { ...inner, size: inner.size * side.size };
    else if (side.size > 1) sides.unshift(side);
    origin += (start[axis] as number) * inFile;
    inFile *= shape[axis] as number;
  }
  return [origin, sides];
}

/** From which of the sides on all stretches lie close together. */
function nearSides(sides: readonly Side[], length: number): number {
  let span = length;
  for (let at = sides.length; at > 0; at--) {
    const { size, inFile } = sides[at - 1] as Side;
    if (inFile - span > GAP) return at;
    span += (size - 1) * inFile;
  }
  return 0;
}
