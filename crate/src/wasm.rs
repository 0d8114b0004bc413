//! The door to JavaScript, the only file that knows wasm-bindgen.
//!
//! JavaScript holds numbers of buffers, never addresses to hand back, so that no call can reach memory that was freed.
//! Every function here looks its buffers up, views them as what they are, delegates, and maps the error to the string
//! `CODE|message`. None of them panics: a trap would leave the instance unusable.

use std::cell::RefCell;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::buffer::{Buffer, Id, Slab};
use crate::error::{Count, Error};
use crate::matrix::{Element, MatrixRef};
use crate::power_iteration::{PowerIteration, Start, Stop, Triplet};
use crate::search::Form;
use crate::vector::Vector;

/// In the place of the standard one, for it is smaller.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

thread_local! {
    static SLAB: RefCell<Slab> = const { RefCell::new(Slab::new()) };
}

impl From<Error> for JsValue {
    #[inline(never)]
    fn from(error: Error) -> Self {
        JsValue::from_str(&format!("{}|{error}", error.code()))
    }
}

/// Runs with the buffers at hand, and maps the error.
fn enter<R>(body: impl FnOnce(&Slab) -> Result<R, Error>) -> Result<R, JsValue> {
    Ok(SLAB.with_borrow(body)?)
}

fn insert(buffer: Buffer) -> Result<Id, JsValue> {
    Ok(SLAB.with_borrow_mut(|slab| slab.insert(buffer))?)
}

/// Evaluates an expression for either element type of a buffer.
macro_rules! for_each_type {
    ($buffer:expr, $name:ident => $body:expr) => {
        match $buffer {
            Buffer::F32($name) => $body,
            Buffer::F64($name) => $body,
        }
    };
}

fn float64<'a>(buffer: &'a Buffer, what: &'static str) -> Result<&'a [f64], Error> {
    match buffer {
        Buffer::F64(values) => Ok(values),
        Buffer::F32(_) => Err(Error::Option { what, expected: "a float64 buffer" }),
    }
}

/// Copies `values` into a float64 buffer of the same length.
#[inline(never)]
fn fill(slab: &Slab, id: Id, what: &'static str, values: &[f64]) -> Result<(), Error> {
    match &mut *slab.write(id)? {
        Buffer::F64(target) if target.len() == values.len() => {
            target.copy_from_slice(values);
            Ok(())
        }
        Buffer::F64(target) => Err(Error::Shape { what, expected: Count::Exactly(values.len()), got: target.len() }),
        Buffer::F32(_) => Err(Error::Option { what, expected: "a float64 buffer" }),
    }
}

/// A seed from a JavaScript number; the caller has checked that it is a safe integer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
fn seed_of(number: f64) -> u64 {
    number as u64
}

/// A new zero-filled buffer: dtype 0 is float32, 1 is float64.
#[wasm_bindgen(js_name = bufferNew)]
pub fn buffer_new(dtype: u8, length: usize) -> Result<Id, JsValue> {
    insert(match dtype {
        0 => Buffer::F32(Vector::try_zeroed(length)?),
        1 => Buffer::F64(Vector::try_zeroed(length)?),
        _ => {
            return Err(Error::Option { what: "dtype", expected: "0 or 1" }.into());
        }
    })
}

/// Frees a buffer; false if it was not live.
#[must_use]
#[wasm_bindgen(js_name = bufferFree)]
pub fn buffer_free(id: Id) -> bool {
    SLAB.with_borrow_mut(|slab| slab.remove(id))
}

/// The byte address of a live buffer, for a view over it.
#[wasm_bindgen(js_name = bufferAddress)]
pub fn buffer_address(id: Id) -> Result<usize, JsValue> {
    enter(|slab| Ok(slab.read(id)?.address()))
}

/// A new buffer `[extent, outer, inner]` from one of shape `[outer, extent, inner]`.
#[wasm_bindgen(js_name = bufferAxisToFront)]
pub fn buffer_axis_to_front(id: Id, outer: usize, extent: usize, inner: usize) -> Result<Id, JsValue> {
    fn moved<T: Element>(source: &[T], [outer, extent, inner]: [usize; 3]) -> Result<Vector<T>, Error> {
        let mut target = Vector::try_zeroed(source.len())?;
        crate::axis_to_front(source, outer, extent, inner, &mut target)?;
        Ok(target)
    }
    let lengths = [outer, extent, inner];
    insert(enter(|slab| {
        Ok(match &*slab.read(id)? {
            Buffer::F32(source) => Buffer::F32(moved(source, lengths)?),
            Buffer::F64(source) => Buffer::F64(moved(source, lengths)?),
        })
    })?)
}

/// Throws where the matrix holds a NaN or an infinity.
#[wasm_bindgen(js_name = checkFinite)]
pub fn check_finite(matrix: Id, rows: usize, columns: usize) -> Result<(), JsValue> {
    enter(|slab| {
        for_each_type!(&*slab.read(matrix)?, data => {
            MatrixRef::new(data, rows, columns)?.max_magnitude()?;
        });
        Ok(())
    })
}

/// Runs an iteration on a buffer and writes its vectors out. The start of kind 2 is read from the buffer `start`.
#[inline(never)]
fn run(
    slab: &Slab,
    [matrix, u, v, start]: [Id; 4],
    [rows, columns]: [usize; 2],
    kind: u8,
    iteration: PowerIteration<'_>,
) -> Result<Triplet, Error> {
    // The start is lent for the length of the run alone: its buffer is one of those to be filled.
    let triplet = {
        let given = slab.read(start)?;
        let start = match kind {
            0 => Start::Ones,
            1 => Start::Random,
            _ => Start::Given(float64(&given, "start")?),
        };
        let iteration = PowerIteration { start, ..iteration };
        for_each_type!(&*slab.read(matrix)?, data => iteration.run(MatrixRef::new(data, rows, columns)?)?)
    };
    fill(slab, u, "u", &triplet.u)?;
    fill(slab, v, "v", &triplet.v)?;
    Ok(triplet)
}

/// Runs to a tolerance: fills `u` and `v`, returns `[sigma, residual, iterations, converged, restarted]`. A given
/// start is read from `v`.
#[expect(clippy::too_many_arguments, reason = "numbers are what crosses the door cheaply")]
#[wasm_bindgen(js_name = dominantTriplet)]
pub fn dominant_triplet(
    matrix: Id,
    rows: usize,
    columns: usize,
    tolerance: f64,
    max_iterations: usize,
    start: u8,
    seed: f64,
    u: Id,
    v: Id,
) -> Result<Vec<f64>, JsValue> {
    let stop = Stop::Tolerance { tolerance, max_iterations };
    let iteration = PowerIteration { form: Form::Gram, start: Start::Ones, stop, seed: seed_of(seed) };
    enter(|slab| {
        let end = run(slab, [matrix, u, v, v], [rows, columns], start, iteration)?;
        let flags = [end.converged, end.restarted].map(|flag| f64::from(u8::from(flag)));
        Ok(vec![end.sigma, end.residual, end.iterations as f64, flags[0], flags[1]])
    })
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
        let end = run(slab, [matrix, u, v, side], [rows, columns], start, iteration)?;
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

/// `uᵀWv` for float64 buffers `u` and `v`.
#[wasm_bindgen(js_name = bilinearForm)]
pub fn bilinear_form(matrix: Id, rows: usize, columns: usize, u: Id, v: Id) -> Result<f64, JsValue> {
    enter(|slab| {
        let (u, v) = (slab.read(u)?, slab.read(v)?);
        let (u, v) = (float64(&u, "u")?, float64(&v, "v")?);
        for_each_type!(&*slab.read(matrix)?, data => {
            crate::bilinear_form(MatrixRef::new(data, rows, columns)?, u, v)
        })
    })
}

const OTHER_TYPE: Error = Error::Option { what: "out", expected: "the element type of the input" };

/// Copies `source` to `out`, unless they are one buffer.
#[inline(never)]
fn copy(slab: &Slab, source: Id, out: Id) -> Result<(), Error> {
    if source.to_bits() == out.to_bits() {
        return Ok(());
    }
    let (source, mut out) = (slab.read(source)?, slab.write(out)?);
    let (expected, got) = (source.len(), out.len());
    if expected != got {
        return Err(Error::Shape { what: "out", expected: Count::Exactly(expected), got });
    }
    match (&*source, &mut *out) {
        (Buffer::F32(source), Buffer::F32(out)) => out.copy_from_slice(source),
        (Buffer::F64(source), Buffer::F64(out)) => out.copy_from_slice(source),
        _ => return Err(OTHER_TYPE),
    }
    Ok(())
}

/// `out = source · target/sigma`; `out` may be `source`.
#[wasm_bindgen(js_name = scaleToNorm)]
pub fn scale_to_norm(source: Id, out: Id, sigma: f64, target: f64) -> Result<(), JsValue> {
    enter(|slab| {
        if source.to_bits() == out.to_bits() {
            return for_each_type!(&mut *slab.write(out)?, values => crate::scale_to_norm(values, sigma, target));
        }
        match (&*slab.read(source)?, &mut *slab.write(out)?) {
            (Buffer::F32(source), Buffer::F32(out)) => crate::scale_to_norm_into(source, sigma, target, out),
            (Buffer::F64(source), Buffer::F64(out)) => crate::scale_to_norm_into(source, sigma, target, out),
            _ => Err(OTHER_TYPE),
        }
    })
}

/// `out = source` clamped to `[-limit, limit]`, and how many entries changed; `out` may be `source`.
#[wasm_bindgen(js_name = clipWeights)]
pub fn clip_weights(source: Id, out: Id, limit: f64) -> Result<usize, JsValue> {
    enter(|slab| {
        copy(slab, source, out)?;
        for_each_type!(&mut *slab.write(out)?, values => crate::clip_weights(values, limit))
    })
}

/// `out = source` scaled into the Frobenius ball of radius `limit`, and its norm before; `out` may be `source`.
#[wasm_bindgen(js_name = clipFrobenius)]
pub fn clip_frobenius(source: Id, out: Id, limit: f64) -> Result<f64, JsValue> {
    enter(|slab| {
        copy(slab, source, out)?;
        for_each_type!(&mut *slab.write(out)?, values => crate::clip_frobenius(values, limit))
    })
}

/// The vector-Jacobian product of the article's `W ↦ W/σ(W)`: `out` from the cotangent `g`, all of one type and length.
#[wasm_bindgen(js_name = articleGradient)]
pub fn article_gradient(
    matrix: Id,
    rows: usize,
    columns: usize,
    iterations: usize,
    seed: f64,
    g: Id,
    out: Id,
) -> Result<(), JsValue> {
    fn gradient<T: Element>(
        [matrix, g]: [&Vector<T>; 2],
        [rows, columns, iterations]: [usize; 3],
        seed: f64,
        out: &mut Vector<T>,
    ) -> Result<(), Error> {
        let matrix = MatrixRef::new(matrix, rows, columns)?;
        crate::article_gradient(matrix, iterations, seed_of(seed), g, out)
    }
    let lengths = [rows, columns, iterations];
    enter(|slab| match (&*slab.read(matrix)?, &*slab.read(g)?, &mut *slab.write(out)?) {
        (Buffer::F32(matrix), Buffer::F32(g), Buffer::F32(out)) => gradient([matrix, g], lengths, seed, out),
        (Buffer::F64(matrix), Buffer::F64(g), Buffer::F64(out)) => gradient([matrix, g], lengths, seed, out),
        _ => Err(Error::Option { what: "g", expected: "the element type of the matrix" }),
    })
}
