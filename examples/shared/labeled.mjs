// @ts-check
/**
 * The digits with their labels: parts, batches, and how well a model tells them apart.
 *
 * @module
 */
import { nn, numpy as np, tree } from "@jax-js/jax";
import { criticize } from "./mlp.mjs";
import { seeded } from "./random.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */

/** Images in each part of the digits. */
export const PARTS = { train: 1000, validation: 297, test: 500 };

const PIXELS = 64;
const CLASSES = 10;

/**
 * The digits in another order for each seed, in three parts.
 *
 * @param {ReturnType<typeof import("./data.mjs").readDigits>} digits
 * @param {number} seed
 */
export function split({ count, labels, images }, seed) {
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
  const x = new Float32Array(PIXELS * chosen.length);
  for (const [place, index] of chosen.entries()) {
    x.set(images.subarray(PIXELS * index, PIXELS * index + PIXELS), PIXELS * place);
  }
  return { x, y: Uint8Array.from(chosen, (index) => labels[index] ?? 0) };
}

/** Images, one after the other, and their labels. @typedef {ReturnType<typeof gather>} Part */

/** Images by pixels, and labels one-hot. @param {Part} part @returns {[Tensor, Tensor]} */
export function arraysOf({ x, y }) {
  const hot = new Float32Array(CLASSES * y.length);
  for (const [index, label] of y.entries()) hot[CLASSES * index + label] = 1;
  return [np.array(x.slice(), { shape: [y.length, PIXELS] }), np.array(hot, { shape: [y.length, CLASSES] })];
}

/**
 * Images drawn with replacement.
 *
 * @param {Part} part
 * @param {number} size
 * @param {import("./random.mjs").Source} source
 */
export function batchOf({ x, y }, size, source) {
  const chosen = Array.from({ length: size }, () => source.below(y.length));
  return arraysOf(gather(chosen, y, x));
}

/**
 * The cross-entropy of each sample.
 *
 * @param {Parameters} params Used up.
 * @param {Tensor} x Samples by inputs; used up.
 * @param {Tensor} labels One-hot, samples by classes; used up.
 * @returns {Tensor}
 */
export function crossEntropy(params, x, labels) {
  return nn.logSoftmax(criticize(params, x)).mul(labels).sum(1).neg();
}

/**
 * By how much one class of ten leads the best of the others; negative where another leads.
 *
 * @param {readonly number[]} scores
 * @param {number} label
 */
export function marginOf(scores, label) {
  const right = scores[label] ?? Number.NaN;
  return right - Math.max(...scores.filter((_, other) => other !== label));
}

/**
 * By how much the right answer leads, by sample; negative where another leads.
 *
 * @param {Parameters} params Stays the caller's.
 * @param {Tensor} x Used up.
 * @param {Uint8Array} labels
 */
export async function marginsOf(params, x, labels) {
  const logits = /** @type {Float32Array} */ (await criticize(tree.ref(params), x).data());
  return Array.from(labels, (label, index) =>
    marginOf([...logits.subarray(CLASSES * index, CLASSES * index + CLASSES)], label),
  );
}

/** The share of the samples whose right answer leads. @param {readonly number[]} margins */
export const accuracy = (margins) => margins.filter((margin) => margin > 0).length / margins.length;
