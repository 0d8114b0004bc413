/**
 * Norms of convolutions as they run: padding, stride, dilation and groups included.
 *
 * @module
 */
import type { Normalized } from "./constraints.js";
import type { SpectralGradient } from "./gradients.js";
import type { FloatArray, Returned } from "./weights.js";

/**
 * Which axis of a kernel is what: `O` the layer's output channels, `I` its input channels, `D`, `H`, `W` space. PyTorch,
 * MXNet and ONNX store `OIHW`, and transposed convolutions as `IOHW`; Keras, TensorFlow and Flax store `HWIO`, Keras and
 * TensorFlow transposed ones as `HWOI`. `HWIM` is a depthwise kernel of Keras and TensorFlow, `M` outputs for each input.
 */
export type ConvolutionLayout =
  | "OIW"
  | "OIHW"
  | "OIDHW"
  | "IOW"
  | "IOHW"
  | "IODHW"
  | "WIO"
  | "HWIO"
  | "DHWIO"
  | "WOI"
  | "HWOI"
  | "DHWOI"
  | "WIM"
  | "HWIM"
  | "DHWIM";

/** What stands at the border: zeros, the other side, the mirror image without the border itself, or the border itself. */
export type PaddingMode = "zeros" | "circular" | "reflect" | "replicate";

/**
 * A convolution layer as it runs, in 1, 2 or 3 dimensions. Where an option takes one number or an array, the array has one
 * number for each spatial dimension.
 */
export interface Convolution<T extends FloatArray = FloatArray> {
  /** The kernel, row-major. It is read, never written or kept. */
  readonly kernel: T;
  /** Its shape, with 3 to 5 positive integers. */
  readonly shape: readonly number[];
  /**
   * What its axes are. Default PyTorch's: `'OIW'`, `'OIHW'` or `'OIDHW'` by the length of the shape, and `'IOW'`,
   * `'IOHW'` or `'IODHW'` for transposed convolutions.
   */
  readonly layout?: ConvolutionLayout | undefined;
  /** Default 1. */
  readonly stride?: number | readonly number[] | undefined;
  /**
   * Entries added at both ends of each dimension: a number, one for each dimension, or `[before, after]` for each; or
   * `'same'`, as TensorFlow counts it, so that the output is ⌈input/stride⌉ long, the odd entry behind (PyTorch's, which
   * has it for stride 1, is the same); or `'valid'`, none. Of a transposed convolution: what it takes away. Default 0.
   */
  readonly padding?: number | readonly (number | readonly [number, number])[] | "same" | "valid" | undefined;
  /** What the added entries are. Default `'zeros'`. */
  readonly paddingMode?: PaddingMode | undefined;
  /** Distance of neighboring entries of the kernel on the input. Default 1. */
  readonly dilation?: number | readonly number[] | undefined;
  /** Groups of channels that do not see each other; both numbers of channels are multiples of it. Default 1. */
  readonly groups?: number | undefined;
  /**
   * The size of the input in space, without channels. Without it, the norm is the supremum over inputs of all sizes, which
   * zero-padded and circular convolutions have.
   */
  readonly inputSize?: number | readonly number[] | undefined;
  /** Whether it is a transposed convolution, the adjoint of one. Zero-padded only. Default false. */
  readonly transposed?: boolean | undefined;
  /** Of a transposed convolution: entries added at the end of each dimension of the output. Default 0. */
  readonly outputPadding?: number | readonly number[] | undefined;
}

/** Options of the functions about convolutions. */
export interface ConvolutionOptions {
  /** Relative accuracy of `sigma`, as in {@link SpectralNormOptions.tolerance}. Default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Passes after which to give up, as in {@link SpectralNormOptions.maxIterations}. Default 20,000. */
  readonly maxIterations?: number | undefined;
  /** Seed of the random start. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of {@link ConvolutionFunctions.convolutionNorm}. */
export interface ConvolutionNormOptions extends ConvolutionOptions {
  /**
   * How narrow the interval is to be: `'rigorous'` (default), as narrow as it can be had in reasonable time, or `'cheap'`,
   * from norms of the reshaped kernel that take one sweep. Both are sure.
   */
  readonly certainty?: "rigorous" | "cheap" | undefined;
}

/** An interval that contains a norm, rounding included. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** The norm of a convolution as it runs. */
export interface ConvolutionNorm extends Interval {
  /** ‖A‖₂ of the map A from input to output, found to the tolerance: at least that much of it but for rounding. */
  readonly sigma: number;
  /** A guaranteed lower bound of ‖A‖₂. */
  readonly lower: number;
  /** A guaranteed upper bound of ‖A‖₂. */
  readonly upper: number;
  /**
   * What `upper` rests on: `'cholesky'`, a decomposition of the whole map, at most 1e-8 wide; `'symbol'`, the frequency
   * response on a grid, each proved by a decomposition, enlarged for what lies between; `'reshaped'`, the matrix below.
   */
  readonly method: "cholesky" | "symbol" | "reshaped";
  /**
   * The norm of the kernel reshaped to a matrix, outputs × (inputs · space), for the group where it is largest. With one
   * group it is what spectral normalization layers divide by. It is at most ‖A‖₂ where one place of the output sees the
   * whole kernel.
   */
  readonly reshaped: Interval;
  /** ‖A‖₂ ≤ factor · reshaped: the root of how often the kernel reads an entry of the input, at most. */
  readonly factor: number;
  /** ‖AᵀAv − σ²v‖/σ² at the end. */
  readonly residual: number;
  /** Passes of the convolution and its adjoint. */
  readonly iterations: number;
  /** Whether the residual fell to the tolerance. */
  readonly converged: boolean;
  /** The size of the output in space; `undefined` without `inputSize`. */
  readonly outputSize: readonly number[] | undefined;
}

/** Options of {@link ConvolutionFunctions.convolutionNormalize}. */
export interface ConvolutionNormalizeOptions extends ConvolutionOptions {
  /** The norm to reach, finite and above 0. Default 1. */
  readonly target?: number | undefined;
  /** What to divide by: `'estimate'` (default), the norm as found, or `'upper'`, its bound with proof. */
  readonly by?: "estimate" | "upper" | undefined;
  /** `'scale'` (default) always rescales; `'shrink'` leaves a kernel whose norm is at most `target` alone. */
  readonly mode?: "scale" | "shrink" | undefined;
}

/** The functions about convolutions. */
export interface ConvolutionFunctions<Mode extends "sync" | "async"> {
  /**
   * The norm of a convolution as it runs: its estimate and an interval that contains it, rounding included.
   *
   * @throws {SpectralNormError} `SHAPE`, `OPTION` where the sizes do not fit together.
   * @example (await convolutionNorm({ kernel: new Float32Array(9).fill(1), shape: [1, 1, 3, 3] })).sigma // 9
   */
  convolutionNorm(convolution: Convolution, options?: ConvolutionNormOptions): Returned<Mode, ConvolutionNorm>;
  /**
   * ∂‖A‖₂/∂K, the gradient of the norm as it runs with respect to the kernel: Σ u ⊗ patch(v) over the places of the output.
   * `inputSize` is required.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as `spectralNorm`.
   * @example (await convolutionNormGradient({ kernel: Float64Array.of(2), shape: [1, 1, 1], inputSize: 1 })).gradient // Float64Array [1]
   */
  convolutionNormGradient<T extends FloatArray>(
    convolution: Convolution<T>,
    options?: ConvolutionOptions,
  ): Returned<Mode, SpectralGradient<T>>;
  /**
   * The kernel times target/‖A‖₂: spectral normalization by the norm of the convolution, not of the reshaped kernel.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as `spectralNorm`.
   * @example (await convolutionNormalize({ kernel: Float64Array.of(2), shape: [1, 1, 1], inputSize: 1 })).data // Float64Array [1]
   */
  convolutionNormalize<T extends FloatArray>(
    convolution: Convolution<T>,
    options?: ConvolutionNormalizeOptions,
  ): Returned<Mode, Normalized<T>>;
}
