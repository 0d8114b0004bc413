/**
 * What a model promises about an answer.
 *
 * @module
 */
import { certifiedRadius } from "../../shared/certificate.mjs";
import { marginOf } from "../../shared/labeled.mjs";
import { answerOf } from "./scores.ts";

/** More than rounding errors of float32 in three layers of 64 can make of scores, as a share of the largest. */
const ROUNDING = 1e-4;

/** By how much the answer leads. */
export function leadOf(scores: ArrayLike<number>): number {
  return marginOf(Array.from(scores), answerOf(scores));
}

/** No change shorter than this alters the answer; rounding errors of the scores are taken from its lead beforehand. */
export function promisedRadius(scores: ArrayLike<number>, upper: number): number {
  const rounding = ROUNDING * Math.max(1, ...Array.from(scores, Math.abs));
  const lead = leadOf(scores);
  return lead > rounding ? certifiedRadius(lead - rounding, upper) : 0;
}
