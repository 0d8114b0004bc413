// @ts-check
/**
 * Single numbers out of the record of a run.
 *
 * @module
 */
import { median } from "./rules.mjs";

/** @typedef {import("./records.mjs").Record} Record */
/**
 * What any measurement along a training may have.
 *
 * @typedef {{ step: number, milliseconds: number, distance: number, lower: number, upper: number, covered?: number, near?: number,
 *   across?: number, angle?: number, angles?: number[], norms?: number[] }} Point
 */

/**
 * The share of the distance at step 0 that is to be reached, which every method should come near to: told by trial runs with a seed
 * that no plan has (99).
 *
 * @param {string} data
 */
export const shareOf = (data) => (data === "digits" ? 0.2 : 0.5);

/** @param {Record} record @returns {readonly Point[]} */
export function curveOf({ key, result }) {
  if ("curve" in result) return result.curve;
  throw new Error(`record expected a curve, got none in "${key}"`);
}

/** @param {Record} record @returns {import("./supervised.mjs").Scores} */
export function scoresOf({ key, result }) {
  if ("radius" in result) return result;
  throw new Error(`record expected scores, got none in "${key}"`);
}

/** The first measured step with at most that share of the distance at step 0; infinity if there is none. @param {Record} record */
export function stepsToDistance(record) {
  const curve = curveOf(record);
  const goal = shareOf(record.run.data) * (curve[0]?.distance ?? Number.NaN);
  return curve.find(({ distance }) => distance <= goal)?.step ?? Number.POSITIVE_INFINITY;
}

/** Milliseconds of the processor a step, the median over the parts of the run. @param {Record} record */
export const timeOfStep = (record) =>
  median(curveOf(record).flatMap(({ milliseconds }) => (milliseconds > 0 ? [milliseconds] : [])));

/** Seconds of the processor to that distance, without compilation. @param {Record} record */
export const timeToDistance = (record) => (stepsToDistance(record) * timeOfStep(record)) / 1000;

/** The last fifth of the measurements after the first. @param {Record} record */
export function end(record) {
  const after = curveOf(record).slice(1);
  return after.slice(-Math.ceil(after.length / 5));
}

/** The distance at the end, a median against the noise of single steps; infinity after a NaN. @param {Record} record */
export function finalDistance(record) {
  const failed = "failedAt" in record.result && record.result.failedAt !== null;
  return failed ? Number.POSITIVE_INFINITY : median(end(record).map(({ distance }) => distance));
}

/** The median angle of the gradient to the true one, in degrees. @param {Record} record */
export const typicalAngle = (record) =>
  median(curveOf(record).flatMap(({ angle }) => (angle === undefined ? [] : [angle])));

/**
 * How uneven gradients are: by how many powers of ten they differ from the first hidden layer to the last, a layer, upward or
 * downward; the median over the measurements after the first.
 *
 * @param {Record} record
 */
export function unevenness(record) {
  const slopes = curveOf(record)
    .slice(1)
    .map(({ norms = [] }) => {
      const hidden = norms.slice(0, -1);
      return Math.abs(Math.log10((hidden.at(-1) ?? Number.NaN) / (hidden[0] ?? Number.NaN))) / (hidden.length - 1);
    });
  return median(slopes.map((slope) => (Number.isNaN(slope) ? Number.POSITIVE_INFINITY : slope)));
}
