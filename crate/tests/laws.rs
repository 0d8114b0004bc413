//! What holds for every matrix, natively and inside WebAssembly.
#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use proptest::prelude::{Strategy, prop_assert, prop_assert_eq};
use spectral_norm::product::product;
use spectral_norm::{
    Element, Error, MatrixRef, Method, PowerIteration, Solver, Start, Stop, Triplet, clip_frobenius, clip_weights,
    frobenius_norm, scale_to_norm, spectral_norm, stable_rank,
};
use support::{entry32, entry64, hold, matrix, near, transposed};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SOLVER: Solver<'_> =
    Solver { method: Method::Auto, start: Start::Random, tolerance: 1e-9, max_iterations: 20_000, seed: 0, gap: false };

const ACCURATE: PowerIteration<'static> =
    PowerIteration { stop: Stop::Tolerance { tolerance: 1e-9, max_iterations: 200_000 }, ..DEFAULT };
const DEFAULT: PowerIteration<'static> = PowerIteration {
    form: spectral_norm::Form::Gram,
    start: spectral_norm::Start::Random,
    stop: Stop::Tolerance { tolerance: 1e-6, max_iterations: 20_000 },
    seed: 0,
};

fn triplet<T: Element>(data: &[T], rows: usize, columns: usize) -> Result<Triplet, Error> {
    ACCURATE.run(MatrixRef::new(data, rows, columns)?)
}

fn sigma<T: Element>(data: &[T], rows: usize, columns: usize) -> f64 {
    let end = triplet(data, rows, columns).unwrap();
    assert!(end.converged, "residual {} after {}", end.residual, end.iterations);
    end.sigma
}

#[test]
fn the_norm_scales_with_the_matrix_exactly_by_powers_of_two() {
    hold(300, &(matrix(-1.0_f64..1.0, 12), -900_i32..900), |((data, rows, columns), exponent)| {
        let factor = 2.0_f64.powi(exponent);
        let scaled: Vec<f64> = data.iter().map(|w| w * factor).collect();
        prop_assert_eq!((sigma(&data, rows, columns) * factor).to_bits(), sigma(&scaled, rows, columns).to_bits());
        Ok(())
    });
}

/// On either side of where one sweep suffices, and at the ends of what is comfortable.
#[test]
fn the_frobenius_norm_scales_with_the_matrix_exactly_by_powers_of_two() {
    hold(300, &(matrix(0.5_f64..1.0, 12), -900_i32..900), |((data, rows, columns), exponent)| {
        let frobenius = |w: &[f64]| frobenius_norm(MatrixRef::new(w, rows, columns).unwrap()).unwrap();
        let scaled = data.iter().map(|w| w * 2.0_f64.powi(exponent)).collect::<Vec<_>>();
        prop_assert_eq!((frobenius(&data) * 2.0_f64.powi(exponent)).to_bits(), frobenius(&scaled).to_bits());
        Ok(())
    });
    hold(300, &(matrix(0.5_f32..1.0, 12), -120_i32..120), |((data, rows, columns), exponent)| {
        let frobenius = |w: &[f32]| frobenius_norm(MatrixRef::new(w, rows, columns).unwrap()).unwrap();
        let scaled = data.iter().map(|w| w * 2.0_f32.powi(exponent)).collect::<Vec<_>>();
        prop_assert_eq!((frobenius(&data) * 2.0_f64.powi(exponent)).to_bits(), frobenius(&scaled).to_bits());
        Ok(())
    });
}

#[test]
fn the_norm_is_that_of_the_transpose() {
    hold(300, &matrix(entry64(), 12), |(data, rows, columns)| {
        let (a, b) = (sigma(&data, rows, columns), sigma(&transposed(&data, rows, columns), columns, rows));
        prop_assert!(near(a, b, 1e-8), "{a} and {b}");
        Ok(())
    });
}

#[test]
fn the_norm_lies_between_its_bounds() {
    hold(300, &matrix(entry32(), 12), |(data, rows, columns)| {
        let (sigma, w) = (sigma(&data, rows, columns), MatrixRef::new(&data, rows, columns).unwrap());
        let frobenius = frobenius_norm(w).unwrap();
        let most = data.iter().fold(0.0_f64, |most, &x| most.max(f64::from(x.abs())));
        prop_assert!(sigma <= frobenius * (1.0 + 1e-14), "{sigma} above ‖W‖_F = {frobenius}");
        prop_assert!(frobenius <= sigma * (rows.min(columns) as f64).sqrt() * (1.0 + 1e-8));
        prop_assert!(most <= sigma * (1.0 + 1e-8), "an entry of {most} above {sigma}");
        let rank = stable_rank(w, &SOLVER).unwrap();
        let range = if most == 0.0 { 0.0..=0.0 } else { 1.0..=rows.min(columns) as f64 * (1.0 + 1e-7) };
        prop_assert!(range.contains(&rank), "stable rank {rank}");
        Ok(())
    });
}

#[test]
fn the_vectors_are_singular_vectors() {
    hold(300, &matrix(-1.0_f32..1.0, 12), |(data, rows, columns)| {
        let end = triplet(&data, rows, columns).unwrap();
        let w = MatrixRef::new(&data, rows, columns).unwrap();
        let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        prop_assert!(near(length(&end.u), 1.0, 1e-14) && near(length(&end.v), 1.0, 1e-14));
        let mut image = vec![0.0; rows];
        product(w, &end.v, &mut image);
        let form: f64 = image.iter().zip(&end.u).map(|(x, y)| x * y).sum();
        prop_assert!(near(form, end.sigma, 1e-13));
        prop_assert!(end.residual <= 1e-9);
        Ok(())
    });
}

#[test]
fn a_normalized_matrix_has_norm_one() {
    hold(300, &matrix(entry32(), 12), |(mut data, rows, columns)| {
        let before = sigma(&data, rows, columns);
        scale_to_norm(&mut data, before, 1.0).unwrap();
        let after = sigma(&data, rows, columns);
        let expected = if before == 0.0 { 0.0 } else { 1.0 };
        prop_assert!(near(after, expected, 1e-6), "{before} became {after}");
        Ok(())
    });
}

#[test]
fn clips_are_idempotent_and_reach_their_set() {
    hold(300, &(matrix(entry64(), 12), 0.01_f64..2.0), |((data, rows, columns), limit)| {
        let mut clipped = data.clone();
        let changed = clip_weights(&mut clipped, limit).unwrap();
        prop_assert!(clipped.iter().all(|w| w.abs() <= limit));
        prop_assert_eq!(changed, data.iter().filter(|w| w.abs() > limit).count());
        prop_assert_eq!(clip_weights(&mut clipped, limit).unwrap(), 0);

        let mut ball = data.clone();
        let norm = clip_frobenius(&mut ball, limit).unwrap();
        let after = frobenius_norm(MatrixRef::new(&ball, rows, columns).unwrap()).unwrap();
        prop_assert!(after <= limit * (1.0 + 1e-13), "{norm} became {after}");
        if norm <= limit {
            prop_assert_eq!(data, ball);
        }
        Ok(())
    });
}

#[test]
fn narrow_limits_are_rounded_toward_zero() {
    hold(500, &(0.001_f64..10.0), |limit| {
        let mut values = [100.0_f32, -100.0];
        clip_weights(&mut values, limit).unwrap();
        prop_assert!(f64::from(values[0]) <= limit && f64::from(values[1]) >= -limit);
        Ok(())
    });
}

#[test]
fn the_estimates_of_one_run_never_fall() {
    hold(300, &matrix(-1.0_f64..1.0, 12), |(data, rows, columns)| {
        let stop = Stop::Steps(12);
        let history =
            PowerIteration { stop, ..DEFAULT }.run(MatrixRef::new(&data, rows, columns).unwrap()).unwrap().history;
        prop_assert_eq!(history.len(), 12);
        prop_assert!(history.is_sorted_by(|a, b| *a <= b * (1.0 + 1e-14)), "{history:?}");
        Ok(())
    });
}

#[test]
fn the_triangle_inequality() {
    let pair = (1..=8_usize, 1..=8_usize).prop_flat_map(|(rows, columns)| {
        let side = proptest::collection::vec(-1.0_f64..1.0, rows * columns);
        (side.clone(), side, proptest::prelude::Just((rows, columns)))
    });
    hold(300, &pair, |(a, b, (rows, columns))| {
        let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let (of_a, of_b) = (sigma(&a, rows, columns), sigma(&b, rows, columns));
        prop_assert!(sigma(&sum, rows, columns) <= (of_a + of_b) * (1.0 + 1e-8));
        Ok(())
    });
}

#[test]
fn spectral_norm_gives_the_number_of_the_run() {
    let data = support::normal(9, 7, 3);
    let w = MatrixRef::new(&data, 9, 7).unwrap();
    assert_eq!(spectral_norm(w, &SOLVER).unwrap().to_bits(), SOLVER.run(w).unwrap().sigma.to_bits());
}
