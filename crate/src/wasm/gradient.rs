//! Vector-Jacobian products.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{enter, seed_of};
use crate::buffer::{Buffer, Id};
use crate::error::Error;
use crate::matrix::{Element, MatrixRef};
use crate::vector::Vector;

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
