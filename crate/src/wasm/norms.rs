//! Norms and power iteration.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{enter, fill, float64, seed_of};
use crate::buffer::{Buffer, Id, Slab};
use crate::error::Error;
use crate::matrix::MatrixRef;
use crate::power_iteration::{PowerIteration, Start, Stop, Triplet};
use crate::search::Form;
use crate::solver::{Method, Solver};

/// Runs a search on a buffer and writes its vectors out. The start of kind 2 is read from the buffer `start`.
#[inline(never)]
fn run(
    slab: &Slab,
    [matrix, u, v, start]: [Id; 4],
    [rows, columns]: [usize; 2],
    kind: u8,
    search: Search<'_>,
) -> Result<Triplet, Error> {
    // The start is lent for the length of the run alone: its buffer is one of those to be filled.
    let triplet = {
        let given = slab.read(start)?;
        let start = start_of(kind, &given)?;
        for_each_type!(&*slab.read(matrix)?, data => {
            let matrix = MatrixRef::new(data, rows, columns)?;
            match search {
                Search::Steps(iteration) => PowerIteration { start, ..iteration }.run(matrix)?,
                Search::Accuracy(solver) => Solver { start, ..solver }.run(matrix)?,
            }
        })
    };
    fill(slab, u, "u", &triplet.u)?;
    fill(slab, v, "v", &triplet.v)?;
    Ok(triplet)
}

/// What is run: a count of steps, or a search to an accuracy.
#[derive(Clone, Copy)]
enum Search<'a> {
    Steps(PowerIteration<'a>),
    Accuracy(Solver<'a>),
}

/// Methods by number, as JavaScript names them.
pub(super) const METHODS: [Method; 4] = [Method::Auto, Method::Power, Method::Lanczos, Method::Exact];

/// Runs to a tolerance by a method (0 auto, 1 power, 2 lanczos, 3 exact): fills `u` and `v`, returns
/// `[sigma, residual, gap, iterations, method, converged, restarted]`. A given start is read from `v`.
#[expect(clippy::too_many_arguments, reason = "numbers are what crosses the door cheaply")]
#[wasm_bindgen(js_name = dominantTriplet)]
pub fn dominant_triplet(
    matrix: Id,
    rows: usize,
    columns: usize,
    method: u8,
    tolerance: f64,
    max_iterations: usize,
    start: u8,
    seed: f64,
    gap: bool,
    u: Id,
    v: Id,
) -> Result<Vec<f64>, JsValue> {
    let method = METHODS.get(usize::from(method)).copied().unwrap_or(Method::Auto);
    let solver = Solver { method, start: Start::Ones, tolerance, max_iterations, seed: seed_of(seed), gap };
    enter(|slab| {
        let end = run(slab, [matrix, u, v, v], [rows, columns], start, Search::Accuracy(solver))?;
        Ok(numbers_of(&end))
    })
}

/// What a search tells besides its vectors.
#[inline(never)]
pub(super) fn numbers_of(end: &Triplet) -> Vec<f64> {
    let code = METHODS.iter().position(|&method| method == end.method).unwrap_or_default();
    let flags = [end.converged, end.restarted].map(|flag| f64::from(u8::from(flag)));
    vec![end.sigma, end.residual, end.gap, end.iterations as f64, code as f64, flags[0], flags[1]]
}

/// A start by its kind: that of kind 2 is read from the buffer.
pub(super) fn start_of(kind: u8, given: &Buffer) -> Result<Start<'_>, Error> {
    match kind {
        0 => Ok(Start::Ones),
        1 => Ok(Start::Random),
        _ => Ok(Start::Given(float64(given, "start")?)),
    }
}

/// Runs a fixed number of steps: fills `u`, `v` and `history`, returns `[sigma, restarted]`. A given start is read from
/// `u`, or from `v` for the Gram form.
#[expect(clippy::too_many_arguments, reason = "numbers are what crosses the door cheaply")]
#[wasm_bindgen(js_name = powerIteration)]
pub fn power_iteration(
    matrix: Id,
    rows: usize,
    columns: usize,
    gram: bool,
    iterations: usize,
    start: u8,
    seed: f64,
    u: Id,
    v: Id,
    history: Id,
) -> Result<Vec<f64>, JsValue> {
    let (form, side) = if gram { (Form::Gram, v) } else { (Form::Alternating, u) };
    let stop = Stop::Steps(iterations);
    let iteration = PowerIteration { form, start: Start::Ones, stop, seed: seed_of(seed) };
    enter(|slab| {
        let end = run(slab, [matrix, u, v, side], [rows, columns], start, Search::Steps(iteration))?;
        fill(slab, history, "history", &end.history)?;
        Ok(vec![end.sigma, f64::from(u8::from(end.restarted))])
    })
}

/// The Frobenius norm.
#[wasm_bindgen(js_name = frobeniusNorm)]
pub fn frobenius_norm(matrix: Id, rows: usize, columns: usize) -> Result<f64, JsValue> {
    enter(|slab| {
        for_each_type!(&*slab.read(matrix)?, data => {
            crate::frobenius_norm(MatrixRef::new(data, rows, columns)?)
        })
    })
}

/// The spectral radius.
#[wasm_bindgen(js_name = spectralRadius)]
pub fn spectral_radius(matrix: Id, rows: usize, columns: usize) -> Result<f64, JsValue> {
    enter(|slab| {
        for_each_type!(&*slab.read(matrix)?, data => {
            crate::spectral_radius(MatrixRef::new(data, rows, columns)?)
        })
    })
}
