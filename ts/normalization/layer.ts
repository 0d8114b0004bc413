/**
 * Spectral normalization as a reparameterization, for training loops: what it keeps, and what it is passed.
 *
 * @module
 */
import { DisposedError, ShapeError, StateError, TypeMismatchError } from "../engine/errors.js";
import type { Layout } from "../engine/layout.js";
import { dispose, operandOf } from "../engine/matrix.js";
import { door, type Memory, type Scope } from "../engine/memory.js";
import { complaintOf, type DtypeCode, dtypeNames, readDtype, readFlag, readOptions } from "../engine/validate.js";
import { hand, readOut } from "../engine/weight.js";
import type {
  FloatArray,
  ForwardOptions,
  Normalized,
  PeerState,
  PeerStateOptions,
  ResultData,
  SpectralNormalization,
  SpectralNormalizationState,
  WasmMatrix,
} from "../types.js";
import type { Peer } from "./peers.js";
import type { Matrix, Preset } from "./preset.js";
import { readPeerState, writePeerState } from "./records.js";
import { copyState, readState } from "./state.js";

/** The buffers of a layer, all as long as the weight and made at its creation. */
interface Buffers {
  /** The raw weight of the last forward pass in training. */
  readonly weight: number;
  /** The result of a pass; in evaluation also its input, unless that is a handle. */
  readonly result: number;
  /** The gradient that comes in. */
  readonly gradient: number;
}

/** The normalization of weights of a layout, by a preset, which may be a peer's. */
export function createLayer(
  memory: Memory,
  layout: Layout,
  dtype: DtypeCode,
  preset: Preset,
  peer?: Peer,
): SpectralNormalization {
  return new Layer(memory, layout, dtype, preset, peer);
}

class Layer implements SpectralNormalization {
  readonly shape: readonly number[];
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #dtype: DtypeCode;
  readonly #preset: Preset;
  readonly #peer: Peer | undefined;
  readonly #ids: readonly number[];
  /** `undefined` once freed. */
  #buffers: Buffers | undefined;
  #state: SpectralNormalizationState | undefined;
  /** The state that the last pass in training left, if it succeeded. */
  #trained: SpectralNormalizationState | undefined;

  constructor(memory: Memory, layout: Layout, dtype: DtypeCode, preset: Preset, peer?: Peer) {
    this.shape = layout.shape;
    this.#memory = memory;
    this.#layout = layout;
    this.#dtype = dtype;
    this.#preset = preset;
    this.#peer = peer;
    const size = [dtype, layout.length] as const;
    this.#ids = memory.keep(this, [size, size, size]);
    const [weight = 0, result = 0, gradient = 0] = this.#ids;
    this.#buffers = { weight, result, gradient };
  }

  forward<O extends ForwardOptions>(w: FloatArray | WasmMatrix, options?: O): Normalized<ResultData<FloatArray, O>> {
    const { weight, result: own } = this.#live();
    const given = readOptions<ForwardOptions>(options, ["training", "out"]);
    const training = readFlag("options.training", given.training, true);
    const source = this.#readWeight(w);
    const form = { layout: this.#layout, dtype: this.#dtype };
    const destination = readOut(this.#memory, given.out, form);
    return this.#memory.run((scope) => {
      if (training) {
        // Until the pass has succeeded, what is kept is the weight of no pass.
        this.#trained = undefined;
      }
      // What lives there already is copied in training alone, for backward.
      const input = training ? weight : typeof source === "number" ? source : own;
      if (input !== source) {
        this.#memory.write(input, this.#dtype, this.#layout.length, source);
      }
      const matrix = this.#matrix(scope, input);
      const { sigma, state } = this.#preset.pass(scope, matrix, this.#state, training);
      const result = destination?.buffer ?? own;
      door.scaleToNorm(input, result, Math.abs(sigma), 1, matrix.large);
      this.#state = state ?? this.#state;
      if (training) {
        this.#trained = state;
      }
      if (sigma < 0) {
        // Vectors that are frozen while the weight goes on can end in a negative uᵀWv.
        const view = this.#memory.view(result, this.#dtype, this.#layout.length);
        view.set(view.map((entry) => -entry));
      }
      return { data: hand(this.#memory, form, result, destination) as ResultData<FloatArray, O>, sigma };
    });
  }

  backward(g: FloatArray): FloatArray {
    const buffers = this.#live();
    const state = this.#trained;
    if (state === undefined) {
      throw new StateError("backward needs a forward pass in training before it that succeeded: call forward(w) first");
    }
    const { permuted, outer, rows, inner, length } = this.#layout;
    this.#checkArray("g", g);
    return this.#memory.run((scope) => {
      this.#memory.write(buffers.gradient, this.#dtype, length, g);
      const weight = this.#matrix(scope, buffers.weight);
      const { id: gradient } = this.#matrix(scope, buffers.gradient);
      const result = permuted ? scope.buffer(this.#dtype, length) : buffers.result;
      this.#preset.pull(scope, { weight, state, g, gradient, result });
      // Of [rows, outer, inner] the second axis to the front: the caller's order.
      return this.#copy(permuted ? scope.axisToFront(result, this.#dtype, rows, outer, inner) : result);
    });
  }

  get state(): SpectralNormalizationState | undefined {
    this.#live();
    return this.#state && copyState(this.#state);
  }

  restore(state: SpectralNormalizationState): void {
    this.#live();
    this.#state = readState(state, this.#layout);
  }

  toPeerState(w: FloatArray | WasmMatrix, options?: PeerStateOptions): PeerState {
    this.#live();
    const source = this.#readWeight(w);
    const weight = typeof source === "number" ? this.#copy(source) : source;
    return writePeerState(this.#peer, options, weight, this.#state);
  }

  fromPeerState(record: PeerState, options?: PeerStateOptions): FloatArray {
    this.#live();
    const read = (title: string, array: unknown) => this.#checkArray(title, array);
    const { weight, state } = readPeerState(this.#peer, options, record, this.#layout, read);
    this.#state = state;
    return weight;
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
      return this.#checkArray("w", w);
    }
    this.#checkDtype("w", handle.dtype);
    const wanted = this.shape.join(" × ");
    const got = handle.layout.shape.join(" × ");
    if (wanted !== got) {
      throw new ShapeError(complaintOf("w", `a weight of shape ${wanted}`, `one of shape ${got}`));
    }
    if (this.shape.length > 2 && handle.layout.axis !== this.#layout.axis) {
      const expected = `a weight with the output axis ${this.#layout.axis}, as given at creation`;
      throw new ShapeError(complaintOf("w", expected, `one with the output axis ${handle.layout.axis}`));
    }
    return handle.source as number;
  }

  #checkArray(title: string, array: unknown): FloatArray {
    this.#checkDtype(title, readDtype(title, array));
    const { length } = array as FloatArray;
    if (length !== this.#layout.length) {
      const product = `length ${this.shape.join(" × ")} = ${this.#layout.length}`;
      throw new ShapeError(complaintOf(title, product, String(length)));
    }
    return array as FloatArray;
  }

  #checkDtype(title: string, dtype: DtypeCode): void {
    if (dtype !== this.#dtype) {
      const expected = `${dtypeNames[this.#dtype]}, as given at creation (option "dtype")`;
      throw new TypeMismatchError(complaintOf(title, expected, dtypeNames[dtype]));
    }
  }

  /** The elements as a matrix: a temporary copy if the output axis lies in the middle. */
  #matrix(scope: Scope, id: number): Matrix {
    const { permuted, outer, rows, columns, inner } = this.#layout;
    const large = this.#dtype === 0 && rows * columns >= 4096;
    return { id: permuted ? scope.axisToFront(id, this.#dtype, outer, rows, inner) : id, rows, columns, large };
  }

  #copy(id: number): FloatArray {
    return this.#memory.copy(id, this.#dtype, this.#layout.length);
  }
}
