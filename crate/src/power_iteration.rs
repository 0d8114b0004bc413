//! Power iteration, in the two forms of the article (kexue.fm 6051, items 5 and 6), from any start.
//!
//! Either form is one sweep over the matrix a step: with `v` of unit length, `z = Wᵀ(Wv)` gives the next direction and
//! `‖Wv‖` the estimate, which never exceeds `‖W‖₂`. They differ in where they start.

use crate::error::{Count, Error};
use crate::kernel::Real;
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::scaling::{Scale, Scaled};
use crate::search::{Form, Position, Search};
use crate::solver::Method;
use crate::vector::{Vector, constant, normalize, random_vector, reserve};

/// The vector to start from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start<'a> {
    /// All ones, as the article does.
    Ones,
    /// Independent normal numbers.
    Random,
    /// This one, of any length but zero.
    Given(&'a [f64]),
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stop {
    /// After so many steps.
    Steps(usize),
    /// When `‖WᵀWv − σ²v‖ ≤ tolerance · σ²`, or after so many passes.
    Tolerance {
        /// Above 0, below 1.
        tolerance: f64,
        /// At least 1.
        max_iterations: usize,
    },
}

/// A power iteration to run.
///
/// ```
/// use spectral_norm::{Form, MatrixRef, PowerIteration, Start, Stop};
/// let matrix = MatrixRef::new(&[1.0, 100.0, 0.0, 1.0], 2, 2)?;
/// let article = PowerIteration { form: Form::Alternating, start: Start::Ones, stop: Stop::Steps(5), seed: 0 };
/// assert!((article.run(matrix)?.sigma - 100.009_999_000_199_95).abs() < 1e-12);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerIteration<'a> {
    /// From which side.
    pub form: Form,
    /// From which vector.
    pub start: Start<'a>,
    /// Until when.
    pub stop: Stop,
    /// Seed of a random start, and of the restart when the matrix annihilates the start vector.
    pub seed: u64,
}

impl Default for PowerIteration<'_> {
    /// From a random vector to a relative accuracy of 1e-6.
    fn default() -> Self {
        let stop = Stop::Tolerance { tolerance: 1e-6, max_iterations: 20_000 };
        Self { form: Form::Gram, start: Start::Random, stop, seed: 0 }
    }
}

/// The largest singular value found, its vectors, and how the iteration ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Triplet {
    /// `uᵀWv`, summed in `f64`: never above the norm but for rounding. That of the last step where the iteration stops by
    /// count, and half a step more, `‖Wᵀu‖`, where by tolerance.
    pub sigma: f64,
    /// Left vector, of unit length.
    pub u: Vec<f64>,
    /// Right vector, of unit length.
    pub v: Vec<f64>,
    /// The estimate after each step.
    pub history: Vec<f64>,
    /// `‖WᵀWv − σ²v‖/σ²` at the last pass: some singular value lies within this relative distance of `sigma`. NaN where
    /// the iteration stops by count, which does not ask for it.
    pub residual: f64,
    /// `1 − σ₂/σ₁`, as far as the second singular value was found: an upper bound of the relative gap but for rounding.
    /// 0 for a zero matrix; NaN where the method does not know it.
    pub gap: f64,
    /// Passes over the matrix.
    pub iterations: usize,
    /// Whether the residual fell to the tolerance; true where the iteration stops by count.
    pub converged: bool,
    /// Whether the matrix annihilated the start vector, so that a random one replaced it.
    pub restarted: bool,
    /// How it was found.
    pub method: Method,
}

impl PowerIteration<'_> {
    /// Runs the iteration.
    ///
    /// # Errors
    /// [`NonFinite`](crate::ErrorKind::NonFinite) for a NaN or infinity in the matrix or the start vector, [`Shape`](crate::ErrorKind::Shape) for a start of
    /// the wrong length, [`Option`](crate::ErrorKind::Option) for a zero start, a count of 0, or a tolerance outside (0, 1).
    #[inline(never)]
    pub fn run<T: Element>(&self, matrix: MatrixRef<'_, T>) -> Result<Triplet, Error> {
        self.check()?;
        let scaled = Scaled::new(matrix)?;
        self.run_scaled(&scaled.matrix(), scaled.is_zero(), &|length| scaled.annihilates(length), scaled.scale())
    }

    #[inline(never)]
    fn run_scaled(
        &self,
        matrix: &dyn LinearOperator,
        is_zero: bool,
        annihilates: &dyn Fn(f64) -> bool,
        scale: Scale,
    ) -> Result<Triplet, Error> {
        self.reserve(matrix.rows(), matrix.columns())?;
        let start = self.start_vector(matrix.rows(), matrix.columns())?;
        if is_zero {
            let steps = if let Stop::Steps(steps) = self.stop { steps } else { 0 };
            return Ok(Triplet::zero(matrix.rows(), matrix.columns(), steps));
        }
        let (mut v, length) = matrix.first_direction(self.form, &start);
        let restarted = annihilates(length);
        if restarted {
            (v, _) = matrix.first_direction(self.form, &random_vector(self.seed, start.len()));
        }
        let mut search = match self.stop {
            Stop::Steps(steps) => Search::new(None, steps),
            Stop::Tolerance { tolerance, max_iterations } => Search::new(Some(tolerance), max_iterations),
        };
        let v = matrix.search_own(v, &mut search)?;
        let end = if search.tolerance.is_none() { last_step } else { last_passes };
        let mut triplet = end(search, matrix, v)?;
        triplet.restarted = restarted;
        triplet.sigma = scale.restore(triplet.sigma);
        triplet.history.iter_mut().for_each(|sigma| *sigma = scale.restore(*sigma));
        Ok(triplet)
    }

    /// Makes sure of the memory for every vector of a run, so that it cannot fail halfway.
    fn reserve(&self, rows: usize, columns: usize) -> Result<(), Error> {
        let history = if let Stop::Steps(steps) = self.stop { steps } else { 0 };
        reserve(rows.saturating_mul(8).saturating_add(columns.saturating_mul(8)).saturating_add(history))
    }

    fn check(&self) -> Result<(), Error> {
        match self.stop {
            Stop::Steps(0) => Err(Error::option("iterations", "an integer of at least 1")),
            Stop::Steps(_) => Ok(()),
            Stop::Tolerance { tolerance, max_iterations } => check_search(tolerance, max_iterations),
        }
    }

    /// The start vector, of unit length.
    fn start_vector(&self, rows: usize, columns: usize) -> Result<Vector<f64>, Error> {
        let length = match self.form {
            Form::Alternating => rows,
            Form::Gram => columns,
        };
        match self.start {
            Start::Ones => Ok(constant(length)),
            Start::Random => Ok(random_vector(self.seed, length)),
            Start::Given(vector) => given(vector, length),
        }
    }
}

impl Triplet {
    /// A zero matrix has every unit vector for a singular vector.
    pub(crate) fn zero(rows: usize, columns: usize, steps: usize) -> Self {
        let (u, v, history) = (constant(rows).into_vec(), constant(columns).into_vec(), vec![0.0; steps]);
        Self {
            sigma: 0.0,
            u,
            v,
            history,
            residual: 0.0,
            gap: 0.0,
            iterations: 0,
            converged: true,
            restarted: false,
            method: Method::Power,
        }
    }
}

/// Checks the options that searches share.
pub(crate) fn check_search(tolerance: f64, max_iterations: usize) -> Result<(), Error> {
    if max_iterations == 0 {
        return Err(Error::option("maxIterations", "an integer of at least 1"));
    }
    if !(tolerance > 0.0 && tolerance < 1.0) {
        return Err(Error::option("tolerance", "a number above 0 and below 1"));
    }
    Ok(())
}

/// The last step of a count: `uᵀWv = ‖Wv‖`, in `f64`.
fn last_step(mut search: Search, matrix: &dyn LinearOperator, mut v: Vector<f64>) -> Result<Triplet, Error> {
    normalize(&mut v);
    let mut u = Vector::zeroed(matrix.rows());
    matrix.apply(&v, &mut u);
    let sigma = (f64::sum_of_squares(&u) / f64::sum_of_squares(&v)).sqrt();
    normalize(&mut u);
    search.push(sigma)?;
    Ok(triplet(search, sigma, u, v, f64::NAN))
}

/// The last passes to a tolerance, in `f64`. They have `Wᵀu` too, half a step on, and there is the end.
fn last_passes(mut search: Search, matrix: &dyn LinearOperator, v: Vector<f64>) -> Result<Triplet, Error> {
    let Position { mut u, z, adjoint, residual } = search.run(matrix, v, 0)?;
    normalize(&mut u);
    Ok(triplet(search, adjoint, u, z, residual))
}

fn triplet(search: Search, sigma: f64, u: Vector<f64>, v: Vector<f64>, residual: f64) -> Triplet {
    let converged = search.tolerance.is_none_or(|tolerance| residual <= tolerance);
    let (iterations, history) = (search.history.len(), search.history);
    let (u, v) = (u.into_vec(), v.into_vec());
    let gap = f64::NAN;
    Triplet { sigma, u, v, history, residual, gap, iterations, converged, restarted: false, method: Method::Power }
}

/// A start vector of the caller's, checked and scaled to unit length.
pub(crate) fn given(start: &[f64], length: usize) -> Result<Vector<f64>, Error> {
    if start.len() != length {
        return Err(Error::shape("start", Count::Exactly(length), start.len()));
    }
    let most = MatrixRef::new(start, length, 1)?.max_magnitude().map_err(|error| error.about("start"))?;
    if most == 0.0 {
        return Err(Error::option("start", "a vector other than zero"));
    }
    let mut vector = Vector::rounded(start);
    let exponent = libm::ilogb(most);
    vector.iter_mut().for_each(|x| *x = libm::ldexp(*x, -exponent));
    normalize(&mut vector);
    Ok(vector)
}
