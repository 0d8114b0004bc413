import fc from "fast-check";
import { dominantTriplet } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { dot, engine, epsilonOf, expectClose, samples, weight } from "./engine/support.js";

describe("multiply", () => {
  test("is the product, and its adjoint is: ⟨Wx, y⟩ = ⟨x, Wᵀy⟩ = yᵀWx", () => {
    fc.assert(
      fc.property(samples(40), (sample) => {
        const { u, v, sigma } = engine.dominantTriplet(weight(sample));
        const tolerance = 64 * epsilonOf(sample);
        expectClose(dot(engine.multiply(weight(sample), v), u), sigma, tolerance);
        expectClose(dot(engine.multiply(weight(sample), u, { adjoint: true }), v), sigma, tolerance);
      }),
    );
  });

  test("reads weights along their axis, in float64 whatever they are", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    // Rows (1, 4), (2, 5), (3, 6).
    const middle = { data, shape: [2, 3, 1], axis: 1 };
    expect(engine.multiply(middle, Float64Array.of(1, 10))).toEqual(Float64Array.of(41, 52, 63));
    expect(engine.multiply(middle, Float32Array.of(1, 0, 2), { adjoint: true })).toEqual(Float64Array.of(7, 16));
  });

  test("of what overflows float64 is as large as it is", () => {
    expect(engine.multiply([[1e200]], Float64Array.of(1e200))).toEqual(Float64Array.of(Number.POSITIVE_INFINITY));
  });
});

describe("dominantTriplet without the search for the gap", () => {
  const data = Float32Array.from({ length: 96 * 80 }, (_, i) => Math.fround(Math.sin(i * i)));
  const w = { data, shape: [96, 80] };

  test("finds the same in fewer passes, and a gap that is no smaller", () => {
    const [full, short] = [engine.dominantTriplet(w), engine.dominantTriplet(w, { gap: false })];
    expect({ ...short, gap: 0, iterations: 0 }).toEqual({ ...full, gap: 0, iterations: 0 });
    expect(short.iterations).toBeLessThan(full.iterations);
    expect(short.gap).toBeGreaterThanOrEqual(full.gap);
  });

  test("the same of operators, at once or by promises", async () => {
    const both = { rows: 96, columns: 80 };
    const apply = (x: Float64Array) => engine.multiply(w, x);
    const applyAdjoint = (y: Float64Array) => engine.multiply(w, y, { adjoint: true });
    const full = engine.dominantTriplet({ ...both, apply, applyAdjoint });
    const short = engine.dominantTriplet({ ...both, apply, applyAdjoint }, { gap: false });
    expect(short.sigma).toBe(full.sigma);
    expect(short.iterations).toBeLessThan(full.iterations);
    expect(short.gap).toBeGreaterThanOrEqual(full.gap);
    const later = { ...both, apply: async (x: Float64Array) => apply(x), applyAdjoint };
    expect(await dominantTriplet(later, { gap: false })).toEqual(short);
  });

  test("a multiple first singular value is seen as far as it was", () => {
    const identity = { data: Float64Array.from({ length: 400 }, (_, i) => (i % 21 === 0 ? 1 : 0)), shape: [20, 20] };
    expect(engine.dominantTriplet(identity, { gap: false, method: "lanczos" })).toMatchObject({ gap: 1, sigma: 1 });
    expect(engine.dominantTriplet(identity, { method: "lanczos" }).gap).toBeCloseTo(0, 12);
  });
});
