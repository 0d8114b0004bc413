//! Norms of what is stored in half of the bytes. Modules may lack these: JavaScript widens then.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::norms::{METHODS, numbers_of, start_of};
use super::{enter, fill, float64, seed_of};
use crate::buffer::{Buffer, Id};
use crate::error::Error;
use crate::kernel::{Kernel, Real};
use crate::matrix::MatrixRef;
use crate::power_iteration::Start;
use crate::product::gram_pass;
use crate::solver::{Method, Solver};
use crate::stored::{self, Stored};

/// Evaluates an expression for either way to store a matrix of this shape in 16 bits a number.
macro_rules! for_each_half {
    ($buffer:expr, $shape:expr, $matrix:ident => $body:expr) => {
        match $buffer {
            Buffer::Bfloat16(entries) => {
                let $matrix = MatrixRef::new(entries, $shape[0], $shape[1])?;
                $body
            }
            Buffer::Float16(entries) => {
                let $matrix = MatrixRef::new(entries, $shape[0], $shape[1])?;
                $body
            }
            _ => return Err(not_half()),
        }
    };
}

fn not_half() -> Error {
    Error::option("matrix", "a buffer of bfloat16 or float16")
}

/// `dominantTriplet` of a buffer of 16 bits a number.
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
            match &mut *slab.write(matrix)? {
                Buffer::Bfloat16(entries) => stored::dominant_triplet_in_place(entries, [rows, columns], &solver)?,
                Buffer::Float16(entries) => stored::dominant_triplet_in_place(entries, [rows, columns], &solver)?,
                _ => return Err(not_half()),
            }
        };
        fill(slab, u, "u", &end.u)?;
        fill(slab, v, "v", &end.v)?;
        Ok(numbers_of(&end))
    })
}

/// `frobeniusNorm` of a buffer of 16 bits a number.
#[wasm_bindgen(js_name = storedFrobeniusNorm)]
pub fn stored_frobenius_norm(matrix: Id, rows: usize, columns: usize) -> Result<f64, JsValue> {
    enter(|slab| for_each_half!(&*slab.read(matrix)?, [rows, columns], matrix => stored::frobenius_norm(matrix)))
}

/// `multiply` of a buffer of 16 bits a number.
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
        for_each_half!(&*slab.read(matrix)?, [rows, columns], matrix => stored::multiply(matrix, adjoint, from, to))
    })
}

/// `gramPass` of a buffer of 16 bits a number, or in float64 of any: the vectors' type tells.
#[wasm_bindgen(js_name = storedGramPass)]
pub fn stored_gram_pass(matrix: Id, rows: usize, columns: usize, v: Id, u: Id, z: Id) -> Result<(), JsValue> {
    enter(|slab| {
        let (matrix, v, mut u, mut z) = (slab.read(matrix)?, slab.read(v)?, slab.write(u)?, slab.write(z)?);
        let shape = [rows, columns];
        match (&*matrix, &*v, &mut *u, &mut *z) {
            (Buffer::Bfloat16(w), Buffer::F32(v), Buffer::F32(u), Buffer::F32(z)) => half_pass(w, shape, v, u, z),
            (Buffer::Bfloat16(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => half_pass(w, shape, v, u, z),
            (Buffer::Float16(w), Buffer::F32(v), Buffer::F32(u), Buffer::F32(z)) => half_pass(w, shape, v, u, z),
            (Buffer::Float16(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => half_pass(w, shape, v, u, z),
            (Buffer::F32(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => whole_pass(w, shape, v, u, z),
            (Buffer::F64(w), Buffer::F64(v), Buffer::F64(u), Buffer::F64(z)) => whole_pass(w, shape, v, u, z),
            _ => Err(Error::option("v", "a float64 buffer, or one in float32 for 16 bits a number")),
        }
    })
}

fn half_pass<T: Stored, V: Real>(w: &[T], shape: [usize; 2], v: &[V], u: &mut [V], z: &mut [V]) -> Result<(), Error>
where
    T::Tile: Kernel<V>,
{
    check(shape, v, u, z)?;
    stored::gram_pass(MatrixRef::new(w, shape[0], shape[1])?, v, u, z)
}

fn whole_pass<T: Kernel<V>, V: Real>(
    w: &[T],
    shape: [usize; 2],
    v: &[V],
    u: &mut [V],
    z: &mut [V],
) -> Result<(), Error> {
    check(shape, v, u, z)?;
    gram_pass(MatrixRef::new(w, shape[0], shape[1])?, v, u, z);
    Ok(())
}

fn check<V>([rows, columns]: [usize; 2], v: &[V], u: &[V], z: &[V]) -> Result<(), Error> {
    MatrixRef::new(v, 1, columns)?;
    MatrixRef::new(u, 1, rows)?;
    MatrixRef::new(z, 1, columns)?;
    Ok(())
}
