/**
 * Weights brought to a norm.
 *
 * @module
 */
import type { SpectralNormOptions } from "./norms.js";
import type { FloatArray, OutOption, ResultData, Returned, WeightLike } from "./weights.js";

/** Options of {@link SpectralFunctions.spectralNormalize}. */
export interface SpectralNormalizeOptions extends SpectralNormOptions, OutOption {
  /** The spectral norm to reach, finite and above 0. Default 1. */
  readonly target?: number | undefined;
  /**
   * What to divide by. `'estimate'` (default): σ as found, to the tolerance. `'upper'`: an upper bound with proof, as
   * {@link BoundFunctions.spectralNormBounds} finds it with certainty `'rigorous'`, and a little more for the rounding of
   * every entry, so that ‖result‖₂ ≤ target is proved for the numbers as they are returned.
   */
  readonly by?: "estimate" | "upper" | undefined;
  /** `'scale'` (default) always rescales to `target`; `'shrink'` leaves a weight whose norm is at most `target` alone. */
  readonly mode?: "scale" | "shrink" | undefined;
}

/** A weight whose spectral norm was set. */
export interface Normalized<D = FloatArray> {
  /** The weight times target/σ, in the input's element order; unchanged if σ = 0. */
  readonly data: D;
  /** The spectral norm before. */
  readonly sigma: number;
}

/** A weight clamped entry by entry. */
export interface ClippedWeights<D = FloatArray> {
  /** The clamped weight. */
  readonly data: D;
  /** How many entries were changed. */
  readonly clipped: number;
}

/** A weight scaled into a Frobenius ball. */
export interface ClippedFrobenius<D = FloatArray> {
  /** The weight, scaled by min(1, c/‖W‖_F). */
  readonly data: D;
  /** ‖W‖_F before. */
  readonly norm: number;
}

/** The functions that constrain weights. */
export interface ConstraintFunctions<Mode extends "sync" | "async"> {
  /**
   * Spectral normalization W·target/σ(W) (Miyato et al. 2018, eq. 8; article, item 16).
   * A zero matrix is returned unchanged with `sigma` 0.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as {@link spectralNorm}.
   * @example (await spectralNormalize([[2, 0], [0, 1]])).data // Float64Array [1, 0, 0, 0.5]
   */
  spectralNormalize<const W extends WeightLike, const O extends SpectralNormalizeOptions = Record<never, never>>(
    w: W,
    options?: O,
  ): Returned<Mode, Normalized<ResultData<W, O>>>;
  /**
   * Weight clipping (Arjovsky et al. 2017; article, item 10): every entry clamped to [−c, c].
   *
   * @param c The limit, finite and above 0.
   * @example (await clipWeights([[2, -0.5]], 1)).data // Float64Array [1, -0.5]
   */
  clipWeights<const W extends WeightLike, const O extends OutOption = Record<never, never>>(
    w: W,
    c: number,
    options?: O,
  ): Returned<Mode, ClippedWeights<ResultData<W, O>>>;
  /**
   * Frobenius clipping (article, item 11): W scaled by min(1, c/‖W‖_F).
   *
   * @param c The limit, finite and above 0.
   * @example (await clipFrobenius([[3, 4]], 1)).data // Float64Array [0.6, 0.8]
   */
  clipFrobenius<const W extends WeightLike, const O extends OutOption = Record<never, never>>(
    w: W,
    c: number,
    options?: O,
  ): Returned<Mode, ClippedFrobenius<ResultData<W, O>>>;
}
