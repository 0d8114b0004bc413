import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dot,
  engine,
  epsilonOf,
  euclidean,
  expectClose,
  expectVectorClose,
  gaussian,
  mapped,
  samples,
  shear,
  shearNorm,
  singularValues,
  transposed,
  weight,
} from "./engine/support.js";

describe("laws of the spectral norm", () => {
  test("it is that of an independent singular value decomposition", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        expectClose(engine.spectralNorm(weight(sample)), singularValues(sample)[0] ?? Number.NaN, 1e-6);
      }),
    );
  });

  test("powers of two pass through exactly", () => {
    fc.assert(
      fc.property(samples(), fc.integer({ min: -60, max: 60 }), (sample, exponent) => {
        const scaled = mapped(sample, (entry) => entry * 2 ** exponent);
        expect(engine.spectralNorm(weight(scaled))).toBe(engine.spectralNorm(weight(sample)) * 2 ** exponent);
      }),
    );
  });

  test("it is homogeneous", () => {
    const factors = fc.double({ min: -1e3, max: 1e3, noNaN: true }).filter((factor) => Math.abs(factor) > 1e-3);
    fc.assert(
      fc.property(samples(), factors, (sample, factor) => {
        const scaled = mapped(sample, (entry) => entry * factor);
        const expected = engine.spectralNorm(weight(sample)) * Math.abs(factor);
        expectClose(engine.spectralNorm(weight(scaled)), expected, 2e-6);
      }),
    );
  });

  test("the transpose has the same", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        expectClose(engine.spectralNorm(weight(transposed(sample))), engine.spectralNorm(weight(sample)), 2e-6);
      }),
    );
  });

  test("‖W‖₂ ≤ ‖W‖_F ≤ √rank ‖W‖₂", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        const [sigma, frobenius] = [engine.spectralNorm(weight(sample)), engine.frobeniusNorm(weight(sample))];
        const rank = Math.min(sample.rows, sample.columns);
        expect(sigma).toBeLessThanOrEqual(frobenius * (1 + 1e-14));
        expect(frobenius).toBeLessThanOrEqual(Math.sqrt(rank) * sigma * (1 + 1e-6));
      }),
    );
  });

  test("the triangle inequality", () => {
    const pairs = fc.tuple(samples(), fc.nat());
    fc.assert(
      fc.property(pairs, ([a, seed]) => {
        const b = gaussian(a.rows, a.columns, seed, a.data instanceof Float32Array ? "float32" : "float64");
        const sum = mapped(a, (entry, index) => entry + (b.data[index] ?? Number.NaN));
        const bound = engine.spectralNorm(weight(a)) + engine.spectralNorm(weight(b));
        expect(engine.spectralNorm(weight(sum))).toBeLessThanOrEqual(bound * (1 + 2e-6));
      }),
    );
  });

  test("orthogonal factors do not change it", () => {
    const angle = 0.7;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const rotated = shear.map(([a = 0, b = 0]) => [a * c - b * s, a * s + b * c]);
    expectClose(engine.spectralNorm(rotated), shearNorm, 1e-9);
  });
});

describe("dominantTriplet", () => {
  test("its vectors have unit length and satisfy Wᵀu = σv, and Wv = σu to the tolerance", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        const { sigma, u, v, converged, residual } = engine.dominantTriplet(weight(sample));
        expect(converged).toBe(true);
        expect(residual).toBeGreaterThanOrEqual(0);
        expect(u).toBeInstanceOf(sample.data.constructor);
        const slack = 8 * epsilonOf(sample);
        expectClose(euclidean(u), 1, slack);
        expectClose(euclidean(v), 1, slack);
        const { data, rows, columns } = sample;
        const column = (j: number) => Float64Array.from({ length: rows }, (_, row) => data[row * columns + j] ?? 0);
        const preimage = Array.from(v, (_, j) => dot(u, column(j)));
        const image = Array.from(u, (_, row) => dot(v, data.subarray(row * columns, (row + 1) * columns)));
        const times = (vector: Iterable<number>) => Array.from(vector, (entry) => entry * sigma);
        expectVectorClose(preimage, times(v), 64 * epsilonOf(sample));
        expectVectorClose(image, times(u), 2e-6);
      }),
    );
  });

  test("lack of convergence is a value", () => {
    const found = engine.dominantTriplet(weight(gaussian(30, 30, 4, "float32")), { maxIterations: 2 });
    expect(found).toMatchObject({ converged: false, iterations: 2, method: "lanczos" });
    expect(found.residual).toBeGreaterThan(1e-3);
  });

  test("a zero matrix has σ = 0 and converged", () => {
    expect(
      engine.dominantTriplet([
        [0, 0],
        [0, 0],
      ]),
    ).toMatchObject({ sigma: 0, residual: 0, converged: true });
  });

  test("σ never exceeds the norm but for rounding, however soon it stops", () => {
    fc.assert(
      fc.property(samples(), fc.integer({ min: 1, max: 4 }), (sample, maxIterations) => {
        const { sigma } = engine.dominantTriplet(weight(sample), { maxIterations });
        expect(sigma).toBeLessThanOrEqual((singularValues(sample)[0] ?? Number.NaN) * (1 + 1e-13));
      }),
    );
  });
});

describe("frobeniusNorm, stableRank, bilinearForm", () => {
  test("the Frobenius norm is √Σw²", () => {
    fc.assert(
      fc.property(samples(40), (sample) => {
        expectClose(engine.frobeniusNorm(weight(sample)), euclidean(sample.data), 1e-13);
      }),
    );
  });

  test("the stable rank lies between 1 and the rank", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        const rank = engine.stableRank(weight(sample));
        expect(rank).toBeGreaterThanOrEqual(1);
        expect(rank).toBeLessThanOrEqual(Math.min(sample.rows, sample.columns) * (1 + 4e-6));
      }),
    );
  });

  test("the stable rank of a zero matrix is 0, of rank one 1", () => {
    expect(engine.stableRank([[0, 0]])).toBe(0);
    expectClose(
      engine.stableRank([
        [1, 2],
        [2, 4],
      ]),
      1,
      1e-12,
    );
  });

  test("uᵀWv is linear in its vectors and reproduces σ at the singular ones", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        const { u, v, sigma } = engine.dominantTriplet(weight(sample));
        expectClose(engine.bilinearForm(weight(sample), u, v), sigma, 64 * epsilonOf(sample));
        const doubled = Float64Array.from(v, (entry) => -2 * entry);
        expectClose(engine.bilinearForm(weight(sample), u, doubled), -2 * sigma, 64 * epsilonOf(sample));
      }),
    );
  });

  test("uᵀWv picks entries with unit vectors", () => {
    expect(
      engine.bilinearForm(
        [
          [1, 2],
          [3, 4],
        ],
        Float64Array.of(1, 0),
        Float32Array.of(0, 1),
      ),
    ).toBe(2);
  });
});
