//! Lanczos' method on the Gram operator `WᵀW`: the largest singular value to an accuracy, in tens of passes where power
//! iteration takes hundreds or thousands (Lanczos 1950; Golub and Kahan 1965; Kuczyński and Woźniakowski 1992).
//!
//! # When it stops
//! The residual `ρ = ‖WᵀWv − θv‖/θ` of the best Ritz vector bounds the distance from `θ` to *some* `σᵢ²`. That it is the
//! largest rests on the random start. What remains is a cluster too narrow to have been resolved: the vector is then a
//! mixture of, say, two singular vectors a relative `δ` apart in `σ²`, with `ρ = δ sin φ cos φ` and an error of
//! `δ sin² φ = ρ tan φ`. Rules that square the residual (`ρ²/gap`) stop at the same point with errors a thousand times
//! the tolerance. So it is `ρ` itself that must fall, to a fraction of the tolerance, which leaves room for `tan φ`.

use crate::error::Error;
use crate::kernel::{Kernel, Real};
use crate::krylov::Krylov;
use crate::matrix::Element;
use crate::power_iteration::{Start, Triplet, given};
use crate::search::Gram;
use crate::solver::{Method, Solver};
use crate::vector::{Vector, constant, convert, normalize, random_vector, relative_residual};

/// What room is left for the tangent above, in the precision of `f32`, whose rounding errors end it there, and in `f64`.
const MARGIN: [f64; 2] = [0.2, 0.02];
/// Matrices of so many entries cost so little that they are decomposed, or their space is searched to the end.
const SMALL: u64 = 1 << 12;
const SMALL_TARGET: f64 = 1e-12;
/// The accuracy for which `f32` is enough.
const NARROWEST: f64 = 1e-6;
/// The residual to which the second singular value is searched for.
const GAP_TARGET: f64 = 1e-4;
/// The part of a random vector in a given start.
const MIXED: f64 = 1e-3;

/// The search in any operator, given the way to search it in a narrower precision, if there is one.
pub(crate) fn search(
    options: &Solver<'_>,
    operator: &dyn Gram<f64>,
    narrow: Option<Narrow<'_>>,
) -> Result<Triplet, Error> {
    let &Solver { tolerance, seed, .. } = options;
    let [rows, columns] = operator.shape();
    let given = match options.start {
        Start::Random => None,
        Start::Ones => Some(constant(columns)),
        Start::Given(vector) => Some(given(vector, columns)?),
    };
    let mut passes = Passes { made: 0, limit: options.max_iterations - 1 };
    let narrow = narrow.filter(|_| !is_small(rows, columns));
    let short = narrow.filter(|_| tolerance >= NARROWEST);
    let target = target(tolerance, is_small(rows, columns), short.is_some());
    let mut leg = Leg { start: given.as_deref(), mixed: MIXED, seed, locked: &[], target };
    let mut found = leg.find_in(operator, short, &mut passes)?;
    let mut triplet = finish(operator, &found, &mut passes)?;
    if triplet.residual > tolerance && short.is_some() && passes.left() {
        let v = std::mem::take(&mut triplet.v);
        leg = Leg { start: Some(&v), mixed: 0.0, ..leg };
        found = leg.find::<f64>(operator, &mut passes)?;
        triplet = finish(operator, &found, &mut passes)?;
    }
    if options.gap && triplet.sigma > 0.0 {
        let leg = Leg { locked: &[&triplet.v], target: GAP_TARGET, ..Leg::random(seed.wrapping_add(1)) };
        let other = leg.find_in(operator, narrow, &mut passes)?;
        triplet.gap = 1.0 - found.second.max(other.theta).sqrt().min(triplet.sigma) / triplet.sigma;
    }
    triplet.iterations = passes.made;
    triplet.converged = triplet.residual <= tolerance;
    Ok(triplet)
}

#[inline(never)]
pub(crate) fn is_small(rows: usize, columns: usize) -> bool {
    rows as u64 * columns as u64 <= SMALL
}

/// The residual that a leg has to reach.
pub(crate) fn target(tolerance: f64, small: bool, narrow: bool) -> f64 {
    if small { SMALL_TARGET.min(tolerance) } else { tolerance * MARGIN[usize::from(!narrow)] }
}

/// Passes over the matrix: those made, and how many there may be before the last.
pub(crate) struct Passes {
    pub(crate) made: usize,
    pub(crate) limit: usize,
}

impl Passes {
    pub(crate) fn left(&self) -> bool {
        self.made < self.limit
    }
}

/// The search of a matrix in its own precision.
pub(crate) type Narrow<'a> = &'a dyn Fn(&Leg<'_>, &mut Passes) -> Result<Found, Error>;

/// What a leg found: the best Ritz vector and the two largest Ritz values.
pub(crate) struct Found {
    pub(crate) vector: Vector<f64>,
    pub(crate) theta: f64,
    pub(crate) second: f64,
}

/// A search in one precision.
pub(crate) struct Leg<'a> {
    /// A vector to start from, of unit length.
    pub(crate) start: Option<&'a [f64]>,
    /// The part of a random vector in it.
    pub(crate) mixed: f64,
    pub(crate) seed: u64,
    /// Vectors to stay away from.
    pub(crate) locked: &'a [&'a [f64]],
    /// The residual to stop at.
    pub(crate) target: f64,
}

impl Leg<'_> {
    /// From a random start.
    pub(crate) fn random(seed: u64) -> Self {
        Self { start: None, mixed: 0.0, seed, locked: &[], target: 0.0 }
    }

    fn find_in(&self, wide: &dyn Gram<f64>, narrow: Option<Narrow<'_>>, passes: &mut Passes) -> Result<Found, Error> {
        match narrow {
            Some(narrow) => narrow(self, passes),
            None => self.find::<f64>(wide, passes),
        }
    }

    #[inline(never)]
    pub(crate) fn find<V: Element + Kernel<V>>(
        &self,
        operator: &dyn Gram<V>,
        passes: &mut Passes,
    ) -> Result<Found, Error> {
        let (space, _) = self.explore(operator, passes)?;
        let projection = &space.projection;
        Ok(Found { vector: space.best(), theta: projection.progress.theta, second: projection.second() })
    }

    /// Passes in the precision `V`, until the target is met, no pass is left or no direction. Returns the space, and the
    /// length of `Wᵀg` for a random unit `g`.
    #[inline(never)]
    pub(crate) fn explore<V: Element + Kernel<V>>(
        &self,
        operator: &dyn Gram<V>,
        passes: &mut Passes,
    ) -> Result<(Krylov<V>, f64), Error> {
        let [rows, columns] = operator.shape();
        let (mut u, mut z) = (Vector::try_zeroed(rows)?, Vector::try_zeroed(columns)?);
        let mut copy = Vector::try_zeroed(columns)?;
        let length = self.first(operator, &mut u, &mut z);
        let mut space = Krylov::new(columns);
        for locked in self.locked {
            space.lock(locked, &mut copy)?;
        }
        space.start(&mut z, &mut copy)?;
        while passes.left() {
            let Some(direction) = space.direction() else { break };
            operator.gram(direction, &mut u, &mut z);
            passes.made += 1;
            if space.absorb(&u, &mut z, &mut copy)?.residual <= self.target {
                break;
            }
        }
        Ok((space, length))
    }

    /// The first direction, into `z`: `Wᵀg`, so that nothing of it lies in the null space; returns its length.
    #[inline(never)]
    fn first<V: Element>(&self, operator: &dyn Gram<V>, u: &mut [V], z: &mut [V]) -> f64 {
        let Some(start) = self.start.filter(|_| self.mixed == 0.0) else {
            convert(&random_vector(self.seed, u.len()), u);
            operator.apply_adjoint(u, z);
            let length = normalize(z);
            for (z, &start) in z.iter_mut().zip(self.start.unwrap_or_default()) {
                *z = V::nearest(start + self.mixed * (*z).into());
            }
            return length;
        };
        convert(start, z);
        1.0
    }
}

/// The last pass, in `f64`: the norm of an image of an explicit unit vector, half a step on, which exceeds the true norm
/// by no more than rounding.
pub(crate) fn finish(operator: &dyn Gram<f64>, found: &Found, passes: &mut Passes) -> Result<Triplet, Error> {
    let [rows, columns] = operator.shape();
    let (mut u, mut z) = (Vector::try_zeroed(rows)?, Vector::try_zeroed(columns)?);
    let v = &found.vector;
    operator.gram(v, &mut u, &mut z);
    passes.made += 1;
    let image = f64::sum_of_squares(&u);
    if image == 0.0 {
        return Ok(Triplet::zero(rows, columns, 0));
    }
    let theta = image / f64::sum_of_squares(v);
    let residual = relative_residual(theta, v, &z);
    let sigma = (f64::sum_of_squares(&z) / image).sqrt();
    normalize(&mut u);
    normalize(&mut z);
    let gap = 1.0 - (found.second.sqrt() / sigma).min(1.0);
    let (u, v, history) = (u.into_vec(), z.into_vec(), Vec::new());
    Ok(Triplet {
        sigma,
        u,
        v,
        history,
        residual,
        gap,
        iterations: 0,
        converged: false,
        restarted: false,
        method: Method::Lanczos,
    })
}
