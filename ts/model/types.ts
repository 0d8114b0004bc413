/**
 * What `spectral-norm/model` promises.
 *
 * @module
 */
import type {
  Engine,
  FloatArray,
  Normalized,
  PeerState,
  SpectralNormalizationOptions,
  SpectralNormalizationState,
  SpectralNormOptions,
  WasmMatrix,
} from "../types.js";

/** A weight to be normalized: its shape, alone or with options of its own, which go before those of the model. */
export type ModelWeight =
  | readonly number[]
  | (SpectralNormalizationOptions & {
      /** The shape of the weights to come. */
      readonly shape: readonly number[];
    });

/** Options of `createModelNormalization`: those of every weight that does not say otherwise, and the engine. */
export interface ModelNormalizationOptions extends SpectralNormalizationOptions {
  /** The engine to use. Default the one that the package loads. */
  readonly engine?: Engine | undefined;
}

/** Options of `spectralNorms`. */
export interface SpectralNormsOptions extends SpectralNormOptions {
  /** The engine to use. Default the one that the package loads. */
  readonly engine?: Engine | undefined;
}

/** One array, or one handle of the engine, for each weight of a model. */
export type Weights<Name extends string> = Readonly<Record<Name, FloatArray | WasmMatrix>>;

/** Where results go; what is not named comes in a new array. */
export type Outs<Name extends string> = Readonly<Partial<Record<Name, FloatArray | WasmMatrix>>>;

/** Options of {@link ModelNormalization.forward}. */
export interface ModelForwardOptions<Out> {
  /** Whether variables go on and the weights are kept for the gradient, as in a training step. Default true. */
  readonly training?: boolean | undefined;
  /** Receives results, each of the type and length of its weight; the weight itself works in place. */
  readonly out?: Out | undefined;
}

/** Options of {@link ModelNormalization.toPeerState} and {@link ModelNormalization.fromPeerState}. */
export interface ModelPeerOptions {
  /** As in `PeerStateOptions`. */
  readonly legacy?: boolean | undefined;
}

/**
 * Spectral normalization of the weights of a model: each as by `createSpectralNormalization`, to the bit, but all in one call, of
 * which nothing is done unless all is.
 */
export interface ModelNormalization<Name extends string = string> {
  /** What the weights are called, in the order given at creation. */
  readonly names: readonly Name[];
  /**
   * W/σ̂(W) of every weight, with the σ̂ that it was divided by, under its name. If one of them cannot be normalized, no state has
   * gone on and nothing was written.
   *
   * @param weights The raw weights: of each name a typed array of the declared type and length, or a handle of the declared shape.
   * @throws {SpectralNormError} As `SpectralNormalization.forward`, the message beginning with the name; `OPTION`: a weight is
   *   missing, or is none of the model.
   * @example model.forward({ "fc.weight": Float32Array.of(3, 4) })["fc.weight"].sigma // 5
   */
  forward<const Out extends object = Record<never, never>>(
    weights: Weights<Name>,
    options?: ModelForwardOptions<Out & Outs<Name>>,
  ): {
    readonly [N in Name]: Normalized<N extends keyof Out ? Extract<Out[N], FloatArray | WasmMatrix> : FloatArray>;
  };
  /**
   * The gradients with respect to the raw weights of the last step in training, given those with respect to W/σ̂.
   *
   * @throws {SpectralNormError} As `SpectralNormalization.backward`; `STATE` also where the last step in training failed.
   */
  backward(gradients: Readonly<Record<Name, FloatArray>>): { readonly [N in Name]: FloatArray };
  /** The variables of every weight, copied; `undefined` before its first pass. */
  readonly state: { readonly [N in Name]: SpectralNormalizationState | undefined };
  /**
   * Puts states back, all or none: the next step goes on from them.
   *
   * @throws {SpectralNormError} As `SpectralNormalization.restore`, the message beginning with the name; `OPTION`.
   */
  restore(state: Readonly<Record<Name, SpectralNormalizationState | undefined>>): void;
  /**
   * Raw weights and variables under the names of the preset's framework. A weight's own name begins with that of its layer, as in
   * checkpoints: `"conv1.weight"` is written as `conv1.parametrizations.weight.original` and so on.
   *
   * @throws {SpectralNormError} As `SpectralNormalization.toPeerState`, the message beginning with the name.
   */
  toPeerState(weights: Weights<Name>, options?: ModelPeerOptions): PeerState;
  /**
   * Restores all states from such a record, and returns copies of its raw weights. All or none.
   *
   * @throws {SpectralNormError} As `SpectralNormalization.fromPeerState`, the message beginning with the name.
   */
  fromPeerState(record: PeerState, options?: ModelPeerOptions): { readonly [N in Name]: FloatArray };
  /** Gives the memory back. Idempotent; afterwards every other use throws `DISPOSED`. */
  free(): void;
  /** Same as {@link ModelNormalization.free}, for `using`. */
  [Symbol.dispose](): void;
}
