/**
 * Weights that live in the engine's memory.
 *
 * @module
 */
import type { FloatArray, MatrixOptions, WasmMatrix } from "../types.js";
import { typedArrayKind } from "./describe.js";
import { DisposedError, ShapeError, TypeMismatchError } from "./errors.js";
import { insides } from "./insides.js";
import { readLayout } from "./layout.js";
import { type Memory, type Operand, takesHalves } from "./memory.js";
import { stored } from "./stored.js";
import {
  complaint,
  complaintOf,
  type DtypeCode,
  dtypeNames,
  readChoice,
  readOptions,
  type StorageCode,
  type StoredCode,
  storageNames,
} from "./validate.js";

/** `Symbol.dispose`, or what polyfills agree on where it is missing, as in Safari. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);

/** Makes a weight in `memory`, all zeros. */
export function createMatrix(memory: Memory, shape: unknown, options: unknown): WasmMatrix {
  const { dtype, axis } = readOptions<MatrixOptions>(options, ["dtype", "axis"]);
  const code = storageNames.indexOf(
    readChoice("options.dtype", dtype, takesHalves() ? storageNames : dtypeNames),
  ) as StorageCode;
  const layout = readLayout({ shape: "shape", axis: "options.axis" }, shape, axis, code);
  return new Matrix(memory, layout, code, axis) as WasmMatrix;
}

/**
 * The weight behind a handle of this engine; `undefined` for anything else. Throws if it was freed, and for one that is stored
 * in half of the bytes.
 */
export function operandOf(title: string, value: unknown): Operand | undefined {
  const operand = Matrix.operandOf(title, value);
  if (stored && operand?.halved) {
    throw new TypeMismatchError(complaintOf(title, "float32 or float64", storageNames[operand.halved]));
  }
  return operand;
}

/** The weight behind a handle that is stored in half of the bytes; `undefined` for anything else. Throws if it was freed. */
export function halvedOf(value: unknown): Operand | undefined {
  const operand = Matrix.operandOf("w", value);
  return operand?.halved ? operand : undefined;
}

/** Whether a value is a handle, but not one of this engine's. */
export function isForeignHandle(value: object): boolean {
  return "view" in value && "dtype" in value && typeof (value as Partial<WasmMatrix>).free === "function";
}

class Matrix {
  readonly shape: readonly number[];
  readonly axis: number | undefined;
  readonly dtype: (typeof storageNames)[number];
  readonly #memory: Memory;
  /** `undefined` once freed. */
  #operand: (Operand & { readonly source: number }) | undefined;
  #view: FloatArray | Uint16Array | undefined;

  constructor(memory: Memory, layout: Operand["layout"], storage: StorageCode, axis: number | undefined) {
    this.shape = layout.shape;
    this.axis = axis;
    this.dtype = storageNames[storage];
    this.#memory = memory;
    const [source = 0] = memory.keep(this, [[storage, layout.length]]);
    this.#operand = {
      layout,
      source,
      dtype: (stored && storage !== 1 ? 0 : storage) as DtypeCode,
      ...(stored && { halved: storage > 1 ? (storage as StoredCode) : undefined }),
    };
  }

  static operandOf(title: string, value: unknown): Operand | undefined {
    return typeof value === "object" && value !== null && #operand in value ? value.#live(title) : undefined;
  }

  /** The buffer, for ts/checkpoint/. */
  get [insides](): number {
    return this.#live("view").source;
  }

  get view(): FloatArray | Uint16Array {
    const live = this.#live("view");
    // Deriving a view costs more than a small call, and it lives until memory grows.
    if (this.#view === undefined || !this.#memory.holds(this.#view)) {
      this.#view = this.#memory.view(live.source, (stored && live.halved) ?? live.dtype, live.layout.length);
    }
    return this.#view;
  }

  set(values: ArrayLike<number>, offset = 0): void {
    const live = this.#live("set");
    const room = live.layout.length;
    const list = stored && live.halved ? readBits(values, live.halved) : readValues(values);
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > room) {
      throw new ShapeError(complaint("offset", `an integer from 0 to ${room}`, offset));
    }
    if (list.length > room - offset) {
      throw new ShapeError(
        complaintOf("values", `at most ${room - offset} from offset ${offset} on`, String(list.length)),
      );
    }
    this.view.set(list, offset);
  }

  free(): void {
    if (this.#operand !== undefined) {
      this.#memory.discard(this, [this.#operand.source]);
      this.#operand = undefined;
      this.#view = undefined;
    }
  }

  [dispose](): void {
    this.free();
  }

  #live(title: string): Operand & { readonly source: number } {
    if (this.#operand === undefined) {
      throw new DisposedError(
        complaintOf(title, "a WasmMatrix in use", "one that was freed", "Make another by engine.matrix"),
      );
    }
    return this.#operand;
  }
}

/** A typed array as it is, anything else that has a length as an array; what is no number would be written as NaN. */
function readValues(values: unknown): ArrayLike<number> {
  const kind = typedArrayKind(values);
  const isList = typeof values === "object" && values !== null && "length" in values;
  if (!isList || kind?.startsWith("Big")) {
    throw new TypeMismatchError(complaint("values", "an array of numbers", values));
  }
  if (kind !== undefined) {
    return values as unknown as ArrayLike<number>;
  }
  const list: unknown[] = Array.from(values as unknown as ArrayLike<unknown>);
  const wrong = list.findIndex((value) => typeof value !== "number");
  if (wrong >= 0) {
    throw new TypeMismatchError(complaint(`values[${wrong}]`, "a number", list[wrong]));
  }
  return list as number[];
}

/** Other numbers would have to be rounded, and bits are not numbers: only an array of what is stored is taken for one. */
function readBits(values: unknown, code: StoredCode): ArrayLike<number> {
  const kind = typedArrayKind(values);
  if (code === 3 && kind === "Float16Array") {
    const { buffer, byteOffset, length } = values as Uint16Array;
    return new Uint16Array(buffer, byteOffset, length);
  }
  if (kind !== "Uint16Array") {
    const expected = code === 3 ? "a Float16Array, or a Uint16Array, the bits" : "a Uint16Array, the bits";
    throw new TypeMismatchError(complaint("values", expected, values));
  }
  return values as Uint16Array;
}
