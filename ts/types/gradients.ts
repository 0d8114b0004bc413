/**
 * Gradients of norms, penalties, and the projection on the spectral ball.
 *
 * @module
 */
import type { SpectralNormOptions } from "./norms.js";
import type { FloatArray, OutOption, ResultData, Returned, WeightLike } from "./weights.js";

/** Options of a penalty. */
export interface PenaltyOptions extends OutOption {
  /** The factor λ: finite, at least 0. Default 1. */
  readonly lambda?: number | undefined;
  /** Penalize only what the norm exceeds this by, squared: finite and above 0. Default: the norm itself, squared. */
  readonly above?: number | undefined;
}

/** Options of {@link GradientFunctions.spectralPenalty}. */
export interface SpectralPenaltyOptions extends PenaltyOptions, SpectralNormOptions {}

/** Options of {@link GradientFunctions.spectralNormGradient}. The default tolerance is 1e-9, for it is vectors that count. */
export interface SpectralGradientOptions extends SpectralNormOptions, OutOption {}

/** Options of {@link GradientFunctions.spectralNormalizeGradient}. */
export interface NormalizeGradientOptions extends SpectralGradientOptions {
  /** The spectral norm that the weight was brought to, finite and above 0. Default 1. */
  readonly target?: number | undefined;
}

/** A penalty and its gradient. */
export interface Penalty<D = FloatArray> {
  /** The penalty. */
  readonly value: number;
  /** Its gradient with respect to the weight, in the weight's type and element order. */
  readonly gradient: D;
  /** The norm that is penalized. */
  readonly norm: number;
}

/** A gradient that runs through the spectral norm. */
export interface SpectralGradient<D = FloatArray> {
  /** The gradient, in the weight's type and element order. */
  readonly gradient: D;
  /** The spectral norm. */
  readonly sigma: number;
  /** 1 − σ₂/σ₁, as in {@link DominantTriplet.gap}. */
  readonly gap: number;
  /**
   * Whether σ is not differentiable here, or the gap too narrow for this accuracy to tell one singular vector from the
   * next: then the gradient is one of many subgradients. True where `gap` is at most 1e-8, or at most 1,000 times the
   * residual, and for a zero matrix.
   */
  readonly subgradient: boolean;
}

/** A weight projected on the ball ‖W‖₂ ≤ c. */
export interface ClippedSpectral<D = FloatArray> {
  /** The nearest weight whose spectral norm is at most c. */
  readonly data: D;
  /** The spectral norm before. */
  readonly sigma: number;
  /** How many singular values were above c. */
  readonly clipped: number;
}

/** The functions about gradients. */
export interface GradientFunctions<Mode extends "sync" | "async"> {
  /**
   * The penalty λ‖W‖_F² with its gradient 2λW (article, item 3: weight decay), or λ·max(‖W‖_F − above, 0)² (item 12).
   *
   * @example (await frobeniusPenalty([[3, 4]], { lambda: 0.1 })).value // 2.5
   */
  frobeniusPenalty<const W extends WeightLike, const O extends PenaltyOptions = Record<never, never>>(
    w: W,
    options?: O,
  ): Returned<Mode, Penalty<ResultData<W, O>>>;
  /**
   * The penalty λσ² with its gradient 2λσuvᵀ (Yoshida and Miyato 2017, eq. 4; article, item 8), or λ·max(σ − above, 0)².
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as `spectralNorm`.
   * @example (await spectralPenalty([[3, 0], [0, 4]])).gradient // Float64Array [0, 0, 0, 8]
   */
  spectralPenalty<const W extends WeightLike, const O extends SpectralPenaltyOptions = Record<never, never>>(
    w: W,
    options?: O,
  ): Returned<Mode, Penalty<ResultData<W, O>> & SpectralGradient<ResultData<W, O>>>;
  /**
   * ∂σ/∂W = uvᵀ, of rank one and unit norm; for a zero matrix 0, which is a subgradient.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as `spectralNorm`.
   * @example (await spectralNormGradient([[3, 0], [0, 4]])).gradient // Float64Array [0, 0, 0, 1]
   */
  spectralNormGradient<const W extends WeightLike, const O extends SpectralGradientOptions = Record<never, never>>(
    w: W,
    options?: O,
  ): Returned<Mode, SpectralGradient<ResultData<W, O>>>;
  /**
   * The gradient of a loss with respect to W, given its gradient `g` with respect to W·target/σ(W):
   * target·(g − ⟨g, W/σ⟩uvᵀ)/σ (Miyato et al. 2018, eq. 12). For a zero matrix, which normalization leaves alone, `g`.
   *
   * @param g An array like the weight's, of its type and length.
   * @throws {SpectralNormError} `CONVERGENCE`, as `spectralNorm`.
   * @example (await spectralNormalizeGradient([[2, 0], [0, 1]], Float64Array.of(1, 0, 0, 1))).gradient // Float64Array [-0.25, 0, 0, 0.5]
   */
  spectralNormalizeGradient<
    const W extends WeightLike,
    const O extends NormalizeGradientOptions = Record<never, never>,
  >(w: W, g: FloatArray, options?: O): Returned<Mode, SpectralGradient<ResultData<W, O>>>;
  /**
   * The projection on ‖W‖₂ ≤ c, nearest in the Frobenius norm: W − Σ(σᵢ − c)uᵢvᵢᵀ over the singular values above c, which
   * become c; the others stay. A weight within the ball is returned as it is.
   *
   * @param c The limit, finite and above 0.
   * @throws {SpectralNormError} `CONVERGENCE`, as `spectralNorm`.
   * @example (await clipSpectral([[3, 0], [0, 1]], 2)).data // Float64Array [2, 0, 0, 1]
   */
  clipSpectral<const W extends WeightLike, const O extends SpectralGradientOptions = Record<never, never>>(
    w: W,
    c: number,
    options?: O,
  ): Returned<Mode, ClippedSpectral<ResultData<W, O>>>;
}
