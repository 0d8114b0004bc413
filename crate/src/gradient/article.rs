//! The vector-Jacobian product of spectral normalization as the article has it.

use crate::error::{Count, Error};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::product::adjoint_product;
use crate::scaling::Scaled;
use crate::search::Form;
use crate::vector::{Vector, constant, convert, inner_product, normalize, random_vector, reserve};

/// One step of the alternating iteration: `v = Wᵀu₀/a`, `u = Wv/b`.
struct Step {
    v: Vector<f64>,
    a: f64,
    u: Vector<f64>,
    b: f64,
}

/// The gradient with respect to `W` of a loss, given its gradient `g` with respect to `W/σ(W)`, where `σ(W)` is the
/// estimate after `steps` alternating steps from all ones (article, item 7) and depends on `W` through every one of
/// them. Written to `out`. For a zero matrix, which normalization leaves alone, it is `g`.
///
/// With `σ` exact it would be `(g − ⟨g, W/σ⟩ uvᵀ)/σ` (Miyato et al. 2018, eq. 12); here `uvᵀ` gives way to the gradient
/// of the estimate, a sum of `2 · steps` rank-one matrices.
///
/// ```
/// use spectral_norm::{MatrixRef, article_gradient};
/// let mut out = [0.0; 2];
/// // W/σ(W) of a row vector is that vector normalized: moving along it changes nothing.
/// article_gradient(MatrixRef::new(&[3.0, 4.0], 1, 2)?, 5, 0, &[3.0, 4.0], &mut out)?;
/// assert!(out.iter().all(|g: &f64| g.abs() < 1e-15));
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Shape`](crate::ErrorKind::Shape) when `g` or `out` is not as long as the matrix, [`Option`](crate::ErrorKind::Option) for 0 steps,
/// [`NonFinite`](crate::ErrorKind::NonFinite).
pub fn article_gradient<T: Element>(
    matrix: MatrixRef<'_, T>,
    steps: usize,
    seed: u64,
    g: &[T],
    out: &mut [T],
) -> Result<(), Error> {
    check(matrix.rows(), matrix.columns(), steps, [g.len(), out.len()])?;
    MatrixRef::shaped(g, matrix.rows(), matrix.columns()).max_magnitude().map_err(|error| error.about("g"))?;
    let scaled = Scaled::new(matrix)?;
    if scaled.is_zero() {
        out.copy_from_slice(g);
        return Ok(());
    }
    let annihilates = |length: f64| scaled.annihilates(length);
    let g = MatrixRef::shaped(g, matrix.rows(), matrix.columns());
    let sigma = |scaled_sigma| scaled.restore(scaled_sigma);
    let (matrix, columns) = (scaled.matrix(), matrix.columns());
    of_scaled(&matrix, steps, seed, &annihilates, &g, &sigma, &mut |index, row| {
        convert(row, &mut out[index * columns..][..columns]);
    })
}

/// [`article_gradient`] of a matrix of a comfortable size other than zero, row by row.
#[inline(never)]
fn of_scaled(
    matrix: Operator,
    steps: usize,
    seed: u64,
    annihilates: &dyn Fn(f64) -> bool,
    g: Operator,
    restore: &dyn Fn(f64) -> f64,
    write: &mut dyn FnMut(usize, &[f64]),
) -> Result<(), Error> {
    let gradient = SigmaGradient::new(matrix, steps, seed, annihilates)?;
    let (mut row, mut sum) = (Vector::zeroed(matrix.columns()), Vector::zeroed(matrix.columns()));
    let mut along = 0.0;
    for index in 0..matrix.rows() {
        matrix.row(index, &mut sum);
        g.row(index, &mut row);
        along += inner_product(&row, &sum);
    }
    along /= gradient.sigma;
    for index in 0..matrix.rows() {
        g.row(index, &mut row);
        gradient.row(index, &mut sum);
        pull_back(&mut row, along, &sum, restore(gradient.sigma));
        write(index, &row);
    }
    Ok(())
}

fn check(rows: usize, columns: usize, steps: usize, [g, out]: [usize; 2]) -> Result<(), Error> {
    for (what, got) in [("g", g), ("out", out)] {
        if got != rows * columns {
            return Err(Error::shape(what, Count::Product(rows, columns), got));
        }
    }
    if steps == 0 {
        return Err(Error::option("iterations", "an integer of at least 1"));
    }
    Ok(())
}

/// `g = (g − along · sum)/sigma`.
#[inline(never)]
fn pull_back(g: &mut [f64], along: f64, sum: &[f64], sigma: f64) {
    for (g, &sum) in g.iter_mut().zip(sum) {
        *g = (*g - along * sum) / sigma;
    }
}

type Operator<'a> = &'a dyn LinearOperator;

/// The estimate and its gradient with respect to the matrix, a sum of rank-one matrices `left · rightᵀ`.
struct SigmaGradient {
    sigma: f64,
    /// One row a row of the matrix, one column a term.
    left: Vector<f64>,
    /// One row a term, one column a column of the matrix.
    right: Vector<f64>,
    terms: usize,
}

impl SigmaGradient {
    fn new(matrix: Operator, steps: usize, seed: u64, annihilates: &dyn Fn(f64) -> bool) -> Result<Self, Error> {
        let step_entries = matrix.rows().saturating_add(matrix.columns()).saturating_mul(4);
        reserve(steps.saturating_add(1).saturating_mul(step_entries.saturating_add(64)))?;
        let (start, tape) = record(matrix, steps, seed, annihilates);
        let terms = 2 * steps;
        let (left, right) = (Vector::zeroed(terms * matrix.rows()), Vector::zeroed(terms * matrix.columns()));
        let mut gradient = Self { sigma: tape[steps - 1].b, left, right, terms };
        gradient.reverse(matrix, &start, &tape);
        Ok(gradient)
    }

    /// Reverse mode through the tape: the gradient of `σ = ‖Wv‖` of the last step.
    fn reverse(&mut self, matrix: Operator, start: &[f64], tape: &[Step]) {
        // The cotangent of Wv before it is normalized; of its length, at the last step, that is the unit vector itself.
        let mut of_image = Vector::rounded(&tape[tape.len() - 1].u);
        let mut of_v = Vector::zeroed(matrix.columns());
        for (k, step) in tape.iter().enumerate().rev() {
            matrix.apply_adjoint(&of_image, &mut of_v);
            self.set_term(2 * k, &of_image, &step.v);
            through_normalization(&mut of_v, &step.v, step.a);
            let before = if k == 0 { start } else { &tape[k - 1].u };
            self.set_term(2 * k + 1, before, &of_v);
            if k > 0 {
                matrix.apply(&of_v, &mut of_image);
                through_normalization(&mut of_image, before, tape[k - 1].b);
            }
        }
    }

    fn set_term(&mut self, term: usize, left: &[f64], right: &[f64]) {
        for (row, &left) in self.left.chunks_exact_mut(self.terms).zip(left) {
            row[term] = left;
        }
        self.right[term * right.len()..][..right.len()].copy_from_slice(right);
    }

    /// One row of the gradient.
    fn row(&self, row: usize, out: &mut [f64]) {
        let right = MatrixRef::shaped(&self.right, self.terms, out.len());
        adjoint_product(right, &self.left[row * self.terms..][..self.terms], out);
    }
}

/// Runs the iteration in `f64` and keeps every step.
fn record(matrix: Operator, steps: usize, seed: u64, annihilates: &dyn Fn(f64) -> bool) -> (Vector<f64>, Vec<Step>) {
    let mut start = constant(matrix.rows());
    // Asked in the precision that the iteration itself asks in, so that both restart or neither does.
    if annihilates(matrix.first_direction(Form::Alternating, &start).1) {
        start = random_vector(seed, matrix.rows());
    }
    let mut tape: Vec<Step> = Vec::with_capacity(steps);
    for _ in 0..steps {
        let (v, a) = adjoint_step(matrix, tape.last().map_or(&start, |step| &step.u));
        let mut u = Vector::zeroed(matrix.rows());
        matrix.apply(&v, &mut u);
        let b = normalize(&mut u);
        tape.push(Step { v, a, u, b });
    }
    (start, tape)
}

/// `Wᵀu` normalized, and its length.
fn adjoint_step(matrix: Operator, u: &[f64]) -> (Vector<f64>, f64) {
    let mut v = Vector::zeroed(matrix.columns());
    matrix.apply_adjoint(u, &mut v);
    let length = normalize(&mut v);
    (v, length)
}

/// The cotangent of `x` from that of `unit = x/length`.
#[inline(never)]
fn through_normalization(cotangent: &mut [f64], unit: &[f64], length: f64) {
    let along = inner_product(cotangent, unit);
    for (c, &u) in cotangent.iter_mut().zip(unit) {
        *c = (*c - along * u) / length;
    }
}
