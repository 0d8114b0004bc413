//! Against nalgebra's singular values. They are believed only where their squares add up to the Frobenius norm's: on
//! some ordinary matrices nalgebra 0.35 is wrong (its issue 1172).
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use nalgebra::DMatrix;
use proptest::prelude::prop_assert;
use spectral_norm::{Form, MatrixRef, PowerIteration, Start, Stop};
use support::{hold, matrix, near, normal};

fn largest(data: &[f64], rows: usize, columns: usize) -> Option<f64> {
    let matrix = DMatrix::from_row_slice(rows, columns, data);
    let singular = matrix.clone().svd(false, false).singular_values;
    near(singular.norm(), matrix.norm(), 1e-12).then(|| singular.max())
}

#[test]
fn small_matrices() {
    hold(2000, &matrix(-1.0_f64..1.0, 10), |(data, rows, columns)| {
        if let Some(expected) = largest(&data, rows, columns) {
            let end = PowerIteration::default().run(MatrixRef::new(&data, rows, columns).unwrap()).unwrap();
            prop_assert!(end.converged && near(end.sigma, expected, 1e-6), "{} for {expected}", end.sigma);
        }
        Ok(())
    });
}

#[test]
fn normal_matrices_of_many_shapes() {
    let mut believed = 0;
    for (rows, columns) in [(100, 100), (64, 256), (256, 64), (1, 300), (300, 1), (17, 129), (128, 300)] {
        let data = normal(rows, columns, (rows * columns) as u64);
        let end = PowerIteration::default().run(MatrixRef::new(&data, rows, columns).unwrap()).unwrap();
        assert!(end.converged, "{rows}×{columns}");
        if let Some(expected) = largest(&data, rows, columns) {
            believed += 1;
            assert!(near(end.sigma, expected, 1e-6) && end.sigma <= expected * (1.0 + 1e-14), "{rows}×{columns}");
        }
    }
    assert!(believed >= 5, "the oracle was believed {believed} times only");
}

/// σ̂ₖ/σ ≈ √((4k−1)/(4k+2)) after k steps from a cold start on a square Gaussian matrix, on the average of a few.
#[test]
fn the_articles_five_steps_fall_short_by_the_law_of_cold_starts() {
    const MATRICES: u64 = 12;
    let n = 200;
    // The law is that of n → ∞; the edge of the spectrum approaches its limit so slowly.
    let slack = (n as f64).powf(-2.0 / 3.0);
    let matrices: Vec<_> = (0..MATRICES).map(|seed| normal(n, n, seed)).collect();
    for (steps, expected) in [(1, 0.707), (2, 0.837), (5, 0.929), (15, 0.976)] {
        let stop = Stop::Steps(steps);
        let cold = PowerIteration { form: Form::Alternating, start: Start::Ones, stop, seed: 0 };
        let ratio = |data: &Vec<f64>| {
            let w = MatrixRef::new(data, n, n).unwrap();
            cold.run(w).unwrap().sigma / PowerIteration::default().run(w).unwrap().sigma
        };
        let mean = matrices.iter().map(ratio).sum::<f64>() / MATRICES as f64;
        assert!((mean - expected).abs() < slack, "{steps} steps: {mean}");
    }
}
