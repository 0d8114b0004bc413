// @ts-check
import { alternate, clocked, repeated } from "../alternate.mjs";
import { gaussianMatrix } from "../harness.mjs";
import { decompositions as peers } from "../peers/decompositions.mjs";
import { versionOf } from "../peers/install.mjs";
import { ownNorm } from "./own.mjs";

const sides = [64, 128, 256, 512];
/** mathjs takes twelve seconds at 256, eight times as long as at 128, and would take minutes. */
const most = { "ml-matrix": 512, numeric: 512, mathjs: 256 };

/** The fastest peer of a case is the one to be held against. */
const fastest = (/** @type {readonly { peer: string, median: number }[]} */ results) =>
  results.filter(({ peer }) => peer in most).reduce((one, other) => (other.median < one.median ? other : one)).peer;

export const decompositions = {
  title: "The spectral norm against libraries in JavaScript",
  about:
    "σ of a Gaussian matrix: `SingularValueDecomposition` of ml-matrix without vectors, `numeric.svd`, and `norm(w, 2)` of mathjs, which has no singular " +
    "value decomposition and takes the eigenvalues of WᵀW; there they are numbers of 64 bits. Errors are against ours.",
  needs: ["npm"],
  goal: (/** @type {{ results: any[] }} */ { results }, /** @type {string} */ peer) =>
    peer === fastest(results) ? 200 : undefined,
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    const cases = [];
    for (const side of sides) {
      const weight = gaussianMatrix(side, side, side);
      const own = await ownNorm(weight, [side, side]);
      const others = Object.entries(peers(weight, side))
        .filter(([name]) => side <= most[/** @type {keyof typeof most} */ (name)])
        .map(([name, call]) => clocked(name, repeated(call)));
      const results = await alternate([...own, ...others], { rounds, patience: 6000 });
      cases.push({ name: `${side}×${side}`, results });
    }
    const versions = Object.fromEntries(Object.keys(most).map((name) => [name, versionOf(name)]));
    return { versions, cases };
  },
};
