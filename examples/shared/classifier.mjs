// @ts-check
/**
 * A classifier of the digits in training, by one regularizer or none. Nothing of Node and nothing of a page, so that it runs in
 * both and in workers.
 *
 * @module
 */
import { jit, tree, valueAndGrad } from "@jax-js/jax";
import {
  checkFinite,
  frobeniusPenalty,
  gradientPenalty,
  normalizeTree,
  spectralPenalty,
  stateTree,
  updateTree,
} from "spectral-norm/jax";
import { batchOf, crossEntropy } from "./labeled.mjs";
import { adam, adamState, perceptron } from "./mlp.mjs";
import { seeded } from "./random.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").AdamState} AdamState */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */
/** @typedef {import("./methods.mjs").StateTree} StateTree */

const WIDTHS = [64, 64, 64, 10];
const BATCH = 100;

/** What a loss has beyond the cross-entropy. Arguments are used up. @type {Record<string, (lambda: number) => (p: Parameters, s: StateTree, x: Tensor, y: Tensor) => Tensor>} */
const PENALTIES = {
  frobenius: (lambda) => (p, s, x, y) => only(frobeniusPenalty(p, { lambda }), [s, x, y]),
  spectral: (lambda) => (p, s, x, y) => only(spectralPenalty(p, s, { lambda }), [x, y]),
  // Of the loss, and to zero: the double backpropagation of Drucker and LeCun (1992), item 15.
  gradient: (lambda) => (p, s, x, y) => {
    const scores = (/** @type {Parameters} */ q, /** @type {Tensor} */ points) => crossEntropy(q, points, y.ref);
    return only(gradientPenalty(scores, p, x, { lambda, target: 0 }), [s, y]);
  },
};

const METHODS = ["none", "normalized", ...Object.keys(PENALTIES)];

/** @type {<T>(value: T, rest: unknown) => T} */
function only(value, rest) {
  tree.dispose(/** @type {never} */ (rest));
  return value;
}

/** One step, compiled. @param {string} method @param {number} lambda */
function compileStep(method, lambda) {
  const penalty = PENALTIES[method]?.(lambda);
  const normalized = method === "normalized";
  return jit(
    /** @type {(p: Parameters, o: AdamState, s: StateTree, x: Tensor, y: Tensor) => [Tensor, Parameters, AdamState, StateTree]} */
    (params, optimizer, before, x, y) => {
      const states = updateTree(tree.ref(params), before);
      const loss = (/** @type {Parameters} */ p) => {
        const model = normalized ? normalizeTree(tree.ref(p), tree.ref(states)) : tree.ref(p);
        const value = crossEntropy(model, x.ref, y.ref).mean();
        if (penalty !== undefined) return value.add(penalty(p, tree.ref(states), x.ref, y.ref));
        return only(value, p);
      };
      const [value, gradients] = valueAndGrad(loss)(tree.ref(params));
      tree.dispose(/** @type {never} */ ([x, y]));
      return [value, ...adam(params, gradients, optimizer, { rate: 1e-3, beta1: 0.9, beta2: 0.999 }), states];
    },
  );
}

/**
 * A classifier in training.
 *
 * @param {object} settings
 * @param {string} settings.method none, normalized, frobenius, spectral or gradient.
 * @param {number} settings.lambda What a penalty is multiplied by.
 * @param {number} settings.seed Of the weights and the batches.
 * @param {import("./labeled.mjs").Part} settings.train The images that it learns.
 */
export function createClassifier({ method, lambda, seed, train }) {
  if (!METHODS.includes(method)) throw new Error(`method expected one of ${METHODS.join(", ")}, got "${method}"`);
  const source = seeded(seed);
  const step = compileStep(method, lambda);
  let params = perceptron(WIDTHS, source);
  let optimizer = adamState(params);
  let states = stateTree(tree.ref(params));
  let steps = 0;
  return {
    /** Steps so far. */
    get steps() {
      return steps;
    },
    /**
     * Gives the loss before the step. After a loss that is not finite it rejects with the code `NON_FINITE`, and everything is as
     * before.
     */
    async step() {
      const was = [params, optimizer, states];
      const [x, y] = batchOf(train, BATCH, source);
      const [loss, ...is] = step(tree.ref(params), tree.ref(optimizer), tree.ref(states), x, y);
      try {
        await checkFinite(loss, "loss");
      } catch (error) {
        tree.dispose(/** @type {never} */ ([loss, is]));
        throw error;
      }
      tree.dispose(/** @type {never} */ (was));
      [params, optimizer, states] = is;
      steps += 1;
      return loss.item();
    },
    /** The weights as the model computes with them; the caller's to use up. @returns {Parameters} */
    effective: () => (method === "normalized" ? normalizeTree(tree.ref(params), tree.ref(states)) : tree.ref(params)),
    /** Gives the memory back. */
    dispose() {
      tree.dispose(/** @type {never} */ ([params, optimizer, states]));
      step.dispose();
    },
  };
}

/** @typedef {ReturnType<typeof createClassifier>} Classifier */
