/**
 * The audit of one weight.
 *
 * @module
 */
import type { DominantTriplet, Engine, FloatArray, SpectralNormOptions, WasmMatrix } from "../types.js";
import { engineDtypes } from "./decode.js";
import { type Detail, type DetailOptions, type Dialect, derived, measureDetail, noDetail } from "./detail.js";
import type { LayerOptions } from "./layers.js";
import { isRead, type ListedTensor } from "./listed.js";
import { type OperatorNorm, operatorNorm } from "./operator.js";
import { type StoredVectors, storedVectors } from "./stored.js";
import { steppedSigma, storedVector } from "./stored-last.js";
import { elements } from "./tensor.js";
import type { Checkpoint, CheckpointTensor } from "./types.js";

/** An output axis that is the same for a whole checkpoint. */
export type Axis = 0 | 1 | "last";

/** A weight and its norms. Numbers are null where {@link AuditedTensor.error} says why. */
export interface AuditedTensor extends Detail {
  readonly name: string;
  readonly shape: readonly number[];
  /** By its safetensors name. */
  readonly dtype: string;
  /** The axis whose slices are the rows of the matrix. */
  readonly axis: number;
  /** ‖W‖₂ of the weight as stored. When {@link AuditedTensor.converged} is false, the true one is larger. */
  readonly spectralNorm: number | null;
  readonly frobeniusNorm: number | null;
  /** ‖W‖_F²/‖W‖₂²; 0 for a zero matrix. */
  readonly stableRank: number | null;
  /**
   * The norm by the stored vectors: uᵀWv, by which PyTorch divides the weight; after one step from the stored u, what Flax
   * divides by in evaluation and Keras in its next pass in training. Null where there is no spectral normalization.
   */
  readonly storedSigma: number | null;
  /**
   * The spectral norm of the weight as the network uses it: ‖W‖₂/|stored σ|, and with Keras, which evaluates with the kernel
   * as it is, ‖W‖₂. Null where there is no stored σ, or it is 0.
   */
  readonly effectiveNorm: number | null;
  /** Whether the spectral norm has the accuracy asked for. */
  readonly converged: boolean | null;
  /** Passes over the matrix. */
  readonly iterations: number | null;
  /** Why stored vectors were not used; null when they were or when there are none. */
  readonly note: string | null;
  /**
   * Why there are no numbers: `NON_FINITE` names row and column; `OUT_OF_MEMORY`; `SHAPE`, too large; `WORKER`, the threads or
   * processes that measured it ended before they were done. Null when there are.
   */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What the audit of a weight needs beside the weight. */
export interface WeightContext {
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
  readonly axis: Axis;
  readonly sliceBytes: number;
  readonly search: Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed">;
  readonly named: ReadonlyMap<string, ListedTensor>;
  /** What to find out beyond the norms; undefined is nothing that takes time. */
  readonly detail: DetailOptions | undefined;
  readonly layers: ReadonlyMap<string, LayerOptions>;
}

/** Reads a weight of two or more dimensions and measures it. */
export async function auditWeight(context: WeightContext, tensor: CheckpointTensor): Promise<AuditedTensor> {
  const { name, shape, dtype } = tensor;
  const stored = storedVectors(name, context.named);
  const axis = axisOf(shape, context.axis, stored);
  try {
    return { name, shape, dtype, axis, ...(await measure(context, tensor, axis, stored)), error: null };
  } catch (thrown) {
    return failedWeight(context, tensor, rowError(thrown));
  }
}

/** The row of a weight that was not measured. */
export function failedWeight(
  { named, axis: asked }: Pick<WeightContext, "named" | "axis">,
  { name, shape, dtype }: CheckpointTensor,
  error: NonNullable<AuditedTensor["error"]>,
): AuditedTensor {
  return { name, shape, dtype, axis: axisOf(shape, asked, storedVectors(name, named)), ...nothing, error };
}

type Measured = Omit<AuditedTensor, "name" | "shape" | "dtype" | "axis" | "error">;

/** What there is to tell of a weight that could not be measured. */
export const nothing: Measured = {
  ...noDetail,
  spectralNorm: null,
  frobeniusNorm: null,
  stableRank: null,
  storedSigma: null,
  effectiveNorm: null,
  converged: null,
  iterations: null,
  note: null,
};

const aboutOneWeight: ReadonlySet<string> = new Set(["NON_FINITE", "OUT_OF_MEMORY", "SHAPE"]);

/** What is about this weight only. All else, such as a file that ends early, is about the file, and thrown on. */
export function rowError(thrown: unknown): { code: string; message: string } {
  // By code, not by class: the command line has this file and the engine from two bundles.
  const { code, message } = thrown as { code?: unknown; message: string };
  if (typeof code !== "string" || !aboutOneWeight.has(code)) throw thrown;
  return { code, message };
}

function axisOf(shape: readonly number[], asked: Axis, stored: StoredVectors | undefined): number {
  const last = shape.length - 1;
  const axis = asked === "last" ? last : asked;
  // Whoever asks for the last axis means kernels; a matrix in PyTorch has u along axis 0 all the same.
  const candidates = last === 1 ? [0, 1] : [axis, 0, 1, last];
  const fitting = stored && candidates.find((candidate) => fits(shape, candidate, stored));
  return fitting ?? axis;
}

function fits(shape: readonly number[], axis: number, { u, v }: StoredVectors): boolean {
  const rows = shape[axis] as number;
  return elements(u.shape) === rows && elements(v.shape) === elements(shape) / rows;
}

async function measure(
  context: WeightContext,
  tensor: CheckpointTensor,
  axis: number,
  stored: StoredVectors | undefined,
): Promise<Measured> {
  const { name, shape, dtype } = tensor;
  const matrix = context.engine.matrix(shape, { dtype: engineDtypes[dtype], axis });
  try {
    await context.checkpoint.read(name, { into: () => matrix.view, bytes: context.sliceBytes });
    const triplet = context.engine.dominantTriplet(matrix, context.search);
    const frobeniusNorm = context.engine.frobeniusNorm(matrix);
    const sigma = await storedNorm(context, matrix, tensor, axis, stored);
    const measured = {
      ...nothing,
      ...numbers(triplet, frobeniusNorm, sigma),
      ...aside(matrix, axis, triplet, frobeniusNorm),
    };
    return { ...measured, note: sigma.note, ...lengthy(context, matrix, tensor, axis, measured) };
  } finally {
    matrix.free();
  }
}

type Numbers = "spectralNorm" | "frobeniusNorm" | "stableRank" | "storedSigma" | "effectiveNorm";
type Search = "converged" | "iterations" | "normalization" | "staleness";

function numbers(
  { sigma, converged, iterations }: DominantTriplet,
  frobeniusNorm: number,
  { value, dialect }: StoredSigma,
): Pick<Measured, Numbers | Search> {
  const ratio = sigma === 0 ? 0 : frobeniusNorm / sigma;
  // A σ of 0 makes PyTorch divide by zero: there is no weight in use whose norm could be given.
  const divided = value === null || value === 0 ? null : sigma / Math.abs(value);
  return {
    spectralNorm: sigma,
    frobeniusNorm,
    stableRank: ratio * ratio,
    storedSigma: value,
    effectiveNorm: dialect === "keras" ? sigma : divided,
    converged,
    iterations,
    normalization: dialect,
    staleness: value === null || sigma === 0 ? null : 1 - Math.abs(value) / sigma,
  };
}

/** What costs nothing more. */
function aside({ shape }: WasmMatrix, axis: number, { sigma }: DominantTriplet, frobeniusNorm: number) {
  const rows = shape[axis] as number;
  return derived(sigma, frobeniusNorm, rows, elements(shape) / rows);
}

/** What takes its time, as far as it was asked for. */
function lengthy(
  context: WeightContext,
  matrix: WasmMatrix,
  { name, shape }: CheckpointTensor,
  axis: number,
  measured: Measured,
): Partial<Detail> {
  const { engine, detail, search } = context;
  const layer = context.layers.get(name);
  if (detail === undefined && layer === undefined) return {};
  const found = measureDetail(engine, matrix, axis, detail ?? { values: 0 }, search);
  const divisor = measured.normalization === "keras" ? 1 : (measured.storedSigma ?? 1);
  let operator: OperatorNorm | null = null;
  // A divisor of 0 leaves no layer whose norm could be given.
  if (shape.length > 2 && shape.length < 6 && divisor !== 0) {
    operator = operatorNorm(engine, matrix, context.axis, found.upper as number, layer, divisor, search);
  }
  return { ...found, operator };
}

interface StoredSigma {
  readonly value: number | null;
  readonly note: string | null;
  readonly dialect: Dialect | null;
}

/** The norm by stored vectors, in whatever dialect there are some. */
async function storedNorm(
  context: WeightContext,
  matrix: WasmMatrix,
  tensor: CheckpointTensor,
  axis: number,
  stored: StoredVectors | undefined,
): Promise<StoredSigma> {
  if (stored !== undefined) {
    const { dialect } = stored;
    return { ...(await storedSigma(context, matrix, tensor.shape, axis, stored)), dialect };
  }
  const last = storedVector(tensor, context.named);
  if (last === undefined) return { value: null, note: null, dialect: null };
  const vector = await readFloats(context, last.u);
  return { ...steppedSigma(context.engine, matrix, tensor, last, vector), dialect: last.dialect };
}

async function storedSigma(
  context: WeightContext,
  matrix: WasmMatrix,
  shape: readonly number[],
  axis: number,
  stored: StoredVectors,
): Promise<Omit<StoredSigma, "dialect">> {
  if (!fits(shape, axis, stored)) {
    const lengths = `${elements(stored.u.shape)} and ${elements(stored.v.shape)}`;
    return { value: null, note: `its stored u and v have ${lengths} entries, which fit no axis of it` };
  }
  const u = await readFloats(context, stored.u);
  const v = await readFloats(context, stored.v);
  if (u === undefined || v === undefined) {
    return { value: null, note: `its stored u and v are ${stored.u.dtype} and ${stored.v.dtype}, not floats` };
  }
  if (!(u.every(Number.isFinite) && v.every(Number.isFinite))) {
    return { value: null, note: "its stored u and v are not finite" };
  }
  // PyTorch's u lies along the axis. Along the last one the engine has columns, and so its v.
  const [left, right] = axis === shape.length - 1 ? [v, u] : [u, v];
  return { value: context.engine.bilinearForm(matrix, left, right), note: null };
}

/** All elements of a tensor; undefined where they are not read. */
export async function readFloats(
  { checkpoint, sliceBytes }: Pick<WeightContext, "checkpoint" | "sliceBytes">,
  tensor: ListedTensor,
): Promise<FloatArray | undefined> {
  return isRead(tensor) ? (await checkpoint.read(tensor.name, { bytes: sliceBytes })).data : undefined;
}
