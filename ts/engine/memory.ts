/**
 * The one file that knows the generated glue and touches `memory.buffer`.
 *
 * Rust owns every buffer; this side holds their ids, and derives a view anew whenever it copies in or out, because a view
 * dies when WebAssembly memory grows.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import type { Layout } from "./layout.js";
import { stored } from "./stored.js";
import { translate } from "./trouble.js";
import type { DtypeCode, StorageCode } from "./validate.js";
import type * as glue from "./wasm/spectral_norm.js";
import init, {
  addOuter,
  bufferAddress,
  bufferFree,
  bufferNew,
  convolutionNorm,
  dominantTriplet,
  fillNormal,
  frobeniusNorm,
  frobeniusProduct,
  gramPass,
  initSync,
  krylovBest,
  krylovNew,
  krylovStep,
  leading,
  multiply,
  powerIteration,
  scaleToNorm,
  spectralNormBounds,
  spectralRadius,
} from "./wasm/spectral_norm.js";

/** The functions of the Rust crate, as crate/src/wasm/ exports them. They take ids of buffers. */
export const door: Omit<typeof glue, "default" | "initSync" | `stored${string}`> = {
  addOuter,
  bufferAddress,
  bufferFree,
  bufferNew,
  convolutionNorm,
  dominantTriplet,
  fillNormal,
  frobeniusNorm,
  frobeniusProduct,
  gramPass,
  krylovBest,
  krylovNew,
  krylovStep,
  leading,
  multiply,
  powerIteration,
  scaleToNorm,
  spectralNormBounds,
  spectralRadius,
};

/** Where ts/pool/ and ts/checkpoint/ find what is inside engines and handles: between files of the package, and no part of what it promises. */
export const insides: unique symbol = Symbol.for("spectral-norm.insides") as never;

/** A weight that passed the checks: its layout, and its elements or the buffer that holds them already. */
export interface Operand {
  readonly layout: Layout;
  readonly dtype: DtypeCode;
  readonly source: FloatArray | number;
  /** Whether the buffer holds bfloat16 numbers, which are computed with as float32. */
  readonly halved?: boolean;
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
  /** Whether the buffer holds bfloat16 numbers, for the functions that take these. */
  readonly halved?: boolean | undefined;
}

/** Whether the module has what {@link stored} calls: the one that ./inline.ts carries has not. */
let isComplete = false;

/** Whether there may be weights in half of the bytes. */
export const takesHalves = (): boolean => stored !== undefined && isComplete;

/** Starts the module. The glue keeps one instance for good, so a module that is not ours must not reach it. */
export async function openMemory(module: WebAssembly.Module): Promise<Memory> {
  const names = new Set(WebAssembly.Module.exports(module).map((item) => item.name));
  if (stored) {
    isComplete = names.has("storedTriplet");
  }
  const missing = ["memory", ...Object.keys(door)].filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw new TypeError(`this is not the WebAssembly module of this version of spectral-norm: it lacks ${missing[0]}`);
  }
  return new Memory((await start(module)).memory, module);
}

/**
 * At once where the engine allows it: the glue's asynchronous way asks for `Request`, whose first use in Node takes
 * longer than all the rest of loading. Chromium up to 114 refuses modules of this size on the main thread.
 */
function start(module: WebAssembly.Module): ReturnType<typeof initSync> | ReturnType<typeof init> {
  try {
    return initSync({ module });
  } catch {
    return init({ module_or_path: module });
  }
}

/** What buffers are viewed as, by how their elements are stored. */
type Stores = readonly [FloatArray, FloatArray, Uint16Array];

/** WebAssembly memory and the buffers in it. */
export class Memory {
  /** The module whose memory it is, and its functions, for ts/pool/, which finds them on the engine. */
  readonly module: WebAssembly.Module;
  readonly door: typeof door = door;
  /** Those for weights in half of the bytes, if the module has them. */
  readonly stored: typeof stored = stored && isComplete ? stored : undefined;
  readonly #memory: WebAssembly.Memory;
  readonly #registry: FinalizationRegistry<readonly number[]> | undefined;

  constructor(memory: WebAssembly.Memory, module: WebAssembly.Module) {
    this.module = module;
    this.#memory = memory;
    // Some edge runtimes have none; there a handle that is never freed stays.
    this.#registry = typeof FinalizationRegistry === "function" ? new FinalizationRegistry(release) : undefined;
  }

  /** Runs `work` with a scope for temporary buffers, all of which are given back however it ends. */
  run<R>(work: (scope: Scope) => R): R {
    const scope = new Scope(this);
    try {
      return work(scope);
    } catch (thrown) {
      throw translate(thrown);
    } finally {
      scope.end();
    }
  }

  /** The same for work that waits in between. */
  async runAsync<R>(work: (scope: Scope) => Promise<R>): Promise<R> {
    const scope = new Scope(this);
    try {
      return await work(scope);
    } catch (thrown) {
      throw translate(thrown);
    } finally {
      scope.end();
    }
  }

  /** Buffers of these types and lengths that live until {@link Memory.discard}: all, or none if one cannot be had. */
  keep(owner: object, sizes: readonly (readonly [StorageCode, number])[]): number[] {
    const ids: number[] = [];
    try {
      for (const [dtype, length] of sizes) {
        ids.push(door.bufferNew(dtype, length));
      }
    } catch (thrown) {
      release(ids);
      throw translate(thrown);
    }
    // A net for owners that are dropped without free().
    this.#registry?.register(owner, ids, owner);
    return ids;
  }

  /** Gives back what {@link Memory.keep} made. */
  discard(owner: object, ids: readonly number[]): void {
    this.#registry?.unregister(owner);
    release(ids);
  }

  /** The elements of a buffer, live until the next call into WebAssembly. */
  view<S extends StorageCode>(id: number, dtype: S, length: number): Stores[S] {
    return this.at(door.bufferAddress(id), dtype, length);
  }

  /** The elements at an address, live until the next call into WebAssembly. */
  at<S extends StorageCode>(address: number, dtype: S, length: number): Stores[S] {
    const { buffer } = this.#memory;
    const view =
      stored && dtype === 2
        ? new Uint16Array(buffer, address, length)
        : dtype === 0
          ? new Float32Array(buffer, address, length)
          : new Float64Array(buffer, address, length);
    return view as Stores[S];
  }

  /** Whether an array is a view of this memory, live, as it is now. */
  holds(array: FloatArray | Uint16Array): boolean {
    return array.buffer === this.#memory.buffer;
  }

  /** Copies the elements of a buffer into an array. */
  read<T extends FloatArray>(id: number, dtype: DtypeCode, out: T): T {
    out.set(this.view(id, dtype, out.length));
    return out;
  }

  /** Copies the elements of a buffer into a new array of its type. */
  copy(id: number, dtype: DtypeCode, length: number): FloatArray {
    return this.view(id, dtype, length).slice();
  }

  /** Copies elements into a buffer, from another one or from an array. */
  write(id: number, dtype: DtypeCode, length: number, source: FloatArray | number): void {
    const target = this.view(id, dtype, length);
    target.set(typeof source === "number" ? this.view(source, dtype, length) : source);
  }
}

function release(ids: readonly number[]): void {
  for (const id of ids) {
    door.bufferFree(id);
  }
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

/** As it is, or, where its elements must be moved to form the matrix, a float32 copy, whose bits are its own and 16 zeros. */
function placeHalved(scope: Scope, { layout, source, dtype, halved }: Operand): Lease {
  const { rows, columns, length } = layout;
  if (!layout.permuted) {
    return { source: source as number, matrix: source as number, rows, columns, dtype, length, borrowed: true, halved };
  }
  const widened = scope.buffer(0, length);
  const { buffer, byteOffset } = scope.memory.view(widened, 0, length);
  const bits = new Uint32Array(buffer, byteOffset, length);
  scope.memory.view(source as number, 2, length).forEach((half, place) => {
    bits[place] = half << 16;
  });
  const matrix = scope.axisToFront(widened, 0, layout.outer, rows, layout.inner);
  return { source: widened, matrix, rows, columns, dtype, length, borrowed: false };
}
