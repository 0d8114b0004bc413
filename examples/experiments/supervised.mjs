// @ts-check
/**
 * A classifier of the digits, by one regularizer or none, and how it stands perturbations of its inputs.
 *
 * @module
 */
import { tree } from "@jax-js/jax";
import { attack } from "../shared/attack.mjs";
import { certifiedBound, certifiedRadius } from "../shared/certificate.mjs";
import { createClassifier } from "../shared/classifier.mjs";
import { accuracy, arraysOf, marginsOf, split } from "../shared/labeled.mjs";
import { normals, seeded } from "../shared/random.mjs";
import { processorTime } from "./clock.mjs";
import { digits } from "./data.mjs";

/** @typedef {import("../shared/mlp.mjs").Parameters} Parameters */
/** @typedef {import("../shared/labeled.mjs").Part} Part */

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
  const radii = clean.map((margin) => certifiedRadius(margin, upper)).sort((a, b) => a - b);
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

/**
 * @param {import("./plan.mjs").Run} run `method`: none, normalized, frobenius, spectral or gradient, with `options.lambda`.
 * @returns {Promise<Scores>} Rejects with the code `NON_FINITE` after a loss that is NaN or infinite.
 */
export async function trainClassifier({ method, seed, steps, options }) {
  const parts = split(digits(), seed);
  const classifier = createClassifier({ method, lambda: options["lambda"] ?? 0, seed, train: parts.train });
  let start = 0;
  for (let count = 0; count < steps; count += 1) {
    // The first step compiles.
    if (count === 1) start = processorTime();
    await classifier.step();
  }
  const milliseconds = (processorTime() - start) / Math.max(1, steps - 1);
  const model = classifier.effective();
  classifier.dispose();
  return { ...(await score(model, parts, seed)), milliseconds };
}
