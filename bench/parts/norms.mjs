// @ts-check
import { alternate } from "../alternate.mjs";
import { gaussianMatrix } from "../harness.mjs";
import { pythonNorms } from "../peers/norms.mjs";
import { ownNorm } from "./own.mjs";

const sides = [512, 1024, 2048, 4096];

const goals = {
  "svds, ARPACK": 3,
  "svds, PROPACK": 3,
  "numpy.linalg.norm": 25,
  "torch.linalg.matrix_norm": 25,
};

/** A decomposition gives the norm besides; of these each repetition is one call. @param {() => Promise<{ sigma: number, time: number }>} call */
function many(call) {
  return async (/** @type {number} */ count) => {
    let [sigma, time] = [0, 0];
    for (let n = 0; n < count; n++) {
      const found = await call();
      sigma = found.sigma;
      time += found.time;
    }
    return { sigma, time };
  };
}

export const norms = {
  title: "The spectral norm to 1e-6 against SciPy, NumPy and PyTorch",
  about:
    "σ of a Gaussian float32 matrix, by default options or as said; ours goes to errors of 1e-13 at its default tolerance. " +
    "ARPACK and PROPACK are those of `scipy.sparse.linalg.svds`, and the norms are by decompositions of LAPACK, all on one thread. Errors are against NumPy in float64.",
  needs: ["torch"],
  goal: (/** @type {unknown} */ _, /** @type {string} */ peer) => goals[/** @type {keyof typeof goals} */ (peer)],
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    let versions = {};
    const cases = [];
    for (const side of sides) {
      const weight = gaussianMatrix(side, side, side);
      const own = await ownNorm(weight, [side, side]);
      const other = await pythonNorms(weight, side);
      versions = { ...other.about.versions, BLAS: other.about.blas.join(" and ") };
      const runners = [
        ...own,
        ...other.peers.map(({ name, run }, index) => ({
          peer: name,
          run: many(run),
          ...(index === 0 && { dispose: other.dispose }),
        })),
      ];
      const { reference } = other;
      cases.push({ name: `${side}×${side}`, results: await alternate(runners, { rounds, reference }) });
    }
    return { versions, cases };
  },
};
