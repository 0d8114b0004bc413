/**
 * Bytes of a checkpoint to numbers. Half precision is widened bit by bit, hence exactly: every float16 and every
 * bfloat16 is also a float32, subnormals, infinities and the payloads of NaNs included. Floats of 8 bits are looked up.
 *
 * @module
 */
import { bfloat16Bits, float16Bits } from "../engine/halves.js";
import type { Dtype, FloatArray, StoredDtype } from "../types.js";
import { widen } from "./widen.js";

/** A float type that can be decoded, by its safetensors name. */
export type FloatDtype = "F8_E4M3" | "F8_E5M2" | "F16" | "BF16" | "F32" | "F64";

/** The float types, with the engine's type that holds them exactly. */
export const engineDtypes: Readonly<Record<FloatDtype, Dtype>> = {
  F8_E4M3: "float32",
  F8_E5M2: "float32",
  F16: "float32",
  BF16: "float32",
  F32: "float32",
  F64: "float64",
};

/** Those that it holds as they are in the file, where its module can. */
export const storedDtypes: Readonly<Partial<Record<FloatDtype, StoredDtype>>> = { F16: "float16", BF16: "bfloat16" };

/** Bytes an element. */
export const widthOf: Readonly<Record<FloatDtype, number>> = {
  F8_E4M3: 1,
  F8_E5M2: 1,
  F16: 2,
  BF16: 2,
  F32: 4,
  F64: 8,
};

/** Whether `dtype` is one of {@link engineDtypes}. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(engineDtypes, dtype);
}

/** Whether bytes of the file are those of `target`, so that they need not be decoded. */
export function isAsStored(dtype: FloatDtype, isBigEndian: boolean, target: Target): boolean {
  const isWhole = dtype === "F32" || dtype === "F64" || target instanceof Uint16Array;
  return isWhole && isBigEndian !== isLittleEndian;
}

/** What numbers are put into; bits of 16 where that is how they are kept. */
export type Target = FloatArray | Uint16Array;

/**
 * Decodes all of `bytes` into `target`.
 *
 * @param bytes At any alignment.
 * @param target As many elements as `bytes` holds; a `Float64Array` for F64, otherwise a `Float32Array`, or for BF16 and
 *   F16 a `Uint16Array`, which takes the bits as they are.
 */
export function decode(dtype: FloatDtype, bytes: Uint8Array, target: Target, isBigEndian = false): void {
  const width = widthOf[dtype];
  // Copying bytes needs no alignment, which the data of a file cannot be trusted to have.
  if (dtype === "F32" || dtype === "F64" || target instanceof Uint16Array) {
    const raw = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    raw.set(bytes);
    if (isBigEndian === isLittleEndian) reverseEach(raw, width);
    return;
  }
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  widenAll(dtype, isBigEndian && width > 1 ? reversedEach(bytes, width) : bytes, bits);
}

/** In ways that agree bit by bit, the fast one where it is worth its while and allowed. */
function widenAll(dtype: Exclude<FloatDtype, "F32" | "F64">, bytes: Uint8Array, bits: Uint32Array): void {
  const table = dtype === "F8_E4M3" ? e4m3 : e5m2;
  const isEighth = dtype === "F8_E4M3" || dtype === "F8_E5M2";
  if (isLittleEndian && widen(isEighth ? table : dtype, bytes, bits)) return;
  if (isEighth) widenEighths(bytes, table, bits);
  else widenHalves(bytes, dtype === "F16" ? float16Bits : bfloat16Bits, bits);
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns the bytes of every element around, in place. Exported for its test: the platforms that need it are rare. */
export function reverseEach(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
}

function reversedEach(bytes: Uint8Array, width: number): Uint8Array {
  const copy = bytes.slice();
  reverseEach(copy, width);
  return copy;
}

function widenEighths(bytes: Uint8Array, table: Uint32Array, bits: Uint32Array): void {
  for (let i = 0; i < bits.length; i++) bits[i] = table[bytes[i] as number] as number;
}

const QUIET_NAN = 0x7fc00000;

/** The bits of the float32 that each of the 256 patterns means. */
function tableOf(meaning: (magnitude: number) => number): Uint32Array {
  const floats = new Float32Array(256);
  const bits = new Uint32Array(floats.buffer);
  for (let pattern = 0; pattern < 256; pattern++) {
    floats[pattern] = meaning(pattern & 0x7f);
    // NaN keeps its sign alone, as in ml_dtypes, whatever NaN the platform makes.
    if (Number.isNaN(floats[pattern])) bits[pattern] = QUIET_NAN;
    if (pattern >= 0x80) bits[pattern] = (bits[pattern] as number) | 0x80000000;
  }
  return bits;
}

function scaled(magnitude: number, mantissaBits: number, bias: number): number {
  const exponent = magnitude >> mantissaBits;
  const mantissa = magnitude & (2 ** mantissaBits - 1);
  const significand = exponent === 0 ? mantissa : mantissa + 2 ** mantissaBits;
  return significand * 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
}

/** The type "FN": finite but for one NaN, and no infinity. */
const e4m3: Uint32Array = tableOf((magnitude) => (magnitude === 0x7f ? Number.NaN : scaled(magnitude, 3, 7)));

/** As IEEE 754 would have it: the largest exponent is infinity and NaN. */
const e5m2: Uint32Array = tableOf((magnitude) => {
  if (magnitude < 0x7c) return scaled(magnitude, 2, 15);
  return magnitude === 0x7c ? Number.POSITIVE_INFINITY : Number.NaN;
});

function widenHalves(bytes: Uint8Array, bitsOf: (half: number) => number, bits: Uint32Array): void {
  for (let i = 0, at = 0; i < bits.length; i++, at += 2) {
    bits[i] = bitsOf((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
  }
}
