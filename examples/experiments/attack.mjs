// @ts-check
/**
 * Perturbations of the inputs of a classifier: random and worst-case.
 *
 * @module
 */
import { grad, jit, nn, numpy as np, tree } from "@jax-js/jax";
import { criticize } from "../shared/mlp.mjs";

/** @typedef {import("../shared/mlp.mjs").Parameters} Parameters */
/** @typedef {import("../shared/mlp.mjs").Tensor} Tensor */

/**
 * The cross-entropy of each sample.
 *
 * @param {Parameters} params Used up.
 * @param {Tensor} x Samples by inputs; used up.
 * @param {Tensor} labels One-hot, samples by classes; used up.
 * @returns {Tensor}
 */
export function crossEntropy(params, x, labels) {
  return nn.logSoftmax(criticize(params, x)).mul(labels).sum(1).neg();
}

/**
 * Projected gradient ascent of the cross-entropy within an L2 ball and the range of pixels, from −1 to 1 (Madry et al. 2018).
 *
 * @param {Parameters} params Stays the caller's.
 * @param {Tensor} x Stays the caller's.
 * @param {Tensor} labels Stays the caller's.
 * @param {{ radius: number, steps: number }} options
 * @returns {Promise<Tensor>} The perturbed samples.
 */
export async function attack(params, x, labels, { radius, steps }) {
  const stride = (2.5 * radius) / steps;
  const lengths = (/** @type {Tensor} */ rows) => np.sqrt(np.square(rows).sum(1)).reshape([-1, 1]);
  const step = jit(
    /** @type {(p: Parameters, from: Tensor, origin: Tensor, labels: Tensor) => Tensor} */
    (p, from, origin, targets) => {
      const ascent = grad((/** @type {Tensor} */ points) => crossEntropy(p, points, targets).sum())(from.ref);
      const size = lengths(ascent.ref);
      // A gradient of exactly 0 leads nowhere.
      const direction = ascent.div(np.maximum(size, 1e-20));
      const moved = from.add(direction.mul(stride)).sub(origin.ref);
      const far = np.maximum(lengths(moved.ref).div(radius), 1);
      return np.clip(origin.add(moved.div(far)), -1, 1);
    },
  );
  let attacked = x.ref;
  for (let count = 0; count < steps; count += 1) {
    attacked = step(tree.ref(params), attacked, x.ref, labels.ref);
    // Arrays that nobody reads drag along all that led to them.
    await attacked.ref.data();
  }
  step.dispose();
  return attacked;
}
