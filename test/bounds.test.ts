import fc from "fast-check";
import type { Certainty } from "spectral-norm";
import { describe, expect, test } from "vitest";
import {
  caught,
  engine,
  epsilonOf,
  expectEngineIntact,
  gaussian,
  mapped,
  samples,
  shear,
  shearNorm,
  singularValues,
  weight,
} from "./engine/support.js";

const certainties: readonly Certainty[] = ["cheap", 1 - 1e-9, "rigorous"];

describe("spectralNormBounds", () => {
  test("they contain the norm, the rigorous ones narrowly", () => {
    fc.assert(
      fc.property(samples(24), fc.integer({ min: -30, max: 30 }), (sample, exponent) => {
        const scaled = mapped(sample, (entry) => entry * 10 ** exponent);
        const sigma = singularValues(scaled)[0] ?? Number.NaN;
        for (const certainty of certainties) {
          const { lower, upper } = engine.spectralNormBounds(weight(scaled), { certainty });
          expect(lower).toBeLessThanOrEqual(sigma * (1 + 1e-13));
          expect(upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-13));
          if (certainty === "rigorous") expect(upper / lower - 1).toBeLessThan(1e-8);
        }
      }),
    );
  });

  test("what spectralNorm finds is between them", () => {
    fc.assert(
      fc.property(samples(40), (sample) => {
        const { lower, upper } = engine.spectralNormBounds(weight(sample));
        const sigma = engine.spectralNorm(weight(sample));
        expect(sigma).toBeLessThanOrEqual(upper);
        expect(sigma).toBeGreaterThanOrEqual(lower * (1 - 1e-6));
      }),
    );
  });

  test("they say what they rest on, and what was asked for", () => {
    const found = certainties.map((certainty) => engine.spectralNormBounds(shear, { certainty }));
    expect(found.map(({ certainty }) => certainty)).toEqual(certainties);
    expect(found.map(({ method }) => method)).toEqual(["norms", "lanczos", "cholesky"]);
    for (const { lower, upper } of found) {
      expect(lower).toBeLessThanOrEqual(shearNorm);
      expect(upper).toBeGreaterThanOrEqual(shearNorm);
    }
    expect(engine.spectralNormBounds(shear)).toEqual(found[2]);
  });

  test("a zero matrix is certain", () => {
    for (const certainty of certainties) {
      expect(engine.spectralNormBounds([[0, 0]], { certainty })).toMatchObject({ lower: 0, upper: 0 });
    }
  });

  test("a weight of four dimensions, along any axis", () => {
    const { data } = gaussian(6, 20, 9, "float32");
    for (const axis of [0, 1, 3]) {
      const w = { data: data as Float32Array, shape: [3, 2, 4, 5], axis };
      const { lower, upper } = engine.spectralNormBounds(w);
      const sigma = engine.spectralNorm(w, { tolerance: 1e-9 });
      expect(lower * (1 - 1e-9) <= sigma && sigma <= upper, `axis ${axis}`).toBe(true);
    }
  });

  test.each([
    ["a word that is none", "sure", "OPTION", '"options.certainty" expected "cheap", "rigorous" or a probability'],
    ["a probability of 1", 1, "OPTION", "got 1"],
    ["a probability of NaN", Number.NaN, "OPTION", "got NaN"],
    ["null", null, "TYPE", "got null"],
  ])("%s is refused", (_, certainty, code, sentence) => {
    const error = caught(() => engine.spectralNormBounds(shear, { certainty } as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expectEngineIntact();
  });
});

describe("spectralNormalize by: 'upper'", () => {
  test("the norm of the result is at most the target, with proof, and hardly below it", () => {
    fc.assert(
      fc.property(samples(20), fc.constantFrom(1e-20, 0.1, 1, 3e7), (sample, target) => {
        const { data, sigma } = engine.spectralNormalize(weight(sample), { by: "upper", target });
        const result = { ...sample, data };
        const { lower, upper } = engine.spectralNormBounds(weight(result));
        // What is proved of the rounded entries, from their exact values.
        expect(singularValues(result)[0]).toBeLessThanOrEqual(target * (1 + 1e-14));
        expect(upper).toBeLessThanOrEqual(target * (1 + 1e-8));
        expect(lower).toBeGreaterThanOrEqual(target * (1 - 1e-8 - 16 * epsilonOf(sample)));
        expect(sigma).toBeCloseTo(engine.spectralNorm(weight(sample)), 12);
      }),
    );
  });

  test("by the estimate it may exceed the target", () => {
    const sample = gaussian(100, 100, 3, "float64");
    const loose = engine.spectralNormalize(weight(sample), { tolerance: 1e-2 });
    expect(engine.spectralNormBounds(weight({ ...sample, data: loose.data })).lower).toBeGreaterThan(1 + 1e-9);
  });

  test("shrinking leaves alone what is proved to be within, and a zero matrix stays", () => {
    const within = Float64Array.of(0.5, 0, 0, 0.25);
    const options = { by: "upper", mode: "shrink" } as const;
    expect(engine.spectralNormalize({ data: within, shape: [2, 2] }, options).data).toEqual(within);
    expect(engine.spectralNormalize({ data: Float64Array.of(2, 0, 0, 1), shape: [2, 2] }, options).data[0]).toBeCloseTo(
      1,
    );
    expect(engine.spectralNormalize([[0, 0]], { by: "upper" })).toEqual({ data: Float64Array.of(0, 0), sigma: 0 });
  });

  test("anything else is refused", () => {
    const error = caught(() => engine.spectralNormalize(shear, { by: "lower" } as never));
    expect([error.code, error.message]).toEqual(["OPTION", '"options.by" expected "estimate" or "upper", got "lower"']);
  });
});
