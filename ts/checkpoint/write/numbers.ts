/**
 * New numbers of a tensor that are asked for in pieces, so that they need not be in memory twice, or at all.
 *
 * @module
 */
import type { FloatArray, WasmMatrix } from "../../types.js";
import { type Region, regions } from "../regions.js";
import { reusing } from "../sources/room.js";
import { allocate, type Codec, type Elements, elements } from "../tensor.js";
import { readBox } from "./boxes.js";
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
  const room = roomFor(codec);
  let isFreed = false;
  return {
    isInFileOrder: true,
    async piece(first, count) {
      const raw = await source.read(first * width, count * width);
      const numbers = room(count);
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
export function inFileOrder(numbers: Numbers, { isColumnMajor, codec }: Elements, shape: readonly number[]): Numbers {
  if (numbers.isInFileOrder || !isColumnMajor) return numbers;
  const room = roomFor(codec);
  return {
    isInFileOrder: true,
    async piece(first, count) {
      const target = room(count);
      toFileOrder(await numbers.piece(0, elements(shape)), shape, first, target);
      return target;
    },
    free: () => numbers.free(),
  };
}

/** Bytes of numbers that are put in another order at once: each time the file may have to be read from end to end. */
const REORDERED_BYTES = 2 ** 24;

/** The same numbers in row-major order, so many bytes of them at once. */
export function inRows(
  numbers: Numbers,
  { isColumnMajor, codec }: Omit<Elements, "bytes">,
  shape: readonly number[],
  most: number = REORDERED_BYTES,
): Numbers {
  if (!(numbers.isInFileOrder && isColumnMajor)) return numbers;
  const [room, result] = [roomFor(codec), roomFor(codec)];
  const boxes = [...regions(shape, false, most / allocate(codec, 1).byteLength)];
  let current: Region | undefined;
  return {
    isInFileOrder: false,
    async piece(first, count) {
      const target = result(count);
      for (let at = first; at < first + count; ) {
        const box = boxes.find(({ offset, count: own }) => at < offset + own) as Region;
        const data = room(box.count);
        if (box !== current) {
          current = undefined;
          await readBox(numbers, true, shape, box, data);
          current = box;
        }
        const end = Math.min(first + count, box.offset + box.count);
        target.set(data.subarray(at - box.offset, end - box.offset), at - first);
        at = end;
      }
      return target;
    },
    free: () => numbers.free(),
  };
}

/** An array that is used again and again, and grows if need be. */
export function roomFor(codec: Codec): (count: number) => FloatArray {
  let room = allocate(codec, 0);
  return (count) => {
    if (room.length < count) room = allocate(codec, count);
    return room.subarray(0, count);
  };
}
