// @ts-check
/**
 * The two networks of a WGAN with their optimizers, and the turns that they take.
 *
 * @module
 */
import { numpy as np, random, tree } from "@jax-js/jax";
import { checkFinite } from "spectral-norm/jax";
import { adamState, perceptron } from "./mlp.mjs";
import { normals } from "./random.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").AdamState} AdamState */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */
/** @typedef {import("./methods.mjs").Method} Method */
/** @typedef {import("./methods.mjs").StateTree} StateTree */
/** @typedef {import("./random.mjs").Source} Source */
/** @typedef {Required<import("./settings.mjs").Settings>} Settings */
/** @typedef {ReturnType<typeof import("./steps.mjs").compile>} Compiled */
/** @typedef {{ params: Parameters, optimizer: AdamState }} Player */

/**
 * Both players and the states of the method, each replaced as a whole by a turn.
 *
 * @typedef {{ generator: Player, critic: Player, states: StateTree }} Players
 */

/** Points, one after the other, as an array. @param {Float32Array<ArrayBuffer>} points @param {number} width Numbers a point. */
export const asArray = (points, width) => np.array(points, { shape: [points.length / width, width] });

/**
 * The players before the first step: the generator's weights are drawn first, so that for a seed they are the same by every method.
 *
 * @param {Settings} settings
 * @param {Method} method
 * @param {Source} source
 * @returns {Players}
 */
export function createPlayers({ noise, depth, hidden, data }, method, source) {
  const body = Array.from({ length: depth }, () => hidden);
  /** @type {(widths: number[]) => Player} */
  const player = (widths) => {
    const params = perceptron(widths, source);
    return { params, optimizer: adamState(params) };
  };
  const generator = player([noise, ...body, data.dimensions]);
  const critic = player([data.dimensions, ...body, 1]);
  return { generator, critic, states: method.begin?.(tree.ref(critic.params)) ?? {} };
}

/** Lets what a step returned take the place of what was, unless the loss is NaN. @type {(loss: Tensor, was: unknown, is: unknown) => Promise<number>} */
async function accept(loss, was, is) {
  try {
    await checkFinite(loss, "loss");
  } catch (error) {
    tree.dispose(/** @type {never} */ ([loss, is]));
    throw error;
  }
  tree.dispose(/** @type {never} */ (was));
  return loss.item();
}

/**
 * What a turn needs; `players` is changed by it.
 *
 * @typedef {{ settings: Settings, method: Method, compiled: Compiled, players: Players, source: Source }} Table
 */

/** Noise for a batch. @param {Table} table */
const drawNoise = ({ settings: { batch, noise }, source }) => asArray(normals(source, batch * noise), noise);

/**
 * A turn of the critic; gives its loss, or rejects with the code `NON_FINITE` and leaves the players as they were.
 *
 * @param {Table} table
 */
export async function criticTurn(table) {
  const { settings, method, compiled, players, source } = table;
  const { critic, generator } = players;
  if (method.between !== undefined) players.states = await method.between(tree.ref(critic.params), players.states);
  const fake = compiled.generate(tree.ref(generator.params), drawNoise(table));
  const real = asArray(settings.data.sample(settings.batch, source), settings.data.dimensions);
  const key = random.key(source.below(2 ** 31));
  const [loss, params, optimizer, states] = compiled.criticStep(
    tree.ref(critic.params),
    tree.ref(critic.optimizer),
    tree.ref(players.states),
    real,
    fake,
    key,
  );
  const was = [critic.params, critic.optimizer, players.states];
  const value = await accept(loss, was, [params, optimizer, states]);
  Object.assign(players, { critic: { params, optimizer }, states });
  return value;
}

/** The same of the generator. @param {Table} table */
export async function generatorTurn(table) {
  const { compiled, players } = table;
  const { critic, generator, states } = players;
  const [loss, params, optimizer] = compiled.generatorStep(
    tree.ref(generator.params),
    tree.ref(generator.optimizer),
    tree.ref(critic.params),
    tree.ref(states),
    drawNoise(table),
  );
  const value = await accept(loss, [generator.params, generator.optimizer], [params, optimizer]);
  players.generator = { params, optimizer };
  return value;
}
