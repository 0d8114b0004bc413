// `[Symbol.dispose]` below must compile for a consumer whose own `lib` has not heard of it; `preserve` keeps the line in
// the published declarations.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Spectral normalization for training loops.
 *
 * @module
 */
import type { Normalized } from "./constraints.js";
import type { Dtype, FloatArray, OutOption, ResultData, Returned, WasmMatrix } from "./weights.js";

/** The variables of a spectral normalization, as values: assign, compare, serialize them. */
export interface SpectralNormalizationState {
  /** Left vector: of the last forward pass with preset `'article'`, else of the last one in training. */
  readonly u: Float64Array;
  /** Right vector of the same pass. */
  readonly v: Float64Array;
  /** The σ that it divided by. */
  readonly sigma: number;
}

/** Whose behavior a spectral normalization reproduces: see {@link SpectralNormalizationOptions.preset}. */
export type NormalizationPreset = "article" | "torch" | "keras" | "flax";

/** Options of {@link SpectralFunctions.createSpectralNormalization}. */
export interface SpectralNormalizationOptions {
  /**
   * The output axis, as in {@link Weight.axis}. Default 0 with preset `'torch'`, where transposed convolutions need 1;
   * the last one with `'keras'` and `'flax'`, which know no other.
   */
  readonly axis?: number | undefined;
  /** Steps of power iteration a forward pass, an integer of at least 1. Default 5 with preset `'article'`, else 1. */
  readonly iterations?: number | undefined;
  /** The element type of the weights. Default `'float32'`. */
  readonly dtype?: Dtype | undefined;
  /**
   * Whose behavior to reproduce. Default `'article'`.
   *
   * - `'article'` (kexue.fm 6051): all-ones start at every pass, no memory between passes, `iterations` alternating
   *   steps, and a gradient that flows through all of them.
   * - `'torch'` (`torch.nn.utils.parametrizations.spectral_norm`): u ← Wv/‖Wv‖, v ← Wᵀu/‖Wᵀu‖ in training, from where
   *   the last pass ended; frozen vectors in evaluation. The first pass of all is preceded by the 15 + `iterations`
   *   steps of PyTorch's registration. Where PyTorch would divide by 0, W is returned unchanged.
   * - `'keras'` (`keras.layers.SpectralNormalization`): the same steps, without a warm-up. Evaluation returns W unchanged,
   *   for Keras overwrites the kernel with W/σ in training and evaluates with what is there; whether to overwrite W is
   *   up to you here. Where σ is 0, as of a zero kernel, nothing changes.
   * - `'flax'` (`flax.linen.SpectralNorm`): the same steps in evaluation too, without keeping what they find. A σ of 0
   *   divides by 1.
   *
   * With the last three the vectors are constants to the gradient, as they are there.
   */
  readonly preset?: NormalizationPreset | undefined;
  /**
   * What keeps vectors from being divided by 0, above 0: x/max(‖x‖, ε) with `'torch'` (default 1e-12) and `'keras'`
   * (1e-7), x/√(‖x‖² + ε) with `'flax'` (1e-12). Preset `'article'` has none.
   */
  readonly epsilon?: number | undefined;
  /**
   * Seed of the vector that the first pass starts from: normal numbers, of unit length with `'torch'`, times 0.02 and
   * none beyond 0.04 with `'keras'`. With `'article'` of the restart, where W annihilates all ones. Default 0.
   */
  readonly seed?: number | undefined;
}

/** Variables under the names of a peer, e.g. `{ 'parametrizations.weight.0._u': …, … }`. Names of others may be among them. */
export type PeerState = Readonly<Record<string, FloatArray>>;

/** Options of {@link SpectralNormalization.toPeerState} and {@link SpectralNormalization.fromPeerState}. */
export interface PeerStateOptions {
  /** What all names begin with, e.g. `'conv1.'`. Default `''`. */
  readonly prefix?: string | undefined;
  /** What the layer calls its weight. Default `'weight'` with preset `'torch'`, else `'kernel'`. */
  readonly name?: string | undefined;
  /**
   * With preset `'torch'`: the names of `torch.nn.utils.spectral_norm`. By default they are not written, but read where
   * a record has them.
   */
  readonly legacy?: boolean | undefined;
}

/** Of {@link SpectralNormalization.forward}. */
export interface ForwardOptions extends OutOption {
  /** Whether variables go on and the weight is kept for the gradient, as in a training step. Default true. */
  readonly training?: boolean | undefined;
}

/** Spectral normalization as a true reparameterization: the layer computes with W/σ(W), and gradients flow through σ. */
export interface SpectralNormalization {
  /** The shape given at creation. */
  readonly shape: readonly number[];
  /**
   * W/σ̂(W). Keeps a copy of `w` for {@link SpectralNormalization.backward} unless `training` is false. `sigma` is what
   * was divided by. With float32 weights of 4096 entries and more the division is one of float32, and so, with presets of
   * frameworks, are the products, unless the output axis is the last one of preset `'torch'`.
   *
   * @param w The raw weight: a typed array of the declared type and length, or a handle of the declared shape.
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `OPTION`, `DISPOSED`.
   */
  forward<O extends ForwardOptions>(w: FloatArray | WasmMatrix, options?: O): Normalized<ResultData<FloatArray, O>>;
  /**
   * The gradient with respect to the raw weight of the last forward pass in training, given the gradient `g` with
   * respect to W/σ̂: (g − ⟨g, W/σ̂⟩ ∂σ̂/∂W)/σ̂, with ∂σ̂/∂W through every step of the iteration with preset `'article'`,
   * and uvᵀ with the others (Miyato et al. 2018, eq. 12). Where σ̂ is 0, `g` itself.
   *
   * @throws {SpectralNormError} `STATE` when no forward pass in training came before, `SHAPE`, `TYPE`, `NON_FINITE`,
   *   `DISPOSED`.
   */
  backward(g: FloatArray): FloatArray;
  /**
   * The variables, copied; `undefined` before the first pass. Passes in evaluation change them with preset `'article'`
   * alone, but for the warm-up of `'torch'` if none came before.
   */
  readonly state: SpectralNormalizationState | undefined;
  /**
   * Puts a state back, e.g. from a checkpoint: the next pass goes on from it, without a warm-up. With preset
   * `'article'`, which starts anew at every pass, it restores what `state` reads and changes no later result.
   *
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `DISPOSED`.
   */
  restore(state: SpectralNormalizationState): void;
  /**
   * The raw weight `w` and the variables under the names of the preset's framework, copied, all in the type of the
   * weight: `parametrizations.weight.original`, `parametrizations.weight.0._u` and `_v` in PyTorch (`weight_orig`,
   * `weight_u` and `weight_v` with `legacy`), `kernel` and `vector_u` in Keras, `kernel`, `kernel/u` and `kernel/sigma`
   * in Flax (the latter two in `batch_stats`).
   *
   * @throws {SpectralNormError} `STATE` before the first pass and with preset `'article'`, `SHAPE`, `TYPE`, `OPTION`,
   *   `DISPOSED`.
   */
  toPeerState(w: FloatArray | WasmMatrix, options?: PeerStateOptions): PeerState;
  /**
   * Restores a state from such a record, and returns a copy of its raw weight. What a framework does not keep is 0 in
   * `state` until the next pass in training.
   *
   * @throws {SpectralNormError} `STATE` with preset `'article'`, `SHAPE`, `TYPE`, `NON_FINITE`, `OPTION`, `DISPOSED`.
   */
  fromPeerState(record: PeerState, options?: PeerStateOptions): FloatArray;
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
