/**
 * Stored spectral normalization, resolved: the weight as the network uses it, or the raw one, under its plain name, and the
 * vectors of power iteration gone.
 *
 * @module
 */
import { FormatError, NonFiniteError } from "../../engine/errors.js";
import type { Engine, FloatArray } from "../../types.js";
import { bytesInMemory } from "../budget.js";
import { at } from "../formats/format.js";
import { isRead, type ListedTensor } from "../listed.js";
import type { CheckpointSource } from "../sources/source.js";
import { type Multiply, steppedSigma } from "../stored-last.js";
import { fits, type Weighing, weighingOf } from "../stored-norm.js";
import { type Elements, elements } from "../tensor.js";
import type { Checkpoint } from "../types.js";
import { axisOf } from "../weight.js";
import { roundTo } from "../write/encode.js";
import { type Normalized, storedNormalizations } from "./normalizations.js";
import { type Norms, normOptions, readKeys, repairKeys, streamingKeys } from "./options.js";
import { type Computed, inMatrix, repair, type Work } from "./run.js";
import { divideStreamed, isTooLarge, type Streamed } from "./streamed.js";
import type { BakeOptions, Repair, RepairOptions } from "./types.js";

/**
 * Writes a checkpoint without spectral normalization that computes the same in evaluation: PyTorch's weights divided by
 * uᵀWv, Flax's by the σ of one step from the stored u, Keras's as they are; under their plain names, and the vectors gone.
 *
 * @param engine Computes, as `load` of `spectral-norm` gives it.
 * @param source What to read, as `openCheckpoint` takes it.
 * @throws {SpectralNormError} As {@link normalizeCheckpoint}; `FORMAT` also where the vectors do not fit.
 * @example (await bakeCheckpoint(engine, file)).tensors // []
 */
export async function bakeCheckpoint(
  engine: Engine,
  source: CheckpointSource,
  options: BakeOptions = {},
): Promise<Repair> {
  const given = readKeys<BakeOptions>(options, streamingKeys);
  const norms = normOptions(engine, given);
  return await repair(source, given, (work) => {
    resolve(work, (normalized) => {
      const { dialect } = normalized;
      return dialect === "keras" ? undefined : () => bake(norms, work, normalized);
    });
  });
}

/**
 * Writes a checkpoint without spectral normalization: the raw weights under their plain names, without dividing, and the
 * vectors gone.
 *
 * @param source What to read, as `openCheckpoint` takes it.
 * @throws {SpectralNormError} `FORMAT`: it is no checkpoint. `OPTION`, `TYPE`: an argument is wrong, or a file cannot be
 *   written.
 * @example (await stripCheckpoint(file)).removed // []
 */
export async function stripCheckpoint(source: CheckpointSource, options: RepairOptions = {}): Promise<Repair> {
  const given = readKeys<RepairOptions>(options, repairKeys);
  return await repair(source, given, (work) => resolve(work, () => undefined));
}

function resolve(work: Work, compute: (normalized: Normalized) => (() => Promise<Computed>) | undefined): void {
  for (const normalized of storedNormalizations(work.named)) {
    const { tensor, plain, gone, dialect } = normalized;
    if (!work.isWanted(tensor)) continue;
    if (dialect === "torch") checkAlone(work, normalized);
    const making = compute(normalized);
    work.changes.push({ tensor, name: plain, compute: making });
    for (const name of gone) if (!work.removed.includes(name)) work.removed.push(name);
    const { name: from, shape, dtype } = tensor;
    if (making === undefined) {
      const note = dialect === "keras" ? "Keras evaluates with the kernel as it is" : null;
      work.rows.push({ name: plain, from, shape, dtype, before: null, after: null, note });
    }
  }
}

/** Another parametrization of the same weight would be lost. */
function checkAlone({ checkpoint, named }: Work, { tensor, gone }: Normalized): void {
  const stem = tensor.name.slice(0, -"original".length);
  const other = [...named.keys()].find((name) => name.startsWith(stem) && name !== tensor.name && !gone.includes(name));
  if (other === undefined) return;
  const where = at(checkpoint.name, tensor.name);
  throw new FormatError(`${where} expected to have no parametrization but spectral normalization, got ${other}`);
}

async function bake(norms: Norms, { checkpoint, places }: Work, normalized: Normalized): Promise<Computed> {
  const { tensor, stored } = normalized;
  const where = at(checkpoint.name, tensor.name);
  const axis = "v" in stored ? axisOf(tensor.shape, norms.axis, stored) : tensor.shape.length - 1;
  const divisor = (weighing: Weighing) => divisorOf(checkpoint, where, normalized, axis, weighing);
  if (isTooLarge(norms, bytesInMemory(tensor, axis))) {
    const weight: Streamed = { norms, checkpoint, tensor, axis, where, from: places.get(tensor.name) as Elements };
    const divided = await divideStreamed(weight, (matrix) => divisor(weighingOf(matrix, tensor.shape, axis)));
    return { ...divided, note: null };
  }
  return await inMatrix(norms, checkpoint, tensor, axis, async (matrix) => {
    const { engine, search } = norms;
    const before = engine.spectralNorm(matrix, search);
    const sigma = await divisor({
      form: (u, v) => engine.bilinearForm(matrix, u, v),
      multiply: (x, adjoint) => engine.multiply(matrix, x, { adjoint }),
    });
    const { view } = matrix;
    for (let i = 0; i < view.length; i++) view[i] = (view[i] as number) / sigma;
    roundTo(tensor.dtype, view, where);
    return { before, after: engine.spectralNorm(matrix, search), note: null };
  });
}

async function divisorOf(
  checkpoint: Checkpoint,
  where: string,
  { tensor: { shape }, stored }: Normalized,
  axis: number,
  { form, multiply }: Weighing,
): Promise<number> {
  const u = await vectorOf(checkpoint, where, stored.u);
  if (!("v" in stored)) {
    const { value, note } = await steppedSigma(stored, u, multiply as Multiply);
    if (value === null) throw new FormatError(`${where} expected a σ by its stored u, but ${note}`);
    // Flax divides by 1 then.
    return value === 0 ? 1 : value;
  }
  const v = await vectorOf(checkpoint, where, stored.v);
  if (!fits(shape, axis, stored)) {
    const lengths = `${elements(stored.u.shape)} and ${elements(stored.v.shape)}`;
    throw new FormatError(`${where} expected u and v that fit one of its axes, got ${lengths} entries`);
  }
  const sigma = await form(...(axis === shape.length - 1 ? ([v, u] as const) : ([u, v] as const)));
  if (sigma !== 0) return sigma;
  throw new NonFiniteError(`${where} expected a stored σ other than 0, by which PyTorch divides, got 0`);
}

async function vectorOf(checkpoint: Checkpoint, where: string, vector: ListedTensor): Promise<FloatArray> {
  if (!isRead(vector)) throw new FormatError(`${where} expected a vector of floats beside it, got ${vector.dtype}`);
  const { data } = await checkpoint.read(vector.name);
  const wrong = data.find((entry) => !Number.isFinite(entry));
  if (wrong === undefined) return data;
  throw new NonFiniteError(`${at(checkpoint.name, vector.name)} expected finite numbers, got ${wrong}`);
}
