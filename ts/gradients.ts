/**
 * Gradients of norms, penalties, and the projection on the spectral ball: sums of rank-one matrices, all of them.
 *
 * @module
 */
import { ShapeError, TypeMismatchError } from "./engine/errors.js";
import { door, type Lease, type Memory, type Operand, type Scope } from "./engine/memory.js";
import { type Found, readSearch, type Search, search, searchKeys } from "./engine/search.js";
import { settled } from "./engine/settled.js";
import {
  checkFiniteArray,
  complaintOf,
  dtypeNames,
  readDtype,
  readNonNegative,
  readOptions,
  readPositive,
} from "./engine/validate.js";
import { type Destination, readOut, readWeight } from "./engine/weight.js";
import type {
  ClippedSpectral,
  FloatArray,
  NormalizeGradientOptions,
  OutOption,
  Penalty,
  PenaltyOptions,
  ResultData,
  Spectral,
  SpectralGradient,
  SpectralGradientOptions,
  SpectralNormOptions,
  SpectralPenaltyOptions,
  WeightLike,
} from "./types.js";

/** The functions about gradients. */
export type Gradients = Pick<
  Spectral,
  "frobeniusPenalty" | "spectralPenalty" | "spectralNormGradient" | "spectralNormalizeGradient" | "clipSpectral"
>;

/** Makes the functions over one engine's memory. */
export function gradientsOf(memory: Memory): Gradients {
  return {
    frobeniusPenalty: (w, options) => frobeniusPenalty(memory, w, options),
    spectralPenalty: (w, options) => spectralPenalty(memory, w, options),
    spectralNormGradient: (w, options) => spectralNormGradient(memory, w, options),
    spectralNormalizeGradient: (w, g, options) => spectralNormalizeGradient(memory, w, g, options),
    clipSpectral: (w, c, options) => clipSpectral(memory, w, c, options),
  };
}

/** A weight with the options that all of these share. */
interface Task<O> {
  readonly weight: Operand;
  readonly given: Partial<O>;
  readonly destination: Destination | undefined;
}

function read<O extends OutOption>(
  memory: Memory,
  w: WeightLike,
  options: O | undefined,
  keys: readonly string[],
): Task<O> {
  const weight = readWeight(w);
  const given = readOptions<O>(options, [...keys, "out"]);
  return { weight, given, destination: readOut(memory, given.out, weight) };
}

/** Vectors are what counts here, and they have half of the digits of the norm. */
function readSharpSearch(given: Partial<SpectralNormOptions>, weight: Operand): Search {
  return readSearch({ ...given, tolerance: given.tolerance === undefined ? 1e-9 : given.tolerance }, weight);
}

const penaltyKeys = ["lambda", "above"] as const;

function readPenalty({ lambda, above }: Partial<PenaltyOptions>) {
  const limit = above === undefined ? undefined : readPositive("options.above", above, 1);
  return { lambda: readNonNegative("options.lambda", lambda, 1), limit };
}

/** λ·norm², or λ times the square of the excess, and its derivative. */
function penaltyOf(
  norm: number,
  { lambda, limit = 0 }: { readonly lambda: number; readonly limit?: number | undefined },
) {
  const excess = Math.max(norm - limit, 0);
  return { value: lambda * excess * excess, slope: 2 * lambda * excess };
}

function frobeniusPenalty<W extends WeightLike, O extends PenaltyOptions>(
  memory: Memory,
  w: W,
  options: O | undefined,
): Penalty<ResultData<W, O>> {
  const { weight, given, destination } = read<PenaltyOptions>(memory, w, options, penaltyKeys);
  const chosen = readPenalty(given);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const norm = door.frobeniusNorm(lease.matrix, lease.rows, lease.columns);
    const { value, slope } = penaltyOf(norm, chosen);
    const gradient = addOuter(scope, lease, norm > 0 ? slope / norm : 0, []);
    return { value, gradient: hand<W, O>(scope, weight, gradient, destination), norm };
  });
}

function spectralPenalty<W extends WeightLike, O extends SpectralPenaltyOptions>(
  memory: Memory,
  w: W,
  options: O | undefined,
): Penalty<ResultData<W, O>> & SpectralGradient<ResultData<W, O>> {
  const keys = [...searchKeys, ...penaltyKeys];
  const { weight, given, destination } = read<SpectralPenaltyOptions>(memory, w, options, keys);
  const chosen = readPenalty(given);
  const sharp = readSharpSearch(given, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const found = find(scope, lease, sharp);
    const { value, slope } = penaltyOf(found.sigma, chosen);
    const gradient = addOuter(scope, lease, 0, [slope], found);
    return { value, gradient: hand<W, O>(scope, weight, gradient, destination), norm: found.sigma, ...about(found) };
  });
}

function spectralNormGradient<W extends WeightLike, O extends SpectralGradientOptions>(
  memory: Memory,
  w: W,
  options: O | undefined,
): SpectralGradient<ResultData<W, O>> {
  const { weight, given, destination } = read<SpectralGradientOptions>(memory, w, options, searchKeys);
  const sharp = readSharpSearch(given, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const found = find(scope, lease, sharp);
    const gradient = addOuter(scope, lease, 0, [found.sigma > 0 ? 1 : 0], found);
    return { gradient: hand<W, O>(scope, weight, gradient, destination), ...about(found) };
  });
}

function spectralNormalizeGradient<W extends WeightLike, O extends NormalizeGradientOptions>(
  memory: Memory,
  w: W,
  g: FloatArray,
  options: O | undefined,
): SpectralGradient<ResultData<W, O>> {
  const keys = [...searchKeys, "target"];
  const { weight, given, destination } = read<NormalizeGradientOptions>(memory, w, options, keys);
  const target = readPositive("options.target", given.target === undefined ? 1 : given.target, weight.dtype);
  const sharp = readSharpSearch(given, weight);
  checkLike("g", g, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const cotangent = scope.place({ ...weight, source: g });
    const found = find(scope, lease, sharp);
    const scale = found.sigma > 0 ? target / found.sigma : 1;
    const along = found.sigma > 0 ? door.frobeniusProduct(cotangent.matrix, lease.matrix) / found.sigma : 0;
    const gradient = addOuter(scope, cotangent, scale, [-scale * along], found);
    return { gradient: hand<W, O>(scope, weight, gradient, destination), ...about(found) };
  });
}

function checkLike(title: string, array: unknown, { dtype, layout }: Operand): void {
  const got = readDtype(title, array);
  if (got !== dtype) {
    throw new TypeMismatchError(complaintOf(title, `${dtypeNames[dtype]}, as the weight is`, dtypeNames[got]));
  }
  const { length } = array as FloatArray;
  if (length !== layout.length) {
    throw new ShapeError(complaintOf(title, `length ${layout.length}, as the weight has`, String(length)));
  }
  checkFiniteArray(title, array as FloatArray);
}

function clipSpectral<W extends WeightLike, O extends SpectralGradientOptions>(
  memory: Memory,
  w: W,
  c: number,
  options: O | undefined,
): ClippedSpectral<ResultData<W, O>> {
  const { weight, given, destination } = read<SpectralGradientOptions>(memory, w, options, searchKeys);
  const limit = readPositive("c", c, 1);
  const sharp = readSharpSearch(given, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const { u, v, sigmas } = leadingAbove(scope, lease, limit, sharp);
    const excesses = sigmas.filter((sigma) => sigma > limit).map((sigma) => limit - sigma);
    const data = addOuter(scope, lease, 1, excesses, { u, v });
    return {
      data: hand<W, O>(scope, weight, data, destination),
      sigma: sigmas[0] ?? 0,
      clipped: excesses.length,
    };
  });
}

/** Leading triplets, more and more of them, until the last singular value is at most the limit or there are no more. */
function leadingAbove(scope: Scope, { matrix, rows, columns }: Lease, limit: number, options: Search) {
  const { method, tolerance, maxIterations, seed } = options;
  const most = Math.min(rows, columns);
  for (let count = Math.min(4, most); ; count = Math.min(4 * count, most)) {
    const values = scope.buffer(1, count);
    const [u, v] = [scope.buffer(1, count * rows), scope.buffer(1, count * columns)];
    const numbers = [matrix, rows, columns, count, method === 1 ? 0 : method, tolerance, maxIterations, seed] as const;
    const [iterations = 0, converged = 0, residual = 0] = door.leading(...numbers, values, u, v);
    const sigmas = Array.from(scope.memory.view(values, 1, count));
    settled({ sigma: sigmas[0] ?? 0, residual, iterations, converged: converged === 1 }, tolerance);
    if (count === most || (sigmas.at(-1) ?? 0) <= limit) {
      return { u, v, sigmas };
    }
  }
}

/** The leading triplet; its accuracy is an error if it was not reached. */
function find(scope: Scope, lease: Lease, options: Search): Found {
  const found = search(scope, lease, options, true);
  settled(found, options.tolerance);
  return found;
}

/** What a gradient is told with: the norm, the gap behind it, and whether that is too narrow to tell vectors apart. */
export function about({
  sigma,
  gap,
  residual,
}: Pick<Found, "sigma" | "gap" | "residual">): Omit<SpectralGradient, "gradient"> {
  return { sigma, gap, subgradient: !(gap > Math.max(1e-8, 1000 * residual)) };
}

/** A new buffer with scale · W + Σ coefficients[k] · uₖvₖᵀ. */
function addOuter(
  scope: Scope,
  { matrix, rows, columns, dtype, length }: Lease,
  scale: number,
  coefficients: readonly number[],
  vectors?: { readonly u: number; readonly v: number },
): number {
  const result = scope.buffer(dtype, length);
  const count = coefficients.length;
  const first = (id: number | undefined, side: number) =>
    scope.vector(id === undefined ? new Float64Array(0) : scope.memory.copy(id, 1, count * side));
  const [u, v] = [first(vectors?.u, rows), first(vectors?.v, columns)];
  door.addOuter(matrix, rows, columns, scale, scope.vector(Float64Array.from(coefficients)), u, v, result);
  return result;
}

/** What the caller gets: the elements in the caller's order, in `out` if there is one. */
function hand<W, O>(
  scope: Scope,
  { dtype, layout }: Operand,
  result: number,
  destination: Destination | undefined,
): ResultData<W, O> {
  const { memory } = scope;
  const { permuted, outer, rows, inner, length } = layout;
  const ordered = permuted ? scope.axisToFront(result, dtype, rows, outer, inner) : result;
  if (destination === undefined) {
    return memory.copy(ordered, dtype, length) as ResultData<W, O>;
  }
  if (destination.buffer === undefined) {
    return memory.read(ordered, dtype, destination.out as FloatArray) as ResultData<W, O>;
  }
  memory.write(destination.buffer, dtype, length, ordered);
  return destination.out as ResultData<W, O>;
}
