//! All singular values of a small matrix.

use crate::error::Error;
use crate::jacobi::{Decomposition, complete};
use crate::operator::LinearOperator;
use crate::power_iteration::Triplet;
use crate::solver::Method;
use crate::vector::Vector;

/// Rows or columns of the smaller side, as rows.
pub(crate) fn small_side(matrix: &dyn LinearOperator, first: usize, end: usize) -> Result<Vector<f64>, Error> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let count = end - first;
    let mut entries = Vector::try_zeroed(count.saturating_mul(rows.max(columns)))?;
    if rows <= columns {
        for (row, index) in entries.chunks_exact_mut(columns).zip(first..end) {
            matrix.row(index, row);
        }
        return Ok(entries);
    }
    let mut row = Vector::try_zeroed(columns)?;
    for index in 0..rows {
        matrix.row(index, &mut row);
        for (place, &entry) in row[first..end].iter().enumerate() {
            entries[place * rows + index] = entry;
        }
    }
    Ok(entries)
}

/// The `count` largest singular values with their vectors; none where the decomposition failed.
#[inline(never)]
pub(crate) fn decompose(matrix: &dyn LinearOperator, count: usize) -> Result<Option<Vec<Triplet>>, Error> {
    let side = matrix.rows().min(matrix.columns());
    let Some(found) = Decomposition::new(small_side(matrix, 0, side)?, side)? else { return Ok(None) };
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
        let next = found.lengths.get(place + 1).copied().unwrap_or_default();
        let gap = if sigma > 0.0 { 1.0 - next / sigma } else { 0.0 };
        let zero = Triplet::zero(0, 0, 0);
        let (u, v) = (u.into_vec(), v.into_vec());
        triplets.push(Triplet { sigma, u, v, gap, iterations: 1, method: Method::Exact, ..zero });
    }
    Ok(Some(triplets))
}
