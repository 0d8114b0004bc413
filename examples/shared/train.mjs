// @ts-check
/**
 * One WGAN by one method, step by step. Nothing of Node and nothing of a page, so that it runs in both and in workers.
 *
 * @module
 */
import { numpy as np, random, tree } from "@jax-js/jax";
import { lipschitzBound } from "spectral-norm";
import { checkFinite } from "spectral-norm/jax";
import { methods } from "./methods.mjs";
import { modesCovered, slicedWasserstein } from "./metrics.mjs";
import { adamState, NEGATIVE_SLOPE, perceptron } from "./mlp.mjs";
import { normals, seeded } from "./random.mjs";
import { compile } from "./steps.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").AdamState} AdamState */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */
/** @typedef {import("./methods.mjs").StateTree} StateTree */
/** @typedef {{ params: Parameters, optimizer: AdamState }} Player */

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
 * @property {number} [beta1] Default 0.5.
 * @property {number} [beta2] Default 0.9.
 */

/**
 * What a run has come to.
 *
 * @typedef {object} Measurement
 * @property {number} distance Sliced Wasserstein distance of generated from real samples.
 * @property {number} covered Modes covered, where the data has some.
 * @property {number} near The share of samples near a mode.
 * @property {number} lower The critic's Lipschitz constant from below: its steepest slope at samples and between them.
 * @property {number} upper The same from above, certified: the product over its layers.
 */

const DEFAULTS = {
  seed: 0,
  batch: 128,
  hidden: 64,
  depth: 2,
  noise: 2,
  criticSteps: 5,
  rate: 1e-3,
  beta1: 0.5,
  beta2: 0.9,
};

/** @param {Settings} given @returns {Required<Settings>} */
function readSettings(given) {
  const known = ["method", "data", ...Object.keys(DEFAULTS)];
  const stray = Object.keys(given).find((key) => !known.includes(key));
  if (stray !== undefined)
    throw new Error(`settings has the unknown key "${stray}"; the known ones are ${known.join(", ")}`);
  if (methods[given.method] === undefined) {
    throw new Error(`settings.method expected one of ${Object.keys(methods).join(", ")}, got "${given.method}"`);
  }
  return { ...DEFAULTS, ...given };
}

/**
 * A WGAN in training.
 *
 * @param {Settings} given
 */
export function createTrainer(given) {
  const settings = readSettings(given);
  const { data, seed, batch, hidden, depth, noise, criticSteps } = settings;
  const method = /** @type {import("./methods.mjs").Method} */ (methods[settings.method]);
  const compiled = compile(method, settings);
  const source = seeded(seed);
  const body = Array.from({ length: depth }, () => hidden);
  /** @type {(widths: number[]) => Player} */
  const player = (widths) => {
    const params = perceptron(widths, source);
    return { params, optimizer: adamState(params) };
  };
  let generator = player([noise, ...body, data.dimensions]);
  let critic = player([data.dimensions, ...body, 1]);
  let states = method.begin?.(tree.ref(critic.params)) ?? {};
  let steps = 0;

  const array = (/** @type {Float32Array<ArrayBuffer>} */ points, /** @type {number} */ width) =>
    np.array(points, { shape: [points.length / width, width] });
  const drawNoise = (/** @type {number} */ count, from = source) => array(normals(from, count * noise), noise);

  /** Lets what a step returned take the place of what was, unless the loss is NaN. @type {(loss: Tensor, was: unknown, is: unknown) => Promise<number>} */
  const accept = async (loss, was, is) => {
    try {
      await checkFinite(loss, "loss");
    } catch (error) {
      tree.dispose(/** @type {never} */ ([loss, is]));
      throw error;
    }
    tree.dispose(/** @type {never} */ (was));
    return loss.item();
  };

  const stepCritic = async () => {
    if (method.between !== undefined) states = await method.between(tree.ref(critic.params), states);
    const fake = compiled.generate(tree.ref(generator.params), drawNoise(batch));
    const real = array(data.sample(batch, source), data.dimensions);
    const key = random.key(source.below(2 ** 31));
    const was = [critic.params, critic.optimizer, states];
    const [loss, params, optimizer, next] = compiled.criticStep(
      tree.ref(critic.params),
      tree.ref(critic.optimizer),
      tree.ref(states),
      real,
      fake,
      key,
    );
    const value = await accept(loss, was, [params, optimizer, next]);
    critic = { params, optimizer };
    states = next;
    return value;
  };

  const stepGenerator = async () => {
    const was = [generator.params, generator.optimizer];
    const [loss, params, optimizer] = compiled.generatorStep(
      tree.ref(generator.params),
      tree.ref(generator.optimizer),
      tree.ref(critic.params),
      tree.ref(states),
      drawNoise(batch),
    );
    const value = await accept(loss, was, [params, optimizer]);
    generator = { params, optimizer };
    return value;
  };

  /** Generated samples, one after the other; the same noise for the same seed. */
  const sample = async (/** @type {number} */ count, from = 1) => {
    const points = compiled.generate(tree.ref(generator.params), drawNoise(count, seeded(from)));
    return /** @type {Float32Array<ArrayBuffer>} */ (await points.data());
  };

  /** The critic's weights as it computes with them. */
  const effective = () => compiled.effective(tree.ref(critic.params), tree.ref(states));

  return {
    settings,
    sample,
    effective,
    /** Steps of the generator so far. */
    get steps() {
      return steps;
    },
    /**
     * A step of the generator after those of the critic; gives the last losses of both. After a NaN it rejects with the code
     * `NON_FINITE`, and everything is as before the step that had it.
     */
    async step() {
      let criticLoss = 0;
      for (let count = 0; count < criticSteps; count += 1) criticLoss = await stepCritic();
      const generatorLoss = await stepGenerator();
      steps += 1;
      return { criticLoss, generatorLoss };
    },
    /** @returns {Promise<Measurement>} */
    async measure(count = 1024) {
      const real = data.sample(count, seeded(seed + 1_000_003));
      const fake = await sample(count);
      const between = real.map((x, index) => (x + (fake[index] ?? 0)) / 2);
      const places = array(Float32Array.from([...real, ...fake, ...between]), data.dimensions);
      const norms = /** @type {Float32Array} */ (await compiled.slopes(effective(), places).data());
      const { covered, near } = data.modes.length > 0 ? modesCovered(fake, data.modes) : { covered: 0, near: 0 };
      const distance = slicedWasserstein(real, fake, data.dimensions);
      const upper = await boundOf(effective());
      return { distance, covered, near, lower: norms.reduce((most, x) => Math.max(most, x), 0), upper };
    },
    /** Gives the memory back. */
    dispose() {
      tree.dispose(/** @type {never} */ ([generator, critic, states]));
      for (const part of Object.values(compiled)) part.dispose();
    },
  };
}

/**
 * A certified bound of a critic's Lipschitz constant.
 *
 * @param {Parameters} params Used up.
 * @returns {Promise<number>}
 */
async function boundOf({ layers }) {
  const network = [];
  for (const [index, { kernel, bias }] of layers.entries()) {
    bias.dispose();
    const shape = kernel.shape;
    if (index > 0) network.push(/** @type {const} */ ({ type: "leakyRelu", slope: NEGATIVE_SLOPE }));
    const weights = /** @type {Float32Array<ArrayBuffer>} */ (await kernel.data());
    network.push(/** @type {const} */ ({ type: "dense", data: weights, shape }));
  }
  return (await lipschitzBound(network)).upper;
}

/**
 * Trains, and reports every so many steps. Leave the loop to stop.
 *
 * @param {Settings & { steps: number, every?: number }} settings `every`: steps between reports. Default 50.
 * @returns {AsyncGenerator<Measurement & { step: number, milliseconds: number, criticLoss: number, generatorLoss: number }>}
 *   `milliseconds` a step since the last report, without the measurement.
 */
export async function* train({ steps, every = 50, ...settings }) {
  const trainer = createTrainer(settings);
  try {
    let losses = { criticLoss: Number.NaN, generatorLoss: Number.NaN };
    let [start, since] = [performance.now(), 0];
    for (let step = 0; step <= steps; step += 1) {
      if (step > 0) losses = await trainer.step();
      if (step % every !== 0 && step !== steps) continue;
      const milliseconds = step > since ? (performance.now() - start) / (step - since) : 0;
      yield { step, milliseconds, ...losses, ...(await trainer.measure()) };
      [start, since] = [performance.now(), step];
    }
  } finally {
    trainer.dispose();
  }
}
