/**
 * Intervals that contain the spectral norm.
 *
 * @module
 */
import type { Returned, WeightLike } from "./weights.js";

/**
 * How sure an interval is: `'cheap'`, sure, from one sweep over the matrix; a probability above 0 and below 1, such as
 * `1 - 1e-9`, over the choice of a random start; `'rigorous'`, sure and narrow.
 */
export type Certainty = "cheap" | "rigorous" | number;

/** Options of {@link BoundFunctions.spectralNormBounds}. */
export interface BoundsOptions {
  /** How sure the interval is to be. Default `'rigorous'`. */
  readonly certainty?: Certainty | undefined;
  /** Seed of the random start: a non-negative safe integer. Default 0. A probability is one over seeds. */
  readonly seed?: number | undefined;
}

/** An interval that contains the spectral norm. */
export interface Bounds {
  /** At most ‖W‖₂, rounding errors included. */
  readonly lower: number;
  /** At least ‖W‖₂, rounding errors included; infinite where that is beyond float64. */
  readonly upper: number;
  /** What was asked for. */
  readonly certainty: Certainty;
  /**
   * What the upper bound rests on: `'norms'`, min(‖W‖_F, √(‖W‖₁‖W‖_∞)); `'lanczos'`, the polynomials of a run from a
   * random start (van Dorsselaer, Hochstenbach and van der Vorst 2000); `'cholesky'`, a decomposition of αI − WWᵀ that ran
   * through (Rump 2006, 2011); `'blocks'`, one for each block of at most 2048 rows or columns of the smaller side, so
   * that the bound may be too large by at most the square root of their number.
   */
  readonly method: "norms" | "lanczos" | "cholesky" | "blocks";
}

/** The functions about bounds. */
export interface BoundFunctions<Mode extends "sync" | "async"> {
  /**
   * An interval that contains ‖W‖₂, rounding errors included. `'rigorous'` is narrower than 1e-8, relatively, for smaller
   * sides up to 2048, whatever the spectrum; it takes time in proportion to rows · columns · the smaller side.
   *
   * @throws {SpectralNormError} `OPTION` for a certainty that is neither a word nor a probability.
   * @example (await spectralNormBounds([[3, 0], [0, 4]], { certainty: "cheap" })).lower // 3.999999999999986
   */
  spectralNormBounds(w: WeightLike, options?: BoundsOptions): Returned<Mode, Bounds>;
}
