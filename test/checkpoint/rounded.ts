/**
 * Numbers rounded to small types, to the nearest and to even, by looking the neighbors up: independent of the package's decoder.
 */
import type { Written } from "./writer.js";

interface Kind {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  /** The largest pattern that is a finite number. */
  readonly largest: number;
}

const kinds: Readonly<Record<string, Kind>> = {
  F16: { exponentBits: 5, mantissaBits: 10, largest: 0x7bff },
  BF16: { exponentBits: 8, mantissaBits: 7, largest: 0x7f7f },
  F8_E4M3: { exponentBits: 4, mantissaBits: 3, largest: 0x7e },
  F8_E5M2: { exponentBits: 5, mantissaBits: 2, largest: 0x7b },
};

function meaning(pattern: number, { exponentBits, mantissaBits }: Kind): number {
  const exponent = pattern >> mantissaBits;
  const mantissa = pattern & (2 ** mantissaBits - 1);
  const significand = exponent === 0 ? mantissa : 2 ** mantissaBits + mantissa;
  return significand * 2 ** (Math.max(exponent, 1) - (2 ** (exponentBits - 1) - 1) - mantissaBits);
}

/** The pattern of the nearest number; patterns without their sign are ordered as numbers are. */
function patternOf(value: number, kind: Kind): number {
  const size = Math.abs(value);
  let [low, high] = [0, kind.largest];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (meaning(middle, kind) <= size) low = middle;
    else high = middle;
  }
  const [below, above] = [size - meaning(low, kind), meaning(high, kind) - size];
  const isLow = below < above || (below === above && low % 2 === 0);
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (kind.exponentBits + kind.mantissaBits) : 0;
  return (isLow ? low : high) + sign;
}

/** A tensor of this type. */
export function roundedTo(dtype: string, shape: readonly number[], values: Float32Array): Written {
  const kind = kinds[dtype];
  if (kind === undefined) {
    const wide = dtype === "F64" ? Float64Array.from(values) : values;
    return { dtype, shape, bytes: new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength) };
  }
  const patterns = Array.from(values, (value) => patternOf(value, kind));
  const bytes = dtype.startsWith("F8") ? Uint8Array.from(patterns) : new Uint8Array(Uint16Array.from(patterns).buffer);
  return { dtype, shape, bytes };
}
