/**
 * createSpectralNormalization: its options, and the preset they name.
 *
 * @module
 */
import { OptionError, ShapeError } from "../engine/errors.js";
import { readLayout } from "../engine/layout.js";
import type { Memory } from "../engine/memory.js";
import { mostIterations, readSeed } from "../engine/search.js";
import { complaint, dtypeNames, readChoice, readInteger, readOptions, readPositive } from "../engine/validate.js";
import type { Spectral, SpectralNormalization, SpectralNormalizationOptions } from "../types.js";
import { articlePreset } from "./article.js";
import { createLayer } from "./layer.js";
import { peerPreset } from "./peers.js";

/** Makes the function over one engine's memory. */
export function normalizationOf(memory: Memory): Pick<Spectral, "createSpectralNormalization"> {
  return { createSpectralNormalization: (shape, options) => create(memory, shape, options) };
}

const keys = ["axis", "iterations", "dtype", "preset", "epsilon", "seed"] as const;

function create(
  memory: Memory,
  shape: readonly number[],
  options: SpectralNormalizationOptions | undefined,
): SpectralNormalization {
  const given = readOptions<SpectralNormalizationOptions>(options, keys);
  const dtype = readChoice("options.dtype", given.dtype, dtypeNames) === "float32" ? 0 : 1;
  const name = readChoice("options.preset", given.preset, ["article", "torch", "keras", "flax"]);
  const isArticle = name === "article";
  // Keras and Flax reshape to (-1, last), whatever the layer.
  const takesLast = name === "keras" || name === "flax";
  const axis = given.axis === undefined && !isArticle ? (takesLast ? -1 : 0) : given.axis;
  const layout = readLayout({ shape: "shape", axis: "options.axis" }, shape, axis, dtype);
  const iterations = readInteger("options.iterations", given.iterations, isArticle ? 5 : 1, 1, mostIterations);
  const seed = readSeed(given.seed);
  if (isArticle) {
    if (given.epsilon !== undefined) {
      throw new OptionError(complaint("options.epsilon", 'nothing with preset "article"', given.epsilon));
    }
    return createLayer(memory, layout, dtype, articlePreset(iterations, seed));
  }
  if (takesLast && layout.axis !== layout.shape.length - 1) {
    throw new ShapeError(complaint("options.axis", `the last axis, which preset "${name}" always takes`, given.axis));
  }
  const fallback = name === "keras" ? 1e-7 : 1e-12;
  const epsilon = readPositive("options.epsilon", given.epsilon === undefined ? fallback : given.epsilon, 1);
  const flipped = name === "torch" && layout.axis > 0 && !layout.permuted;
  const peer = { name, iterations, epsilon, seed, flipped };
  return createLayer(memory, layout, dtype, peerPreset(peer), peer);
}
