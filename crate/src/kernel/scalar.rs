//! The kernels in plain Rust: what runs natively, and the oracle that the SIMD kernels are held against.

use super::{BLOCK, Plain, Real, Rows, Shifted};
use crate::stored::{Float16, Stored};

/// Numbers that vectors of `V` are multiplied with.
pub trait Load<V, Meaning = Plain>: Copy {
    /// The number as a `V`.
    fn value(self) -> V;
}

impl<V, T: Copy + Into<V>> Load<V> for T {
    fn value(self) -> V {
        self.into()
    }
}

impl<V: From<f32>> Load<V, Shifted> for Float16 {
    fn value(self) -> V {
        f32::from(self.unshifted()).into()
    }
}

/// How many lanes a sum over vectors of this type runs in.
pub trait Lanes: Real {
    /// One accumulator a lane.
    type Array: AsRef<[Self]> + AsMut<[Self]> + Copy + Default;
}

impl Lanes for f32 {
    type Array = [f32; 8];
}

impl Lanes for f64 {
    type Array = [f64; 4];
}

/// Adds the upper half of the lanes to the lower until one is left.
fn fold<V: Real>(lanes: &mut [V]) -> V {
    let mut width = lanes.len();
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0]
}

/// The inner products of the rows with `v`.
///
/// # Panics
/// When a row is shorter than `v`.
#[must_use]
pub fn dots<T: Load<V, M>, V: Lanes, M>(rows: Rows<'_, T>, v: &[V]) -> [V; BLOCK] {
    std::array::from_fn(|b| dot(rows.row(b, v.len()), v))
}

fn dot<T: Load<V, M>, V: Lanes, M>(row: &[T], v: &[V]) -> V {
    let mut lanes = V::Array::default();
    let width = lanes.as_ref().len();
    let (row_chunks, v_chunks) = (row.chunks_exact(width), v.chunks_exact(width));
    let tail = row_chunks.remainder().iter().zip(v_chunks.remainder());
    let tail = tail.fold(V::default(), |sum, (&w, &x)| sum + w.value() * x);
    for (w, x) in row_chunks.zip(v_chunks) {
        for (lane, (&w, &x)) in lanes.as_mut().iter_mut().zip(w.iter().zip(x)) {
            *lane += w.value() * x;
        }
    }
    fold(lanes.as_mut()) + tail
}

/// `z += Σ coefficients[b] · rows[b]`, the rows summed first.
///
/// # Panics
/// When a row is shorter than `z`.
pub fn add_multiples<T: Load<V, M>, V: Real, M>(coefficients: [V; BLOCK], rows: Rows<'_, T>, z: &mut [V]) {
    let rows: [_; BLOCK] = std::array::from_fn(|b| rows.row(b, z.len()));
    for (j, z) in z.iter_mut().enumerate() {
        let mut sum = coefficients[0] * rows[0][j].value();
        for b in 1..BLOCK {
            sum += coefficients[b] * rows[b][j].value();
        }
        *z += sum;
    }
}

/// Σ xᵢ² in `f64`, in eight lanes.
#[must_use]
pub fn sum_of_squares<T: Load<f64>>(values: &[T]) -> f64 {
    let mut lanes = [0.0; 8];
    let chunks = values.chunks_exact(lanes.len());
    let tail = chunks.remainder().iter().map(|&x| x.value()).fold(0.0, |sum, x: f64| sum + x * x);
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            let x: f64 = x.value();
            *lane += x * x;
        }
    }
    fold(&mut lanes) + tail
}

/// Every entry times `factor`, a product in `f64` that is then rounded.
pub fn scale<T: Real>(values: &mut [T], factor: f64) {
    for value in values {
        *value = T::nearest((*value).into() * factor);
    }
}

/// Every entry of `source` times `factor`, as [`scale`] does it, into `out`.
pub fn scale_into<T: Real>(source: &[T], factor: f64, out: &mut [T]) {
    for (out, &value) in out.iter_mut().zip(source) {
        *out = T::nearest(value.into() * factor);
    }
}

/// Every entry of `source` times `factor` into `out`.
pub fn multiply_into<T: Real>(source: &[T], factor: T, out: &mut [T]) {
    for (out, &value) in out.iter_mut().zip(source) {
        *out = value * factor;
    }
}

/// A number by its bits without the sign.
pub trait Magnitude: Copy {
    /// Those bits: ordered as the magnitudes are, NaN above infinity.
    fn magnitude_bits(self) -> u64;
}

impl Magnitude for f32 {
    fn magnitude_bits(self) -> u64 {
        u64::from(self.to_bits() & (u32::MAX >> 1))
    }
}

impl Magnitude for f64 {
    fn magnitude_bits(self) -> u64 {
        self.to_bits() & (u64::MAX >> 1)
    }
}

/// The largest bits without the sign; 0 of nothing.
#[must_use]
pub fn max_magnitude_bits16<T: Stored>(values: &[T]) -> u16 {
    values.iter().fold(0, |most, value| most.max(value.bits() & (u16::MAX >> 1)))
}

/// Biases the exponents by ten more.
pub fn shift(values: &mut [Float16]) {
    for value in values {
        *value = value.shifted();
    }
}

/// Undoes it.
pub fn unshift(values: &mut [Float16]) {
    for value in values {
        *value = value.unshifted();
    }
}

/// The same numbers in `f32`, into `to`, equally long.
pub fn widen_float16(values: &[Float16], to: &mut [f32]) {
    for (to, &value) in to.iter_mut().zip(values) {
        *to = value.into();
    }
}

/// The largest [`magnitude_bits`](Magnitude::magnitude_bits); 0 of nothing.
#[must_use]
pub fn max_magnitude_bits<T: Magnitude>(values: &[T]) -> u64 {
    values.iter().fold(0, |most, value| most.max(value.magnitude_bits()))
}
