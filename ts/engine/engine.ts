/**
 * Assembles the synchronous engine.
 *
 * @module
 */
import { constraintsOf } from "../constraints.js";
import { normalizationOf } from "../normalization.js";
import { normsOf } from "../norms.js";
import type { Engine } from "../types.js";
import { createMatrix } from "./matrix.js";
import type { Memory } from "./memory.js";

/** The engine over one instance of the module. */
export function createEngine(memory: Memory): Engine {
  const matrix = ((shape, options) => createMatrix(memory, shape, options)) as Engine["matrix"];
  return Object.freeze({ ...normsOf(memory), ...constraintsOf(memory), ...normalizationOf(memory), matrix });
}
