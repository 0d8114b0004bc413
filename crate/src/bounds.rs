//! Intervals that contain the spectral norm, rounding errors included.
//!
//! Those with proof rest on the decomposition of `certificate.rs`, where `A` is the matrix in `f64`, which is exact, with its
//! smaller side as rows, and `‖|A|‖² ≤ min(‖A‖_F², ‖A‖₁‖A‖_∞)`.
//!
//! A matrix whose smaller side is above 2048 is cut into blocks of rows `A_b`, each with its own certificate, for
//! `‖A‖₂² ≤ Σ‖A_b‖₂²`. So the bound may be too large by at most the square root of the number of blocks.

use crate::certificate::Certificate;
use crate::error::Error;
use crate::exact::small_side;
use crate::kernel::Real;
use crate::krylov::Krylov;
use crate::lanczos::{Leg, Passes};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::rounding::{above, below, down, gamma, up};
use crate::scaling::{Scale, Scaled};
use crate::solver::{Method, Solver};
use crate::vector::{Vector, reserve};

/// How sure an interval is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Certainty {
    /// Sure, from one sweep over the matrix: `√(‖W‖₁‖W‖_∞)` and `‖W‖_F` from above, the longest row or column and
    /// `‖W‖_F/√n` from below.
    Cheap,
    /// With this probability, over the choice of a random start: above 0, below 1.
    Probable(f64),
    /// Sure, and narrow: relative widths of 1e-8 and less, for smaller sides up to 2048.
    Rigorous,
}

/// What an upper bound rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Norms that take one sweep.
    Norms,
    /// The polynomials of a Lanczos run from a random start.
    Lanczos,
    /// A Cholesky decomposition that ran through.
    Cholesky,
    /// One for each block of rows.
    Blocks,
}

/// An interval that contains the spectral norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// At most the norm.
    pub lower: f64,
    /// At least the norm.
    pub upper: f64,
    /// What the upper bound rests on.
    pub evidence: Evidence,
    /// An upper bound of the norm of the matrix of magnitudes, `‖|W|‖₂`, which bounds what rounding every entry does.
    pub magnitudes: f64,
}

/// The longest side that is decomposed at once.
const MOST_SIDE: usize = 2048;
/// An interval that contains `‖W‖₂`.
///
/// ```
/// use spectral_norm::{Certainty, MatrixRef, spectral_norm_bounds};
/// let matrix = MatrixRef::new(&[1.0, 100.0, 0.0, 1.0], 2, 2)?;
/// let bounds = spectral_norm_bounds(matrix, Certainty::Rigorous, 0)?;
/// assert!(bounds.lower <= 100.009_999_000_199_95 && 100.009_999_000_199_95 <= bounds.upper);
/// assert!(bounds.upper - bounds.lower < 1e-6);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`NonFinite`](crate::ErrorKind::NonFinite), [`OutOfMemory`](crate::ErrorKind::OutOfMemory), [`Option`](crate::ErrorKind::Option) for a probability outside (0, 1).
pub fn spectral_norm_bounds<T: Element>(
    matrix: MatrixRef<'_, T>,
    certainty: Certainty,
    seed: u64,
) -> Result<Bounds, Error> {
    check_certainty(certainty)?;
    let scaled = Scaled::new(matrix)?;
    if scaled.is_zero() {
        return Ok(Bounds { lower: 0.0, upper: 0.0, evidence: Evidence::Norms, magnitudes: 0.0 });
    }
    restored(&scaled.matrix(), scaled.scale(), certainty, seed)
}

#[inline(never)]
fn check_certainty(certainty: Certainty) -> Result<(), Error> {
    match certainty {
        Certainty::Probable(probability) if !(probability > 0.0 && probability < 1.0) => {
            Err(Error::option("certainty", "a probability above 0 and below 1"))
        }
        _ => Ok(()),
    }
}

#[inline(never)]
fn restored(matrix: &dyn LinearOperator, scale: Scale, certainty: Certainty, seed: u64) -> Result<Bounds, Error> {
    let bounds = of_scaled(matrix, certainty, seed)?;
    // Restoring rounds only what becomes subnormal, and what is beyond the range of f64 is infinite.
    let (upper, magnitudes) = (up(scale.restore(bounds.upper)), up(scale.restore(bounds.magnitudes)));
    let lower = down(scale.restore(bounds.lower).min(f64::MAX));
    Ok(Bounds { lower, upper, magnitudes, ..bounds })
}

pub(crate) fn of_scaled(matrix: &dyn LinearOperator, certainty: Certainty, seed: u64) -> Result<Bounds, Error> {
    let cheap = cheap(matrix)?;
    let found = match certainty {
        Certainty::Cheap => return Ok(cheap),
        Certainty::Probable(probability) => probable(matrix, probability, seed)?,
        Certainty::Rigorous => rigorous(matrix, &cheap, seed)?,
    };
    let lower = match &found.vector {
        Some(vector) => cheap.lower.max(rayleigh(matrix, vector, &cheap)?),
        None => cheap.lower,
    };
    let evidence = if found.upper < cheap.upper { found.evidence } else { Evidence::Norms };
    Ok(Bounds { lower, upper: found.upper.min(cheap.upper), evidence, ..cheap })
}

/// An upper bound, and the vector for the lower one.
struct Found {
    upper: f64,
    evidence: Evidence,
    vector: Option<Vector<f64>>,
}

/// The norms that take one sweep.
#[inline(never)]
fn cheap(matrix: &dyn LinearOperator) -> Result<Bounds, Error> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    reserve(columns.saturating_mul(4))?;
    let mut row = Vector::<f64>::zeroed(columns);
    let (mut sums, mut squares) = (Vector::<f64>::zeroed(columns), Vector::<f64>::zeroed(columns));
    let (mut largest_row_sum, mut longest, mut total) = (0.0_f64, 0.0_f64, 0.0);
    for index in 0..rows {
        matrix.row(index, &mut row);
        let mut row_sum = 0.0;
        for ((&entry, sum), square) in row.iter().zip(&mut *sums).zip(&mut *squares) {
            row_sum += entry.abs();
            *sum += entry.abs();
            *square += entry * entry;
        }
        let length = f64::sum_of_squares(&row);
        largest_row_sum = largest_row_sum.max(row_sum);
        longest = longest.max(length);
        total += length;
    }
    let largest = |values: &[f64]| values.iter().fold(0.0_f64, |most, &value| most.max(value));
    // One rounding a term, and another for each time that a sum of sums is taken.
    let error = gamma(rows + columns + 8);
    let frobenius = above(total * (1.0 + 2.0 * error)).sqrt();
    let magnitudes = above((largest_row_sum * largest(&sums)).sqrt() * (1.0 + 2.0 * error)).min(above(frobenius));
    let smallest = total / rows.min(columns) as f64;
    let lower = below(longest.max(largest(&squares)).max(smallest).sqrt() * (1.0 - error));
    Ok(Bounds { lower, upper: magnitudes, evidence: Evidence::Norms, magnitudes })
}

/// `‖Wv‖/‖v‖` less what rounding errors may have added.
fn rayleigh(matrix: &dyn LinearOperator, v: &[f64], cheap: &Bounds) -> Result<f64, Error> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let mut image = Vector::try_zeroed(rows)?;
    matrix.apply(v, &mut image);
    let quotient = (f64::sum_of_squares(&image) / f64::sum_of_squares(v)).sqrt();
    Ok(below((quotient * (1.0 - gamma(rows + columns)) - above(gamma(columns) * cheap.magnitudes)).max(0.0)))
}

fn rigorous(matrix: &dyn LinearOperator, cheap: &Bounds, seed: u64) -> Result<Found, Error> {
    let solver = Solver { method: Method::Lanczos, tolerance: 1e-9, seed, ..Solver::default() };
    let triplet = solver.run_operator(matrix)?;
    let side = matrix.rows().min(matrix.columns());
    let count = side.div_ceil(MOST_SIDE);
    let mut sum = 0.0;
    for index in 0..count {
        let (first, end) = (index * side / count, (index + 1) * side / count);
        let entries = small_side(matrix, first, end)?;
        let part = MatrixRef::shaped(&entries, end - first, entries.len() / (end - first));
        let sigma = if count == 1 { triplet.sigma } else { solver.run_operator(&part)?.sigma };
        let bound = Certificate::new(part, cheap.magnitudes)?.bound(sigma * sigma);
        sum = above(sum + above(bound * bound));
    }
    let evidence = if count == 1 { Evidence::Cholesky } else { Evidence::Blocks };
    Ok(Found { upper: above(sum.sqrt()), evidence, vector: Some(Vector::rounded(&triplet.v)) })
}

/// More passes than are of use.
const PROBABLE_PASSES: usize = 300;
const PROBABLE_TARGET: f64 = 1e-12;

/// The bound that holds unless the random start was nearly orthogonal to the singular vector (van Dorsselaer,
/// Hochstenbach and van der Vorst, "Computing probabilistic bounds for extreme eigenvalues of symmetric matrices with the
/// Lanczos method", SIAM J. Matrix Anal. Appl. 22, 2000).
///
/// With `q = Wᵀg/‖Wᵀg‖`, Lanczos' normalized polynomials have `‖pₖ(WᵀW)q‖ = 1`, of which the singular vector's part is
/// `pₖ(σ²)·σ·|uᵀg|/‖Wᵀg‖`. For `g` uniform on the sphere of `n` dimensions, `|uᵀg| ≤ δ` has a probability of at most
/// `δ√(2(n−1)/π)`. Otherwise `pₖ(σ²)·σ ≤ ‖Wᵀg‖/δ`, and beyond the largest Ritz value `pₖ` only grows.
fn probable(matrix: &dyn LinearOperator, probability: f64, seed: u64) -> Result<Found, Error> {
    // A restart would lose the polynomials.
    let limit = PROBABLE_PASSES.min(Krylov::<f64>::capacity(matrix.columns()) - 1);
    let mut passes = Passes { made: 0, limit };
    let leg = Leg { target: PROBABLE_TARGET, ..Leg::random(seed) };
    let (space, length): (Krylov<f64>, f64) = leg.explore(matrix, &mut passes)?;
    let spread = (2.0 * (matrix.rows() - 1) as f64 / std::f64::consts::PI).sqrt();
    let least = if matrix.rows() == 1 { 1.0 } else { ((1.0 - probability) / spread).min(1.0) };
    let goal = libm::log(length / least);
    let theta = space.projection.progress.theta;
    let (mut low, mut high) = (theta, 2.0 * theta);
    while space.projection.growth(high) < goal {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = low + 0.5 * (high - low);
        if space.projection.growth(middle) < goal {
            low = middle;
        } else {
            high = middle;
        }
    }
    // What rounding errors do to Ritz values that are kept orthogonal is a few units in the last place for each pass.
    let slack = 1.0 + 64.0 * passes.made as f64 * f64::EPSILON;
    Ok(Found { upper: above(high.sqrt() * slack), evidence: Evidence::Lanczos, vector: Some(space.best()) })
}
