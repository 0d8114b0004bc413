//! Norms of a matrix, and the numbers made of them.

use crate::error::{Count, Error, ErrorKind};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::power_iteration::Triplet;
use crate::scaling::Scaled;
use crate::solver::Solver;
use crate::vector::{Vector, inner_product, reserve};

/// The Frobenius norm `√Σw²`, summed in `f64`: an upper bound of the spectral norm (article, item 2). Infinite only
/// where the norm itself is beyond the range of `f64`.
///
/// ```
/// use spectral_norm::{MatrixRef, frobenius_norm};
/// assert_eq!(frobenius_norm(MatrixRef::new(&[3.0, 0.0, 0.0, 4.0], 2, 2)?)?, 5.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`NonFinite`](crate::ErrorKind::NonFinite).
#[inline(never)]
pub fn frobenius_norm<T: Element>(matrix: MatrixRef<'_, T>) -> Result<f64, Error> {
    let scaled = Scaled::new(matrix)?;
    Ok(scaled.restore(T::sum_of_squares(scaled.matrix().data()).sqrt()))
}

/// The spectral norm `‖W‖₂`, the largest singular value, to a relative accuracy (article, item 4).
///
/// ```
/// use spectral_norm::{MatrixRef, Solver, spectral_norm};
/// let matrix = MatrixRef::new(&[3.0, 0.0, 0.0, 4.0], 2, 2)?;
/// assert!((spectral_norm(matrix, &Solver::default())? - 4.0).abs() < 1e-9);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// Those of [`Solver::run`], and [`Convergence`](crate::ErrorKind::Convergence) when the search stopped short of its tolerance.
pub fn spectral_norm<T: Element>(matrix: MatrixRef<'_, T>, solver: &Solver<'_>) -> Result<f64, Error> {
    match solver.run(matrix)? {
        Triplet { converged: true, sigma, .. } => Ok(sigma),
        Triplet { iterations, .. } => Err(ErrorKind::Convergence { iterations }.into()),
    }
}

/// The stable rank `‖W‖_F²/‖W‖₂²`: between 1 and the rank, and 0 for a zero matrix.
///
/// ```
/// use spectral_norm::{MatrixRef, Solver, stable_rank};
/// let identity = MatrixRef::new(&[1.0, 0.0, 0.0, 1.0], 2, 2)?;
/// assert_eq!(stable_rank(identity, &Solver::default())?, 2.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// Those of [`spectral_norm`].
pub fn stable_rank<T: Element>(matrix: MatrixRef<'_, T>, solver: &Solver<'_>) -> Result<f64, Error> {
    let scaled = Scaled::new(matrix)?;
    if scaled.is_zero() {
        return Ok(0.0);
    }
    let sigma = spectral_norm(scaled.matrix(), solver)?;
    // A rank of one gives 1 but for rounding, and there is none below.
    Ok((T::sum_of_squares(scaled.matrix().data()) / (sigma * sigma)).max(1.0))
}

/// `uᵀWv` in `f64`: what a checkpoint of `PyTorch`'s spectral normalization divides its weight by.
///
/// ```
/// use spectral_norm::{MatrixRef, bilinear_form};
/// let matrix = MatrixRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2)?;
/// assert_eq!(bilinear_form(matrix, &[1.0, 0.0], &[0.0, 1.0])?, 2.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Shape`](crate::ErrorKind::Shape) when `u` has not one entry a row or `v` not one a column, [`NonFinite`](crate::ErrorKind::NonFinite).
pub fn bilinear_form<T: Element>(matrix: MatrixRef<'_, T>, u: &[f64], v: &[f64]) -> Result<f64, Error> {
    check_vector("u", u, matrix.rows())?;
    check_vector("v", v, matrix.columns())?;
    let scaled = Scaled::new(matrix)?;
    Ok(scaled.restore(scaled_form(&scaled.matrix(), u, v)?))
}

fn scaled_form(matrix: &dyn LinearOperator, u: &[f64], v: &[f64]) -> Result<f64, Error> {
    reserve(matrix.rows())?;
    let mut image = Vector::zeroed(matrix.rows());
    matrix.apply(v, &mut image);
    Ok(inner_product(u, &image))
}

fn check_vector(what: &'static str, vector: &[f64], length: usize) -> Result<(), Error> {
    if vector.len() != length {
        return Err(Error::shape(what, Count::Exactly(length), vector.len()));
    }
    MatrixRef::new(vector, length, 1)?.max_magnitude().map_err(|error| error.about(what))?;
    Ok(())
}
