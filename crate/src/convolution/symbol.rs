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

use super::geometry::{Axis, greatest_common_divisor};
use crate::certificate::Certificate;
use crate::error::Error;
use crate::kernel::Real;
use crate::matrix::MatrixRef;
use crate::rounding::{UNIT, above, below, gamma};
use crate::solver::{Method, Solver};
use crate::vector::Vector;

/// Frequencies are whole multiples of `2π/2^BITS`.
const BITS: usize = 24;
/// What a turn may be off by: up to `BITS` products of roots of unity, each from as many half angles.
const TURN_ERROR: f64 = 4096.0 * UNIT;
/// Frequencies a dimension, in multiples of the degree, the finest that is affordable being taken.
const FINENESS: [usize; 3] = [16, 8, 4];
/// Multiplications that each of them may take, at most.
const AFFORDABLE: [f64; 3] = [1e9, 2e9, 2e10];

/// One entry of a kernel: its phase, and its power of `e^{iω}` in each dimension.
struct Tap {
    phase: usize,
    powers: Vec<usize>,
}

/// What the responses of all groups have in common.
pub(crate) struct Symbol {
    taps: Vec<Tap>,
    phases: usize,
    /// In each dimension.
    degrees: Vec<usize>,
    /// `roots[b] = e^{2πi/2^b}`.
    roots: [[f64; 2]; BITS + 1],
}

/// A frequency: one number a dimension, in units of `2π/2^BITS`.
type Frequency = Vec<usize>;

impl Symbol {
    pub(crate) fn new(axes: &[Axis]) -> Self {
        let start =
            Self { taps: vec![Tap { phase: 0, powers: Vec::new() }], phases: 1, degrees: Vec::new(), roots: roots() };
        axes.iter().fold(start, Self::along)
    }

    /// With one dimension more.
    fn along(self, axis: &Axis) -> Self {
        let place = |entry: usize| entry * axis.dilation;
        let first =
            |phase: usize| (0..axis.kernel).map(place).find(|place| place % axis.stride == phase).unwrap_or_default();
        let mut phases: Vec<usize> = Vec::new();
        let mut entries = Vec::with_capacity(axis.kernel);
        for entry in 0..axis.kernel {
            let phase = place(entry) % axis.stride;
            // A shift of a whole phase turns its columns alone, and leaves the norm as it is.
            let power = (place(entry) - first(phase)) / axis.stride;
            let known = phases.iter().position(|&other| other == phase).unwrap_or(phases.len());
            if known == phases.len() {
                phases.push(phase);
            }
            entries.push((known, power));
        }
        let common = entries.iter().fold(0, |common, &(_, power)| greatest_common_divisor(common, power)).max(1);
        let degree = entries.iter().map(|&(_, power)| power / common).max().unwrap_or_default();
        let mut taps = Vec::with_capacity(self.taps.len() * axis.kernel);
        for tap in &self.taps {
            for &(phase, power) in &entries {
                let mut powers = tap.powers.clone();
                powers.push(power / common);
                taps.push(Tap { phase: tap.phase * phases.len() + phase, powers });
            }
        }
        let mut degrees = self.degrees;
        degrees.push(degree);
        Self { taps, phases: self.phases * phases.len(), degrees, roots: self.roots }
    }

    /// `e^{2πi·angle/2^BITS}`.
    fn turn(&self, angle: usize) -> [f64; 2] {
        let mut turn = [1.0, 0.0];
        for bit in 0..BITS {
            if angle >> bit & 1 == 1 {
                let root = self.roots[BITS - bit];
                turn = [turn[0] * root[0] - turn[1] * root[1], turn[0] * root[1] + turn[1] * root[0]];
            }
        }
        turn
    }

    /// The response at a frequency as a real matrix of twice the size, `[Re −Im; Im Re]`, with the smaller side as rows.
    fn response(&self, kernel: MatrixRef<'_, f64>, frequency: &[usize]) -> Result<Vector<f64>, Error> {
        let channels = kernel.columns() / self.taps.len();
        let (rows, columns) = (kernel.rows(), channels * self.phases);
        let (short, long) = (rows.min(columns), rows.max(columns));
        let mut entries = Vector::<f64>::try_zeroed(4 * rows * columns)?;
        for (index, tap) in self.taps.iter().enumerate() {
            // Whole turns may overflow: they do not count.
            let turned =
                |angle: usize, (power, frequency): (&usize, &usize)| angle.wrapping_add(power.wrapping_mul(*frequency));
            let [cosine, sine] = self.turn(tap.powers.iter().zip(frequency).fold(0, turned));
            for row in 0..rows {
                let values = &kernel.row(row)[index * channels..][..channels];
                for (channel, value) in values.iter().enumerate() {
                    let column = tap.phase * channels + channel;
                    let (a, b) = if rows <= columns { (row, column) } else { (column, row) };
                    let place = a * 2 * long + b;
                    entries[place] += value * cosine;
                    entries[place + long] -= value * sine;
                }
            }
        }
        for row in 0..short {
            let (upper, lower) = entries.split_at_mut((short + row) * 2 * long);
            let [real, imaginary] = [&upper[row * 2 * long..][..long], &upper[row * 2 * long + long..][..long]];
            lower[long..2 * long].copy_from_slice(real);
            lower[..long].iter_mut().zip(imaginary).for_each(|(target, value)| *target = -value);
        }
        Ok(entries)
    }

    fn matrix<'a>(&self, entries: &'a [f64], kernel: MatrixRef<'_, f64>) -> MatrixRef<'a, f64> {
        let columns = kernel.columns() / self.taps.len() * self.phases;
        let short = 2 * kernel.rows().min(columns);
        MatrixRef::shaped(entries, short, entries.len() / short)
    }

    /// What rounding may do to a response, as a norm, where `magnitudes` is at least that of the reshaped matrix of
    /// magnitudes times the root of the taps.
    fn error(&self, magnitudes: f64) -> f64 {
        above(2.0 * magnitudes * (TURN_ERROR + gamma(2 * self.taps.len() + 8)))
    }

    /// Frequencies of a grid, up to the sign of all of them, which does not change the norm; and by how much the norm may be
    /// larger in between. None where no grid is affordable.
    fn grid(&self, kernel: MatrixRef<'_, f64>) -> Option<(Vec<Frequency>, f64)> {
        let columns = kernel.columns() / self.taps.len() * self.phases;
        let (short, long) = (kernel.rows().min(columns) as f64, kernel.rows().max(columns) as f64);
        let price = 4.0 * short * short * long + 1.4 * short * short * short + 200.0;
        for (fineness, affordable) in FINENESS.into_iter().zip(AFFORDABLE) {
            let counts: Vec<usize> =
                self.degrees.iter().map(|degree| (degree * fineness).next_power_of_two().max(1)).collect();
            let count = counts.iter().fold(1, |all: usize, &count| all.saturating_mul(count));
            if count.div_ceil(2) as f64 * price > affordable {
                continue;
            }
            let shares = self.degrees.iter().zip(&counts).map(|(&degree, &count)| cosine_below(degree, 2 * count));
            let between = above(1.0 / shares.fold(1.0, |all: f64, share| below(all * share)));
            return Some((frequencies(&counts), between));
        }
        None
    }

    /// An upper bound of the norm on inputs without end; infinite where it is not affordable.
    pub(crate) fn upper(&self, kernel: MatrixRef<'_, f64>, estimate: f64, magnitudes: f64) -> Result<f64, Error> {
        let Some((grid, between)) = self.grid(kernel) else { return Ok(f64::INFINITY) };
        let mut largest = estimate;
        let mut proved = 0.0_f64;
        for frequency in &grid {
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
    pub(crate) fn supremum(&self, kernel: MatrixRef<'_, f64>, magnitudes: f64) -> Result<Supremum, Error> {
        let counts: Vec<usize> = self.degrees.iter().map(|degree| (degree * 4).next_power_of_two().max(1)).collect();
        let mut best = Best { sigma: 0.0, frequency: vec![0; counts.len()], tried: 0 };
        for frequency in frequencies(&counts) {
            self.attempt(kernel, frequency, &mut best)?;
        }
        let finest = counts.iter().max().map_or(BITS, |&count| BITS - count.ilog2() as usize);
        let mut change = 0.0;
        for step in (0..finest).rev().map(|bit| 1_usize << bit) {
            let before = best.sigma;
            for axis in (0..counts.len()).filter(|&axis| counts[axis] > 1) {
                for shift in [step, (1 << BITS) - step] {
                    let mut frequency = best.frequency.clone();
                    frequency[axis] = (frequency[axis] + shift) % (1 << BITS);
                    self.attempt(kernel, frequency, &mut best)?;
                }
            }
            change = if best.sigma > 0.0 { 1.0 - before / best.sigma } else { 0.0 };
            // Near a maximum what is missing falls to a quarter with every step.
            if change < SETTLED && step < SMALL_STEP {
                break;
            }
        }
        let rounding = gamma(4 * (kernel.rows() + kernel.columns()));
        let error = above(self.error(magnitudes) + 2.0 * rounding * magnitudes);
        let lower = below((best.sigma * (1.0 - rounding) - error).max(0.0));
        Ok(Supremum { sigma: best.sigma, lower, change, tried: best.tried })
    }

    fn attempt(&self, kernel: MatrixRef<'_, f64>, frequency: Frequency, best: &mut Best) -> Result<(), Error> {
        let entries = self.response(kernel, &frequency)?;
        let sigma = quick(self.matrix(&entries, kernel))?;
        best.tried += 1;
        if sigma > best.sigma {
            (best.sigma, best.frequency) = (sigma, frequency);
        }
        Ok(())
    }
}

/// The best frequency so far.
struct Best {
    sigma: f64,
    frequency: Frequency,
    tried: usize,
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
fn quick(matrix: MatrixRef<'_, f64>) -> Result<f64, Error> {
    if f64::sum_of_squares(matrix.data()) == 0.0 {
        return Ok(0.0);
    }
    let solver = Solver { method: Method::Lanczos, tolerance: 1e-7, ..Solver::default() };
    Ok(solver.run_operator(&matrix)?.sigma)
}

/// All of a grid but those that another one is the negative of.
fn frequencies(counts: &[usize]) -> Vec<Frequency> {
    let mut all: Vec<Frequency> = vec![Vec::new()];
    let mut halved = false;
    for &count in counts {
        let most = if halved || count == 1 { count } else { count / 2 + 1 };
        halved |= count > 1;
        let unit = (1 << BITS) / count;
        all = all
            .iter()
            .flat_map(|known| (0..most).map(move |index| [known.as_slice(), &[index * unit]].concat()))
            .collect();
    }
    all
}

/// Roots of unity by half angles, which need no cosine.
fn roots() -> [[f64; 2]; BITS + 1] {
    let mut roots = [[1.0_f64, 0.0]; BITS + 1];
    roots[1] = [-1.0, 0.0];
    roots[2] = [0.0, 1.0];
    for bit in 3..=BITS {
        let [cosine, sine] = roots[bit - 1];
        let half = (0.5 * (1.0 + cosine)).sqrt();
        roots[bit] = [half, 0.5 * sine / half];
    }
    roots
}

/// At most `cos(π · part/whole)`, for parts up to half of the whole: by the series, which alternates.
fn cosine_below(part: usize, whole: usize) -> f64 {
    let x = above(std::f64::consts::PI * part as f64 / whole as f64);
    let square = above(x * x);
    below(1.0 - above(square / 2.0) + below(square * square / 24.0 - above(above(square * square) * square / 720.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_lie_on_the_circle_where_they_should() {
        let symbol = Symbol::new(&[]);
        for angle in (0..1 << BITS).step_by(98_765) {
            let [cosine, sine] = symbol.turn(angle);
            let exact = 2.0 * std::f64::consts::PI * angle as f64 / (1 << BITS) as f64;
            let off = (cosine - exact.cos()).hypot(sine - exact.sin());
            assert!(off < 0.1 * TURN_ERROR, "{angle}: {off:e}");
        }
    }

    #[test]
    fn cosines_are_below() {
        for whole in 2..200 {
            for part in 0..=whole / 4 {
                let exact = (std::f64::consts::PI * part as f64 / whole as f64).cos();
                let bound = cosine_below(part, whole);
                assert!(bound <= exact && exact - bound < 4e-4, "{part}/{whole}: {bound} {exact}");
            }
        }
    }
}
