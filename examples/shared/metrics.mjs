// @ts-check
/**
 * How far generated samples are from real ones.
 *
 * @module
 */
import { seeded } from "./random.mjs";

/**
 * Directions of unit length: evenly around the half circle in the plane, else random.
 *
 * @param {number} dimensions
 * @param {number} count
 * @returns {number[][]}
 */
function directionsOf(dimensions, count) {
  if (dimensions === 2) {
    return Array.from({ length: count }, (_, k) => [Math.cos((Math.PI * k) / count), Math.sin((Math.PI * k) / count)]);
  }
  const source = seeded(1);
  return Array.from({ length: count }, () => {
    const direction = Array.from({ length: dimensions }, () => source.normal());
    const length = Math.hypot(...direction);
    return direction.map((x) => x / length);
  });
}

/**
 * The projections of points on a direction, sorted.
 *
 * @param {Float32Array} points
 * @param {readonly number[]} direction
 */
function project(points, direction) {
  const { length } = direction;
  const projections = new Float64Array(points.length / length);
  for (let index = 0; index < projections.length; index += 1) {
    let sum = 0;
    for (let axis = 0; axis < length; axis += 1) sum += (points[index * length + axis] ?? 0) * (direction[axis] ?? 0);
    projections[index] = sum;
  }
  return projections.sort();
}

/**
 * The sliced Wasserstein distance: the distance W₁ of the projections on a line, which sorting gives, as the mean over directions
 * (Rabin et al. 2011; Bonneel et al. 2015). Of samples of one distribution it is not 0, but falls with their number.
 *
 * @param {Float32Array} a Points, one after the other.
 * @param {Float32Array} b As many.
 * @param {number} dimensions Numbers a point.
 * @param {number} [directions] How many directions. Default 64.
 * @returns {number}
 */
export function slicedWasserstein(a, b, dimensions, directions = 64) {
  if (a.length !== b.length || a.length === 0 || a.length % dimensions !== 0) {
    throw new Error(
      `slicedWasserstein expected as many points of ${dimensions} numbers, got ${a.length} and ${b.length} numbers`,
    );
  }
  const distances = directionsOf(dimensions, directions).map((direction) => {
    const [left, right] = [project(a, direction), project(b, direction)];
    return left.reduce((sum, x, index) => sum + Math.abs(x - (right[index] ?? 0)), 0) / left.length;
  });
  return distances.reduce((sum, x) => sum + x, 0) / directions;
}

/**
 * How many modes are covered: a mode is where at least a quarter of its fair share of the points lie within a quarter of the
 * least distance between modes.
 *
 * @param {Float32Array} points Points in the plane, one after the other.
 * @param {readonly (readonly number[])[]} modes
 * @returns {{ covered: number, near: number }} How many, and the share of the points that are near any.
 */
export function modesCovered(points, modes) {
  const distance = (/** @type {readonly number[]} */ [a = 0, b = 0], x = 0, y = 0) => Math.hypot(a - x, b - y);
  const least = Math.min(
    ...modes.flatMap((mode, index) => modes.slice(index + 1).map((other) => distance(mode, other[0], other[1]))),
  );
  const counts = modes.map(() => 0);
  const count = points.length / 2;
  for (let index = 0; index < count; index += 1) {
    const mode = modes.findIndex((center) => distance(center, points[2 * index], points[2 * index + 1]) < least / 4);
    if (mode >= 0) counts[mode] = (counts[mode] ?? 0) + 1;
  }
  const near = counts.reduce((sum, x) => sum + x, 0) / count;
  return { covered: counts.filter((found) => found >= count / modes.length / 4).length, near };
}
