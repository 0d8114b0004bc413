//! The leading singular values.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::norms::METHODS;
use super::{enter, fill, seed_of};
use crate::buffer::{Buffer, Id};
use crate::matrix::MatrixRef;
use crate::power_iteration::Start;
use crate::solver::{Method, Solver};
use crate::spectrum::leading;

/// The `count` largest singular values into `values`, their vectors one after the other into `u` and `v` unless those
/// are 0: `[iterations, converged, residual]`, the residual being the largest of all.
#[expect(clippy::too_many_arguments, reason = "numbers are what crosses the door cheaply")]
#[wasm_bindgen(js_name = leading)]
pub fn leading_values(
    matrix: Id,
    rows: usize,
    columns: usize,
    count: usize,
    method: u8,
    tolerance: f64,
    max_iterations: usize,
    seed: f64,
    values: Id,
    u: Id,
    v: Id,
) -> Result<Vec<f64>, JsValue> {
    let method = METHODS.get(usize::from(method)).copied().unwrap_or(Method::Auto);
    let seed = seed_of(seed);
    let solver = Solver { method, start: Start::Random, tolerance, max_iterations, seed, gap: false };
    enter(|slab| {
        let found = for_each_type!(&*slab.read(matrix)?, data => {
            leading(MatrixRef::new(data, rows, columns)?, count, &solver)?
        });
        let sigmas: Vec<f64> = found.triplets.iter().map(|triplet| triplet.sigma).collect();
        fill(slab, values, "values", &sigmas)?;
        let mut residual = 0.0_f64;
        for (index, triplet) in found.triplets.iter().enumerate() {
            residual = residual.max(triplet.residual);
            for (id, vector) in [(u, &triplet.u), (v, &triplet.v)] {
                if id > 0.0
                    && let Buffer::F64(target) = &mut *slab.write(id)?
                    && let Some(place) = target.chunks_exact_mut(vector.len()).nth(index)
                {
                    place.copy_from_slice(vector);
                }
            }
        }
        Ok(vec![found.iterations as f64, f64::from(u8::from(found.converged)), residual])
    })
}
