//! What is done to entries by themselves: they are scaled, squared and summed, and the largest is found.

use core::arch::wasm32::{
    f32x4_demote_f64x2_zero, f64x2_add, f64x2_mul, f64x2_promote_low_f32x4, f64x2_splat, i64x2_gt, i64x2_shuffle,
    u32x4_extract_lane, u32x4_max, u32x4_splat, u64x2_extract_lane, u64x2_splat, v128, v128_and, v128_bitselect,
    v128_load, v128_store,
};

use super::{Lanes, Load, plus_product};
use crate::kernel::scalar;

/// Σ xᵢ² in `f64`, in eight lanes.
#[must_use]
pub fn sum_of_squares<T: Load<f64>>(values: &[T]) -> f64 {
    let mut lanes = [[f64x2_splat(0.0); 2]; 2];
    let chunks = values.chunks_exact(8);
    let tail = chunks.remainder().iter().map(|&x| x.value()).fold(0.0, |sum, x: f64| sum + x * x);
    for chunk in chunks {
        // SAFETY: a chunk holds eight numbers, four from 0 and four from 4 on.
        let (low, high) = unsafe { (T::load_pair(chunk.as_ptr()), T::load_pair(chunk.as_ptr().add(4))) };
        lanes = [plus_product::<f64>(lanes[0], low, low), plus_product::<f64>(lanes[1], high, high)];
    }
    let four = [f64x2_add(lanes[0][0], lanes[1][0]), f64x2_add(lanes[0][1], lanes[1][1])];
    f64::fold(f64x2_add(four[0], four[1])) + tail
}

/// What is done to a register of numbers, whichever they are.
pub trait Register: Lanes + scalar::Magnitude {
    /// Every lane times the factor in `f64`, rounded.
    fn scaled(values: v128, factor: v128) -> v128;
    /// Lane by lane the larger of `most` and the magnitude bits of `values`.
    fn max_bits(most: v128, values: v128) -> v128;
    /// The largest lane.
    fn fold_bits(most: v128) -> u64;
}

impl Register for f32 {
    #[inline(always)]
    fn scaled(values: v128, factor: v128) -> v128 {
        let high = f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(values, values));
        let low = f32x4_demote_f64x2_zero(f64x2_mul(f64x2_promote_low_f32x4(values), factor));
        i64x2_shuffle::<0, 2>(low, f32x4_demote_f64x2_zero(f64x2_mul(high, factor)))
    }

    #[inline(always)]
    fn max_bits(most: v128, values: v128) -> v128 {
        u32x4_max(most, v128_and(values, u32x4_splat(u32::MAX >> 1)))
    }

    #[inline(always)]
    fn fold_bits(most: v128) -> u64 {
        let low = u32x4_extract_lane::<0>(most).max(u32x4_extract_lane::<1>(most));
        u64::from(low.max(u32x4_extract_lane::<2>(most)).max(u32x4_extract_lane::<3>(most)))
    }
}

impl Register for f64 {
    #[inline(always)]
    fn scaled(values: v128, factor: v128) -> v128 {
        f64x2_mul(values, factor)
    }

    #[inline(always)]
    fn max_bits(most: v128, values: v128) -> v128 {
        // Without their sign the bits are positive as signed integers too, the only ones that compare in 64 bits.
        let bits = v128_and(values, u64x2_splat(u64::MAX >> 1));
        v128_bitselect(bits, most, i64x2_gt(bits, most))
    }

    #[inline(always)]
    fn fold_bits(most: v128) -> u64 {
        u64x2_extract_lane::<0>(most).max(u64x2_extract_lane::<1>(most))
    }
}

/// Every entry times `factor`, a product in `f64` that is then rounded.
pub fn scale<T: Register>(values: &mut [T], factor: f64) {
    let factors = f64x2_splat(factor);
    let mut chunks = values.chunks_exact_mut(T::WIDTH);
    for chunk in &mut chunks {
        let place = chunk.as_mut_ptr().cast();
        // SAFETY: a chunk is as long as a register.
        unsafe { v128_store(place, T::scaled(v128_load(place), factors)) };
    }
    scalar::scale(chunks.into_remainder(), factor);
}

/// Every entry of `source` times `factor`, as [`scale`] does it, into `out`.
pub fn scale_into<T: Register>(source: &[T], factor: f64, out: &mut [T]) {
    let factors = f64x2_splat(factor);
    let (mut targets, chunks) = (out.chunks_exact_mut(T::WIDTH), source.chunks_exact(T::WIDTH));
    let tail = chunks.remainder();
    for (target, chunk) in targets.by_ref().zip(chunks) {
        // SAFETY: a chunk is as long as a register, on either side.
        unsafe { v128_store(target.as_mut_ptr().cast(), T::scaled(v128_load(chunk.as_ptr().cast()), factors)) };
    }
    scalar::scale_into(tail, factor, targets.into_remainder());
}

/// Every entry of `source` times `factor` into `out`.
pub fn multiply_into<T: Register>(source: &[T], factor: T, out: &mut [T]) {
    let factors = factor.splat();
    let (mut targets, chunks) = (out.chunks_exact_mut(T::WIDTH), source.chunks_exact(T::WIDTH));
    let tail = chunks.remainder();
    for (target, chunk) in targets.by_ref().zip(chunks) {
        // SAFETY: a chunk is as long as a register, on either side.
        unsafe { v128_store(target.as_mut_ptr().cast(), T::times(v128_load(chunk.as_ptr().cast()), factors)) };
    }
    scalar::multiply_into(tail, factor, targets.into_remainder());
}

/// The largest magnitude bits; 0 of nothing.
#[must_use]
pub fn max_magnitude_bits<T: Register>(values: &[T]) -> u64 {
    let mut most = [u64x2_splat(0); 2];
    let chunks = values.chunks_exact(2 * T::WIDTH);
    let tail = scalar::max_magnitude_bits(chunks.remainder());
    for chunk in chunks {
        // SAFETY: a chunk is as long as two registers.
        let halves = unsafe { [v128_load(chunk.as_ptr().cast()), v128_load(chunk.as_ptr().add(T::WIDTH).cast())] };
        most = [T::max_bits(most[0], halves[0]), T::max_bits(most[1], halves[1])];
    }
    T::fold_bits(most[0]).max(T::fold_bits(most[1])).max(tail)
}
