//! The way to the largest singular value: the one that is asked for, or the one that suits the shape.

use crate::error::Error;
use crate::exact;
use crate::lanczos::{self, Found, Leg, Narrow, Passes, finish, is_small};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::power_iteration::{PowerIteration, Start, Stop, Triplet, check_search};
use crate::scaling::{Scale, Scaled};
use crate::search::{Form, Gram};
use crate::vector::Vector;

/// How to find the largest singular value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By the shape: exact where the smaller side is at most 16 of at most 4,096 entries, power iteration where not even 24 vectors of the length
    /// of a row fit in 1 GiB, Lanczos' method otherwise.
    Auto,
    /// Power iteration in the Gram form.
    Power,
    /// Lanczos' method on the Gram operator.
    Lanczos,
    /// All singular values, by rotations of pairs of rows or columns.
    Exact,
}

/// A search for the largest singular value to an accuracy.
///
/// ```
/// use spectral_norm::{MatrixRef, Solver};
/// let matrix = MatrixRef::new(&[1.0, 100.0, 0.0, 1.0], 2, 2)?;
/// let triplet = Solver::default().run(matrix)?;
/// assert!((triplet.sigma - 100.009_999_000_199_95).abs() < 1e-12 && triplet.converged);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solver<'a> {
    /// How.
    pub method: Method,
    /// From which vector, on the side of `v`. Lanczos' method mixes a thousandth of a random vector into one that is
    /// given, so that a start orthogonal to the answer does not hide it; the exact method needs none.
    pub start: Start<'a>,
    /// Relative accuracy, above 0, below 1: `‖WᵀWv − σ²v‖ ≤ tolerance · σ²`.
    pub tolerance: f64,
    /// Passes over the matrix after which to give up, at least 1.
    pub max_iterations: usize,
    /// Seed of the random start.
    pub seed: u64,
    /// Whether to look for the second singular value too, in a search of its own that a multiple first one cannot escape.
    pub gap: bool,
}

impl Default for Solver<'_> {
    /// From a random vector to a relative accuracy of 1e-6, without the gap.
    fn default() -> Self {
        let (method, start) = (Method::Auto, Start::Random);
        Self { method, start, tolerance: 1e-6, max_iterations: 20_000, seed: 0, gap: false }
    }
}

const EXACT_SIDE: usize = 16;
const MOST_BASIS_BYTES: usize = 1 << 30;
const LEAST_BASIS: usize = 24;

impl Solver<'_> {
    /// Runs the search.
    ///
    /// # Errors
    /// [`NonFinite`](crate::ErrorKind::NonFinite) for a NaN or infinity in the matrix or the start vector, [`Shape`](crate::ErrorKind::Shape) for a start of
    /// the wrong length, [`Option`](crate::ErrorKind::Option) for a zero start, a count of 0, or a tolerance outside (0, 1),
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
    #[inline(never)]
    pub fn run<T: Element>(&self, matrix: MatrixRef<'_, T>) -> Result<Triplet, Error> {
        let &Self { start, tolerance, max_iterations, seed, .. } = self;
        let method = self.method_for(matrix.rows(), matrix.columns(), size_of::<T>());
        if method == Method::Power {
            let stop = Stop::Tolerance { tolerance, max_iterations };
            return PowerIteration { form: Form::Gram, start, stop, seed }.run(matrix);
        }
        check_search(tolerance, max_iterations)?;
        let scaled = Scaled::new(matrix)?;
        let matrix = scaled.matrix();
        let own = |leg: &Leg<'_>, passes: &mut Passes| leg.find::<T>(&matrix, passes);
        let narrow: Option<Narrow<'_>> = if T::NARROW { Some(&own) } else { None };
        self.run_scaled(&matrix, narrow, (method, scaled.is_zero()), scaled.scale())
    }

    #[inline(never)]
    fn run_scaled(
        &self,
        matrix: &dyn LinearOperator,
        narrow: Option<Narrow<'_>>,
        (method, is_zero): (Method, bool),
        scale: Scale,
    ) -> Result<Triplet, Error> {
        let mut triplet = self.find(matrix, narrow, method, is_zero)?;
        triplet.sigma = scale.restore(triplet.sigma);
        Ok(triplet)
    }

    fn find(
        &self,
        matrix: &dyn LinearOperator,
        narrow: Option<Narrow<'_>>,
        method: Method,
        is_zero: bool,
    ) -> Result<Triplet, Error> {
        if is_zero {
            let mut zero = Triplet::zero(matrix.rows(), matrix.columns(), 0);
            zero.method = method;
            return Ok(zero);
        }
        let entries;
        let wide;
        let mut matrix = matrix;
        let (rows, columns) = (matrix.rows(), matrix.columns());
        // Its search is in `f64`. A tall one would be transposed.
        if narrow.is_some() && rows <= columns && is_small(rows, columns) {
            entries = exact::small_side(matrix, 0, rows)?;
            wide = MatrixRef::shaped(&entries, rows, columns);
            matrix = &wide;
        }
        let exact = if method == Method::Exact { exact::decompose(matrix, 1)? } else { None };
        let Some(exact) = exact.and_then(|mut triplets| triplets.pop()) else {
            return lanczos::search(self, matrix, narrow);
        };
        let second = exact.sigma * (1.0 - exact.gap);
        let found = Found { vector: Vector::rounded(&exact.v), theta: 0.0, second: second * second };
        let mut triplet = finish(matrix, &found, &mut Passes { made: 0, limit: 0 })?;
        (triplet.iterations, triplet.converged, triplet.method) = (1, true, method);
        Ok(triplet)
    }

    /// Runs Lanczos' method on an operator whose entries are of a comfortable size, in `f64`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(crate) fn run_operator(&self, operator: &dyn Gram<f64>) -> Result<Triplet, Error> {
        check_search(self.tolerance, self.max_iterations)?;
        lanczos::search(self, operator, None)
    }

    pub(crate) fn method_for(&self, rows: usize, columns: usize, bytes: usize) -> Method {
        match self.method {
            Method::Auto if rows.min(columns) <= EXACT_SIDE && is_small(rows, columns) => Method::Exact,
            Method::Auto if columns.saturating_mul(bytes * LEAST_BASIS) > MOST_BASIS_BYTES => Method::Power,
            Method::Auto => Method::Lanczos,
            method => method,
        }
    }
}
