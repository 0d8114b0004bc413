/**
 * The audit of one weight.
 *
 * @module
 */
import type { DominantTriplet, Engine, FloatArray, SpectralNormOptions, WasmMatrix } from "../types.js";
import { engineDtypes } from "./decode.js";
import { type StoredVectors, storedVectors } from "./stored.js";
import { elements } from "./tensor.js";
import type { Checkpoint, CheckpointTensor, UnreadTensor } from "./types.js";

/** An output axis that is the same for a whole checkpoint. */
export type Axis = 0 | 1 | "last";

/** A weight and its norms. Numbers are null where {@link AuditedTensor.error} says why. */
export interface AuditedTensor {
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
  /** uᵀWv, by which PyTorch divides the weight; null for a weight that is not under spectral normalization. */
  readonly storedSigma: number | null;
  /** ‖W‖₂/|uᵀWv|, the spectral norm of the weight as the network uses it; null where there is no stored σ, or it is 0. */
  readonly effectiveNorm: number | null;
  /** Whether the spectral norm has the accuracy asked for. */
  readonly converged: boolean | null;
  /** Passes over the matrix. */
  readonly iterations: number | null;
  /** Why stored vectors were not used; null when they were or when there are none. */
  readonly note: string | null;
  /** Why there are no numbers: `NON_FINITE` names row and column; `OUT_OF_MEMORY`; `SHAPE`, too large. Null when there are. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What the audit of a weight needs beside the weight. */
export interface WeightContext {
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
  readonly axis: Axis;
  readonly sliceBytes: number;
  readonly search: SpectralNormOptions;
  readonly named: ReadonlyMap<string, CheckpointTensor | UnreadTensor>;
}

/** Reads a weight of two or more dimensions and measures it. */
export async function auditWeight(context: WeightContext, tensor: CheckpointTensor): Promise<AuditedTensor> {
  const { name, shape, dtype } = tensor;
  const stored = storedVectors(name, context.named);
  const axis = axisOf(shape, context.axis, stored);
  try {
    return { name, shape, dtype, axis, ...(await measure(context, tensor, axis, stored)), error: null };
  } catch (thrown) {
    const error = rowError(thrown);
    return { name, shape, dtype, axis, ...nothing, error };
  }
}

type Measured = Omit<AuditedTensor, "name" | "shape" | "dtype" | "axis" | "error">;

const nothing: Measured = {
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
function rowError(thrown: unknown): { code: string; message: string } {
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
    const sigma = stored === undefined ? noSigma : await storedSigma(context, matrix, shape, axis, stored);
    return { ...numbers(triplet, frobeniusNorm, sigma.value), note: sigma.note };
  } finally {
    matrix.free();
  }
}

function numbers(triplet: DominantTriplet, frobeniusNorm: number, storedSigma: number | null): Omit<Measured, "note"> {
  const { sigma, converged, iterations } = triplet;
  const ratio = sigma === 0 ? 0 : frobeniusNorm / sigma;
  return {
    spectralNorm: sigma,
    frobeniusNorm,
    stableRank: ratio * ratio,
    storedSigma,
    // A σ of 0 makes PyTorch divide by zero: there is no weight in use whose norm could be given.
    effectiveNorm: storedSigma === null || storedSigma === 0 ? null : sigma / Math.abs(storedSigma),
    converged,
    iterations,
  };
}

interface StoredSigma {
  readonly value: number | null;
  readonly note: string | null;
}

const noSigma: StoredSigma = { value: null, note: null };

async function storedSigma(
  context: WeightContext,
  matrix: WasmMatrix,
  shape: readonly number[],
  axis: number,
  stored: StoredVectors,
): Promise<StoredSigma> {
  if (!fits(shape, axis, stored)) {
    const lengths = `${elements(stored.u.shape)} and ${elements(stored.v.shape)}`;
    return { value: null, note: `its stored u and v have ${lengths} entries, which fit no axis of it` };
  }
  const u = await readVector(context, stored.u);
  const v = await readVector(context, stored.v);
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

async function readVector(
  { checkpoint, sliceBytes }: WeightContext,
  tensor: CheckpointTensor | UnreadTensor,
): Promise<FloatArray | undefined> {
  if ("reason" in tensor) return undefined;
  return (await checkpoint.read(tensor.name, { bytes: sliceBytes })).data;
}
