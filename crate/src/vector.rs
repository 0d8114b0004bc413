//! Vectors: aligned storage, and what the iterations do with them besides products.

use std::ops::{Deref, DerefMut};

use crate::error::Error;
use crate::kernel::Real;
use crate::random::fill_normal;

/// A cache line: vector loads that straddle two are slower.
const ALIGNMENT: usize = 64;

/// A zero-filled array that starts at a cache line. It never grows, so that it never moves.
#[derive(Debug)]
pub(crate) struct Vector<T> {
    storage: Vec<T>,
    first: usize,
    length: usize,
}

impl<T: Copy + Default> Vector<T> {
    /// For a length whose memory was made sure of by [`reserve`].
    #[inline(never)]
    pub(crate) fn zeroed(length: usize) -> Self {
        let padding = ALIGNMENT / size_of::<T>();
        let storage = vec![T::default(); length + padding];
        let first = storage.as_ptr().align_offset(ALIGNMENT).min(padding);
        Self { storage, first, length }
    }

    /// Fails, rather than aborts, when memory does not suffice.
    #[inline(never)]
    pub(crate) fn try_zeroed(length: usize) -> Result<Self, Error> {
        reserve(length.saturating_mul(size_of::<T>()).div_ceil(size_of::<f64>()))?;
        Ok(Self::zeroed(length))
    }

    /// The entries of another vector, rounded to the nearest.
    #[inline(never)]
    pub(crate) fn rounded<U: Real>(other: &[U]) -> Self
    where
        T: Real,
    {
        let mut vector = Self::zeroed(other.len());
        convert(other, &mut vector);
        vector
    }

    /// The entries alone.
    pub(crate) fn into_vec(mut self) -> Vec<T> {
        self.storage.truncate(self.first + self.length);
        self.storage.drain(..self.first);
        self.storage
    }
}

impl<T> Deref for Vector<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.storage[self.first..][..self.length]
    }
}

impl<T> DerefMut for Vector<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.storage[self.first..][..self.length]
    }
}

/// Makes sure of the memory for vectors of so many `f64` in all, by asking for it at once and giving it back: then
/// none of them can fail halfway through a computation.
#[inline(never)]
pub(crate) fn reserve(entries: usize) -> Result<(), Error> {
    let bytes = entries.saturating_mul(size_of::<f64>());
    let mut probe = Vec::<f64>::new();
    probe.try_reserve_exact(entries.saturating_add(RESERVE)).map_err(|_| Error::out_of_memory(bytes))
}

/// What alignment and the allocator's own notes take, generously, in `f64`.
const RESERVE: usize = 4096;

/// Copies, rounding to the nearest.
#[inline(never)]
pub(crate) fn convert<T: Real, U: Real>(source: &[T], target: &mut [U]) {
    target.iter_mut().zip(source).for_each(|(x, &y)| *x = U::nearest(y.into()));
}

/// All entries alike, of unit length.
pub(crate) fn constant(length: usize) -> Vector<f64> {
    let mut vector = Vector::zeroed(length);
    vector.fill(1.0 / (length as f64).sqrt());
    vector
}

/// Independent normal numbers, scaled to unit length.
#[inline(never)]
pub(crate) fn random_vector(seed: u64, length: usize) -> Vector<f64> {
    let mut vector = Vector::zeroed(length);
    fill_normal(seed, &mut vector);
    normalize(&mut vector);
    vector
}

/// Divides by the length, which is returned; a zero vector stays.
#[inline(never)]
pub(crate) fn normalize<V: Real>(vector: &mut [V]) -> f64 {
    let length = V::sum_of_squares(vector).sqrt();
    if length > 0.0 {
        V::scale(vector, 1.0 / length);
    }
    length
}

/// `‖z − θv‖/θ`.
#[inline(never)]
pub(crate) fn relative_residual<V: Real>(theta: f64, v: &[V], z: &[V]) -> f64 {
    let mut lanes = [0.0; 4];
    for (index, (&z, &v)) in z.iter().zip(v).enumerate() {
        let difference = z.into() - theta * v.into();
        lanes[index % 4] += difference * difference;
    }
    ((lanes[0] + lanes[2]) + (lanes[1] + lanes[3])).sqrt() / theta
}

/// `⟨a, b⟩ = Σ aᵢbᵢ` in `f64`.
#[inline(never)]
pub(crate) fn inner_product<T: Real>(a: &[T], b: &[T]) -> f64 {
    let mut lanes = [0.0; 4];
    for (index, (&a, &b)) in a.iter().zip(b).enumerate() {
        lanes[index % 4] += a.into() * b.into();
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}
