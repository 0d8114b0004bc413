/**
 * The layers that a network is told in, each with the Lipschitz constant it stands for.
 *
 * @module
 */
import type { Convolution } from "./convolution.js";
import type { FloatArray, Returned, Weight, WeightLike } from "./weights.js";

/** What every layer may have. */
export interface Named {
  /** What the table of the result calls it, e.g. its name in the checkpoint. */
  readonly name?: string | undefined;
}

/** Batch normalization with its statistics frozen, as in inference: y = γ(x − mean)/√(var + ε) + β, channel by channel. */
export interface BatchNorm {
  /** One factor for each channel. Default ones. */
  readonly gamma?: FloatArray | undefined;
  /** Has no part in the constant. */
  readonly beta?: FloatArray | undefined;
  /** Has no part in the constant. */
  readonly runningMean?: FloatArray | undefined;
  /** One variance for each channel, none below 0. */
  readonly runningVar: FloatArray;
  /** Default 1e-5, PyTorch's and Flax's; Keras has 1e-3. */
  readonly eps?: number | undefined;
}

/**
 * A dense layer, y = Wx + b: ‖W‖₂. Where batch normalization follows, `axis` says which axis of a matrix is the output:
 * 0 (default) for PyTorch, -1 for Keras and TensorFlow.
 */
export interface DenseLayer extends Weight, Named {
  readonly type: "dense";
}

/** A convolution as it runs. Its `inputSize` need not be given where the network's is known. */
export interface ConvolutionLayer extends Convolution, Named {
  readonly type: "convolution";
}

/** Batch normalization, folded into a convolution or a dense layer right before it, else max |γ|/√(var + ε). */
export interface BatchNormLayer extends BatchNorm, Named {
  readonly type: "batchNorm";
}

/**
 * Normalization by the statistics of the input itself: max |γ|/√ε, for its Jacobian is (P − ĉĉᵀ)/s times γ, where P takes
 * the mean away, s ≥ √ε is what is divided by, and ĉĉᵀ ≤ P. Inputs of hardly any variance come close to it.
 */
export interface SelfNormLayer extends Named {
  readonly type: "layerNorm" | "groupNorm" | "instanceNorm" | "rmsNorm";
  /** The factors. Default ones. */
  readonly gamma?: FloatArray | undefined;
  /** Above 0. Default 1e-5, PyTorch's; Keras has 1e-3, Flax 1e-6. */
  readonly eps?: number | undefined;
}

/** An activation without parameters. docs/numerics.md has the constant of each, and where it comes from. */
export type ActivationName =
  | "relu"
  | "relu6"
  | "selu"
  | "gelu"
  | "geluTanh"
  | "silu"
  | "mish"
  | "softplus"
  | "sigmoid"
  | "logSigmoid"
  | "tanh"
  | "tanhShrink"
  | "hardTanh"
  | "hardSwish"
  | "softShrink"
  | "softsign"
  | "softmax"
  | "abs";

/** An activation, or a layer that only moves entries or, in inference, does nothing: `{ type: "relu" }`. */
export interface PlainLayer extends Named {
  readonly type: ActivationName | "identity" | "dropout" | "flatten" | "reshape" | "permute";
}

/** An activation with a parameter. */
export type ParametricLayer = Named &
  (
    | { readonly type: "leakyRelu"; readonly slope?: number | undefined }
    | { readonly type: "prelu"; readonly slope: number | FloatArray }
    | { readonly type: "hardSigmoid"; readonly slope?: number | undefined }
    | { readonly type: "elu" | "celu"; readonly alpha?: number | undefined }
    | { readonly type: "sine"; readonly frequency?: number | undefined }
    | { readonly type: "logSoftmax"; readonly classes: number }
  );

/** The windows of a pool. Numbers are for every dimension, arrays have one for each. */
export interface PoolWindows extends Named {
  /** Side of a window. An array where nothing else tells how many dimensions there are. */
  readonly size: number | readonly number[];
  /** Default `size`. */
  readonly stride?: number | readonly number[] | undefined;
  /** As in {@link Convolution.padding}. Default 0. */
  readonly padding?: Convolution["padding"];
}

/** Means over windows: what A makes of an input, ‖A‖₂; exact where windows do not overlap, and else nearly. */
export interface AveragePoolLayer extends PoolWindows {
  readonly type: "averagePool";
  /**
   * Whether to divide by the size of the window also where it lies over padding, as PyTorch does unless told otherwise.
   * Default true, and false for `'same'` padding, as Keras and TensorFlow do it.
   */
  readonly countPadding?: boolean | undefined;
}

/** Maxima over windows: the root of the number of windows that a place is in at most. */
export interface MaxPoolLayer extends PoolWindows {
  readonly type: "maxPool";
  /** Distance of neighboring entries of a window. Default 1. */
  readonly dilation?: number | readonly number[] | undefined;
}

/** The mean, or the largest, of everything in a channel. */
export interface GlobalPoolLayer extends Named {
  readonly type: "globalAveragePool" | "globalMaxPool";
}

/** A table of vectors, one a row, that a token picks from. Only at the start of a network. */
export interface EmbeddingLayer extends Weight, Named {
  readonly type: "embedding";
}

/** Dot-product attention: no constant holds for all inputs (Kim, Papamakarios and Mnih 2021, theorem 3.1). */
export interface AttentionLayer extends Named {
  readonly type: "attention";
}

/** y = shortcut(x) + branch(x): the sum of their constants. */
export interface ResidualLayer extends Named {
  readonly type: "residual";
  readonly branch: Network;
  /** Default the identity. */
  readonly shortcut?: Network | undefined;
}

/** Branches of one input, their outputs beside each other: the root of the sum of the squares of their constants. */
export interface ConcatLayer extends Named {
  readonly type: "concat";
  readonly branches: readonly Network[];
}

/** One layer. */
export type Layer =
  | DenseLayer
  | ConvolutionLayer
  | BatchNormLayer
  | SelfNormLayer
  | PlainLayer
  | ParametricLayer
  | AveragePoolLayer
  | MaxPoolLayer
  | GlobalPoolLayer
  | EmbeddingLayer
  | AttentionLayer
  | ResidualLayer
  | ConcatLayer;

/** Layers one after the other; none at all are the identity. */
export type Network = readonly Layer[];

/** The functions about single layers that are no matrices. */
export interface LayerFunctions<Mode extends "sync" | "async"> {
  /**
   * The norm of batch normalization as it runs in inference, a diagonal: max |γ|/√(var + ε), not ‖γ‖₂ (article, item 18).
   *
   * @throws {SpectralNormError} `OPTION` for a variance below 0, or where var + ε is 0.
   * @example await batchNormNorm({ gamma: Float64Array.of(3, 4), runningVar: Float64Array.of(1, 4), eps: 0 }) // 3
   */
  batchNormNorm(layer: BatchNorm): Returned<Mode, number>;
  /**
   * The Lipschitz constant of an embedding on one-hot inputs, two of which are √2 apart: max ‖eᵢ − eⱼ‖/√2 over pairs of rows;
   * 0 for a single row. The search is exact. Of all pairs it leaves out those whose distances from the mean do not reach, so
   * that a few outlying rows end it soon; rows that are all about as far take all n²/2 pairs.
   *
   * @param w One row for each token, two dimensions.
   * @example await embeddingNorm([[1, 0], [-1, 0], [0, 1]]) // 1.414213562373095
   */
  embeddingNorm(w: WeightLike): Returned<Mode, number>;
}
