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

/**
 * @template Measured
 * @param {{ step: () => Promise<unknown>, measure: (step: number) => Promise<Measured>, dispose: () => void,
 *   prepare?: (due: boolean) => void }} trainer `prepare` is told before a step whether a measurement follows it.
 * @param {number} steps
 * @param {number} every
 * @returns {Promise<Curve<Measured>>}
 */
export async function follow(trainer, steps, every) {
  /** @type {Curve<Measured>} */
  const result = { curve: [], compile: 0, failedAt: null };
  let [step, spent, counted] = [0, 0, 0];
  try {
    for (; step <= steps; step += 1) {
      const due = step % every === 0 || step === steps;
      trainer.prepare?.(due);
      const start = processorTime();
      if (step > 0) await trainer.step();
      const took = processorTime() - start;
      if (step === 1) result.compile = took;
      if (step > 1) [spent, counted] = [spent + took, counted + 1];
      if (!due) continue;
      result.curve.push({ step, milliseconds: counted > 0 ? spent / counted : 0, ...(await trainer.measure(step)) });
      [spent, counted] = [0, 0];
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "NON_FINITE")) throw error;
    result.failedAt = step;
  } finally {
    trainer.dispose();
  }
  return result;
}
