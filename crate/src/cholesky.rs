//! Cholesky's decomposition as a test: whether a symmetric matrix is positive definite, but for rounding errors that are
//! known beforehand.

use crate::kernel::{BLOCK, Kernel, Real, Rows};

/// Decomposes `shift · I − gram` in place of the lower triangle of `factor`; false at the first pivot that is not
/// positive. Both are `side × side`, row after row; of `gram` the lower triangle is read.
///
/// A row at a time, from inner products of rows, four at once. In whatever order they are summed, if it runs through,
/// then `LLᵀ = shift · I − gram + Δ` with `|Δᵢⱼ| ≤ c √(mᵢᵢ mⱼⱼ)`, `c = γₙ₊₁/(1 − γₙ₊₁)` (Demmel 1989; Higham, "Accuracy
/// and Stability of Numerical Algorithms", 2002, theorem 10.3; Rump, BIT 46, 2006), and so no eigenvalue of it is below
/// `−c · trace`.
pub(crate) fn runs_through(gram: &[f64], side: usize, shift: f64, factor: &mut [f64]) -> bool {
    for row in 0..side {
        let (done, current) = factor.split_at_mut(row * side);
        let current = &mut current[..side];
        for (entry, &product) in current[..row].iter_mut().zip(&gram[row * side..]) {
            *entry = -product;
        }
        for first in (0..row).step_by(BLOCK) {
            substitute(done, side, first, &mut current[..row]);
        }
        let pivot = shift - gram[row * side + row] - f64::sum_of_squares(&current[..row]);
        if pivot.is_nan() || pivot <= 0.0 {
            return false;
        }
        current[row] = pivot.sqrt();
    }
    true
}

/// Forward substitution in a block of entries of a row, those before it being done.
fn substitute(done: &[f64], side: usize, first: usize, current: &mut [f64]) {
    let count = BLOCK.min(current.len() - first);
    let (known, rest) = current.split_at_mut(first);
    let mut along = [0.0; BLOCK];
    if count == BLOCK {
        along = f64::dots(Rows::new(&done[first * side..], side), known);
    } else {
        for (index, along) in along[..count].iter_mut().enumerate() {
            *along = f64::dots(Rows::new(&done[(first + index) * side..], 0), known)[0];
        }
    }
    for index in 0..count {
        let row = &done[(first + index) * side + first..];
        let mut value = rest[index] - along[index];
        for (earlier, &factor) in rest[..index].iter().zip(row) {
            value -= earlier * factor;
        }
        rest[index] = value / row[index];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::fill_normal;

    #[test]
    fn the_factor_makes_up_the_matrix() {
        for side in [1, 2, 5, 17, 40] {
            let mut rows = vec![0.0; side * side];
            fill_normal(side as u64, &mut rows);
            let gram: Vec<f64> = (0..side * side)
                .map(|place| (0..side).map(|k| rows[place / side * side + k] * rows[place % side * side + k]).sum())
                .collect();
            let shift = 2.0 * (0..side).map(|k| gram[k * side + k]).sum::<f64>();
            let mut factor = vec![0.0; side * side];
            assert!(runs_through(&gram, side, shift, &mut factor));
            for i in 0..side {
                for j in 0..=i {
                    let product: f64 = (0..=j).map(|k| factor[i * side + k] * factor[j * side + k]).sum();
                    let expected = f64::from(u8::from(i == j)) * shift - gram[i * side + j];
                    assert!((product - expected).abs() < 1e-13 * shift, "{side}: {i}, {j}");
                }
            }
        }
    }

    #[test]
    fn it_stops_where_an_eigenvalue_is_not_positive() {
        let gram = [2.0, 0.0, 1.0, 2.0];
        assert!(runs_through(&gram, 2, 3.000_001, &mut [0.0; 4]));
        assert!(!runs_through(&gram, 2, 2.999_999, &mut [0.0; 4]));
        assert!(!runs_through(&[f64::NAN], 1, 1.0, &mut [0.0]));
    }
}
