/**
 * Computations that TensorFlow.js does not record for its gradients.
 *
 * @module
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { TensorFlow } from "./types.js";

/**
 * The result of `compute` as a constant: no gradient flows into what it reads. TensorFlow.js has no `stopGradient`, but
 * inside of a custom gradient nothing is recorded, and the result is tied to the arguments alone, of which this one has
 * none that count.
 */
export function untaped<T extends Tensor>(tf: TensorFlow, compute: () => T): T {
  const constant = tf.customGrad((...[place]: unknown[]) => ({
    value: compute(),
    gradFunc: () => tf.zerosLike(place as Tensor),
  }));
  return constant(tf.scalar(0)) as T;
}

/** 1 where a scalar is 0, else 0: what is added to a divisor so that nothing is divided by 0, and nothing else changes. */
export function oneIfZero(tf: TensorFlow, scalar: Tensor): Tensor {
  return untaped(tf, () => tf.cast(tf.equal(scalar, 0), "float32"));
}
