// `[Symbol.asyncDispose]` below must compile for a consumer whose own `lib` has not heard of it; `preserve` keeps the line
// in the published declarations.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What a pool takes and gives.
 *
 * @module
 */
import type {
  ArrayOf,
  AsyncSpectral,
  DominantTriplet,
  DominantTripletOptions,
  SpectralNormOptions,
  WeightLike,
} from "../types.js";

/** Options of `createPool`. */
export interface PoolOptions {
  /**
   * How many workers there may be, an integer from 0 to 256; each is started when there is work for it. Default: as many as
   * the machine has processors. With 0 the calling thread does the work, as it does by default where there are no workers,
   * as on Cloudflare's.
   */
  readonly workers?: number | undefined;
  /**
   * Makes a worker that runs `spectral-norm/worker`: a Web Worker, or one of `node:worker_threads`. For bundlers that do not
   * follow `new Worker(new URL("./worker.js", import.meta.url), { type: "module" })` in a dependency, and pages whose policy
   * wants a worker from elsewhere.
   */
  readonly createWorker?: (() => object) | undefined;
}

/** What an `AbortSignal` has that a pool needs. */
export interface AbortLike {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Why. */
  readonly reason?: unknown;
  /** Calls when it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Calls no more. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How to do what is asked for next: see {@link Pool.with}. */
export interface JobOptions {
  /**
   * Once it is aborted, what was asked rejects with its reason. What waits is never begun. A worker that computes is ended,
   * and replaced when there is work.
   */
  readonly signal?: AbortLike | undefined;
  /**
   * Whether to move arrays to the worker instead of copying them. Each must have its buffer to itself. While the promise is
   * pending they are detached; when it settles, the objects that held them, such as `w`, have their `data` again, in a new
   * array over the same memory. After an abort, or a death of the worker, they are lost. Default false.
   */
  readonly transfer?: boolean | undefined;
  /**
   * Whether to share one matrix out among all workers, by rows, for `spectralNorm` and `dominantTriplet`. Default false. The
   * result does not depend on how many they are. It is found by Lanczos' method, and differs from that of the matrix in one
   * piece within `tolerance`. At most 16 workers have a share.
   */
  readonly split?: boolean | undefined;
}

/** The functions of the package that a pool has as they are: all that take plain values and give them. */
export type PlainFunctions = Omit<
  AsyncSpectral,
  "spectralNorm" | "dominantTriplet" | "empiricalLipschitz" | "createSpectralNormalization"
>;

/** What can be asked of a pool. Results are the bits that the engine gives, whichever worker computes them. */
export interface PoolFunctions extends PlainFunctions {
  /**
   * The spectral norm of a weight.
   *
   * @throws {SpectralNormError} As the function of the package; `WORKER`: two workers died of it, or the pool was closed.
   * @example await pool.spectralNorm([[1, 100], [0, 1]]) // 100.00999900019995
   */
  spectralNorm(w: WeightLike, options?: SpectralNormOptions): Promise<number>;
  /**
   * The largest singular value of a weight with its vectors.
   *
   * @throws {SpectralNormError} As {@link PoolFunctions.spectralNorm}.
   * @example (await pool.dominantTriplet([[3, 0], [0, 4]])).sigma // 4
   */
  dominantTriplet<const W extends WeightLike>(
    w: W,
    options?: DominantTripletOptions,
  ): Promise<DominantTriplet<ArrayOf<W>>>;
  /**
   * The spectral norms of many weights, in their order: the largest first over all workers, small ones many a message.
   *
   * @throws {SpectralNormError} As {@link PoolFunctions.spectralNorm}; of weights that fail, that of the first to do so.
   * @example await pool.spectralNorms([[[3, 0], [0, 4]], [[2]]]) // Float64Array [4, 2]
   */
  spectralNorms(list: readonly WeightLike[], options?: SpectralNormOptions): Promise<Float64Array>;
}

/** Workers that compute. */
export interface Pool extends PoolFunctions {
  /** How many workers there may be; 0 if the calling thread does the work. */
  readonly workers: number;
  /**
   * The same pool, told how to do what is asked through what this returns.
   *
   * @throws {SpectralNormError} `OPTION`, `TYPE`: an option that is unknown or wrong.
   * @example await pool.with({ signal: AbortSignal.timeout(60_000) }).frobeniusNorm([[3, 0], [0, 4]]) // 5
   */
  with(options: JobOptions): PoolFunctions;
  /** Ends all workers at once. What is asked and unanswered, and whatever is asked later, rejects with `WORKER`. */
  close(): Promise<void>;
  /** Same as {@link Pool.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
