// @ts-check
/**
 * A training followed to its end: times by the processor's clock, measurements every so many steps, a NaN as an end of its own.
 *
 * @module
 */
import { processorTime } from "./clock.mjs";

/**
 * What came of a training. `compile` are the milliseconds of the first step, which compiles and which `milliseconds`, a step's,
 * leave out; `failedAt` is the step whose loss was NaN, or null.
 *
 * @template Measured
 * @typedef {{ curve: (Measured & { step: number, milliseconds: number })[], compile: number, failedAt: number | null }} Curve
 */

/** Time of steps, the first apart. */
function stopwatch() {
  let [spent, counted, compile] = [0, 0, 0];
  return {
    /** @param {number} step @param {() => Promise<unknown>} work */
    async time(step, work) {
      const start = processorTime();
      await work();
      const took = processorTime() - start;
      if (step === 1) compile = took;
      else [spent, counted] = [spent + took, counted + 1];
    },
    /** Milliseconds a step since the last lap, 0 without one. */
    lap() {
      const mean = counted > 0 ? spent / counted : 0;
      [spent, counted] = [0, 0];
      return mean;
    },
    compile: () => compile,
  };
}

/**
 * @template Measured
 * @param {{ step: () => Promise<unknown>, measure: (step: number) => Promise<Measured>, dispose: () => void,
 *   prepare?: (due: boolean) => void }} trainer `prepare` is told before a step whether a measurement follows it.
 * @param {number} steps
 * @param {number} every
 * @returns {Promise<Curve<Measured>>}
 */
export async function follow(trainer, steps, every) {
  /** @type {Curve<Measured>["curve"]} */
  const curve = [];
  const watch = stopwatch();
  let step = 0;
  try {
    for (; step <= steps; step += 1) {
      const due = step % every === 0 || step === steps;
      trainer.prepare?.(due);
      if (step > 0) await watch.time(step, trainer.step);
      if (due) curve.push({ step, milliseconds: watch.lap(), ...(await trainer.measure(step)) });
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "NON_FINITE")) throw error;
    return { curve, compile: watch.compile(), failedAt: step };
  } finally {
    trainer.dispose();
  }
  return { curve, compile: watch.compile(), failedAt: null };
}
