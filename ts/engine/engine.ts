/**
 * Assembles the synchronous engine.
 *
 * @module
 */
import { boundsOf } from "../bounds.js";
import { constraintsOf } from "../constraints.js";
import { convolutionsOf } from "../convolution.js";
import { empiricalOf } from "../empirical.js";
import { gradientsOf } from "../gradients.js";
import { layersOf } from "../layers.js";
import { networkOf } from "../network/bound.js";
import { normalizationOf } from "../normalization/create.js";
import { normsOf } from "../norms.js";
import { spectrumOf } from "../spectrum.js";
import type { Engine } from "../types.js";
import { insides } from "./insides.js";
import { createMatrix } from "./matrix.js";
import type { Memory } from "./memory.js";

/** The engine over one instance of the module. */
export function createEngine(memory: Memory): Engine {
  const matrix = ((shape: unknown, options: unknown) => createMatrix(memory, shape, options)) as Engine["matrix"];
  const single = {
    ...normsOf(memory),
    ...spectrumOf(memory),
    ...boundsOf(memory),
    ...constraintsOf(memory),
    ...gradientsOf(memory),
    ...convolutionsOf(memory),
    ...normalizationOf(memory),
    ...layersOf(),
    ...empiricalOf(memory),
    matrix,
  };
  const engine = Object.freeze({ ...single, ...networkOf(single), [insides]: memory });
  memories.set(engine, memory);
  return engine;
}

const memories = new WeakMap<Engine, Memory>();

/** The memory of an engine of ours. */
export function memoryOf(engine: Engine): Memory {
  return memories.get(engine) as Memory;
}
