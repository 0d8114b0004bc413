/**
 * Spectral normalization as a reparameterization, for training loops.
 *
 * @module
 */
import { DisposedError, NonFiniteError, ShapeError, StateError, TypeMismatchError } from "./engine/errors.js";
import { type Layout, readLayout } from "./engine/layout.js";
import { dispose, operandOf } from "./engine/matrix.js";
import { door, type Lease, type Memory, type Scope } from "./engine/memory.js";
import { mostIterations } from "./engine/search.js";
import {
  checkKeys,
  complaint,
  complaintOf,
  type DtypeCode,
  dtypeNames,
  readChoice,
  readDtype,
  readInteger,
  readOptions,
  readVector,
} from "./engine/validate.js";
import type {
  FloatArray,
  Normalized,
  Spectral,
  SpectralNormalization,
  SpectralNormalizationOptions,
  SpectralNormalizationState,
  WasmMatrix,
} from "./types.js";

/** Makes the function over one engine's memory. */
export function normalizationOf(memory: Memory): Pick<Spectral, "createSpectralNormalization"> {
  return { createSpectralNormalization: (shape, options) => create(memory, shape, options) };
}

const keys = ["axis", "iterations", "dtype", "preset"] as const;

function create(
  memory: Memory,
  shape: readonly number[],
  options: SpectralNormalizationOptions | undefined,
): SpectralNormalization {
  const given = readOptions<SpectralNormalizationOptions>(options, keys);
  const dtype = readChoice("options.dtype", given.dtype, dtypeNames) === "float32" ? 0 : 1;
  const layout = readLayout({ shape: "shape", axis: "options.axis" }, shape, given.axis, dtype);
  const iterations = readInteger("options.iterations", given.iterations, 5, 1, mostIterations);
  readChoice("options.preset", given.preset, ["article"]);
  return new ArticleNormalization(memory, layout, dtype, iterations);
}

/** The buffers of a normalization, all made at its creation. */
interface Buffers {
  /** The raw weight of the last forward pass in training. */
  readonly weight: number;
  /** The result of a pass; while it runs also its input. */
  readonly result: number;
  /** The gradient that comes in. */
  readonly gradient: number;
  readonly u: number;
  readonly v: number;
  readonly history: number;
}

class ArticleNormalization implements SpectralNormalization {
  readonly shape: readonly number[];
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #dtype: DtypeCode;
  readonly #iterations: number;
  readonly #ids: readonly number[];
  /** `undefined` once freed. */
  #buffers: Buffers | undefined;
  #trained = false;
  /** The divisor of the last pass, whose vectors stay in their buffers. */
  #sigma: number | undefined;

  constructor(memory: Memory, layout: Layout, dtype: DtypeCode, iterations: number) {
    const { length, rows, columns } = layout;
    this.shape = layout.shape;
    this.#memory = memory;
    this.#layout = layout;
    this.#dtype = dtype;
    this.#iterations = iterations;
    const sizes = [dtype, dtype, dtype].map((type): [DtypeCode, number] => [type, length]);
    this.#ids = memory.keep(this, [...sizes, [1, rows], [1, columns], [1, iterations]]);
    const [weight = 0, result = 0, gradient = 0, u = 0, v = 0, history = 0] = this.#ids;
    this.#buffers = { weight, result, gradient, u, v, history };
  }

  forward(w: FloatArray | WasmMatrix, options?: { readonly training?: boolean | undefined }): Normalized<FloatArray> {
    const buffers = this.#live();
    const training = readTraining(options);
    const source = this.#readWeight(w);
    return this.#memory.run((scope) => {
      if (training) {
        // Until the pass has succeeded, what is kept is the weight of no pass.
        this.#trained = false;
      }
      const input = training ? buffers.weight : buffers.result;
      this.#memory.write(input, this.#dtype, this.#layout.length, source);
      const sigma = this.#estimate(scope, buffers, input);
      door.scaleToNorm(input, buffers.result, sigma, 1);
      this.#sigma = sigma;
      this.#trained = this.#trained || training;
      return { data: this.#memory.copy(buffers.result, this.#dtype, this.#layout.length), sigma };
    });
  }

  backward(g: FloatArray): FloatArray {
    const buffers = this.#live();
    if (!this.#trained) {
      throw new StateError("backward needs a forward pass in training before it that succeeded: call forward(w) first");
    }
    const { rows, columns, length } = this.#layout;
    this.#checkArray("g", g);
    return this.#memory.run((scope) => {
      this.#memory.write(buffers.gradient, this.#dtype, length, g);
      const weight = this.#matrix(scope, buffers.weight);
      const gradient = this.#matrix(scope, buffers.gradient);
      const result = this.#layout.permuted ? scope.buffer(this.#dtype, length) : buffers.result;
      door.articleGradient(weight, rows, columns, this.#iterations, 0, gradient, result);
      return this.#memory.copy(this.#inCallersOrder(scope, result), this.#dtype, length);
    });
  }

  get state(): SpectralNormalizationState | undefined {
    const { u, v } = this.#live();
    if (this.#sigma === undefined) {
      return undefined;
    }
    const { rows, columns } = this.#layout;
    const copy = (id: number, length: number) => this.#memory.copy(id, 1, length) as Float64Array;
    return { u: copy(u, rows), v: copy(v, columns), sigma: this.#sigma };
  }

  restore(state: SpectralNormalizationState): void {
    const buffers = this.#live();
    const { u, v, sigma } = readState(state, this.#layout);
    this.#memory.write(buffers.u, 1, u.length, u);
    this.#memory.write(buffers.v, 1, v.length, v);
    this.#sigma = sigma;
  }

  free(): void {
    if (this.#buffers !== undefined) {
      this.#memory.discard(this, this.#ids);
      this.#buffers = undefined;
    }
  }

  [dispose](): void {
    this.free();
  }

  #live(): Buffers {
    if (this.#buffers === undefined) {
      const message = "This SpectralNormalization was freed. Make another by createSpectralNormalization";
      throw new DisposedError(message);
    }
    return this.#buffers;
  }

  #readWeight(w: FloatArray | WasmMatrix): FloatArray | number {
    const handle = operandOf("w", w);
    if (handle === undefined) {
      this.#checkArray("w", w);
      return w as FloatArray;
    }
    this.#checkDtype("w", handle.dtype);
    const [wanted, got] = [this.shape.join(" × "), handle.layout.shape.join(" × ")];
    if (wanted !== got) {
      throw new ShapeError(complaintOf("w", `a weight of shape ${wanted}`, `one of shape ${got}`));
    }
    if (this.shape.length > 2 && handle.layout.axis !== this.#layout.axis) {
      const expected = `a weight with the output axis ${this.#layout.axis}, as given at creation`;
      throw new ShapeError(complaintOf("w", expected, `one with the output axis ${handle.layout.axis}`));
    }
    return handle.source as number;
  }

  #checkArray(title: string, array: unknown): void {
    this.#checkDtype(title, readDtype(title, array));
    const { length } = array as FloatArray;
    if (length !== this.#layout.length) {
      const product = `length ${this.shape.join(" × ")} = ${this.#layout.length}`;
      throw new ShapeError(complaintOf(title, product, String(length)));
    }
  }

  #checkDtype(title: string, dtype: DtypeCode): void {
    if (dtype !== this.#dtype) {
      const expected = `${dtypeNames[this.#dtype]}, as given at creation (option "dtype")`;
      throw new TypeMismatchError(complaintOf(title, expected, dtypeNames[dtype]));
    }
  }

  /** Power iteration from ones, as the article has it; leaves the vectors in their buffers. */
  #estimate(scope: Scope, { u, v, history }: Buffers, input: number): number {
    const { rows, columns } = this.#layout;
    const matrix = this.#matrix(scope, input);
    const [sigma = 0] = door.powerIteration(matrix, rows, columns, false, this.#iterations, 0, 0, u, v, history);
    return sigma;
  }

  /** The elements as a matrix: a temporary copy if the output axis lies in the middle. */
  #matrix(scope: Scope, id: number): Lease["matrix"] {
    const { permuted, outer, rows, inner } = this.#layout;
    return permuted ? scope.axisToFront(id, outer, rows, inner) : id;
  }

  /** Undoes {@link ArticleNormalization.#matrix}: of [rows, outer, inner] it brings the second axis to the front. */
  #inCallersOrder(scope: Scope, id: number): number {
    const { permuted, outer, rows, inner } = this.#layout;
    return permuted ? scope.axisToFront(id, rows, outer, inner) : id;
  }
}

function readTraining(options: unknown): boolean {
  const { training } = readOptions<{ training: unknown }>(options, ["training"]);
  if (training !== undefined && typeof training !== "boolean") {
    throw new TypeMismatchError(complaint("options.training", "true or false", training));
  }
  return training !== false;
}

function readState(state: unknown, { rows, columns }: Layout): SpectralNormalizationState {
  if (typeof state !== "object" || state === null) {
    throw new TypeMismatchError(complaint("state", "{ u, v, sigma }", state));
  }
  checkKeys("state", state, ["u", "v", "sigma"]);
  const { u, v, sigma } = state as SpectralNormalizationState;
  readVector("state.u", u, rows, "one entry for each row");
  readVector("state.v", v, columns, "one entry for each column");
  if (typeof sigma !== "number") {
    throw new TypeMismatchError(complaint("state.sigma", "a number", sigma));
  }
  if (!Number.isFinite(sigma)) {
    throw new NonFiniteError(complaint("state.sigma", "a finite number", sigma));
  }
  return { u, v, sigma };
}
