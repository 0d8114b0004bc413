/**
 * The audit of a checkpoint: the norms of every weight in it, one after the other, so that memory holds one at a time.
 *
 * @module
 */
import { type CheckpointSource, openCheckpoint } from "../checkpoint.js";
import { describe } from "../engine/describe.js";
import { OptionError } from "../engine/errors.js";
import type { Engine, SpectralNormOptions } from "../types.js";
import { type AdapterOptions, adapterPairs, auditAdapter, type Operators } from "./adapters.js";
import { widthOf } from "./decode.js";
import { checkDetail, type DetailOptions } from "./detail.js";
import { type Architecture, checkLayers } from "./layers.js";
import { isRead, type ListedTensor, listTensors } from "./listed.js";
import { boundNetwork, checkNetwork, type NetworkBound } from "./network.js";
import { elements, SLICE_BYTES } from "./tensor.js";
import type { CheckpointTensor } from "./types.js";
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
  /** What to find out beyond the norms. Default nothing. */
  readonly detail?: DetailOptions | undefined;
  /** How layers run, from a file. */
  readonly architecture?: Architecture | undefined;
  /** The package's own, with which the products of LoRA pairs are measured; without them there are none. */
  readonly operators?: Operators | undefined;
  /** α of LoRA pairs whose file does not say it, as PEFT's do not. */
  readonly loraAlpha?: number | undefined;
  /** Called before each weight is read, with its place among all and the share of their bytes that is done. */
  readonly onWeight?: ((tensor: CheckpointTensor, index: number, count: number, done: Done) => void) | undefined;
}

/** How much of the weights has been audited, in the bytes of their types, whatever a file makes of them. */
export interface Done {
  readonly bytes: number;
  readonly allBytes: number;
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
  /** The products of LoRA pairs, in the order of their first factors, which are among the weights, too. */
  readonly adapters: readonly AuditedTensor[];
  /** The bound of the network that the architecture tells; null without one, or where a weight in use is not known. */
  readonly network: NetworkBound | null;
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
  const { axis = 0, sliceBytes = SLICE_BYTES, onWeight, detail, architecture, ...rest } = options;
  const { operators, loraAlpha, ...search } = rest;
  checkOptions(engine, axis, sliceBytes, search, loraAlpha);
  checkDetail(engine, detail ?? {});
  const checkpoint = await openCheckpoint(source);
  try {
    const named = listTensors(checkpoint);
    const layers: WeightContext["layers"] = architecture?.layers ?? new Map();
    const work: WeightContext = { engine, checkpoint, axis, sliceBytes, search, named, detail, layers };
    const adapting = operators && { operators, alpha: loraAlpha, detail: detail ?? { values: 0 } };
    return await auditAll(work, architecture, adapting, onWeight);
  } finally {
    await checkpoint.close();
  }
}

async function auditAll(
  work: WeightContext,
  architecture: Architecture | undefined,
  adapting: AdapterOptions | undefined,
  onWeight: AuditOptions["onWeight"],
): Promise<Audit> {
  const { engine, checkpoint, axis, named } = work;
  if (architecture !== undefined) checkLayers(engine, architecture, named, axis);
  if (architecture?.network) checkNetwork(engine, architecture, named);
  const audited = await auditWeights(work, onWeight);
  const adapters: AuditedTensor[] = [];
  if (adapting !== undefined) {
    for (const pair of adapterPairs(named)) adapters.push(await auditAdapter(work, pair, adapting));
  }
  const network = architecture === undefined ? null : await boundNetwork(work, architecture, audited.tensors);
  return { file: checkpoint.name, axis, ...audited, adapters, network };
}

async function auditWeights(
  work: WeightContext,
  onWeight: AuditOptions["onWeight"],
): Promise<Pick<Audit, "tensors" | "skipped">> {
  const tensors: AuditedTensor[] = [];
  const skipped: SkippedTensor[] = [];
  const all = [...work.named.values()];
  const weights = all.filter(isWeight);
  const allBytes = weights.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  let bytes = 0;
  for (const tensor of all) {
    if (isWeight(tensor)) {
      onWeight?.(tensor, tensors.length, weights.length, { bytes, allBytes });
      tensors.push(await auditWeight(work, tensor));
      bytes += byteLength(tensor);
    } else {
      const { name, shape, dtype } = tensor;
      skipped.push({ name, shape, dtype, reason: skipReason(tensor) as SkipReason });
    }
  }
  return { tensors, skipped };
}

function byteLength({ dtype, shape }: CheckpointTensor): number {
  return elements(shape) * widthOf[dtype];
}

/** Whether every weight could be measured to the accuracy asked for. */
export function isComplete(audit: Audit): boolean {
  return [...audit.tensors, ...audit.adapters].every((row) => row.error === null && row.converged === true);
}

function checkOptions(
  engine: Engine,
  axis: unknown,
  sliceBytes: unknown,
  search: SpectralNormOptions,
  loraAlpha: unknown,
): void {
  if (!(loraAlpha === undefined || (typeof loraAlpha === "number" && Number.isFinite(loraAlpha)))) {
    throw new OptionError(`"loraAlpha" expected a finite number, got ${describe(loraAlpha)}`);
  }
  if (axis !== 0 && axis !== 1 && axis !== "last") {
    throw new OptionError(`"axis" expected 0 (PyTorch), 1 or "last" (Keras, TensorFlow), got ${describe(axis)}`);
  }
  if (!(Number.isSafeInteger(sliceBytes) && (sliceBytes as number) >= 8)) {
    throw new OptionError(`"sliceBytes" expected an integer of at least 8, got ${describe(sliceBytes)}`);
  }
  // The engine judges its own options; a matrix of one entry makes it do so before a file of gigabytes is read.
  engine.dominantTriplet([[1]], search);
}

function skipReason(tensor: ListedTensor): SkipReason | undefined {
  const { shape } = tensor;
  if (!isRead(tensor)) return tensor.reason;
  if (shape.includes(0)) return "empty";
  if (shape.length === 0) return "scalar";
  return shape.length === 1 ? "vector" : undefined;
}

function isWeight(tensor: ListedTensor): tensor is CheckpointTensor {
  return skipReason(tensor) === undefined;
}
