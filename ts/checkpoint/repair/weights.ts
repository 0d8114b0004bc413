/**
 * Weights brought to a norm: normalized, projected, scaled.
 *
 * @module
 */
import { InternalError } from "../../engine/errors.js";
import { readChoice, readPositive } from "../../engine/validate.js";
import type { Engine, WasmMatrix, Weight } from "../../types.js";
import { at } from "../formats/format.js";
import { isRead } from "../listed.js";
import type { CheckpointSource } from "../sources/source.js";
import { storedVectors } from "../stored.js";
import type { CheckpointTensor } from "../types.js";
import { axisOf } from "../weight.js";
import { roundTo } from "../write/encode.js";
import { storedNormalizations } from "./normalizations.js";
import { measuringKeys, type Norms, normOptions, readKeys } from "./options.js";
import { type Computed, repair, type Work, withMatrix } from "./run.js";
import type { ClipCheckpointOptions, NormalizeCheckpointOptions, Repair } from "./types.js";

/** Brings the weight in the matrix to its norm, leaves it there, and tells its norm before. */
type Bring = (matrix: WasmMatrix) => number;

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
  const given = readKeys<NormalizeCheckpointOptions>(options, [...measuringKeys, "target", "certainty"]);
  const norms = normOptions(engine, given);
  const { target = 1 } = given;
  const isProven = readCertainty(given);
  // The engine judges a target.
  engine.spectralNormalize([[1]], { target });
  const { search } = norms;
  const bring: Bring = (matrix) => engine.spectralNormalize(matrix, { ...search, target, out: matrix }).sigma;
  return await repair(source, given, (work) => planWeights(work, norms, bring, isProven ? target : undefined));
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
  const given = readKeys<ClipCheckpointOptions>(options, [...measuringKeys, "maxNorm", "by", "certainty"]);
  const norms = normOptions(engine, given);
  const maxNorm = readPositive("options.maxNorm", given.maxNorm, 1);
  const by = readChoice("options.by", given.by, ["projection", "scale"]);
  const isProven = readCertainty(given);
  const { search } = norms;
  const scale: Bring = (matrix) =>
    engine.spectralNormalize(matrix, { ...search, target: maxNorm, mode: "shrink", out: matrix }).sigma;
  const project: Bring = (matrix) => projectTo(norms, matrix, maxNorm);
  const bring = by === "scale" ? scale : project;
  return await repair(source, given, (work) => planWeights(work, norms, bring, isProven ? maxNorm : undefined));
}

/** In double precision, for the singular vectors to have the accuracy that those of single precision cannot have. */
function projectTo({ engine, search }: Norms, matrix: WasmMatrix, maxNorm: number): number {
  const sigma = engine.spectralNorm(matrix, search);
  const { tolerance = USUAL_TOLERANCE } = search;
  if (sigma * (1 + 2 * tolerance) <= maxNorm) return sigma;
  const weight = { data: Float64Array.from(matrix.view), shape: matrix.shape, axis: matrix.axis };
  try {
    engine.clipSpectral(weight, maxNorm, { ...search, out: weight.data });
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code !== "CONVERGENCE") throw thrown;
    projectByOne(engine, weight, maxNorm, search);
  }
  matrix.view.set(weight.data);
  return sigma;
}

/**
 * One singular value after the other, each the largest of what is left: the engine looks for several at once, and also wants
 * those far below the limit to be accurate, which next to a large one they cannot be.
 */
function projectByOne(engine: Engine, weight: Weight<Float64Array>, maxNorm: number, search: Norms["search"]): void {
  const { data } = weight;
  const rest = { ...weight, data: data.slice() };
  for (;;) {
    const { sigma, gradient } = engine.spectralNormGradient(rest, search);
    if (sigma <= maxNorm) return;
    for (const [i, entry] of gradient.entries()) {
      data[i] = (data[i] as number) - (sigma - maxNorm) * entry;
      rest.data[i] = (rest.data[i] as number) - sigma * entry;
    }
  }
}

const USUAL_TOLERANCE = 1e-6;

function readCertainty({ certainty }: Partial<NormalizeCheckpointOptions>): boolean {
  return readChoice("options.certainty", certainty, ["estimate", "rigorous"]) === "rigorous";
}

/** @param proven The norm that is not to be exceeded, by proof; undefined without one. */
function planWeights(work: Work, norms: Norms, bring: Bring, proven: number | undefined): void {
  const { named, checkpoint, isWanted, changes } = work;
  const vectors = new Set(storedNormalizations(named).flatMap(({ gone }) => gone));
  for (const tensor of named.values()) {
    const { name, shape } = tensor;
    if (!isRead(tensor) || shape.length < 2 || shape.includes(0) || vectors.has(name) || !isWanted(tensor)) continue;
    const stored = storedVectors(name, named);
    const axis = axisOf(shape, norms.axis, stored);
    const note = stored === undefined ? null : "PyTorch divides it by its stored σ all the same: bake first";
    const compute = () =>
      withMatrix(norms, checkpoint, tensor, axis, (matrix) => {
        const told = bringTo(norms, matrix, tensor, at(checkpoint.name, name), bring, proven);
        return { ...told, note };
      });
    changes.push({ tensor, name, compute });
  }
}

function bringTo(
  { engine, search }: Norms,
  matrix: WasmMatrix,
  { dtype }: CheckpointTensor,
  where: string,
  bring: Bring,
  proven: number | undefined,
): Omit<Computed, "note"> {
  const before = bring(matrix);
  const brought = matrix.view.slice();
  roundTo(dtype, brought, where);
  matrix.view.set(brought);
  if (proven === undefined) return { data: brought, before, after: engine.spectralNorm(matrix, search) };
  let [data, upper] = [brought, upperBound(engine, matrix)];
  // Rounding may have added to the norm. What is proved is of the numbers as they are stored, whatever it added.
  let factor = 1;
  for (let attempt = 0; upper > proven; attempt++) {
    if (attempt === ATTEMPTS) throw new InternalError(`${where} expected a norm of at most ${proven}, got ${upper}`);
    factor *= (proven / upper) * (1 - LEAST_STEP * 4 ** attempt);
    data = brought.map((entry) => entry * factor);
    roundTo(dtype, data, where);
    matrix.view.set(data);
    upper = upperBound(engine, matrix);
  }
  return { data, before, after: upper };
}

// The last attempt but one divides by two, in which no rounding of a float can be seen.
const LEAST_STEP = 2 ** -29;
const ATTEMPTS = 15;

function upperBound(engine: Engine, matrix: WasmMatrix): number {
  return engine.spectralNormBounds(matrix, { certainty: "rigorous" }).upper;
}
