/**
 * Little-endian bytes of a checkpoint to numbers. Half precision is widened bit by bit, hence exactly: every float16
 * and every bfloat16 is also a float32, subnormals, infinities and the payloads of NaNs included.
 *
 * @module
 */
import type { Dtype, FloatArray } from "../types.js";

/** The element types that are audited, by their safetensors names, with the engine's type that holds them exactly. */
export const engineDtypes: Readonly<Record<FloatDtype, Dtype>> = {
  F16: "float32",
  BF16: "float32",
  F32: "float32",
  F64: "float64",
};

/** A float type that can be decoded. */
export type FloatDtype = "F16" | "BF16" | "F32" | "F64";

/** Whether `dtype` is one of {@link engineDtypes}. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(engineDtypes, dtype);
}

/**
 * Decodes all of `bytes` into `target`.
 *
 * @param bytes At any alignment.
 * @param target As many elements as `bytes` holds; a `Float64Array` for F64, otherwise a `Float32Array`.
 */
export function decode(dtype: FloatDtype, bytes: Uint8Array, target: FloatArray): void {
  if (dtype === "F16" || dtype === "BF16") {
    const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
    (dtype === "F16" ? widenHalf : widenBrain)(bytes, bits);
    return;
  }
  // Copying bytes needs no alignment, which the data of a file cannot be trusted to have.
  const raw = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  raw.set(bytes);
  if (!isLittleEndian) reverseEach(raw, target.BYTES_PER_ELEMENT);
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns the bytes of every element around, in place. Exported for its test: the platforms that need it are rare. */
export function reverseEach(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
}

/** bfloat16 is the upper half of a float32. */
function widenBrain(bytes: Uint8Array, bits: Uint32Array): void {
  for (let i = 0, at = 0; i < bits.length; i++, at += 2) {
    bits[i] = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 24);
  }
}

const EXPONENT = 0x7c00;
const MANTISSA = 0x03ff;
// float16 biases its exponent by 15, float32 by 127; both in the position of float32's exponent.
const REBIAS = (127 - 15) << 23;

function widenHalf(bytes: Uint8Array, bits: Uint32Array): void {
  for (let i = 0, at = 0; i < bits.length; i++, at += 2) {
    const half = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const sign = (half & 0x8000) << 16;
    const exponent = half & EXPONENT;
    if (exponent === 0) bits[i] = sign | widenSubnormal(half & MANTISSA);
    else if (exponent === EXPONENT) bits[i] = sign | 0x7f800000 | ((half & MANTISSA) << 13);
    else bits[i] = sign | (((half & 0x7fff) << 13) + REBIAS);
  }
}

/** mantissa·2⁻²⁴, normalized, for float32 reaches that far: its leading one becomes the implicit one. */
function widenSubnormal(mantissa: number): number {
  if (mantissa === 0) return 0;
  const shift = Math.clz32(mantissa) - 21;
  return ((mantissa << (shift + 13)) & 0x007fffff) | ((113 - shift) << 23);
}
