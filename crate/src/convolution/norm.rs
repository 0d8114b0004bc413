//! The norm of a convolution, group by group, of which the largest counts.

use super::geometry::Reads;
use super::map::Map;
use super::symbol::Symbol;
use super::{Axis, Convolution, Padding};
use crate::bounds::{Certainty, of_scaled};
use crate::error::Error;
use crate::kernel::Real;
use crate::matrix::MatrixRef;
use crate::power_iteration::Triplet;
use crate::rounding::{above, below, down, gamma, up};
use crate::scaling::Scaled;
use crate::search::Gram;
use crate::solver::Solver;
use crate::vector::Vector;

/// Intervals that contain the norm of a convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvolutionBounds {
    /// At most the norm.
    pub lower: f64,
    /// At least the norm.
    pub upper: f64,
    /// What the upper bound rests on: 0 the reshaped kernel, 1 the frequency response, 2 the whole matrix.
    pub evidence: u8,
    /// An interval that contains the norm of the reshaped kernel.
    pub reshaped: [f64; 2],
    /// The root of how often an entry of the input is read, at most.
    pub factor: f64,
    /// An upper bound of the norm of the map whose kernel has the magnitudes, which bounds what rounding every entry does.
    pub magnitudes: f64,
}

/// The norm of a convolution and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvolutionNorm {
    /// The norm as found, which exceeds the true one by no more than rounding.
    pub sigma: f64,
    /// `‖AᵀAv − σ²v‖/σ²`.
    pub residual: f64,
    /// Passes over all groups, or frequencies where the input has no size.
    pub iterations: usize,
    /// Whether the residual fell to the tolerance.
    pub converged: bool,
    /// `1 − σ₂/σ₁`, where it was asked for.
    pub gap: f64,
    /// The intervals.
    pub bounds: ConvolutionBounds,
    /// The group of the largest norm, and the vectors of its map: empty where the input has no size.
    pub(crate) found: (usize, Vec<f64>, Vec<f64>),
}

/// The map of a group is decomposed whole where its smaller side is at most so long, and it has no more entries.
const DENSE_SIDE: usize = 512;
const DENSE_ENTRIES: usize = 1 << 20;

/// What an upper bound rests on.
const RESHAPED: u8 = 0;
const SYMBOL: u8 = 1;
const DENSE: u8 = 2;

/// A search in progress.
struct Work<'a> {
    solver: &'a Solver<'a>,
    certainty: Option<Certainty>,
    reads: Option<Reads>,
    symbol: Symbol,
    /// The root of how often an entry of the input stands in the padded one.
    copies: f64,
    /// The root of how many entries of the kernel fall into one phase, at most.
    spread: f64,
    best: ConvolutionNorm,
    /// The largest norm of the other groups.
    second: f64,
}

impl Convolution<'_> {
    /// The norm, with bounds unless none are asked for: `Cheap`, from the norms of the reshaped kernel that take one sweep,
    /// or else as narrow as they can be had.
    ///
    /// # Errors
    /// [`NonFinite`](crate::ErrorKind::NonFinite), [`OutOfMemory`](crate::ErrorKind::OutOfMemory), those of [`Solver::run`].
    pub fn norm(&self, solver: &Solver<'_>, certainty: Option<Certainty>) -> Result<ConvolutionNorm, Error> {
        crate::power_iteration::check_search(solver.tolerance, solver.max_iterations)?;
        let scaled = Scaled::new(self.kernel).map_err(|error| error.about("kernel"))?;
        let mut work = Work::new(self, solver, certainty)?;
        for group in 0..self.groups {
            work.add(group, self.group(scaled.matrix(), group))?;
        }
        let mut norm = work.best;
        if norm.sigma > 0.0 {
            norm.gap = norm.gap.min(1.0 - work.second / norm.sigma);
        }
        norm.sigma = scaled.restore(norm.sigma);
        let bounds = &mut norm.bounds;
        for upper in [&mut bounds.upper, &mut bounds.reshaped[1], &mut bounds.magnitudes] {
            *upper = if *upper > 0.0 { up(scaled.restore(*upper)) } else { 0.0 };
        }
        for lower in [&mut bounds.lower, &mut bounds.reshaped[0]] {
            *lower = down(scaled.restore(*lower).min(f64::MAX));
        }
        Ok(norm)
    }
}

impl<'a> Work<'a> {
    #[inline(never)]
    fn new(
        convolution: &'a Convolution<'a>,
        solver: &'a Solver<'a>,
        certainty: Option<Certainty>,
    ) -> Result<Self, Error> {
        let (axes, padding) = (&convolution.axes, convolution.padding);
        let reads = if convolution.is_bounded() { Some(Reads::of(axes, padding)?) } else { None };
        let circulant = padding == Padding::Circular && axes.iter().all(Axis::is_circulant);
        let mut copies = 1.0;
        let mut spread = 1.0;
        for axis in axes {
            spread *= axis.reads() as f64;
            if reads.is_some() && !circulant {
                copies *= axis.copies(padding) as f64;
            }
        }
        let bounds = ConvolutionBounds {
            lower: 0.0,
            upper: 0.0,
            evidence: DENSE,
            reshaped: [0.0; 2],
            factor: (copies * spread).sqrt(),
            magnitudes: 0.0,
        };
        let best = ConvolutionNorm {
            sigma: 0.0,
            residual: 0.0,
            iterations: 0,
            converged: true,
            gap: 0.0,
            bounds,
            found: (0, Vec::new(), Vec::new()),
        };
        let (symbol, copies, spread) = (Symbol::new(axes), above(f64::sqrt(copies)), above(f64::sqrt(spread)));
        Ok(Self { solver, certainty, reads, symbol, copies, spread, best, second: 0.0 })
    }

    /// Takes in one group.
    #[inline(never)]
    fn add(&mut self, group: usize, kernel: MatrixRef<'_, f64>) -> Result<(), Error> {
        if f64::max_magnitude_bits(kernel.data()) == 0 {
            return Ok(());
        }
        let cheap = of_scaled(&kernel, Certainty::Cheap, 0)?;
        let reach = above(self.best.bounds.factor);
        let magnitudes = above(reach * cheap.magnitudes);
        self.best.bounds.magnitudes = self.best.bounds.magnitudes.max(magnitudes);
        // A group that cannot be the largest need not be searched, but where the gap to it counts.
        let least = if self.certainty.is_some() { self.best.bounds.lower } else { self.best.sigma };
        if !self.solver.gap && above(reach * cheap.upper) <= least {
            self.add_reshaped([cheap.lower, cheap.upper]);
            return Ok(());
        }
        let found = self.search(kernel, magnitudes)?;
        self.best.iterations += found.iterations;
        self.best.converged &= found.converged;
        self.best.residual = self.best.residual.max(found.residual);
        let Some(certainty) = self.certainty else {
            self.keep(group, found);
            return Ok(());
        };
        let (lower, sigma) = (found.lower, found.triplet.sigma);
        let bounds = of_scaled(&kernel, certainty, self.solver.seed)?;
        self.add_reshaped([bounds.lower, bounds.upper]);
        let sees_all = self.reads.as_ref().is_none_or(|reads| reads.sees_all);
        let lower = if sees_all { lower.max(bounds.lower) } else { lower };
        let (upper, evidence) =
            self.upper(kernel, above(reach * bounds.upper), sigma, above(self.spread * cheap.magnitudes))?;
        let all = &mut self.best.bounds;
        all.lower = all.lower.max(lower);
        if upper > all.upper {
            (all.upper, all.evidence) = (upper, evidence);
        }
        self.keep(group, found);
        Ok(())
    }

    fn add_reshaped(&mut self, [lower, upper]: [f64; 2]) {
        let reshaped = &mut self.best.bounds.reshaped;
        *reshaped = [reshaped[0].max(lower), reshaped[1].max(upper)];
    }

    /// The best upper bound that is affordable, and what it rests on.
    fn upper(
        &self,
        kernel: MatrixRef<'_, f64>,
        reshaped: f64,
        sigma: f64,
        magnitudes: f64,
    ) -> Result<(f64, u8), Error> {
        if self.certainty == Some(Certainty::Cheap) {
            return Ok((reshaped, RESHAPED));
        }
        if let Some(reads) = &self.reads {
            let map = Map { kernel, reads };
            let [outputs, inputs] = map.shape();
            if outputs.min(inputs) <= DENSE_SIDE && outputs.saturating_mul(inputs) <= DENSE_ENTRIES {
                let entries = map.dense()?;
                let dense = MatrixRef::shaped(&entries, outputs.min(inputs), outputs.max(inputs));
                return Ok((of_scaled(&dense, Certainty::Rigorous, self.solver.seed)?.upper.min(reshaped), DENSE));
            }
        }
        let response = above(self.copies * self.symbol.upper(kernel, sigma / self.copies, magnitudes)?);
        Ok(if response < reshaped { (response, SYMBOL) } else { (reshaped, RESHAPED) })
    }

    /// The largest singular value of a group's map, or of its frequency response.
    #[inline(never)]
    fn search(&self, kernel: MatrixRef<'_, f64>, magnitudes: f64) -> Result<Found, Error> {
        let Some(reads) = &self.reads else {
            let found = self.symbol.supremum(kernel, magnitudes)?;
            let triplet = Triplet { sigma: found.sigma, ..Triplet::zero(0, 0, 0) };
            let converged = found.change <= self.solver.tolerance;
            return Ok(Found {
                triplet,
                lower: found.lower,
                residual: found.change,
                iterations: found.tried,
                converged,
            });
        };
        let map = Map { kernel, reads };
        let triplet = self.solver.run_operator(&map)?;
        let lower = rayleigh(&map, &triplet.v, magnitudes)?;
        let (residual, iterations, converged) = (triplet.residual, triplet.iterations, triplet.converged);
        Ok(Found { triplet, lower, residual, iterations, converged })
    }

    fn keep(&mut self, group: usize, found: Found) {
        let triplet = found.triplet;
        if triplet.sigma <= self.best.sigma {
            self.second = self.second.max(triplet.sigma);
            return;
        }
        self.second = self.second.max(self.best.sigma);
        self.best.sigma = triplet.sigma;
        self.best.gap = triplet.gap;
        self.best.found = (group, triplet.u, triplet.v);
    }
}

/// What the search of a group found.
struct Found {
    triplet: Triplet,
    lower: f64,
    residual: f64,
    iterations: usize,
    converged: bool,
}

/// `‖Av‖/‖v‖` less what rounding errors may have added.
fn rayleigh(map: &Map<'_>, v: &[f64], magnitudes: f64) -> Result<f64, Error> {
    let [outputs, inputs] = map.shape();
    let (mut image, mut back) = (Vector::try_zeroed(outputs)?, Vector::try_zeroed(inputs)?);
    map.gram(v, &mut image, &mut back);
    let quotient = (f64::sum_of_squares(&image) / f64::sum_of_squares(v)).sqrt();
    let error = above(gamma(map.kernel.columns()) * magnitudes);
    Ok(below((quotient * (1.0 - gamma(outputs + inputs)) - error).max(0.0)))
}
