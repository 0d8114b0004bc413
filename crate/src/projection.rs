//! The Gram matrix restricted to a Krylov space: small, symmetric, tridiagonal until a restart puts an arrow before it.

use crate::jacobi::Decomposition;
use crate::tridiagonal::Tridiagonal;
use crate::vector::Vector;

/// Where a search stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// The largest Ritz value, an estimate of σ² that never exceeds it but for rounding.
    pub(crate) theta: f64,
    /// `‖WᵀWv − θv‖/θ` of its vector.
    pub(crate) residual: f64,
}

/// The restricted matrix, and the coupling of its last direction with the one that comes next.
pub(crate) struct Projection {
    /// After a restart: the Ritz values that were kept, and the coupling of each with the direction behind them.
    pub(crate) kept: Vec<[f64; 2]>,
    pub(crate) diagonal: Vec<f64>,
    /// As long as the diagonal: the last one belongs to the direction that comes next.
    pub(crate) coupling: Vec<f64>,
    pub(crate) progress: Progress,
}

/// A residual above which the last component of a Ritz vector follows from its value: a component of about this size is
/// right to about 1e-5 of it, and much smaller ones are lost in rounding errors.
const FAR: f64 = 1e-5;

impl Projection {
    pub(crate) fn new() -> Self {
        let progress = Progress { theta: 0.0, residual: f64::INFINITY };
        Self { kept: Vec::new(), diagonal: Vec::new(), coupling: Vec::new(), progress }
    }

    /// As many rows as there are directions.
    pub(crate) fn size(&self) -> usize {
        self.kept.len() + self.diagonal.len()
    }

    fn last_coupling(&self) -> f64 {
        self.coupling.last().copied().unwrap_or_default()
    }

    fn tridiagonal(&self) -> Tridiagonal<'_> {
        Tridiagonal { diagonal: &self.diagonal, coupling: &self.coupling }
    }

    /// Takes in the entry of one more direction and its coupling with the next. The arrow after a restart has no quick way
    /// to its eigenvalues, so that there they are found only where `thorough`.
    #[inline(never)]
    pub(crate) fn add(&mut self, entry: f64, coupling: f64, thorough: bool) {
        let beside = self.last_coupling();
        self.diagonal.push(entry);
        self.coupling.push(coupling);
        if self.kept.is_empty() {
            self.advance(entry, beside);
        } else if thorough && let Some(ritz) = self.ritz() {
            self.set_progress(ritz.lengths[0], ritz.rotation(0)[self.size() - 1]);
        }
    }

    /// Where the search stands after one more row of the tridiagonal matrix, coupled so strongly with those before.
    fn advance(&mut self, entry: f64, beside: f64) {
        let Progress { theta, residual } = self.progress;
        let matrix = self.tridiagonal();
        let (largest, mut last) = if self.diagonal.len() == 1 {
            (entry, 1.0)
        } else {
            // What the best Ritz vector and the new direction alone would make of it.
            let (coupling, half) = (residual * theta, 0.5 * (theta - entry));
            let guess = theta + coupling * coupling / (half + (half * half + coupling * coupling).sqrt());
            let most = theta.max(entry);
            matrix.largest(most, most + beside, guess)
        };
        if residual.min(self.last_coupling() * last / largest) < FAR {
            last = matrix.vector(largest).last().copied().unwrap_or_default();
        }
        self.set_progress(largest, last);
    }

    fn set_progress(&mut self, theta: f64, last: f64) {
        self.progress = Progress { theta, residual: self.last_coupling() * last.abs() / theta };
    }

    /// The coefficients of the best Ritz vector; before the first pass of the start.
    pub(crate) fn best(&self) -> Vec<f64> {
        if self.kept.is_empty() && !self.diagonal.is_empty() {
            return self.tridiagonal().vector(self.progress.theta);
        }
        // None of a single direction, or where the decomposition fails: the first is the best of those that were kept.
        self.ritz().map_or_else(|| vec![1.0], |ritz| ritz.rotation(0).to_vec())
    }

    /// The second largest Ritz value.
    pub(crate) fn second(&self) -> f64 {
        if self.kept.is_empty() {
            return self.tridiagonal().second(self.progress.theta);
        }
        self.ritz().map_or(0.0, |ritz| ritz.lengths.get(1).copied().unwrap_or_default())
    }

    /// `ln(pₖ(x)·√x)` of the last Lanczos polynomial, for an `x` above every Ritz value; before a restart only.
    pub(crate) fn growth(&self, x: f64) -> f64 {
        let (mut sum, mut carried) = (0.5 * libm::log(x), 0.0);
        for (&entry, &coupling) in self.diagonal.iter().zip(&self.coupling) {
            // Every polynomial by the one before it, times the coupling.
            let pivot = x - entry - carried;
            if pivot <= 0.0 || coupling == 0.0 {
                return if pivot <= 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
            }
            sum += libm::log(pivot / coupling);
            carried = coupling * coupling / pivot;
        }
        sum
    }

    /// All Ritz values, in descending order, with the coefficients of their vectors; none if the decomposition fails.
    #[inline(never)]
    pub(crate) fn ritz(&self) -> Option<Decomposition> {
        let (kept, size) = (self.kept.len(), self.size());
        if size == 0 {
            return None;
        }
        let mut entries = Vector::try_zeroed(size * size).ok()?;
        let mut set = |row: usize, column: usize, value: f64| {
            entries[row * size + column] = value;
            entries[column * size + row] = value;
        };
        for (index, &[value, coupling]) in self.kept.iter().enumerate() {
            set(index, index, value);
            if kept < size {
                set(kept, index, coupling);
            }
        }
        for (step, &value) in self.diagonal.iter().enumerate() {
            set(kept + step, kept + step, value);
            if step > 0 {
                set(kept + step, kept + step - 1, self.coupling[step - 1]);
            }
        }
        // It is positive semidefinite, so that its singular values are its eigenvalues.
        Decomposition::new(entries, size).ok()?
    }

    /// The projection after a restart that keeps so many of these Ritz values.
    pub(crate) fn restarted(&self, ritz: &Decomposition, count: usize) -> Self {
        let coupling = self.last_coupling();
        let last = self.size() - 1;
        let keep = |place: usize| [ritz.lengths[place], coupling * ritz.rotation(place)[last]];
        Self { kept: (0..count).map(keep).collect(), progress: self.progress, ..Self::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Residuals from 1 to 1e-14, by the value alone as by the vector.
    #[test]
    fn the_residual_is_that_of_the_best_vector() {
        for first in [2.05, 2.5, 4.0, 30.0] {
            let mut projection = Projection::new();
            for step in 0..60 {
                let coupling = 1.0 + 0.1 * f64::from(step % 3);
                projection.add(if step == 3 { first } else { 2.0 }, coupling, false);
                let Progress { theta, residual } = projection.progress;
                let expected = coupling * projection.best().last().unwrap().abs() / theta;
                assert!((residual - expected).abs() <= 1e-5 * expected, "{first}, {step}: {residual:e} {expected:e}");
            }
        }
    }
}
