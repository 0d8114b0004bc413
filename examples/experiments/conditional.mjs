// @ts-check
/**
 * A WGAN whose generator and critic are told the class: both get it one-hot beside their input.
 *
 * The core of examples/shared knows no classes; what a step does is the same as there.
 *
 * @module
 */
import { grad, jit, numpy as np, random, tree, valueAndGrad } from "@jax-js/jax";
import { checkFinite, gradientPenalty, interpolate, wassersteinLoss } from "spectral-norm/jax";
import { certifiedBound } from "../shared/certificate.mjs";
import { methods } from "../shared/methods.mjs";
import { slicedWasserstein } from "../shared/metrics.mjs";
import { adam, adamState, criticize, generate, perceptron } from "../shared/mlp.mjs";
import { normals, seeded } from "../shared/random.mjs";
import { digits } from "./data.mjs";
import { follow } from "./follow.mjs";

/** @typedef {import("../shared/mlp.mjs").Parameters} Parameters */
/** @typedef {import("../shared/mlp.mjs").AdamState} AdamState */
/** @typedef {import("../shared/mlp.mjs").Tensor} Tensor */
/** @typedef {import("../shared/methods.mjs").StateTree} StateTree */
/** @typedef {import("../shared/random.mjs").Source} Source */
/** @typedef {{ params: Parameters, optimizer: AdamState }} Player */

/**
 * One measurement: `distance` the mean over classes of the sliced Wasserstein distance within each; `lower` the critic's
 * steepest slope with respect to the image between real and generated images of one class, where a gradient penalty looks;
 * `across` the same between real images of different classes, where it does not; `upper` certified.
 *
 * @typedef {{ distance: number, lower: number, across: number, upper: number }} Measured
 */

const [BATCH, HIDDEN, NOISE, PIXELS, CRITIC_STEPS] = [128, 64, 16, 64, 5];
const ADAM = { rate: 1e-3, beta1: 0.5, beta2: 0.9 };
const PENALTIES = ["gradientPenalty", "oneSidedPenalty"];

const beside = (/** @type {Tensor} */ x, /** @type {Tensor} */ labels) => np.concatenate([x, labels], 1);

/** @type {<T>(value: T, rest: unknown) => T} */
function only(value, rest) {
  tree.dispose(/** @type {never} */ (rest));
  return value;
}

/** The compiled parts. @param {string} name */
function compile(name) {
  const method = /** @type {import("../shared/methods.mjs").Method} */ (methods[name]);
  const oneSided = name === "oneSidedPenalty";
  /** @type {(p: Parameters, s: StateTree) => Parameters} */
  const effective = (p, s) => method.effective?.(p, s) ?? only(p, s);
  const criticStep = jit(
    /** @type {(p: Parameters, o: AdamState, s: StateTree, real: Tensor, fake: Tensor, labels: Tensor, key: Tensor) => [Tensor, Parameters, AdamState, StateTree]} */
    (params, optimizer, before, real, fake, labels, key) => {
      const states = method.advance?.(tree.ref(params), before) ?? before;
      const points = interpolate(key, real.ref, fake.ref);
      const loss = (/** @type {Parameters} */ p) => {
        const critic = effective(tree.ref(p), tree.ref(states));
        const scores = criticize(tree.ref(critic), beside(real.ref, labels.ref));
        const value = wassersteinLoss(scores, criticize(critic, beside(fake.ref, labels.ref)));
        if (!PENALTIES.includes(name)) return only(value, p);
        // With respect to the image alone: real and generated have the same class.
        const judge = (/** @type {Parameters} */ q, /** @type {Tensor} */ x) => criticize(q, beside(x, labels.ref));
        return value.add(gradientPenalty(judge, p, points.ref, { lambda: 10, oneSided }));
      };
      const [value, gradients] = valueAndGrad(loss)(tree.ref(params));
      tree.dispose(/** @type {never} */ ([real, fake, labels, points]));
      const [updated, next] = adam(params, gradients, optimizer, ADAM);
      const [constrained, after] = method.constrain?.(updated, states) ?? [updated, states];
      return [value, constrained, next, after];
    },
  );
  const generatorStep = jit(
    /** @type {(g: Parameters, o: AdamState, p: Parameters, s: StateTree, noise: Tensor, labels: Tensor) => [Tensor, Parameters, AdamState]} */
    (params, optimizer, critic, states, noise, labels) => {
      const judge = effective(critic, states);
      const loss = (/** @type {Parameters} */ p) => {
        const fake = generate(p, beside(noise.ref, labels.ref));
        return criticize(tree.ref(judge), beside(fake, labels.ref)).mean().neg();
      };
      const [value, gradients] = valueAndGrad(loss)(tree.ref(params));
      tree.dispose(/** @type {never} */ ([judge, noise, labels]));
      return [value, ...adam(params, gradients, optimizer, ADAM)];
    },
  );
  const slopes = jit((/** @type {Parameters} */ p, /** @type {Tensor} */ x, /** @type {Tensor} */ labels) => {
    const slope = grad((/** @type {Tensor} */ points) => criticize(p, beside(points, labels)).sum())(x);
    return np.sqrt(np.square(slope).sum(1)).max();
  });
  const sample = jit((/** @type {Parameters} */ p, /** @type {Tensor} */ noise, /** @type {Tensor} */ labels) =>
    generate(p, beside(noise, labels)),
  );
  return { criticStep, generatorStep, slopes, sample, effective: jit(effective) };
}

/** The images of each of the first classes. @param {number} classes */
function imagesByClass(classes) {
  const { labels, images } = digits();
  const found = Array.from({ length: classes }, () => /** @type {Float32Array[]} */ ([]));
  for (const [index, label] of labels.entries())
    found[label]?.push(images.subarray(PIXELS * index, PIXELS * (index + 1)));
  return found;
}

/** @param {readonly number[]} labels @param {number} classes */
function oneHot(labels, classes) {
  const hot = new Float32Array(classes * labels.length);
  for (const [index, label] of labels.entries()) hot[classes * index + label] = 1;
  return np.array(hot, { shape: [labels.length, classes] });
}

/** @param {readonly Float32Array[]} rows */
function stack(rows) {
  const data = new Float32Array(PIXELS * rows.length);
  for (const [index, row] of rows.entries()) data.set(row, PIXELS * index);
  return np.array(data, { shape: [rows.length, PIXELS] });
}

/** One image of each label asked for. @param {readonly Float32Array[][]} groups @param {readonly number[]} labels @param {Source} source */
function pick(groups, labels, source) {
  return labels.map((label) => {
    const group = groups[label] ?? [];
    return group[source.below(group.length)] ?? new Float32Array(PIXELS);
  });
}

/**
 * A conditional WGAN in training.
 *
 * @param {{ method: string, seed: number, classes: number }} settings
 */
function createConditional({ method: name, seed, classes }) {
  if (!Number.isInteger(classes) || classes < 2 || classes > 10) {
    throw new Error(`options.classes expected an integer from 2 to 10, got ${classes}`);
  }
  const method = methods[name];
  if (method === undefined || (method.penalty !== undefined && !PENALTIES.includes(name))) {
    throw new Error(`method expected a gradient penalty or a constraint on the weights, got "${name}"`);
  }
  const source = seeded(seed);
  const groups = imagesByClass(classes);
  const compiled = compile(name);
  /** @type {(widths: number[]) => Player} */
  const player = (widths) => {
    const params = perceptron(widths, source);
    return { params, optimizer: adamState(params) };
  };
  let generator = player([NOISE + classes, HIDDEN, HIDDEN, PIXELS]);
  let critic = player([PIXELS + classes, HIDDEN, HIDDEN, 1]);
  let states = method.begin?.(tree.ref(critic.params)) ?? {};
  const draw = (/** @type {number} */ count, from = source) => Array.from({ length: count }, () => from.below(classes));
  const noise = (/** @type {number} */ count, from = source) =>
    np.array(normals(from, count * NOISE), { shape: [count, NOISE] });
  const imagine = (/** @type {readonly number[]} */ labels, from = source) =>
    compiled.sample(tree.ref(generator.params), noise(labels.length, from), oneHot(labels, classes));

  const stepCritic = async () => {
    if (method.between !== undefined) states = await method.between(tree.ref(critic.params), states);
    const labels = draw(BATCH);
    const real = stack(pick(groups, labels, source));
    const key = random.key(source.below(2 ** 31));
    const [loss, params, optimizer, next] = compiled.criticStep(
      critic.params,
      critic.optimizer,
      states,
      real,
      imagine(labels),
      oneHot(labels, classes),
      key,
    );
    [critic, states] = [{ params, optimizer }, next];
    await checkFinite(loss.ref, "loss");
    loss.dispose();
  };

  const stepGenerator = async () => {
    const hot = oneHot(draw(BATCH), classes);
    const judge = tree.ref(critic.params);
    const { params: before, optimizer: past } = generator;
    const [loss, params, optimizer] = compiled.generatorStep(before, past, judge, tree.ref(states), noise(BATCH), hot);
    generator = { params, optimizer };
    await loss.data();
  };

  const steepest = async (/** @type {Tensor} */ x, /** @type {readonly number[]} */ labels) => {
    const params = compiled.effective(tree.ref(critic.params), tree.ref(states));
    const [slope = Number.NaN] = await compiled.slopes(params, x, oneHot(labels, classes)).data();
    return slope;
  };

  return {
    async step() {
      for (let count = 0; count < CRITIC_STEPS; count += 1) await stepCritic();
      await stepGenerator();
    },
    async measure() {
      const from = seeded(seed + 5_000_003);
      const distances = [];
      for (const [label, group] of groups.entries()) {
        const fake = await imagine(
          group.map(() => label),
          from,
        ).data();
        const real = Float32Array.from(group.flatMap((image) => [...image]));
        distances.push(slicedWasserstein(real, new Float32Array(fake), PIXELS));
      }
      const labels = draw(512, from);
      const others = labels.map((label) => (label + 1 + from.below(classes - 1)) % classes);
      const real = pick(groups, labels, from);
      const distant = stack(pick(groups, others, from));
      const lower = await steepest(imagine(labels, from).add(stack(real)).div(2), labels);
      const across = await steepest(distant.add(stack(real)).div(2), labels);
      const upper = await certifiedBound(compiled.effective(tree.ref(critic.params), tree.ref(states)));
      return { distance: distances.reduce((sum, x) => sum + x, 0) / classes, lower, across, upper };
    },
    dispose() {
      tree.dispose(/** @type {never} */ ([generator, critic, states]));
      for (const part of Object.values(compiled)) part.dispose();
    },
  };
}

/**
 * @param {import("./plan.mjs").Run} run
 * @returns {Promise<import("./follow.mjs").Curve<Measured>>}
 */
export async function trainConditional({ method, seed, steps, every, options }) {
  const trainer = createConditional({ method, seed, classes: options["classes"] ?? 10 });
  return follow(trainer, steps, every);
}
