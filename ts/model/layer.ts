/**
 * One weight of a model, whose steps can be taken back.
 *
 * @module
 */
import { describe, typedArrayKind } from "../engine/describe.js";
import { ShapeError, TypeMismatchError } from "../engine/errors.js";
import type {
  Engine,
  FloatArray,
  SpectralNormalization,
  SpectralNormalizationOptions,
  SpectralNormalizationState,
  WasmMatrix,
} from "../types.js";

/** A weight. */
export class Layer {
  /** What its layer is called, with a dot, and what that calls it. */
  readonly place: { readonly prefix: string; readonly name: string };
  readonly #make: () => SpectralNormalization;
  /** Holds a result until those of all weights are there. */
  readonly #result: WasmMatrix;
  #normalization: SpectralNormalization;

  constructor(engine: Engine, name: string, shape: readonly number[], options: SpectralNormalizationOptions) {
    const end = name.lastIndexOf(".") + 1;
    this.place = { prefix: name.slice(0, end), name: name.slice(end) };
    this.#make = () => engine.createSpectralNormalization(shape, options);
    this.#normalization = this.#make();
    const length = shape.reduce((product, size) => product * size, 1);
    this.#result = engine.matrix([1, length], { dtype: options.dtype });
  }

  get normalization(): SpectralNormalization {
    return this.#normalization;
  }

  /** Takes a step, and keeps its result; returns what was divided by. */
  step(weight: FloatArray | WasmMatrix, training: boolean): number {
    return this.#normalization.forward(weight, { training, out: this.#result }).sigma;
  }

  /** Whether a result can go where it is wanted. */
  checkOut(out: unknown): void {
    const { view, dtype } = this.#result;
    const place = isHandle(out) ? out.view : out;
    const kind = dtype === "float64" ? "Float64Array" : "Float32Array";
    if (typedArrayKind(place) !== kind) {
      throw new TypeMismatchError(`"out" expected a ${kind} or a WasmMatrix of ${dtype}, got ${describe(out)}`);
    }
    const { length } = place as FloatArray;
    if (length !== view.length) throw new ShapeError(`"out" expected length ${view.length}, got ${length}`);
  }

  /** The result, in a new array or where it is wanted. */
  handOut(out: FloatArray | WasmMatrix | undefined): FloatArray | WasmMatrix {
    const { view } = this.#result;
    if (out === undefined) return view.slice();
    out.set(view);
    return out;
  }

  /** Goes back to a state, that before the first pass included. */
  rewind(state: SpectralNormalizationState | undefined): void {
    if (state !== undefined) {
      this.#normalization.restore(state);
      return;
    }
    const fresh = this.#make();
    this.#normalization.free();
    this.#normalization = fresh;
  }

  free(): void {
    this.#normalization.free();
    this.#result.free();
  }
}

function isHandle(out: unknown): out is WasmMatrix {
  return typeof out === "object" && out !== null && "view" in out;
}
