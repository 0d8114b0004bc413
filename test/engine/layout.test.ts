import { describe, expect, test } from "vitest";
import { readLayout } from "../../ts/engine/layout.js";

const titles = { shape: "w.shape", axis: "w.axis" };

describe("readLayout", () => {
  const cases = [
    [[3, 4], undefined, { axis: 0, rows: 3, columns: 4, permuted: false }],
    [[3, 4], 1, { axis: 1, rows: 3, columns: 4, permuted: false }],
    [[3, 4], -1, { axis: 1, rows: 3, columns: 4, permuted: false }],
    [[2, 3, 4], 0, { axis: 0, rows: 2, columns: 12, permuted: false }],
    [[2, 3, 4], 1, { axis: 1, rows: 3, columns: 8, permuted: true, outer: 2, inner: 4 }],
    [[2, 3, 4], 2, { axis: 2, rows: 6, columns: 4, permuted: false }],
    [[2, 3, 4, 5], -1, { axis: 3, rows: 24, columns: 5, permuted: false }],
    [[2, 3, 4, 5], 2, { axis: 2, rows: 4, columns: 30, permuted: true, outer: 6, inner: 5 }],
  ] as const;
  test.each(cases)("%j along %j", (shape, axis, expected) => {
    expect(readLayout(titles, shape, axis, 0)).toMatchObject(expected);
  });

  test("the shape is copied and frozen", () => {
    const shape = [2, 3];
    const layout = readLayout(titles, shape, undefined, 1);
    shape[0] = 7;
    expect(layout.shape).toEqual([2, 3]);
    expect(Object.isFrozen(layout.shape)).toBe(true);
  });

  test("4 GiB are the limit for either type", () => {
    expect(readLayout(titles, [2 ** 15, 2 ** 15], undefined, 0).length).toBe(2 ** 30);
    expect(() => readLayout(titles, [2 ** 15, 2 ** 15], undefined, 1)).toThrow("at most 536870912 elements of float64");
    expect(() => readLayout(titles, [2 ** 15, 2 ** 15 + 1], undefined, 0)).toThrow("at most 1073741824 elements");
  });
});
