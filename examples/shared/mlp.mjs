// @ts-check
/**
 * Multilayer perceptrons and Adam in jax-js. Parameters are trees, `{ layers: [{ kernel, bias }, …] }`, and functions use
 * their arguments up, as jax-js's own do.
 *
 * @module
 */
import { nn, numpy as np, tree } from "@jax-js/jax";

/** @typedef {import("@jax-js/jax").numpy.Array} Tensor */
/** @typedef {{ layers: { kernel: Tensor, bias: Tensor }[] }} Parameters */
/** @typedef {{ mean: Parameters, square: Parameters, count: Tensor }} AdamState */

/** The negative slope of the critics' leaky ReLU. */
export const NEGATIVE_SLOPE = 0.2;

/**
 * Parameters of a perceptron: normal kernels of deviation √(2/inputs) (He et al. 2015), biases 0.
 *
 * @param {readonly number[]} widths Of the input, each hidden layer and the output.
 * @param {import("./random.mjs").Source} source
 * @returns {Parameters}
 */
export function perceptron(widths, source) {
  const layers = widths.slice(1).map((outputs, index) => {
    const inputs = widths[index] ?? 1;
    const kernel = Float32Array.from({ length: inputs * outputs }, () => Math.sqrt(2 / inputs) * source.normal());
    return { kernel: np.array(kernel, { shape: [inputs, outputs] }), bias: np.zeros([outputs]) };
  });
  return { layers };
}

/**
 * @param {Parameters} params
 * @param {Tensor} x Samples by inputs.
 * @param {(x: Tensor) => Tensor} activation
 * @returns {Tensor} Samples by outputs.
 */
function run({ layers }, x, activation) {
  return layers.reduce((input, { kernel, bias }, index) => {
    const output = np.matmul(input, kernel).add(bias);
    return index < layers.length - 1 ? activation(output) : output;
  }, x);
}

/** A generator, with ReLU. @param {Parameters} params @param {Tensor} noise @returns {Tensor} */
export const generate = (params, noise) => run(params, noise, nn.relu);

/** A critic, with leaky ReLU; one score a sample. @param {Parameters} params @param {Tensor} x @returns {Tensor} */
export const criticize = (params, x) => run(params, x, (y) => nn.leakyRelu(y, NEGATIVE_SLOPE));

/** Adam's state before the first update; the parameters stay the caller's. @param {Parameters} params @returns {AdamState} */
export function adamState(params) {
  const zeros = () => tree.map((/** @type {Tensor} */ leaf) => np.zeros(leaf.shape), params);
  return { mean: zeros(), square: zeros(), count: np.zeros([]) };
}

/**
 * One update of Adam (Kingma and Ba 2015, algorithm 1).
 *
 * @param {Parameters} params
 * @param {Parameters} gradients
 * @param {AdamState} state
 * @param {{ rate: number, beta1: number, beta2: number, epsilon?: number }} options
 * @returns {[Parameters, AdamState]}
 */
export function adam(params, gradients, { mean, square, count }, { rate, beta1, beta2, epsilon = 1e-8 }) {
  const blend = (/** @type {number} */ beta) => (/** @type {Tensor} */ old, /** @type {Tensor} */ now) =>
    old.mul(beta).add(now.mul(1 - beta));
  const squares = tree.map((/** @type {Tensor} */ g) => np.square(g), tree.ref(gradients));
  const [nextMean, nextSquare] = [tree.map(blend(beta1), mean, gradients), tree.map(blend(beta2), square, squares)];
  const next = count.add(1);
  // 1 − βᵗ, by the exponential function, for t is an array.
  const correction = (/** @type {number} */ beta) => np.array(1).sub(np.exp(next.ref.mul(Math.log(beta))));
  const [first, second] = [correction(beta1), correction(beta2)];
  const move = (/** @type {Tensor} */ leaf, /** @type {Tensor} */ m, /** @type {Tensor} */ s) =>
    leaf.sub(
      m
        .div(first.ref)
        .mul(rate)
        .div(np.sqrt(s.div(second.ref)).add(epsilon)),
    );
  const moved = tree.map(move, params, tree.ref(nextMean), tree.ref(nextSquare));
  first.dispose();
  second.dispose();
  return [moved, { mean: nextMean, square: nextSquare, count: next }];
}
