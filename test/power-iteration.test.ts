import fc from "fast-check";
import type { Start } from "spectral-norm";
import { describe, expect, test } from "vitest";
import {
  engine,
  epsilonOf,
  euclidean,
  expectClose,
  expectVectorClose,
  gaussian,
  mapped,
  normals,
  type Sample,
  samples,
  shear,
  singularValues,
  transposed,
  weight,
  worstDifference,
} from "./engine/support.js";

/** Filters without a DC part, in the order of Keras: the columns of the 9 × 3 matrix sum to zero. */
const filters = [
  [1, 0, -1, 2, 0, -2, 1, 0, -1],
  [1, 2, 1, 0, 0, 0, -1, -2, -1],
  [0, 1, 0, 1, -4, 1, 0, 1, 0],
];
const zeroDc: Sample = {
  rows: 9,
  columns: 3,
  data: transposed({ rows: 3, columns: 9, data: Float32Array.from(filters.flat()) }).data,
};

describe("powerIteration", () => {
  /** The article's function, to the letter, in plain float64. */
  function article({ rows, columns, data }: Sample, steps: number, start: ArrayLike<number>): number[] {
    const at = (row: number, column: number) => data[row * columns + column] ?? Number.NaN;
    const unit = (vector: number[]) => vector.map((entry) => entry / euclidean(vector));
    let u = Array.from(start);
    return Array.from({ length: steps }, () => {
      const v = unit(Array.from({ length: columns }, (_, c) => u.reduce((sum, entry, r) => sum + entry * at(r, c), 0)));
      const image = Array.from({ length: rows }, (_, r) => v.reduce((sum, entry, c) => sum + entry * at(r, c), 0));
      u = unit(image);
      return u.reduce((sum, entry, r) => sum + entry * (image[r] ?? Number.NaN), 0);
    });
  }

  /** What rounding may do to the function: what moving the entries by as much as they are rounded does, in four ways. */
  function roundingOf(sample: Sample, expected: readonly number[], start: ArrayLike<number>): number {
    const epsilon = epsilonOf(sample);
    const moves = [1, 2, 3, 4].map((seed) => {
      const next = normals(seed);
      return article(
        mapped(sample, (entry) => entry * (1 + epsilon * next())),
        expected.length,
        start,
      );
    });
    return Math.max(epsilon * Math.max(...expected), ...moves.map((history) => worstDifference(history, expected)));
  }

  test("the alternating form is the article's, step by step", () => {
    fc.assert(
      fc.property(samples(), fc.integer({ min: 1, max: 6 }), (sample, iterations) => {
        const { sigma, history } = engine.powerIteration(weight(sample), { iterations });
        const ones = new Float64Array(sample.rows).fill(1);
        const expected = article(sample, iterations, ones);
        expect(worstDifference(history, expected)).toBeLessThanOrEqual(8 * roundingOf(sample, expected, ones));
        expect(sigma).toBe(history.at(-1));
      }),
    );
  });

  test("five steps by default", () => {
    expect(engine.powerIteration(shear).history.length).toBe(5);
  });

  test("a start may be given on the side of u", () => {
    const sample = gaussian(3, 5, 2, "float64");
    const start = Float64Array.of(1, -2, 0.5);
    expectVectorClose(engine.powerIteration(weight(sample), { start }).history, article(sample, 5, start), 1e-12);
  });

  test("the Gram form starts on the side of v and comes to the same norm", () => {
    const start = Float64Array.of(1, -2, 0.5, 3, 1);
    const sample = gaussian(3, 5, 2, "float64");
    const { sigma, u, v, history } = engine.powerIteration(weight(sample), { form: "gram", start, iterations: 200 });
    expectClose(sigma, singularValues(sample)[0] ?? Number.NaN, 1e-9);
    expectClose(engine.bilinearForm(weight(sample), u, v), sigma, 1e-9);
    expect(history.length).toBe(200);
  });

  test("the estimates rise", () => {
    const forms = fc.constantFrom("alternating" as const, "gram" as const);
    const starts = fc.constantFrom<Start>("ones", "random");
    fc.assert(
      fc.property(samples(), forms, starts, fc.nat(), (sample, form, start, seed) => {
        const { history } = engine.powerIteration(weight(sample), { form, start, seed, iterations: 8 });
        for (let step = 1; step < history.length; step += 1) {
          expect(history[step]).toBeGreaterThanOrEqual((history[step - 1] ?? Number.NaN) * (1 - 1e-6));
        }
      }),
    );
  });

  test("Sobel and Laplacian annihilate all ones: the iteration restarts and says so", () => {
    const kernel = { data: zeroDc.data, shape: [3, 3, 1, 3], axis: -1 };
    const { restarted, sigma } = engine.powerIteration(kernel, { iterations: 60 });
    expect(restarted).toBe(true);
    expectClose(sigma, singularValues(zeroDc)[0] ?? Number.NaN, 1e-6);
    expect(engine.powerIteration(kernel, { start: "random" }).restarted).toBe(false);
  });

  test("so do they on the side of v in the order of PyTorch", () => {
    const kernel = { data: Float64Array.from(filters.flat()), shape: [3, 1, 3, 3], axis: 0 };
    const { restarted, sigma, converged } = engine.dominantTriplet(kernel, { method: "power", start: "ones" });
    expect([restarted, converged]).toEqual([true, true]);
    expectClose(sigma, singularValues(zeroDc)[0] ?? Number.NaN, 1e-6);
    expect(engine.powerIteration(kernel, { form: "gram" }).restarted).toBe(true);
  });

  test("a given start that is annihilated restarts too", () => {
    const found = engine.dominantTriplet([[1, -1]], { method: "power", start: Float64Array.of(1, 1) });
    expect(found.restarted).toBe(true);
    expectClose(found.sigma, Math.SQRT2, 1e-6);
  });

  test("a zero matrix gives 0 at each step", () => {
    expect(engine.powerIteration([[0, 0]], { iterations: 3 })).toMatchObject({
      sigma: 0,
      history: new Float64Array(3),
    });
  });
});
