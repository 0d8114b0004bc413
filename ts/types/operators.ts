/**
 * Linear maps that are known by what they do to vectors.
 *
 * @module
 */
import type { FloatArray, WeightLike } from "./weights.js";

/**
 * A linear map given by its products with vectors: of a matrix too large or too structured to be written out, e.g. the
 * product of two LoRA factors, or the difference between a weight and its quantized form. `R` is what it returns; with
 * promises it suits the functions at top level, not those of an {@link Engine}.
 */
export interface LinearOperator<R extends FloatArray | Promise<FloatArray> = FloatArray> {
  /** The length of an image, a positive integer. */
  readonly rows: number;
  /** The length of an argument, a positive integer. */
  readonly columns: number;
  /**
   * W·x, with `rows` entries, for `x` with `columns` entries, which is not to be kept or changed. `isLast` is true in the pass that the
   * norm is made of: who has faster products in float32 may use them in all others, with a tolerance of 1e-5 or more. Compositions do not tell it.
   */
  apply(x: Float64Array, isLast?: boolean): R;
  /** Wᵀ·y, with `columns` entries, for `y` with `rows` entries. It must be the adjoint of {@link LinearOperator.apply}. */
  applyAdjoint(y: Float64Array): R;
}

/** A linear operator that may or may not take its time. */
export type AnyOperator = LinearOperator | LinearOperator<FloatArray | Promise<FloatArray>>;

/** What operators are composed of: weights, and other operators. */
export type OperatorLike = WeightLike | AnyOperator;

/** The operators that functions of a mode take: synchronous functions cannot wait. */
export type OperatorFor<Mode extends "sync" | "async"> = Mode extends "async" ? AnyOperator : LinearOperator;

/** What a composition is: synchronous if its parts are. */
export type Composed<A, B = A> = A extends WeightLike | LinearOperator
  ? B extends WeightLike | LinearOperator
    ? LinearOperator
    : LinearOperator<FloatArray | Promise<FloatArray>>
  : LinearOperator<FloatArray | Promise<FloatArray>>;
