//! All singular values of a small matrix.

use crate::error::Error;
use crate::jacobi::{Decomposition, complete};
use crate::lanczos::{Found, Passes, finish};
use crate::operator::LinearOperator;
use crate::power_iteration::Triplet;
use crate::solver::Method;
use crate::vector::Vector;

/// The decomposition of the matrix with its smaller side as rows; none where it failed.
fn decomposition(matrix: &dyn LinearOperator) -> Result<Option<Decomposition>, Error> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let mut entries = Vector::try_zeroed(rows.saturating_mul(columns))?;
    matrix.widen(&mut entries);
    if rows <= columns {
        return Decomposition::new(entries, rows);
    }
    let mut transposed = Vector::try_zeroed(entries.len())?;
    for (index, &entry) in entries.iter().enumerate() {
        transposed[index % columns * rows + index / columns] = entry;
    }
    Decomposition::new(transposed, columns)
}

/// The largest singular value of a matrix of comfortable entries other than zero; none where the result does not hold.
pub(crate) fn largest(matrix: &dyn LinearOperator, tolerance: f64) -> Result<Option<Triplet>, Error> {
    let Some(found) = decomposition(matrix)? else { return Ok(None) };
    let wide = matrix.rows() <= matrix.columns();
    let vector = if wide { found.direction(0) } else { Vector::rounded(found.rotation(0)) };
    let second = found.lengths.get(1).copied().unwrap_or_default();
    let found = Found { vector, theta: 0.0, second: second * second };
    let triplet = finish(matrix, &found, &mut Passes { made: 0, limit: 0 })?;
    let holds = triplet.residual <= tolerance;
    Ok(holds.then_some(Triplet { iterations: 1, converged: true, method: Method::Exact, ..triplet }))
}

/// The `count` largest singular values with their vectors; none where the decomposition failed.
pub(crate) fn decompose(matrix: &dyn LinearOperator, count: usize) -> Result<Option<Vec<Triplet>>, Error> {
    let Some(found) = decomposition(matrix)? else { return Ok(None) };
    let wide = matrix.rows() <= matrix.columns();
    let mut triplets: Vec<Triplet> = Vec::with_capacity(count);
    for (place, &sigma) in found.lengths.iter().take(count).enumerate() {
        let short = Vector::rounded(found.rotation(place));
        let mut long = found.direction(place);
        if sigma == 0.0 {
            let known = triplets.iter().map(|other| if wide { &*other.v } else { &*other.u }).collect::<Vec<_>>();
            complete(&mut long, &known);
        }
        let (u, v) = if wide { (short, long) } else { (long, short) };
        let gap = 1.0 - found.lengths.get(place + 1).copied().unwrap_or_default() / sigma;
        let zero = Triplet::zero(0, 0, 0);
        let (u, v) = (u.into_vec(), v.into_vec());
        triplets.push(Triplet { sigma, u, v, gap, iterations: 1, method: Method::Exact, ..zero });
    }
    Ok(Some(triplets))
}
