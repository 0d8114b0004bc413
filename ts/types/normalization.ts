// `[Symbol.dispose]` below must compile for a consumer whose own `lib` has not heard of it; `preserve` keeps the line in
// the published declarations.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Spectral normalization for training loops.
 *
 * @module
 */
import type { Normalized } from "./constraints.js";
import type { Dtype, FloatArray, Returned, WasmMatrix } from "./weights.js";

/** The variables of a spectral normalization, as values: assign, compare, serialize them. */
export interface SpectralNormalizationState {
  /** Left vector of the last forward pass. */
  readonly u: Float64Array;
  /** Right vector of the last forward pass. */
  readonly v: Float64Array;
  /** The σ that the last forward pass divided by. */
  readonly sigma: number;
}

/** Options of {@link SpectralFunctions.createSpectralNormalization}. */
export interface SpectralNormalizationOptions {
  /** The output axis, as in {@link Weight.axis}. */
  readonly axis?: number | undefined;
  /** Steps of power iteration a forward pass, an integer of at least 1. Default 5. */
  readonly iterations?: number | undefined;
  /** The element type of the weights. Default `'float32'`. */
  readonly dtype?: Dtype | undefined;
  /**
   * Whose behavior to reproduce. `'article'` (kexue.fm 6051): all-ones start at every pass, no memory between passes,
   * `iterations` alternating steps, and a gradient that flows through all of them.
   */
  readonly preset?: "article" | undefined;
}

/** Spectral normalization as a true reparameterization: the layer computes with W/σ(W), and gradients flow through σ. */
export interface SpectralNormalization {
  /** The shape given at creation. */
  readonly shape: readonly number[];
  /**
   * W/σ̂(W). Keeps a copy of `w` for {@link SpectralNormalization.backward} unless `training` is false.
   *
   * @param w The raw weight: a typed array of the declared type and length, or a handle of the declared shape.
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `OPTION`, `DISPOSED`.
   */
  forward(w: FloatArray | WasmMatrix, options?: { readonly training?: boolean | undefined }): Normalized<FloatArray>;
  /**
   * The gradient with respect to the raw weight of the last forward pass in training, given the gradient `g` with
   * respect to W/σ̂: (g − ⟨g, W/σ̂⟩ ∂σ̂/∂W)/σ̂, with ∂σ̂/∂W through every step of the iteration.
   *
   * @throws {SpectralNormError} `STATE` when no forward pass in training came before, `SHAPE`, `TYPE`, `NON_FINITE`,
   *   `DISPOSED`.
   */
  backward(g: FloatArray): FloatArray;
  /** The variables after the last forward pass, copied; `undefined` before the first. */
  readonly state: SpectralNormalizationState | undefined;
  /**
   * Puts a state back, e.g. from a checkpoint. With preset `'article'`, which starts anew at every pass, it restores
   * what `state` reads and changes no later result.
   *
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `DISPOSED`.
   */
  restore(state: SpectralNormalizationState): void;
  /** Gives the memory back. Idempotent; afterwards every other use throws `DISPOSED`. */
  free(): void;
  /** Same as {@link SpectralNormalization.free}, for `using`. */
  [Symbol.dispose](): void;
}

/** The functions that make normalizations. */
export interface NormalizationFunctions<Mode extends "sync" | "async"> {
  /**
   * Spectral normalization for a training loop (article, items 7 and 20): forward and backward of W ↦ W/σ̂(W).
   *
   * @param shape The shape of the weights to come.
   * @example (await createSpectralNormalization([1, 2])).forward(Float32Array.of(3, 4)).sigma // 5
   */
  createSpectralNormalization(
    shape: readonly number[],
    options?: SpectralNormalizationOptions,
  ): Returned<Mode, SpectralNormalization>;
}
