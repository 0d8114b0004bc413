/**
 * Arguments as they are sent to a worker, and what comes back put where it belongs.
 *
 * @module
 */
import { typedArrayKind } from "../engine/describe.js";
import { TypeMismatchError } from "../engine/errors.js";
import { complaint, complaintOf } from "../engine/validate.js";
import type { FloatArray, WasmMatrix } from "../types.js";

/** An array of the caller's that is on its way, and the object that gets it back. */
interface Lent {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly array: FloatArray;
}

/** Arguments in a parcel. */
export class Parcel {
  /** The arguments as they are sent. */
  readonly contents: unknown;
  /** Buffers to transfer: copies, and those that are lent. */
  readonly moved: ArrayBuffer[] = [];
  readonly #lends: boolean;
  readonly #lent: Lent[] = [];

  /**
   * @param lends Whether arrays of the caller's are moved.
   * @throws {TypeMismatchError} For what cannot be sent.
   */
  constructor(given: unknown, lends: boolean) {
    this.#lends = lends;
    this.contents = this.#pack(given, "the argument", undefined, "");
  }

  /** The buffers that the worker is to send back. */
  get lent(): ArrayBuffer[] {
    return this.#lent.map(({ array }) => array.buffer as ArrayBuffer);
  }

  /** Gives arrays over the buffers that came back to those that lent them. */
  giveBack(buffers: readonly ArrayBuffer[]): void {
    for (const [index, { holder, key, array }] of this.#lent.entries()) {
      const Kind = array.constructor as Float32ArrayConstructor;
      holder[key] = new Kind(buffers[index] as ArrayBuffer);
    }
  }

  #pack(value: unknown, title: string, holder: Record<string, unknown> | undefined, key: string): unknown {
    if (typeof value === "function") {
      throw new TypeMismatchError(complaint(title, "what can be sent to a worker", value));
    }
    if (typeof value !== "object" || value === null) return value;
    if (typedArrayKind(value) !== undefined) return this.#packArray(value as FloatArray, title, holder, key);
    if (Array.isArray(value)) {
      return typeof value[0] === "number"
        ? value
        : value.map((entry, index) => this.#pack(entry, `${title}[${index}]`, undefined, ""));
    }
    if (isHandle(value)) return this.#packHandle(value, key);
    const entries = Object.entries(value).map(([name, entry]) => {
      return [name, this.#pack(entry, name, value as Record<string, unknown>, name)];
    });
    return Object.fromEntries(entries);
  }

  /** A copy, for the clone of a message is that of the whole buffer, which may hold a whole checkpoint. */
  #packArray(array: FloatArray, title: string, holder: Lent["holder"] | undefined, key: string): FloatArray {
    const { buffer } = array;
    // What is shared is seen by the worker, too.
    if (!(Object.prototype.toString.call(buffer) === "[object ArrayBuffer]")) return array;
    if (this.#lends && holder !== undefined) {
      this.#lend(array, title, holder, key);
      return array;
    }
    const copy = array.slice();
    this.moved.push(copy.buffer as ArrayBuffer);
    return copy;
  }

  #lend(array: FloatArray, title: string, holder: Lent["holder"], key: string): void {
    const expected = "an array to transfer that has its buffer to itself";
    if (array.byteLength !== array.buffer.byteLength) {
      throw new TypeMismatchError(complaintOf(title, expected, "a part of one"));
    }
    if (Object.isFrozen(holder)) {
      throw new TypeMismatchError(complaintOf(title, "an object that can have its array back", "one that is frozen"));
    }
    // The same array twice, as an input and as the place for the result, is moved once.
    if (!this.moved.includes(array.buffer as ArrayBuffer)) this.moved.push(array.buffer as ArrayBuffer);
    this.#lent.push({ holder, key, array });
  }

  /** A weight in memory that a worker cannot see: as a place for a result an array alone. */
  #packHandle({ view, shape, axis }: WasmMatrix, key: string): unknown {
    const data = view.slice();
    this.moved.push(data.buffer as ArrayBuffer);
    return key === "out" ? data : { data, shape, ...(axis !== undefined && { axis }) };
  }
}

/** Whether a value is a weight in the memory of an engine. */
export function isHandle(value: object): value is WasmMatrix {
  return "view" in value && "free" in value && typedArrayKind(value.view) !== undefined;
}

/** How many numbers there are among the arguments: what says how much work it is. */
export function numbersIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (typedArrayKind(value) !== undefined) return (value as FloatArray).length;
  if (Array.isArray(value)) {
    return typeof value[0] === "number" ? value.length : value.reduce((sum, entry) => sum + numbersIn(entry), 0);
  }
  if (isHandle(value)) return value.view.length;
  return Object.values(value).reduce((sum: number, entry) => sum + numbersIn(entry), 0);
}
