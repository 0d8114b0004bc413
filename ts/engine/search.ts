/**
 * The options that the searches for the spectral norm share, and the call that runs one.
 *
 * @module
 */
import type { FloatArray, Method, SpectralNormOptions } from "../types.js";
import { OptionError, TypeMismatchError } from "./errors.js";
import { door, type Lease, type Operand, type Scope } from "./memory.js";
import { settled } from "./settled.js";
import { stored } from "./stored.js";
import { complaint, complaintOf, readChoice, readFraction, readInteger, readVector } from "./validate.js";
import { matrixInWords } from "./weight.js";

/** The keys of {@link SpectralNormOptions}. */
export const searchKeys = ["method", "tolerance", "maxIterations", "start", "seed"] as const;

/** The methods as they are numbered across the door. */
const methods: readonly ["auto", ...Method[]] = ["auto", "power", "lanczos", "exact"];

/** The most passes or steps; counts cross the door as 32-bit integers. */
export const mostIterations: number = 2 ** 32 - 1;

/** Where to start: 0 from ones, 1 from a random vector, 2 from the vector given. */
export interface StartCode {
  readonly kind: 0 | 1 | 2;
  readonly vector: FloatArray | undefined;
}

/** {@link SpectralNormOptions}, checked, with the defaults filled in. */
export interface Search {
  readonly method: number;
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly start: StartCode;
  readonly seed: number;
}

/** What the Rust search reports. */
export interface Found {
  readonly sigma: number;
  readonly residual: number;
  readonly gap: number;
  readonly iterations: number;
  readonly method: Method;
  readonly converged: boolean;
  readonly restarted: boolean;
  /** The buffers with the vectors, float64. */
  readonly u: number;
  readonly v: number;
}

/** Checks the options of a search over `weight`. */
export function readSearch(options: Partial<SpectralNormOptions>, weight: Pick<Operand, "layout">): Search {
  return {
    method: methods.indexOf(readChoice("options.method", options.method, methods)),
    ...readEffort(options),
    start: readStart(options.start, "random", "columns", weight),
  };
}

/** Checks what every search is told: how exact to be, when to give up, and the seed. */
export function readEffort(
  options: Pick<Partial<SpectralNormOptions>, "tolerance" | "maxIterations" | "seed">,
): Pick<Search, "tolerance" | "maxIterations" | "seed"> {
  return {
    tolerance: readFraction("options.tolerance", options.tolerance, 1e-6),
    maxIterations: readInteger("options.maxIterations", options.maxIterations, 20_000, 1, mostIterations),
    seed: readSeed(options.seed),
  };
}

/** Checks a seed. */
export function readSeed(seed: unknown): number {
  return readInteger("options.seed", seed, 0, 0, Number.MAX_SAFE_INTEGER);
}

/** Checks where to start; a vector needs one entry for each row or column of the weight. */
export function readStart(
  start: unknown,
  fallback: "ones" | "random",
  side: "rows" | "columns",
  weight: Pick<Operand, "layout">,
): StartCode {
  const chosen = start === undefined ? fallback : start;
  if (chosen === "ones" || chosen === "random") {
    return { kind: chosen === "ones" ? 0 : 1, vector: undefined };
  }
  if (typeof chosen !== "object" || chosen === null) {
    const message = complaint("options.start", '"ones", "random", a Float32Array or a Float64Array', chosen);
    throw new (typeof chosen === "string" ? OptionError : TypeMismatchError)(message);
  }
  const of = `one entry for each of the ${side} of ${matrixInWords(weight)}`;
  const vector = readVector("options.start", chosen, weight.layout[side], of);
  if (vector.every((entry) => entry === 0)) {
    throw new OptionError(complaintOf("options.start", "a vector that is not zero", "one that is"));
  }
  return { kind: 2, vector };
}

/** The buffer of a start vector, or one of zeros to be filled. */
export function vectorBuffer(scope: Scope, length: number, given: FloatArray | undefined): number {
  return given === undefined ? scope.buffer(1, length) : scope.vector(given);
}

/** Runs the search; the vectors stay in buffers of the scope. With `gap` it looks for the second singular value too. */
export function search(scope: Scope, lease: Lease, options: Search, gap = false): Found {
  const { matrix, rows, columns } = lease;
  const { method, tolerance, maxIterations, start, seed } = options;
  const u = scope.buffer(1, rows);
  const v = vectorBuffer(scope, columns, start.vector);
  const found = (stored && lease.halved ? stored : door).dominantTriplet(
    matrix,
    rows,
    columns,
    method,
    tolerance,
    maxIterations,
    start.kind,
    seed,
    gap,
    u,
    v,
  );
  const [sigma = 0, residual = 0, relativeGap = 0, iterations = 0, code = 0, converged = 0, restarted = 0] = found;
  return {
    sigma,
    residual,
    gap: relativeGap,
    iterations,
    method: methods[code] as Method,
    converged: converged === 1,
    restarted: restarted === 1,
    u,
    v,
  };
}

/** The spectral norm, or the error that says how far the search came. */
export function findSigma(scope: Scope, lease: Lease, options: Search): number {
  return settled(search(scope, lease, options), options.tolerance);
}
