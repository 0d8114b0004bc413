// @ts-check
import { summary } from "../harness.mjs";
import { startup as measure } from "../startup.mjs";

/** The first σ of those scripts. */
const SIGMA = 4;

export const startup = {
  title: "From import to the first norm",
  about: "A process of Node that imports the package and computes a norm, and one that runs an empty script, by turns.",
  kind: "difference",
  needs: [],
  /** Microseconds above the empty script, at most. */
  most: 20_000,
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    const { samples } = measure(Math.max(rounds, 2 * rounds - 1));
    const result = (/** @type {string} */ peer, /** @type {number[]} */ milliseconds) => {
      const rounded = milliseconds.map((time) => Number((1000 * time).toPrecision(4)));
      return { peer, sigma: SIGMA, error: 0, samples: rounded, ...summary(rounded) };
    };
    const results = [result("spectral-norm", samples.first), result("empty script", samples.empty)];
    return { versions: {}, cases: [{ name: "Node", results }] };
  },
};
