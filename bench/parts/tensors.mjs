// @ts-check
import { clocked } from "../alternate.mjs";
import { versionOf } from "../peers/install.mjs";
import { jaxJs } from "../peers/jax-js.mjs";
import { tfjs } from "../peers/tfjs.mjs";
import { powerCase } from "./power.mjs";

/** @type {[number, number][]} */
const shapes = [
  [64, 64],
  [128, 1152],
  [512, 512],
  [1024, 1024],
  [4096, 4096],
];

/** As one writes it first; other ways are faster, and say so in the table. */
const goals = { tfjs: 15, "jax-js": 5 };

export const tensors = {
  title: "One power iteration against tensor libraries in WebAssembly",
  about:
    "TensorFlow.js and jax-js on their WebAssembly backends, one thread, with W a tensor of theirs: as one writes WᵀWv first, and in the ways that " +
    "happen to be faster there. The transposed copy is made before the clock starts.",
  needs: ["npm"],
  goal: (/** @type {unknown} */ _, /** @type {string} */ peer) => goals[/** @type {keyof typeof goals} */ (peer)],
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    const peers = [...(await tfjs()), ...(await jaxJs())];
    const cases = [];
    for (const shape of shapes) {
      const prepare = async (
        /** @type {Float32Array} */ weight,
        /** @type {number} */ rows,
        /** @type {number} */ columns,
      ) => peers.map((peer) => clocked(peer.name, peer.prepare(weight, rows, columns)));
      cases.push(await powerCase(shape, rounds, prepare));
    }
    const versions = {
      "@tensorflow/tfjs-backend-wasm": versionOf("@tensorflow/tfjs-backend-wasm"),
      "@jax-js/jax": versionOf("@jax-js/jax"),
    };
    return { versions, cases };
  },
};
