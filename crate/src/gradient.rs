//! Sums of rank-one matrices, of which all vector-Jacobian products of functions of singular values are made, and
//! projections.

use crate::error::{Count, Error};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::product::add_adjoint_product;
use crate::vector::{Vector, convert, inner_product};

/// `out = scale · W + Σ coefficients[k] · uₖvₖᵀ`, every entry summed in `f64` and rounded once. `u` holds the vectors `uₖ`
/// one after the other, each as long as there are rows, `v` those on the other side.
///
/// With one triplet: `∂σ/∂W = uvᵀ`, the gradient of `W ↦ W/σ(W)` against `g` as `(g − ⟨g, W/σ⟩uvᵀ)/σ` (Miyato et al. 2018,
/// eq. 12), and that of `λσ²` as `2λσuvᵀ`. With those above `c`, and `c − σₖ`: the projection on the ball `‖W‖₂ ≤ c`.
///
/// ```
/// let matrix = spectral_norm::MatrixRef::new(&[3.0, 0.0, 0.0, 1.0], 2, 2)?;
/// let mut out = [0.0; 4];
/// spectral_norm::add_outer(matrix, 1.0, &[-2.0], &[1.0, 0.0], &[1.0, 0.0], &mut out)?;
/// assert_eq!(out, [1.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Shape`](crate::ErrorKind::Shape) for vectors or an `out` of another length, [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
pub fn add_outer<T: Element>(
    matrix: MatrixRef<'_, T>,
    scale: f64,
    coefficients: &[f64],
    u: &[f64],
    v: &[f64],
    out: &mut [T],
) -> Result<(), Error> {
    let (columns, length) = (matrix.columns(), out.len());
    let mut write = |index: usize, row: &[f64]| convert(row, &mut out[index * columns..][..columns]);
    add_rows(&matrix, scale, [coefficients, u, v], length, &mut write)
}

/// [`add_outer`] row by row, once for all element types.
#[inline(never)]
fn add_rows(
    matrix: &dyn LinearOperator,
    scale: f64,
    [coefficients, u, v]: [&[f64]; 3],
    out: usize,
    write: &mut dyn FnMut(usize, &[f64]),
) -> Result<(), Error> {
    let (rows, columns, count) = (matrix.rows(), matrix.columns(), coefficients.len());
    for (what, got, side) in [("u", u.len(), rows), ("v", v.len(), columns)] {
        if got != count * side {
            return Err(Error::shape(what, Count::Product(count, side), got));
        }
    }
    if out != rows * columns {
        return Err(Error::shape("out", Count::Product(rows, columns), out));
    }
    let (mut row, mut factors) = (Vector::try_zeroed(columns)?, Vector::try_zeroed(count)?);
    for index in 0..rows {
        matrix.row(index, &mut row);
        row.iter_mut().for_each(|entry| *entry *= scale);
        for (k, (factor, coefficient)) in factors.iter_mut().zip(coefficients).enumerate() {
            *factor = coefficient * u[k * rows + index];
        }
        if count > 0 {
            add_adjoint_product(MatrixRef::shaped(v, count, columns), &factors, &mut row);
        }
        write(index, &row);
    }
    Ok(())
}

/// `⟨A, B⟩ = Σ aᵢⱼbᵢⱼ`, in `f64`.
///
/// ```
/// assert_eq!(spectral_norm::frobenius_product(&[1.0, 2.0], &[3.0, 4.0])?, 11.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Shape`](crate::ErrorKind::Shape) when they are not equally long.
pub fn frobenius_product<T: Element>(a: &[T], b: &[T]) -> Result<f64, Error> {
    if a.len() != b.len() {
        return Err(Error::shape("b", Count::Exactly(a.len()), b.len()));
    }
    Ok(inner_product(a, b))
}
