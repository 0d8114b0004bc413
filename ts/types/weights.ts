// `[Symbol.dispose]` below must compile for a consumer whose own `lib` has not heard of it; `preserve` keeps the line in
// the published declarations.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What weights come in and go out as.
 *
 * @module
 */

/** The arrays that weights come in and results go out in. */
export type FloatArray = Float32Array | Float64Array;

/** Names of element types, as NumPy, PyTorch and TensorFlow.js write them. */
export type Dtype = "float32" | "float64";

/** Names of the types that weights in half of the bytes have. */
export type StoredDtype = "bfloat16" | "float16";

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

/**
 * A weight that lives in the engine's memory in half of the bytes, as checkpoints store it: bfloat16, the upper half of a
 * float32, or float16, IEEE 754's binary16. {@link spectralNorm}, {@link dominantTriplet}, {@link frobeniusNorm},
 * {@link stableRank}, {@link multiply} and {@link bilinearForm} take it, and give to the bit what they give of the same
 * numbers in float32.
 * Made by {@link Engine.matrix}, where the entry has it.
 */
export interface StoredMatrix<D extends StoredDtype = StoredDtype> {
  /** The shape given at creation. */
  readonly shape: readonly number[];
  /** The output axis given at creation, if any. */
  readonly axis: number | undefined;
  /** How the elements are stored. */
  readonly dtype: D;
  /**
   * The bits of the elements, live, under the same terms as {@link WasmMatrix.view}. Those of float16 are numbers in
   * `new Float16Array(view.buffer, view.byteOffset, view.length)`, where the runtime has that.
   */
  readonly view: Uint16Array;
  /**
   * Copies bits in, from element `offset` (default 0) on.
   *
   * @throws {SpectralNormError} `SHAPE` when they do not fit, `TYPE` for anything but a `Uint16Array`, or for float16 a
   *   `Float16Array`, `DISPOSED`.
   */
  set(bits: D extends "float16" ? Uint16Array | Float16Values : Uint16Array, offset?: number): void;
  /** Gives the memory back. Idempotent; afterwards every other use throws `DISPOSED`. */
  free(): void;
  /** Same as {@link StoredMatrix.free}, for `using`. */
  [Symbol.dispose](): void;
}

/** A `Float16Array`, which not every `lib` has heard of. */
export type Float16Values = ArrayLike<number> & { readonly [Symbol.toStringTag]: "Float16Array" };

/** Everything a function takes as a weight. `number[][]` is read as float64. */
export type WeightLike = Weight | WasmMatrix | readonly (readonly number[])[];

/** The array type that results about `W` come in: its own, and `Float64Array` for `number[][]`. */
export type ArrayOf<W> =
  W extends Weight<infer T>
    ? T
    : W extends WasmMatrix<infer T>
      ? T
      : W extends StoredMatrix
        ? Float32Array
        : Float64Array;

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

/** What a function returns: the value itself on the engine, a promise of it at top level. */
export type Returned<Mode extends "sync" | "async", R> = Mode extends "async" ? Promise<R> : R;
