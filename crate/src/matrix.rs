//! A borrowed row-major matrix whose shape is checked once, and the element types it may hold.

use crate::error::{Count, Error, ErrorKind, NonFinite};
use crate::kernel::{Kernel, Real};

/// An element type of a matrix: `f32` or `f64`.
pub trait Element: Real + Kernel<Self> + Kernel<f64> {
    /// The distance from 1 to the next number.
    const EPSILON: f64;
    /// A matrix whose largest entry is between `2^-COMFORT` and `2^COMFORT` is iterated as it stands: the entries of
    /// `WᵀWv` stay in the range of the type, and their squares in that of `f64`, for every size that fits in memory.
    const COMFORT: i32;
    /// The largest finite number.
    const MAX: f64;

    /// Rounds toward zero.
    fn truncate(value: f64) -> Self;
    /// The magnitude that has these bits, as [`max_magnitude_bits`](Real::max_magnitude_bits) gives them.
    fn from_magnitude_bits(bits: u64) -> f64;
}

impl Element for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const COMFORT: i32 = 40;
    const MAX: f64 = f32::MAX as f64;

    fn truncate(value: f64) -> Self {
        let nearest = Self::nearest(value);
        if f64::from(nearest.abs()) > value.abs() { f32::from_bits(nearest.to_bits() - 1) } else { nearest }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the bits came from 32")]
    fn from_magnitude_bits(bits: u64) -> f64 {
        f64::from(f32::from_bits(bits as u32))
    }
}

impl Element for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const COMFORT: i32 = 200;
    const MAX: f64 = f64::MAX;

    fn truncate(value: f64) -> Self {
        value
    }

    fn from_magnitude_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
}

/// A borrowed row-major matrix with at least one row and one column.
///
/// ```
/// use spectral_norm::MatrixRef;
/// let matrix = MatrixRef::new(&[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?;
/// assert_eq!(matrix.row(1), [4.0, 5.0, 6.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MatrixRef<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
}

impl<'a, T> MatrixRef<'a, T> {
    /// Reads `data` as `rows × columns` entries, row after row.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) when a dimension is 0 or `data` is not `rows · columns` long.
    #[inline(never)]
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Result<Self, Error> {
        for (what, got) in [("rows", rows), ("columns", columns)] {
            if got == 0 {
                let expected = Count::Positive;
                return Err(Error::shape(what, expected, got));
            }
        }
        if rows.checked_mul(columns) != Some(data.len()) {
            let expected = Count::Product(rows, columns);
            return Err(Error::shape("data", expected, data.len()));
        }
        Ok(Self { data, rows, columns })
    }

    /// The entries, row after row.
    #[must_use]
    pub fn data(&self) -> &'a [T] {
        self.data
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A matrix of our own making, of a shape that is known to fit.
    pub(crate) fn shaped(data: &'a [T], rows: usize, columns: usize) -> Self {
        debug_assert_eq!(data.len(), rows * columns);
        Self { data, rows, columns }
    }

    /// One row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &'a [T] {
        &self.data[row * self.columns..][..self.columns]
    }
}

impl<T: Element> MatrixRef<'_, T> {
    /// The largest magnitude of an entry.
    ///
    /// # Errors
    /// [`NonFinite`](crate::ErrorKind::NonFinite) names the first entry that is NaN or infinite.
    #[inline(never)]
    pub fn max_magnitude(&self) -> Result<f64, Error> {
        let magnitude = T::from_magnitude_bits(T::max_magnitude_bits(self.data));
        if magnitude.is_finite() {
            return Ok(magnitude);
        }
        let finite = |entry: &T| (*entry).into().is_finite();
        let index = self.data.iter().position(|entry| !finite(entry)).unwrap_or_default();
        Err(ErrorKind::NonFinite {
            what: "matrix",
            row: index / self.columns,
            column: index % self.columns,
            value: NonFinite::from(self.data[index].into()),
        }
        .into())
    }
}
