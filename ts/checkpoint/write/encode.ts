/**
 * Numbers to bytes of a checkpoint: the other direction of decode.ts. What lies between two numbers of the smaller types
 * becomes the nearer one, of two equally near ones the even one, as in IEEE 754; what lies beyond the largest is an error.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { NonFiniteError } from "../../engine/errors.js";
import type { FloatArray } from "../../types.js";
import { decode, type FloatDtype, reverseEach, widthOf } from "../decode.js";

/** A float type smaller than float32, by its bits. */
interface SmallFloat {
  readonly mantissa: number;
  readonly bias: number;
  /** The pattern of the largest finite number. */
  readonly largest: number;
  /** That of infinity; undefined where there is none. */
  readonly infinity: number | undefined;
}

const smallFloats: Readonly<Record<Exclude<FloatDtype, "F32" | "F64">, SmallFloat>> = {
  F16: { mantissa: 10, bias: 15, largest: 0x7bff, infinity: 0x7c00 },
  BF16: { mantissa: 7, bias: 127, largest: 0x7f7f, infinity: 0x7f80 },
  F8_E5M2: { mantissa: 2, bias: 15, largest: 0x7b, infinity: 0x7c },
  F8_E4M3: { mantissa: 3, bias: 7, largest: 0x7e, infinity: undefined },
};

/** The largest finite number of a type. */
export function largestOf(dtype: FloatDtype): number {
  if (dtype === "F64") return Number.MAX_VALUE;
  if (dtype === "F32") return 2 ** 128 - 2 ** 104;
  const { mantissa, bias, largest } = smallFloats[dtype];
  const exponent = largest >> mantissa;
  return (2 ** mantissa + (largest & (2 ** mantissa - 1))) * 2 ** (exponent - bias - mantissa);
}

/**
 * The bytes of numbers. Infinities and NaN stay what they are where the type has them.
 *
 * @param values A `Float64Array` for F64, otherwise a `Float32Array`.
 * @param where What messages call the tensor.
 * @param first The index of the first number, if these are some of more.
 * @param room Where the bytes are put.
 * @throws {NonFiniteError} For numbers that round to more than the largest of the type; for infinities of F8_E4M3.
 */
export function encode(
  dtype: FloatDtype,
  values: FloatArray,
  where: string,
  isBigEndian = false,
  first = 0,
  room: Uint8Array = new Uint8Array(widthOf[dtype] * values.length),
): Uint8Array {
  const bytes = dtype === "F32" || dtype === "F64" ? wide(values, room) : narrow(dtype, values, where, first, room);
  if (isBigEndian) reverseEach(bytes, widthOf[dtype]);
  return bytes;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function wide(values: FloatArray, bytes: Uint8Array): Uint8Array {
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  if (!isLittleEndian) reverseEach(bytes, values.BYTES_PER_ELEMENT);
  return bytes;
}

function narrow(
  dtype: keyof typeof smallFloats,
  values: FloatArray,
  where: string,
  first: number,
  bytes: Uint8Array,
): Uint8Array {
  const type = smallFloats[dtype];
  const width = widthOf[dtype];
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const pattern = narrowBits(bits[i] as number, type);
    if (pattern < 0) {
      const what = `numbers of at most ${largestOf(dtype)}, the largest of ${dtype}`;
      throw new NonFiniteError(`${where} expected ${what}, got ${describe(values[i])} at index ${first + i}`);
    }
    const sign = ((bits[i] as number) >>> 31) << (8 * width - 1);
    bytes[width * i] = (pattern | sign) & 0xff;
    if (width === 2) bytes[2 * i + 1] = (pattern | sign) >> 8;
  }
  return bytes;
}

const FLOAT32_MANTISSA = 23;
const FLOAT32_BIAS = 127;
const FLOAT32_INFINITY = 0x7f800000;

/** The pattern of a number without its sign, −1 for what the type cannot hold. */
function narrowBits(bits: number, { mantissa, bias, largest, infinity }: SmallFloat): number {
  const magnitude = bits & 0x7fffffff;
  const dropped = FLOAT32_MANTISSA - mantissa;
  if (magnitude > FLOAT32_INFINITY) {
    if (infinity === undefined) return largest + 1;
    // Its payload, as far as there is room; none at all would be infinity.
    return infinity | ((magnitude & 0x7fffff) >> dropped || 1 << (mantissa - 1));
  }
  if (magnitude === FLOAT32_INFINITY) return infinity ?? -1;
  const pattern = roundedBits(magnitude, dropped, bias, mantissa);
  return pattern > largest ? -1 : pattern;
}

function roundedBits(magnitude: number, dropped: number, bias: number, mantissa: number): number {
  const exponent = magnitude >>> FLOAT32_MANTISSA;
  // A mantissa that overflows carries into the exponent, which is what it should do.
  if (exponent > FLOAT32_BIAS - bias) return roundedShift(magnitude, dropped) - ((FLOAT32_BIAS - bias) << mantissa);
  const significand = exponent === 0 ? magnitude : (magnitude & 0x7fffff) | 0x800000;
  // Subnormal: how many steps of the smallest number. Beyond 25 places not even a half of one is left.
  const places = dropped + FLOAT32_BIAS - bias + 1 - Math.max(exponent, 1);
  return places > 25 ? 0 : roundedShift(significand, places);
}

/** value / 2^places, to the nearest integer, and of two to the even one. */
function roundedShift(value: number, places: number): number {
  const odd = (value >>> places) & 1;
  return ((value + 2 ** (places - 1) - 1 + odd) / 2 ** places) >>> 0;
}

const AT_ONCE = 2 ** 20;

/** Rounds numbers in place to those that the type has, so that what is measured is what will be written. */
export function roundTo(dtype: FloatDtype, values: FloatArray, where: string): void {
  if (dtype === "F32" || dtype === "F64") return;
  for (let start = 0; start < values.length; start += AT_ONCE) {
    const piece = values.subarray(start, start + AT_ONCE);
    decode(dtype, encode(dtype, piece, where, false, start), piece);
  }
}
