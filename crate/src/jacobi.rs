//! Small dense decompositions by one-sided Jacobi rotations (Hestenes 1958): pairs of rows are rotated until all are
//! orthogonal. Then their lengths are the singular values, each right but for rounding errors of the largest.
//!
//! It takes more operations than reduction to tridiagonal form, and a tenth of the code: nalgebra's decompositions would
//! be a twelfth of all that users load.

use crate::error::Error;
use crate::kernel::Real;
use crate::matrix::MatrixRef;
use crate::product::product;
use crate::vector::{Vector, normalize};

/// `rotations · matrix = diag(lengths) · directions`, the lengths in descending order.
pub(crate) struct Decomposition {
    /// The lengths of the rows after rotation: the singular values.
    pub(crate) lengths: Vec<f64>,
    /// The orthogonal matrix, a row for each singular value.
    rotations: Vector<f64>,
    /// The rows after rotation.
    rows: Vector<f64>,
}

/// Sweeps over all pairs after which the rows count as what cannot be made orthogonal; ten are many.
const MOST_SWEEPS: usize = 40;
const ORTHOGONAL: f64 = 4.0 * f64::EPSILON;

impl Decomposition {
    /// Of `count` rows of one length. None where it failed: where the squares of the lengths do not add up to the squared
    /// Frobenius norm, or the rows did not become orthogonal.
    pub(crate) fn new(mut rows: Vector<f64>, count: usize) -> Result<Option<Self>, Error> {
        let mut rotations = Vector::try_zeroed(count.saturating_mul(count))?;
        (0..count).for_each(|index| rotations[index * (count + 1)] = 1.0);
        let squares = f64::sum_of_squares(&rows);
        let orthogonal = rotate(&mut rows, &mut rotations, count);
        let unordered: Vec<f64> = chunks(&rows, count).map(|row| f64::sum_of_squares(row).sqrt()).collect();
        let sum: f64 = unordered.iter().map(|length| length * length).sum();
        if !orthogonal || (sum - squares).abs() > MOST_DEFECT * squares {
            return Ok(None);
        }
        let order = largest(&unordered, count);
        let arranged = |source: &[f64]| -> Result<Vector<f64>, Error> {
            let mut target = Vector::try_zeroed(source.len())?;
            let length = source.len() / count;
            for (row, &(_, place)) in target.chunks_exact_mut(length).zip(&order) {
                row.copy_from_slice(&source[place * length..][..length]);
            }
            Ok(target)
        };
        let (rotations, rows) = (arranged(&rotations)?, arranged(&rows)?);
        Ok(Some(Self { lengths: order.iter().map(|&(length, _)| length).collect(), rotations, rows }))
    }

    /// The singular vector on the side of the rows' count.
    pub(crate) fn rotation(&self, index: usize) -> &[f64] {
        let count = self.lengths.len();
        &self.rotations[index * count..][..count]
    }

    /// The singular vector on the side of the rows' length, of unit length unless the singular value is 0.
    pub(crate) fn direction(&self, index: usize) -> Vector<f64> {
        let length = self.rows.len() / self.lengths.len();
        let mut direction = Vector::rounded(&self.rows[index * length..][..length]);
        normalize(&mut direction);
        direction
    }
}

/// What sums of squares may differ by, relatively, that are the same but for rounding.
const MOST_DEFECT: f64 = 1e-12;

fn chunks(rows: &[f64], count: usize) -> impl Iterator<Item = &[f64]> {
    rows.chunks_exact(rows.len() / count)
}

/// Rotates rows until all are orthogonal, and the rotations along with them; false if they do not become so.
fn rotate(rows: &mut [f64], rotations: &mut [f64], count: usize) -> bool {
    let length = rows.len() / count;
    for _ in 0..MOST_SWEEPS {
        let mut rotated = false;
        for second in 1..count {
            for first in 0..second {
                let [a, b] = pair(rows, length, first, second);
                let mut along = [0.0];
                product(MatrixRef::shaped(a, 1, length), b, &mut along);
                let (aa, bb, ab) = (f64::sum_of_squares(a), f64::sum_of_squares(b), along[0]);
                if ab.abs() <= ORTHOGONAL * aa.sqrt() * bb.sqrt() {
                    continue;
                }
                let ratio = (bb - aa) / (2.0 * ab);
                let tangent = 1.0_f64.copysign(ratio) / (ratio.abs() + (1.0 + ratio * ratio).sqrt());
                // What is left of a row that depends on others shrinks from sweep to sweep, until its square is no number.
                if tangent == 0.0 {
                    continue;
                }
                rotated = true;
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                turn(a, b, cosine, cosine * tangent);
                let [a, b] = pair(rotations, count, first, second);
                turn(a, b, cosine, cosine * tangent);
            }
        }
        if !rotated {
            return true;
        }
    }
    false
}

fn pair(rows: &mut [f64], length: usize, first: usize, second: usize) -> [&mut [f64]; 2] {
    let (before, behind) = rows.split_at_mut(second * length);
    [&mut before[first * length..][..length], &mut behind[..length]]
}

#[inline(never)]
fn turn(a: &mut [f64], b: &mut [f64], cosine: f64, sine: f64) {
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// The largest values, in descending order, each with its place. By selection: sorting would be quicker on long lists,
/// and is 9 kB of code.
fn largest(values: &[f64], count: usize) -> Vec<(f64, usize)> {
    let mut chosen: Vec<(f64, usize)> = Vec::with_capacity(count);
    let mut free = vec![true; values.len()];
    for _ in 0..count {
        let mut best: Option<(f64, usize)> = None;
        for (place, &value) in values.iter().enumerate() {
            if free[place] && best.is_none_or(|(most, _)| value > most) {
                best = Some((value, place));
            }
        }
        let Some(best) = best else { break };
        free[best.1] = false;
        chosen.push(best);
    }
    chosen
}

/// Makes a vector one of unit length that is orthogonal to all of the basis, which spans less than everything.
pub(crate) fn complete(vector: &mut [f64], basis: &[&[f64]]) {
    let mut best = 0.0;
    let mut candidate = vec![0.0; vector.len()];
    for place in 0..vector.len().min(basis.len() + 1) {
        candidate.fill(0.0);
        candidate[place] = 1.0;
        for _ in 0..2 {
            for known in basis {
                let along = crate::vector::inner_product(known, &candidate);
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
