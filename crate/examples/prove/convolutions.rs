//! Norms of convolutions against their dense matrices.

#[path = "../../tests/support/layer.rs"]
mod layer;

use layer::Layer;
use spectral_norm::{Axis, Certainty, Padding};

use crate::check::Tally;
use crate::reference::{Reference, reference};

/// The norm and its bounds, in both certainties, of a convolution of any kind, and, where it is padded by zeros, the bound
/// that holds for inputs of every size.
pub fn check(number: usize, tally: &mut Tally) {
    let layer = Layer::random(number as u64);
    tally.matrices += 1;
    let mut most = Reference { sigma: 0.0, bar: 0.0 };
    for group in 0..layer.groups {
        let (data, rows, columns) = layer.matrix(group);
        let Some(found) = reference(&data, rows, columns) else {
            tally.unreferenced += 1;
            return;
        };
        if found.sigma > most.sigma {
            most = found;
        }
    }
    let Reference { sigma, bar } = most;
    let [rows, columns] = [layer.matrix(0).1, layer.matrix(0).2];
    for certainty in [Certainty::Rigorous, Certainty::Cheap] {
        let norm = layer.norm(certainty);
        if sigma == 0.0 {
            // The kernel reads padding alone.
            let holds = norm.sigma == 0.0 && norm.bounds.lower == 0.0 && norm.converged;
            tally.hold(holds, &format!("convolution {number} of norm 0: {norm:?}"), rows, columns);
            continue;
        }
        let (bounds, error) = (norm.bounds, 1.0 - norm.sigma / sigma);
        let holds = bounds.lower <= sigma + bar && sigma - bar <= bounds.upper;
        tally.hold(holds, &format!("convolution {number}, {certainty:?}: {bounds:?} for {sigma:e}"), rows, columns);
        tally.hold(
            norm.converged && error.abs() <= 1e-8,
            &format!("convolution {number}: error {error:e}"),
            rows,
            columns,
        );
        if certainty == Certainty::Rigorous {
            tally.note(bounds.upper / bounds.lower - 1.0, error);
        }
    }
    if layer.padding == Padding::Zeros {
        let axes = layer.axes.iter().map(|axis| Axis { input: 0, ..*axis }).collect();
        let bounds = Layer { axes, ..layer }.norm(Certainty::Rigorous).bounds;
        let holds = sigma - bar <= bounds.upper && bounds.lower <= bounds.upper;
        tally.hold(holds, &format!("convolution {number} of any size: {bounds:?} for {sigma:e}"), rows, columns);
    }
}
