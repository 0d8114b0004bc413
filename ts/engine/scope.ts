/**
 * What a call has in WebAssembly memory for its length: weights that it brings in, and buffers of its own.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import { door, release } from "./door.js";
import { bfloat16Bits, float16Bits } from "./halves.js";
import type { Layout } from "./layout.js";
import type { Memory } from "./memory.js";
import { stored } from "./stored.js";
import type { DtypeCode, StoredCode } from "./validate.js";

/** A weight that passed the checks: its layout, and its elements or the buffer that holds them already. */
export interface Operand {
  readonly layout: Layout;
  readonly dtype: DtypeCode;
  readonly source: FloatArray | number;
  /** How the numbers of the buffer are stored in half of the bytes; they are computed with as float32. */
  readonly halved?: StoredCode | undefined;
}

/** A weight in WebAssembly memory for the length of a call. */
export interface Lease {
  /** The buffer with the elements in the caller's order. */
  readonly source: number;
  /** The buffer with the matrix; the same, unless the output axis lies in the middle of the shape. */
  readonly matrix: number;
  readonly rows: number;
  readonly columns: number;
  readonly dtype: DtypeCode;
  readonly length: number;
  /** Whether `source` is a handle of the caller's, which only an `out` that says so may overwrite. */
  readonly borrowed: boolean;
  /** How the numbers of the buffer are stored in half of the bytes, for the functions that take these. */
  readonly halved?: StoredCode | undefined;
}

/** The temporary buffers of one call. */
export class Scope {
  readonly memory: Memory;
  readonly #ids: number[] = [];

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /**
   * A space of Lanczos' method that starts from the buffer `z` and stays away from the vector in `locked`, if any; and
   * whether there is a first direction, which is in `z` then.
   */
  space(z: number, locked: number): [number, boolean] {
    const [id = 0, more = 0] = door.krylovNew(z, locked);
    this.#ids.push(id);
    return [id, more === 1];
  }

  /** A buffer of zeros. */
  buffer(dtype: DtypeCode, length: number): number {
    const id = door.bufferNew(dtype, length);
    this.#ids.push(id);
    return id;
  }

  /** A buffer with these values, as float64 whatever they are. */
  vector(values: FloatArray): number {
    const id = this.buffer(1, values.length);
    this.memory.view(id, 1, values.length).set(values);
    return id;
  }

  /** A copy of the first values of a float64 buffer. */
  values(id: number, length: number): Float64Array {
    return this.memory.copy(id, 1, length) as Float64Array;
  }

  /** Brings a weight into memory: a copy of an array, nothing for a handle. */
  place(operand: Operand): Lease {
    const { layout, dtype, source } = operand;
    if (stored && operand.halved) {
      return placeHalved(this, operand);
    }
    const borrowed = typeof source === "number";
    const id = borrowed ? source : this.#load(source, dtype);
    const { rows, columns, length } = layout;
    const matrix = layout.permuted ? this.axisToFront(id, dtype, layout.outer, rows, layout.inner) : id;
    return { source: id, matrix, rows, columns, dtype, length, borrowed };
  }

  /** A copy of a buffer of shape `[outer, extent, inner]` with the middle axis in front. Exchanging the first two undoes it. */
  axisToFront(id: number, dtype: DtypeCode, outer: number, extent: number, inner: number): number {
    const length = outer * extent * inner;
    const moved = this.buffer(dtype, length);
    const [from, to] = [this.memory.view(id, dtype, length), this.memory.view(moved, dtype, length)];
    for (let row = 0; row < outer * extent; row += 1) {
      const start = ((row % outer) * extent + Math.floor(row / outer)) * inner;
      for (let place = 0; place < inner; place += 1) {
        to[row * inner + place] = from[start + place] as number;
      }
    }
    return moved;
  }

  #load(values: FloatArray, dtype: DtypeCode): number {
    const { byteOffset, length } = values;
    const ours = this.memory.holds(values);
    const id = this.buffer(dtype, length);
    if (ours && !this.memory.holds(values)) {
      // The caller passed the view of a handle, and making the buffer has just detached it.
      this.memory.view(id, dtype, length).set(this.memory.at(byteOffset, dtype, length));
    } else {
      this.memory.view(id, dtype, length).set(values);
    }
    return id;
  }

  /** Gives everything back. */
  end(): void {
    try {
      release(this.#ids);
    } catch {
      // Freeing fails only after WebAssembly has trapped, and that is the error to report.
    }
  }
}

/** As it is, or, where its elements must be moved to form the matrix, a float32 copy. */
function placeHalved(scope: Scope, { layout, source, dtype, halved }: Operand): Lease {
  const { rows, columns, length } = layout;
  if (!layout.permuted) {
    return { source: source as number, matrix: source as number, rows, columns, dtype, length, borrowed: true, halved };
  }
  const widened = scope.buffer(0, length);
  const { buffer, byteOffset } = scope.memory.view(widened, 0, length);
  const bits = new Uint32Array(buffer, byteOffset, length);
  const widen = halved === 3 ? float16Bits : bfloat16Bits;
  scope.memory.view(source as number, 2, length).forEach((half, place) => {
    bits[place] = widen(half);
  });
  const matrix = scope.axisToFront(widened, 0, layout.outer, rows, layout.inner);
  return { source: widened, matrix, rows, columns, dtype, length, borrowed: false };
}
