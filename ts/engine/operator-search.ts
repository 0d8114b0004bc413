/**
 * Lanczos' method on an operator that JavaScript applies: a generator that asks for one product after the other. Whoever
 * runs it may answer at once or after a promise, so that there is one search for synchronous and asynchronous operators.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import { door, type Scope } from "./memory.js";
import type { Search } from "./search.js";
import { sumOfSquares } from "./vectors.js";

/** A product that is asked for: of the operator, or of its adjoint, with the vector. */
export interface Request {
  readonly adjoint: boolean;
  readonly vector: Float64Array;
  /** Whether it is of the last pass, whose products make the norm. */
  readonly isLast?: boolean;
}

/** What the search of an operator found; the vectors are copies. */
export interface Reached {
  readonly sigma: number;
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly residual: number;
  readonly gap: number;
  readonly iterations: number;
  readonly converged: boolean;
}

type Steps<R> = Generator<Request, R, FloatArray>;

/** The passes that are left; each is a product with the operator and one with its adjoint. */
interface Budget {
  left: number;
}

/** A buffer for the vectors of one side. */
interface Side {
  readonly id: number;
  readonly length: number;
}

/** The residual to which the second singular value is searched for. */
const gapTarget = 1e-4;

/** The search, as crate/src/lanczos.rs has it for matrices, in float64. */
export function* steps(
  scope: Scope,
  [rows, columns]: readonly [number, number],
  options: Search,
  wantsGap: boolean,
): Steps<Reached> {
  const sides = [rows, columns].map((length) => ({ id: scope.buffer(1, length), length })) as [Side, Side];
  const budget = { left: options.maxIterations };
  const first = yield* leg(scope, sides, options, options.tolerance / 50, budget, 0);
  const found = yield* finish(first.v, options.tolerance);
  budget.left -= 1;
  let squared = first.second;
  if (wantsGap && found.sigma > 0) {
    const random: Search = { ...options, start: { kind: 1, vector: undefined }, seed: options.seed + 1 };
    const second = yield* leg(scope, sides, random, gapTarget, budget, scope.vector(found.v));
    squared = Math.max(squared, second.theta);
  }
  const gap = found.sigma > 0 ? 1 - Math.min(1, Math.sqrt(Math.max(0, squared)) / found.sigma) : 0;
  return { ...found, gap, iterations: options.maxIterations - Math.max(0, budget.left) };
}

/** Passes until the residual is small, all but the last of the budget. */
function* leg(
  scope: Scope,
  [u, z]: readonly [Side, Side],
  { start, seed }: Search,
  target: number,
  budget: Budget,
  locked: number,
): Steps<{ v: Float64Array; theta: number; second: number }> {
  const { memory } = scope;
  const take = ({ id, length }: Side) => memory.copy(id, 1, length) as Float64Array;
  door.fillNormal(u.id, seed);
  const random = normalized(yield { adjoint: true, vector: take(u) });
  memory.write(z.id, 1, z.length, start.kind === 1 ? random : mixed(start.vector, random));
  let [id, more] = scope.space(z.id, locked);
  let theta = 0;
  while (more && budget.left > 1) {
    const image = yield { adjoint: false, vector: take(z) };
    memory.write(u.id, 1, u.length, image);
    const back = yield { adjoint: true, vector: take(u) };
    memory.write(z.id, 1, z.length, back);
    budget.left -= 1;
    const [value = 0, residual = 0, goesOn = 0] = door.krylovStep(id, u.id, z.id);
    theta = value;
    more = goesOn === 1 && residual > target;
  }
  const second = door.krylovBest(id, z.id);
  return { v: take(z), theta, second };
}

/** The last pass: the norm of an image of an explicit unit vector, half a step on. */
function* finish(v: Float64Array, tolerance: number): Steps<Omit<Reached, "gap" | "iterations">> {
  const image = Float64Array.from(yield { adjoint: false, vector: v, isLast: true });
  const back = Float64Array.from(yield { adjoint: true, vector: image });
  const square = sumOfSquares(image);
  if (square === 0) {
    return { sigma: 0, u: unit(image.length), v: unit(v.length), residual: 0, converged: true };
  }
  const defect = back.map((entry, index) => entry - square * (v[index] ?? 0));
  const residual = Math.sqrt(sumOfSquares(defect)) / square;
  const sigma = Math.sqrt(sumOfSquares(back) / square);
  return { sigma, u: normalized(image), v: normalized(back), residual, converged: residual <= tolerance };
}

/** A given start, or all ones, with a thousandth of the random vector, so that it cannot be orthogonal to the answer. */
function mixed(given: FloatArray | undefined, random: Float64Array): Float64Array {
  const start = given === undefined ? unit(random.length) : normalized(given);
  return start.map((entry, index) => entry + (random[index] ?? 0) / 1000);
}

function unit(length: number): Float64Array {
  return new Float64Array(length).fill(1 / Math.sqrt(length));
}

function normalized(vector: FloatArray): Float64Array {
  const length = Math.sqrt(sumOfSquares(vector));
  return Float64Array.from(vector, (entry) => (length > 0 ? entry / length : 0));
}
