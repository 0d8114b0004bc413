//! bfloat16 as storage: the upper half of an `f32`, and so half of the memory, and of what a pass has to read.
//!
//! Arithmetic is that of `f32` and `f64`, so that results are to the bit those of the widened matrix. Passes widen in
//! registers. What is rare, a matrix with a side of at most 16 or with entries near the ends of the range, is widened whole.

use crate::error::Error;
use crate::kernel::{Kernel, Real, stored_max_magnitude_bits, stored_sum_of_squares};
use crate::lanczos::{self, Leg, Passes};
use crate::matrix::{Element, MatrixRef};
use crate::norms::is_comfortable;
use crate::power_iteration::{Triplet, check_search};
use crate::product::{adjoint_product, gram_pass, product};
use crate::search::Gram;
use crate::solver::{Method, Solver};
use crate::vector::Vector;

/// A bfloat16 number, by its bits: its value is that of the `f32` whose upper half they are.
///
/// ```
/// assert_eq!(f32::from(spectral_norm::bfloat16::Bfloat16(0x4040)), 3.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bfloat16(pub u16);

impl From<Bfloat16> for f32 {
    #[inline(always)]
    fn from(Bfloat16(bits): Bfloat16) -> Self {
        Self::from_bits(u32::from(bits) << 16)
    }
}

impl From<Bfloat16> for f64 {
    #[inline(always)]
    fn from(number: Bfloat16) -> Self {
        f32::from(number).into()
    }
}

/// [`frobenius_norm`](crate::frobenius_norm) of a matrix in bfloat16.
///
/// ```
/// use spectral_norm::{MatrixRef, bfloat16};
/// let three_and_four = [0x4040, 0, 0, 0x4080].map(bfloat16::Bfloat16);
/// assert_eq!(bfloat16::frobenius_norm(MatrixRef::new(&three_and_four, 2, 2)?)?, 5.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`NonFinite`](crate::ErrorKind::NonFinite), [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
pub fn frobenius_norm(matrix: MatrixRef<'_, Bfloat16>) -> Result<f64, Error> {
    let norm = stored_sum_of_squares(matrix.data()).sqrt();
    if is_comfortable::<f32>(norm, matrix.data().len()) {
        return Ok(norm);
    }
    let widened = widen(matrix.data())?;
    crate::frobenius_norm(MatrixRef::shaped(&widened, matrix.rows(), matrix.columns()))
}

/// [`Solver::run`] of a matrix in bfloat16.
///
/// ```
/// use spectral_norm::{MatrixRef, Solver, bfloat16};
/// let three_and_four = [0x4040, 0, 0, 0x4080].map(bfloat16::Bfloat16);
/// let triplet = bfloat16::dominant_triplet(MatrixRef::new(&three_and_four, 2, 2)?, &Solver::default())?;
/// assert!((triplet.sigma - 4.0).abs() < 1e-9);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// Those of [`Solver::run`].
pub fn dominant_triplet(matrix: MatrixRef<'_, Bfloat16>, solver: &Solver<'_>) -> Result<Triplet, Error> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let most = f64::from(Bfloat16(stored_max_magnitude_bits(matrix.data())));
    let comfortable = most.is_finite() && most > 0.0 && libm::ilogb(most).abs() <= f32::COMFORT;
    if !(comfortable && solver.method_for(rows, columns, size_of::<f32>()) == Method::Lanczos) {
        let widened = widen(matrix.data())?;
        return solver.run(MatrixRef::shaped(&widened, rows, columns));
    }
    check_search(solver.tolerance, solver.max_iterations)?;
    let halves = Halves(matrix);
    let narrow = |leg: &Leg<'_>, passes: &mut Passes| leg.find::<f32>(&halves, passes);
    lanczos::search(solver, &halves, Some(&narrow))
}

/// `to = W from`, or `Wᵀ from`, in `f64`, for vectors of the lengths that the matrix has.
///
/// ```
/// use spectral_norm::{MatrixRef, bfloat16};
/// let (three_and_four, mut to) = ([0x4040, 0, 0, 0x4080].map(bfloat16::Bfloat16), [0.0; 2]);
/// bfloat16::multiply(MatrixRef::new(&three_and_four, 2, 2)?, false, &[1.0, 2.0], &mut to);
/// assert_eq!(to, [3.0, 8.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Panics
/// When a vector is shorter.
pub fn multiply(matrix: MatrixRef<'_, Bfloat16>, adjoint: bool, from: &[f64], to: &mut [f64]) {
    if adjoint { adjoint_product(matrix, from, to) } else { product(matrix, from, to) }
}

fn widen(entries: &[Bfloat16]) -> Result<Vector<f32>, Error> {
    let mut widened = Vector::try_zeroed(entries.len())?;
    widened.iter_mut().zip(entries).for_each(|(x, &entry)| *x = entry.into());
    Ok(widened)
}

/// A matrix of bfloat16 numbers, each widened in registers.
struct Halves<'a>(MatrixRef<'a, Bfloat16>);

impl<V: Real> Gram<V> for Halves<'_>
where
    Bfloat16: Kernel<V>,
{
    fn shape(&self) -> [usize; 2] {
        [self.0.rows(), self.0.columns()]
    }

    fn apply_adjoint(&self, u: &[V], z: &mut [V]) {
        adjoint_product(self.0, u, z);
    }

    fn gram(&self, v: &[V], u: &mut [V], z: &mut [V]) {
        gram_pass(self.0, v, u, z);
    }
}
