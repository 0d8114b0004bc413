// @ts-check
/**
 * What may be chosen of a run, and its check.
 *
 * @module
 */
import { methods } from "./methods.mjs";

/**
 * What may be chosen; the defaults are WGAN-GP's for its toys but for smaller networks.
 *
 * @typedef {object} Settings
 * @property {string} method A key of `methods`.
 * @property {import("./data.mjs").Distribution} data
 * @property {number} [seed] Of everything random. Default 0.
 * @property {number} [batch] Samples a step. Default 128.
 * @property {number} [hidden] Width of the hidden layers of both networks. Default 64.
 * @property {number} [depth] How many hidden layers. Default 2.
 * @property {number} [noise] Inputs of the generator. Default 2.
 * @property {number} [criticSteps] Steps of the critic for each of the generator. Default 5.
 * @property {number} [rate] Adam's learning rate. Default 1e-3.
 * @property {number} [lambda] Weight of a gradient penalty, where the method has one. Default 10.
 * @property {number} [beta1] Default 0.5.
 * @property {number} [beta2] Default 0.9.
 */

/** What is taken where nothing is said. */
export const DEFAULTS = {
  seed: 0,
  batch: 128,
  hidden: 64,
  depth: 2,
  noise: 2,
  criticSteps: 5,
  rate: 1e-3,
  lambda: 10,
  beta1: 0.5,
  beta2: 0.9,
};

/**
 * The settings, complete; throws for an unknown key or method.
 *
 * @param {Settings} given
 * @returns {Required<Settings>}
 */
export function readSettings(given) {
  const known = ["method", "data", ...Object.keys(DEFAULTS)];
  const stray = Object.keys(given).find((key) => !known.includes(key));
  if (stray !== undefined)
    throw new Error(`settings has the unknown key "${stray}"; the known ones are ${known.join(", ")}`);
  if (methods[given.method] === undefined) {
    throw new Error(`settings.method expected one of ${Object.keys(methods).join(", ")}, got "${given.method}"`);
  }
  return { ...DEFAULTS, ...given };
}
