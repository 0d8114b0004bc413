//! Vector-Jacobian products.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{enter, float64};
use crate::buffer::{Buffer, Id};
use crate::error::Error;
use crate::matrix::MatrixRef;

/// `out = scale · source + Σ coefficients[k] · uₖvₖᵀ`, `out` being of the type of the source, and another buffer. The
/// coefficients and vectors are float64.
#[expect(clippy::too_many_arguments, reason = "numbers are what crosses the door cheaply")]
#[wasm_bindgen(js_name = addOuter)]
pub fn add_outer(
    source: Id,
    rows: usize,
    columns: usize,
    scale: f64,
    coefficients: Id,
    u: Id,
    v: Id,
    out: Id,
) -> Result<(), JsValue> {
    enter(|slab| {
        let (coefficients, u, v) = (slab.read(coefficients)?, slab.read(u)?, slab.read(v)?);
        let terms = [float64(&coefficients, "coefficients")?, float64(&u, "u")?, float64(&v, "v")?];
        match (&*slab.read(source)?, &mut *slab.write(out)?) {
            (Buffer::F32(source), Buffer::F32(out)) => {
                crate::add_outer(MatrixRef::new(source, rows, columns)?, scale, terms[0], terms[1], terms[2], out)
            }
            (Buffer::F64(source), Buffer::F64(out)) => {
                crate::add_outer(MatrixRef::new(source, rows, columns)?, scale, terms[0], terms[1], terms[2], out)
            }
            _ => Err(Error::option("out", "the element type of the source")),
        }
    })
}

/// `Σ aᵢbᵢ` in float64, of two buffers of one type and length.
#[wasm_bindgen(js_name = frobeniusProduct)]
pub fn frobenius_product(a: Id, b: Id) -> Result<f64, JsValue> {
    enter(|slab| match (&*slab.read(a)?, &*slab.read(b)?) {
        (Buffer::F32(a), Buffer::F32(b)) => crate::frobenius_product(a, b),
        (Buffer::F64(a), Buffer::F64(b)) => crate::frobenius_product(a, b),
        _ => Err(Error::option("b", "the element type of a")),
    })
}
