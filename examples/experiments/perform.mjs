// @ts-check
/**
 * From a run to its result, by its task.
 *
 * @module
 */
import { trainConditional } from "./conditional.mjs";
import { trainGan } from "./gan.mjs";
import { trainClassifier } from "./supervised.mjs";

/** @typedef {Awaited<ReturnType<typeof trainGan | typeof trainConditional | typeof trainClassifier>>} Result */

/** @param {import("./plan.mjs").Run} run @returns {Promise<Result>} */
export function perform(run) {
  if (run.task === "gan") return trainGan(run);
  if (run.task === "conditional") return trainConditional(run);
  return trainClassifier(run);
}
