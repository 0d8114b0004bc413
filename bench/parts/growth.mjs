// @ts-check
import { alternate, clocked, repeated } from "../alternate.mjs";
import { gaussianMatrix } from "../harness.mjs";

/** What is asked of a square weight; each grows by a law of its own. */
const works = {
  "power iteration, one": (/** @type {any} */ engine, /** @type {any} */ matrix) =>
    engine.powerIteration(matrix, { iterations: 1, form: "gram" }).sigma,
  spectralNorm: (/** @type {any} */ engine, /** @type {any} */ matrix) => engine.spectralNorm(matrix),
  "spectralNorm, power": (/** @type {any} */ engine, /** @type {any} */ matrix) =>
    engine.spectralNorm(matrix, { method: "power", tolerance: 1e-3 }),
  "spectralNormBounds, cheap": (/** @type {any} */ engine, /** @type {any} */ matrix) =>
    engine.spectralNormBounds(matrix, { certainty: "cheap" }).upper,
  "spectralNormBounds, rigorous": (/** @type {any} */ engine, /** @type {any} */ matrix) =>
    engine.spectralNormBounds(matrix, { certainty: "rigorous" }).upper,
  "singularValues, k = 3": (/** @type {any} */ engine, /** @type {any} */ matrix) =>
    engine.singularValues(matrix, { k: 3 })[0],
  frobeniusNorm: (/** @type {any} */ engine, /** @type {any} */ matrix) => engine.frobeniusNorm(matrix),
};

const sides = [128, 256, 512, 1024];

export const growth = {
  title: "How cost grows with size",
  about:
    "Calls on square Gaussian float32 matrices of side n that are in the engine's memory. The exponent is the slope of the line nearest to the medians, in logarithms: " +
    "2 where every number is read a fixed number of times.",
  kind: "growth",
  needs: [],
  async measure(/** @type {{ rounds: number, quick: boolean }} */ { rounds, quick }) {
    const { load } = await import("../../dist/index.js");
    const engine = await load();
    const cases = [];
    for (const side of quick ? [16, 32] : sides) {
      const matrix = engine.matrix([side, side]);
      matrix.set(gaussianMatrix(side, side, side));
      const runners = Object.entries(works).map(([name, call]) =>
        clocked(
          name,
          repeated(() => call(engine, matrix)),
        ),
      );
      const results = await alternate(runners, { rounds: Math.min(rounds, 7), agreement: Number.POSITIVE_INFINITY });
      matrix.free();
      cases.push({ name: `${side}×${side}`, side, results });
    }
    return { versions: {}, cases };
  },
};
