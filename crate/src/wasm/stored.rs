//! Norms of what is stored in half of the bytes. Modules may lack these: JavaScript widens then.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::norms::{METHODS, numbers_of, start_of};
use super::{enter, fill, float64, seed_of};
use crate::bfloat16::{self, Bfloat16};
use crate::buffer::{Buffer, Id};
use crate::error::Error;
use crate::kernel::{Kernel, Real};
use crate::matrix::MatrixRef;
use crate::power_iteration::Start;
use crate::product::gram_pass;
use crate::solver::{Method, Solver};

fn stored(buffer: &Buffer, rows: usize, columns: usize) -> Result<MatrixRef<'_, Bfloat16>, Error> {
    match buffer {
        Buffer::Bfloat16(entries) => MatrixRef::new(entries, rows, columns),
        _ => Err(Error::option("matrix", "a bfloat16 buffer")),
    }
}

/// `dominantTriplet` of a bfloat16 buffer.
#[expect(clippy::too_many_arguments, reason = "numbers are what crosses the door cheaply")]
#[wasm_bindgen(js_name = storedTriplet)]
pub fn stored_triplet(
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
        let end = {
            let given = slab.read(v)?;
            let solver = Solver { start: start_of(start, &given)?, ..solver };
            bfloat16::dominant_triplet(stored(&*slab.read(matrix)?, rows, columns)?, &solver)?
        };
        fill(slab, u, "u", &end.u)?;
        fill(slab, v, "v", &end.v)?;
        Ok(numbers_of(&end))
    })
}

/// `frobeniusNorm` of a bfloat16 buffer.
#[wasm_bindgen(js_name = storedFrobeniusNorm)]
pub fn stored_frobenius_norm(matrix: Id, rows: usize, columns: usize) -> Result<f64, JsValue> {
    enter(|slab| bfloat16::frobenius_norm(stored(&*slab.read(matrix)?, rows, columns)?))
}

/// `multiply` of a bfloat16 buffer.
#[wasm_bindgen(js_name = storedMultiply)]
pub fn stored_multiply(
    matrix: Id,
    rows: usize,
    columns: usize,
    adjoint: bool,
    from: Id,
    to: Id,
) -> Result<(), JsValue> {
    enter(|slab| {
        let lengths = if adjoint { [rows, columns] } else { [columns, rows] };
        let (from, mut to) = (slab.read(from)?, slab.write(to)?);
        let from = MatrixRef::new(float64(&from, "from")?, 1, lengths[0])?.data();
        let Buffer::F64(to) = &mut *to else {
            return Err(Error::option("to", "a float64 buffer"));
        };
        MatrixRef::new(to, 1, lengths[1])?;
        bfloat16::multiply(stored(&*slab.read(matrix)?, rows, columns)?, adjoint, from, to);
        Ok(())
    })
}

/// `gramPass` of a bfloat16 buffer, or in float64 of any: the vectors' type tells.
#[wasm_bindgen(js_name = storedGramPass)]
pub fn stored_gram_pass(matrix: Id, rows: usize, columns: usize, v: Id, u: Id, z: Id) -> Result<(), JsValue> {
    enter(|slab| {
        let (matrix, v, mut u, mut z) = (slab.read(matrix)?, slab.read(v)?, slab.write(u)?, slab.write(z)?);
        match (&*matrix, &*v, &mut *u, &mut *z) {
            (Buffer::Bfloat16(w), Buffer::F32(v), Buffer::F32(u), Buffer::F32(z)) => pass(w, [rows, columns], v, u, z),
            (Buffer::Bfloat16(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => pass(w, [rows, columns], v, u, z),
            (Buffer::F32(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => pass(w, [rows, columns], v, u, z),
            (Buffer::F64(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => pass(w, [rows, columns], v, u, z),
            _ => Err(Error::option("v", "a float64 buffer, or one in float32 for bfloat16")),
        }
    })
}

fn pass<T: Kernel<V>, V: Real>(
    matrix: &[T],
    [rows, columns]: [usize; 2],
    v: &[V],
    u: &mut [V],
    z: &mut [V],
) -> Result<(), Error> {
    let v = MatrixRef::new(v, 1, columns)?.data();
    MatrixRef::new(u, 1, rows)?;
    MatrixRef::new(z, 1, columns)?;
    gram_pass(MatrixRef::new(matrix, rows, columns)?, v, u, z);
    Ok(())
}
