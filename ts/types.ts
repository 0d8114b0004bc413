// `[Symbol.dispose]` below must compile for a consumer whose own `lib` has not heard of it; `preserve` keeps the line in
// the published declarations.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Every public type of the package, declared once. The synchronous engine and the asynchronous functions are two
 * readings of the same interface, {@link SpectralFunctions}, so that they cannot drift apart.
 *
 * Words used throughout: a weight of more than two dimensions is read as a matrix `M` whose rows are the slices along
 * `axis` (axis 0, PyTorch) or whose columns are the slices along the last axis (Keras, TensorFlow). `u` is a left
 * singular vector, as long as `M` has rows; `v` is a right one, as long as `M` has columns; `σ` is the spectral norm,
 * ‖M‖₂ = max ‖Mx‖/‖x‖, the largest singular value.
 *
 * @module
 */

/** The arrays that weights come in and results go out in. */
export type FloatArray = Float32Array | Float64Array;

/** Names of element types, as NumPy, PyTorch and TensorFlow.js write them. */
export type Dtype = "float32" | "float64";

/** A weight held in a typed array, row-major (C order), as every framework exports it. */
export interface Weight<T extends FloatArray = FloatArray> {
  /** The elements in row-major order; its length is the product of `shape`. It is read, never written or kept. */
  readonly data: T;
  /** At least two positive integers, the output axis among them, e.g. `[out, in]` or `[out, in, kh, kw]`. */
  readonly shape: readonly number[];
  /**
   * The output axis. Required for more than two dimensions: 0 for PyTorch (`OIHW`), the last one, also spelled -1, for
   * Keras and TensorFlow (`HWIO`), 1 for PyTorch's transposed convolutions. Ignored for a matrix, whose norm does not
   * depend on it.
   */
  readonly axis?: number | undefined;
}

/**
 * A weight that lives in the engine's own memory, filled in place, so that no copy is made per call.
 * Made by {@link Engine.matrix}.
 */
export interface WasmMatrix<T extends FloatArray = FloatArray> {
  /** The shape given at creation. */
  readonly shape: readonly number[];
  /** The output axis given at creation, if any. */
  readonly axis: number | undefined;
  /** The element type. */
  readonly dtype: Dtype;
  /**
   * The elements, live: writing to them changes the weight. Derived anew on each read, for a view taken earlier dies
   * when WebAssembly memory grows. Do not keep it across a call of the engine.
   *
   * @throws {SpectralNormError} `DISPOSED` after {@link WasmMatrix.free}.
   */
  readonly view: T;
  /**
   * Copies `values` in, from element `offset` (default 0) on.
   *
   * @throws {SpectralNormError} `SHAPE` when they do not fit, `TYPE`, `DISPOSED`.
   */
  set(values: ArrayLike<number>, offset?: number): void;
  /** Gives the memory back. Idempotent; afterwards every other use throws `DISPOSED`. */
  free(): void;
  /** Same as {@link WasmMatrix.free}, for `using`. */
  [Symbol.dispose](): void;
}

/** Everything a function takes as a weight. `number[][]` is read as float64. */
export type WeightLike = Weight | WasmMatrix | readonly (readonly number[])[];

/** The array type that results about `W` come in: its own, and `Float64Array` for `number[][]`. */
export type ArrayOf<W> = W extends Weight<infer T> ? T : W extends WasmMatrix<infer T> ? T : Float64Array;

/** Where power iteration starts: all ones as in the article, a seeded normal vector, or a vector of yours. */
export type Start = "ones" | "random" | FloatArray;

/** Options of the functions that find the spectral norm to an accuracy. */
export interface SpectralNormOptions {
  /** How. `'auto'` (default) chooses; for now it always chooses `'power'`, power iteration. */
  readonly method?: "auto" | "power" | undefined;
  /**
   * Stop when ‖WᵀWv − σ²v‖ ≤ tolerance · σ², so that a singular value lies within that relative distance of σ. Above 0,
   * below 1. Default 1e-6.
   */
  readonly tolerance?: number | undefined;
  /** Passes over the matrix after which to give up, an integer of at least 1. Default 20,000. */
  readonly maxIterations?: number | undefined;
  /** The start vector, on the side of `v`. Default `'random'`. */
  readonly start?: Start | undefined;
  /** Seed of the random start: a non-negative safe integer. Same seed, same bits, everywhere. Default 0. */
  readonly seed?: number | undefined;
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
  /** Passes over the matrix. */
  readonly iterations: number;
  /** Whether the residual fell to the tolerance within `maxIterations`. */
  readonly converged: boolean;
  /** Whether `W` annihilated the start vector (a zero-DC kernel does that to all ones), so that a random one replaced it. */
  readonly restarted: boolean;
  /** The method used. */
  readonly method: "power";
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

/** Where results that are weights may go. */
export interface OutOption {
  /**
   * Receives the result instead of a new array: same element type and length as the input; the input's own array or
   * handle works in place. Nothing is written when the call fails.
   */
  readonly out?: FloatArray | WasmMatrix | undefined;
}

/** The type of `data` in a result: `out` itself if it was given, otherwise a new array like the input's. */
export type ResultData<W, O> = O extends { readonly out: infer Out extends FloatArray | WasmMatrix } ? Out : ArrayOf<W>;

/** Options of {@link SpectralFunctions.spectralNormalize}. */
export interface SpectralNormalizeOptions extends SpectralNormOptions, OutOption {
  /** The spectral norm to reach, finite and above 0. Default 1. */
  readonly target?: number | undefined;
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

/** The variables of a spectral normalization, as values: assign, compare, serialize them. */
export interface SpectralNormalizationState {
  /** Left vector of the last forward pass. */
  readonly u: Float64Array;
  /** Right vector of the last forward pass. */
  readonly v: Float64Array;
  /** The σ that the last forward pass divided by. */
  readonly sigma: number;
}

/** Options of {@link SpectralFunctions.createSpectralNormalization}. */
export interface SpectralNormalizationOptions {
  /** The output axis, as in {@link Weight.axis}. */
  readonly axis?: number | undefined;
  /** Steps of power iteration a forward pass, an integer of at least 1. Default 5. */
  readonly iterations?: number | undefined;
  /** The element type of the weights. Default `'float32'`. */
  readonly dtype?: Dtype | undefined;
  /**
   * Whose behavior to reproduce. `'article'` (kexue.fm 6051): all-ones start at every pass, no memory between passes,
   * `iterations` alternating steps, and a gradient that flows through all of them.
   */
  readonly preset?: "article" | undefined;
}

/** Spectral normalization as a true reparameterization: the layer computes with W/σ(W), and gradients flow through σ. */
export interface SpectralNormalization {
  /** The shape given at creation. */
  readonly shape: readonly number[];
  /**
   * W/σ̂(W). Keeps a copy of `w` for {@link SpectralNormalization.backward} unless `training` is false.
   *
   * @param w The raw weight: a typed array of the declared type and length, or a handle of the declared shape.
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `OPTION`, `DISPOSED`.
   */
  forward(w: FloatArray | WasmMatrix, options?: { readonly training?: boolean | undefined }): Normalized<FloatArray>;
  /**
   * The gradient with respect to the raw weight of the last forward pass in training, given the gradient `g` with
   * respect to W/σ̂: (g − ⟨g, W/σ̂⟩ ∂σ̂/∂W)/σ̂, with ∂σ̂/∂W through every step of the iteration.
   *
   * @throws {SpectralNormError} `STATE` when no forward pass in training came before, `SHAPE`, `TYPE`, `NON_FINITE`,
   *   `DISPOSED`.
   */
  backward(g: FloatArray): FloatArray;
  /** The variables after the last forward pass, copied; `undefined` before the first. */
  readonly state: SpectralNormalizationState | undefined;
  /**
   * Puts a state back, e.g. from a checkpoint. With preset `'article'`, which starts anew at every pass, it restores
   * what `state` reads and changes no later result.
   *
   * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `DISPOSED`.
   */
  restore(state: SpectralNormalizationState): void;
  /** Gives the memory back. Idempotent; afterwards every other use throws `DISPOSED`. */
  free(): void;
  /** Same as {@link SpectralNormalization.free}, for `using`. */
  [Symbol.dispose](): void;
}

/** What a function returns: the value itself on the engine, a promise of it at top level. */
export type Returned<Mode extends "sync" | "async", R> = Mode extends "async" ? Promise<R> : R;

/**
 * The functions of the package. On an {@link Engine} they return values and throw; at top level they return promises
 * and only ever reject. Unknown option keys are errors (`OPTION`). Every function may fail with `SHAPE`, `TYPE`,
 * `NON_FINITE`, `OPTION`, `DISPOSED`, `OUT_OF_MEMORY`; at top level also with `LOAD`.
 */
export interface SpectralFunctions<Mode extends "sync" | "async"> {
  /**
   * The spectral norm ‖W‖₂, the largest singular value (article, item 4), to a relative accuracy.
   *
   * @throws {SpectralNormError} `CONVERGENCE` when `maxIterations` did not suffice; {@link dominantTriplet} never does.
   * @example await spectralNorm([[1, 100], [0, 1]]) // 100.00999900019995
   */
  spectralNorm(w: WeightLike, options?: SpectralNormOptions): Returned<Mode, number>;
  /**
   * The largest singular value with its vectors and an account of the iteration. Lack of convergence is a value.
   *
   * @example (await dominantTriplet([[3, 0], [0, 4]])).sigma // 4
   */
  dominantTriplet<const W extends WeightLike>(
    w: W,
    options?: SpectralNormOptions,
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
  frobeniusNorm(w: WeightLike): Returned<Mode, number>;
  /**
   * The stable rank ‖W‖_F²/‖W‖₂², between 1 and the rank; 0 for a zero matrix.
   *
   * @throws {SpectralNormError} `CONVERGENCE`, as {@link spectralNorm}.
   * @example await stableRank([[1, 0], [0, 1]]) // 2
   */
  stableRank(w: WeightLike, options?: SpectralNormOptions): Returned<Mode, number>;
  /**
   * uᵀWv for given vectors: the σ̂ that a checkpoint of PyTorch's spectral normalization divides its weight by.
   *
   * @param u One entry a row of the matrix.
   * @param v One entry a column.
   * @example await bilinearForm([[1, 2], [3, 4]], Float64Array.of(1, 0), Float64Array.of(0, 1)) // 2
   */
  bilinearForm(w: WeightLike, u: FloatArray, v: FloatArray): Returned<Mode, number>;
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
  /**
   * Spectral normalization for a training loop (article, items 7 and 20): forward and backward of W ↦ W/σ̂(W).
   *
   * @param shape The shape of the weights to come.
   * @example (await createSpectralNormalization([1, 2])).forward(Float32Array.of(3, 4)).sigma // 5
   */
  createSpectralNormalization(
    shape: readonly number[],
    options?: SpectralNormalizationOptions,
  ): Returned<Mode, SpectralNormalization>;
}

/** The functions, synchronous. */
export type Spectral = SpectralFunctions<"sync">;

/**
 * The functions, asynchronous: the same, but returning promises. What they are passed is read when the engine is there,
 * after the call has returned, so leave it unchanged until the promise settles.
 */
export type AsyncSpectral = SpectralFunctions<"async">;

/** Options of {@link Engine.matrix}. */
export interface MatrixOptions<D extends Dtype = Dtype> {
  /** Element type. Default `'float32'`. */
  readonly dtype?: D | undefined;
  /** The output axis, as in {@link Weight.axis}. */
  readonly axis?: number | undefined;
}

/** One instance of the WebAssembly module: every function, synchronous, and matrices in its memory. */
export interface Engine extends Spectral {
  /**
   * A weight in the engine's memory, zero at first, to be filled in place.
   *
   * @example const w = engine.matrix([64, 64]); w.view.fill(1); engine.spectralNorm(w); w.free();
   * @throws {SpectralNormError} `SHAPE`, `OPTION`, `OUT_OF_MEMORY`.
   */
  matrix<D extends Dtype = "float32">(
    shape: readonly number[],
    options?: MatrixOptions<D>,
  ): WasmMatrix<D extends "float64" ? Float64Array : Float32Array>;
}

/** What `load` of `spectral-norm/slim` accepts: a compiled module, its bytes, a response that carries them, or their address. */
export type WasmSource = object | string;
