/**
 * One core is left to the page: where more runs train than there are others, they take turns, step by step. What a step
 * costs is then also that of the step alone, not that of a race for the processor.
 *
 * @module
 */
import { MOST } from "./methods.ts";

/** Does some work of a run when it is its turn, which ends with the work, or with the worker. */
export function inTurn(id: number, work: () => Promise<void>): Promise<void> {
  // Node, where tests run this, has no navigator in some versions, and pages that came over plain HTTP have no locks.
  const { hardwareConcurrency = MOST + 1, locks } = (globalThis.navigator ?? {}) as Partial<Navigator>;
  const places = Math.max(1, hardwareConcurrency - 1);
  return places >= MOST || locks === undefined ? work() : locks.request(`gan-lab ${id % places}`, work);
}
