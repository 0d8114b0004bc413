/**
 * What an audit is asked for, and what it finds.
 *
 * @module
 */
import type { SpectralNormOptions } from "../types.js";
import type { Operators } from "./adapters.js";
import type { DetailOptions } from "./detail.js";
import type { Architecture } from "./layers.js";
import type { NetworkBound } from "./network.js";
import type { CheckpointOptions } from "./types.js";
import type { AuditedTensor, Axis } from "./weight.js";

/** Options of `openAudit`. */
export interface OpenAuditOptions extends Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed"> {
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
  /** How to reach the file: see `openCheckpoint`. */
  readonly checkpoint?: CheckpointOptions | undefined;
}

/** Options of `audit`. */
export interface AuditOptions extends OpenAuditOptions {
  /** Called before each row is measured, with its place among all and the share of their bytes that is done. */
  readonly onWeight?: ((job: AuditJob, index: number, count: number, done: Done) => void) | undefined;
  /** Called with each row as it is measured; the audit goes on when what it returns is settled. */
  readonly onRow?: ((row: AuditedTensor, index: number, count: number) => void | Promise<void>) | undefined;
  /** Stops the audit between two rows, which then throws the signal's reason. */
  readonly signal?: AbortLike | undefined;
}

/** What an audit needs of an `AbortSignal`. */
export interface AbortLike {
  throwIfAborted(): void;
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

/** What `audit` finds in a file. */
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

/** What {@link OpenAudit.measure} measures: a weight, or the product of a LoRA pair. It can be sent to where it is measured. */
export interface AuditJob {
  readonly kind: "weight" | "adapter";
  /** Of the weight, or of the first factor of the pair. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes to be read, in the types of the file: how much work it is. */
  readonly bytes: number;
}

/** An audit whose rows are measured one by one, in any order, here or by others who have opened the same checkpoint. */
export interface OpenAudit {
  /** One for each row, in the order of the report: weights in the order of the file, then LoRA pairs. */
  readonly jobs: readonly AuditJob[];
  /** Measures a row. It is the same, to the last bit, wherever and in whatever order it is measured. */
  measure(job: AuditJob): Promise<AuditedTensor>;
  /** The row of a job that ended without one, for instance because whoever measured it died: it says so in `error`. */
  failed(job: AuditJob, error: { readonly code: string; readonly message: string }): Promise<AuditedTensor>;
  /** Puts the rows of all jobs, in their order, together. */
  finish(rows: readonly AuditedTensor[]): Promise<Audit>;
  close(): Promise<void>;
}
