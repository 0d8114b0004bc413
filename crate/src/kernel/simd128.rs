//! The kernels in WebAssembly SIMD, bit for bit the scalar ones. The crate's only `unsafe`.
//!
//! Plain simd128 alone: relaxed SIMD may fuse a multiplication with an addition on one machine and not on the next.
#![allow(unsafe_code, reason = "vector loads and stores take pointers")]

use core::arch::wasm32::{
    f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f64x2_add, f64x2_extract_lane, f64x2_mul,
    f64x2_promote_low_f32x4, f64x2_splat, i64x2_shuffle, v128, v128_load, v128_store,
};
use core::hint::black_box;

use super::{BLOCK, Real, Rows};

mod entries;
mod stored;

pub use entries::{max_magnitude_bits, multiply_into, scale, scale_into, sum_of_squares};
pub use stored::{max_magnitude_bits16, shift, unshift, widen_float16};

/// Lanes of a vector type: the arithmetic of one 128-bit register.
pub trait Lanes: Real {
    /// Numbers in a register.
    const WIDTH: usize;
    /// All lanes alike.
    fn splat(self) -> v128;
    /// Lane by lane.
    fn plus(a: v128, b: v128) -> v128;
    /// Lane by lane.
    fn times(a: v128, b: v128) -> v128;
    /// The lanes added up, the upper half to the lower.
    fn fold(a: v128) -> Self;
}

impl Lanes for f32 {
    const WIDTH: usize = 4;

    #[inline(always)]
    fn splat(self) -> v128 {
        f32x4_splat(self)
    }

    #[inline(always)]
    fn plus(a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }

    #[inline(always)]
    fn times(a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }

    #[inline(always)]
    fn fold(a: v128) -> Self {
        let low = f32x4_extract_lane::<0>(a) + f32x4_extract_lane::<2>(a);
        low + (f32x4_extract_lane::<1>(a) + f32x4_extract_lane::<3>(a))
    }
}

impl Lanes for f64 {
    const WIDTH: usize = 2;

    #[inline(always)]
    fn splat(self) -> v128 {
        f64x2_splat(self)
    }

    #[inline(always)]
    fn plus(a: v128, b: v128) -> v128 {
        f64x2_add(a, b)
    }

    #[inline(always)]
    fn times(a: v128, b: v128) -> v128 {
        f64x2_mul(a, b)
    }

    #[inline(always)]
    fn fold(a: v128) -> Self {
        f64x2_extract_lane::<0>(a) + f64x2_extract_lane::<1>(a)
    }
}

/// Two registers of `V` read from memory that holds `Self`.
pub trait Load<V: Lanes, Meaning = super::Plain>: Copy {
    /// How many times larger than what is loaded the numbers are, a power of two: their products are taken with what is as
    /// many times larger, so that these are the same.
    const GROWTH: Option<V> = None;

    /// The number as a `V`.
    fn value(self) -> V;
    /// Loads the `2 · V::WIDTH` numbers from `source` on.
    ///
    /// # Safety
    /// So many numbers can be read there. No alignment is asked for.
    unsafe fn load_pair(source: *const Self) -> [v128; 2];
}

impl Load<f32> for f32 {
    #[inline(always)]
    fn value(self) -> f32 {
        self
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for eight numbers.
        unsafe { [v128_load(source.cast()), v128_load(source.add(4).cast())] }
    }
}

impl Load<f64> for f64 {
    #[inline(always)]
    fn value(self) -> f64 {
        self
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for four numbers.
        unsafe { [v128_load(source.cast()), v128_load(source.add(2).cast())] }
    }
}

impl Load<f64> for f32 {
    #[inline(always)]
    fn value(self) -> f64 {
        self.into()
    }

    #[inline(always)]
    unsafe fn load_pair(source: *const Self) -> [v128; 2] {
        // SAFETY: the caller vouches for four numbers.
        let four = unsafe { v128_load(source.cast()) };
        [f64x2_promote_low_f32x4(four), f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(four, four))]
    }
}

/// The inner products of the rows with `v`.
///
/// # Panics
/// When a row is shorter than `v`.
#[inline(always)]
#[must_use]
pub fn dots<T: Load<V, M>, V: Load<V> + Lanes, M>(rows: Rows<'_, T>, v: &[V]) -> [V; BLOCK] {
    let n = v.len();
    let [r0, r1, r2, r3] = [rows.row(0, n), rows.row(1, n), rows.row(2, n), rows.row(3, n)];
    let zero = [V::default().splat(); 2];
    let (mut s0, mut s1, mut s2, mut s3) = (zero, zero, zero, zero);
    let growth = T::GROWTH.map(|growth| black_box(growth.splat()));
    let chunk = 2 * V::WIDTH;
    let mut j = 0;
    while j + chunk <= n {
        // SAFETY: v and the four rows, as long as v, hold a whole chunk from j on.
        unsafe {
            let x = grown::<V>(V::load_pair(v.as_ptr().add(j)), growth);
            s0 = plus_product::<V>(s0, T::load_pair(r0.as_ptr().add(j)), x);
            s1 = plus_product::<V>(s1, T::load_pair(r1.as_ptr().add(j)), x);
            s2 = plus_product::<V>(s2, T::load_pair(r2.as_ptr().add(j)), x);
            s3 = plus_product::<V>(s3, T::load_pair(r3.as_ptr().add(j)), x);
        }
        j += chunk;
    }
    let mut tails = [V::default(); BLOCK];
    for k in j..n {
        tails[0] += r0[k].value() * v[k];
        tails[1] += r1[k].value() * v[k];
        tails[2] += r2[k].value() * v[k];
        tails[3] += r3[k].value() * v[k];
    }
    let fold = |sums: [v128; 2]| V::fold(V::plus(sums[0], sums[1]));
    [fold(s0) + tails[0], fold(s1) + tails[1], fold(s2) + tails[2], fold(s3) + tails[3]]
}

#[inline(always)]
fn grown<V: Lanes>(x: [v128; 2], growth: Option<v128>) -> [v128; 2] {
    growth.map_or(x, |growth| [V::times(x[0], growth), V::times(x[1], growth)])
}

/// `sums + w · x`, lane by lane, rounded twice.
#[inline(always)]
fn plus_product<V: Lanes>(sums: [v128; 2], w: [v128; 2], x: [v128; 2]) -> [v128; 2] {
    [V::plus(sums[0], V::times(w[0], x[0])), V::plus(sums[1], V::times(w[1], x[1]))]
}

/// `z += Σ coefficients[b] · rows[b]`, the rows summed first.
///
/// # Panics
/// When a row is shorter than `z`.
#[inline(always)]
pub fn add_multiples<T: Load<V, M>, V: Load<V> + Lanes, M>(coefficients: [V; BLOCK], rows: Rows<'_, T>, z: &mut [V]) {
    let n = z.len();
    let [r0, r1, r2, r3] = [rows.row(0, n), rows.row(1, n), rows.row(2, n), rows.row(3, n)];
    let [c0, c1, c2, c3] = coefficients;
    let factor = |c: V| [T::GROWTH.map_or(c, |growth| c * growth).splat(); 2];
    let (f0, f1, f2, f3) = (factor(c0), factor(c1), factor(c2), factor(c3));
    let chunk = 2 * V::WIDTH;
    let mut j = 0;
    while j + chunk <= n {
        // SAFETY: z and the four rows, as long as z, hold a whole chunk from j on.
        unsafe {
            let first = T::load_pair(r0.as_ptr().add(j));
            let sum = [V::times(f0[0], first[0]), V::times(f0[1], first[1])];
            let sum = plus_product::<V>(sum, f1, T::load_pair(r1.as_ptr().add(j)));
            let sum = plus_product::<V>(sum, f2, T::load_pair(r2.as_ptr().add(j)));
            let sum = plus_product::<V>(sum, f3, T::load_pair(r3.as_ptr().add(j)));
            let old = V::load_pair(z.as_ptr().add(j));
            v128_store(z.as_mut_ptr().add(j).cast(), V::plus(old[0], sum[0]));
            v128_store(z.as_mut_ptr().add(j + V::WIDTH).cast(), V::plus(old[1], sum[1]));
        }
        j += chunk;
    }
    for k in j..n {
        z[k] += c0 * r0[k].value() + c1 * r1[k].value() + c2 * r2[k].value() + c3 * r3[k].value();
    }
}
