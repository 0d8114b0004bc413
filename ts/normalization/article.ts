/**
 * The preset of the article (kexue.fm 6051, items 7 and 20): from all ones at every pass, and a gradient through every step.
 *
 * @module
 */
import { door } from "../engine/memory.js";
import type { Preset } from "./preset.js";

/** The preset; the seed is that of the restart where a matrix annihilates all ones. */
export function articlePreset(iterations: number, seed: number): Preset {
  return {
    pass(scope, { id, rows, columns }) {
      const [u, v, history] = [rows, columns, iterations].map((length) => scope.buffer(1, length)) as [
        number,
        number,
        number,
      ];
      const [sigma = 0] = door.powerIteration(id, rows, columns, false, iterations, 0, seed, u, v, history);
      return { sigma, state: { u: scope.values(u, rows), v: scope.values(v, columns), sigma } };
    },
    pull(_, { weight: { id, rows, columns }, gradient, result }) {
      door.articleGradient(id, rows, columns, iterations, seed, gradient, result);
    },
  };
}
