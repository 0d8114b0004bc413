// @ts-check
/**
 * A certified Lipschitz constant of a perceptron, for all of its outputs together, and what it promises.
 *
 * @module
 */
import { lipschitzBound } from "spectral-norm";
import { NEGATIVE_SLOPE } from "./mlp.mjs";

/**
 * @param {import("./mlp.mjs").Parameters} params Used up.
 * @returns {Promise<number>}
 */
export async function certifiedBound({ layers }) {
  const network = [];
  for (const [index, { kernel, bias }] of layers.entries()) {
    bias.dispose();
    if (index > 0) network.push(/** @type {const} */ ({ type: "leakyRelu", slope: NEGATIVE_SLOPE }));
    const { shape } = kernel;
    const data = /** @type {Float32Array<ArrayBuffer>} */ (await kernel.data());
    network.push(/** @type {const} */ ({ type: "dense", data, shape }));
  }
  return (await lipschitzBound(network)).upper;
}

/**
 * No change of the input shorter than this, in L2, lets another answer lead (Tsuzuku et al. 2018): two scores differ by at most √2
 * times what all of them move together. 0 where another leads already.
 *
 * @param {number} margin By how much the answer leads.
 * @param {number} upper A Lipschitz constant of all scores together.
 */
export const certifiedRadius = (margin, upper) => Math.max(0, margin) / (Math.SQRT2 * upper);
