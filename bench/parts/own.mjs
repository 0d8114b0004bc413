// @ts-check
import { clocked, repeated } from "../alternate.mjs";

/**
 * Runners of `spectralNorm` on a matrix in the engine's memory, as the peers' is in theirs: to its default tolerance, and to one that is
 * enough for a norm to 1e-6, which is right to far more digits than its vectors.
 *
 * @param {Float32Array} weight
 * @param {[number, number]} shape
 */
export async function ownNorm(weight, shape) {
  const { load } = await import("../../dist/index.js");
  const engine = await load();
  const matrix = engine.matrix(shape);
  matrix.set(weight);
  const step = repeated(() => engine.spectralNorm(matrix));
  return [
    clocked("spectral-norm", Object.assign(step, { dispose: () => matrix.free() })),
    clocked(
      "spectral-norm, tolerance=1e-4",
      repeated(() => engine.spectralNorm(matrix, { tolerance: 1e-4 })),
    ),
  ];
}
