/**
 * The one file that touches `memory.buffer`, and where the rest of ts/ finds what it needs of the module.
 *
 * Rust owns every buffer; this side holds their ids, and derives a view anew whenever it copies in or out, because a view
 * dies when WebAssembly memory grows.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import { door, release, start } from "./door.js";
import { Scope } from "./scope.js";
import { stored } from "./stored.js";
import { translate } from "./trouble.js";
import type { DtypeCode, StorageCode } from "./validate.js";

export { door } from "./door.js";
export type { Lease, Operand, Scope } from "./scope.js";

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

/** What buffers are viewed as, by how their elements are stored. */
type Stores = readonly [FloatArray, FloatArray, Uint16Array, Uint16Array];

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
      stored && dtype > 1
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
