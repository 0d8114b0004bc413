// @ts-check
import { alternate } from "../alternate.mjs";
import { gappedMatrix } from "../harness.mjs";
import { layers as all, ours, pytorch } from "../peers/layers.mjs";

/** Steps after which all have come to the norm: PyTorch's older function begins with the other vector than its newer one, and we. */
const TOGETHER = 30;

export const layers = {
  title: "Normalization in a training step against PyTorch",
  about:
    "One step of power iteration, σ and W/σ, float32, of one layer and of all layers of the critic of examples/data, against a call of " +
    "`torch.nn.utils.spectral_norm` on one thread, with and without a record for the backward pass. Ours takes weights from arrays and puts results into others, unless told. Errors are those of the sum of σ against ours.",
  needs: ["torch"],
  goal: (/** @type {{ name: string }} */ { name }, /** @type {string} */ peer) => {
    if (peer !== "PyTorch, no gradient") return undefined;
    return name === "64×64" ? 20 : name === "the critic" ? 4 : 2.2;
  },
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    let versions = {};
    const cases = [];
    for (const [name, shapes] of Object.entries(all)) {
      const weights = shapes.map(([rows, columns], seed) => gappedMatrix(rows, columns, seed + 1));
      const [own, resident] = [await ours(shapes, weights), await ours(shapes, weights, true)];
      const other = await pytorch(shapes, weights);
      versions = other.about.versions;
      const disposals = [own.dispose, resident.dispose, other.dispose];
      const runners = [own, resident, ...other.peers].map((peer, index) => ({
        peer: peer.name,
        run: async (/** @type {number} */ count) => {
          const { sigma, milliseconds } = await peer.run(count);
          return { sigma, time: milliseconds * 1000 };
        },
        dispose: disposals[index] ?? (() => {}),
      }));
      const results = await alternate(runners, { rounds, together: TOGETHER });
      cases.push({ name, results });
    }
    return { versions, cases };
  },
};
