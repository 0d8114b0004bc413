/**
 * What an audit is asked for, and what it finds.
 *
 * @module
 */
import type { SpectralNormOptions } from "../types.js";
import type { DetailOptions } from "./detail.js";
import type { Architecture } from "./layers.js";
import type { NetworkBound } from "./network.js";
import type { Operators } from "./products.js";
import type { CheckpointSource } from "./sources/source.js";
import type { Ask, Held, Part, Question, Shares } from "./streamed/question.js";
import type { CheckpointFormat, CheckpointOptions } from "./types.js";
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
  /**
   * The bytes that a weight may take in memory, an integer of at least 0; one that takes more stays in its file, and is
   * multiplied block by block. Default 112 MiB, with which Node's process stays below 250 MB.
   */
  readonly memory?: number | undefined;
  /** What to find out beyond the norms. Default nothing. */
  readonly detail?: DetailOptions | undefined;
  /** How layers run, from a file. */
  readonly architecture?: Architecture | undefined;
  /** The package's own, with which the products of LoRA pairs are measured; without them there are none. */
  readonly operators?: Operators | undefined;
  /** α of LoRA pairs whose file does not say it, as PEFT's do not. */
  readonly loraAlpha?: number | undefined;
  /** The model that LoRA pairs were trained for: then there is a row for W + s·B·A, too. */
  readonly base?: CheckpointSource | undefined;
  /**
   * How many heads of queries a layer of attention has: then there is a row for each head of each layer whose weights are called
   * as those of Llama, GPT-2, BERT, T5 and their like are. How many heads share one of keys, their shapes tell.
   */
  readonly heads?: number | undefined;
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
  /** The products of LoRA pairs, in the order of their first factors, which are among the weights, too; then their sums with W. */
  readonly adapters: readonly AuditedTensor[];
  /** The heads of attention, if their number was given. */
  readonly heads: readonly AuditedTensor[];
  /** The bound of the network that the architecture tells; null without one, or where a weight in use is not known. */
  readonly network: NetworkBound | null;
  /** All other tensors, in the same order. */
  readonly skipped: readonly SkippedTensor[];
}

/**
 * What {@link OpenAudit.measure} measures: a weight, the product of a LoRA pair, that product with the weight of the base
 * model, or a head of attention. It can be sent to where it is measured.
 */
export interface AuditJob {
  readonly kind: "weight" | "adapter" | "adapted" | "head";
  /** Of the weight, of the first factor of the pair, or of the weight of queries with the head in brackets. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes to be read, in the types of the file: how much work it is. */
  readonly bytes: number;
}

/** An audit whose rows are measured one by one, in any order, here or by others who have opened the same checkpoint. */
export interface OpenAudit {
  /** The name of the source. */
  readonly file: string;
  /** What the source holds, by its content. */
  readonly format: CheckpointFormat;
  /** One for each row, in the order of the report: weights in the order of the file, then LoRA pairs, their sums with the base, heads. */
  readonly jobs: readonly AuditJob[];
  /**
   * Measures a row. It is the same, to the last bit, wherever and in whatever order it is measured.
   *
   * @param ask Answers the questions about a weight that has shares: by default they are asked here, one after the other.
   */
  measure(job: AuditJob, ask?: Ask): Promise<AuditedTensor>;
  /** About how many bytes of memory a row takes while it is measured, what is shared aside. */
  room(job: AuditJob): number;
  /**
   * Into how many shares a weight is cut that is measured block by block, because it takes more memory than it may and stays in its
   * file, or because it is large and nothing is asked but its norms; 0 for whatever is measured as a whole. Each can be asked for its
   * part by someone else.
   */
  shares(job: AuditJob): Promise<number>;
  /**
   * What a share of a weight, by its number from 0 on, answers to a question. {@link partSum} adds parts up.
   *
   * @throws {SpectralNormError} `OPTION`: the job has no shares, or not this one; the question is about another weight; `NON_FINITE`; `FORMAT`.
   */
  part(job: AuditJob, share: number, question: Question): Promise<Part>;
  /**
   * Takes shares on, for question after question: they are read once, as far as they fit in a portion of `memory`.
   *
   * @param portion From 0, the default, to 1.
   * @throws {SpectralNormError} `OPTION`: the job does not have these shares.
   */
  hold(job: AuditJob, shares: Shares, portion?: number): Promise<Held>;
  /** The row of a job that ended without one, for instance because whoever measured it died: it says so in `error`. */
  failed(job: AuditJob, error: { readonly code: string; readonly message: string }): Promise<AuditedTensor>;
  /** Puts the rows of all jobs, in their order, together. */
  finish(rows: readonly AuditedTensor[]): Promise<Audit>;
  close(): Promise<void>;
}
