//! The loops of `crate/src/kernel/simd128.rs` over numbers in eights, without their tails, in registers of 128 bits: by hand where the
//! order of a sum would keep the compiler from it, by the compiler where none does.

use std::arch::x86_64::{
    __m128, _mm_add_ps, _mm_cvtss_f32, _mm_movehl_ps, _mm_mul_ps, _mm_set_ps, _mm_set1_ps, _mm_setzero_ps,
    _mm_shuffle_ps,
};
use std::hint::black_box;

/// Rows taken at once.
pub const BLOCK: usize = 4;
/// Numbers taken at once of each row.
pub const LANES: usize = 8;
/// Sums at once where nothing but arithmetic is measured.
const SUMS: usize = 12;
/// Multiplications and additions in a round of them.
pub const OPERATIONS: usize = 2 * SUMS;

type Pair = [__m128; 2];
type Rows<'a> = [&'a [f32]; BLOCK];

fn rows(block: &[f32], columns: usize) -> Rows<'_> {
    std::array::from_fn(|b| &block[b * columns..][..columns])
}

/// Eight numbers; of each four the compiler makes one load.
#[inline]
#[target_feature(enable = "sse2")]
fn load(from: &[f32; LANES]) -> Pair {
    [_mm_set_ps(from[3], from[2], from[1], from[0]), _mm_set_ps(from[7], from[6], from[5], from[4])]
}

#[inline]
#[target_feature(enable = "sse2")]
fn plus(a: Pair, b: Pair) -> Pair {
    [_mm_add_ps(a[0], b[0]), _mm_add_ps(a[1], b[1])]
}

#[inline]
#[target_feature(enable = "sse2")]
fn plus_product(sums: Pair, w: Pair, x: Pair) -> Pair {
    plus(sums, [_mm_mul_ps(w[0], x[0]), _mm_mul_ps(w[1], x[1])])
}

/// The upper half of the lanes added to the lower until one is left.
#[inline]
#[target_feature(enable = "sse2")]
fn fold([low, high]: Pair) -> f32 {
    let four = _mm_add_ps(low, high);
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(two) + _mm_cvtss_f32(_mm_shuffle_ps::<0b01>(two, two))
}

#[target_feature(enable = "sse2")]
fn dots_of(rows: Rows<'_>, v: &[f32]) -> [f32; BLOCK] {
    let [r0, r1, r2, r3] = rows.map(|row| row.as_chunks::<LANES>().0);
    let zero = [_mm_setzero_ps(); 2];
    let (mut s0, mut s1, mut s2, mut s3) = (zero, zero, zero, zero);
    for ((((x, w0), w1), w2), w3) in v.as_chunks::<LANES>().0.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
        let x = load(x);
        s0 = plus_product(s0, load(w0), x);
        s1 = plus_product(s1, load(w1), x);
        s2 = plus_product(s2, load(w2), x);
        s3 = plus_product(s3, load(w3), x);
    }
    [fold(s0), fold(s1), fold(s2), fold(s3)]
}

#[target_feature(enable = "sse2")]
fn sum_of(w: &[f32]) -> f32 {
    let zero = [_mm_setzero_ps(); 2];
    let (mut s0, mut s1, mut s2, mut s3) = (zero, zero, zero, zero);
    for [w0, w1, w2, w3] in w.as_chunks::<LANES>().0.as_chunks().0 {
        s0 = plus(s0, load(w0));
        s1 = plus(s1, load(w1));
        s2 = plus(s2, load(w2));
        s3 = plus(s3, load(w3));
    }
    fold(plus(plus(s0, s1), plus(s2, s3)))
}

/// Twelve sums that each wait for themselves alone, which keeps every adder and multiplier of a processor busy.
#[target_feature(enable = "sse2")]
fn arithmetic_of(rounds: usize) -> f32 {
    let (factor, term) = (black_box(_mm_set1_ps(0.5)), black_box(_mm_set1_ps(1.0)));
    let mut sums = [term; SUMS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm_add_ps(_mm_mul_ps(*sum, factor), term);
        }
    }
    sums.map(|sum| fold([sum, term])).iter().sum()
}

/// So many rounds of [`OPERATIONS`] multiplications and additions of registers, and nothing else.
#[must_use]
pub fn arithmetic(rounds: usize) -> f32 {
    // SAFETY: every processor of this architecture has SSE2.
    unsafe { arithmetic_of(rounds) }
}

/// The inner products of four rows with `v`.
#[must_use]
pub fn dots(block: &[f32], v: &[f32]) -> [f32; BLOCK] {
    // SAFETY: every processor of this architecture has SSE2.
    unsafe { dots_of(rows(block, v.len()), v) }
}

/// `z += Σ coefficients[b] · rows[b]`, the rows summed first.
pub fn add_multiples([c0, c1, c2, c3]: [f32; BLOCK], block: &[f32], z: &mut [f32]) {
    let [r0, r1, r2, r3] = rows(block, z.len());
    for ((((z, w0), w1), w2), w3) in z.iter_mut().zip(r0).zip(r1).zip(r2).zip(r3) {
        *z += c0 * w0 + c1 * w1 + c2 * w2 + c3 * w3;
    }
}

/// All numbers added up in 32 lanes, so that nothing but memory is waited for.
#[must_use]
pub fn sum(w: &[f32]) -> f32 {
    // SAFETY: every processor of this architecture has SSE2.
    unsafe { sum_of(w) }
}
