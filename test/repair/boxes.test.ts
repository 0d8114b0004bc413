import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codecOf } from "../../ts/checkpoint/tensor.js";
import { readBox } from "../../ts/checkpoint/write/boxes.js";
import { inRows, type Numbers } from "../../ts/checkpoint/write/numbers.js";

/** A shape, and a box that lies in it. */
const boxes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    bounds: fc.tuple(
      ...shape.map((side) => fc.tuple(fc.integer({ min: 0, max: side - 1 }), fc.integer({ min: 0, max: side - 1 }))),
    ),
    isColumnMajor: fc.boolean(),
  }),
);

/** The places of a box's elements in the file, in row-major order of the box. */
function placesOf(
  shape: readonly number[],
  start: readonly number[],
  size: readonly number[],
  isColumnMajor: boolean,
): readonly number[] {
  const strides = shape.map((_, axis) =>
    (isColumnMajor ? shape.slice(0, axis) : shape.slice(axis + 1)).reduce((product, side) => product * side, 1),
  );
  return size.reduce<readonly number[]>(
    (places, side, axis) =>
      places.flatMap((place) =>
        Array.from({ length: side }, (_, i) => place + (i + (start[axis] as number)) * (strides[axis] as number)),
      ),
    [0],
  );
}

/** Numbers that are their own places, and what was asked of them. */
function counting(count: number) {
  const asked: (readonly [first: number, count: number])[] = [];
  const numbers: Numbers = {
    isInFileOrder: true,
    piece(first, length) {
      expect(first + length).toBeLessThanOrEqual(count);
      asked.push([first, length]);
      return Float64Array.from({ length }, (_, i) => first + i);
    },
    free: () => undefined,
  };
  return { asked, numbers };
}

const product = (shape: readonly number[]) => shape.reduce((all, side) => all * side, 1);

describe("a box out of a file", () => {
  test("has its numbers in row-major order, whatever its place and the order of the file", async () => {
    await fc.assert(
      fc.asyncProperty(boxes, async ({ shape, bounds, isColumnMajor }) => {
        const start = bounds.map(([a, b]) => Math.min(a, b));
        const size = bounds.map(([a, b]) => Math.abs(a - b) + 1);
        const { numbers, asked } = counting(product(shape));
        const target = new Float64Array(product(size));
        await readBox(numbers, isColumnMajor, shape, { start, shape: size }, target);
        expect([...target]).toEqual(placesOf(shape, start, size, isColumnMajor));
        // So close together, all of it is one read.
        expect(asked).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  test("is read a million elements at once, and without what lies far between", async () => {
    const [rows, columns] = [3000, 10_000];
    const tall = counting(rows * columns);
    const all = new Float64Array(400 * columns);
    await readBox(tall.numbers, false, [rows, columns], { start: [700, 0], shape: [400, columns] }, all);
    expect([...all.subarray(0, 3), all.at(-1)]).toEqual([7e6, 7e6 + 1, 7e6 + 2, 11e6 - 1]);
    expect(tall.asked.map(([, count]) => count)).toEqual([2 ** 20, 2 ** 20, 2 ** 20, 4e6 - 3 * 2 ** 20]);
    const few = counting(rows * columns);
    const part = new Float64Array(20);
    await readBox(few.numbers, false, [rows, columns], { start: [5, 17], shape: [2, 10] }, part);
    expect(few.asked).toEqual([
      [50_017, 10],
      [60_017, 10],
    ]);
    expect([...part]).toEqual(placesOf([rows, columns], [5, 17], [2, 10], false));
  });
});

describe("numbers whose first index runs fastest", () => {
  test.each([
    ["small pieces", 16],
    ["pieces of a row", 64],
    ["one piece", 2 ** 20],
  ])("are in row-major order by %s", async (_, most) => {
    const shape = [5, 3, 4];
    const rows = placesOf(shape, [0, 0, 0], shape, true);
    const where = { codec: codecOf("F64"), isColumnMajor: true };
    const { numbers } = counting(60);
    const ordered = inRows(numbers, where, shape, most);
    for (const [first, count] of [
      [0, 60],
      [7, 20],
      [6, 2],
      [59, 1],
    ] as const) {
      expect([...(await ordered.piece(first, count))]).toEqual(rows.slice(first, first + count));
    }
    // Those that are in row-major order are themselves.
    expect(inRows(numbers, { ...where, isColumnMajor: false }, shape, most)).toBe(numbers);
  });
});
