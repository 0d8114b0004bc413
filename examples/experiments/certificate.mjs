// @ts-check
/**
 * A certified Lipschitz constant of a perceptron, for all of its outputs together.
 *
 * @module
 */
import { lipschitzBound } from "spectral-norm";
import { NEGATIVE_SLOPE } from "../shared/mlp.mjs";

/**
 * @param {import("../shared/mlp.mjs").Parameters} params Used up.
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
