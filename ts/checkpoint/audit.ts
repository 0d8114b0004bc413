/**
 * The audit of a checkpoint: the norms of every weight in it, one after the other, so that memory holds one at a time.
 *
 * @module
 */
import { describe } from "../engine/describe.js";
import { OptionError } from "../engine/errors.js";
import type { Engine, SpectralNormOptions } from "../types.js";
import { type AdapterOptions, adapterPairs, auditAdapter, type Operators } from "./adapters.js";
import { isFloatDtype } from "./decode.js";
import { checkDetail, type DetailOptions } from "./detail.js";
import { readSafetensors } from "./formats/safetensors.js";
import { type Architecture, checkLayers } from "./layers.js";
import { boundNetwork, checkNetwork, type NetworkBound } from "./network.js";
import type { ByteSource } from "./source.js";
import { SLICE_BYTES, type Tensor } from "./tensor.js";
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
  readonly onWeight?: ((tensor: Tensor, index: number, count: number, done: Done) => void) | undefined;
}

/** How much of the weights has been audited. */
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
   * `"integer"` or boolean; `"unsupported"`: floats of fewer than 16 bits, complex numbers; `"empty"`: a dimension is
   * 0; `"scalar"` and `"vector"`: fewer than two dimensions.
   */
  readonly reason: SkipReason;
}

/** What {@link audit} finds in a file. */
export interface Audit {
  /** The name of the source. */
  readonly file: string;
  /** The output axis asked for. */
  readonly axis: Axis;
  /** The weights, in the order of the file's header. */
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
 * @param source A safetensors file.
 * @throws {FormatError} When it is not one.
 * @throws {SpectralNormError} `OPTION`, before anything is read.
 */
export async function audit(engine: Engine, source: ByteSource, options: AuditOptions = {}): Promise<Audit> {
  const {
    axis = 0,
    sliceBytes = SLICE_BYTES,
    onWeight,
    detail,
    architecture,
    operators,
    loraAlpha,
    ...search
  } = options;
  checkOptions(engine, axis, sliceBytes, search, loraAlpha);
  checkDetail(engine, detail ?? {});
  const all = await readSafetensors(source);
  const named = new Map(all.map((tensor) => [tensor.name, tensor]));
  if (architecture !== undefined) checkLayers(engine, architecture, named, axis);
  if (architecture?.network) checkNetwork(engine, architecture, named);
  const layers: WeightContext["layers"] = architecture?.layers ?? new Map();
  const work: WeightContext = { engine, source, axis, sliceBytes, search, named, detail, layers };
  const audited = await auditWeights(work, all, onWeight);
  const adapters: AuditedTensor[] = [];
  const asked = operators && { operators, alpha: loraAlpha, detail: detail ?? { values: 0 } };
  for (const pair of asked ? adapterPairs(named) : [])
    adapters.push(await auditAdapter(work, pair, asked as AdapterOptions));
  const network = architecture === undefined ? null : await boundNetwork(work, architecture, audited.tensors);
  return { file: source.name, axis, ...audited, adapters, network };
}

async function auditWeights(
  work: WeightContext,
  all: readonly Tensor[],
  onWeight: AuditOptions["onWeight"],
): Promise<Pick<Audit, "tensors" | "skipped">> {
  const tensors: AuditedTensor[] = [];
  const skipped: SkippedTensor[] = [];
  const weights = all.filter((tensor) => skipReason(tensor) === undefined);
  const allBytes = weights.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let bytes = 0;
  for (const tensor of all) {
    const reason = skipReason(tensor);
    if (reason === undefined) {
      onWeight?.(tensor, tensors.length, weights.length, { bytes, allBytes });
      tensors.push(await auditWeight(work, tensor));
      bytes += tensor.byteLength;
    } else {
      skipped.push({ name: tensor.name, shape: tensor.shape, dtype: tensor.dtype, reason });
    }
  }
  return { tensors, skipped };
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

function skipReason({ dtype, shape }: Tensor): SkipReason | undefined {
  if (!isFloatDtype(dtype)) return /^[IU]|^BOOL$/.test(dtype) ? "integer" : "unsupported";
  if (shape.includes(0)) return "empty";
  if (shape.length === 0) return "scalar";
  return shape.length === 1 ? "vector" : undefined;
}
