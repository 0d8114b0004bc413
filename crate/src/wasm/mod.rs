//! The door to JavaScript, the only room that knows wasm-bindgen: one file for each kind of function, as in `ts/`.
//!
//! JavaScript holds numbers of buffers, never addresses to hand back, so that no call can reach memory that was freed.
//! Every function here looks its buffers up, views them as what they are, delegates, and maps the error to the string
//! `CODE|message`. None of them panics: a trap would leave the instance unusable.

use std::cell::RefCell;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::buffer::{Buffer, Id, Slab};
use crate::error::{Count, Error};
use crate::vector::Vector;

/// In the place of the standard one, for it is smaller.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Evaluates an expression for either element type of a buffer.
macro_rules! for_each_type {
    ($buffer:expr, $name:ident => $body:expr) => {
        match $buffer {
            $crate::buffer::Buffer::F32($name) => $body,
            $crate::buffer::Buffer::F64($name) => $body,
            _ => return Err($crate::ErrorKind::Disposed.into()),
        }
    };
}

mod bounds;
mod convolution;
mod gradient;
mod krylov;
mod norms;
mod spectrum;
#[cfg(feature = "stored")]
mod stored;
mod weights;

thread_local! {
    static SLAB: RefCell<Slab> = const { RefCell::new(Slab::new()) };
}

impl From<Error> for JsValue {
    #[inline(never)]
    fn from(error: Error) -> Self {
        JsValue::from_str(&[error.code(), "|", &error.sentence()].concat())
    }
}

/// Runs with the buffers at hand, and maps the error.
fn enter<R>(body: impl FnOnce(&Slab) -> Result<R, Error>) -> Result<R, JsValue> {
    Ok(SLAB.with_borrow(body)?)
}

fn insert(buffer: Buffer) -> Result<Id, JsValue> {
    Ok(SLAB.with_borrow_mut(|slab| slab.insert(buffer))?)
}

fn float64<'a>(buffer: &'a Buffer, what: &'static str) -> Result<&'a [f64], Error> {
    match buffer {
        Buffer::F64(values) => Ok(values),
        _ => Err(Error::option(what, "a float64 buffer")),
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
        Buffer::F64(target) => Err(Error::shape(what, Count::Exactly(values.len()), target.len())),
        _ => Err(Error::option(what, "a float64 buffer")),
    }
}

/// A seed from a JavaScript number; the caller has checked that it is a safe integer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
fn seed_of(number: f64) -> u64 {
    number as u64
}

/// A new zero-filled buffer: dtype 0 is float32, 1 is float64, 2 is bfloat16, 3 is float16.
#[wasm_bindgen(js_name = bufferNew)]
pub fn buffer_new(dtype: u8, length: usize) -> Result<Id, JsValue> {
    insert(match dtype {
        0 => Buffer::F32(Vector::try_zeroed(length)?),
        1 => Buffer::F64(Vector::try_zeroed(length)?),
        #[cfg(feature = "stored")]
        2 => Buffer::Bfloat16(Vector::try_zeroed(length)?),
        #[cfg(feature = "stored")]
        3 => Buffer::Float16(Vector::try_zeroed(length)?),
        _ => {
            return Err(Error::option("dtype", "0 or 1").into());
        }
    })
}

/// Frees a buffer or a space; false if it was not live.
#[must_use]
#[wasm_bindgen(js_name = bufferFree)]
pub fn buffer_free(id: Id) -> bool {
    SLAB.with_borrow_mut(|slab| slab.remove(id))
}

/// The byte address of a live buffer, for a view over it.
#[wasm_bindgen(js_name = bufferAddress)]
pub fn buffer_address(id: Id) -> Result<usize, JsValue> {
    enter(|slab| slab.read(id)?.address())
}
