/**
 * Lipschitz constants of whole networks: from above with proof, from below by example.
 *
 * @module
 */
import type { Layer, Network } from "./layers.js";
import type { FloatArray, Returned } from "./weights.js";

/** Options of {@link NetworkFunctions.lipschitzBound}. */
export interface LipschitzOptions {
  /**
   * The size of the network's input in space, without channels: positive integers, or one for every dimension. Convolutions
   * and pools are then taken as they run. Without it, bounds hold for inputs of all sizes.
   */
  readonly inputSize?: number | readonly number[] | undefined;
}

/** A row of the table: one layer. */
export interface LayerBound {
  /** Where the layer stands, e.g. `network[3].branch[0]`. */
  readonly path: string;
  /** What it was called, if anything. */
  readonly name: string | undefined;
  readonly type: Layer["type"];
  /** At least its Lipschitz constant, rounding included; of a residual or a concatenation, that of all that is in it. */
  readonly upper: number;
  /**
   * What the article counts: the norm of the reshaped kernel, of γ as a vector, of an embedding as a matrix, found to 1e-6;
   * of a residual, 1 plus its branch's; 1 for all that it does not speak of.
   */
  readonly article: number;
  /** What there is to say: what was folded into what, or why the constant is infinite. */
  readonly note: string | undefined;
}

/** A Lipschitz constant of a network, and where it comes from. */
export interface LipschitzBound {
  /** At least the network's Lipschitz constant in the Euclidean norm, rounding included; infinite where none is known. */
  readonly upper: number;
  /** The product as the article counts it (items 1 and 18), which may be on either side of the truth. */
  readonly article: number;
  /** Every layer, those within residuals and concatenations after these. */
  readonly layers: readonly LayerBound[];
}

/** A function to look at from outside: an array of numbers in, one out, always as long. */
export type VectorFunction<R = FloatArray | readonly number[]> = (x: FloatArray) => R;

/** The functions that each mode takes: synchronous ones cannot wait. */
export type VectorFunctionFor<Mode extends "sync" | "async"> = Mode extends "async"
  ? VectorFunction<ReturnType<VectorFunction> | Promise<ReturnType<VectorFunction>>>
  : VectorFunction;

/** Options of {@link NetworkFunctions.empiricalLipschitz}. */
export interface EmpiricalOptions {
  /** Calls of the function at most, at least one for each sample. Default 2,000 more than there are samples, which are
   * the first to be evaluated. */
  readonly evaluations?: number | undefined;
  /** Seed of the random steps: a non-negative safe integer. Default 0. Same seed and function, same result. */
  readonly seed?: number | undefined;
}

/** A Lipschitz constant seen from below. */
export interface EmpiricalLipschitz<T extends FloatArray = FloatArray> {
  /** ‖f(x) − f(y)‖/‖x − y‖ of the pair: at most the Lipschitz constant, but for the rounding errors of f. */
  readonly lower: number;
  /** The two points. */
  readonly pair: readonly [T, T];
  /** Calls of the function that were made. */
  readonly evaluations: number;
}

/** The functions about networks. */
export interface NetworkFunctions<Mode extends "sync" | "async"> {
  /**
   * An upper bound of a network's Lipschitz constant (article, item 1) from its layers: products along the network, sums
   * over residuals, roots of sums of squares over concatenations, of guaranteed bounds, each rounded up.
   *
   * @throws {SpectralNormError} `OPTION` for unknown types and keys, `SHAPE`, `TYPE`, `NON_FINITE`; messages name the path.
   * @example (await lipschitzBound([{ type: "relu" }, { type: "residual", branch: [{ type: "sigmoid" }] }])).upper // 1.25
   */
  lipschitzBound(network: Network, options?: LipschitzOptions): Returned<Mode, LipschitzBound>;
  /**
   * The largest ‖f(x) − f(y)‖/‖x − y‖ that could be found (article, item 1): a lower bound of the Lipschitz constant of f by
   * an explicit pair. The search starts from the best pair of the samples and moves it, as a whole and an end at a time, by
   * random steps whose length follows their success. It may leave the region of the samples; where f gives NaN or an
   * infinity, it turns back, so that an f of limited domain may say so.
   *
   * @param f Any function of fixed lengths, e.g. the forward pass of a network in any framework. It gets arrays of the
   *   samples' type, not to be kept or changed.
   * @param samples Two or more arrays of one type and length, at least two of them different.
   * @throws {SpectralNormError} `TYPE`, `SHAPE`, `NON_FINITE`, also about what `f` returns for the samples.
   * @example (await empiricalLipschitz((x) => x.map((t) => 3 * t), [Float64Array.of(0), Float64Array.of(1)])).lower // 3
   */
  empiricalLipschitz<T extends FloatArray>(
    f: VectorFunctionFor<Mode>,
    samples: readonly T[],
    options?: EmpiricalOptions,
  ): Returned<Mode, EmpiricalLipschitz<T>>;
}
