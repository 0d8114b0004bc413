/** Layers and networks: bounds of every kind of layer, folding, pools with and without a size, searches from below. */
import { biased, DTYPES, noise, SHORT } from "../data.mjs";

const positive = (dtype, length, seed) => noise(dtype, [1, length], seed).data.map((x) => x * x);

function layersOf(dtype) {
  const batchNorm = (length, seed) => ({
    type: "batchNorm",
    gamma: noise(dtype, [1, length], seed).data,
    runningVar: positive(dtype, length, seed + 1),
  });
  const dense = (shape, seed) => ({ type: "dense", ...biased(dtype, shape, seed) });
  const convolution = {
    type: "convolution",
    kernel: noise(dtype, [4, 3, 3, 3], 803, 0).data,
    shape: [4, 3, 3, 3],
    padding: 1,
  };
  const pool = { size: [3, 3], stride: 2, padding: 1 };
  return {
    dense: [dense([20, 30], 801), { type: "gelu" }, dense([7, 20], 802), { type: "softmax" }],
    "folded dense": [dense([20, 30], 801), batchNorm(20, 805)],
    convolution: [
      convolution,
      batchNorm(4, 807),
      { type: "silu" },
      { type: "averagePool", ...pool, countPadding: false },
    ],
    pools: [{ type: "maxPool", ...pool }, { type: "averagePool", ...pool }, { type: "globalAveragePool" }],
    residual: [
      { type: "residual", branch: [convolution, { type: "relu" }], shortcut: [{ type: "tanh" }, batchNorm(3, 809)] },
    ],
    concat: [{ type: "concat", branches: [[convolution], [{ type: "mish" }], []] }, { type: "layerNorm" }],
    embedding: [
      { type: "embedding", ...biased(dtype, [40, 9], 811) },
      { type: "rmsNorm", gamma: noise(dtype, [1, 9], 812).data },
    ],
    attention: [{ type: "attention" }, { type: "logSoftmax", classes: 10 }],
  };
}

export function* network() {
  for (const dtype of DTYPES) {
    for (const [name, layers] of Object.entries(layersOf(dtype))) {
      yield [`lipschitzBound ${name} ${SHORT[dtype]}`, (engine) => engine.lipschitzBound(layers)];
      const inputSize = [9, 8];
      yield [`lipschitzBound sized ${name} ${SHORT[dtype]}`, (engine) => engine.lipschitzBound(layers, { inputSize })];
    }
    const statistics = { gamma: noise(dtype, [1, 30], 821).data, runningVar: positive(dtype, 30, 822) };
    yield [`batchNormNorm ${SHORT[dtype]}`, (engine) => engine.batchNormNorm(statistics)];
    yield [`embeddingNorm ${SHORT[dtype]}`, (engine) => engine.embeddingNorm(noise(dtype, [60, 21], 823))];
    const { data } = noise(dtype, [4, 5], 824);
    const samples = [0, 1, 2, 3].map((row) => data.slice(5 * row, 5 * row + 5));
    const bent = (x) => x.map((entry, index) => Math.max(entry, 0) * (index + 1) - Math.max(entry + x[0], 0));
    const options = { evaluations: 200, seed: 3 };
    yield [`empiricalLipschitz ${SHORT[dtype]}`, (engine) => engine.empiricalLipschitz(bent, samples, options)];
  }
}
