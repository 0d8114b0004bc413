// @ts-check
/**
 * What is to be known of a critic in training beyond its scores: the angle of its gradient to the true one, and how gradients
 * fade from layer to layer.
 *
 * @module
 */
import { grad, nn, numpy as np, tree } from "@jax-js/jax";
import { exactTree, normalizeTree, wassersteinLoss } from "spectral-norm/jax";
import { methods } from "../shared/methods.mjs";
import { criticize, NEGATIVE_SLOPE } from "../shared/mlp.mjs";

/** @typedef {import("../shared/mlp.mjs").Parameters} Parameters */
/** @typedef {import("../shared/mlp.mjs").Tensor} Tensor */
/** @typedef {import("../shared/methods.mjs").StateTree} StateTree */
/** @typedef {{ params: Parameters, states: StateTree }} Critic */

/**
 * A twin of a method whose parameters and states before a step can be looked at, which a trainer keeps to itself.
 *
 * @param {string} name A key of `methods`; the twin is registered under another.
 */
export function watch(name) {
  const method = methods[name];
  if (method === undefined) throw new Error(`method expected one of ${Object.keys(methods).join(", ")}, got "${name}"`);
  /** @type {Critic | undefined} */
  let held;
  let wanted = false;
  const release = () => {
    if (held !== undefined) tree.dispose(/** @type {never} */ (held));
    held = undefined;
  };
  const twin = `${name}, watched`;
  methods[twin] = {
    ...method,
    async between(params, states) {
      const next = (await method.between?.(tree.ref(params), states)) ?? states;
      release();
      if (wanted) held = { params, states: tree.ref(next) };
      else tree.dispose(params);
      return next;
    },
  };
  return {
    name: twin,
    release,
    /** Whether what comes before the next steps is kept. @param {boolean} keep */
    keep(keep) {
      wanted = keep;
    },
    /** What was kept; the caller's from now on. @returns {Critic} */
    take() {
      if (held === undefined) throw new Error(`${twin} expected to have been told to keep before a step`);
      const critic = held;
      held = undefined;
      return critic;
    },
  };
}

/** @param {Parameters} critic @param {Tensor} real @param {Tensor} fake The samples stay the caller's. */
const lossOf = (critic, real, fake) =>
  wassersteinLoss(criticize(tree.ref(critic), real.ref), criticize(critic, fake.ref));

/** Kernels of a gradient as plain numbers. @param {Parameters} gradient Used up. */
async function kernelsOf({ layers }) {
  const kernels = [];
  for (const { kernel, bias } of layers) {
    bias.dispose();
    kernels.push(await kernel.data());
  }
  return kernels;
}

/** The angle in degrees between vectors that are given in parts. @param {ArrayLike<number>[]} a @param {ArrayLike<number>[]} b */
export function angleBetween(a, b) {
  const [dot, left, right] = [
    [a, b],
    [a, a],
    [b, b],
  ].map(([x = [], y = []]) =>
    x.reduce((sum, part, k) => sum + Array.from(part).reduce((s, value, i) => s + value * (y[k]?.[i] ?? 0), 0), 0),
  );
  const cosine = (dot ?? 0) / Math.sqrt((left ?? 0) * (right ?? 0));
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

/**
 * The angle between the gradient that a spectral method follows and the true one, of the loss of a critic that computes with
 * W/σ(W), σ being exact: over all kernels and kernel by kernel. The constraint after the update (item 19) follows the gradient
 * at W as if there were no σ.
 *
 * @param {string} name A spectral method.
 * @param {Critic} critic Used up.
 * @param {Tensor} real Used up.
 * @param {Tensor} fake Used up.
 * @returns {Promise<{ angle: number, angles: number[] }>} In degrees.
 */
export async function gradientAngle(name, { params, states }, real, fake) {
  const method = methods[name];
  const exact = await exactTree(tree.ref(params));
  const advanced = method?.advance?.(tree.ref(params), states) ?? states;
  const computed = (/** @type {Parameters} */ p) => method?.effective?.(p, tree.ref(advanced)) ?? p;
  const used = await kernelsOf(
    grad((/** @type {Parameters} */ p) => lossOf(computed(p), real, fake))(tree.ref(params)),
  );
  const truth = await kernelsOf(
    grad((/** @type {Parameters} */ p) => lossOf(normalizeTree(p, tree.ref(exact)), real, fake))(params),
  );
  tree.dispose(/** @type {never} */ ([advanced, exact, real, fake]));
  const angles = used.map((kernel, k) => angleBetween([kernel], [truth[k] ?? []]));
  return { angle: angleBetween(used, truth), angles };
}

/**
 * How large the gradient of the critic's loss is with respect to the output of each layer before its activation, the Frobenius
 * norm over the batch, from the first layer to the last (Gulrajani et al. 2017, figure 1b).
 *
 * @param {Parameters} critic As it computes; used up.
 * @param {Tensor} real Used up.
 * @param {Tensor} fake Used up.
 * @returns {Promise<number[]>}
 */
export async function gradientNorms({ layers }, real, fake) {
  const samples = real.shape[0] ?? 0;
  const points = np.concatenate([real, fake]);
  // Nothing is added to the outputs, and the gradient with respect to nothing is the one with respect to the output.
  const nothing = layers.map(({ bias }) => np.zeros([2 * samples, bias.shape[0] ?? 1]));
  const loss = (/** @type {Tensor[]} */ shifts) => {
    const scores = layers.reduce((input, { kernel, bias }, k) => {
      const output = np
        .matmul(input, kernel.ref)
        .add(bias.ref)
        .add(/** @type {Tensor} */ (shifts[k]));
      return k < layers.length - 1 ? nn.leakyRelu(output, NEGATIVE_SLOPE) : output;
    }, points.ref);
    const [ofReal, ofFake] = np.split(scores, 2);
    return wassersteinLoss(/** @type {Tensor} */ (ofReal), /** @type {Tensor} */ (ofFake));
  };
  const norms = [];
  for (const gradient of grad(loss)(nothing)) norms.push(await np.sqrt(np.square(gradient).sum()).data());
  tree.dispose(/** @type {never} */ ([layers, points]));
  return norms.map(([norm = 0]) => norm);
}
