import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectClose, normals } from "../engine/support.js";
import { normOfMap, upperOf, windowsOf } from "./support.js";

interface Windows {
  readonly input: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

const windows = fc
  .record({
    input: fc.integer({ min: 1, max: 14 }),
    size: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 6 }),
    padding: fc.integer({ min: 0, max: 2 }),
  })
  .filter(({ input, size, padding }) => padding <= size / 2 && input + 2 * padding >= size);

/** The mean over each window. */
function average({ input, size, stride, padding }: Windows, countPadding: boolean) {
  const places = windowsOf(input, size, stride, padding);
  return (x: ArrayLike<number>) =>
    places.map(
      (window) => window.reduce((sum, place) => sum + (x[place] ?? 0), 0) / (countPadding ? size : window.length),
    );
}

function averageBound({ input, size, stride, padding }: Windows, countPadding: boolean, known = true): number {
  const layer = { type: "averagePool", size: [size], stride, padding, countPadding } as const;
  return upperOf(layer, known ? { inputSize: [input] } : undefined);
}

describe("averagePool", () => {
  test("is never below the norm of the map, exact without overlap, and else within 2%", () => {
    fc.assert(
      fc.property(windows, fc.boolean(), (at, counted) => {
        const sigma = normOfMap(at.input, average(at, counted));
        const upper = averageBound(at, counted);
        expect(upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-14));
        expect(upper).toBeLessThanOrEqual(sigma * (at.stride >= at.size ? 1 + 1e-12 : 1.02));
      }),
    );
  });

  test("without a size it holds for all, and is approached where padding is counted", () => {
    fc.assert(
      fc.property(windows, fc.boolean(), (at, counted) => {
        const all = averageBound(at, counted, false);
        expect(all).toBeGreaterThanOrEqual(averageBound(at, counted));
        if (counted) expectClose(averageBound({ ...at, input: 400 }, true), all, 2e-3);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["2 × 2", { size: [2, 2] }, 1 / 2],
    ["3 × 3 × 3", { size: [3, 3, 3] }, 27 ** -0.5],
    ["a stride beyond the window", { size: [2], stride: 5 }, 2 ** -0.5],
    ["3, stride 2, of any size: a Toeplitz matrix", { size: [3], stride: 2 }, Math.sqrt(5) / 3],
    ["stride 1: a constant stays", { size: [4], stride: 1 }, 1],
  ])("%s", (_, windows, constant) => expectClose(upperOf({ type: "averagePool", ...windows }), constant, 1e-12));

  test("the dimensions multiply", () => {
    const one = { type: "averagePool", size: [3], stride: 2, padding: 1 } as const;
    const two = { type: "averagePool", size: 3, stride: [2, 1], padding: [1, 0] } as const;
    const other = { ...one, stride: 1, padding: 0 };
    const product = upperOf(one, { inputSize: [9] }) * upperOf(other, { inputSize: [6] });
    expectClose(upperOf(two, { inputSize: [9, 6] }), product, 1e-12);
  });

  test("'same' padding is not counted, as in Keras, unless told otherwise", () => {
    const layer = { type: "averagePool", size: [3], stride: 2, padding: "same" } as const;
    const sigma = (counted: boolean) => normOfMap(5, average({ input: 5, size: 3, stride: 2, padding: 1 }, counted));
    expectClose(upperOf(layer, { inputSize: [5] }), sigma(false), 1e-6);
    expectClose(upperOf({ ...layer, countPadding: true }, { inputSize: [5] }), sigma(true), 1e-6);
    expect(upperOf(layer)).toBeGreaterThan(sigma(false));
  });
});

describe("maxPool", () => {
  const maximum = (places: readonly number[][], x: ArrayLike<number>) =>
    places.map((window) => Math.max(...window.map((place) => x[place] ?? Number.NaN)));
  const length = (a: readonly number[]) => Math.hypot(...a);

  test("is the root of the overlap: attained by a spike, exceeded by no pair", () => {
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        ({ input, size, stride, padding }, dilation, seed) => {
          fc.pre(input + 2 * padding >= dilation * (size - 1) + 1);
          const places = windowsOf(input, size, stride, padding, dilation).filter((window) => window.length > 0);
          const layer = { type: "maxPool", size: [size], stride, padding, dilation } as const;
          const upper = upperOf(layer, { inputSize: [input] });
          const flat = new Float64Array(input);
          const reached = Array.from(flat, (_, place) => {
            const spike = Float64Array.from(flat, (_zero, at) => (at === place ? 1 : 0));
            return length(maximum(places, spike));
          });
          expectClose(upper, Math.max(...reached), 1e-15);
          expect(upperOf(layer)).toBeGreaterThanOrEqual(upper);
          const next = normals(seed);
          const [x, y] = [flat.map(next), flat.map(next)];
          const apart = length(Array.from(x, (entry, index) => entry - (y[index] ?? 0)));
          const images = maximum(places, y);
          const moved = length(maximum(places, x).map((entry, index) => entry - (images[index] ?? 0)));
          expect(moved).toBeLessThanOrEqual(upper * apart * (1 + 1e-14));
        },
      ),
    );
  });

  test.each([
    ["2 × 2", { size: [2, 2] }, 1],
    ["3 × 3, stride 2, padding 1", { size: [3, 3], stride: 2, padding: 1 }, 2],
    ["stride 1", { size: [3, 3], stride: 1 }, 3],
    ["dilated by the stride: windows of other places", { size: [3], stride: 2, dilation: 2 }, Math.sqrt(3)],
    ["dilated beside the stride", { size: [3], stride: 2, dilation: 3 }, Math.sqrt(2)],
  ])("%s, of any size", (_, windows, constant) => {
    expectClose(upperOf({ type: "maxPool", ...windows }), constant, 1e-15);
    expectClose(upperOf({ type: "maxPool", ...windows }, { inputSize: windows.size.map(() => 40) }), constant, 1e-15);
  });
});

describe("global pools", () => {
  test("the mean of n entries has the norm 1/√n, and at most 1 of any number", () => {
    expectClose(upperOf({ type: "globalAveragePool" }, { inputSize: [4, 9] }), 1 / 6, 1e-14);
    expect(upperOf({ type: "globalAveragePool" })).toBe(1);
    expect(upperOf({ type: "globalMaxPool" }, { inputSize: [4, 9] })).toBe(1);
  });

  test("they see the size that is left", () => {
    const layers = [{ type: "maxPool", size: 2 }, { type: "relu" }, { type: "globalAveragePool" }] as const;
    expectClose(upperOf(layers, { inputSize: [8, 6] }), 12 ** -0.5, 1e-14);
  });
});
