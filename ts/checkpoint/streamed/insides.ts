/**
 * What engines and matrices of this package have inside.
 *
 * @module
 */
import { insides } from "../../engine/insides.js";
import type { Memory } from "../../engine/memory.js";

/** The memory of an engine of this package. */
export function memoryOf(engine: object): Memory | undefined {
  return (engine as { readonly [insides]?: Memory })[insides];
}
