import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caught,
  dot,
  engine,
  epsilonOf,
  expectClose,
  expectEngineIntact,
  expectVectorClose,
  gaussian,
  samples,
  singularValues,
  weight,
} from "./engine/support.js";

describe("singularValues", () => {
  test("they are those of an independent decomposition", () => {
    fc.assert(
      fc.property(samples(24), (sample) => {
        expectVectorClose(engine.singularValues(weight(sample)), singularValues(sample), 8 * epsilonOf(sample) + 1e-13);
      }),
    );
  });

  test("their squares add up to the squared Frobenius norm", () => {
    fc.assert(
      fc.property(samples(24), (sample) => {
        const sum = engine.singularValues(weight(sample)).reduce((total, sigma) => total + sigma * sigma, 0);
        expectClose(Math.sqrt(sum), engine.frobeniusNorm(weight(sample)), 1e-12);
      }),
    );
  });

  test("with the vectors they make up the matrix", () => {
    fc.assert(
      fc.property(samples(12), (sample) => {
        const { rows, columns, data } = sample;
        const { values, u, v } = engine.singularValues(weight(sample), { vectors: true });
        expect(u[0]).toBeInstanceOf(data.constructor);
        const made = Float64Array.from(data, (_, place) => {
          const [row, column] = [Math.floor(place / columns), place % columns];
          return values.reduce((sum, sigma, k) => sum + sigma * (u[k]?.[row] ?? 0) * (v[k]?.[column] ?? 0), 0);
        });
        expect([u.length, u[0]?.length, v[0]?.length]).toEqual([Math.min(rows, columns), rows, columns]);
        expectVectorClose(made, data, 32 * epsilonOf(sample));
        // Rows count as orthogonal at 4ε. Each is turned with every other one in some six sweeps, which rounds it each time,
        // and a sum of as many products as it has entries is rounded here.
        const skew = (4 + 8 * Math.max(rows, columns)) * epsilonOf(sample);
        u.forEach((a, i) => {
          u.forEach((b, j) => {
            expect(Math.abs(dot(a, b) - Number(i === j))).toBeLessThan(skew);
          });
        });
      }),
    );
  });

  test("the leading ones of a larger matrix, by Lanczos' method", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const sample = gaussian(90, 130, 5, dtype);
      const expected = singularValues(sample).slice(0, 6);
      const found = engine.singularValues(weight(sample), { k: 6, vectors: true, tolerance: 1e-9 });
      expect(found.iterations).toBeGreaterThan(1);
      expect(found.residual).toBeLessThanOrEqual(1e-9);
      expectVectorClose(found.values, expected, 1e-12);
      expectVectorClose(engine.singularValues(weight(sample), { k: 6, method: "exact" }), expected, 1e-12);
    }
  });

  test("a multiple one comes as often as it is", () => {
    const identity = Float64Array.from({ length: 10_000 }, (_, place) => Number(place % 101 === 0));
    const values = engine.singularValues({ data: identity, shape: [100, 100] }, { k: 5, method: "lanczos" });
    expectVectorClose(values, [1, 1, 1, 1, 1], 1e-12);
  });

  test("a zero matrix has zeros", () => {
    const zeros = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    expect(engine.singularValues(zeros)).toEqual(Float64Array.of(0, 0));
  });

  test.each([
    ["k above the smaller side", { k: 3 }, "OPTION", '"options.k" expected an integer from 1 to 2, got 3'],
    ["k = 0", { k: 0 }, "OPTION", "got 0"],
    ["power iteration", { method: "power" }, "OPTION", '"options.method" expected "auto" or "lanczos" or "exact"'],
    ["a start", { start: "ones" }, "OPTION", 'unknown key "start"'],
  ])("%s is refused", (_, options, code, sentence) => {
    const error = caught(() =>
      engine.singularValues(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        options as never,
      ),
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expectEngineIntact();
  });

  test("too few passes are an error", () => {
    const sample = gaussian(80, 80, 2, "float64");
    expect(caught(() => engine.singularValues(weight(sample), { k: 2, maxIterations: 3 })).code).toBe("CONVERGENCE");
  });
});
