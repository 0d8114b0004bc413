// @ts-check
/**
 * A classifier of the digits, by one regularizer or none, and how it stands perturbations of its inputs.
 *
 * @module
 */
import { jit, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import {
  frobeniusPenalty,
  gradientPenalty,
  normalizeTree,
  spectralPenalty,
  stateTree,
  updateTree,
} from "spectral-norm/jax";
import { adam, adamState, criticize, perceptron } from "../shared/mlp.mjs";
import { normals, seeded } from "../shared/random.mjs";
import { attack, crossEntropy } from "./attack.mjs";
import { certifiedBound } from "./certificate.mjs";
import { processorTime } from "./clock.mjs";
import { digits } from "./data.mjs";

/** @typedef {import("../shared/mlp.mjs").Parameters} Parameters */
/** @typedef {import("../shared/mlp.mjs").Tensor} Tensor */
/** @typedef {import("../shared/methods.mjs").StateTree} StateTree */

/**
 * Shares from 0 to 1, on the test part but where the name says otherwise; `gap` is the accuracy in training minus that in test,
 * `radius` the median over the test part of the certified L2 radius, 0 where the answer is wrong, `upper` the certified
 * Lipschitz constant, `milliseconds` of the processor a step.
 *
 * @typedef {{ train: number, clean: number, gap: number, gaussian: number, attacked: number, validation: number,
 *   validationAttacked: number, radius: number, upper: number, milliseconds: number }} Scores
 */

/** The deviation of Gaussian noise and the L2 radius of the attack; pixels go from −1 to 1. */
export const PERTURBATION = { deviation: 0.5, radius: 1, steps: 20 };

const BATCH = 100;
const PARTS = { train: 1000, validation: 297, test: 500 };

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

/** @type {<T>(value: T, rest: unknown) => T} */
function only(value, rest) {
  tree.dispose(/** @type {never} */ (rest));
  return value;
}

/** The digits in another order for each seed, in three parts. @param {number} seed */
function split(seed) {
  const { count, labels, images } = digits();
  const source = seeded(seed + 3_000_003);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = source.below(index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  let from = 0;
  const part = (/** @type {number} */ size) => {
    const chosen = order.slice(from, from + size);
    from += size;
    return gather(chosen, labels, images);
  };
  return { train: part(PARTS.train), validation: part(PARTS.validation), test: part(PARTS.test) };
}

/** @param {readonly number[]} chosen @param {Uint8Array} labels @param {Float32Array} images */
function gather(chosen, labels, images) {
  const x = new Float32Array(64 * chosen.length);
  for (const [place, index] of chosen.entries()) x.set(images.subarray(64 * index, 64 * index + 64), 64 * place);
  return { x, y: Uint8Array.from(chosen, (index) => labels[index] ?? 0) };
}

/** @typedef {ReturnType<typeof gather>} Part */

/** @param {Part} part @returns {[Tensor, Tensor]} */
function arraysOf({ x, y }) {
  const hot = new Float32Array(10 * y.length);
  for (const [index, label] of y.entries()) hot[10 * index + label] = 1;
  return [np.array(x.slice(), { shape: [y.length, 64] }), np.array(hot, { shape: [y.length, 10] })];
}

/** @param {Part} part @param {import("../shared/random.mjs").Source} source */
function batchOf({ x, y }, source) {
  const chosen = Array.from({ length: BATCH }, () => source.below(y.length));
  return arraysOf(gather(chosen, y, x));
}

/**
 * By how much the right answer leads, by sample; negative where another leads.
 *
 * @param {Parameters} params Stays the caller's.
 * @param {Tensor} x Used up.
 * @param {Uint8Array} labels
 */
async function marginsOf(params, x, labels) {
  const logits = /** @type {Float32Array} */ (await criticize(tree.ref(params), x).data());
  return Array.from(labels, (label, index) => {
    const row = [...logits.subarray(10 * index, 10 * index + 10)];
    const right = row[label] ?? Number.NaN;
    return right - Math.max(...row.filter((_, other) => other !== label));
  });
}

/** @param {readonly number[]} margins */
const accuracy = (margins) => margins.filter((margin) => margin > 0).length / margins.length;

/** @param {Parameters} params Stays the caller's. @param {Part} part */
async function attackedAccuracy(params, part) {
  const [x, y] = arraysOf(part);
  const margins = await marginsOf(params, await attack(params, x, y, PERTURBATION), part.y);
  tree.dispose(/** @type {never} */ ([x, y]));
  return accuracy(margins);
}

/** @param {Parameters} params Used up. @param {ReturnType<typeof split>} parts @param {number} seed */
async function score(params, { train, validation, test }, seed) {
  const margins = (/** @type {Part} */ part) => marginsOf(params, arraysOf(part)[0], part.y);
  const noise = normals(seeded(seed + 4_000_003), test.x.length);
  const noisy = { ...test, x: test.x.map((value, index) => value + PERTURBATION.deviation * (noise[index] ?? 0)) };
  const clean = await margins(test);
  const [trained, attacked] = [accuracy(await margins(train)), await attackedAccuracy(params, test)];
  const gaussian = accuracy(await margins(noisy));
  const [valid, validAttacked] = [accuracy(await margins(validation)), await attackedAccuracy(params, validation)];
  const upper = await certifiedBound(params);
  // Two logits differ by at most √2 times what all of them move together.
  const radii = clean.map((margin) => Math.max(0, margin) / (Math.SQRT2 * upper)).sort((a, b) => a - b);
  return {
    train: trained,
    clean: accuracy(clean),
    gap: trained - accuracy(clean),
    gaussian,
    attacked,
    validation: valid,
    validationAttacked: validAttacked,
    radius: radii[Math.floor(radii.length / 2)] ?? 0,
    upper,
  };
}

/** One step, compiled. @param {string} method @param {number} lambda */
function compileStep(method, lambda) {
  const penalty = PENALTIES[method]?.(lambda);
  const normalized = method === "normalized";
  return jit(
    /** @type {(p: Parameters, o: import("../shared/mlp.mjs").AdamState, s: StateTree, x: Tensor, y: Tensor) => [Tensor, Parameters, import("../shared/mlp.mjs").AdamState, StateTree]} */
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
 * @param {import("./plan.mjs").Run} run `method`: none, normalized or a key of `PENALTIES`, with `options.lambda`.
 * @returns {Promise<Scores>}
 */
export async function trainClassifier({ method, seed, steps, options }) {
  if (!["none", "normalized", ...Object.keys(PENALTIES)].includes(method)) {
    throw new Error(`method expected one of none, normalized, ${Object.keys(PENALTIES).join(", ")}, got "${method}"`);
  }
  const source = seeded(seed);
  const parts = split(seed);
  let params = perceptron([64, 64, 64, 10], source);
  let optimizer = adamState(params);
  let states = stateTree(tree.ref(params));
  const step = compileStep(method, options["lambda"] ?? 0);
  let start = 0;
  for (let count = 0; count < steps; count += 1) {
    // The first step compiles.
    if (count === 1) start = processorTime();
    const [x, y] = batchOf(parts.train, source);
    /** @type {Tensor} */
    let loss;
    [loss, params, optimizer, states] = step(params, optimizer, states, x, y);
    await loss.data();
  }
  const milliseconds = (processorTime() - start) / Math.max(1, steps - 1);
  const model = method === "normalized" ? normalizeTree(params, states) : only(params, states);
  tree.dispose(/** @type {never} */ (optimizer));
  step.dispose();
  return { ...(await score(model, parts, seed)), milliseconds };
}
