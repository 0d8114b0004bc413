//! Weights brought to a norm, in place. To keep the original, normalize a copy.

use crate::error::Error;
use crate::matrix::{Element, MatrixRef};
use crate::norms::frobenius_norm;

/// Scales `values` by `target/sigma`: with `sigma` the spectral norm, spectral normalization (Miyato et al. 2018, eq. 8;
/// article, item 16). A `sigma` of 0 leaves them as they are.
///
/// ```
/// let mut weight = [2.0_f32, 0.0, 0.0, 1.0];
/// spectral_norm::scale_to_norm(&mut weight, 2.0, 1.0)?;
/// assert_eq!(weight, [1.0, 0.0, 0.0, 0.5]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Error::Option`] when `target` is not above 0 and within the range of the element type, or `sigma` is negative or
/// not finite.
#[inline(never)]
pub fn scale_to_norm<T: Element>(values: &mut [T], sigma: f64, target: f64) -> Result<(), Error> {
    positive::<T>("target", target)?;
    if !(sigma >= 0.0 && sigma.is_finite()) {
        return Err(Error::Option { what: "sigma", expected: "a finite number of at least 0" });
    }
    if sigma == 0.0 {
        return Ok(());
    }
    let factor = target / sigma;
    if factor.is_normal() {
        T::scale(values, factor);
    } else {
        // No entry exceeds sigma, so that the quotient is in range where the factor is not.
        for w in values {
            *w = T::nearest((*w).into() / sigma * target);
        }
    }
    Ok(())
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
/// [`Error::Option`] when `limit` is not finite and above 0, [`Error::NonFinite`] for an entry; nothing has changed then.
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
    if norm > limit {
        // A norm beyond f64 exceeds every limit, but cannot be divided by.
        scale_to_norm(values, norm.min(f64::MAX), limit)?;
    }
    Ok(norm)
}

fn positive<T: Element>(what: &'static str, value: f64) -> Result<(), Error> {
    if value > 0.0 && value <= T::MAX {
        return Ok(());
    }
    Err(Error::Option { what, expected: "a number above 0 that is within the range of the element type" })
}
