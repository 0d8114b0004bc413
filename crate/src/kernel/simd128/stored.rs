//! Numbers of 16 bits.

use core::arch::wasm32::{
    f32x4_splat, f32x4_sub, f64x2_promote_low_f32x4, i16x8_add, i16x8_eq, i16x8_shr, i16x8_shuffle, i16x8_sub,
    i32x4_add, i64x2_shuffle, u16x8_extract_lane, u16x8_le, u16x8_max, u16x8_shl, u16x8_splat, u16x8_sub_sat,
    u32x4_extend_low_u16x8, u32x4_lt, u32x4_shl, u32x4_splat, v128, v128_and, v128_andnot, v128_any_true,
    v128_bitselect, v128_load, v128_load64_zero, v128_or, v128_store,
};

use core::hint::black_box;

use super::Load;
use crate::kernel::{Shifted, scalar};
use crate::stored::{Bfloat16, Float16, Stored};

impl Load<f32> for Bfloat16 {
    #[inline(always)]
    fn value(self) -> f32 {
        self.into()
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for eight numbers.
        let eight = unsafe { v128_load(source.cast()) };
        let zero = u16x8_splat(0);
        // Each behind a zero: the upper half of an f32, little-endian. Engines know these shuffles for one instruction.
        let low = i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(zero, eight);
        [low, i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(zero, eight)]
    }
}

impl Load<f64> for Bfloat16 {
    #[inline(always)]
    fn value(self) -> f64 {
        self.into()
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for four numbers.
        let four = unsafe { v128_load64_zero(source.cast()) };
        let four = i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(u16x8_splat(0), four);
        [f64x2_promote_low_f32x4(four), f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(four, four))]
    }
}

impl Load<f64> for Float16 {
    #[inline(always)]
    fn value(self) -> f64 {
        self.into()
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for four numbers.
        let four = widened(u32x4_extend_low_u16x8(unsafe { v128_load64_zero(source.cast()) }));
        [f64x2_promote_low_f32x4(four), f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(four, four))]
    }
}

impl Load<f32, Shifted> for Float16 {
    // The exponent of an f32 is biased by 127, that of a shifted number by 25.
    const GROWTH: Option<f32> = Some(f32::from_bits((127 + 127 - 25) << 23));

    #[inline(always)]
    fn value(self) -> f32 {
        shifted_value(self)
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for eight numbers.
        respelled(unsafe { v128_load(source.cast()) })
    }
}

impl Load<f64, Shifted> for Float16 {
    const GROWTH: Option<f64> = Some(f64::from_bits((1023 + 127 - 25) << 52));

    #[inline(always)]
    fn value(self) -> f64 {
        shifted_value(self).into()
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for four numbers.
        let [four, _] = respelled(unsafe { v128_load64_zero(source.cast()) });
        [f64x2_promote_low_f32x4(four), f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(four, four))]
    }
}

/// Not inlined, for tails alone ask for it, in many places.
#[inline(never)]
fn shifted_value(number: Float16) -> f32 {
    number.unshifted().into()
}

/// Sign, exponent and mantissa in the places that an `f32` has for them. Both halves of each at once: the upper one is the sign,
/// the exponent and seven bits of mantissa, the lower one the other three.
#[inline(always)]
fn respelled(eight: v128) -> [v128; 2] {
    let upper = v128_and(i16x8_shr(eight, 3), u16x8_splat(0x8fff));
    let lower = u16x8_shl(eight, 13);
    let low = i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(lower, upper);
    [low, i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(lower, upper)]
}

/// Whatever they are, four float16 numbers, by their bits in the lower halves, as [`f32::from`] has them.
#[inline(always)]
fn widened(bits: v128) -> v128 {
    let magnitude = u32x4_shl(v128_and(bits, u32x4_splat(0x7fff)), 13);
    let sign = u32x4_shl(v128_and(bits, u32x4_splat(0x8000)), 16);
    let rebias = u32x4_splat(Float16::REBIAS);
    let normal = i32x4_add(magnitude, rebias);
    let smallest = u32x4_splat(Float16::SMALLEST);
    // No product: some processors take many times as long for one with a subnormal number.
    let small = f32x4_sub(i32x4_add(magnitude, smallest), f32x4_splat(f32::from_bits(Float16::SMALLEST)));
    let large = v128_bitselect(normal, i32x4_add(normal, rebias), u32x4_lt(magnitude, u32x4_splat(Float16::INFINITE)));
    v128_or(sign, v128_bitselect(small, large, u32x4_lt(magnitude, u32x4_splat(Float16::NORMAL))))
}

/// Numbers that are widened at a time: four registers of 16 bits, eight of 32.
const CHUNK: usize = 32;

/// The same numbers in `f32`, into `to`, equally long.
pub fn widen_float16(values: &[Float16], to: &mut [f32]) {
    let constants = Constants::new();
    let (mut targets, chunks) = (to.chunks_exact_mut(CHUNK), values.chunks_exact(CHUNK));
    let tail = chunks.remainder();
    for (target, chunk) in targets.by_ref().zip(chunks) {
        let (from, to) = (chunk.as_ptr(), target.as_mut_ptr());
        // SAFETY: both are as long as a chunk.
        unsafe {
            let (h0, h1) = (v128_load(from.cast()), v128_load(from.add(8).cast()));
            let (h2, h3) = (v128_load(from.add(16).cast()), v128_load(from.add(24).cast()));
            let odd = v128_or(constants.oddities(h0), constants.oddities(h1));
            let odd = v128_or(v128_or(odd, constants.oddities(h2)), constants.oddities(h3));
            if v128_any_true(odd) {
                for at in (0..CHUNK).step_by(4) {
                    let four = u32x4_extend_low_u16x8(v128_load64_zero(from.add(at).cast()));
                    v128_store(to.add(at).cast(), widened(four));
                }
            } else {
                constants.widen_normal(h0, to);
                constants.widen_normal(h1, to.add(8));
                constants.widen_normal(h2, to.add(16));
                constants.widen_normal(h3, to.add(24));
            }
        }
    }
    scalar::widen_float16(tail, targets.into_remainder());
}

/// In registers while the loop runs. V8 would make each of them anew in every turn, by three instructions, if it knew their bits.
struct Constants {
    magnitude: v128,
    least_normal: v128,
    normal_range: v128,
    sign_and_rest: v128,
    rebias: v128,
}

impl Constants {
    fn new() -> Self {
        black_box(Self {
            magnitude: u16x8_splat(0x7fff),
            least_normal: u16x8_splat(0x0400),
            normal_range: u16x8_splat(0x77ff),
            sign_and_rest: u16x8_splat(0x8fff),
            rebias: u16x8_splat((Float16::REBIAS >> 16) as u16),
        })
    }

    /// Not zero where a number is zero, subnormal or not finite.
    #[inline(always)]
    fn oddities(&self, eight: v128) -> v128 {
        // Magnitudes of normal numbers go from 0x0400 to 0x7bff; what is less wraps around.
        u16x8_sub_sat(i16x8_sub(v128_and(eight, self.magnitude), self.least_normal), self.normal_range)
    }

    /// Both halves of each `f32` at once: sign, exponent and seven bits of mantissa; the other three, and zeros.
    ///
    /// # Safety
    /// Eight numbers can be written to `to`.
    #[inline(always)]
    unsafe fn widen_normal(&self, eight: v128, to: *mut f32) {
        let upper = i16x8_add(v128_and(i16x8_shr(eight, 3), self.sign_and_rest), self.rebias);
        let lower = u16x8_shl(eight, 13);
        // SAFETY: the caller vouches for eight numbers.
        unsafe {
            v128_store(to.cast(), i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(lower, upper));
            v128_store(to.add(4).cast(), i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(lower, upper));
        }
    }
}

/// Biases the exponents by ten more.
pub fn shift(values: &mut [Float16]) {
    rebias(values, Float16::SHIFT, 1 << 10, scalar::shift);
}

/// Undoes it.
pub fn unshift(values: &mut [Float16]) {
    rebias(values, 0_u16.wrapping_sub(Float16::SHIFT), 11 << 10, scalar::unshift);
}

/// Adds to what is at least `least` in magnitude, keeps zeros, and leaves eights with others to `rest`.
#[inline(always)]
fn rebias(values: &mut [Float16], added: u16, least: u16, rest: fn(&mut [Float16])) {
    let (magnitude, one) = (u16x8_splat(0x7fff), u16x8_splat(1));
    let (added, most) = (u16x8_splat(added), u16x8_splat(least - 2));
    let mut chunks = values.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let place = chunk.as_mut_ptr().cast();
        // SAFETY: a chunk is as long as a register.
        let eight = unsafe { v128_load(place) };
        let magnitudes = v128_and(eight, magnitude);
        // Zero wraps around to what is large.
        if v128_any_true(u16x8_le(i16x8_sub(magnitudes, one), most)) {
            rest(chunk);
        } else {
            let added = v128_andnot(added, i16x8_eq(magnitudes, u16x8_splat(0)));
            // SAFETY: as above.
            unsafe { v128_store(place, i16x8_add(eight, added)) };
        }
    }
    rest(chunks.into_remainder());
}

/// The largest bits without the sign; 0 of nothing.
#[must_use]
pub fn max_magnitude_bits16<T: Stored>(values: &[T]) -> u16 {
    const { assert!(size_of::<T>() == 2) };
    let mut most = u16x8_splat(0);
    let chunks = values.chunks_exact(8);
    let tail = scalar::max_magnitude_bits16(chunks.remainder());
    for chunk in chunks {
        // SAFETY: a chunk is as long as a register.
        let eight = unsafe { v128_load(chunk.as_ptr().cast()) };
        most = u16x8_max(most, v128_and(eight, u16x8_splat(u16::MAX >> 1)));
    }
    most = u16x8_max(most, i64x2_shuffle::<1, 1>(most, most));
    let pair = u16x8_extract_lane::<0>(most).max(u16x8_extract_lane::<1>(most));
    pair.max(u16x8_extract_lane::<2>(most)).max(u16x8_extract_lane::<3>(most)).max(tail)
}
