/**
 * The audit of a checkpoint: the norms of every weight in it, one after the other, so that memory holds one at a time.
 *
 * @module
 */

import { type Checkpoint, type CheckpointSource, openCheckpoint } from "../checkpoint.js";
import { describe } from "../engine/describe.js";
import { OptionError } from "../engine/errors.js";
import type { Engine, SpectralNormOptions } from "../types.js";
import { SLICE_BYTES } from "./tensor.js";
import type { CheckpointTensor, UnreadTensor } from "./types.js";
import { type AuditedTensor, type Axis, auditWeight, type WeightContext } from "./weight.js";

/** Options of {@link audit}. */
export interface AuditOptions extends Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed"> {
  /**
   * The output axis of weights with more than two dimensions: 0 (default) for PyTorch, `"last"` for Keras and
   * TensorFlow. PyTorch's transposed convolutions have it at 1, which a checkpoint does not say, except for weights
   * under spectral normalization, where the length of the stored u does: those are read along the axis that it fits.
   */
  readonly axis?: Axis | undefined;
  /** Bytes to read at once, an integer of at least 8. Default 4 MiB. */
  readonly sliceBytes?: number | undefined;
  /** Called before each weight is read. */
  readonly onWeight?: ((tensor: CheckpointTensor, index: number, count: number) => void) | undefined;
}

/** Why a tensor is not audited. */
export type SkipReason = "integer" | "unsupported" | "empty" | "scalar" | "vector";

/** A tensor that is not audited. */
export interface SkippedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /**
   * `"integer"` or boolean; `"unsupported"`: other floats, complex numbers, strings; `"empty"`: a dimension is 0;
   * `"scalar"` and `"vector"`: fewer than two dimensions.
   */
  readonly reason: SkipReason;
}

/** What {@link audit} finds in a file. */
export interface Audit {
  /** The name of the source. */
  readonly file: string;
  /** The output axis asked for. */
  readonly axis: Axis;
  /** The weights, in the order of the file. */
  readonly tensors: readonly AuditedTensor[];
  /** All other tensors, in the same order. */
  readonly skipped: readonly SkippedTensor[];
}

/**
 * The norms of every weight of a checkpoint. A weight that is not finite, or does not fit in memory, does not stop the
 * audit: its row says so.
 *
 * @param source A checkpoint of any format that {@link openCheckpoint} reads.
 * @throws {FormatError} When it is none.
 * @throws {SpectralNormError} `OPTION`, before anything is read.
 */
export async function audit(engine: Engine, source: CheckpointSource, options: AuditOptions = {}): Promise<Audit> {
  const { axis = 0, sliceBytes = SLICE_BYTES, onWeight, ...search } = options;
  checkOptions(engine, axis, sliceBytes, search);
  const checkpoint = await openCheckpoint(source);
  try {
    return await auditAll({ engine, checkpoint, axis, sliceBytes, search, named: byName(checkpoint) }, onWeight);
  } finally {
    await checkpoint.close();
  }
}

async function auditAll(work: WeightContext, onWeight: AuditOptions["onWeight"]): Promise<Audit> {
  const { checkpoint, axis } = work;
  const tensors: AuditedTensor[] = [];
  const skipped: SkippedTensor[] = [];
  const all = checkpoint.names.flatMap((name) => work.named.get(name) ?? []);
  const count = all.filter((tensor) => skipReason(tensor) === undefined).length;
  for (const tensor of all) {
    const { name, shape, dtype } = tensor;
    const reason = skipReason(tensor);
    if (reason === undefined) {
      onWeight?.(tensor as CheckpointTensor, tensors.length, count);
      tensors.push(await auditWeight(work, tensor as CheckpointTensor));
    } else {
      skipped.push({ name, shape, dtype, reason });
    }
  }
  return { file: checkpoint.name, axis, tensors, skipped };
}

function byName({ tensors, skipped }: Checkpoint): ReadonlyMap<string, CheckpointTensor | UnreadTensor> {
  return new Map([...tensors, ...skipped].map((tensor) => [tensor.name, tensor]));
}

/** Whether every weight could be measured to the accuracy asked for. */
export function isComplete(audit: Audit): boolean {
  return audit.tensors.every((row) => row.error === null && row.converged === true);
}

function checkOptions(engine: Engine, axis: unknown, sliceBytes: unknown, search: SpectralNormOptions): void {
  if (axis !== 0 && axis !== 1 && axis !== "last") {
    throw new OptionError(`"axis" expected 0 (PyTorch), 1 or "last" (Keras, TensorFlow), got ${describe(axis)}`);
  }
  if (!(Number.isSafeInteger(sliceBytes) && (sliceBytes as number) >= 8)) {
    throw new OptionError(`"sliceBytes" expected an integer of at least 8, got ${describe(sliceBytes)}`);
  }
  // The engine judges its own options; a matrix of one entry makes it do so before a file of gigabytes is read.
  engine.dominantTriplet([[1]], search);
}

function skipReason(tensor: CheckpointTensor | UnreadTensor): SkipReason | undefined {
  const { shape } = tensor;
  if ("reason" in tensor) return tensor.reason;
  if (shape.includes(0)) return "empty";
  if (shape.length === 0) return "scalar";
  return shape.length === 1 ? "vector" : undefined;
}
