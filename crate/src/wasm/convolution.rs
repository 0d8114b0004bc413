//! Norms of convolutions.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{enter, float64, seed_of};
use crate::bounds::Certainty;
use crate::buffer::{Buffer, Id};
use crate::convolution::{Axis, Convolution, Padding};
use crate::error::Error;
use crate::power_iteration::Start;
use crate::solver::{Method, Solver};

const PADDINGS: [Padding; 4] = [Padding::Zeros, Padding::Circular, Padding::Reflect, Padding::Replicate];
/// Numbers before those of the dimensions, and numbers of each.
const HEAD: usize = 4;
const AXIS: usize = 6;

/// A length from a JavaScript number; the caller has checked that it is a small integer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
fn length(number: f64) -> usize {
    number as usize
}

/// The norm of the convolution in the float64 buffers `kernel` and `geometry`: groups, outputs and inputs of one group, the
/// number of the padding mode, then input, kernel, stride, dilation and the padding at both ends of each dimension. The
/// certainty is below 0 for no bounds, 0 for cheap, 1 for rigorous ones. Writes the gradient, unless its buffer is 0.
///
/// `[sigma, residual, iterations, converged, gap, lower, upper, evidence, reshaped lower, reshaped upper, factor, magnitudes]`
#[wasm_bindgen(js_name = convolutionNorm)]
pub fn convolution_norm(
    kernel: Id,
    geometry: Id,
    certainty: f64,
    tolerance: f64,
    max_iterations: usize,
    seed: f64,
    gradient: Id,
) -> Result<Vec<f64>, JsValue> {
    let certainty = (certainty >= 0.0).then_some(if certainty > 0.0 { Certainty::Rigorous } else { Certainty::Cheap });
    let (method, start, seed, gap) = (Method::Lanczos, Start::Random, seed_of(seed), gradient > 0.0);
    let solver = Solver { method, start, tolerance, max_iterations, seed, gap };
    enter(|slab| {
        let (kernel, geometry) = (slab.read(kernel)?, slab.read(geometry)?);
        let numbers = float64(&geometry, "geometry")?;
        let number = |index: usize| length(numbers.get(index).copied().unwrap_or_default());
        let mut axes = [Axis::POINT; 3];
        let absent = 3 - (numbers.len().saturating_sub(HEAD) / AXIS).min(3);
        for (index, axis) in axes.iter_mut().skip(absent).enumerate() {
            let [input, kernel, stride, dilation, before, after] =
                [0, 1, 2, 3, 4, 5].map(|place| number(HEAD + AXIS * index + place));
            *axis = Axis { input, kernel, stride, dilation, before, after };
        }
        let padding = PADDINGS.get(number(3)).copied().unwrap_or(Padding::Zeros);
        let kernel = float64(&kernel, "kernel")?;
        let convolution = Convolution::new(kernel, number(0), number(1), number(2), axes, padding)?;
        let norm = convolution.norm(&solver, certainty)?;
        if gap {
            let Buffer::F64(out) = &mut *slab.write(gradient)? else {
                return Err(Error::option("out", "a float64 buffer"));
            };
            convolution.norm_gradient(&norm, out)?;
        }
        let bounds = norm.bounds;
        Ok(vec![
            norm.sigma,
            norm.residual,
            norm.iterations as f64,
            f64::from(u8::from(norm.converged)),
            norm.gap,
            bounds.lower,
            bounds.upper,
            f64::from(bounds.evidence),
            bounds.reshaped[0],
            bounds.reshaped[1],
            bounds.factor,
            bounds.magnitudes,
        ])
    })
}
