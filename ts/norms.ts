/**
 * Norms and what goes with them: singular vectors, power iteration, stable rank, the spectral radius.
 *
 * @module
 */
import { ShapeError } from "./engine/errors.js";
import { formOf } from "./engine/form.js";
import { door, type Lease, type Memory, type Operand, type Scope } from "./engine/memory.js";
import { isOperator, readOperatorSearch, searchLater, searchNow } from "./engine/operator.js";
import type { Reached } from "./engine/operator-search.js";
import {
  findSigma,
  mostIterations,
  readSearch,
  readSeed,
  readStart,
  search,
  searchKeys,
  vectorBuffer,
} from "./engine/search.js";
import { settled } from "./engine/settled.js";
import { stored } from "./engine/stored.js";
import { complaintOf, readChoice, readFlag, readInteger, readOptions, readVector } from "./engine/validate.js";
import { matrixInWords, readStored, readWeight } from "./engine/weight.js";
import type {
  AnyOperator,
  ArrayOf,
  DominantTriplet,
  DominantTripletOptions,
  FloatArray,
  MultiplyOptions,
  PowerIteration,
  PowerIterationOptions,
  Spectral,
  SpectralNormOptions,
  StoredMatrix,
  WeightLike,
} from "./types.js";

/** The functions about norms. */
export type Norms = Pick<
  Spectral,
  | "spectralNorm"
  | "dominantTriplet"
  | "powerIteration"
  | "frobeniusNorm"
  | "stableRank"
  | "spectralRadius"
  | "bilinearForm"
  | "multiply"
>;

/** Makes the functions over one engine's memory. */
export function normsOf(memory: Memory): Norms {
  return {
    spectralNorm: (w, options) => spectralNorm(memory, w, options),
    dominantTriplet: (w, options) => dominantTriplet(memory, w, options),
    powerIteration: (w, options) => powerIteration(memory, w, options),
    frobeniusNorm: (w) => frobeniusNorm(memory, w),
    stableRank: (w, options) => stableRank(memory, w, options),
    spectralRadius: (w) => spectralRadius(memory, w),
    bilinearForm: (w, u, v) => bilinearForm(memory, w, u, v),
    multiply: (w, x, options) => multiply(memory, w, x, options),
  };
}

function spectralNorm(
  memory: Memory,
  w: WeightLike | StoredMatrix | AnyOperator,
  options: SpectralNormOptions | undefined,
): number {
  const given = readOptions<SpectralNormOptions>(options, searchKeys);
  if (isOperator(w)) {
    const chosen = readOperatorSearch(w, given);
    return settled(searchNow(memory, w, chosen, false), chosen.tolerance);
  }
  const weight = readStored(w);
  const chosen = readSearch(given, weight);
  return memory.run((scope) => findSigma(scope, scope.place(weight), chosen));
}

const tripletKeys = [...searchKeys, "gap"] as const;

function dominantTriplet<W extends WeightLike | StoredMatrix | AnyOperator>(
  memory: Memory,
  w: W,
  options: DominantTripletOptions | undefined,
): DominantTriplet<ArrayOf<W>> {
  const given = readOptions<DominantTripletOptions>(options, tripletKeys);
  const gap = readFlag("options.gap", given.gap, true);
  if (isOperator(w)) {
    return tripletOf<W>(searchNow(memory, w, readOperatorSearch(w, given), gap));
  }
  const weight = readStored(w);
  const chosen = readSearch(given, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const { u, v, ...found } = search(scope, lease, chosen, gap);
    return {
      ...found,
      u: vectorOf(memory, weight, u, lease.rows),
      v: vectorOf(memory, weight, v, lease.columns),
    } as DominantTriplet<ArrayOf<W>>;
  });
}

function tripletOf<W>(reached: Reached): DominantTriplet<ArrayOf<W>> {
  return { ...reached, restarted: false, method: "lanczos" } as unknown as DominantTriplet<ArrayOf<W>>;
}

/** The functions that take operators which may be asynchronous, and wait for them. */
export const later = {
  async spectralNorm(memory: Memory, w: AnyOperator, options: SpectralNormOptions | undefined): Promise<number> {
    const chosen = readOperatorSearch(w, readOptions(options, searchKeys));
    return settled(await searchLater(memory, w, chosen, false), chosen.tolerance);
  },
  async dominantTriplet<W extends AnyOperator>(
    memory: Memory,
    w: W,
    options: DominantTripletOptions | undefined,
  ): Promise<DominantTriplet<ArrayOf<W>>> {
    const given = readOptions<DominantTripletOptions>(options, tripletKeys);
    const gap = readFlag("options.gap", given.gap, true);
    return tripletOf<W>(await searchLater(memory, w, readOperatorSearch(w, given), gap));
  },
};

const iterationKeys = ["iterations", "form", "start", "seed"] as const;

function powerIteration<W extends WeightLike>(
  memory: Memory,
  w: W,
  options: PowerIterationOptions | undefined,
): PowerIteration<ArrayOf<W>> {
  const weight = readWeight(w);
  const given = readOptions<PowerIterationOptions>(options, iterationKeys);
  const iterations = readInteger("options.iterations", given.iterations, 5, 1, mostIterations);
  const gram = readChoice("options.form", given.form, ["alternating", "gram"]) === "gram";
  const start = readStart(given.start, "ones", gram ? "columns" : "rows", weight);
  const seed = readSeed(given.seed);
  return memory.run((scope) => {
    const { matrix, rows, columns } = scope.place(weight);
    const u = vectorBuffer(scope, rows, gram ? undefined : start.vector);
    const v = vectorBuffer(scope, columns, gram ? start.vector : undefined);
    const history = scope.buffer(1, iterations);
    const [sigma = 0, restarted = 0] = door.powerIteration(
      matrix,
      rows,
      columns,
      gram,
      iterations,
      start.kind,
      seed,
      u,
      v,
      history,
    );
    return {
      sigma,
      u: vectorOf(memory, weight, u, rows),
      v: vectorOf(memory, weight, v, columns),
      history: memory.copy(history, 1, iterations),
      restarted: restarted === 1,
    } as PowerIteration<ArrayOf<W>>;
  });
}

/** Vectors are computed in float64 and handed out in the type of the weight. */
function vectorOf(memory: Memory, weight: Operand, buffer: number, length: number): FloatArray {
  const live = memory.view(buffer, 1, length);
  return weight.dtype === 0 ? new Float32Array(live) : live.slice();
}

function frobeniusNorm(memory: Memory, w: WeightLike | StoredMatrix): number {
  const weight = readStored(w);
  return memory.run((scope) => {
    return frobeniusOf(scope.place(weight));
  });
}

function frobeniusOf(lease: Lease): number {
  const { matrix, rows, columns } = lease;
  return stored && lease.halved
    ? stored.frobeniusNorm(matrix, rows, columns)
    : door.frobeniusNorm(matrix, rows, columns);
}

function stableRank(memory: Memory, w: WeightLike | StoredMatrix, options: SpectralNormOptions | undefined): number {
  const weight = readStored(w);
  const chosen = readSearch(readOptions(options, searchKeys), weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const sigma = findSigma(scope, lease, chosen);
    if (sigma === 0) return 0;
    // Squaring the quotient, not the norms, keeps entries near 1e200 within range; rounding may put it below 1. The last bit
    // of a power is the engine's affair, that of a product is not.
    const ratio = frobeniusOver(scope, lease, sigma);
    return Math.max(1, ratio * ratio);
  });
}

/** ‖W‖_F/σ, also where ‖W‖_F alone is beyond float64. */
function frobeniusOver(scope: Scope, lease: Lease, sigma: number): number {
  const norm = frobeniusOf(lease);
  if (norm < Number.POSITIVE_INFINITY) {
    return norm / sigma;
  }
  const { source, rows, columns, dtype, length } = lease;
  const scaled = scope.buffer(dtype, length);
  door.scaleToNorm(source, scaled, sigma, 1, false);
  return door.frobeniusNorm(scaled, rows, columns);
}

function spectralRadius(memory: Memory, w: WeightLike): number {
  const weight = readWeight(w);
  const { rows, columns } = weight.layout;
  if (rows !== columns) {
    const remedy = "Only square matrices have eigenvalues; spectralNorm takes every matrix";
    throw new ShapeError(complaintOf("w", "a square matrix", matrixInWords(weight), remedy));
  }
  return memory.run((scope) => door.spectralRadius(scope.place(weight).matrix, rows, columns));
}

function bilinearForm(memory: Memory, w: WeightLike | StoredMatrix, u: FloatArray, v: FloatArray): number {
  const weight = readStored(w);
  const { rows, columns } = weight.layout;
  const of = matrixInWords(weight);
  const left = readVector("u", u, rows, `one entry for each of the rows of ${of}`);
  const right = readVector("v", v, columns, `one entry for each of the columns of ${of}`);
  return memory.run((scope) => {
    const { matrix: id, halved } = scope.place(weight);
    return formOf(scope, { id, rows, columns, halved }, left, right);
  });
}

function multiply(
  memory: Memory,
  w: WeightLike | StoredMatrix,
  x: FloatArray,
  options: MultiplyOptions | undefined,
): Float64Array {
  const weight = readStored(w);
  const given = readOptions<MultiplyOptions>(options, ["adjoint"]);
  const adjoint = readFlag("options.adjoint", given.adjoint, false);
  const [from, to] = adjoint ? (["rows", "columns"] as const) : (["columns", "rows"] as const);
  const of = `one entry for each of the ${from} of ${matrixInWords(weight)}`;
  const vector = readVector("x", x, weight.layout[from], of);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const image = scope.buffer(1, weight.layout[to]);
    (stored && lease.halved ? stored : door).multiply(
      lease.matrix,
      lease.rows,
      lease.columns,
      adjoint,
      scope.vector(vector),
      image,
    );
    const product = scope.values(image, weight.layout[to]);
    // Every NaN and infinity of W is in here, whatever it is multiplied with: this says where.
    if (!product.every(Number.isFinite)) frobeniusOf(lease);
    return product;
  });
}
