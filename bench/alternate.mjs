// @ts-check
/**
 * Runners that do the same work, timed by turns: what every comparison of `npm run bench:peers` is made of.
 *
 * @module
 */
import { inTurns, summary } from "./harness.mjs";

/** What so many repetitions found, and the microseconds that all of them took. @typedef {{ sigma: number, time: number }} Sample */
/** @typedef {{ peer: string, run: (count: number) => Promise<Sample>, dispose?: () => void }} Runner */
/** @typedef {{ peer: string, sigma: number, error: number, samples: number[], median: number, min: number, max: number }} Result In microseconds. */
/**
 * @typedef {object} Settings
 * @property {number} rounds How many samples of each.
 * @property {number} [least] Milliseconds that a sample lasts at least.
 * @property {number} [fewest] Repetitions of a sample, at least, so that what a call costs besides them is small.
 * @property {number} [patience] Milliseconds after which a runner has had its turns: a slow one need not be asked often to be slow.
 * @property {number} [together] Repetitions after which all must agree, and from which errors are told.
 * @property {number} [reference] What they should find then; what the first finds, unless told.
 * @property {number} [agreement] How far, relatively, from that they may be.
 */

/** A runner of this process. @param {string} peer @param {((count: number) => any) & { dispose?: () => void }} step @returns {Runner} */
export function clocked(peer, step) {
  const run = async (/** @type {number} */ count) => {
    const start = performance.now();
    const sigma = await step(count);
    return { sigma, time: (performance.now() - start) * 1000 };
  };
  return { peer, run, ...(step.dispose && { dispose: step.dispose }) };
}

/** As many calls as it is told, of which the last one's result counts. @param {() => number} call */
export function repeated(call) {
  return (/** @type {number} */ count) => {
    let sigma = 0;
    for (let n = 0; n < count; n++) sigma = call();
    return sigma;
  };
}

/** Repetitions that fill a sample, from those that were too few. @param {number} count @param {number} time @param {number} least */
function enough(count, time, least) {
  return Math.max(1, Math.ceil((count * least) / Math.max(time, least / 8)));
}

/** Runs it until it is warm and a sample long enough. @param {Runner} runner @param {{ together: number, fewest: number, least: number }} settings */
async function warmUp(runner, { together, fewest, least }) {
  const first = await runner.run(together);
  let [count, time] = [together, first.time / 1000];
  while (time < least) {
    count = enough(count, time, 1.2 * least);
    time = (await runner.run(count)).time / 1000;
  }
  return { first, count: Math.max(fewest, enough(count, time, least)) };
}

/**
 * What each runner takes for one repetition, the median of alternating rounds.
 *
 * @param {readonly Runner[]} runners Ours is the first.
 * @param {Settings} settings
 * @returns {Promise<Result[]>}
 * @throws {Error} When one finds another σ.
 */
export async function alternate(runners, settings) {
  const { rounds, least = 20, fewest = 1, patience = 20_000, together = 1, reference, agreement = 1e-5 } = settings;
  try {
    const states = [];
    for (const runner of runners) {
      const { first, count } = await warmUp(runner, { together, fewest, least });
      const expected = reference ?? states[0]?.sigma ?? first.sigma;
      const error = first.sigma / expected - 1;
      if (!(Math.abs(error) <= agreement)) throw new Error(`${runner.peer} finds σ = ${first.sigma}, not ${expected}`);
      const spent = first.time / 1000;
      const samples = spent > patience ? [first.time / together] : [];
      states.push({ runner, count, sigma: first.sigma, error, spent, samples });
    }
    await inTurns(states, rounds, async (state) => {
      if (state.spent > patience) return;
      const { time } = await state.runner.run(state.count);
      state.samples.push(time / state.count);
      state.spent += time / 1000;
    });
    return states.map(({ runner: { peer }, sigma, error, samples }) => {
      const rounded = samples.map((sample) => Number(sample.toPrecision(4)));
      return { peer, sigma, error, samples: rounded, ...summary(rounded) };
    });
  } finally {
    for (const { dispose } of runners) dispose?.();
  }
}
