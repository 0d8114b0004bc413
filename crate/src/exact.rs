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

/// The `count` largest singular values with their vectors; none where the decomposition fails.
///
/// The Gram matrix squares what it is made of, and loses of a small singular value what its square loses beside the
/// largest. So the images of its eigenvectors, orthogonal but for that, are made orthogonal by one-sided Jacobi rotations
/// (Hestenes 1958), after which every singular value is right but for rounding errors of the largest.
pub(crate) fn decompose<T: Element>(matrix: MatrixRef<'_, T>, count: usize) -> Result<Option<Vec<Triplet>>, Error> {
    let Some(gram) = Gram::new(matrix)? else { return Ok(None) };
    let (side, length) = (gram.side, gram.length);
    let mut images = Vector::try_zeroed(side * length)?;
    for (index, image) in images.chunks_exact_mut(length).enumerate() {
        image.copy_from_slice(&gram.image(index));
    }
    let mut vectors: Vec<f64> = gram.eigen.eigenvectors.as_slice().to_vec();
    if !rotate(&mut images, length, &mut vectors, side) {
        return Ok(None);
    }
    Ok(Some(sorted(&images, length, &vectors, side, count, side == matrix.rows())))
}

/// Rotates pairs of rows until all are orthogonal, and the vectors, rows of `side` entries, along with them. False if they
/// are not after many sweeps.
fn rotate(images: &mut [f64], length: usize, vectors: &mut [f64], side: usize) -> bool {
    for _ in 0..MOST_SWEEPS {
        let mut rotated = false;
        for second in 1..side {
            for first in 0..second {
                let [a, b] = pair(images, length, first, second);
                let (aa, bb, ab) = (f64::sum_of_squares(a), f64::sum_of_squares(b), inner_product(a, b));
                if ab.abs() <= ORTHOGONAL * aa.sqrt() * bb.sqrt() {
                    continue;
                }
                rotated = true;
                let ratio = (bb - aa) / (2.0 * ab);
                let tangent = ratio.signum() / (ratio.abs() + (1.0 + ratio * ratio).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                turn(a, b, cosine, cosine * tangent);
                let [a, b] = pair(vectors, side, first, second);
                turn(a, b, cosine, cosine * tangent);
            }
        }
        if !rotated {
            return true;
        }
    }
    false
}

const MOST_SWEEPS: usize = 40;
const ORTHOGONAL: f64 = 4.0 * f64::EPSILON;

fn pair(rows: &mut [f64], length: usize, first: usize, second: usize) -> [&mut [f64]; 2] {
    let (before, behind) = rows.split_at_mut(second * length);
    [&mut before[first * length..][..length], &mut behind[..length]]
}

fn turn(a: &mut [f64], b: &mut [f64], cosine: f64, sine: f64) {
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// The longest images with their vectors, as singular triplets.
fn sorted(images: &[f64], length: usize, vectors: &[f64], side: usize, count: usize, wide: bool) -> Vec<Triplet> {
    let lengths: Vec<f64> = images.chunks_exact(length).map(|image| f64::sum_of_squares(image).sqrt()).collect();
    let order = crate::projection::largest(&lengths, side);
    let mut basis: Vec<Vector<f64>> = Vec::with_capacity(count);
    let mut triplets = Vec::with_capacity(count);
    for (place, &(sigma, index)) in order.iter().take(count).enumerate() {
        let mut long = Vector::rounded(&images[index * length..][..length]);
        if sigma > 0.0 {
            normalize(&mut long);
        } else {
            complete(&mut long, &basis.iter().map(|known| &**known).collect::<Vec<_>>());
        }
        let short = vectors[index * side..][..side].to_vec();
        basis.push(Vector::rounded(&long));
        let second = order.get(place + 1).map_or(0.0, |&(next, _)| next);
        let gap = if sigma > 0.0 { 1.0 - second / sigma } else { f64::NAN };
        let (u, v) = if wide { (short, long.into_vec()) } else { (long.into_vec(), short) };
        triplets.push(Triplet {
            sigma,
            u,
            v,
            history: Vec::new(),
            residual: 0.0,
            gap,
            iterations: 1,
            converged: true,
            restarted: false,
            method: Method::Exact,
        });
    }
    triplets
}

/// A unit vector orthogonal to all of the basis, which spans less than everything: any will do for a value of zero.
pub(crate) fn complete(vector: &mut [f64], basis: &[&[f64]]) {
    let mut best = 0.0;
    let mut candidate = vec![0.0; vector.len()];
    for place in 0..vector.len().min(basis.len() + 1) {
        candidate.fill(0.0);
        candidate[place] = 1.0;
        for _ in 0..2 {
            for known in basis {
                let along = inner_product(known, &candidate);
                candidate.iter_mut().zip(*known).for_each(|(x, y)| *x -= along * y);
            }
        }
        let left = f64::sum_of_squares(&candidate);
        if left > best {
            best = left;
            vector.copy_from_slice(&candidate);
        }
    }
    normalize(vector);
}
