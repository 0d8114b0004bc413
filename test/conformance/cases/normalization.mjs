/** The reparameterization of a training loop: forward, backward through every step, and its state. */
import { biased, DTYPES, noise, SHORT, vector, zeroSumRows } from "../data.mjs";

const SHAPES = [
  { shape: [1, 1] },
  { shape: [3, 5] },
  { shape: [16, 16] },
  { shape: [35, 67], iterations: 1 },
  { shape: [33, 18], iterations: 12 },
  { shape: [6, 4, 3, 3], axis: 0 },
  { shape: [3, 3, 4, 6], axis: -1 },
  { shape: [5, 6, 3], axis: 1, iterations: 2 },
];

function withLayer(engine, shape, options, use) {
  const layer = engine.createSpectralNormalization(shape, options);
  try {
    return use(layer);
  } finally {
    layer.free();
  }
}

function* ofShape(dtype, { shape, ...options }, seed) {
  const at = `${SHORT[dtype]} ${shape.join("x")}${options.axis === undefined ? "" : ` axis ${options.axis}`}`;
  const settings = { ...options, dtype };
  const w = noise(dtype, shape, seed).data;
  const g = vector(dtype, w.length, seed + 1);
  yield [
    `layer forward and backward ${at}`,
    (engine) =>
      withLayer(engine, shape, settings, (layer) => {
        const { data, sigma } = layer.forward(w);
        return { data, sigma, gradient: layer.backward(g), state: layer.state };
      }),
  ];
}

/** Three steps of gradient descent: each pass starts from the last one's rounding, so an error of one bit spreads. */
function* ofTraining(dtype) {
  const shape = [12, 20];
  const w = biased(dtype, shape, 150).data;
  yield [
    `layer trained ${SHORT[dtype]}`,
    (engine) =>
      withLayer(engine, shape, { dtype }, (layer) => {
        const weight = w.slice();
        for (let step = 0; step < 3; step += 1) {
          const gradient = layer.backward(layer.forward(weight).data);
          for (let i = 0; i < weight.length; i += 1) weight[i] -= 0.125 * gradient[i];
        }
        return { weight, last: layer.forward(weight, { training: false }) };
      }),
  ];
  const kernel = zeroSumRows(dtype, 6, 9, 151).data;
  yield [
    `layer zero-DC ${SHORT[dtype]}`,
    (engine) =>
      withLayer(engine, [6, 9], { dtype }, (layer) => {
        const { data, sigma } = layer.forward(kernel);
        return { data, sigma, gradient: layer.backward(kernel) };
      }),
  ];
}

const PEERS = [
  { preset: "torch", shape: [13, 21], iterations: 2 },
  { preset: "torch", shape: [5, 6, 3], axis: 1 },
  { preset: "torch", shape: [21, 13], axis: -1 },
  { preset: "keras", shape: [3, 3, 4, 6], iterations: 3 },
  { preset: "flax", shape: [3, 3, 4, 6], epsilon: 0.5, seed: 7 },
];

/** From the seed through two passes in training to one in evaluation: each goes on where the last one ended. */
function* ofPeer(dtype, { shape, ...options }, seed) {
  const [first, second] = [seed, seed + 1].map((place) => noise(dtype, shape, place).data);
  yield [
    `layer of ${options.preset} ${SHORT[dtype]} ${shape.join("x")}`,
    (engine) =>
      withLayer(engine, shape, { ...options, dtype }, (layer) => {
        layer.forward(first);
        const { data, sigma } = layer.forward(second);
        const gradient = layer.backward(first);
        return { data, sigma, gradient, state: layer.state, last: layer.forward(first, { training: false }) };
      }),
  ];
}

export function* normalization() {
  for (const dtype of DTYPES) {
    for (const [i, given] of SHAPES.entries()) yield* ofShape(dtype, given, 140 + 2 * i);
    yield* ofTraining(dtype);
    for (const [i, given] of PEERS.entries()) yield* ofPeer(dtype, given, 160 + 2 * i);
  }
}
