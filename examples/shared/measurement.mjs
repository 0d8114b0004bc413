// @ts-check
/**
 * What a run has come to, and what its networks make of points.
 *
 * @module
 */
import { tree } from "@jax-js/jax";
import { lipschitzBound } from "spectral-norm";
import { modesCovered, slicedWasserstein } from "./metrics.mjs";
import { NEGATIVE_SLOPE } from "./mlp.mjs";
import { asArray } from "./players.mjs";
import { normals, seeded } from "./random.mjs";

/** @typedef {import("./players.mjs").Compiled} Compiled */
/** @typedef {import("./players.mjs").Parameters} Parameters */
/** @typedef {import("./players.mjs").Players} Players */
/** @typedef {import("./players.mjs").Settings} Settings */
/** @typedef {Float32Array<ArrayBuffer>} Floats */

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
    const weights = /** @type {Floats} */ (await kernel.data());
    network.push(/** @type {const} */ ({ type: "dense", data: weights, shape }));
  }
  return (await lipschitzBound(network)).upper;
}

/**
 * The networks of a run as they are now, as functions of points. Nothing of it touches the training or its random numbers.
 *
 * @param {Settings} settings
 * @param {Compiled} compiled
 * @param {Players} players
 */
export function createView({ noise, data }, compiled, players) {
  /** The critic's weights as it computes with them. */
  const effective = () => compiled.effective(tree.ref(players.critic.params), tree.ref(players.states));
  /** What the generator makes of noise. @param {Floats} inputs One after the other. @returns {Promise<Floats>} */
  const generate = async (inputs) =>
    /** @type {Promise<Floats>} */ (
      compiled.generate(tree.ref(players.generator.params), asArray(inputs, noise)).data()
    );
  return {
    effective,
    generate,
    /** Generated samples, one after the other; the same noise for the same seed. @param {number} count */
    sample: (count, from = 1) => generate(normals(seeded(from), count * noise)),
    /**
     * The critic at points: its scores, and its gradients, along which the generator is pushed.
     *
     * @param {Floats} points One after the other.
     * @returns {Promise<{ scores: Floats, gradients: Floats }>}
     */
    async criticAt(points) {
      const [scores, gradients] = compiled.probe(effective(), asArray(points, data.dimensions));
      return {
        scores: /** @type {Floats} */ (await scores.data()),
        gradients: /** @type {Floats} */ (await gradients.data()),
      };
    },
  };
}

/**
 * @param {Settings} settings
 * @param {Compiled} compiled
 * @param {ReturnType<typeof createView>} view
 * @param {number} count Samples of each kind.
 * @returns {Promise<Measurement>}
 */
export async function measure({ data, seed }, compiled, { effective, sample }, count) {
  const real = data.sample(count, seeded(seed + 1_000_003));
  const fake = await sample(count);
  const between = real.map((x, index) => (x + (fake[index] ?? 0)) / 2);
  const places = asArray(Float32Array.from([...real, ...fake, ...between]), data.dimensions);
  const norms = /** @type {Float32Array} */ (await compiled.slopes(effective(), places).data());
  const { covered, near } = data.modes.length > 0 ? modesCovered(fake, data.modes) : { covered: 0, near: 0 };
  const distance = slicedWasserstein(real, fake, data.dimensions);
  const upper = await boundOf(effective());
  return { distance, covered, near, lower: norms.reduce((most, x) => Math.max(most, x), 0), upper };
}
