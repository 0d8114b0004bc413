/**
 * The public types of `spectral-norm/checkpoint`.
 *
 * @module
 */
import type { FloatDtype } from "./decode.js";
import type { CheckpointSource } from "./sources/source.js";
import type { Block } from "./tensor.js";

/**
 * The formats that are read: safetensors, also in shards by an index; NumPy's `.npy` and `.npz`; TensorFlow.js's
 * `model.json`; ONNX's initializers; HDF5 as Keras writes it (`.weights.h5`, also in shards); Keras's `.keras`.
 */
export type CheckpointFormat = "safetensors" | "npy" | "npz" | "tfjs" | "onnx" | "hdf5" | "keras";

/** A tensor of floats. */
export interface CheckpointTensor {
  readonly name: string;
  /** How the file stores it. What is read are float32 numbers, float64 for F64: all of them exactly. */
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
}

/** A tensor that is not read. */
export interface UnreadTensor {
  readonly name: string;
  /** By its safetensors name, or what the file calls it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** `"integer"`, booleans included; `"unsupported"`: other floats, complex numbers, strings, objects. */
  readonly reason: "integer" | "unsupported";
}

/** Options of {@link openCheckpoint}. */
export interface CheckpointOptions {
  /**
   * Gives another file that the checkpoint names: a shard, ONNX's external data, by its relative path. By default a
   * file beside a file, and an address beside an address; a Blob and bytes have none.
   */
  readonly companion?: ((path: string) => CheckpointSource | Promise<CheckpointSource>) | undefined;
  /** Headers of requests, e.g. for authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Makes requests in the place of the runtime's own `fetch`, whose arguments it is given. */
  readonly fetch?: ((address: never, init: never) => Promise<object>) | undefined;
  /** An `AbortSignal`, which ends requests. */
  readonly signal?: { readonly aborted: boolean } | undefined;
  /**
   * Whether files are read by the thread that asks, which waits for the disk meanwhile: straight to where the numbers go, if they
   * are stored as they are kept. Faster, for threads that have nothing else to do. Default false.
   */
  readonly blocking?: boolean | undefined;
  /**
   * The most bytes to hold in memory of what cannot be read in pieces: files of servers that know no ranges, compressed
   * entries of archives that are read out of order. Default 64 MiB.
   */
  readonly maxWhole?: number | undefined;
}

/** Options of {@link Checkpoint.read}. */
export interface ReadOptions {
  /**
   * Gives the array to fill, as long as the tensor. It is asked again for every piece, for a view of WebAssembly memory
   * dies when the memory grows. By default a new array. For F16 and BF16 it may be a `Uint16Array`, which receives the
   * bits as they are in the file.
   */
  readonly into?: (() => Float32Array | Float64Array | Uint16Array) | undefined;
  /** Bytes of the file to read at once, an integer of at least 8. Default 4 MiB. */
  readonly bytes?: number | undefined;
}

/** Options of {@link Checkpoint.blocks}. */
export interface BlockOptions extends Pick<ReadOptions, "bytes"> {
  /**
   * Gives the array to fill with a block of this shape, as long as the block: a view of WebAssembly memory, or one array for all.
   * By default a new array for each. For F16 and BF16 it may be a `Uint16Array`, as in {@link ReadOptions.into}.
   */
  readonly into?: ((shape: readonly number[]) => Float32Array | Float64Array | Uint16Array) | undefined;
  /** How many blocks to pass over, unread. Default 0. */
  readonly skip?: number | undefined;
  /** How many blocks to give at most; others are not read. Default all. */
  readonly count?: number | undefined;
}

/** An open checkpoint: what it holds is known, and its numbers are read when they are asked for. */
export interface Checkpoint {
  /** What messages call the file. */
  readonly name: string;
  readonly format: CheckpointFormat;
  /** What the file says about itself, if anything. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The tensors of floats, in the order of the file. */
  readonly tensors: readonly CheckpointTensor[];
  /** All others, in the same order. */
  readonly skipped: readonly UnreadTensor[];
  /** The names of both, in the order of the file. */
  readonly names: readonly string[];
  /**
   * All numbers of a tensor, in row-major order.
   *
   * @throws {SpectralNormError} `OPTION`: there is no such tensor, or an option is wrong; `FORMAT`: the file is not what it
   *   claimed to be; `OUT_OF_MEMORY`; `TYPE` and `SHAPE`: what `into` gives does not fit.
   * @example (await checkpoint.read("w")).data // Float32Array [3, 0, 0, 4]
   */
  read(
    name: string,
    options?: ReadOptions,
  ): Promise<{ readonly data: Float32Array | Float64Array; readonly shape: readonly number[] }>;
  /**
   * The numbers of a tensor of any size, one block after the other: boxes that lie together in the file, which are whole
   * rows, or parts of one where a row is larger than `bytes`; whole columns where the file has the first index run fastest.
   *
   * @throws {SpectralNormError} As {@link Checkpoint.read}, when the first block is asked for.
   * @example (await checkpoint.blocks("w", { bytes: 8 }).next()).value.data // Float32Array [3, 0]
   */
  blocks(name: string, options?: BlockOptions): AsyncGenerator<Block, void, undefined>;
  /** Closes the files. */
  close(): Promise<void>;
}
