//! The norm by an algorithm of somebody else, and how far it can be wrong.

use nalgebra::DMatrix;

/// The norm is between `sigma − bar` and `sigma + bar`.
#[derive(Clone, Copy)]
pub struct Reference {
    pub sigma: f64,
    pub bar: f64,
}

/// From nalgebra's singular value decomposition, which is wrong now and then (its issue 1172); its own factors tell how
/// far: `|σ₁(A) − σ̃₁| ≤ ‖A − UΣVᵀ‖ + σ̃₁(1 + ‖UᵀU − I‖)(1 + ‖VᵀV − I‖) − σ̃₁`. None where that is too far.
pub fn reference(data: &[f64], rows: usize, columns: usize) -> Option<Reference> {
    let matrix = DMatrix::from_row_slice(rows, columns, data);
    decomposed(&matrix).or_else(|| decomposed(&matrix.transpose())).or_else(|| {
        // Another order of the columns, another way through the same matrix.
        let mut turned = matrix.clone();
        (0..columns / 2).for_each(|place| turned.swap_columns(place, columns - 1 - place));
        decomposed(&turned).or_else(|| squared(&matrix))
    })
}

/// From the eigenvalues of the smaller Gram matrix, with the error of forming it.
fn squared(matrix: &DMatrix<f64>) -> Option<Reference> {
    let wide = matrix.nrows() <= matrix.ncols();
    let gram = if wide { matrix * matrix.transpose() } else { matrix.transpose() * matrix };
    let eigen = gram.clone().try_symmetric_eigen(f64::EPSILON, 10_000)?;
    let q = &eigen.eigenvectors;
    let lambda = eigen.eigenvalues.max();
    let rest = (&gram - q * DMatrix::from_diagonal(&eigen.eigenvalues) * q.transpose()).norm();
    let skew = (q.transpose() * q - DMatrix::identity(q.nrows(), q.ncols())).norm();
    let rounding = f64::EPSILON * (matrix.nrows() + matrix.ncols()) as f64 * matrix.norm_squared();
    let (sigma, bar) = (lambda.sqrt(), (rest + lambda * skew * (2.0 + skew) + rounding) / lambda.sqrt());
    (bar <= 1e-10 * sigma).then_some(Reference { sigma, bar })
}

fn decomposed(matrix: &DMatrix<f64>) -> Option<Reference> {
    let svd = matrix.clone().try_svd(true, true, f64::EPSILON, 10_000)?;
    let (u, v) = (svd.u?, svd.v_t?);
    let sigma = svd.singular_values.max();
    let rest = (matrix - &u * DMatrix::from_diagonal(&svd.singular_values) * &v).norm();
    let defect = |gram: DMatrix<f64>| (&gram - DMatrix::identity(gram.nrows(), gram.ncols())).norm();
    let skew = (1.0 + defect(u.transpose() * &u)) * (1.0 + defect(&v * v.transpose())) - 1.0;
    let rounding = f64::EPSILON * (matrix.nrows() + matrix.ncols()) as f64 * matrix.norm();
    let bar = rest + sigma * skew + rounding;
    (bar <= 1e-10 * sigma).then_some(Reference { sigma, bar })
}
