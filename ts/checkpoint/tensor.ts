/**
 * A tensor of a checkpoint: where it lies, and how to read it piece by piece.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import { decode, type FloatDtype } from "./decode.js";
import type { ByteSource } from "./source.js";

/** What a checkpoint says about one of its tensors. */
export interface Tensor {
  readonly name: string;
  /** The element type, by its safetensors name, e.g. `"BF16"`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The first byte, counted from the beginning of the file. */
  readonly offset: number;
  /** How many bytes there are. */
  readonly byteLength: number;
}

/** The number of elements of `shape`. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** How many bytes are read at once unless told otherwise: large enough to be fast, small beside any memory. */
export const SLICE_BYTES: number = 4 * 2 ** 20;

/**
 * Reads the elements of a tensor in slices of whole elements.
 *
 * @param dtype The tensor's type, known to be a float.
 * @param target Gives the array to fill. Asked again for each slice, for a view of WebAssembly memory dies when the
 *   memory grows, and other work on the same engine may have run while a slice was being read.
 */
export async function readTensor(
  source: ByteSource,
  tensor: Tensor,
  dtype: FloatDtype,
  target: () => FloatArray,
  sliceBytes: number,
): Promise<void> {
  const count = elements(tensor.shape);
  const width = tensor.byteLength / count;
  const step = Math.max(1, Math.floor(sliceBytes / width));
  for (let start = 0; start < count; start += step) {
    const end = Math.min(start + step, count);
    const bytes = await source.read(tensor.offset + start * width, (end - start) * width);
    decode(dtype, bytes, target().subarray(start, end));
  }
}
