//! The spectral radius: Gelfand's formula, by squaring until one eigenvalue, or one pair, is all that is left.

use crate::error::{Count, Error};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::product::add_adjoint_product;
use crate::vector::{Vector, inner_product, normalize, random_vector, reserve};

/// The largest magnitude of an eigenvalue of a square matrix: at most the spectral norm, and equal to it for a normal
/// matrix, but 1 where the norm is 100.01 for `[[1, 100], [0, 1]]`. Infinite only where it is itself beyond `f64`.
///
/// Gelfand's formula `ρ = lim ‖Aᵐ‖^(1/m)` (1941) for `m = 2ᵏ`, by repeated squaring, after balancing (Osborne 1960). With
/// `κ` the condition number of the eigenvectors, 1 for a normal matrix, the relative error is about `κ²` times 1e-16. Where
/// an eigenvalue of multiplicity `p` lacks eigenvectors, it is a `p`-th root of rounding errors, as with every method in
/// this precision. A matrix that is triangular in some order of its rows and columns gives its largest diagonal entry.
///
/// ```
/// use spectral_norm::{MatrixRef, spectral_radius};
/// assert_eq!(spectral_radius(MatrixRef::new(&[1.0, 100.0, 0.0, 1.0], 2, 2)?)?, 1.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Shape`](crate::ErrorKind::Shape) when the matrix is not square, [`NonFinite`](crate::ErrorKind::NonFinite), [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
pub fn spectral_radius<T: Element>(matrix: MatrixRef<'_, T>) -> Result<f64, Error> {
    let (side, got) = (matrix.rows(), matrix.columns());
    if got != side {
        return Err(Error::shape("columns", Count::Exactly(side), got));
    }
    matrix.max_magnitude()?;
    reserve(side.saturating_add(8).saturating_mul(side).saturating_mul(2))?;
    Ok(radius_of(&mut Vector::rounded(matrix.data()), side))
}

#[inline(never)]
fn radius_of(power: &mut [f64], side: usize) -> f64 {
    // Small entries are made large before large ones are balanced away, so that neither loses digits below the range.
    let exponent = scale(power, 0);
    balance(power, side);
    let (mut next, start) = (Vector::zeroed(side * side), random_vector(0, side));
    libm::ldexp(limit(power, &mut next, &start, 0), exponent)
}

/// After so many squarings a norm of the power, whichever it is, is the radius to the last digit.
const SQUARINGS: i32 = 52;
/// How exactly the vectors of an eigenvalue must be found; those of the m-th power m times less, up to a limit.
const SHARPEST: f64 = 1e-14;
const BLUNTEST: i32 = 20;

/// The radius of a power of the matrix: `ρ(2^e A) = 2^e √ρ(A²)`, `A` having a largest entry between 1 and 2.
fn limit(power: &mut [f64], next: &mut [f64], start: &[f64], squarings: i32) -> f64 {
    let exponent = scale(power, i32::MAX);
    let tolerance = libm::ldexp(SHARPEST, squarings.min(BLUNTEST));
    let found = dominant(&MatrixRef::shaped(power, start.len(), start.len()), start, tolerance);
    let radius = found.unwrap_or_else(|| {
        if squarings == SQUARINGS {
            return 1.0;
        }
        square(power, start.len(), next);
        limit(next, power, start, squarings + 1).sqrt()
    });
    libm::ldexp(radius, exponent)
}

/// Divides by the power of two that leaves a largest entry between 1 and 2, or by `2^most` if that is less; returns the
/// exponent.
fn scale(matrix: &mut [f64], most: i32) -> i32 {
    let exponent = exponent_of(matrix, 1).min(most);
    if exponent > ZERO {
        shift(matrix, 1, -exponent);
    }
    exponent.max(ZERO)
}

/// Osborne's balancing: a diagonal similarity by powers of two that makes the largest entries of each row and of its
/// column alike, the diagonal apart. Products commute with it exactly, so that it costs no digit; it keeps entries of
/// 1e±150 in range. A row whose column is zero, whatever it holds, leaves the eigenvalues alone, and goes to zero.
fn balance(matrix: &mut [f64], side: usize) {
    for _ in 0..side + 64 {
        let mut balanced = true;
        for index in 0..side {
            let (row, column, own) = (index * side, index, index * side + index);
            let diagonal = std::mem::take(&mut matrix[own]);
            let [in_row, in_column] = [exponent_of(&matrix[row..][..side], 1), exponent_of(&matrix[column..], side)];
            // Against a line of zeros the difference is beyond the range of any entry.
            let half = (in_row - in_column) / 2;
            if half != 0 {
                shift(&mut matrix[row..][..side], 1, -half);
                shift(&mut matrix[column..], side, half);
                balanced = false;
            }
            matrix[own] = diagonal;
        }
        if balanced {
            return;
        }
    }
}

/// Stands for the exponent of zero, twice as far below all others as they are from each other.
const ZERO: i32 = -10_000;

/// The exponent of the largest of every `step`-th entry.
#[inline(never)]
fn exponent_of(entries: &[f64], step: usize) -> i32 {
    let largest = entries.iter().step_by(step).fold(0.0_f64, |most, entry| most.max(entry.abs()));
    libm::ilogb(largest).max(ZERO)
}

/// Multiplies every `step`-th entry by `2^exponent`.
#[inline(never)]
fn shift(entries: &mut [f64], step: usize, exponent: i32) {
    entries.iter_mut().step_by(step).for_each(|entry| *entry = libm::ldexp(*entry, exponent));
}

/// The magnitude of the dominant eigenvalue, or of a pair of complex ones, if a start has nothing else left in it after
/// one product: then the image spans, alone or with its own image, a space that the matrix maps into itself.
#[inline(never)]
fn dominant(matrix: &dyn LinearOperator, start: &[f64], tolerance: f64) -> Option<f64> {
    let mut space = Vector::zeroed(3 * start.len());
    let (first, rest) = space.split_at_mut(start.len());
    let (second, third) = rest.split_at_mut(start.len());
    matrix.apply(start, first);
    if normalize(first) == 0.0 {
        return Some(0.0);
    }
    matrix.apply(first, second);
    let kept = split(first, second);
    let passed = normalize(second);
    if passed <= tolerance * kept.abs() {
        return Some(kept.abs());
    }
    matrix.apply(second, third);
    let returned = split(first, third);
    let stayed = split(second, third);
    let (trace, determinant) = (kept + stayed, kept * stayed - passed * returned);
    // Two real eigenvalues, or nearly so, are told apart by further squarings.
    let apart = trace * trace < 2.0 * determinant;
    (apart && normalize(third) <= tolerance * determinant.sqrt()).then(|| determinant.sqrt())
}

/// Takes the part along a unit vector out of `vector`, and returns its length. The unit's own rounding is divided out, so
/// that multiples of it give exact results.
#[inline(never)]
fn split(unit: &[f64], vector: &mut [f64]) -> f64 {
    let along = inner_product(unit, vector) / inner_product(unit, unit);
    vector.iter_mut().zip(unit).for_each(|(entry, unit)| *entry -= along * unit);
    along
}

/// Rows that stay in cache while every row of the product takes its part of them.
const PANEL: usize = 32;

/// `out = matrix²`.
#[inline(never)]
fn square(matrix: &[f64], side: usize, out: &mut [f64]) {
    out.fill(0.0);
    for first in (0..side).step_by(PANEL) {
        let count = PANEL.min(side - first);
        let panel = MatrixRef::shaped(&matrix[first * side..][..count * side], count, side);
        for (coefficients, target) in matrix.chunks_exact(side).zip(out.chunks_exact_mut(side)) {
            add_adjoint_product(panel, &coefficients[first..][..count], target);
        }
    }
}
