//! What is held against the reference, and counted.

use spectral_norm::{Certainty, Element, ErrorKind, MatrixRef, Solver, spectral_norm, spectral_norm_bounds};

use crate::families::{Data, Sample};
use crate::reference::{Reference, reference};

/// A certainty that is missed once in a million times.
const PROBABLE: f64 = 1.0 - 1e-6;
const TOLERANCE: f64 = 1e-6;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub matrices: usize,
    pub violations: usize,
    pub unreferenced: usize,
    unconverged: usize,
    missed: usize,
    /// The largest relative width of a rigorous interval.
    width: f64,
    /// The largest relative error of a norm that converged.
    error: f64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.matrices += other.matrices;
        self.violations += other.violations;
        self.unreferenced += other.unreferenced;
        self.unconverged += other.unconverged;
        self.missed += other.missed;
        self.width = self.width.max(other.width);
        self.error = self.error.max(other.error);
    }

    pub fn heading() -> String {
        format!(
            "{:16}{:>9}{:>12}{:>14}{:>13}{:>18}{:>12}{:>12}",
            "", "matrices", "violations", "no reference", "unconverged", "missed at 1-1e-6", "width", "error"
        )
    }

    pub fn row(&self, name: &str) -> String {
        let Self { matrices, violations, unreferenced, unconverged, missed, width, error } = self;
        format!(
            "{name:16}{matrices:>9}{violations:>12}{unreferenced:>14}{unconverged:>13}{missed:>18}{width:>12.1e}{error:>12.1e}"
        )
    }

    pub fn hold(&mut self, holds: bool, what: &str, rows: usize, columns: usize) {
        if !holds {
            self.violations += 1;
            eprintln!("violation: {what}, {rows}×{columns}");
        }
    }

    /// The width of an interval and the error of a norm.
    pub fn note(&mut self, width: f64, error: f64) {
        self.width = self.width.max(width);
        self.error = self.error.max(error);
    }
}

pub fn check(sample: &Sample, tally: &mut Tally) {
    match &sample.data {
        Data::F32(data) => check_entries(sample, data, 1e-5, 1e-6, tally),
        Data::F64(data) => check_entries(sample, data, 1e-6, 1e-12, tally),
    }
}

/// With the largest width of an interval, and the most that a norm may be above the true one.
fn check_entries<T: Element>(sample: &Sample, data: &[T], widest: f64, above: f64, tally: &mut Tally) {
    tally.matrices += 1;
    let (rows, columns) = (sample.rows, sample.columns);
    let matrix = MatrixRef::new(data, rows, columns).expect("the shape fits");
    let entries: Vec<f64> = data.iter().map(|&entry| entry.into()).collect();
    let most = entries.iter().fold(0.0_f64, |most, entry| most.max(entry.abs()));
    if most == 0.0 {
        let found = spectral_norm_bounds(matrix, Certainty::Rigorous, 0).expect("the entries are finite");
        tally.hold(found.lower == 0.0 && found.upper == 0.0, "zero", rows, columns);
        return;
    }
    // By a power of two, exactly, to where nothing leaves the range of f64; twice, for one might be beyond it.
    let half = -(most.log2() / 2.0).floor() as i32;
    let scale = |value: f64| value * 2.0_f64.powi(half) * 2.0_f64.powi(half);
    let scaled: Vec<f64> = entries.iter().map(|&entry| scale(entry)).collect();
    let Some(Reference { sigma, bar }) = reference(&scaled, rows, columns) else {
        tally.unreferenced += 1;
        return;
    };
    let least = scale(5e-324);
    for certainty in [Certainty::Cheap, Certainty::Probable(PROBABLE), Certainty::Rigorous] {
        let found = spectral_norm_bounds(matrix, certainty, 0).expect("the entries are finite");
        let (lower, upper) = (scale(found.lower), scale(found.upper));
        let holds = lower <= sigma + bar && sigma - bar <= upper;
        if let Certainty::Probable(_) = certainty {
            tally.missed += usize::from(!holds);
            continue;
        }
        tally.hold(holds, &format!("{certainty:?}: {lower:e} {sigma:e} {upper:e}"), rows, columns);
        if certainty == Certainty::Rigorous {
            // A subnormal bound has no more digits than its place.
            let width = (upper - lower - 4.0 * least).max(0.0) / sigma;
            tally.width = tally.width.max(width);
            tally.hold(width <= widest, &format!("width {width:e}"), rows, columns);
        }
    }
    match spectral_norm(matrix, &Solver::default()) {
        Ok(found) => {
            let error = 1.0 - scale(found) / sigma;
            let slack = (bar + least) / sigma;
            tally.error = tally.error.max(error - slack);
            tally.hold(error <= TOLERANCE + slack, &format!("error {error:e}"), rows, columns);
            tally.hold(-error <= above + slack, &format!("above by {:e}", -error), rows, columns);
        }
        Err(error) if matches!(error.kind(), ErrorKind::Convergence { .. }) => tally.unconverged += 1,
        Err(error) => tally.hold(false, &error.to_string(), rows, columns),
    }
}
