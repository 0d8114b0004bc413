/**
 * How much memory a weight takes when it is measured in memory.
 *
 * @module
 */
import { engineDtypes } from "./decode.js";
import { elements } from "./tensor.js";
import type { CheckpointTensor } from "./types.js";

/** What a weight may take by default: with Node, its code and what it reads ahead the process stays below 250 MB. */
export const MEMORY_BYTES: number = 112 * 2 ** 20;

// As crate/src/krylov.rs has them.
const BASIS_BYTES = 2 ** 26;
const LEAST_DIRECTIONS = 24;
const MOST_DIRECTIONS = 256;

/** The bytes of a weight, of the copy along another axis, and of the directions of the search for its norm. */
export function bytesInMemory({ shape, dtype }: CheckpointTensor, axis: number): number {
  const width = engineDtypes[dtype] === "float64" ? 8 : 4;
  const isMoved = axis !== 0 && axis !== shape.length - 1;
  return elements(shape) * width * (isMoved ? 2 : 1) + basisBytes(shape, axis, width);
}

/** The same of a weight that is kept in 16 bits a number. */
export function bytesInHalves({ shape }: CheckpointTensor, axis: number): number {
  return elements(shape) * 2 + basisBytes(shape, axis, 4);
}

function basisBytes(shape: readonly number[], axis: number, width: number): number {
  const count = elements(shape);
  const rows = shape[axis] as number;
  const columns = axis === shape.length - 1 ? rows : count / rows;
  const directions = Math.min(MOST_DIRECTIONS, Math.max(LEAST_DIRECTIONS, BASIS_BYTES / (columns * width)));
  return Math.min(directions, count / columns) * columns * width;
}
