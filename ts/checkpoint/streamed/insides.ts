/**
 * Where engines have their memory, and matrices their buffer: between files of the package, and no part of what it promises.
 *
 * @module
 */
import type { Memory } from "../../engine/memory.js";

/** The key of both, which bundles of their own share by its name. */
export const insides: unique symbol = Symbol.for("spectral-norm.insides") as never;

/** The memory of an engine of this package. */
export function memoryOf(engine: object): Memory | undefined {
  return (engine as { readonly [insides]?: Memory })[insides];
}
