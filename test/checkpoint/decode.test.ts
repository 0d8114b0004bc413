import { describe, expect, test } from "vitest";
import { decode, reverseEach } from "../../ts/checkpoint/decode.js";
import { bits16, float32, float64 } from "./writer.js";

const every16 = Array.from({ length: 2 ** 16 }, (_, bits) => bits);

/** What the bits of a float mean by IEEE 754, computed in float64, which holds every one of them. */
function meaning(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >> (exponentBits + mantissaBits) === 0 ? 1 : -1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = bits & (2 ** mantissaBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const significand = exponent === 0 ? mantissa : 2 ** mantissaBits + mantissa;
  return sign * significand * 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
}

function decoded(dtype: "F16" | "BF16"): Float32Array {
  const target = new Float32Array(every16.length);
  decode(dtype, bits16(dtype, [every16.length], every16).bytes, target);
  return target;
}

describe.each([
  { dtype: "F16", exponentBits: 5, mantissaBits: 10 },
  { dtype: "BF16", exponentBits: 8, mantissaBits: 7 },
] as const)("$dtype", ({ dtype, exponentBits, mantissaBits }) => {
  test("all 65,536 bit patterns become the float32 of the same value", () => {
    const wrong = every16.filter((bits) => !Object.is(decoded16[bits], meaning(bits, exponentBits, mantissaBits)));
    expect(wrong).toEqual([]);
  });

  test("NaNs keep sign and payload", () => {
    const bitsOf = new Uint32Array(decoded16.buffer);
    const nans = every16.filter((bits) => Number.isNaN(meaning(bits, exponentBits, mantissaBits)));
    const payload = 2 ** mantissaBits - 1;
    const expected = nans.map(
      (bits) => (((bits & 0x8000) << 16) | 0x7f800000 | ((bits & payload) << (23 - mantissaBits))) >>> 0,
    );
    expect(nans.map((bits) => bitsOf[bits])).toEqual(expected);
    expect(nans).toHaveLength(2 * payload);
  });

  const decoded16 = decoded(dtype);
});

describe.each([1, 2, 3, 4, 7])("at byte offset %i", (offset) => {
  const shifted = (bytes: Uint8Array) => {
    const all = new Uint8Array(bytes.length + offset);
    all.set(bytes, offset);
    return all.subarray(offset);
  };
  const values = [1, -2.5, 2 ** -149, 3.4e38, Number.POSITIVE_INFINITY, -0];

  test("F32", () => {
    const target = new Float32Array(values.length);
    decode("F32", shifted(float32([6], values).bytes), target);
    expect(target).toEqual(Float32Array.from(values));
  });

  test("F64, into a part of an array", () => {
    const target = new Float64Array(values.length + 2);
    decode("F64", shifted(float64([6], values).bytes), target.subarray(1, -1));
    expect(target).toEqual(Float64Array.of(0, ...values, 0));
  });

  test("F16", () => {
    const target = new Float32Array(3);
    decode("F16", shifted(bits16("F16", [3], [0x3c00, 0xc100, 0x0001]).bytes), target);
    expect(target).toEqual(Float32Array.of(1, -2.5, 2 ** -24));
  });

  test("BF16", () => {
    const target = new Float32Array(3);
    decode("BF16", shifted(bits16("BF16", [3], [0x3f80, 0xc020, 0x0001]).bytes), target);
    expect(target).toEqual(Float32Array.of(1, -2.5, 2 ** -133));
  });
});

test("big-endian platforms turn the bytes of each element around", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  reverseEach(bytes, 4);
  expect(bytes).toEqual(Uint8Array.of(4, 3, 2, 1, 8, 7, 6, 5));
});
