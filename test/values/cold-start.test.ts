import { load, type PowerIterationOptions } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { bellMatrix } from "./inputs.ts";

const engine = await load();
const side = 1000;
const matrices = [401, 402, 403, 404, 405, 406, 407, 408].map((seed) => {
  const matrix = bellMatrix(side, side, seed);
  return { seed, matrix, sigma: engine.spectralNorm(matrix, { tolerance: 1e-4 }) };
});

/** Four standard errors of the mean over eight matrices; the edge of a spectrum of 1000 is off by as much, 1000^(-2/3). */
const tolerance = 0.015;

/** σ̂ₖ/σ for k = 1 … 15, averaged over square Gaussian-like matrices. */
function meanRatios(options: PowerIterationOptions): Float64Array {
  const sums = new Float64Array(15);
  for (const { seed, matrix, sigma } of matrices) {
    const { history } = engine.powerIteration(matrix, { ...options, seed, iterations: sums.length });
    for (const [k, estimate] of history.entries()) sums[k] = (sums[k] ?? 0) + estimate / sigma;
  }
  return sums.map((sum) => sum / matrices.length);
}

/**
 * What a fixed count of steps from a cold start is worth. For a large square Gaussian matrix the moments of the
 * squared singular values are Catalan numbers; σ̂ₖ² is the quotient of two neighboring ones.
 */
describe("σ̂/σ after k steps on a square Gaussian matrix", () => {
  test.each(["ones", "random"] as const)("is √((4k−1)/(4k+2)) in the alternating form from %s", (start) => {
    for (const [index, ratio] of meanRatios({ start }).entries()) {
      const k = index + 1;
      expect(Math.abs(ratio - Math.sqrt((4 * k - 1) / (4 * k + 2))), `k = ${k}`).toBeLessThan(tolerance);
    }
  });

  test("is √((4k+1)/(4k+4)), half a step ahead, in the Gram form", () => {
    for (const [index, ratio] of meanRatios({ form: "gram" }).entries()) {
      const k = index + 1;
      expect(Math.abs(ratio - Math.sqrt((4 * k + 1) / (4 * k + 4))), `k = ${k}`).toBeLessThan(tolerance);
    }
  });

  test("so that after the article's five steps every W/σ̂ still stretches by 1.05 or more", () => {
    for (const { matrix } of matrices) {
      const { data, shape } = matrix;
      const { sigma } = engine.powerIteration(matrix);
      const normalized = { data: data.map((x) => x / sigma), shape };
      expect(engine.spectralNorm(normalized, { tolerance: 1e-4 })).toBeGreaterThan(1.05);
    }
  });
});
