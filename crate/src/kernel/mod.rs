//! The inner loops: products of a few rows with a vector, and sums of squares.
//!
//! Two implementations keep one contract to the bit: [`scalar`], plain Rust, and `simd128`, WebAssembly SIMD. Every sum
//! runs in a fixed number of lanes (eight for `f32`, four for `f64`), which are then folded in halves; the entries past
//! the last full chunk are summed in order and added at the end. So the results do not depend on the machine, and the
//! two can be compared bit for bit.

use std::ops::{Add, AddAssign, Mul};

use crate::stored::{Bfloat16, Float16, Stored};

pub mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub mod simd128;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use scalar as fastest;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128 as fastest;

pub use fastest::Load;

/// A number that vectors are made of.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + std::fmt::Debug
    + Add<Output = Self>
    + Mul<Output = Self>
    + AddAssign
    + Into<f64>
    + 'static
{
    /// Whether sums in this type are too short for a last digit, so that an iteration ends in `f64`.
    const NARROW: bool;
    /// A relative residual that no iteration in this type can be relied on to get under.
    const FLOOR: f64;
    /// Below this, a residual that no longer falls is made of rounding errors.
    const NOISE: f64;

    /// Rounds to the nearest number of this type.
    fn nearest(value: f64) -> Self;
    /// Σ xᵢ² in `f64`.
    fn sum_of_squares(values: &[Self]) -> f64;
    /// Every entry times `factor`, a product in `f64` that is then rounded.
    fn scale(values: &mut [Self], factor: f64);
    /// The same from `source` into `out`, equally long.
    fn scale_into(source: &[Self], factor: f64, out: &mut [Self]);
    /// Every entry of `source` times `factor` into `out`, equally long; no product is wider than an entry.
    fn multiply_into(source: &[Self], factor: Self, out: &mut [Self]);
    /// The largest of the bits of the entries' magnitudes: ordered as the magnitudes are, NaN above infinity.
    fn max_magnitude_bits(values: &[Self]) -> u64;
}

impl Real for f32 {
    const NARROW: bool = true;
    const FLOOR: f64 = 64.0 * f32::EPSILON as f64;
    const NOISE: f64 = 1e-3;

    #[expect(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
    fn nearest(value: f64) -> Self {
        value as f32
    }

    #[inline(never)]
    fn sum_of_squares(values: &[Self]) -> f64 {
        fastest::sum_of_squares(values)
    }

    #[inline(never)]
    fn scale(values: &mut [Self], factor: f64) {
        fastest::scale(values, factor);
    }

    fn scale_into(source: &[Self], factor: f64, out: &mut [Self]) {
        fastest::scale_into(source, factor, out);
    }

    fn multiply_into(source: &[Self], factor: Self, out: &mut [Self]) {
        fastest::multiply_into(source, factor, out);
    }

    #[inline(never)]
    fn max_magnitude_bits(values: &[Self]) -> u64 {
        fastest::max_magnitude_bits(values)
    }
}

impl Real for f64 {
    const NARROW: bool = false;
    const FLOOR: f64 = 0.0;
    const NOISE: f64 = 1e-10;

    fn nearest(value: f64) -> Self {
        value
    }

    #[inline(never)]
    fn sum_of_squares(values: &[Self]) -> f64 {
        fastest::sum_of_squares(values)
    }

    #[inline(never)]
    fn scale(values: &mut [Self], factor: f64) {
        fastest::scale(values, factor);
    }

    fn scale_into(source: &[Self], factor: f64, out: &mut [Self]) {
        fastest::scale_into(source, factor, out);
    }

    fn multiply_into(source: &[Self], factor: Self, out: &mut [Self]) {
        fastest::multiply_into(source, factor, out);
    }

    #[inline(never)]
    fn max_magnitude_bits(values: &[Self]) -> u64 {
        fastest::max_magnitude_bits(values)
    }
}

/// Σ xᵢ² in `f64` of what is stored in half of the bytes, as [`Real::sum_of_squares`] gives it of the same numbers.
#[must_use]
#[inline(never)]
pub fn stored_sum_of_squares<T: Load<f64>>(values: &[T]) -> f64 {
    fastest::sum_of_squares(values)
}

/// As [`Real::max_magnitude_bits`], of 16 bits.
#[must_use]
#[inline(never)]
pub fn stored_max_magnitude_bits<T: Stored>(values: &[T]) -> u16 {
    fastest::max_magnitude_bits16(values)
}

/// The same numbers in `f32`, into `to`, equally long.
#[inline(never)]
pub fn widen_float16(values: &[Float16], to: &mut [f32]) {
    fastest::widen_float16(values, to);
}

/// Biases the exponents by ten more, so that what was subnormal is normal, and all are widened alike: some processors
/// take many times as long for a product with a subnormal number, and telling them apart takes longer than the product.
///
/// # Panics
/// In debug builds, when a magnitude is 2⁷ or more, for which there is no such exponent.
#[inline(never)]
pub fn shift(values: &mut [Float16]) {
    debug_assert!(stored_max_magnitude_bits(values) < Float16::UNSHIFTABLE);
    fastest::shift(values);
}

/// Undoes [`shift`].
#[inline(never)]
pub fn unshift(values: &mut [Float16]) {
    fastest::unshift(values);
}

/// Rows taken at once: four dot products share each load of `v`, and the four rows are still in the first cache when
/// they are added up.
pub const BLOCK: usize = 4;

/// A block of rows, each `stride` entries after the one before; with a stride of 0, one row four times.
///
/// One address and a stride, where four slices would each take a register of the inner loops.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    entries: &'a [T],
    stride: usize,
}

impl<'a, T> Rows<'a, T> {
    /// The first rows of `entries`.
    #[must_use]
    pub fn new(entries: &'a [T], stride: usize) -> Self {
        Self { entries, stride }
    }

    /// The first `length` entries of one row.
    ///
    /// # Panics
    /// When the row is not so long.
    #[must_use]
    #[inline(always)]
    pub fn row(&self, index: usize, length: usize) -> &'a [T] {
        &self.entries[index * self.stride..][..length]
    }
}

/// Numbers whose bits mean what their type says.
#[derive(Debug)]
pub struct Plain;

/// float16 numbers whose exponents are biased by 25 rather than 15: see [`shift`].
#[derive(Debug)]
pub struct Shifted;

/// What a block of rows of `Self` does with vectors of `V`; with `V` wider than `Self` every entry is widened first.
pub trait Kernel<V, Meaning = Plain>: Copy {
    /// The inner products of the rows with `v`. Every row is at least as long as `v`.
    fn dots(rows: Rows<'_, Self>, v: &[V]) -> [V; BLOCK];
    /// `z += Σ coefficients[b] · rows[b]`. Every row is at least as long as `z`.
    fn add_multiples(coefficients: [V; BLOCK], rows: Rows<'_, Self>, z: &mut [V]);
}

macro_rules! kernel {
    ($element:ty, $vector:ty, $meaning:ty, $inline:ident) => {
        impl Kernel<$vector, $meaning> for $element {
            #[inline($inline)]
            fn dots(rows: Rows<'_, Self>, v: &[$vector]) -> [$vector; BLOCK] {
                fastest::dots::<_, _, $meaning>(rows, v)
            }

            #[inline($inline)]
            fn add_multiples(coefficients: [$vector; BLOCK], rows: Rows<'_, Self>, z: &mut [$vector]) {
                fastest::add_multiples::<_, _, $meaning>(coefficients, rows, z);
            }
        }
    };
}

// The long iterations run in f32, where inlining pays for itself in small matrices. Of the others one copy is enough.
kernel!(f32, f32, Plain, always);
kernel!(f32, f64, Plain, never);
kernel!(f64, f64, Plain, never);
kernel!(Bfloat16, f32, Plain, never);
kernel!(Bfloat16, f64, Plain, never);
kernel!(Float16, f32, Shifted, never);
kernel!(Float16, f64, Shifted, never);
