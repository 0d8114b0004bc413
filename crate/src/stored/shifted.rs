//! float16 numbers as a search has them, which reads them tens of times: all normal.

use super::Float16;
use crate::kernel::{Kernel, Real, Shifted, shift, unshift};
use crate::matrix::MatrixRef;
use crate::product::{Left, sweep};
use crate::search::Gram;

/// Entries that are shifted for as long as this lives.
pub(super) struct Shift<'a>(&'a mut [Float16]);

impl<'a> Shift<'a> {
    /// Of magnitudes for which there is room.
    pub(super) fn new(entries: &'a mut [Float16]) -> Self {
        shift(entries);
        Self(entries)
    }

    pub(super) fn entries(&self) -> &[Float16] {
        self.0
    }
}

impl Drop for Shift<'_> {
    fn drop(&mut self) {
        unshift(self.0);
    }
}

/// A matrix of shifted entries.
pub(super) struct InShift<'a>(pub(super) MatrixRef<'a, Float16>);

impl<V: Real> Gram<V> for InShift<'_>
where
    Float16: Kernel<V, Shifted>,
{
    fn shape(&self) -> [usize; 2] {
        [self.0.rows(), self.0.columns()]
    }

    fn apply_adjoint(&self, u: &[V], z: &mut [V]) {
        z.fill(V::default());
        sweep::<_, _, Shifted>(self.0, Left::Given(u), z);
    }

    fn gram(&self, v: &[V], u: &mut [V], z: &mut [V]) {
        z.fill(V::default());
        sweep::<_, _, Shifted>(self.0, Left::Products { with: v, sign: V::nearest(1.0), to: u }, z);
    }
}
