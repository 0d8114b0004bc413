/**
 * What the page asks the engine.
 *
 * @module
 */
import type { Engine, PowerIterationOptions } from "spectral-norm";
import { normals } from "../shared/random.ts";

/** Rows one after the other: a b, c d. */
export type Matrix = readonly [a: number, b: number, c: number, d: number];

/** Both forms of the article's iteration. */
export const FORMS = ["alternating", "gram"] as const;
export type Form = (typeof FORMS)[number];

/** Steps that the page shows, at most. */
export const STEPS = 20;

/** One form of the iteration, step by step. */
export interface Run {
  /** σ̂ after the steps 1, 2, … */
  readonly history: readonly number[];
  /** v after each, of unit length, on the side of the input. */
  readonly vectors: readonly (readonly [number, number])[];
  /** Whether the matrix annihilated the start, so that the engine took a random one. */
  readonly restarted: boolean;
}

/** All that is shown of a matrix. */
export interface Reading {
  readonly matrix: Matrix;
  readonly alternating: Run;
  readonly gram: Run;
  /** The certified interval. */
  readonly lower: number;
  readonly upper: number;
  readonly sigma: number;
  readonly second: number;
  /** The direction that is stretched most. */
  readonly direction: readonly [number, number];
  readonly radius: number;
  readonly frobenius: number;
}

type Options = Pick<PowerIterationOptions, "start" | "seed">;

const rows = ([a, b, c, d]: Matrix): number[][] => [
  [a, b],
  [c, d],
];

const pair = (vector: ArrayLike<number>): readonly [number, number] => [vector[0] ?? 0, vector[1] ?? 0];

function iterate(engine: Engine, matrix: Matrix, form: Form, options: Options): Run {
  const counts = Array.from({ length: STEPS }, (_, index) => index + 1);
  const runs = counts.map((iterations) => engine.powerIteration(rows(matrix), { ...options, form, iterations }));
  return {
    history: runs.map(({ sigma }) => sigma),
    vectors: runs.map(({ v }) => pair(v)),
    restarted: runs.some(({ restarted }) => restarted),
  };
}

/** Both forms, the certified interval and the other numbers that are taken for the norm. */
export function read(engine: Engine, matrix: Matrix, options: Options): Reading {
  const w = rows(matrix);
  const { values, v } = engine.singularValues(w, { vectors: true });
  const { lower, upper } = engine.spectralNormBounds(w);
  return {
    matrix,
    alternating: iterate(engine, matrix, "alternating", options),
    gram: iterate(engine, matrix, "gram", options),
    lower,
    upper,
    sigma: engine.spectralNorm(w),
    second: values[1] ?? 0,
    direction: pair(v[0] ?? []),
    radius: engine.spectralRadius(w),
    frobenius: engine.frobeniusNorm(w),
  };
}

/** σ̂/σ after the steps 1 … `steps` from all ones, on a square matrix of normal numbers. */
export function coldStart(engine: Engine, side: number, seed: number, form: Form, steps: number): number[] {
  using matrix = engine.matrix([side, side], { dtype: "float64" });
  matrix.set(normals(side * side, seed));
  const { history, v } = engine.powerIteration(matrix, { iterations: steps, form });
  const sigma = engine.spectralNorm(matrix, { start: v });
  return Array.from(history, (estimate) => estimate / sigma);
}

/** The tasks by name. */
export const tasks = { read, coldStart };
