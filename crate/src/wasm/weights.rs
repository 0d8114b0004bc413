//! Weights brought to a norm.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::enter;
use crate::buffer::{Buffer, Id, Slab};
use crate::error::{Count, Error};

fn other_type() -> Error {
    Error::option("out", "the element type of the input")
}

/// Copies `source` to `out`, unless they are one buffer.
#[inline(never)]
fn copy(slab: &Slab, source: Id, out: Id) -> Result<(), Error> {
    if source.to_bits() == out.to_bits() {
        return Ok(());
    }
    let (source, mut out) = (slab.read(source)?, slab.write(out)?);
    let (expected, got) = (source.len(), out.len());
    if expected != got {
        return Err(Error::shape("out", Count::Exactly(expected), got));
    }
    match (&*source, &mut *out) {
        (Buffer::F32(source), Buffer::F32(out)) => out.copy_from_slice(source),
        (Buffer::F64(source), Buffer::F64(out)) => out.copy_from_slice(source),
        _ => return Err(other_type()),
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
            _ => Err(other_type()),
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
