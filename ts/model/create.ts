/**
 * Makes the normalization of a model.
 *
 * @module
 */
import { describe } from "../engine/describe.js";
import { TypeMismatchError } from "../engine/errors.js";
import { load } from "../index.js";
import type { SpectralNormalizationOptions } from "../types.js";
import { Layer } from "./layer.js";
import { together } from "./normalization.js";
import { titled } from "./titled.js";
import type { ModelNormalization, ModelNormalizationOptions, ModelWeight } from "./types.js";

/**
 * Spectral normalization of all weights of a model: a step of training is one call forward and one back, of which nothing is done
 * unless all is.
 *
 * @param weights The shapes of the weights by name, as checkpoints call them, or options of `createSpectralNormalization` with a `shape`.
 * @param options Those of weights that do not say otherwise.
 * @throws {SpectralNormError} As `createSpectralNormalization`, the message beginning with the name; `TYPE`; `LOAD`.
 * @example (await createModelNormalization({ "fc.weight": [1, 2] })).names // ["fc.weight"]
 */
export async function createModelNormalization<const W extends Readonly<Record<string, ModelWeight>>>(
  weights: W,
  options: ModelNormalizationOptions = {},
): Promise<ModelNormalization<keyof W & string>> {
  if (typeof weights !== "object" || weights === null || Array.isArray(weights)) {
    throw new TypeMismatchError(`"weights" expected an object of shapes by name, got ${describe(weights)}`);
  }
  const { engine = await load(), ...usual } = options;
  const layers = new Map<string, Layer>();
  try {
    for (const [name, weight] of Object.entries(weights)) {
      const { shape, ...own } = described(weight);
      layers.set(
        name,
        titled(name, () => new Layer(engine, name, shape, { ...usual, ...own })),
      );
    }
  } catch (thrown) {
    for (const layer of layers.values()) layer.free();
    throw thrown;
  }
  return together(layers) as ModelNormalization<keyof W & string>;
}

function described(weight: ModelWeight): SpectralNormalizationOptions & { readonly shape: readonly number[] } {
  // What is no object is judged where the shape is.
  if (typeof weight !== "object" || weight === null || !("shape" in weight))
    return { shape: weight as readonly number[] };
  return weight;
}
