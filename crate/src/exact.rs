//! All singular values of a small matrix, from the eigenvalues of the Gram matrix of its smaller side.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::error::Error;
use crate::kernel::Real;
use crate::lanczos::{Found, Passes, finish};
use crate::matrix::{Element, MatrixRef};
use crate::power_iteration::Triplet;
use crate::product::adjoint_product;
use crate::projection::Projection;
use crate::solver::Method;
use crate::vector::{Vector, convert, inner_product, normalize};

/// The matrix in `f64` with its smaller side as rows, and the eigenvalues and vectors of their inner products.
struct Gram {
    short: Vector<f64>,
    side: usize,
    length: usize,
    eigen: SymmetricEigen<f64, nalgebra::Dyn>,
}

impl Gram {
    /// None where the decomposition failed: where the eigenvalues do not add up to the squared Frobenius norm.
    fn new<T: Element>(matrix: MatrixRef<'_, T>) -> Result<Option<Self>, Error> {
        let (side, length) = (matrix.rows().min(matrix.columns()), matrix.rows().max(matrix.columns()));
        let mut short = Vector::try_zeroed(side.saturating_mul(length))?;
        if side == matrix.rows() {
            convert(matrix.data(), &mut short);
        } else {
            for (index, &entry) in matrix.data().iter().enumerate() {
                short[index % side * length + index / side] = entry.into();
            }
        }
        crate::vector::reserve(side.saturating_mul(side).saturating_mul(4))?;
        let row = |index: usize| &short[index * length..][..length];
        // Only the lower triangle is read.
        let mut entries = vec![0.0; side * side];
        for column in 0..side {
            for other in column..side {
                entries[column * side + other] = inner_product(row(column), row(other));
            }
        }
        let gram = DMatrix::from_vec(side, side, entries);
        let squares = f64::sum_of_squares(&short);
        let eigen = SymmetricEigen::try_new(gram, f64::EPSILON, 60 * side);
        let sums_up = |eigen: &SymmetricEigen<f64, nalgebra::Dyn>| {
            (eigen.eigenvalues.iter().sum::<f64>() - squares).abs() <= MOST_DEFECT * squares
        };
        Ok(eigen.filter(sums_up).map(|eigen| Self { short, side, length, eigen }))
    }

    /// The image of an eigenvector on the long side.
    fn image(&self, index: usize) -> Vector<f64> {
        let mut image = Vector::zeroed(self.length);
        let matrix = MatrixRef::shaped(&self.short, self.side, self.length);
        adjoint_product(matrix, self.eigen.eigenvectors.column(index).as_slice(), &mut image);
        image
    }
}

/// What sums of squares may differ by, relatively, that are the same but for rounding.
const MOST_DEFECT: f64 = 1e-12;

/// The largest singular value of a matrix of comfortable entries other than zero; none where the result does not hold.
pub(crate) fn largest<T: Element>(matrix: MatrixRef<'_, T>, tolerance: f64) -> Result<Option<Triplet>, Error> {
    let Some(gram) = Gram::new(matrix)? else { return Ok(None) };
    let leading = Projection::leading(&gram.eigen, 2);
    let Some(&(theta, best)) = leading.first() else { return Ok(None) };
    let second = leading.get(1).map_or(0.0, |&(value, _)| value.max(0.0));
    let mut vector = if gram.side == matrix.columns() && gram.side != matrix.rows() {
        Vector::rounded(gram.eigen.eigenvectors.column(best).as_slice())
    } else {
        gram.image(best)
    };
    normalize(&mut vector);
    let mut passes = Passes { made: 0, limit: 0 };
    let triplet = finish(&matrix, &Found { vector, theta, second }, &mut passes)?;
    let holds = triplet.residual <= tolerance;
    Ok(holds.then_some(Triplet { iterations: 1, converged: true, method: Method::Exact, ..triplet }))
}
