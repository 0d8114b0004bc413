/**
 * The public types of `spectral-norm/repair`.
 *
 * @module
 */
import type { DominantTriplet, DominantTripletOptions, SpectralNormOptions } from "../../types/norms.js";
import type { LinearOperator } from "../../types/operators.js";
import type { CheckpointFormat, CheckpointOptions, CheckpointTensor, UnreadTensor } from "../types.js";
import type { Overwrite } from "../write/files.js";
import type { WrittenFile } from "../write/sink.js";

/** How far a repair has come, in the bytes that the tensors to be changed have in memory. */
export interface RepairProgress {
  readonly index: number;
  readonly count: number;
  readonly bytes: number;
  readonly allBytes: number;
}

/** Options of all functions that write a checkpoint. */
export interface RepairOptions extends CheckpointOptions {
  /**
   * Where the result goes, in Node, Deno and Bun: a path. A name that ends in `.safetensors` or `.npz` also says what to
   * write, whatever was read; any other stays with the format that was read. A checkpoint of several files goes to a folder,
   * which is made if need be, or to the path of its index, with the others beside it. By default files are not written, but
   * given as Blobs.
   */
  readonly output?: string | undefined;
  /** What to write where no path says it. Default the format that was read. */
  readonly format?: "safetensors" | "npz" | undefined;
  /**
   * What may be replaced: `"nothing"` (default), `"files"` other than those that are read, or `"input"`, those that are read
   * and no others.
   */
  readonly overwrite?: Overwrite | undefined;
  /** Do everything, but write nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Which tensors to change, by what is known of them. Default all that there is reason to. */
  readonly only?: ((tensor: CheckpointTensor) => boolean) | undefined;
  /** Called before each tensor that is changed. */
  readonly onTensor?: ((tensor: CheckpointTensor, progress: RepairProgress) => void) | undefined;
}

/** How norms are found. */
export interface NormOptions extends Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed"> {
  /**
   * The output axis of weights with more than two dimensions: 0 (default) for PyTorch, `"last"` for Keras and TensorFlow, 1
   * for PyTorch's transposed convolutions.
   */
  readonly axis?: 0 | 1 | "last" | undefined;
}

/** What becomes of weights that are larger than memory. */
export interface StreamOptions {
  /**
   * The bytes that a weight may take in memory. Default 112 MiB, with which a process of Node stays below 250 MB. It matters only
   * with {@link StreamOptions.dominantTriplet}.
   */
  readonly memory?: number | undefined;
  /**
   * `dominantTriplet` of `spectral-norm`, the one that waits for operators. With it a weight that takes more than `memory` is
   * divided as it is copied, or compared, piece by piece, and its norms are found in passes over the file; without it every
   * weight is read as a whole.
   */
  readonly dominantTriplet?:
    | ((w: LinearOperator<Promise<Float64Array>>, options: DominantTripletOptions) => Promise<DominantTriplet>)
    | undefined;
}

/** How sure a norm is to be. */
export interface SurenessOptions {
  /**
   * `"estimate"` (default): norms to the tolerance. `"rigorous"`: the result, as its type stores it, is proved to have at
   * most the norm asked for; where rounding would put it above, it is made a little smaller.
   */
  readonly certainty?: "estimate" | "rigorous" | undefined;
}

/** Options of {@link normalizeCheckpoint}. */
export interface NormalizeCheckpointOptions extends RepairOptions, NormOptions, SurenessOptions, StreamOptions {
  /** The spectral norm to reach, finite and above 0. Default 1. */
  readonly target?: number | undefined;
}

/** Options of {@link clipCheckpoint}. */
export interface ClipCheckpointOptions extends RepairOptions, NormOptions, SurenessOptions, StreamOptions {
  /** The norm that no weight is to exceed, finite and above 0. */
  readonly maxNorm: number;
  /**
   * `"projection"` (default): singular values above the limit become the limit, the others stay, which is the nearest such
   * weight. `"scale"`: the whole weight is divided.
   */
  readonly by?: "projection" | "scale" | undefined;
}

/** Options of {@link bakeCheckpoint}. */
export interface BakeOptions extends RepairOptions, NormOptions, StreamOptions {}

/** A tensor that was changed, or looked at and found to need no change. */
export interface RepairedTensor {
  /** What it is called in the result. */
  readonly name: string;
  /** What it was called. */
  readonly from: string;
  readonly shape: readonly number[];
  /** How the checkpoint that was read stores it. */
  readonly dtype: string;
  /** The spectral norm of what was read; null where none was asked for. */
  readonly before: number | null;
  /** The spectral norm of what was written, rounding included: with certainty `"rigorous"` an upper bound with proof. */
  readonly after: number | null;
  /** What there is to say about it. */
  readonly note: string | null;
}

/** What was done. */
export interface Repair {
  /** The name of the source. */
  readonly file: string;
  /** The format of the result. */
  readonly format: CheckpointFormat;
  /** The tensors that were changed, in the order of the file. */
  readonly tensors: readonly RepairedTensor[];
  /** The names of tensors that are gone because they have no meaning any more. */
  readonly removed: readonly string[];
  /** Tensors that the format of the result, which is another one, cannot have or that are not read. */
  readonly omitted: readonly UnreadTensor[];
  /** What was written; empty after a dry run. */
  readonly files: readonly WrittenFile[];
}

/** Options of {@link diffCheckpoints}. */
export interface DiffOptions extends CheckpointOptions, NormOptions, StreamOptions {
  /** Which tensors to compare, by what is known of that of the first checkpoint. Default all. */
  readonly only?: ((tensor: CheckpointTensor) => boolean) | undefined;
  /** Called before each tensor that is compared. */
  readonly onTensor?: ((tensor: CheckpointTensor, progress: RepairProgress) => void) | undefined;
}

/** The difference of two tensors of one name and shape. Numbers are null where {@link ComparedTensor.error} says why. */
export interface ComparedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The types in the first and in the second checkpoint. */
  readonly dtypes: readonly [string, string];
  /** ‖A − B‖₂; of a vector its Euclidean norm. */
  readonly spectralNorm: number | null;
  /** ‖A − B‖_F */
  readonly frobeniusNorm: number | null;
  /** ‖A − B‖₂/‖A‖₂; 0 where nothing differs, null where only A is zero. */
  readonly relative: number | null;
  /** ‖A‖₂ */
  readonly reference: number | null;
  /** The share of the sum of all ‖A − B‖₂; 0 where nothing differs. */
  readonly spectralShare: number | null;
  /** The share of the sum of all ‖A − B‖_F²; 0 where nothing differs. */
  readonly energyShare: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Two checkpoints, compared. */
export interface Diff {
  /** The names of both. */
  readonly files: readonly [string, string];
  /** Tensors of floats of one name and shape, in the order of the first checkpoint. */
  readonly tensors: readonly ComparedTensor[];
  /** What only the first has. */
  readonly onlyInFirst: readonly string[];
  /** What only the second has. */
  readonly onlyInSecond: readonly string[];
  /** What both have, but not in one shape, or not both as floats. */
  readonly mismatched: readonly { readonly name: string; readonly reason: string }[];
  /** What both have, and neither as floats: it was not compared. */
  readonly skipped: readonly string[];
  /** ‖·‖_F of all differences together. */
  readonly frobeniusNorm: number;
}
