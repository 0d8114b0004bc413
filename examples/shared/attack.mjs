// @ts-check
/**
 * Worst-case perturbations of the inputs of a classifier.
 *
 * @module
 */
import { grad, jit, numpy as np, tree } from "@jax-js/jax";
import { crossEntropy } from "./labeled.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */

/** Of a ball's radius, in all steps together: enough to reach its border and to walk along it. */
const REACH = 2.5;

const lengths = (/** @type {Tensor} */ rows) => np.sqrt(np.square(rows).sum(1)).reshape([-1, 1]);

/**
 * One step up the cross-entropy, and back into the ball and the range of pixels. Arguments are used up.
 *
 * @param {Parameters} params
 * @param {Tensor} from
 * @param {Tensor} origin
 * @param {Tensor} labels
 * @param {{ radius: number | Tensor, stride: number | Tensor }} ball
 */
function climb(params, from, origin, labels, { radius, stride }) {
  const ascent = grad((/** @type {Tensor} */ points) => crossEntropy(params, points, labels).sum())(from.ref);
  const size = lengths(ascent.ref);
  // A gradient of exactly 0 leads nowhere.
  const direction = ascent.div(np.maximum(size, 1e-20));
  const moved = from.add(direction.mul(stride)).sub(origin.ref);
  const far = np.maximum(lengths(moved.ref).div(radius), 1);
  return np.clip(origin.add(moved.div(far)), -1, 1);
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
  const ball = { radius, stride: (REACH * radius) / steps };
  const step = jit(
    /** @type {(p: Parameters, from: Tensor, origin: Tensor, labels: Tensor) => Tensor} */
    (p, from, origin, targets) => climb(p, from, origin, targets, ball),
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

/** {@link attack} compiled once, with a radius for each sample. @param {number} steps */
export function createAttack(steps) {
  const step = jit(
    /** @type {(p: Parameters, from: Tensor, origin: Tensor, labels: Tensor, radius: Tensor) => Tensor} */
    (p, from, origin, targets, radius) =>
      climb(p, from, origin, targets, { radius: radius.ref, stride: radius.mul(REACH / steps) }),
  );
  return {
    /**
     * @param {Parameters} params Stays the caller's.
     * @param {Tensor} x Stays the caller's.
     * @param {Tensor} labels Stays the caller's.
     * @param {Tensor} radii Positive, samples by 1; stay the caller's.
     * @returns {Promise<Tensor>} The perturbed samples.
     */
    async run(params, x, labels, radii) {
      let attacked = x.ref;
      for (let count = 0; count < steps; count += 1) {
        attacked = step(tree.ref(params), attacked, x.ref, labels.ref, radii.ref);
        await attacked.ref.data();
      }
      return attacked;
    },
    /** Gives the memory back. */
    dispose: () => step.dispose(),
  };
}
