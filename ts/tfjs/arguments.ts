/**
 * Reads what a wrapper is made of.
 *
 * @module
 */
import { complaint, readChoice, readInteger, readOptions, readPositive } from "../engine/validate.js";
import { OptionError, TypeMismatchError } from "../index.js";
import type { Scheme } from "./iteration.js";
import { kindOf } from "./readings.js";
import type { SpectralNormalizationArgs as Args, TensorFlow, TfjsPreset } from "./types.js";

const own = ["layer", "powerIterations", "preset", "epsilon", "axis", "seed"];
const inherited = ["name", "trainable", "dtype", "inputShape", "batchInputShape", "batchSize", "inputDType", "weights"];

/** The names of all arguments. */
export const argumentNames: readonly string[] = [...own, ...inherited];

/** The preset with its numbers. */
export function readScheme(args: Args): Scheme {
  const preset = readChoice("args.preset", args.preset, ["torch", "article", "keras"]);
  const usual = preset === "article" ? 5 : 1;
  return {
    preset,
    iterations: readInteger("args.powerIterations", args.powerIterations, usual, 1, 2 ** 31 - 1),
    epsilon: readEpsilon(preset, args.epsilon),
    seed: readInteger("args.seed", args.seed, 0, 0, 2 ** 31 - 2),
  };
}

function readEpsilon(preset: TfjsPreset, epsilon: number | undefined): number | undefined {
  if (preset === "article") {
    if (epsilon !== undefined) {
      throw new OptionError(complaint("args.epsilon", 'nothing with preset "article"', epsilon));
    }
    return undefined;
  }
  return readPositive("args.epsilon", epsilon ?? (preset === "torch" ? 1e-12 : 1e-7), 0);
}

/** The arguments, all of them known, with a layer that can be normalized. */
export function checkArgs(tf: TensorFlow, args: unknown): Args {
  const read = readOptions<Args>(args ?? {}, argumentNames);
  if (!(read.layer instanceof tf.layers.Layer)) {
    throw new TypeMismatchError(
      '"args.layer" expected a layer of this TensorFlow.js, e.g. tf.layers.dense({ units: 1 })',
    );
  }
  kindOf(read.layer);
  return { ...read, layer: read.layer };
}
