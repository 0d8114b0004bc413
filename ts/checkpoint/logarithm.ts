/**
 * The decimal logarithm, to the same last bit everywhere.
 *
 * @module
 */

const SQRT_HALF = Math.SQRT1_2;
const LOG10_2 = 0.3010299956639812;
const TERMS = 12;

/**
 * log₁₀ x of a positive, finite number, to two units in the last place. `Math.log10` is as exact, but the last digits differ
 * between engines, and a report must not depend on where it was made.
 *
 * x = m·2ᵉ with m in [√½, √2), and ln m = 2 artanh s with s = (m − 1)/(m + 1), |s| < 0.172.
 */
export function log10(x: number): number {
  let [mantissa, exponent] = split(x);
  if (mantissa < SQRT_HALF) [mantissa, exponent] = [2 * mantissa, exponent - 1];
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let k = TERMS; k >= 0; k -= 1) series = series * square + 1 / (2 * k + 1);
  return exponent * LOG10_2 + 2 * s * series * Math.LOG10E;
}

/** x as m·2ᵉ with m in [½, 1). */
function split(x: number): [number, number] {
  const view = new DataView(new ArrayBuffer(8));
  // Subnormal numbers have no exponent to read.
  const shift = x < 2 ** -1022 ? 54 : 0;
  view.setFloat64(0, x * 2 ** shift);
  const high = view.getUint32(0);
  const exponent = (high >>> 20) - 1022;
  view.setUint32(0, (high & 0x000f_ffff) | 0x3fe0_0000);
  return [view.getFloat64(0), exponent - shift];
}
