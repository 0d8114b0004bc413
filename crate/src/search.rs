//! The loop of power iteration: passes over a matrix until the residual is small or a count is full.

use crate::error::Error;
use crate::kernel::Real;
use crate::vector::{Vector, normalize, relative_residual};

/// Which vector the iteration starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖`, from `u`, as long as there are rows.
    Alternating,
    /// `v ← WᵀWv/‖WᵀWv‖`, from `v`, as long as there are columns.
    Gram,
}

/// `Wᵀ` and `WᵀW` on vectors of `V`.
pub(crate) trait Gram<V> {
    /// The length of an image, and that of an argument.
    fn shape(&self) -> [usize; 2];
    /// `z = Wᵀu`.
    fn apply_adjoint(&self, u: &[V], z: &mut [V]);
    /// `u = Wv` and `z = Wᵀu`, cheaper than one after the other.
    fn gram(&self, v: &[V], u: &mut [V], z: &mut [V]);
}

/// The direction after a start, `Wᵀu` or `WᵀWv`, normalized, and the length of the first product, in the precision `V`.
pub(crate) fn first_direction<V: Real>(matrix: &dyn Gram<V>, form: Form, start: &[f64]) -> (Vector<f64>, f64) {
    let [rows, columns] = matrix.shape();
    let start = Vector::rounded(start);
    let mut z = Vector::zeroed(columns);
    let length = match form {
        Form::Alternating => {
            matrix.apply_adjoint(&start, &mut z);
            normalize(&mut z)
        }
        Form::Gram => {
            let mut u = Vector::zeroed(rows);
            matrix.gram(&start, &mut u, &mut z);
            normalize(&mut z);
            normalize(&mut u)
        }
    };
    (Vector::rounded(&z), length)
}

/// The passes of a run: in the matrix's own precision as far as that is of use, the last at least in `f64`.
pub(crate) struct Search {
    /// The residual to stop at; none where a count is to be fulfilled, which asks for no residual.
    pub(crate) tolerance: Option<f64>,
    /// Passes in all.
    limit: usize,
    /// The estimate of each.
    pub(crate) history: Vec<f64>,
}

/// Where a search stands: `u = Wv`, not normalized, and the next direction `z`.
pub(crate) struct Position<V> {
    pub(crate) u: Vector<V>,
    pub(crate) z: Vector<V>,
    /// `‖Wᵀu‖/‖u‖`, the estimate from the other side.
    pub(crate) adjoint: f64,
    /// `‖z − θv‖/θ` with `θ = ‖u‖²`.
    pub(crate) residual: f64,
}

impl Search {
    pub(crate) fn new(tolerance: Option<f64>, limit: usize) -> Self {
        Self { tolerance, limit, history: Vec::new() }
    }

    /// Passes in the precision `V`, at least one, until the tolerance is met, all but `left` passes are made, or
    /// rounding errors in `V` dominate the residual.
    pub(crate) fn run<V: Real>(
        &mut self,
        matrix: &dyn Gram<V>,
        mut v: Vector<V>,
        left: usize,
    ) -> Result<Position<V>, Error> {
        let [rows, columns] = matrix.shape();
        let mut u = Vector::zeroed(rows);
        let mut z = Vector::zeroed(columns);
        let mut previous = f64::INFINITY;
        normalize(&mut v);
        loop {
            matrix.gram(&v, &mut u, &mut z);
            // v was rounded after it was normalized, so that its length is 1 but for the last digit.
            let theta = V::sum_of_squares(&u) / V::sum_of_squares(&v);
            self.push(theta.sqrt())?;
            let mut residual = f64::NAN;
            let mut done = self.history.len() + left >= self.limit;
            if let Some(tolerance) = self.tolerance {
                residual = relative_residual(theta, &v, &z);
                let exhausted = residual <= V::FLOOR || (residual <= V::NOISE && residual >= previous);
                // One pass from the start gives a norm to the tolerance, but vectors to half of its digits.
                let settled = residual <= tolerance && self.history.len() > 1;
                done |= settled || exhausted;
                previous = residual;
            }
            if done {
                let adjoint = (V::sum_of_squares(&z) / V::sum_of_squares(&u)).sqrt();
                normalize(&mut z);
                return Ok(Position { u, z, adjoint, residual });
            }
            normalize(&mut z);
            std::mem::swap(&mut v, &mut z);
        }
    }

    /// The passes that the matrix can do in its own precision `V`: all but one, or none where there is no other.
    /// Returns the direction after them.
    pub(crate) fn run_own<V: Real>(&mut self, matrix: &dyn Gram<V>, v: Vector<f64>) -> Result<Vector<f64>, Error> {
        if self.limit == 1 || !(V::NARROW || self.tolerance.is_none()) {
            return Ok(v);
        }
        let end = self.run(matrix, Vector::rounded(&v), 1)?;
        Ok(Vector::rounded(&end.z))
    }

    pub(crate) fn push(&mut self, sigma: f64) -> Result<(), Error> {
        self.history.try_reserve(1).map_err(|_| Error::out_of_memory(size_of_val(&*self.history)))?;
        self.history.push(sigma);
        Ok(())
    }
}
