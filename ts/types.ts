/**
 * Every public type of the package, declared once. The synchronous engine and the asynchronous functions are two
 * readings of the same interface, {@link SpectralFunctions}, so that they cannot drift apart.
 *
 * Words used throughout: a weight of more than two dimensions is read as a matrix `M` whose rows are the slices along
 * `axis` (axis 0, PyTorch) or whose columns are the slices along the last axis (Keras, TensorFlow). `u` is a left
 * singular vector, as long as `M` has rows; `v` is a right one, as long as `M` has columns; `σ` is the spectral norm,
 * ‖M‖₂ = max ‖Mx‖/‖x‖, the largest singular value.
 *
 * @module
 */
import type { BoundFunctions } from "./types/bounds.js";
import type { ConstraintFunctions } from "./types/constraints.js";
import type { ConvolutionFunctions } from "./types/convolution.js";
import type { GradientFunctions } from "./types/gradients.js";
import type { LayerFunctions } from "./types/layers.js";
import type { NetworkFunctions } from "./types/network.js";
import type { NormalizationFunctions } from "./types/normalization.js";
import type { NormFunctions } from "./types/norms.js";
import type { Dtype, StoredDtype, StoredMatrix, WasmMatrix } from "./types/weights.js";

export type * from "./types/bounds.js";
export type * from "./types/constraints.js";
export type * from "./types/convolution.js";
export type * from "./types/gradients.js";
export type * from "./types/layers.js";
export type * from "./types/network.js";
export type * from "./types/normalization.js";
export type * from "./types/norms.js";
export type * from "./types/operators.js";
export type * from "./types/weights.js";

/**
 * The functions of the package. On an {@link Engine} they return values and throw; at top level they return promises
 * and only ever reject. Unknown option keys are errors (`OPTION`). Every function may fail with `SHAPE`, `TYPE`,
 * `NON_FINITE`, `OPTION`, `DISPOSED`, `OUT_OF_MEMORY`; at top level also with `LOAD`.
 */
export interface SpectralFunctions<Mode extends "sync" | "async">
  extends NormFunctions<Mode>,
    BoundFunctions<Mode>,
    ConstraintFunctions<Mode>,
    ConvolutionFunctions<Mode>,
    GradientFunctions<Mode>,
    LayerFunctions<Mode>,
    NetworkFunctions<Mode>,
    NormalizationFunctions<Mode> {}

/** The functions, synchronous. */
export type Spectral = SpectralFunctions<"sync">;

/**
 * The functions, asynchronous: the same, but returning promises. What they are passed is read when the engine is there,
 * after the call has returned, so leave it unchanged until the promise settles.
 */
export type AsyncSpectral = SpectralFunctions<"async">;

/** Options of {@link Engine.matrix}. */
export interface MatrixOptions<D extends Dtype = Dtype> {
  /** Element type. Default `'float32'`. */
  readonly dtype?: D | undefined;
  /** The output axis, as in {@link Weight.axis}. */
  readonly axis?: number | undefined;
}

/** One instance of the WebAssembly module: every function, synchronous, and matrices in its memory. */
export interface Engine extends Spectral {
  /**
   * A weight in half of the bytes, zero at first. Not in the entry that browsers and Deno take by default, which stays small
   * without (`OPTION`): `spectral-norm/slim` has it everywhere.
   *
   * @example const h = engine.matrix([1, 2], { dtype: "bfloat16" }); h.view.fill(0x4040); engine.frobeniusNorm(h) // 4.242640687119285
   * @throws {SpectralNormError} `SHAPE`, `OPTION`, `OUT_OF_MEMORY`.
   */
  matrix<D extends StoredDtype>(
    shape: readonly number[],
    options: { readonly dtype: D; readonly axis?: number | undefined },
  ): StoredMatrix<D>;
  /**
   * A weight in the engine's memory, zero at first, to be filled in place.
   *
   * @example const w = engine.matrix([64, 64]); w.view.fill(1); engine.spectralNorm(w); w.free();
   * @throws {SpectralNormError} `SHAPE`, `OPTION`, `OUT_OF_MEMORY`.
   */
  matrix<D extends Dtype = "float32">(
    shape: readonly number[],
    options?: MatrixOptions<D>,
  ): WasmMatrix<D extends "float64" ? Float64Array : Float32Array>;
}

/** What `load` of `spectral-norm/slim` accepts: a compiled module, its bytes, a response that carries them, or their address. */
export type WasmSource = object | string;
