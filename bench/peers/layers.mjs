// @ts-check
/**
 * What a training step's normalization is measured by: the layers, ours and those of PyTorch.
 *
 * @module
 */
import { startPython } from "./python.mjs";

/** @typedef {[rows: number, columns: number][]} Shapes */
/** @type {Record<string, Shapes>} */
export const layers = {
  "64×64": [[64, 64]],
  "128×1152": [[128, 1152]],
  "512×512": [[512, 512]],
  "1024×1024": [[1024, 1024]],
  "4096×4096": [[4096, 4096]],
  // conv1, conv2, conv3 and dense of wgan-sn-critic.safetensors, as matrices.
  "the critic": [
    [32, 9],
    [64, 512],
    [128, 1024],
    [1, 512],
  ],
};

/**
 * Of weights in arrays, or in the engine's memory, where the results go then, too.
 *
 * @param {Shapes} shapes @param {Float32Array[]} arrays
 */
export async function ours(shapes, arrays, isResident = false) {
  const { load } = await import("../../dist/index.js");
  const engine = await load();
  const layers = shapes.map(([rows, columns]) => {
    const layer = engine.createSpectralNormalization([rows, columns], { preset: "torch" });
    const even = (/** @type {number} */ length) => new Float32Array(length).fill(length ** -0.5);
    layer.restore({ u: even(rows), v: even(columns), sigma: 1 });
    return layer;
  });
  const resident = isResident ? shapes.map((shape) => [engine.matrix(shape), engine.matrix(shape)]) : undefined;
  for (const [index, [matrix]] of resident?.entries() ?? []) matrix?.set(/** @type {Float32Array} */ (arrays[index]));
  const weights = resident?.map(([matrix]) => matrix) ?? arrays;
  // PyTorch, too, gets the memory of its result back at each step and takes it again.
  const outs = resident?.map(([, matrix]) => matrix) ?? arrays.map(({ length }) => new Float32Array(length));
  const run = async (/** @type {number} */ count) => {
    let sigma = 0;
    const start = performance.now();
    for (let step = 0; step < count; step++) {
      sigma = 0;
      for (const [index, layer] of layers.entries()) sigma += layer.forward(weights[index], { out: outs[index] }).sigma;
    }
    return { sigma, milliseconds: performance.now() - start };
  };
  const dispose = () => {
    for (const handle of [...layers, ...(resident?.flat() ?? [])]) handle.free();
  };
  return { name: isResident ? "spectral-norm, in the engine's memory" : "spectral-norm", run, dispose };
}

/** @param {Shapes} shapes @param {Float32Array[]} weights */
export async function pytorch(shapes, weights) {
  const bytes = Buffer.concat(weights.map(({ buffer }) => Buffer.from(buffer)));
  const process = await startPython(
    "layers_peer.py",
    bytes,
    shapes.map((shape) => shape.join("x")),
  );
  const peer = (/** @type {string} */ name, /** @type {string} */ word) => ({
    name,
    run: async (/** @type {number} */ count) => {
      const { sigma, seconds } = await process.ask(`${word} ${count}`);
      return { sigma, milliseconds: seconds * 1000 };
    },
  });
  const peers = [peer("PyTorch, no gradient", "plain"), peer("PyTorch", "gradient")];
  return { peers, about: process.about, dispose: process.dispose };
}
