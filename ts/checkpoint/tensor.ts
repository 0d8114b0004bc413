/**
 * A tensor of a checkpoint: what it is called, and how its elements are read piece by piece.
 *
 * @module
 */
import type { Dtype, FloatArray } from "../types.js";
import { decode, engineDtypes, type FloatDtype, type Target, widthOf } from "./decode.js";
import { readInPlace } from "./in-place.js";
import { readAhead } from "./read-ahead.js";
import { place, type Region } from "./regions.js";
import { type ByteSource, isImmediate } from "./sources/source.js";

/** What a checkpoint says about one of its tensors. */
export interface Tensor {
  readonly name: string;
  /** The element type, by its safetensors name, e.g. `"BF16"`, or as the file calls it where that has none. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its elements are; `undefined` for what is not read. */
  readonly elements: Elements | undefined;
  /**
   * Of what is not read, the bytes as safetensors would have them, in little-endian and row-major order, if they lie so:
   * they can be carried into another file.
   */
  readonly raw?: ByteSource | undefined;
}

/** Where the elements of a tensor are, and what they mean. */
export interface Elements {
  /** All of its bytes, and no others. */
  readonly bytes: ByteSource;
  readonly codec: Codec;
  /** Whether the first index runs fastest, as in Fortran. */
  readonly isColumnMajor: boolean;
}

/** Bytes to numbers. */
export interface Codec {
  /** Of which float type and in which order the bytes are; undefined for numbers that are computed from others. */
  readonly plain?: { readonly dtype: FloatDtype; readonly isBigEndian: boolean } | undefined;
  /** Bytes an element. */
  readonly width: number;
  /** The type that holds every number exactly. */
  readonly target: Dtype;
  decode(bytes: Uint8Array, target: Target): void;
}

/** The codec of a float type. */
export function codecOf(dtype: FloatDtype, isBigEndian = false): Codec {
  return {
    width: widthOf[dtype],
    target: engineDtypes[dtype],
    plain: { dtype, isBigEndian },
    decode: (bytes, target) => decode(dtype, bytes, target, isBigEndian),
  };
}

/** A tensor whose elements lie in row-major order, as in most formats. */
export function plainTensor(name: string, dtype: FloatDtype, shape: readonly number[], bytes: ByteSource): Tensor {
  return { name, dtype, shape, elements: { bytes, codec: codecOf(dtype), isColumnMajor: false } };
}

/** The number of elements of `shape`. */
export function elements(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** How many bytes are read at once unless told otherwise: large enough to be fast, small beside any memory. */
export const SLICE_BYTES: number = 4 * 2 ** 20;

/** An array of the type that holds the elements. */
export function allocate({ target }: Codec, length: number): FloatArray {
  return target === "float64" ? new Float64Array(length) : new Float32Array(length);
}

/** Part of a tensor: a box, its numbers in row-major order. */
export interface Block {
  /** The index of its first element. */
  readonly start: readonly number[];
  readonly shape: readonly number[];
  /** What `into` gave, if it was asked. */
  readonly data: FloatArray;
}

/** What blocks to give. */
export interface BlockPlan {
  /** The bytes of the file that a block has at most, unless one element has more. */
  readonly most: number;
  /** How many blocks to pass over. */
  readonly skip: number;
  /** How many blocks to give at most. */
  readonly count: number;
  /** Gives the array to fill with a block of this shape. */
  readonly into: (shape: readonly number[]) => Target;
}

/** The blocks of a tensor in the order of the file. */
export async function* blocksOf(where: Elements, shape: readonly number[], plan: BlockPlan): AsyncGenerator<Block> {
  const { bytes, codec, isColumnMajor } = where;
  if (isImmediate(bytes) && !isColumnMajor) {
    const targetOf = (region: Region) => plan.into(region.shape);
    for await (const { region, target } of readInPlace(where, shape, plan, targetOf)) {
      yield { start: region.start, shape: region.shape, data: target as FloatArray };
    }
    return;
  }
  for await (const { region, raw } of readAhead(where, shape, { ...plan, ahead: 1 })) {
    const { start, shape: size, count } = region;
    const target = plan.into(size);
    if (isColumnMajor) {
      const data = scratchFor(target, codec, count);
      codec.decode(raw, data);
      place(data, region, size, target, true);
    } else codec.decode(raw, target);
    // Bits go to those alone who gave an array for them, and look for them there.
    yield { start, shape: size, data: target as FloatArray };
  }
}

/** An array of the kind of `target`. */
function scratchFor(target: Target, codec: Codec, count: number): Target {
  return target instanceof Uint16Array ? new Uint16Array(count) : allocate(codec, count);
}

/**
 * Reads all elements of a tensor into an array, in row-major order.
 *
 * @param target Gives the array to fill. Asked again for each piece, for a view of WebAssembly memory dies when the
 *   memory grows, and other work on the same engine may have run while a piece was being read.
 */
export async function readInto(
  where: Elements,
  shape: readonly number[],
  target: () => Target,
  most: number,
): Promise<void> {
  const { bytes, codec, isColumnMajor } = where;
  const all = { skip: 0, count: Number.POSITIVE_INFINITY };
  if (isImmediate(bytes) && !isColumnMajor) {
    const targetOf = ({ offset, count }: Region) => target().subarray(offset, offset + count);
    for await (const _ of readInPlace(where, shape, { most, ...all }, targetOf));
    return;
  }
  const { ahead = 1 } = bytes;
  // No more memory than for one that is being read while another is worked on.
  const step = ahead === 1 ? most : Math.max(8, (2 * most) / (ahead + 1));
  for await (const { region, raw } of readAhead(where, shape, { most: step, ...all, ahead })) {
    const { offset, count } = region;
    if (isColumnMajor) {
      const whole = target();
      const data = scratchFor(whole, codec, count);
      codec.decode(raw, data);
      place(data, region, shape, whole, false);
    } else codec.decode(raw, target().subarray(offset, offset + count));
  }
}
