/**
 * Norms, singular vectors and power iteration.
 *
 * @module
 */
import type { OperatorFor } from "./operators.js";
import type { ArrayOf, FloatArray, Returned, StoredMatrix, WeightLike } from "./weights.js";

/** Where power iteration starts: all ones as in the article, a seeded normal vector, or a vector of yours. */
export type Start = "ones" | "random" | FloatArray;

/** The ways to the largest singular value. */
export type Method = "power" | "lanczos" | "exact";

/** Options of the functions that find the spectral norm to an accuracy. */
export interface SpectralNormOptions {
  /**
   * How. `'auto'` (default) chooses by shape: `'exact'` where the smaller side is at most 16, of at most 4,096 entries;
   * `'power'`, power iteration, where not even 24 vectors as long as a row fit in 1 GiB; else `'lanczos'`, Lanczos' method
   * on WᵀW with full re-orthogonalization, which takes tens of passes where power iteration takes hundreds or thousands.
   * `'exact'` rotates pairs of rows or columns of the smaller side until all are orthogonal, in time proportional to the
   * square of that side times the other.
   */
  readonly method?: "auto" | Method | undefined;
  /**
   * Stop when ‖WᵀWv − σ²v‖ ≤ tolerance · σ², so that a singular value lies within that relative distance of σ. Above 0,
   * below 1. Default 1e-6.
   */
  readonly tolerance?: number | undefined;
  /** Passes over the matrix after which to give up, an integer of at least 1. Default 20,000. */
  readonly maxIterations?: number | undefined;
  /**
   * The start vector, on the side of `v`. Default `'random'`. Lanczos' method mixes a thousandth of a random vector into
   * any other, so that a start orthogonal to the answer does not hide it; the exact method needs none.
   */
  readonly start?: Start | undefined;
  /** Seed of the random start: a non-negative safe integer. Same seed, same bits, everywhere. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of {@link NormFunctions.dominantTriplet}. */
export interface DominantTripletOptions extends SpectralNormOptions {
  /**
   * Whether to look for the second singular value in a search of its own, which takes about as many passes again. Default
   * true. Without it `gap` is what the search for the first one saw of it, an upper bound.
   */
  readonly gap?: boolean | undefined;
}

/** Options of {@link NormFunctions.multiply}. */
export interface MultiplyOptions {
  /** Whether to multiply by Wᵀ instead. Default false. */
  readonly adjoint?: boolean | undefined;
}

/** The largest singular value with its vectors, and how the search for them ended. */
export interface DominantTriplet<T extends FloatArray = FloatArray> {
  /** uᵀWv = ‖Wᵀu‖ of the unit vectors, summed in float64: never above the true norm but for rounding. */
  readonly sigma: number;
  /** Left singular vector, unit length, one entry a row. */
  readonly u: T;
  /** Right singular vector, unit length, one entry a column. */
  readonly v: T;
  /**
   * ‖WᵀWv − σ²v‖/σ² at the last pass: some singular value of `W` lies within this relative distance of `sigma`. 0 for a
   * zero matrix.
   */
  readonly residual: number;
  /**
   * The relative gap 1 − σ₂/σ₁ to the second singular value, 0 for a multiple one; an upper bound of it, close where the
   * search went on to look for the second. Lanczos' method does so in a search of its own. 0 for a zero matrix; NaN after
   * power iteration, which does not know it.
   */
  readonly gap: number;
  /** Passes over the matrix. */
  readonly iterations: number;
  /** Whether the residual fell to the tolerance within `maxIterations`. */
  readonly converged: boolean;
  /**
   * Whether `W` annihilated the start vector of power iteration (a zero-DC kernel does that to all ones), so that a random
   * one replaced it.
   */
  readonly restarted: boolean;
  /** The method used. */
  readonly method: Method;
}

/** Options of {@link SpectralFunctions.powerIteration}. */
export interface PowerIterationOptions {
  /** Steps, an integer of at least 1. Default 5, the article's `r`. */
  readonly iterations?: number | undefined;
  /**
   * `'alternating'` (default): v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖, starting from `u`.
   * `'gram'`: v ← WᵀWv/‖WᵀWv‖, starting from `v`.
   */
  readonly form?: "alternating" | "gram" | undefined;
  /** The start vector: as long as `W` has rows for `'alternating'`, columns for `'gram'`. Default `'ones'`. */
  readonly start?: Start | undefined;
  /** Seed of a random start or restart: a non-negative safe integer. Default 0. */
  readonly seed?: number | undefined;
}

/** What {@link SpectralFunctions.powerIteration} found. */
export interface PowerIteration<T extends FloatArray = FloatArray> {
  /** The estimate after the last step, uᵀWv; at most the true norm but for rounding. */
  readonly sigma: number;
  /** Left vector after the last step, unit length. */
  readonly u: T;
  /** Right vector after the last step, unit length. */
  readonly v: T;
  /** The estimate after each step, never decreasing but for rounding. */
  readonly history: Float64Array;
  /** Whether `W` annihilated the start vector, so that a random one replaced it. */
  readonly restarted: boolean;
}

/** Options of {@link NormFunctions.singularValues}. */
export interface SingularValuesOptions extends Omit<SpectralNormOptions, "start" | "method"> {
  /** How many, the largest first: an integer from 1 to the smaller side. Default all. */
  readonly k?: number | undefined;
  /**
   * How. `'auto'` (default): `'exact'`, rotations of pairs of rows or columns until all are orthogonal, where there are at
   * most 4,096 entries, or the smaller side is at most 1024 and `k` more than a quarter of it; else `'lanczos'`, one
   * Krylov space for all `k`, and a further search for copies of multiple values, which one space cannot hold.
   */
  readonly method?: "auto" | "lanczos" | "exact" | undefined;
  /** Whether to return singular vectors too. Default false. */
  readonly vectors?: boolean | undefined;
}

/** Leading singular values with their vectors. */
export interface SingularTriplets<T extends FloatArray = FloatArray> {
  /** In descending order; those of a multiple one as often as they are. */
  readonly values: Float64Array;
  /** Left singular vectors, orthonormal, each with one entry a row. */
  readonly u: readonly T[];
  /** Right singular vectors, orthonormal, each with one entry a column. */
  readonly v: readonly T[];
  /** The largest ‖WᵀWv − σ²v‖/σ² of all; 0 for the exact method. */
  readonly residual: number;
  /** Passes over the matrix; 1 for the exact method. */
  readonly iterations: number;
}

/** What {@link NormFunctions.singularValues} returns: values alone, or triplets if asked for. */
export type SingularValuesResult<W, O> = O extends { readonly vectors: true }
  ? SingularTriplets<ArrayOf<W>>
  : Float64Array;

/** The functions about norms. */
export interface NormFunctions<Mode extends "sync" | "async"> {
  /**
   * The spectral norm ‖W‖₂, the largest singular value (article, item 4), to a relative accuracy.
   *
   * @throws {SpectralNormError} `CONVERGENCE` when `maxIterations` did not suffice; {@link dominantTriplet} never does.
   * @example await spectralNorm([[1, 100], [0, 1]]) // 100.00999900019995
   */
  spectralNorm(w: WeightLike | StoredMatrix | OperatorFor<Mode>, options?: SpectralNormOptions): Returned<Mode, number>;
  /**
   * The largest singular value with its vectors and an account of the iteration. Lack of convergence is a value.
   *
   * @example (await dominantTriplet([[3, 0], [0, 4]])).sigma // 4
   */
  dominantTriplet<const W extends WeightLike | StoredMatrix | OperatorFor<Mode>>(
    w: W,
    options?: DominantTripletOptions,
  ): Returned<Mode, DominantTriplet<ArrayOf<W>>>;
  /**
   * The article's power iteration to the letter (items 5 to 7): a fixed number of steps from a fixed start.
   * An underestimate of σ: 0.93 σ on a square Gaussian matrix after 5 steps.
   *
   * @example (await powerIteration([[2, 0], [0, 1]], { iterations: 5 })).history // 5 rising estimates of 2
   */
  powerIteration<const W extends WeightLike>(
    w: W,
    options?: PowerIterationOptions,
  ): Returned<Mode, PowerIteration<ArrayOf<W>>>;
  /**
   * The Frobenius norm √Σw² (article, item 2), accumulated in float64; an upper bound of ‖W‖₂.
   *
   * @example await frobeniusNorm([[3, 0], [0, 4]]) // 5
   */
  frobeniusNorm(w: WeightLike | StoredMatrix): Returned<Mode, number>;
  /**
   * The stable rank ‖W‖_F²/‖W‖₂², between 1 and the rank; 0 for a zero matrix.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as {@link spectralNorm}.
   * @example await stableRank([[1, 0], [0, 1]]) // 2
   */
  stableRank(w: WeightLike | StoredMatrix, options?: SpectralNormOptions): Returned<Mode, number>;
  /**
   * The `k` largest singular values, with their vectors if `vectors` is true.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as {@link spectralNorm}.
   * @example await singularValues([[3, 0], [0, 4]]) // Float64Array [4, 3]
   */
  singularValues<const W extends WeightLike, const O extends SingularValuesOptions = Record<never, never>>(
    w: W,
    options?: O,
  ): Returned<Mode, SingularValuesResult<W, O>>;
  /**
   * The spectral radius of a square matrix, the largest |eigenvalue|. It is not the norm, though the article equates them:
   * ρ ≤ ‖W‖₂, with equality for symmetric and other normal matrices, but the example's norm is 100.01. The norm bounds
   * ‖Wx‖, the radius only how Wᵏx grows in the long run (Gelfand 1941).
   *
   * By Gelfand's formula, repeated squaring in float64: time proportional to the cube of the side. With κ the condition
   * number of the eigenvectors, 1 for a normal matrix, the relative error is about κ² · 1e-16. Where an eigenvalue of
   * multiplicity p lacks eigenvectors, expect a p-th root of that; a nilpotent matrix gives 0 or that much of its norm.
   *
   * @throws {SpectralNormError} `SHAPE` for a matrix that is not square: it has a norm, but no eigenvalues.
   * @example await spectralRadius([[1, 100], [0, 1]]) // 1
   */
  spectralRadius(w: WeightLike): Returned<Mode, number>;
  /**
   * uᵀWv for given vectors: the σ̂ that a checkpoint of PyTorch's spectral normalization divides its weight by.
   *
   * @param u One entry a row of the matrix.
   * @param v One entry a column.
   * @example await bilinearForm([[1, 2], [3, 4]], Float64Array.of(1, 0), Float64Array.of(0, 1)) // 2
   */
  bilinearForm(w: WeightLike | StoredMatrix, u: FloatArray, v: FloatArray): Returned<Mode, number>;
  /**
   * The product W·x, or Wᵀ·x, summed in float64: what an operator is made of whose matrix is larger than memory, block by
   * block.
   *
   * @param x One entry a column of the matrix; with `adjoint`, one a row.
   * @example await multiply([[1, 2], [3, 4]], Float64Array.of(1, 0), { adjoint: true }) // Float64Array [1, 2]
   */
  multiply(w: WeightLike | StoredMatrix, x: FloatArray, options?: MultiplyOptions): Returned<Mode, Float64Array>;
}
