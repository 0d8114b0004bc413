// @ts-check
/**
 * One WGAN by one method, step by step. Nothing of Node and nothing of a page, so that it runs in both and in workers.
 *
 * @module
 */
import { tree } from "@jax-js/jax";
import { createView, measure } from "./measurement.mjs";
import { methods } from "./methods.mjs";
import { createPlayers, criticTurn, generatorTurn } from "./players.mjs";
import { seeded } from "./random.mjs";
import { readSettings } from "./settings.mjs";
import { compile } from "./steps.mjs";

/** @typedef {import("./measurement.mjs").Measurement} Measurement */
/** @typedef {import("./settings.mjs").Settings} Settings */

/**
 * A WGAN in training.
 *
 * @param {Settings} given
 */
export function createTrainer(given) {
  const settings = readSettings(given);
  const method = /** @type {import("./methods.mjs").Method} */ (methods[settings.method]);
  const compiled = compile(method, settings);
  const source = seeded(settings.seed);
  const players = createPlayers(settings, method, source);
  const table = { settings, method, compiled, players, source };
  const view = createView(settings, compiled, players);
  let steps = 0;
  return {
    ...view,
    settings,
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
      for (let count = 0; count < settings.criticSteps; count += 1) criticLoss = await criticTurn(table);
      const generatorLoss = await generatorTurn(table);
      steps += 1;
      return { criticLoss, generatorLoss };
    },
    /** @returns {Promise<Measurement>} */
    measure: (count = 1024) => measure(settings, compiled, view, count),
    /** Gives the memory back. */
    dispose() {
      tree.dispose(/** @type {never} */ (players));
      for (const part of Object.values(compiled)) part.dispose();
    },
  };
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
