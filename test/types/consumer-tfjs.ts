/** What the declarations of the adapter promise, as a consumer would use them. It is compiled, never run. */
import * as tf from "@tensorflow/tfjs";
import type { SpectralNormError } from "spectral-norm";
import { load, type SpectralNormalizationLayer, type Tfjs } from "spectral-norm/tfjs";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

export async function build(): Promise<tf.LayersModel> {
  const { bake, constraints, guard, layers, regularizers }: Tfjs = await load(tf);
  const kernelConstraint = constraints.spectralNormalization({ target: 2, iterations: 5 });
  const kernelRegularizer = regularizers.spectralNorm({ lambda: 0.1 });
  const layer = layers.spectralNormalization({
    layer: tf.layers.dense({ units: 1, kernelConstraint, kernelRegularizer }),
    inputShape: [2],
    preset: "article",
  });
  holds<Same<typeof layer, SpectralNormalizationLayer>>();
  const model = tf.sequential({ layers: [layer] });
  const optimizer = guard(tf.train.adam(), model);
  holds<Same<typeof optimizer, tf.AdamOptimizer>>();
  // @ts-expect-error a preset that does not exist
  layers.spectralNormalization({ layer, preset: "flax" });
  // @ts-expect-error a limit is needed
  constraints.weightClip();
  return bake(model);
}

export function loss({ gradientPenalty, wassersteinLoss }: Tfjs, critic: tf.LayersModel, x: tf.Tensor): tf.Scalar {
  const penalty = gradientPenalty(critic, x, x, { oneSided: true, seed: 1 });
  holds<Same<typeof penalty, tf.Scalar>>();
  gradientPenalty((z) => tf.sum(z, -1), x, x);
  return tf.add(penalty, tf.mean(wassersteinLoss(x, x)));
}

export const codeOf = (error: SpectralNormError): string => error.code;
