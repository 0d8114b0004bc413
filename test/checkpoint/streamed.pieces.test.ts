import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regions } from "../../ts/checkpoint/regions.js";
import { type Piece, piecesOf, sidesOf } from "../../ts/checkpoint/streamed/pieces.js";

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 });

/** The entry of the matrix that an element is, by the definition of its rows and columns. */
function placeOf(shape: readonly number[], axis: number, index: readonly number[]): readonly [number, number] {
  const rest = index.flatMap((at, dimension) => (dimension === axis ? [] : [[at, shape[dimension] as number]]));
  const other = rest.reduce((place, [at, side]) => place * (side as number) + (at as number), 0);
  const own = index[axis] as number;
  return axis === shape.length - 1 ? [other, own] : [own, other];
}

/** Every index of a box, the last running fastest, as its numbers lie in a block. */
function indicesOf(start: readonly number[], size: readonly number[]): readonly (readonly number[])[] {
  return size.reduce<readonly (readonly number[])[]>(
    (heads, side, axis) =>
      heads.flatMap((head) => Array.from({ length: side }, (_, at) => [...head, (start[axis] as number) + at])),
    [[]],
  );
}

function placesIn({ row, column, rows, columns, offset }: Piece): readonly (readonly [number, [number, number]])[] {
  return Array.from({ length: rows * columns }, (_, at) => [
    offset + at,
    [row + Math.floor(at / columns), column + (at % columns)],
  ]);
}

describe("the pieces of blocks", () => {
  test("hold every entry of the matrix once, where it belongs, for every shape, axis, order and size of blocks", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.nat(4),
        fc.boolean(),
        fc.integer({ min: 1, max: 200 }),
        (shape, chosen, isColumnMajor, most) => {
          const axis = chosen % shape.length;
          const [rows, columns] = sidesOf(shape, axis);
          const seen = new Set<string>();
          for (const region of regions(shape, isColumnMajor, most)) {
            const elements = indicesOf(region.start, region.shape).map((index) => placeOf(shape, axis, index));
            for (const [at, place] of piecesOf(shape, axis, region).flatMap(placesIn)) {
              expect(place).toEqual(elements[at]);
              seen.add(String(place));
            }
          }
          expect(seen.size).toBe(rows * columns);
          expect(rows * columns).toBe(shape.reduce((product, side) => product * side, 1));
        },
      ),
    );
  });

  test("are one a block for what most files have: rows along the first axis, or kernels with the last one for outputs", () => {
    for (const [axis, most] of [
      [0, 24],
      [2, 24],
    ] as const) {
      for (const region of regions([4, 3, 2, 2], false, most)) {
        expect(piecesOf([4, 3, 2, 2], axis === 0 ? 0 : 3, region)).toHaveLength(1);
      }
    }
  });
});
