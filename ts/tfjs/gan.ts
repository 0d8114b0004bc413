/**
 * Losses of Wasserstein GANs (article, items 9, 13, 14 and 15).
 *
 * @module
 */
import type { LayersModel, Scalar, Tensor } from "@tensorflow/tfjs";
import { complaint, complaintOf, readFlag, readInteger, readNonNegative, readOptions } from "../engine/validate.js";
import { ShapeError, TypeMismatchError } from "../index.js";
import { withSecondDerivatives } from "./gradients.js";
import type { Critic, Gan, GradientPenaltyOptions, TensorFlow } from "./types.js";
import { oneIfZero } from "./untaped.js";

/** Makes the losses for a TensorFlow.js. */
export function makeGan(tf: TensorFlow): Gan {
  return {
    wassersteinLoss: (labels, scores) => {
      checkSame(tf, { labels, scores }, 1, "scores");
      return tf.tidy(() => tf.mean(tf.mul(labels, scores), -1));
    },
    gradientPenalty: (critic, real, fake, options) => gradientPenalty(tf, critic, real, fake, options),
  };
}

function gradientPenalty(
  tf: TensorFlow,
  critic: Critic,
  real: Tensor,
  fake: Tensor,
  options: GradientPenaltyOptions | undefined,
): Scalar {
  const given = readOptions<GradientPenaltyOptions>(options, ["lambda", "oneSided", "seed"]);
  const lambda = readNonNegative("options.lambda", given.lambda, 10);
  const oneSided = readFlag("options.oneSided", given.oneSided, false);
  const seed = given.seed === undefined ? undefined : readInteger("options.seed", given.seed, 0, 0, 2 ** 31 - 2);
  const evaluate = readCritic(tf, critic);
  checkSame(tf, { real, fake }, 2, "samples");
  return tf.tidy(() => {
    // One number for each sample, not for each of its entries: x̂ is on the line from one sample to the other.
    const places = [real.shape[0] ?? 1, ...real.shape.slice(1).fill(1)];
    const share = tf.randomUniform(places, 0, 1, "float32", seed === undefined ? undefined : seed + 1);
    const between = tf.add(tf.mul(share, real), tf.mul(tf.sub(1, share), fake));
    const gradient = withSecondDerivatives(tf, () =>
      tf.grad((x: Tensor) => {
        const scores = evaluate(x);
        return tf.sum(scores);
      })(between),
    );
    const squares = tf.sum(tf.square(tf.reshape(gradient, [real.shape[0] ?? 1, -1])), 1);
    const zero = oneIfZero(tf, squares);
    const excess = tf.sub(tf.sub(tf.sqrt(tf.add(squares, zero)), zero), 1);
    return tf.mul(tf.mean(tf.square(oneSided ? tf.relu(excess) : excess)), lambda).asScalar();
  });
}

/** The critic as a function of a batch, as it is in training. */
function readCritic(tf: TensorFlow, critic: unknown): (x: Tensor) => Tensor {
  if (typeof critic === "function") {
    return critic as (x: Tensor) => Tensor;
  }
  if (!(critic instanceof tf.LayersModel)) {
    throw new TypeMismatchError(complaint("critic", "a model of layers or a function of a batch", critic));
  }
  const { inputs, outputs } = critic as LayersModel;
  if (inputs.length !== 1 || outputs.length !== 1) {
    const got = `${inputs.length} and ${outputs.length}`;
    throw new TypeMismatchError(complaintOf("critic", "a model of one input and one output", got));
  }
  return (x) => (critic as LayersModel).apply(x, { training: true }) as Tensor;
}

/** Refuses what is no tensor, has too few dimensions, or not the shape of the first. */
function checkSame(tf: TensorFlow, tensors: Readonly<Record<string, Tensor>>, rank: number, what: string): void {
  const [first = ""] = Object.keys(tensors);
  const shape = tensors[first]?.shape;
  for (const [title, tensor] of Object.entries(tensors)) {
    if (!(tensor instanceof tf.Tensor)) {
      throw new TypeMismatchError(complaint(title, "a tensor", tensor));
    }
    if (tensor.rank < rank || `${tensor.shape}` !== `${shape}`) {
      const expected = tensor.rank < rank ? `a batch of ${what}` : `the shape [${shape}] of ${first}`;
      throw new ShapeError(complaintOf(title, expected, `[${tensor.shape}]`));
    }
  }
}
