//! The leading singular values with their vectors.

use crate::error::Error;
use crate::exact;
use crate::jacobi::complete;
use crate::krylov::Krylov;
use crate::lanczos::{Found, Leg, Passes, finish, target};
use crate::matrix::{Element, MatrixRef};
use crate::power_iteration::{Triplet, check_search};
use crate::scaling::Scaled;
use crate::search::Gram;
use crate::solver::{Method, Solver};
use crate::vector::Vector;

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

/// Of a matrix whose smaller side is at most this long, all singular values are found at once.
const EXACT_SIDE: usize = 64;
/// So they are where this part of them is asked for, of a side up to the longest that is decomposed in seconds.
const LARGE_PART: usize = 4;
const MOST_EXACT: usize = 1024;
/// The residual to which one more singular value is searched for, to see that none was missed.
const CHECK: f64 = 1e-4;

/// The `count` largest singular values, or as many as there are. From one Krylov space for all of them; then another
/// search, kept orthogonal to what was found, looks for copies of multiple ones, which one space cannot hold.
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
/// Those of [`Solver::run`]; [`Error::Option`] for a count of 0 and for power iteration, which finds but one.
pub fn leading<T: Element>(matrix: MatrixRef<'_, T>, count: usize, solver: &Solver<'_>) -> Result<Spectrum, Error> {
    check_search(solver.tolerance, solver.max_iterations)?;
    if count == 0 {
        return Err(Error::Option { what: "k", expected: "an integer of at least 1" });
    }
    let scaled = Scaled::new(matrix)?;
    let side = matrix.rows().min(matrix.columns());
    let count = count.min(side);
    let exact = match solver.method {
        Method::Auto => side <= EXACT_SIDE || (side <= MOST_EXACT && count > side / LARGE_PART),
        Method::Power => return Err(Error::Option { what: "method", expected: "one that finds more than one value" }),
        method => method == Method::Exact,
    };
    let decomposed = if exact { exact::decompose(&scaled.matrix(), count)? } else { None };
    let mut spectrum = match decomposed {
        Some(triplets) => Spectrum { triplets, iterations: 1, converged: true },
        None => by_lanczos(&scaled.matrix(), count, solver)?,
    };
    spectrum.triplets.iter_mut().for_each(|triplet| triplet.sigma = scaled.restore(triplet.sigma));
    Ok(spectrum)
}

fn by_lanczos(operator: &dyn Gram<f64>, count: usize, solver: &Solver<'_>) -> Result<Spectrum, Error> {
    let [rows, columns] = operator.shape();
    let goal = target(solver.tolerance, rows.min(columns), false);
    let mut passes = Passes { made: 0, limit: solver.max_iterations };
    let mut triplets = together(operator, count, goal, solver.seed, &mut passes)?;
    // Each round adds one that was missed, or ends: of a multiple value one space finds a single copy.
    for round in 1..=2 * count as u64 {
        let known: Vec<&[f64]> = triplets.iter().map(|triplet| &*triplet.v).collect();
        let leg = Leg { locked: &known, target: CHECK, ..Leg::random(solver.seed.wrapping_add(round)) };
        let least = triplets.last().map_or(0.0, |triplet| triplet.sigma * triplet.sigma);
        let enough = triplets.len() == count;
        if enough && leg.find::<f64>(operator, &mut passes)?.theta <= least * (1.0 + solver.tolerance) {
            break;
        }
        let found = Leg { target: goal, ..leg }.find::<f64>(operator, &mut passes)?;
        let missed = if found.theta > 0.0 {
            finish(operator, &found, &mut passes)?
        } else if enough {
            break;
        } else {
            of_zero(&triplets, rows, columns)
        };
        let place = triplets.iter().position(|triplet| triplet.sigma < missed.sigma).unwrap_or(triplets.len());
        triplets.insert(place, missed);
        triplets.truncate(count);
    }
    let converged = triplets.iter().all(|triplet| triplet.residual <= solver.tolerance);
    Ok(Spectrum { triplets, iterations: passes.made, converged })
}

/// The leading ones from one space.
fn together(
    operator: &dyn Gram<f64>,
    count: usize,
    goal: f64,
    seed: u64,
    passes: &mut Passes,
) -> Result<Vec<Triplet>, Error> {
    let [rows, columns] = operator.shape();
    let (mut u, mut z) = (Vector::try_zeroed(rows)?, Vector::try_zeroed(columns)?);
    Leg::random(seed).first(operator, &mut u, &mut z);
    let mut space = Krylov::<f64>::for_values(columns, count);
    space.start(&z)?;
    let mut next_look = 2 * count + 2;
    let vectors = loop {
        let direction = space.direction().filter(|_| passes.left());
        let ended = direction.is_none();
        if let Some(direction) = direction {
            operator.gram(direction, &mut u, &mut z);
            passes.made += 1;
            space.absorb(&u, &mut z)?;
        }
        let size = space.projection.size();
        // A restart makes the space smaller.
        if ended || size == next_look || size < next_look / 2 {
            next_look = size + 4 + size / 8;
            if let Some(vectors) = look(&space, count, if ended { f64::INFINITY } else { goal }) {
                break vectors;
            }
            if ended {
                break Vec::new();
            }
        }
    };
    let mut triplets = Vec::with_capacity(vectors.len());
    for vector in vectors {
        triplets.push(finish(operator, &Found { vector, theta: 0.0, second: f64::NAN }, passes)?);
    }
    Ok(triplets)
}

/// The best Ritz vectors of the space, if the residual of each, relative to its own value, is at most `goal`; all there
/// are for an infinite one.
fn look(space: &Krylov<f64>, count: usize, goal: f64) -> Option<Vec<Vector<f64>>> {
    let ritz = space.projection.ritz()?;
    let theta = space.projection.progress.theta;
    let found = count.min(ritz.lengths.len());
    let small = |place: usize| {
        space.projection.residual_of(ritz.rotation(place)) * theta <= goal * ritz.lengths[place].max(f64::MIN_POSITIVE)
    };
    if goal.is_finite() && (found < count || !(0..found).all(small)) {
        return None;
    }
    Some((0..found).map(|place| space.combine(ritz.rotation(place))).collect())
}

/// A singular value of zero, with vectors orthogonal to those of the others.
fn of_zero(others: &[Triplet], rows: usize, columns: usize) -> Triplet {
    let mut triplet = Triplet::zero(rows, columns, 0);
    complete(&mut triplet.u, &others.iter().map(|other| &*other.u).collect::<Vec<_>>());
    complete(&mut triplet.v, &others.iter().map(|other| &*other.v).collect::<Vec<_>>());
    triplet
}
