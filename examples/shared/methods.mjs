// @ts-check
/**
 * The constraints of the article, each as a method that a training step calls.
 *
 * @module
 */
import { numpy as np, tree } from "@jax-js/jax";
import {
  exactTree,
  frobeniusClip,
  frobeniusPenalty,
  gradientPenalty,
  normalizeTree,
  powerIteration,
  spectralConstraint,
  stateTree,
  updateTree,
  weightClip,
} from "spectral-norm/jax";
import { criticize } from "./mlp.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */
/** @typedef {import("spectral-norm/jax").StateTree} StateTree */

/**
 * What a method does. Functions use their arguments up; without one nothing is done. All but `between` are compiled.
 *
 * @typedef {object} Method
 * @property {string} title For people.
 * @property {string} items The items of the article's list.
 * @property {(params: Parameters) => StateTree} [begin] The states before the first step.
 * @property {(params: Parameters, states: StateTree) => Promise<StateTree>} [between] States from the values, before a step.
 * @property {(params: Parameters, states: StateTree) => StateTree} [advance] States at the beginning of a step.
 * @property {(params: Parameters, states: StateTree) => Parameters} [effective] What the critic computes with.
 * @property {(params: Parameters, points: Tensor, lambda?: number) => Tensor} [penalty] What is added to the loss; `lambda` is the
 *   weight of a gradient penalty, 10 unless it is said.
 * @property {(params: Parameters, states: StateTree) => [Parameters, StateTree]} [constrain] After the optimizer's update.
 */

/** Uses states up that are not asked for. @type {<T>(value: T, states: StateTree) => T} */
const without = (value, states) => {
  tree.dispose(states);
  return value;
};

/** Uses points up. @type {(value: Tensor, points: Tensor) => Tensor} */
const ignoring = (value, points) => {
  points.dispose();
  return value;
};

/** W/σ with the article's σ, five steps from all ones, through which the gradient flows. @param {Parameters} params */
const normalizedAsInTheArticle = ({ layers }) => ({
  layers: layers.map(({ kernel, bias }) => {
    const sigma = powerIteration(kernel.ref);
    // The article divides 0 by 0 for a kernel of zeros.
    return { kernel: kernel.div(np.where(sigma.ref.equal(0), 1, sigma)), bias };
  }),
});

/** @type {Record<string, Method>} */
export const methods = {
  none: { title: "no constraint", items: "9" },
  weightClipping: {
    title: "weight clipping",
    items: "10",
    constrain: (params, states) => [weightClip(params, 0.1), states],
  },
  frobeniusClipping: {
    title: "Frobenius clipping",
    items: "11",
    constrain: (params, states) => [frobeniusClip(params, 2), states],
  },
  frobeniusPenalty: {
    title: "Frobenius penalty above a threshold",
    items: "12",
    penalty: (params, points) => ignoring(frobeniusPenalty(params, { lambda: 1, above: 2 }), points),
  },
  gradientPenalty: {
    title: "gradient penalty",
    items: "13",
    penalty: (params, points, lambda = 10) => gradientPenalty(criticize, params, points, { lambda }),
  },
  oneSidedPenalty: {
    title: "one-sided gradient penalty",
    items: "14",
    penalty: (params, points, lambda = 10) => gradientPenalty(criticize, params, points, { lambda, oneSided: true }),
  },
  spectralArticle: {
    title: "spectral normalization, 5 steps from all ones",
    items: "7, 20",
    effective: (params, states) => without(normalizedAsInTheArticle(params), states),
  },
  spectralTorch: {
    title: "spectral normalization, 1 persistent step",
    items: "16, 20",
    begin: (params) => stateTree(params, { preset: "torch" }),
    advance: (params, states) => updateTree(params, states, { preset: "torch" }),
    effective: (params, states) => normalizeTree(params, states),
  },
  spectralConstraint: {
    title: "spectral normalization after the update",
    items: "19",
    begin: (params) => stateTree(params),
    constrain: (params, states) => spectralConstraint(params, states),
  },
  spectralCertified: {
    title: "spectral normalization by the certified bound",
    items: "20",
    begin: (params) => stateTree(params),
    between: async (params, states) => without(await exactTree(params, { by: "upper" }), states),
    effective: (params, states) => normalizeTree(params, states, { by: "state" }),
  },
};
