//! The leading singular values with their vectors.

use crate::error::Error;
use crate::exact;
use crate::jacobi::complete;
use crate::lanczos::{Leg, Passes, finish, is_small, target};
use crate::matrix::{Element, MatrixRef};
use crate::operator::LinearOperator;
use crate::power_iteration::{Triplet, check_search};
use crate::scaling::{Scale, Scaled};
use crate::search::Gram;
use crate::solver::{Method, Solver};

/// Leading singular triplets, in descending order.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// One for each singular value; those of a multiple one are some orthonormal choice.
    pub triplets: Vec<Triplet>,
    /// Passes over the matrix.
    pub iterations: usize,
    /// Whether every residual fell to the tolerance.
    pub converged: bool,
}

/// Of small matrices all singular values are found at once. So they are where this part of them is asked for, of a side up to
/// the longest that is decomposed in seconds.
const LARGE_PART: usize = 4;
const MOST_EXACT: usize = 1024;
/// The `count` largest singular values, or as many as there are.
///
/// ```
/// use spectral_norm::{MatrixRef, Solver, leading};
/// let matrix = MatrixRef::new(&[3.0, 0.0, 0.0, 0.0, 4.0, 0.0], 2, 3)?;
/// let spectrum = leading(matrix, 2, &Solver::default())?;
/// assert!((spectrum.triplets[1].sigma - 3.0).abs() < 1e-14 && spectrum.converged);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// Those of [`Solver::run`]; [`Option`](crate::ErrorKind::Option) for a count of 0 and for power iteration, which finds but one.
pub fn leading<T: Element>(matrix: MatrixRef<'_, T>, count: usize, solver: &Solver<'_>) -> Result<Spectrum, Error> {
    check_search(solver.tolerance, solver.max_iterations)?;
    if count == 0 {
        return Err(Error::option("k", "an integer of at least 1"));
    }
    let scaled = Scaled::new(matrix)?;
    restored(&scaled.matrix(), scaled.scale(), count, solver)
}

#[inline(never)]
fn restored(matrix: &dyn LinearOperator, scale: Scale, count: usize, solver: &Solver<'_>) -> Result<Spectrum, Error> {
    let side = matrix.rows().min(matrix.columns());
    let count = count.min(side);
    let exact = match solver.method {
        Method::Auto => is_small(matrix.rows(), matrix.columns()) || (side <= MOST_EXACT && count > side / LARGE_PART),
        Method::Power => return Err(Error::option("method", "one that finds more than one value")),
        method => method == Method::Exact,
    };
    let decomposed = if exact { exact::decompose(matrix, count)? } else { None };
    let mut spectrum = match decomposed {
        Some(triplets) => Spectrum { triplets, iterations: 1, converged: true },
        None => by_lanczos(matrix, count, solver)?,
    };
    spectrum.triplets.iter_mut().for_each(|triplet| triplet.sigma = scale.restore(triplet.sigma));
    Ok(spectrum)
}

/// One after the other, each kept orthogonal to those before, from a random start of its own: so that copies of multiple
/// values are found like all others, which one space for all cannot hold.
#[inline(never)]
fn by_lanczos(operator: &dyn Gram<f64>, count: usize, solver: &Solver<'_>) -> Result<Spectrum, Error> {
    let [rows, columns] = operator.shape();
    let target = target(solver.tolerance, is_small(rows, columns), false);
    let mut passes = Passes { made: 0, limit: solver.max_iterations };
    let mut triplets: Vec<Triplet> = Vec::with_capacity(count);
    for seed in (solver.seed..).take(count) {
        let known: Vec<&[f64]> = triplets.iter().map(|triplet| &*triplet.v).collect();
        let found = Leg { locked: &known, target, ..Leg::random(seed) }.find::<f64>(operator, &mut passes)?;
        let mut triplet = finish(operator, &found, &mut passes)?;
        if triplet.sigma == 0.0 {
            complete(&mut triplet.u, &triplets.iter().map(|other| &*other.u).collect::<Vec<_>>());
            complete(&mut triplet.v, &known);
        }
        // Close ones may come in the wrong order.
        let place = triplets.iter().position(|other| other.sigma < triplet.sigma).unwrap_or(triplets.len());
        triplets.insert(place, triplet);
    }
    let converged = triplets.iter().all(|triplet| triplet.residual <= solver.tolerance);
    Ok(Spectrum { triplets, iterations: passes.made, converged })
}
