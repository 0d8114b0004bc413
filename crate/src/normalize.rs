//! Weights brought to a norm, in place or into another array.

use crate::error::{Count, Error};
use crate::matrix::{Element, MatrixRef};
use crate::norms::{frobenius_norm, spectral_norm};
use crate::solver::Solver;

/// Spectral normalization `W · target/σ(W)` in place (Miyato et al. 2018, eq. 8; article, item 16). Returns the norm
/// before. A zero matrix stays.
///
/// ```
/// use spectral_norm::{Solver, spectral_normalize};
/// let mut weight = [2.0_f64, 0.0, 0.0, 1.0];
/// let sigma = spectral_normalize(&mut weight, 2, 2, &Solver::default(), 1.0)?;
/// assert!((sigma - 2.0).abs() < 1e-9 && (weight[3] - 0.5).abs() < 1e-9);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// Those of [`MatrixRef::new`], [`spectral_norm`] and [`scale_to_norm`]; nothing has changed then.
pub fn spectral_normalize<T: Element>(
    values: &mut [T],
    rows: usize,
    columns: usize,
    solver: &Solver<'_>,
    target: f64,
) -> Result<f64, Error> {
    let sigma = spectral_norm(MatrixRef::new(values, rows, columns)?, solver)?;
    scale_to_norm(values, sigma, target)?;
    Ok(sigma)
}

/// [`spectral_normalize`] that leaves the matrix and writes to `out`, equally long.
///
/// ```
/// use spectral_norm::{MatrixRef, Solver, spectral_normalize_into};
/// let (weight, mut out) = ([2.0_f64, 0.0, 0.0, 1.0], [0.0; 4]);
/// spectral_normalize_into(MatrixRef::new(&weight, 2, 2)?, &Solver::default(), 4.0, &mut out)?;
/// assert!((out[0] - 4.0).abs() < 1e-9);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// As [`spectral_normalize`], and [`Shape`](crate::ErrorKind::Shape) for an `out` of another length; it is untouched then.
pub fn spectral_normalize_into<T: Element>(
    matrix: MatrixRef<'_, T>,
    solver: &Solver<'_>,
    target: f64,
    out: &mut [T],
) -> Result<f64, Error> {
    let sigma = spectral_norm(matrix, solver)?;
    scale_to_norm_into(matrix.data(), sigma, target, out)?;
    Ok(sigma)
}

/// Scales `values` by `target/sigma`. A `sigma` of 0 leaves them as they are.
///
/// ```
/// let mut weight = [2.0_f32, 0.0, 0.0, 1.0];
/// spectral_norm::scale_to_norm(&mut weight, 2.0, 1.0)?;
/// assert_eq!(weight, [1.0, 0.0, 0.0, 0.5]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Option`](crate::ErrorKind::Option) when `target` is not above 0 and within the range of the element type, or `sigma` is negative or
/// not finite; nothing has changed then.
#[inline(never)]
pub fn scale_to_norm<T: Element>(values: &mut [T], sigma: f64, target: f64) -> Result<(), Error> {
    positive::<T>("target", target)?;
    rescale(values, sigma, target)
}

fn rescale<T: Element>(values: &mut [T], sigma: f64, target: f64) -> Result<(), Error> {
    match factor(sigma, target)? {
        Some(factor) => T::scale(values, factor),
        None => values.iter_mut().for_each(|w| *w = quotient(*w, sigma, target)),
    }
    Ok(())
}

/// [`scale_to_norm`] from `source` into `out`, equally long.
///
/// ```
/// let mut out = [0.0; 2];
/// spectral_norm::scale_to_norm_into(&[3.0, 4.0], 5.0, 10.0, &mut out)?;
/// assert_eq!(out, [6.0, 8.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// As [`scale_to_norm`], and [`Shape`](crate::ErrorKind::Shape) for an `out` of another length; it is untouched then.
#[inline(never)]
pub fn scale_to_norm_into<T: Element>(source: &[T], sigma: f64, target: f64, out: &mut [T]) -> Result<(), Error> {
    if source.len() != out.len() {
        return Err(Error::shape("out", Count::Exactly(source.len()), out.len()));
    }
    positive::<T>("target", target)?;
    if let Some(factor) = factor(sigma, target)? {
        T::scale_into(source, factor, out);
        return Ok(());
    }
    // Seldom: the code that divides need not be there twice.
    out.copy_from_slice(source);
    scale_to_norm(out, sigma, target)
}

/// What to multiply by, 1 for a `sigma` of 0; none where that is out of range and [`quotient`] has to do.
fn factor(sigma: f64, target: f64) -> Result<Option<f64>, Error> {
    if !(sigma >= 0.0 && sigma.is_finite()) {
        return Err(Error::option("sigma", "a finite number of at least 0"));
    }
    let factor = if sigma == 0.0 { 1.0 } else { target / sigma };
    Ok(factor.is_normal().then_some(factor))
}

/// `w · target/sigma`: no entry exceeds its norm, so that the quotient is in range where the factor is not.
fn quotient<T: Element>(w: T, sigma: f64, target: f64) -> T {
    T::nearest(w.into() / sigma * target)
}

/// Weight clipping (Arjovsky et al. 2017; article, item 10): every entry clamped to `[-limit, limit]`. Returns how many
/// entries changed.
///
/// ```
/// let mut weight = [2.0, -0.5, -3.0, 1.0];
/// assert_eq!(spectral_norm::clip_weights(&mut weight, 1.0)?, 2);
/// assert_eq!(weight, [1.0, -0.5, -1.0, 1.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Option`](crate::ErrorKind::Option) when `limit` is not finite and above 0, [`NonFinite`](crate::ErrorKind::NonFinite) for an entry; nothing has changed then.
pub fn clip_weights<T: Element>(values: &mut [T], limit: f64) -> Result<usize, Error> {
    positive::<f64>("c", limit)?;
    MatrixRef::new(values, 1, values.len())?.max_magnitude()?;
    let (most, least) = (T::truncate(limit.min(T::MAX)), T::truncate((-limit).max(-T::MAX)));
    let mut changed = 0;
    for w in values {
        let clamped = if *w > most {
            most
        } else if *w < least {
            least
        } else {
            continue;
        };
        *w = clamped;
        changed += 1;
    }
    Ok(changed)
}

/// Frobenius clipping (article, item 11): `W` scaled by `min(1, limit/‖W‖_F)`. Returns the norm before.
///
/// ```
/// let mut weight = [3.0, 4.0];
/// assert_eq!(spectral_norm::clip_frobenius(&mut weight, 10.0)?, 5.0);
/// assert_eq!(weight, [3.0, 4.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// As [`clip_weights`].
pub fn clip_frobenius<T: Element>(values: &mut [T], limit: f64) -> Result<f64, Error> {
    positive::<f64>("c", limit)?;
    let norm = frobenius_norm(MatrixRef::new(values, 1, values.len())?)?;
    if norm.is_infinite() {
        // A norm beyond f64 cannot be divided by; that of a smaller multiple can.
        T::scale(values, SMALLER);
        let smaller = frobenius_norm(MatrixRef::new(values, 1, values.len())?)?;
        rescale(values, smaller, limit)?;
    } else if norm > limit {
        rescale(values, norm, limit)?;
    }
    Ok(norm)
}

/// 2⁻⁶⁴: a power of two, so that it rounds nothing of what counts, and enough for all entries that fit in memory.
const SMALLER: f64 = 1.0 / (u64::MAX as f64);

fn positive<T: Element>(what: &'static str, value: f64) -> Result<(), Error> {
    if value > 0.0 && value <= T::MAX {
        return Ok(());
    }
    Err(Error::option(what, "a number above 0 that is within the range of the element type"))
}
