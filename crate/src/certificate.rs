//! The proof that a matrix has no norm above a bound: a Cholesky decomposition that runs through.
//!
//! Let `G` be the products of the rows of `A` as computed. Then `‖G − AAᵀ‖ ≤ γₘ ‖|A|‖²`. If Cholesky's decomposition of
//! `αI − G` runs through in floating point, then `αI − G ⪰ −c·n·α` (see `cholesky.rs`), and so
//! `‖A‖₂² = λ(AAᵀ) ≤ α(1 + c·n + u) + ‖G − AAᵀ‖` (after Rump, "Verification of positive definiteness", BIT 46, 2006, and
//! "Verified bounds for singular values", BIT 51, 2011). What proves it is the decomposition: where `α` came from does not
//! matter.

use crate::cholesky::runs_through;
use crate::error::Error;
use crate::matrix::MatrixRef;
use crate::product::product;
use crate::rounding::{UNIT, above, gamma};
use crate::vector::{Vector, reserve};

/// How much above the estimate the first attempt is, in `σ²`, and by what it grows with every failure.
const MARGIN: f64 = 4e-10;
const GROWTH: f64 = 32.0;
const MOST_MARGIN: f64 = 0.1;

/// The products of the rows of a matrix, and what is known of their errors.
pub(crate) struct Certificate {
    side: usize,
    gram: Vector<f64>,
    factor: Vector<f64>,
    of_gram: f64,
    of_factor: f64,
}

impl Certificate {
    /// Of a matrix with its smaller side as rows; `magnitudes` is at least the norm of the matrix of magnitudes, `‖|A|‖₂`.
    pub(crate) fn new(matrix: MatrixRef<'_, f64>, magnitudes: f64) -> Result<Self, Error> {
        let (side, length) = (matrix.rows(), matrix.columns());
        reserve(side.saturating_mul(side).saturating_mul(2))?;
        let (mut gram, factor) = (Vector::<f64>::zeroed(side * side), Vector::<f64>::zeroed(side * side));
        for row in 0..side {
            let rows = MatrixRef::shaped(&matrix.data()[..(row + 1) * length], row + 1, length);
            product(rows, MatrixRef::row(&matrix, row), &mut gram[row * side..][..=row]);
        }
        // Products below the range of f64 vanish: all of them together are less than the last term.
        let magnitudes = above(magnitudes * magnitudes);
        let of_gram = above(gamma(length) * magnitudes) + magnitudes * (UNIT * UNIT);
        let backward = gamma(side + 1);
        let of_factor = above(backward / (1.0 - backward) * side as f64 + UNIT);
        Ok(Self { side, gram, factor, of_gram, of_factor })
    }

    /// An upper bound of the norm, about `√shift`, if it can be proved.
    pub(crate) fn proves(&mut self, shift: f64) -> Option<f64> {
        let proved = runs_through(&self.gram, self.side, shift, &mut self.factor);
        proved.then(|| above(above(shift * (1.0 + self.of_factor) + self.of_gram).sqrt()))
    }

    /// An upper bound of the norm, given an estimate of its square; infinite where there is no proof.
    pub(crate) fn bound(&mut self, estimate: f64) -> f64 {
        let mut margin = MARGIN + 4.0 * self.of_factor + 4.0 * self.of_gram / estimate;
        while margin < MOST_MARGIN {
            if let Some(bound) = self.proves(estimate * (1.0 + margin)) {
                return bound;
            }
            margin *= GROWTH;
        }
        f64::INFINITY
    }
}
