/**
 * Weights brought to a norm: normalized, projected, scaled.
 *
 * @module
 */
import { InternalError } from "../../engine/errors.js";
import { readChoice, readPositive } from "../../engine/validate.js";
import type { Engine, WasmMatrix, Weight } from "../../types.js";
import { bytesInMemory } from "../budget.js";
import { at } from "../formats/format.js";
import { isRead } from "../listed.js";
import type { CheckpointSource } from "../sources/source.js";
import { storedVectors } from "../stored.js";
import type { Elements } from "../tensor.js";
import type { CheckpointTensor } from "../types.js";
import { axisOf } from "../weight.js";
import { roundTo } from "../write/encode.js";
import { storedNormalizations } from "./normalizations.js";
import { type Norms, normOptions, readKeys, streamingKeys, USUAL_TOLERANCE } from "./options.js";
import { type Computed, inMatrix, repair, type Work } from "./run.js";
import { bringStreamed, bytesToProject, isTooLarge, type Quotient, refusal, type Streamed } from "./streamed.js";
import type { ClipCheckpointOptions, NormalizeCheckpointOptions, Repair } from "./types.js";

/** What is to become of weights. */
interface Aim {
  readonly norms: Norms;
  /** Brings the weight in the matrix to its norm, leaves it there, and tells its norm before. */
  readonly bring: (matrix: WasmMatrix) => number;
  /** The same of one that stays in its file; undefined where it has the norm already. */
  readonly quotientFor: (weight: Streamed, sigma: number) => Quotient | undefined;
  /** The norm that is not to be exceeded, by proof; undefined without one. */
  readonly proven: number | undefined;
  /** The bytes that this takes in memory. */
  readonly bytesFor: (tensor: CheckpointTensor, axis: number) => number;
}

/**
 * Writes a checkpoint in which every weight, which is a tensor of at least two dimensions, has the spectral norm `target`.
 * All other bytes are those of the original, where the format stays. The numbers are rounded to the type of each weight, and
 * the norms that are told are those of what is stored. A weight of zeros stays as it is.
 *
 * @param engine Computes, as `load` of `spectral-norm` gives it.
 * @param source What to read, as `openCheckpoint` takes it.
 * @throws {SpectralNormError} `FORMAT`: it is no checkpoint. `OPTION`, `TYPE`: an argument is wrong, or a file cannot be
 *   written. `NON_FINITE`, `CONVERGENCE`, `OUT_OF_MEMORY`, `SHAPE`: about a weight; nothing is written then.
 * @example (await normalizeCheckpoint(engine, file)).tensors.map(({ name, before }) => [name, before]) // [["w",4]]
 */
export async function normalizeCheckpoint(
  engine: Engine,
  source: CheckpointSource,
  options: NormalizeCheckpointOptions = {},
): Promise<Repair> {
  const given = readKeys<NormalizeCheckpointOptions>(options, [...streamingKeys, "target", "certainty"]);
  const norms = normOptions(engine, given);
  const { target = 1 } = given;
  const isProven = readCertainty(given);
  // The engine judges a target.
  engine.spectralNormalize([[1]], { target });
  const { search } = norms;
  const aim: Aim = {
    norms,
    bring: (matrix) => engine.spectralNormalize(matrix, { ...search, target, out: matrix }).sigma,
    quotientFor: (_, sigma) => ({ over: target, under: sigma }),
    proven: isProven ? target : undefined,
    bytesFor: bytesInMemory,
  };
  return await repair(source, given, (work) => planWeights(work, aim));
}

/**
 * Writes a checkpoint in which no weight has a spectral norm of more than `maxNorm`: weights that have are projected, or
 * divided. All other bytes are those of the original, where the format stays.
 *
 * @param engine Computes, as `load` of `spectral-norm` gives it.
 * @param source What to read, as `openCheckpoint` takes it.
 * @throws {SpectralNormError} As {@link normalizeCheckpoint}.
 * @example (await clipCheckpoint(engine, file, { maxNorm: 2 })).tensors.map(({ name, after }) => [name, after]) // [["w",2]]
 */
export async function clipCheckpoint(
  engine: Engine,
  source: CheckpointSource,
  options: ClipCheckpointOptions,
): Promise<Repair> {
  const given = readKeys<ClipCheckpointOptions>(options, [...streamingKeys, "maxNorm", "by", "certainty"]);
  const norms = normOptions(engine, given);
  const maxNorm = readPositive("options.maxNorm", given.maxNorm, 1);
  const by = readChoice("options.by", given.by, ["projection", "scale"]);
  const isProven = readCertainty(given);
  const { search } = norms;
  const scale: Aim["bring"] = (matrix) =>
    engine.spectralNormalize(matrix, { ...search, target: maxNorm, mode: "shrink", out: matrix }).sigma;
  const isScaled = by === "scale";
  const aim: Aim = {
    norms,
    bring: isScaled ? scale : (matrix) => projectTo(norms, matrix, maxNorm),
    quotientFor: (weight, sigma) => {
      if (sigma <= (isScaled ? maxNorm : withTolerance(maxNorm, norms))) return undefined;
      if (isScaled) return { over: maxNorm, under: sigma };
      const remedy = 'give more by "memory", or divide weights as a whole by "scale"';
      throw refusal(weight, "a projection", bytesToProject(weight.tensor, weight.axis), remedy);
    },
    proven: isProven ? maxNorm : undefined,
    bytesFor: isScaled ? bytesInMemory : bytesToProject,
  };
  return await repair(source, given, (work) => planWeights(work, aim));
}

/** In double precision, for the singular vectors to have the accuracy that those of single precision cannot have. */
function projectTo(norms: Norms, matrix: WasmMatrix, maxNorm: number): number {
  const { engine, search } = norms;
  const sigma = engine.spectralNorm(matrix, search);
  if (sigma <= withTolerance(maxNorm, norms)) return sigma;
  // In the engine's memory, where what is given back serves the next weight.
  const weight = engine.matrix(matrix.shape, { dtype: "float64", axis: matrix.axis });
  try {
    weight.view.set(matrix.view);
    engine.clipSpectral(weight, maxNorm, { ...search, out: weight });
    matrix.view.set(weight.view);
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code !== "CONVERGENCE") throw thrown;
    const { shape, axis } = weight;
    matrix.view.set(projectByOne(engine, { data: weight.view.slice() as Float64Array, shape, axis }, maxNorm, search));
  } finally {
    weight.free();
  }
  return sigma;
}

/** The largest norm that may be above the limit by its tolerance alone. */
function withTolerance(maxNorm: number, { search: { tolerance = USUAL_TOLERANCE } }: Norms): number {
  return maxNorm / (1 + 2 * tolerance);
}

/**
 * One singular value after the other, each the largest of what is left: the engine looks for several at once, and also wants
 * those far below the limit to be accurate, which next to a large one they cannot be.
 */
function projectByOne(
  engine: Engine,
  weight: Weight<Float64Array>,
  maxNorm: number,
  search: Norms["search"],
): Float64Array {
  const { data } = weight;
  const rest = { ...weight, data: data.slice() };
  for (;;) {
    const { sigma, gradient } = engine.spectralNormGradient(rest, search);
    if (sigma <= maxNorm) return data;
    for (const [i, entry] of gradient.entries()) {
      data[i] = (data[i] as number) - (sigma - maxNorm) * entry;
      rest.data[i] = (rest.data[i] as number) - sigma * entry;
    }
  }
}

function readCertainty({ certainty }: Partial<NormalizeCheckpointOptions>): boolean {
  return readChoice("options.certainty", certainty, ["estimate", "rigorous"]) === "rigorous";
}

function planWeights(work: Work, aim: Aim): void {
  const { named, isWanted, changes } = work;
  const vectors = new Set(storedNormalizations(named).flatMap(({ gone }) => gone));
  for (const tensor of named.values()) {
    const { name, shape } = tensor;
    if (!isRead(tensor) || shape.length < 2 || shape.includes(0) || vectors.has(name) || !isWanted(tensor)) continue;
    const stored = storedVectors(name, named);
    const axis = axisOf(shape, aim.norms.axis, stored);
    const note = stored === undefined ? null : "PyTorch divides it by its stored σ all the same: bake first";
    changes.push({ tensor, name, compute: async () => ({ ...(await bringOne(work, aim, tensor, axis)), note }) });
  }
}

async function bringOne(
  { checkpoint, places }: Work,
  aim: Aim,
  tensor: CheckpointTensor,
  axis: number,
): Promise<Omit<Computed, "note">> {
  const { norms, quotientFor, bytesFor } = aim;
  const where = at(checkpoint.name, tensor.name);
  if (!isTooLarge(norms, bytesFor(tensor, axis))) {
    return await inMatrix(norms, checkpoint, tensor, axis, (matrix) => bringTo(aim, matrix, tensor, where));
  }
  const weight: Streamed = { norms, checkpoint, tensor, axis, where, from: places.get(tensor.name) as Elements };
  if (aim.proven !== undefined) {
    throw refusal(weight, "a proof", bytesFor(tensor, axis), 'give more by "memory", or leave it to "estimate"');
  }
  return await bringStreamed(weight, (sigma) => quotientFor(weight, sigma));
}

function bringTo(
  { norms: { engine, search }, bring, proven }: Aim,
  matrix: WasmMatrix,
  { dtype }: CheckpointTensor,
  where: string,
): Pick<Computed, "before" | "after"> {
  const before = bring(matrix);
  roundTo(dtype, matrix.view, where);
  if (proven === undefined) return { before, after: engine.spectralNorm(matrix, search) };
  let upper = upperBound(engine, matrix);
  if (upper <= proven) return { before, after: upper };
  // Rounding may have added to the norm. What is proved is of the numbers as they are stored, whatever it added.
  const brought = matrix.view.slice();
  let factor = 1;
  for (let attempt = 0; upper > proven; attempt++) {
    if (attempt === ATTEMPTS) throw new InternalError(`${where} expected a norm of at most ${proven}, got ${upper}`);
    factor *= (proven / upper) * (1 - LEAST_STEP * 4 ** attempt);
    const { view } = matrix;
    for (let i = 0; i < view.length; i++) view[i] = (brought[i] as number) * factor;
    roundTo(dtype, view, where);
    upper = upperBound(engine, matrix);
  }
  return { before, after: upper };
}

// The last attempt but one divides by two, in which no rounding of a float can be seen.
const LEAST_STEP = 2 ** -29;
const ATTEMPTS = 15;

function upperBound(engine: Engine, matrix: WasmMatrix): number {
  return engine.spectralNormBounds(matrix, { certainty: "rigorous" }).upper;
}
