/**
 * New numbers of a tensor that are asked for in pieces, so that they need not be in memory twice, or at all.
 *
 * @module
 */
import type { FloatArray, WasmMatrix } from "../../types.js";
import { place, regions } from "../regions.js";
import { reusing } from "../sources/room.js";
import { allocate, type Elements, elements, SLICE_BYTES } from "../tensor.js";
import { toFileOrder } from "./order.js";

/** Numbers in pieces. */
export interface Numbers {
  /** Whether they follow one another as they do in the file that is read, instead of in row-major order. */
  readonly isInFileOrder: boolean;
  /** Some of them, which are there until the next are asked for. */
  piece(first: number, count: number): FloatArray | Promise<FloatArray>;
  /** Gives back what holds them; more than once does no harm. */
  free(): void;
}

/** Numbers that are in memory. */
export function arrayNumbers(data: FloatArray): Numbers {
  return {
    isInFileOrder: false,
    piece: (first, count) => data.subarray(first, first + count),
    free: () => undefined,
  };
}

/** Those of a matrix of the engine, which is freed with them. */
export function matrixNumbers(matrix: WasmMatrix): Numbers {
  return {
    isInFileOrder: false,
    // A view dies when the engine's memory grows.
    piece: (first, count) => matrix.view.subarray(first, first + count),
    free: () => matrix.free(),
  };
}

/** Those of a file, each of which may be changed, whatever its place. */
export function fileNumbers({ bytes, codec }: Elements, change: (numbers: FloatArray) => void): Numbers {
  const { width } = codec;
  const source = reusing(bytes, 1);
  let room = allocate(codec, 0);
  let isFreed = false;
  return {
    isInFileOrder: true,
    async piece(first, count) {
      const raw = await source.read(first * width, count * width);
      if (room.length < count) room = allocate(codec, count);
      const numbers = room.subarray(0, count);
      codec.decode(raw, numbers);
      change(numbers);
      return numbers;
    },
    free() {
      if (!isFreed) source.end();
      isFreed = true;
    },
  };
}

/** The same numbers in the order of the file. */
export async function inFileOrder(numbers: Numbers, where: Elements, shape: readonly number[]): Promise<Numbers> {
  if (numbers.isInFileOrder || !where.isColumnMajor) return numbers;
  return arrayNumbers(toFileOrder(await numbers.piece(0, elements(shape)), shape));
}

/** The same numbers in row-major order. Those of a file in which the first index runs fastest are in memory for it. */
export async function inRows(numbers: Numbers, where: Elements, shape: readonly number[]): Promise<Numbers> {
  if (!(numbers.isInFileOrder && where.isColumnMajor)) return numbers;
  const all = allocate(where.codec, elements(shape));
  for (const region of regions(shape, true, SLICE_BYTES / where.codec.width)) {
    place(await numbers.piece(region.offset, region.count), region, shape, all, false);
  }
  return arrayNumbers(all);
}
