//! The frequency response of a convolution, whose largest norm is that of the convolution on inputs without end, and so at
//! least that of every zero-padded one.
//!
//! # Between the frequencies
//! For a fixed `x`, `f(ω) = ‖K̂(ω)x‖²` is a trigonometric polynomial that is not negative, of degree `n` in each `ωᵢ`, the
//! largest distance of two entries of the kernel. Let `M` be its maximum. `f − M/2` is at most `M/2` in magnitude, and so at
//! a distance `t ≤ π/n` from the maximum, `f ≥ M cos²(nt/2)` (M. Riesz 1914). Of `N` frequencies one is within `π/N`. One
//! dimension after the other: `max ‖K̂‖ ≤ max on the grid / Πᵢ cos(πnᵢ/2Nᵢ)`, for `x` the right singular vector at the
//! maximum.
//!
//! A stride `s` cuts the input into `s` phases a dimension, each a channel of its own. What is common to all distances,
//! such as a dilation, only squeezes the response.

use super::DIMENSIONS;
use super::geometry::{Axis, digits, greatest_common_divisor};
use super::turns::{BITS, TURN_ERROR, Turns, cosine_below};
use crate::certificate::Certificate;
use crate::error::Error;
use crate::kernel::Real;
use crate::matrix::MatrixRef;
use crate::rounding::{above, below, gamma};
use crate::solver::{Method, Solver};
use crate::vector::Vector;

/// Frequencies a dimension, in multiples of the degree, the finest that is affordable being taken.
const FINENESS: [usize; 3] = [16, 8, 4];
/// Multiplications that each of them may take, at most.
const AFFORDABLE: [f64; 3] = [1e9, 2e9, 2e10];

/// The entries of a kernel along one dimension.
struct Line {
    /// Phase, and power of `e^{iω}`, of each.
    entries: Vec<[usize; 2]>,
    phases: usize,
    degree: usize,
}

impl Line {
    fn new(axis: &Axis) -> Self {
        let place = |entry: usize| entry * axis.dilation;
        let mut entries = Vec::with_capacity(axis.kernel);
        let (mut common, mut degree) = (0, 0);
        for entry in 0..axis.kernel {
            let phase = place(entry) % axis.stride;
            // A shift of a whole phase turns its columns alone, and leaves the norm as it is.
            let first = (0..entry).find(|&other| place(other) % axis.stride == phase).unwrap_or(entry);
            let power = (place(entry) - place(first)) / axis.stride;
            common = greatest_common_divisor(common, power);
            degree = degree.max(power);
            entries.push([phase, power]);
        }
        let common = common.max(1);
        for entry in &mut entries {
            entry[1] /= common;
        }
        Self { entries, phases: axis.stride, degree: degree / common }
    }
}

/// What the responses of all groups have in common.
pub(crate) struct Symbol {
    lines: [Line; DIMENSIONS],
    taps: usize,
    phases: usize,
    turns: Turns,
}

/// A frequency: one number a dimension, in units of `2π/2^BITS`.
type Frequency = [usize; DIMENSIONS];

impl Symbol {
    #[inline(never)]
    pub(crate) fn new(axes: &[Axis; DIMENSIONS]) -> Self {
        let lines = [Line::new(&axes[0]), Line::new(&axes[1]), Line::new(&axes[2])];
        let (mut taps, mut phases) = (1, 1);
        for line in &lines {
            taps *= line.entries.len();
            phases *= line.phases;
        }
        Self { lines, taps, phases, turns: Turns::new() }
    }

    fn sizes(&self, of: impl Fn(&Line) -> usize) -> [usize; DIMENSIONS] {
        [of(&self.lines[0]), of(&self.lines[1]), of(&self.lines[2])]
    }

    /// The size of the response of a kernel, the smaller side first.
    fn shape(&self, kernel: MatrixRef<'_, f64>) -> [usize; 2] {
        let columns = kernel.columns() / self.taps * self.phases;
        [kernel.rows().min(columns), kernel.rows().max(columns)]
    }

    /// The response at a frequency as a real matrix of twice the size, `[Re −Im; Im Re]`, with the smaller side as rows.
    #[inline(never)]
    fn response(&self, kernel: MatrixRef<'_, f64>, frequency: Frequency) -> Result<Vector<f64>, Error> {
        let channels = kernel.columns() / self.taps;
        let [short, long] = self.shape(kernel);
        let wide = kernel.rows() == short;
        let mut entries = Vector::<f64>::try_zeroed(4 * short * long)?;
        let counts = self.sizes(|line| line.entries.len());
        for tap in 0..self.taps {
            let (mut angle, mut phase) = (0_usize, 0);
            for ((line, place), frequency) in self.lines.iter().zip(digits(tap, counts)).zip(frequency) {
                let [part, power] = line.entries[place];
                phase = phase * line.phases + part;
                // Whole turns may overflow: they do not count.
                angle = angle.wrapping_add(power.wrapping_mul(frequency));
            }
            let [cosine, sine] = self.turns.turn(angle);
            for row in 0..kernel.rows() {
                let values = &kernel.row(row)[tap * channels..][..channels];
                for (channel, value) in values.iter().enumerate() {
                    let column = phase * channels + channel;
                    let place = if wide { row * 2 * long + column } else { column * 2 * long + row };
                    entries[place] += value * cosine;
                    entries[place + long] -= value * sine;
                }
            }
        }
        let (upper, lower) = entries.split_at_mut(2 * short * long);
        for (from, to) in upper.chunks_exact(2 * long).zip(lower.chunks_exact_mut(2 * long)) {
            for place in 0..long {
                to[place + long] = from[place];
                to[place] = -from[place + long];
            }
        }
        Ok(entries)
    }

    fn matrix<'a>(&self, entries: &'a [f64], kernel: MatrixRef<'_, f64>) -> MatrixRef<'a, f64> {
        let [short, long] = self.shape(kernel);
        MatrixRef::shaped(entries, 2 * short, 2 * long)
    }

    /// What rounding may do to a response, as a norm; `magnitudes` is at least the norm of the sums of the magnitudes of the
    /// entries that fall into one phase.
    fn error(&self, magnitudes: f64) -> f64 {
        above(2.0 * magnitudes * (TURN_ERROR + gamma(2 * self.taps + 8)))
    }

    /// How many frequencies a dimension there are on a grid, and by how much the norm may be larger in between. None where
    /// no grid is affordable.
    fn grid(&self, kernel: MatrixRef<'_, f64>) -> Option<([usize; DIMENSIONS], f64)> {
        let [short, long] = self.shape(kernel).map(|side| side as f64);
        let price = 4.0 * short * short * long + 1.4 * short * short * short + 200.0;
        for (fineness, affordable) in FINENESS.into_iter().zip(AFFORDABLE) {
            let counts = self.sizes(|line| (line.degree * fineness).next_power_of_two());
            let (mut all, mut least) = (0.5, 1.0);
            for (line, count) in self.lines.iter().zip(counts) {
                all *= count as f64;
                least = below(least * cosine_below(line.degree, 2 * count));
            }
            if all * price <= affordable {
                return Some((counts, above(1.0 / least)));
            }
        }
        None
    }

    /// An upper bound of the norm on inputs without end; infinite where it is not affordable.
    #[inline(never)]
    pub(crate) fn upper(&self, kernel: MatrixRef<'_, f64>, estimate: f64, magnitudes: f64) -> Result<f64, Error> {
        let Some((counts, between)) = self.grid(kernel) else { return Ok(f64::INFINITY) };
        let mut largest = estimate;
        let mut proved = 0.0_f64;
        for frequency in frequencies(counts) {
            let entries = self.response(kernel, frequency)?;
            let response = self.matrix(&entries, kernel);
            let mut certificate = Certificate::new(response, above(2.0 * magnitudes))?;
            let mut bound = certificate.proves(largest * largest).unwrap_or_default();
            if bound == 0.0 {
                let sigma = quick(response)?.max(largest);
                bound = certificate.bound(sigma * sigma);
                // What comes is mostly no larger, and then one decomposition is enough.
                largest = bound;
            }
            proved = proved.max(bound);
        }
        Ok(above(above(proved + self.error(magnitudes)) * between))
    }

    /// The largest norm of a response: the best of a coarse grid, made better step by step.
    #[inline(never)]
    pub(crate) fn supremum(&self, kernel: MatrixRef<'_, f64>, magnitudes: f64) -> Result<Supremum, Error> {
        let counts = self.sizes(|line| (line.degree * 4).next_power_of_two());
        let mut best = Supremum { sigma: 0.0, lower: 0.0, change: 0.0, tried: 0 };
        let mut place = [0; DIMENSIONS];
        let attempt = |frequency: Frequency, place: &mut Frequency, best: &mut Supremum| -> Result<(), Error> {
            let entries = self.response(kernel, frequency)?;
            let sigma = quick(self.matrix(&entries, kernel))?;
            best.tried += 1;
            if sigma > best.sigma {
                (best.sigma, *place) = (sigma, frequency);
            }
            Ok(())
        };
        for frequency in frequencies(counts) {
            attempt(frequency, &mut place, &mut best)?;
        }
        let mut step = (1 << BITS) / counts.into_iter().fold(2, usize::max);
        while step > 0 && best.sigma > 0.0 {
            let before = best.sigma;
            for axis in 0..DIMENSIONS {
                for shift in [step, (1 << BITS) - step] {
                    let mut frequency = place;
                    frequency[axis] = (frequency[axis] + shift) % (1 << BITS);
                    if counts[axis] > 1 {
                        attempt(frequency, &mut place, &mut best)?;
                    }
                }
            }
            best.change = 1.0 - before / best.sigma;
            // Near a maximum what is missing falls to a quarter with every step.
            if best.change < SETTLED && step < SMALL_STEP {
                break;
            }
            step /= 2;
        }
        let rounding = gamma(4 * (kernel.rows() + kernel.columns()));
        let error = above(self.error(magnitudes) + 2.0 * rounding * magnitudes);
        best.lower = below((best.sigma * (1.0 - rounding) - error).max(0.0));
        Ok(best)
    }
}

/// The largest norm of a response.
pub(crate) struct Supremum {
    /// As found.
    pub(crate) sigma: f64,
    /// At most the norm.
    pub(crate) lower: f64,
    /// By how much, relatively, it grew in the last step.
    pub(crate) change: f64,
    /// Frequencies that were tried.
    pub(crate) tried: usize,
}

const SETTLED: f64 = 1e-13;
const SMALL_STEP: usize = 1 << (BITS - 14);

/// The norm of a small matrix, from below.
#[inline(never)]
fn quick(matrix: MatrixRef<'_, f64>) -> Result<f64, Error> {
    if f64::sum_of_squares(matrix.data()) == 0.0 {
        return Ok(0.0);
    }
    let solver = Solver { method: Method::Lanczos, tolerance: 1e-7, ..Solver::default() };
    Ok(solver.run_operator(&matrix)?.sigma)
}

/// All of a grid but those that another one is the negative of, which has the same norm.
fn frequencies(counts: [usize; DIMENSIONS]) -> impl Iterator<Item = Frequency> {
    (0..counts[0] * counts[1] * counts[2]).filter_map(move |index| {
        let mut frequency = digits(index, counts);
        let mut negative = 0;
        for (number, count) in frequency.iter_mut().zip(counts) {
            negative = negative * count + (count - *number) % count;
            *number *= (1 << BITS) / count;
        }
        (index <= negative).then_some(frequency)
    })
}
