//! Lanczos' method on operators that JavaScript applies: it holds the space, and is asked for one direction after the
//! other.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{enter, fill, float64, insert, seed_of};
use crate::buffer::{Buffer, Id, Slab};
use crate::error::{Error, ErrorKind};
use crate::krylov::Krylov;
use crate::matrix::MatrixRef;
use crate::product::{adjoint_product, gram_pass, product};
use crate::vector::Vector;

/// Copies the next direction to a buffer; false if there is none.
fn hand(slab: &Slab, space: &Krylov<f64>, z: Id) -> Result<bool, Error> {
    match space.direction() {
        Some(direction) => fill(slab, z, "z", direction).map(|()| true),
        None => Ok(false),
    }
}

/// A new space that starts from the float64 buffer `z`, into which its first direction is written, and stays away from
/// the vector in the buffer `locked`, unless that is 0: `[id, more]`.
#[wasm_bindgen(js_name = krylovNew)]
pub fn krylov_new(z: Id, locked: Id) -> Result<Vec<f64>, JsValue> {
    let (space, more) = enter(|slab| {
        let space = {
            let start = slab.read(z)?;
            let start = float64(&start, "z")?;
            let mut space = Box::new(Krylov::new(start.len()));
            let mut copy = Vector::try_zeroed(start.len())?;
            if locked > 0.0 {
                let locked = slab.read(locked)?;
                space.lock(float64(&locked, "locked")?, &mut copy)?;
            }
            space.start(&mut Vector::rounded(start), &mut copy)?;
            space
        };
        let more = hand(slab, &space, z)?;
        Ok((space, more))
    })?;
    let id = insert(Buffer::Space(space))?;
    Ok(vec![id, f64::from(u8::from(more))])
}

/// Takes in the images `u` and `z` of the last direction, and writes the next one to `z`: `[theta, residual, more]`.
#[wasm_bindgen(js_name = krylovStep)]
pub fn krylov_step(id: Id, u: Id, z: Id) -> Result<Vec<f64>, JsValue> {
    enter(|slab| {
        let Buffer::Space(space) = &mut *slab.write(id)? else { return Err(ErrorKind::Disposed.into()) };
        let progress = {
            let (u, mut z) = (slab.read(u)?, slab.write(z)?);
            let u = float64(&u, "u")?;
            let Buffer::F64(z) = &mut *z else {
                return Err(Error::option("z", "a float64 buffer"));
            };
            if space.direction().is_none_or(|direction| direction.len() != z.len()) {
                return Err(ErrorKind::Disposed.into());
            }
            let mut copy = Vector::try_zeroed(z.len())?;
            space.absorb(u, z, &mut copy)?
        };
        let more = hand(slab, space, z)?;
        Ok(vec![progress.theta, progress.residual, f64::from(u8::from(more))])
    })
}

/// Writes the best vector to `z`, and returns the second largest Ritz value.
#[wasm_bindgen(js_name = krylovBest)]
pub fn krylov_best(id: Id, z: Id) -> Result<f64, JsValue> {
    enter(|slab| {
        let Buffer::Space(space) = &*slab.read(id)? else { return Err(ErrorKind::Disposed.into()) };
        fill(slab, z, "z", &space.best())?;
        Ok(space.projection.second())
    })
}

/// Fills a float64 buffer with independent standard normal numbers.
#[wasm_bindgen(js_name = fillNormal)]
pub fn fill_normal(id: Id, seed: f64) -> Result<(), JsValue> {
    enter(|slab| match &mut *slab.write(id)? {
        Buffer::F64(values) => {
            crate::random::fill_normal(seed_of(seed), values);
            Ok(())
        }
        _ => Err(Error::option("out", "a float64 buffer")),
    })
}

/// `to = W from`, or `Wᵀ from`, for float64 buffers.
#[wasm_bindgen(js_name = multiply)]
pub fn multiply(matrix: Id, rows: usize, columns: usize, adjoint: bool, from: Id, to: Id) -> Result<(), JsValue> {
    enter(|slab| {
        let lengths = if adjoint { [rows, columns] } else { [columns, rows] };
        let (from, mut to) = (slab.read(from)?, slab.write(to)?);
        let from = MatrixRef::new(float64(&from, "from")?, 1, lengths[0])?.data();
        let Buffer::F64(to) = &mut *to else {
            return Err(Error::option("to", "a float64 buffer"));
        };
        MatrixRef::new(to, 1, lengths[1])?;
        for_each_type!(&*slab.read(matrix)?, data => {
            let matrix = MatrixRef::new(data, rows, columns)?;
            if adjoint { adjoint_product(matrix, from, to) } else { product(matrix, from, to) }
        });
        Ok(())
    })
}

/// `u = Wv` and `z = Wᵀu` in one sweep, all in float32.
#[wasm_bindgen(js_name = gramPass)]
pub fn gram(matrix: Id, rows: usize, columns: usize, v: Id, u: Id, z: Id) -> Result<(), JsValue> {
    enter(|slab| {
        let (matrix, v, mut u, mut z) = (slab.read(matrix)?, slab.read(v)?, slab.write(u)?, slab.write(z)?);
        let (Buffer::F32(matrix), Buffer::F32(v), Buffer::F32(u), Buffer::F32(z)) = (&*matrix, &*v, &mut *u, &mut *z)
        else {
            return Err(Error::option("matrix", "a float32 buffer"));
        };
        let v = MatrixRef::new(v, 1, columns)?.data();
        MatrixRef::new(u, 1, rows)?;
        MatrixRef::new(z, 1, columns)?;
        gram_pass(MatrixRef::new(matrix, rows, columns)?, v, u, z);
        Ok(())
    })
}
