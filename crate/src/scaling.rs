//! Scaling by a power of two, exact, so that squares and sums of entries near 1e±30 and of subnormals stay in range.

use crate::error::Error;
use crate::matrix::{Element, MatrixRef};

/// The power of two that a matrix was divided by: a plain value, for what exists once for all element types.
#[derive(Clone, Copy)]
pub(crate) struct Scale(i32);

impl Scale {
    /// A norm of the scaled matrix as a norm of the original.
    pub(crate) fn restore(self, norm: f64) -> f64 {
        libm::ldexp(norm, self.0)
    }
}

/// A finite matrix whose entries are of a comfortable size: `2^exponent` times this is the original.
pub(crate) struct Scaled<'a, T> {
    original: MatrixRef<'a, T>,
    copy: Option<Vec<T>>,
    exponent: i32,
    /// The largest magnitude of an entry after scaling.
    largest: f64,
}

impl<'a, T: Element> Scaled<'a, T> {
    /// Copies the matrix only where its largest entry is far from 1.
    #[inline(never)]
    pub(crate) fn new(original: MatrixRef<'a, T>) -> Result<Self, Error> {
        let most = original.max_magnitude()?;
        let exponent = if most == 0.0 { 0 } else { libm::ilogb(most) };
        if exponent.abs() <= T::COMFORT {
            return Ok(Self { original, copy: None, exponent: 0, largest: most });
        }
        let mut copy = Vec::new();
        let bytes = std::mem::size_of_val(original.data());
        copy.try_reserve_exact(original.data().len()).map_err(|_| Error::out_of_memory(bytes))?;
        copy.extend(original.data().iter().map(|&entry| T::nearest(libm::ldexp(entry.into(), -exponent))));
        Ok(Self { original, copy: Some(copy), exponent, largest: libm::ldexp(most, -exponent) })
    }

    /// The matrix to compute with.
    pub(crate) fn matrix(&self) -> MatrixRef<'_, T> {
        match &self.copy {
            Some(copy) => MatrixRef::shaped(copy, self.original.rows(), self.original.columns()),
            None => self.original,
        }
    }

    /// Whether every entry is zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.largest == 0.0
    }

    /// Whether a product of the scaled matrix with a unit vector, of this length, may be made of rounding errors alone:
    /// the columns of a zero-DC kernel stored in `f32` do not sum to zero, but to its rounding errors.
    pub(crate) fn annihilates(&self, length: f64) -> bool {
        let errors = 8.0 * T::EPSILON;
        // The Frobenius norm costs more than a pass, and is hardly ever needed.
        let most = self.largest * (self.original.data().len() as f64).sqrt();
        length <= errors * most && length <= errors * T::sum_of_squares(self.matrix().data()).sqrt()
    }

    /// A norm of the scaled matrix as a norm of the original.
    pub(crate) fn restore(&self, norm: f64) -> f64 {
        self.scale().restore(norm)
    }

    /// What it was divided by.
    pub(crate) fn scale(&self) -> Scale {
        Scale(self.exponent)
    }
}
