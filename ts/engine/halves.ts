/**
 * What the bits of 16-bit numbers are as those of float32, which has them all: subnormals, infinities and the payloads of NaNs
 * included.
 *
 * @module
 */

/** bfloat16 is the upper half of a float32. */
export function bfloat16Bits(half: number): number {
  return half << 16;
}

const EXPONENT = 0x7c00;
const MANTISSA = 0x03ff;
// float16 biases its exponent by 15, float32 by 127; both in the position of float32's exponent.
const REBIAS = (127 - 15) << 23;

/** float16 has five bits of exponent and ten of mantissa. */
export function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = half & EXPONENT;
  if (exponent === 0) return sign | widenSubnormal(half & MANTISSA);
  if (exponent === EXPONENT) return sign | 0x7f800000 | ((half & MANTISSA) << 13);
  return sign | (((half & 0x7fff) << 13) + REBIAS);
}

/** mantissa·2⁻²⁴, normalized, for float32 reaches that far: its leading one becomes the implicit one. */
function widenSubnormal(mantissa: number): number {
  if (mantissa === 0) return 0;
  const shift = Math.clz32(mantissa) - 21;
  return ((mantissa << (shift + 13)) & 0x007fffff) | ((113 - shift) << 23);
}
