import fc from "fast-check";
import {
  dominantTriplet,
  type LinearOperator,
  operatorDifference,
  operatorProduct,
  operatorScale,
  operatorSum,
  spectralNorm,
} from "spectral-norm";
import { describe, expect, test } from "vitest";
import {
  caught,
  engine,
  euclidean,
  expectClose,
  expectEngineIntact,
  expectVectorClose,
  gaussian,
  type Sample,
  samples,
  singularValues,
  weight,
  worstDifference,
} from "./engine/support.js";

/** A matrix as an operator of plain loops. */
function operatorOf({ rows, columns, data }: Sample): LinearOperator {
  const row = (index: number) => data.subarray(index * columns, (index + 1) * columns);
  return {
    rows,
    columns,
    apply: (x) =>
      Float64Array.from({ length: rows }, (_, i) => Array.from(row(i)).reduce((sum, a, j) => sum + a * (x[j] ?? 0), 0)),
    applyAdjoint(y) {
      const z = new Float64Array(columns);
      y.forEach((factor, i) => {
        row(i).forEach((a, j) => {
          z[j] = (z[j] ?? 0) + factor * a;
        });
      });
      return z;
    },
  };
}

/** The same, taking its time. */
function slow({ rows, columns, apply, applyAdjoint }: LinearOperator) {
  return {
    rows,
    columns,
    apply: async (x: Float64Array) => apply(x),
    applyAdjoint: async (y: Float64Array) => applyAdjoint(y),
  };
}

const dense = (rows: number, columns: number, entry: (i: number, j: number) => number): Sample => ({
  rows,
  columns,
  data: Float64Array.from({ length: rows * columns }, (_, place) =>
    entry(Math.floor(place / columns), place % columns),
  ),
});
const at = ({ data, columns }: Sample, i: number, j: number) => data[i * columns + j] ?? Number.NaN;

test("the pass that the norm is made of is told, and products in float32 do in all others", async () => {
  const exact = operatorOf(gaussian(90, 70, 1, "float64"));
  const told: (boolean | undefined)[] = [];
  const rounding: LinearOperator = {
    ...exact,
    apply(x, isLast) {
      told.push(isLast);
      return isLast ? exact.apply(x) : Float64Array.from(Float32Array.from(exact.apply(x)));
    },
  };
  const options = { gap: false, tolerance: 1e-5 } as const;
  const [found, expected] = [await dominantTriplet(rounding, options), await dominantTriplet(exact, options)];
  expect(told.filter((isLast) => isLast)).toEqual([true]);
  expect(told.at(-1)).toBe(true);
  expect(told.length).toBe(found.iterations);
  expectClose(found.sigma, expected.sigma, 1e-10);
});

describe("an operator", () => {
  test("has the norm of its matrix, as a value and as a promise", async () => {
    await fc.assert(
      fc.asyncProperty(samples(16), async (sample) => {
        const operator = operatorOf(sample);
        const expected = singularValues(sample)[0] ?? Number.NaN;
        expectClose(engine.spectralNorm(operator), expected, 1e-9);
        expectClose(await spectralNorm(slow(operator)), expected, 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  test("gives the triplet of its matrix, the gap included", async () => {
    const sample = gaussian(70, 90, 3, "float64");
    const [first = 0, second = 0] = singularValues(sample);
    for (const found of [engine.dominantTriplet(operatorOf(sample)), await dominantTriplet(slow(operatorOf(sample)))]) {
      expect(found).toMatchObject({ method: "lanczos", converged: true, restarted: false });
      expectClose(found.sigma, first, 1e-12);
      expectClose(found.gap, 1 - second / first, 1e-4);
      const { u, v } = engine.dominantTriplet(weight(sample), { tolerance: 1e-9 });
      const sign = Math.sign(u[0] ?? 1) * Math.sign(found.u[0] ?? 1);
      expectVectorClose(
        found.u,
        u.map((entry) => sign * entry),
        1e-6,
      );
      expectVectorClose(
        found.v,
        v.map((entry) => sign * entry),
        1e-6,
      );
    }
  });

  test("of zero has the norm 0", () => {
    const zero = { rows: 3, columns: 2, apply: () => new Float64Array(3), applyAdjoint: () => new Float64Array(2) };
    expect(engine.dominantTriplet(zero)).toMatchObject({ sigma: 0, converged: true });
  });

  test("that is multiple has no gap", () => {
    const identity = { rows: 50, columns: 50, apply: (x: Float64Array) => x, applyAdjoint: (y: Float64Array) => y };
    expect(engine.dominantTriplet(identity).gap).toBeCloseTo(0, 12);
  });

  test("may be given a start, one orthogonal to the answer too", () => {
    const diagonal = { ...operatorOf(dense(80, 80, (i, j) => (i === j ? 1 + Number(i === 7) : 0))) };
    const start = Float64Array.from({ length: 80 }, (_, i) => Number(i === 3));
    expectClose(engine.spectralNorm(diagonal, { start }), 2, 1e-9);
    expectClose(engine.spectralNorm(diagonal, { start: "ones" }), 2, 1e-9);
  });

  test("stops at its passes, and says so", () => {
    const operator = operatorOf(gaussian(60, 60, 1, "float64"));
    expect(engine.dominantTriplet(operator, { maxIterations: 3 })).toMatchObject({ converged: false, iterations: 3 });
    expect(caught(() => engine.spectralNorm(operator, { maxIterations: 3 })).code).toBe("CONVERGENCE");
  });
});

describe("a composition", () => {
  test("is the product, sum, difference or multiple of its matrices", () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(side, side, side, fc.nat(), (m, n, k, seed) => {
        const [a, b] = [gaussian(m, k, seed, "float32"), gaussian(k, n, seed + 1, "float64")];
        const c = gaussian(m, n, seed + 2, "float32");
        const product = dense(m, n, (i, j) => {
          let sum = 0;
          for (let l = 0; l < k; l += 1) sum += at(a, i, l) * at(b, l, j);
          return sum;
        });
        const composed = operatorProduct(weight(a), weight(b));
        const x = gaussian(1, n, seed + 3, "float64").data as Float64Array;
        // What is summed may cancel: rounding errors are of the size of the terms.
        const size = euclidean(x) * (euclidean(a.data) * euclidean(b.data) + euclidean(c.data));
        const expect2 = (operator: LinearOperator, matrix: Sample) => {
          const sigma = singularValues(matrix)[0] ?? Number.NaN;
          expectClose(engine.spectralNorm(operator), sigma, 1e-7);
          const row = (i: number) => Array.from(x, (entry, j) => entry * at(matrix, i, j)).reduce((p, q) => p + q, 0);
          const image = Array.from({ length: m }, (_, i) => row(i));
          expect(worstDifference(operator.apply(x), image)).toBeLessThanOrEqual(1e-14 * size);
        };
        expect2(composed, product);
        expect2(
          operatorSum(composed, weight(c)),
          dense(m, n, (i, j) => at(product, i, j) + at(c, i, j)),
        );
        expect2(
          operatorDifference(weight(c), composed),
          dense(m, n, (i, j) => at(c, i, j) - at(product, i, j)),
        );
        expect2(
          operatorScale(composed, -2.5),
          dense(m, n, (i, j) => -2.5 * at(product, i, j)),
        );
      }),
      { numRuns: 30 },
    );
  });

  test("takes weights along any axis, and handles", () => {
    const { data } = gaussian(6, 20, 9, "float32");
    const w = { data: data as Float32Array, shape: [3, 2, 4, 5] };
    for (const axis of [0, 1, 2, 3]) {
      const expected = 3 * engine.spectralNorm({ ...w, axis }, { tolerance: 1e-9 });
      const tripled = operatorSum({ ...w, axis }, operatorScale({ ...w, axis }, 2));
      expectClose(engine.spectralNorm(tripled), expected, 1e-9);
      const x = new Float64Array(tripled.columns).fill(1);
      expect(tripled.apply(x)).toHaveLength(tripled.rows);
    }
    const handle = engine.matrix([2, 2]);
    handle.set([3, 0, 0, 4]);
    expectClose(engine.spectralNorm(operatorScale(handle, 2)), 8, 1e-12);
    handle.free();
  });

  test("with an asynchronous part waits for it", async () => {
    const part = slow(operatorOf(gaussian(5, 4, 2, "float64")));
    const twice = operatorSum(part, part);
    expectClose(await spectralNorm(twice), 2 * (await spectralNorm(part)), 1e-12);
  });
});

describe("bad operators", () => {
  const good = operatorOf(gaussian(3, 2, 1, "float64"));
  test.each([
    ["no adjoint", { ...good, applyAdjoint: undefined }, "TYPE", '"w.applyAdjoint" expected a function'],
    ["no rows", { ...good, rows: 0 }, "SHAPE", '"w.rows" expected a positive integer, got 0'],
    ["a short image", { ...good, apply: () => new Float64Array(2) }, "SHAPE", '"w.apply(x)" expected length 3, got 2'],
    ["a list", { ...good, apply: () => [1, 2, 3] }, "TYPE", '"w.apply(x)" expected a Float32Array or Float64Array'],
    [
      "NaN",
      { ...good, applyAdjoint: () => Float64Array.of(1, Number.NaN) },
      "NON_FINITE",
      '"w.applyAdjoint(y)" expected finite numbers, got NaN at index 1',
    ],
    ["a promise", slow(good), "TYPE", "Use the asynchronous functions of the package"],
  ])("%s is refused, here and there", async (_, operator, code, sentence) => {
    const error = caught(() => engine.spectralNorm(operator as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    if (code !== "TYPE" || !sentence.startsWith("Use")) {
      await expect(spectralNorm(operator as never)).rejects.toMatchObject({ code });
    }
    expectEngineIntact();
  });

  test("what an operator throws comes through", async () => {
    const failing = {
      ...good,
      apply: () => {
        throw new RangeError("mine");
      },
    };
    expect(caught(() => engine.spectralNorm(failing))).toBeInstanceOf(RangeError);
    await expect(spectralNorm(failing)).rejects.toThrow("mine");
    expectEngineIntact();
  });

  test("shapes that do not fit, methods that do not suit", () => {
    const wide = operatorOf(gaussian(2, 3, 1, "float64"));
    expect(caught(() => operatorProduct(good, good)).message).toBe(
      '"b" expected as many rows as "a" has columns, 2, got 3',
    );
    expect(caught(() => operatorSum(good, wide)).message).toBe('"b" expected the shape of "a", 3 × 2, got 2 × 3');
    expect(caught(() => operatorScale(good, Number.NaN)).code).toBe("OPTION");
    expect(caught(() => engine.spectralNorm(good, { method: "power" })).code).toBe("OPTION");
  });
});
