/**
 * The preset of the article (kexue.fm 6051, items 7 and 20): from all ones at every pass, and a gradient through every step.
 *
 * @module
 */
import { door, type Scope } from "../engine/memory.js";
import { dot, sumOfSquares } from "../engine/vectors.js";
import type { Matrix, Preset } from "./preset.js";
import { pullBack } from "./preset.js";

/** The preset; the seed is that of the restart where a matrix annihilates all ones. */
export function articlePreset(iterations: number, seed: number): Preset {
  const run = (scope: Scope, { id, rows, columns }: Matrix, steps: number) => {
    const [u = 0, v = 0, history = 0] = [rows, columns, steps].map((length) => scope.buffer(1, length));
    const [sigma = 0, restarted] = door.powerIteration(id, rows, columns, false, steps, 0, seed, u, v, history);
    return { sigma, restarted, u, v };
  };
  return {
    pass(scope, matrix) {
      const { sigma, u, v } = run(scope, matrix, iterations);
      return { sigma, state: { u: scope.values(u, matrix.rows), v: scope.values(v, matrix.columns), sigma } };
    },
    pull(scope, pullback) {
      const { weight, state } = pullback;
      if (state.sigma === 0) {
        pullBack(scope, pullback, 0, [], []);
        return;
      }
      const start = new Float64Array(weight.rows).fill(1);
      // Asked of the iteration itself, so that both restart or neither does.
      if (run(scope, weight, 1).restarted === 1) {
        const buffer = scope.buffer(1, weight.rows);
        door.fillNormal(buffer, seed);
        start.set(scope.values(buffer, weight.rows));
      }
      const { sigma, u, v } = throughSteps(scope, weight, start, iterations);
      pullBack(scope, pullback, sigma, u, v);
    },
  };
}

/** A vector that was divided by its length. */
interface Unit {
  readonly unit: Float64Array;
  readonly length: number;
}

/** Scaled first, for squares of entries that float64 can hold may be beyond it. */
function normalized(vector: Float64Array): Unit {
  const most = vector.reduce((one, other) => Math.max(one, Math.abs(other)), 0);
  const length = most * Math.sqrt(sumOfSquares(vector.map((entry) => entry / most)));
  return { unit: vector.map((entry) => entry / length), length };
}

/** The cotangent of `x` from that of `unit = x/length`. */
function throughNormalization(cotangent: Float64Array, { unit, length }: Unit): Float64Array {
  const along = dot(cotangent, unit);
  return cotangent.map((entry, place) => (entry - along * (unit[place] as number)) / length);
}

/**
 * The estimate `σ = ‖Wv‖` after some alternating steps, and `∂σ/∂W = Σ uₖvₖᵀ`, two terms a step: reverse mode through
 * `v = Wᵀu/‖Wᵀu‖, u = Wv/‖Wv‖`.
 */
function throughSteps(scope: Scope, { id, rows, columns }: Matrix, start: Float64Array, steps: number) {
  const [left, right] = [scope.buffer(1, rows), scope.buffer(1, columns)];
  const times = (adjoint: boolean, vector: Float64Array) => {
    const [from, to, length] = adjoint ? [left, right, columns] : [right, left, rows];
    scope.memory.write(from, 1, vector.length, vector);
    door.multiply(id, rows, columns, adjoint, from, to);
    return scope.values(to, length);
  };
  const tape: { readonly before: Unit; readonly v: Unit }[] = [];
  let last = normalized(start);
  for (let step = 0; step < steps; step += 1) {
    const v = normalized(times(true, last.unit));
    tape.push({ before: last, v });
    last = normalized(times(false, v.unit));
  }
  const [u, v]: [Float64Array[], Float64Array[]] = [[], []];
  // The cotangent of Wv before it is normalized; of its length, at the last step, that is the unit vector itself.
  let ofImage = last.unit;
  for (const [before, step] of [...tape.entries()].reverse()) {
    const ofV = throughNormalization(times(true, ofImage), step.v);
    u.push(ofImage, step.before.unit);
    v.push(step.v.unit, ofV);
    if (before > 0) {
      ofImage = throughNormalization(times(false, ofV), step.before);
    }
  }
  return { sigma: last.length, u, v };
}
