/**
 * What an optimizer does before and after an update: nothing where the loss is NaN, and the constraints afterwards.
 *
 * @module
 */
import type { LayersModel, LayerVariable, layers, Optimizer, Tensor, Variable } from "@tensorflow/tfjs";
import { complaint } from "../engine/validate.js";
import { NonFiniteError, TypeMismatchError } from "../index.js";
import type { TensorFlow } from "./types.js";

/** An optimizer as it is inside. */
type Inside = Pick<Optimizer, "computeGradients" | "applyGradients">;

/** Makes {@link Tfjs.guard} for a TensorFlow.js. */
export function makeGuard(tf: TensorFlow): <T extends Optimizer>(optimizer: T, model: LayersModel | layers.Layer) => T {
  return (optimizer, model) => {
    const inside: Inside | null = optimizer;
    if (typeof inside?.computeGradients !== "function" || typeof inside.applyGradients !== "function") {
      throw new TypeMismatchError(complaint("optimizer", "an optimizer, e.g. tf.train.adam()", optimizer));
    }
    if (!(model instanceof tf.layers.Layer)) {
      throw new TypeMismatchError(complaint("model", "a model or a layer", model));
    }
    const computeGradients = inside.computeGradients.bind(optimizer);
    const applyGradients = inside.applyGradients.bind(optimizer);
    inside.computeGradients = (loss, variables) => {
      const found = computeGradients(loss, variables);
      try {
        check(tf, found.value, found.grads);
      } catch (error) {
        tf.dispose([found.value, ...Object.values(found.grads)]);
        throw error;
      }
      return found;
    };
    inside.applyGradients = (gradients) => {
      applyGradients(gradients);
      for (const weight of model.trainableWeights) constrain(tf, weight);
    };
    return optimizer;
  };
}

/** Refuses a loss or gradients that are not finite, before anything was changed. */
function check(tf: TensorFlow, value: Tensor, gradients: Readonly<Record<string, Tensor>>): void {
  const found = Object.entries({ ...gradients, "": value }).filter(([, tensor]) => tensor != null);
  // All in one, for reading back makes the processor wait for the graphics card.
  const finite = tf.tidy(() => {
    return tf.stack(found.map(([, tensor]) => tf.cast(tf.all(tf.isFinite(tensor)), "float32"))).dataSync();
  });
  if (finite.at(-1) === 0) {
    throw new NonFiniteError(`the loss expected a finite number, got ${value.dataSync()[0]}; no weight was changed`);
  }
  const wrong = finite.indexOf(0);
  if (wrong >= 0) {
    throw new NonFiniteError(`the gradient of "${found[wrong]?.[0]}" expected finite numbers; no weight was changed`);
  }
}

/** TensorFlow.js keeps the constraints of its weights, but its optimizers do not apply them. */
function constrain(tf: TensorFlow, weight: LayerVariable): void {
  const { constraint } = weight;
  if (constraint != null) {
    tf.tidy(() => (weight.read() as Variable).assign(constraint.apply(weight.read())));
  }
}
