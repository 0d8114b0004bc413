//! Weights brought to a norm.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::enter;
use crate::buffer::{Buffer, Id};
use crate::error::Error;
use crate::kernel::Real;

/// `out = source · target/sigma`; `out` may be `source`. `narrow` asks for
/// products in float32, between two buffers of that type, if the quotient is in its range.
#[wasm_bindgen(js_name = scaleToNorm)]
pub fn scale_to_norm(source: Id, out: Id, sigma: f64, target: f64, narrow: bool) -> Result<(), JsValue> {
    enter(|slab| {
        if source.to_bits() == out.to_bits() {
            return for_each_type!(&mut *slab.write(out)?, values => crate::scale_to_norm(values, sigma, target));
        }
        match (&*slab.read(source)?, &mut *slab.write(out)?) {
            (Buffer::F32(source), Buffer::F32(out)) if narrow && f32::nearest(target / sigma).is_normal() => {
                f32::multiply_into(source, f32::nearest(target / sigma), out);
                Ok(())
            }
            (Buffer::F32(source), Buffer::F32(out)) => crate::scale_to_norm_into(source, sigma, target, out),
            (Buffer::F64(source), Buffer::F64(out)) => crate::scale_to_norm_into(source, sigma, target, out),
            _ => Err(Error::option("out", "the element type of the input")),
        }
    })
}
