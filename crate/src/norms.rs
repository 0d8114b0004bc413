//! Norms of a matrix, and the numbers made of them.

use crate::error::{Error, ErrorKind};
use crate::matrix::{Element, MatrixRef};
use crate::power_iteration::Triplet;
use crate::scaling::Scaled;
use crate::solver::Solver;

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
    let norm = T::sum_of_squares(matrix.data()).sqrt();
    if is_comfortable::<T>(norm, matrix.data().len()) {
        return Ok(norm);
    }
    let scaled = Scaled::new(matrix)?;
    Ok(scaled.restore(T::sum_of_squares(scaled.matrix().data()).sqrt()))
}

/// Whether a Frobenius norm by itself says that all entries are finite and would not have been scaled: the largest is at most
/// the norm, and at least the norm over the root of their number. That saves a sweep.
pub(crate) fn is_comfortable<T: Element>(norm: f64, count: usize) -> bool {
    let most = libm::ldexp(1.0, T::COMFORT);
    norm < most && norm * most >= (count as f64).sqrt()
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
