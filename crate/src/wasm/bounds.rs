//! Intervals that contain the norm.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{enter, seed_of};
use crate::bounds::{Certainty, spectral_norm_bounds};
use crate::buffer::Id;
use crate::matrix::MatrixRef;

/// `[lower, upper, evidence, magnitudes]`; the certainty is 0 for cheap, 1 for rigorous, in between a probability. The
/// evidence is 0 for norms, 1 for Lanczos, 2 for Cholesky, 3 for blocks.
#[wasm_bindgen(js_name = spectralNormBounds)]
pub fn bounds(matrix: Id, rows: usize, columns: usize, certainty: f64, seed: f64) -> Result<Vec<f64>, JsValue> {
    let certainty = if certainty <= 0.0 {
        Certainty::Cheap
    } else if certainty >= 1.0 {
        Certainty::Rigorous
    } else {
        Certainty::Probable(certainty)
    };
    enter(|slab| {
        let found = for_each_type!(&*slab.read(matrix)?, data => {
            spectral_norm_bounds(MatrixRef::new(data, rows, columns)?, certainty, seed_of(seed))?
        });
        Ok(vec![found.lower, found.upper, f64::from(found.evidence as u8), found.magnitudes])
    })
}
