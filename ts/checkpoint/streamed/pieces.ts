/**
 * Where the numbers of a block belong in the matrix that a weight is read as.
 *
 * @module
 */
import type { Block } from "../tensor.js";

/** A dense submatrix, row-major, in the numbers of a block. */
export interface Piece {
  /** Its first row and column in the matrix. */
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  /** The place of its first entry among the numbers of the block. */
  readonly offset: number;
}

/** The sides of the matrix that a weight is read as by the engine, for which the last axis is that of the columns. */
export function sidesOf(shape: readonly number[], axis: number): readonly [rows: number, columns: number] {
  const extent = shape[axis] as number;
  const rest = countOf(shape) / extent;
  return axis === shape.length - 1 ? [rest, extent] : [extent, rest];
}

/** The pieces of a block: one, unless the axis lies in the middle of the shape or the file has the first index run fastest. */
export function piecesOf(
  shape: readonly number[],
  axis: number,
  { start, shape: size }: Pick<Block, "start" | "shape">,
): readonly Piece[] {
  const last = shape.length - 1;
  if (axis === last) {
    const [columns, column] = [size[last] as number, start[last] as number];
    return runsOf(shape.slice(0, last), start.slice(0, last), size.slice(0, last)).map(({ from, length, offset }) => ({
      ...{ row: from, column, rows: length, columns, offset: offset * columns },
    }));
  }
  const [rows, row] = [size[axis] as number, start[axis] as number];
  const behind = [shape, start, size].map((list) => list.slice(axis + 1)) as [number[], number[], number[]];
  const before = [shape, start, size].map((list) => list.slice(0, axis)) as [number[], number[], number[]];
  const [width, boxWidth] = [countOf(behind[0]), countOf(behind[2])];
  const inner = runsOf(...behind);
  return placesOf(before).flatMap((outer, index) => {
    const base = index * rows * boxWidth;
    const column = outer * width;
    const [only] = inner;
    if (inner.length === 1 && only !== undefined) {
      return [{ row, column: column + only.from, rows, columns: boxWidth, offset: base }];
    }
    return Array.from({ length: rows }, (_, down) =>
      inner.map(({ from, length, offset }) => ({
        ...{
          row: row + down,
          column: column + from,
          rows: 1,
          columns: length,
          offset: base + down * boxWidth + offset,
        },
      })),
    ).flat();
  });
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Elements of a box that follow one another in the whole as they do in the box. */
interface Run {
  /** The index of the first among all elements of the whole, and among those of the box. */
  readonly from: number;
  readonly offset: number;
  readonly length: number;
}

function runsOf(shape: readonly number[], start: readonly number[], size: readonly number[]): readonly Run[] {
  // Behind the last axis that the box does not have in full, everything lies together, and so does its stretch of that one.
  let cut = size.length - 1;
  while (cut >= 0 && size[cut] === shape[cut]) cut -= 1;
  if (cut < 0) return [{ from: 0, offset: 0, length: countOf(shape) }];
  const slice = countOf(shape.slice(cut + 1));
  const length = (size[cut] as number) * slice;
  const heads = placesOf([shape, start, size].map((list) => list.slice(0, cut)) as [number[], number[], number[]]);
  return heads.map((place, index) => ({
    from: (place * (shape[cut] as number) + (start[cut] as number)) * slice,
    offset: index * length,
    length,
  }));
}

/** The indices of a box's elements among all elements of the whole. */
function placesOf([shape, start, size]: readonly [number[], number[], number[]]): readonly number[] {
  return shape.reduce<readonly number[]>(
    (places, side, axis) =>
      places.flatMap((place) =>
        Array.from({ length: size[axis] as number }, (_, at) => place * side + (start[axis] as number) + at),
      ),
    [0],
  );
}
