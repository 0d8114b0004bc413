/**
 * The types of `spectral-norm/jax`.
 *
 * @module
 */
import type { JsTree, numpy } from "@jax-js/jax";
import type { NormalizationPreset } from "../types.js";

/** An array of jax-js, or what stands for one inside `grad`, `jit` and `vmap`. */
export type Tensor = numpy.Array;

/** Arrays in nested objects and lists, as jax-js's own `JsTree`. */
export type Tree = JsTree<Tensor>;

/**
 * What power iteration knows of a weight that is read as a matrix of `m` rows and `n` columns. A type and not an interface,
 * for jax-js takes no interface for a tree.
 */
export type SpectralState = {
  /** Left vector, of shape `[m]`. */
  readonly u: Tensor;
  /** Right vector, of shape `[n]`. */
  readonly v: Tensor;
  /** The norm found with them, of shape `[]`. */
  readonly sigma: Tensor;
};

/** States by the paths of their weights, e.g. `"layers.0.kernel"`. */
export type StateTree = { readonly [path: string]: SpectralState };

/**
 * Which leaves of a tree a function works on, told by the array and by its path, e.g. `"layers.0.kernel"`; the path of a
 * tree that is one array is `""`.
 */
export type LeafPredicate = (leaf: Tensor, path: string) => boolean;

/** Which axis of a weight is the output. */
export interface AxisOption {
  /**
   * The output axis of weights with more than two dimensions: -1 (default), the last, as in JAX and Flax; 0 as in PyTorch.
   * All others form the other side of the matrix. Ignored for a matrix, whose norm does not depend on it.
   */
  readonly axis?: number | undefined;
}

/** Which leaves are kernels. */
export interface KernelOption {
  /** Default: every array of two dimensions or more, as in `flax.linen.SpectralNorm`. */
  readonly isKernel?: LeafPredicate | undefined;
}

/** Options of `updateState`. */
export interface UpdateOptions extends AxisOption {
  /** Steps of power iteration, an integer from 1 to 1,000. Default 5 with preset `'article'`, else 1. */
  readonly iterations?: number | undefined;
  /**
   * Whose steps to repeat. By default v ← Wᵀu/‖Wᵀu‖ after u ← Wv/‖Wv‖ without any ε, scaled so that no square overflows
   * or vanishes.
   *
   * - `'article'` (kexue.fm 6051, item 7): from all ones at every call, whatever the state was; from a random vector where
   *   Wᵀ annihilates all ones.
   * - `'torch'` (`torch.nn.utils.parametrizations.spectral_norm`): x/max(‖x‖, ε), ε = 1e-12, going on from `v` with the
   *   output axis as rows.
   * - `'keras'` (`keras.layers.SpectralNormalization`): the same with ε = 1e-7, the last axis as columns.
   * - `'flax'` (`flax.linen.SpectralNorm`): x/√(‖x‖² + ε), ε = 1e-12.
   */
  readonly preset?: NormalizationPreset | undefined;
  /** The ε of the presets `'torch'`, `'keras'` and `'flax'`, above 0; others have none. */
  readonly epsilon?: number | undefined;
}

/** Options of `spectralNormState`. */
export interface StateOptions extends UpdateOptions {
  /** Seed of the vector that the first step starts from, an integer from 0 to 2³² − 1. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of `exactState`. */
export interface ExactOptions extends AxisOption {
  /**
   * What `sigma` becomes. `'estimate'` (default): the norm, to `tolerance`. `'upper'`: an upper bound with proof, enlarged by
   * the rounding of a division in float32, so that `spectralNormalize(w, state, { by: 'state' })` has a norm of at most
   * `target` by proof.
   */
  readonly by?: "estimate" | "upper" | undefined;
  /** Relative accuracy of the norm, above 0 and below 1. Default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Seed of the search, a non-negative safe integer. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of `spectralNormalize`. */
export interface NormalizeOptions extends AxisOption {
  /** The norm to reach, finite and above 0. Default 1. */
  readonly target?: number | undefined;
  /** `'scale'` (default) always divides; `'shrink'` leaves a weight whose norm is at most `target` alone. */
  readonly mode?: "scale" | "shrink" | undefined;
  /**
   * What to divide by: `'estimate'` (default), uᵀWv of the weight as it is now; `'state'`, the state's own `sigma`, for instance
   * a certified bound. The gradient is that of uᵀWv in both cases.
   */
  readonly by?: "estimate" | "state" | undefined;
}

/** Options of a penalty. */
export interface PenaltyOptions {
  /** The factor λ: finite, at least 0. Default 1. */
  readonly lambda?: number | undefined;
  /** Penalize only what the norm exceeds this by, squared: finite, above 0. Default: the norm itself, squared. */
  readonly above?: number | undefined;
}

/** Options of `gradientPenalty`. */
export interface GradientPenaltyOptions {
  /** The factor λ: finite, at least 0. Default 10, as in WGAN-GP. */
  readonly lambda?: number | undefined;
  /** Whether only norms above `target` are penalized (item 14) instead of all that differ from it. Default false. */
  readonly oneSided?: boolean | undefined;
  /** The norm of the gradient that costs nothing: finite, at least 0. Default 1. */
  readonly target?: number | undefined;
}

/** Options of `spectralConstraint`. */
export interface ConstraintOptions extends UpdateOptions, Omit<NormalizeOptions, "axis"> {}
