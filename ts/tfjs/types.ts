/**
 * The types of the adapter to TensorFlow.js.
 *
 * @module
 */
import type { constraints, LayersModel, layers, Optimizer, regularizers, Scalar, Tensor } from "@tensorflow/tfjs";

/** The module `@tensorflow/tfjs`. */
export type TensorFlow = typeof import("@tensorflow/tfjs");

/** A constraint as layers take it, e.g. for `kernelConstraint`. */
export type TfjsConstraint = ReturnType<typeof constraints.nonNeg>;

/** A regularizer as layers take it, e.g. for `kernelRegularizer`. */
export type TfjsRegularizer = ReturnType<typeof regularizers.l2>;

/** Arguments of {@link Constraints.spectralNormalization}. */
export interface SpectralConstraintArgs {
  /** The norm to reach, finite and above 0. Default 1. */
  readonly target?: number | undefined;
  /** `'scale'` (default) always rescales; `'shrink'` leaves weights whose norm is at most `target` alone. */
  readonly mode?: "scale" | "shrink" | undefined;
  /** The output axis of weights of more than two dimensions. Default -1, the last one, as in Keras. */
  readonly axis?: number | undefined;
  /** A fixed number of steps from all ones, as in the article, which has 5. Default: as many as an error of 1e-6 takes. */
  readonly iterations?: number | undefined;
}

/** Arguments of the clips. */
export interface ClipArgs {
  /** The limit, finite and above 0. */
  readonly c: number;
  /** The output axis of weights of more than two dimensions. Default -1. Only {@link Constraints.clipSpectral} reads it. */
  readonly axis?: number | undefined;
}

/** Arguments of the regularizers. */
export interface RegularizerArgs {
  /** Factor of the penalty, finite and at least 0. Default 0.01, as for `tf.regularizers.l2`. */
  readonly lambda?: number | undefined;
  /** Penalize only what the norm exceeds this by, squared: finite and above 0. Default: the norm itself, squared. */
  readonly above?: number | undefined;
  /** The output axis of weights of more than two dimensions. Default -1. */
  readonly axis?: number | undefined;
}

/**
 * What a weight becomes after each update (article, item 19). Vectors, such as the γ of normalization layers, count as
 * diagonals, of norm max |γ|. TensorFlow.js stores constraints, but its optimizers do not apply them: {@link Tfjs.guard}
 * makes them. All throw `OPTION` and `TYPE` for what they are given, and `SHAPE` and `NON_FINITE` when applied.
 */
export interface Constraints {
  /**
   * W · target/σ(W) (Miyato et al. 2018, eq. 8, applied after updates).
   *
   * @example constraints.spectralNormalization().apply(tf.tensor2d([[2, 0], [0, 1]])).arraySync() // [[1,0],[0,0.5]]
   */
  spectralNormalization(args?: SpectralConstraintArgs): TfjsConstraint;
  /**
   * The projection on ‖W‖₂ ≤ c: only singular values above c change.
   *
   * @example constraints.clipSpectral({ c: 2 }).apply(tf.tensor2d([[3, 0], [0, 1]])).arraySync() // [[2,0],[0,1]]
   */
  clipSpectral(args: ClipArgs): TfjsConstraint;
  /**
   * Every entry clamped to [−c, c] (Arjovsky et al. 2017; article, item 10).
   *
   * @example constraints.weightClip({ c: 1 }).apply(tf.tensor1d([2, -0.5])).arraySync() // [1,-0.5]
   */
  weightClip(args: ClipArgs): TfjsConstraint;
  /**
   * W scaled by min(1, c/‖W‖_F) (article, item 11).
   *
   * @example constraints.frobeniusClip({ c: 2.5 }).apply(tf.tensor2d([[3, 4]])).arraySync() // [[1.5,2]]
   */
  frobeniusClip(args: ClipArgs): TfjsConstraint;
}

/** Penalties on norms, added to the loss. All throw `OPTION` and `TYPE`, and `SHAPE` and `NON_FINITE` when applied. */
export interface Regularizers {
  /**
   * λσ(W)², or λ·max(σ − above, 0)² (Yoshida and Miyato 2017; article, item 8), with a gradient through σ. The norm is the
   * engine's, to 1e-9, and max |γ| for vectors.
   *
   * @example regularizers.spectralNorm({ lambda: 1 }).apply(tf.tensor2d([[3, 0], [0, 1]])).arraySync() // 9
   */
  spectralNorm(args?: RegularizerArgs): TfjsRegularizer;
  /**
   * λ‖W‖_F² (article, item 3), or λ·max(‖W‖_F − above, 0)² (item 12).
   *
   * @example regularizers.frobeniusNorm({ lambda: 1, above: 3 }).apply(tf.tensor2d([[3, 4]])).arraySync() // 4
   */
  frobeniusNorm(args?: RegularizerArgs): TfjsRegularizer;
}

/** Whose behavior a wrapper reproduces: see {@link SpectralNormalizationArgs.preset}. */
export type TfjsPreset = "torch" | "article" | "keras";

/** Arguments of {@link Layers.spectralNormalization}; those of every layer (`name`, `inputShape`, …) are taken, too. */
export interface SpectralNormalizationArgs {
  /**
   * The layer to normalize: Dense, Conv1D, Conv2D, Conv3D, Conv2DTranspose, DepthwiseConv2D, SeparableConv2D, Embedding,
   * SimpleRNN, LSTM or GRU. Layers with two kernels have both normalized.
   */
  readonly layer: layers.Layer;
  /** Steps of power iteration a training step, an integer of at least 1. Default 5 with preset `'article'`, else 1. */
  readonly powerIterations?: number | undefined;
  /**
   * - `'torch'` (default): vectors are kept, 16 steps when the layer is built; inference divides by σ̂ of the vectors as
   *   they are.
   * - `'article'`: from all ones each time, with a gradient through all steps; inference does the same.
   * - `'keras'`: vectors are kept; **inference takes the kernel as it is**, as Keras does. Models converted from Keras
   *   have this one.
   */
  readonly preset?: TfjsPreset | undefined;
  /** Vectors are divided by max(length, epsilon), above 0. Default 1e-12, with `'keras'` 1e-7; `'article'` has none. */
  readonly epsilon?: number | undefined;
  /**
   * The axis of the outputs in the kernels. Default -1, as Keras reads every kernel; with `'torch'` the one that PyTorch
   * has for output: -2 of Conv2DTranspose, 0 of Embedding, the last two together of depthwise kernels.
   */
  readonly axis?: number | undefined;
  /** Seed of the first vectors, and of the start where all ones are annihilated. Default 0. */
  readonly seed?: number | undefined;
  /** The name of the layer. Default: one made of its class. */
  readonly name?: string;
  /** Whether the weights of the layer inside are trained. Default: what that layer says. */
  readonly trainable?: boolean;
  /** The shape of a sample, for the first layer of a model. Default: that of the layer inside, if it has one. */
  readonly inputShape?: (number | null)[];
  /** The same with the size of batches before it. */
  readonly batchInputShape?: (number | null)[];
  /** The size of batches, beside `inputShape`. */
  readonly batchSize?: number;
  /** First weights, as `getWeights` gives them. */
  readonly weights?: Tensor[];
}

/** A layer that computes with W/σ̂(W), whose raw kernel W is what optimizers see. */
export interface SpectralNormalizationLayer extends layers.Layer {
  /** The layer inside, with the raw kernel. */
  readonly layer: layers.Layer;
}

/** Layers, as `tf.layers` has them. */
export interface Layers {
  /**
   * Wraps a layer, so that it computes with W/σ̂(W) and gradients flow through σ̂ (Miyato et al. 2018; article, items 20 and
   * 21). The raw kernel is never overwritten. u, v and σ̂ are weights that are not trained (`vector_u` alone with preset
   * `'keras'`); they change at the first call with `training: true` after each change of the kernel, and at no other.
   *
   * @throws {SpectralNormError} `TYPE`: a layer without a kernel. `OPTION`. `SHAPE`: inputs of another rank, or weights of
   *   other shapes.
   * @example layers.spectralNormalization({ layer: tf.layers.dense({ units: 2 }) }).getClassName() // "SpectralNormalization"
   */
  spectralNormalization(args: SpectralNormalizationArgs): SpectralNormalizationLayer;
}

/** A critic: a model of one input and one output, or a function of a batch, made of operations of TensorFlow.js. */
export type Critic = LayersModel | ((x: Tensor) => Tensor);

/** Options of {@link Gan.gradientPenalty}. */
export interface GradientPenaltyOptions {
  /** Factor of the penalty, finite and at least 0. Default 10. */
  readonly lambda?: number | undefined;
  /** Penalize only norms above 1 (article, item 14). Default false (item 13). */
  readonly oneSided?: boolean | undefined;
  /** Seed of ε: name another one at each step. Default: other numbers at each call. */
  readonly seed?: number | undefined;
}

/** Losses of Wasserstein GANs. */
export interface Gan {
  /**
   * The mean of labels · scores over the last axis, as a loss for `model.compile` or by itself. With labels -1 for what is
   * real and 1 for what is fake, the critic minimizes E f(fake) − E f(real) (Arjovsky et al. 2017; article, item 9).
   *
   * @param labels As many as scores: other shapes, which TensorFlow.js would multiply each with each, are refused.
   * @throws {SpectralNormError} `SHAPE`, `TYPE`.
   * @example wassersteinLoss(tf.tensor2d([[-1], [1]]), tf.tensor2d([[3], [1]])).arraySync() // [-3,1]
   */
  wassersteinLoss(labels: Tensor, scores: Tensor): Tensor;
  /**
   * λ·mean (‖∇f(x̂)‖ − 1)² at x̂ = ε·real + (1 − ε)·fake, with one ε from [0, 1] for each sample (Gulrajani et al. 2017;
   * article, items 13 to 15); to be added to the critic's loss, for it has gradients itself.
   *
   * @param critic Models are called with `training: true`.
   * @param real A batch; the first axis counts samples.
   * @param fake A batch of the same shape.
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`. `UNSUPPORTED`, when its gradient is taken: the critic has an
   *   operation without second derivative, whose name the message says.
   * @example gradientPenalty((x) => tf.mul(x, 3), tf.zeros([4, 1]), tf.ones([4, 1]), { lambda: 1 }).arraySync() // 4
   */
  gradientPenalty(critic: Critic, real: Tensor, fake: Tensor, options?: GradientPenaltyOptions): Scalar;
}

/** All of the adapter. */
export interface Tfjs extends Gan {
  /** What weights become after each update. */
  readonly constraints: Constraints;
  /** Penalties on norms. */
  readonly regularizers: Regularizers;
  /** The wrapper. */
  readonly layers: Layers;
  /**
   * A copy of a model with plain layers in place of wrapped ones, and the same outputs in inference.
   *
   * @throws {SpectralNormError} `STATE`: a model without weights. `TYPE`.
   * @example bake(tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] })).layers.length // 1
   */
  bake(model: LayersModel): LayersModel;
  /**
   * Makes an optimizer apply the constraints of a model's weights after each update, which TensorFlow.js does not, and
   * refuse an update whose loss or gradients are NaN or infinite, before it has changed anything. Returns the optimizer,
   * for `model.compile` or `minimize`.
   *
   * @throws {NonFiniteError} `NON_FINITE`, at an update. `TYPE`.
   * @example guard(tf.train.sgd(0.1), tf.layers.dense({ units: 1 })).getClassName() // "SGD"
   */
  guard<T extends Optimizer>(optimizer: T, model: LayersModel | layers.Layer): T;
}
