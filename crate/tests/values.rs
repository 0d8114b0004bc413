//! Known values, the cases that break others, and bad input, natively and inside WebAssembly.
#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use spectral_norm::{
    Count, Error, ErrorKind, Form, MatrixRef, Method, NonFinite, PowerIteration, Solver, Start, Stop, Triplet,
    clip_frobenius, clip_weights, frobenius_norm, scale_to_norm, spectral_norm, spectral_normalize,
    spectral_normalize_into, stable_rank,
};
use support::{near, normal};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The article's: five alternating steps from all ones.
const ARTICLE: PowerIteration<'static> =
    PowerIteration { form: Form::Alternating, start: Start::Ones, stop: Stop::Steps(5), seed: 0 };

fn run(iteration: PowerIteration<'_>, data: &[f64], rows: usize, columns: usize) -> Triplet {
    iteration.run(MatrixRef::new(data, rows, columns).unwrap()).unwrap()
}

fn sigma(data: &[f64], rows: usize, columns: usize) -> f64 {
    spectral_norm(MatrixRef::new(data, rows, columns).unwrap(), &Solver::default()).unwrap()
}

#[test]
fn known_norms() {
    assert_eq!(sigma(&[1.0, 100.0, 0.0, 1.0], 2, 2), 100.009_999_000_199_95);
    assert!(near(sigma(&[1.0; 15], 3, 5), 15.0_f64.sqrt(), 1e-15));
    assert!(near(sigma(&[-3.0], 1, 1), 3.0, 1e-15));
    assert!(near(sigma(&[3.0, 4.0], 1, 2), 5.0, 1e-15));
    assert!(near(sigma(&[3.0, 4.0], 2, 1), 5.0, 1e-15));
    // Hadamard's matrix is orthogonal but for a factor: every singular value is 2.
    let hadamard = [1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0, 1.0];
    assert!(near(sigma(&hadamard, 4, 4), 2.0, 1e-14));
    let w = MatrixRef::new(&hadamard, 4, 4).unwrap();
    assert!(near(stable_rank(w, &Solver::default()).unwrap(), 4.0, 1e-13));
}

#[test]
fn a_zero_matrix_has_norm_zero() {
    for iteration in [ARTICLE, PowerIteration::default()] {
        let end = run(iteration, &[0.0; 6], 2, 3);
        assert!(end.sigma == 0.0 && end.converged && !end.restarted && end.residual == 0.0);
        assert!(near(end.u.iter().map(|x| x * x).sum(), 1.0, 1e-14));
        assert!(near(end.v.iter().map(|x| x * x).sum(), 1.0, 1e-14));
    }
    assert_eq!(run(ARTICLE, &[0.0; 6], 2, 3).history, [0.0; 5]);
    let zero = MatrixRef::new(&[0.0; 6], 2, 3).unwrap();
    assert_eq!(stable_rank(zero, &Solver::default()), Ok(0.0));
}

#[test]
fn a_zero_dc_kernel_annihilates_all_ones_and_the_iteration_restarts() {
    let sobel = [1.0, 2.0, 1.0, 0.0, 0.0, 0.0, -1.0, -2.0, -1.0];
    let laplacian = [0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0];
    for kernel in [sobel, laplacian] {
        let end = run(ARTICLE, &kernel, 9, 1);
        assert!(
            end.restarted && near(end.sigma, frobenius_norm(MatrixRef::new(&kernel, 9, 1).unwrap()).unwrap(), 1e-14)
        );
    }
    // Tenths are no binary fractions: the column sums to a rounding error, which is no direction to start in.
    let tenths: Vec<f32> = [0.1, -0.3, 0.2].iter().map(|&x: &f64| x as f32).collect();
    assert!(ARTICLE.run(MatrixRef::new(&tenths, 3, 1).unwrap()).unwrap().restarted);
    assert!(!run(ARTICLE, &[1.0, 2.0, 1.0], 3, 1).restarted);
    let gram = PowerIteration { form: Form::Gram, ..ARTICLE };
    assert!(run(gram, &[1.0, -1.0, 2.0, -2.0], 2, 2).restarted);
}

#[test]
fn extreme_scales_keep_their_digits() {
    let data = normal(24, 17, 5);
    let expected = sigma(&data, 24, 17);
    for exponent in [-1020, -300, 300, 1000] {
        let scaled: Vec<f64> = data.iter().map(|w| w * 2.0_f64.powi(exponent)).collect();
        assert!(near(sigma(&scaled, 24, 17), expected * 2.0_f64.powi(exponent), 1e-12), "2^{exponent}");
    }
    for scale in [1e-30, 1e30, 1e36] {
        let narrow: Vec<f32> = data.iter().map(|w| (w * scale) as f32).collect();
        let found = spectral_norm(MatrixRef::new(&narrow, 24, 17).unwrap(), &Solver::default()).unwrap();
        assert!(near(found, expected * scale, 1e-7), "{scale}: {found}");
    }
    let subnormal = [3e-45_f32, 0.0, 0.0, 1e-45];
    let w = MatrixRef::new(&subnormal, 2, 2).unwrap();
    assert!(near(spectral_norm(w, &Solver::default()).unwrap(), f64::from(subnormal[0]), 1e-12));
    let least = [5e-324, 0.0];
    assert_eq!(sigma(&least, 1, 2).to_bits(), 1);
}

#[test]
fn clustered_singular_values_give_the_norm_all_the_same() {
    for gap in [0.0, 1e-3, 1e-6, 1e-9] {
        let end = run(PowerIteration::default(), &[1.0, 0.0, 0.0, 0.0, 1.0 - gap, 0.0, 0.0, 0.0, 0.5], 3, 3);
        assert!(end.converged && end.sigma <= 1.0 + 1e-15 && end.sigma >= 1.0 - 1e-6, "gap {gap}: {}", end.sigma);
    }
}

#[test]
fn stopping_says_how() {
    let data = normal(40, 40, 2);
    let stop = Stop::Tolerance { tolerance: 1e-12, max_iterations: 3 };
    let short = run(PowerIteration { stop, ..PowerIteration::default() }, &data, 40, 40);
    assert!(!short.converged && short.iterations == 3 && short.history.len() == 3 && short.residual > 1e-12);
    let full = run(PowerIteration::default(), &data, 40, 40);
    assert!(full.converged && full.residual <= 1e-6 && full.sigma >= short.sigma && full.iterations > 3);
    // Beyond what f64 can tell, the iteration ends when nothing is gained any more.
    let stop = Stop::Tolerance { tolerance: 1e-300, max_iterations: 1_000_000 };
    let end = run(PowerIteration { stop, ..PowerIteration::default() }, &data, 40, 40);
    assert!(!end.converged && end.iterations < 1_000_000 && end.residual < 1e-10);
    let w = MatrixRef::new(&data, 40, 40).unwrap();
    let error = spectral_norm(w, &Solver { method: Method::Power, max_iterations: 2, ..Solver::default() });
    assert_eq!(error, Err(ErrorKind::Convergence { iterations: 2 }.into()));
}

#[test]
fn float32_matrices_reach_tolerances_that_float32_sums_do_not() {
    let narrow: Vec<f32> = normal(60, 40, 8).iter().map(|&x| x as f32).collect();
    let wide: Vec<f64> = narrow.iter().map(|&x| f64::from(x)).collect();
    let stop = Stop::Tolerance { tolerance: 1e-9, max_iterations: 100_000 };
    let iteration = PowerIteration { stop, ..PowerIteration::default() };
    let found = iteration.run(MatrixRef::new(&narrow, 60, 40).unwrap()).unwrap();
    assert!(found.converged && near(found.sigma, run(iteration, &wide, 60, 40).sigma, 1e-14));
}

#[test]
fn a_given_start_is_taken_whatever_its_length() {
    let data = [1.0, 0.0, 0.0, 2.0];
    for length in [1e-300, 1.0, 1e300] {
        let start = [length, 0.0];
        let iteration = PowerIteration { form: Form::Gram, start: Start::Given(&start), ..ARTICLE };
        // Orthogonal to the dominant vector, and it stays there: what a caller's start means is the caller's business.
        assert_eq!(run(iteration, &data, 2, 2).sigma, 1.0);
    }
}

#[test]
fn normalizing_in_place_and_into_another_array_agree() {
    let mut data = normal(9, 4, 6);
    let mut out = vec![0.0; 36];
    let w = MatrixRef::new(&data, 9, 4).unwrap();
    let sigma = spectral_normalize_into(w, &Solver::default(), 2.0, &mut out).unwrap();
    assert_eq!(spectral_normalize_into(w, &Solver::default(), 2.0, &mut [0.0; 35]).unwrap_err().code(), "SHAPE");
    assert_eq!(spectral_normalize(&mut data, 9, 4, &Solver::default(), 2.0), Ok(sigma));
    assert_eq!(data, out);
    assert!(near(self::sigma(&data, 9, 4), 2.0, 1e-9));
    // The factor 1/σ of a subnormal matrix is beyond f64.
    let (least, mut one) = ([0.0, 5e-324], [9.0; 2]);
    spectral_normalize_into(MatrixRef::new(&least, 1, 2).unwrap(), &Solver::default(), 1.0, &mut one).unwrap();
    assert_eq!(one, [0.0, 1.0]);
}

#[test]
fn a_norm_beyond_f64_is_clipped_all_the_same() {
    let mut data = [f64::MAX, -f64::MAX, f64::MAX, f64::MAX];
    assert_eq!(clip_frobenius(&mut data, 3.0), Ok(f64::INFINITY));
    assert!(near(frobenius_norm(MatrixRef::new(&data, 2, 2).unwrap()).unwrap(), 3.0, 1e-14), "{data:?}");
}

#[test]
fn a_limit_beyond_the_element_type_is_a_limit_all_the_same() {
    let mut data = [f32::MAX; 100];
    assert!(clip_frobenius(&mut data, 1e39).unwrap() > 1e39);
    assert!(near(frobenius_norm(MatrixRef::new(&data, 10, 10).unwrap()).unwrap(), 1e39, 1e-7));
}

#[test]
fn bad_options_are_named() {
    let data = [1.0, 2.0, 3.0, 4.0];
    let w = MatrixRef::new(&data, 2, 2).unwrap();
    let error = |iteration: PowerIteration<'_>| iteration.run(w).unwrap_err();
    let option = |error: Error| matches!(error.kind(), ErrorKind::Option { .. });
    assert!(option(error(PowerIteration { stop: Stop::Steps(0), ..ARTICLE })));
    for tolerance in [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY] {
        let stop = Stop::Tolerance { tolerance, max_iterations: 9 };
        assert!(option(error(PowerIteration { stop, ..ARTICLE })));
    }
    assert!(option(error(PowerIteration { start: Start::Given(&[0.0, 0.0]), ..ARTICLE })));
    let short = error(PowerIteration { start: Start::Given(&[1.0]), ..ARTICLE });
    assert_eq!(*short.kind(), ErrorKind::Shape { what: "start", expected: Count::Exactly(2), got: 1 });
    let infinite = error(PowerIteration { start: Start::Given(&[1.0, f64::INFINITY]), ..ARTICLE });
    let expected = ErrorKind::NonFinite { what: "start", row: 1, column: 0, value: NonFinite::Infinity };
    assert_eq!(*infinite.kind(), expected);
    assert_eq!(error(PowerIteration { stop: Stop::Steps(usize::MAX), ..ARTICLE }).code(), "OUT_OF_MEMORY");
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(option(clip_weights(&mut [1.0], value).unwrap_err()));
        assert!(option(clip_frobenius(&mut [1.0], value).unwrap_err()));
        assert!(option(scale_to_norm(&mut [1.0], 1.0, value).unwrap_err()));
    }
    assert!(option(scale_to_norm(&mut [1.0_f32], 1.0, 1e39).unwrap_err()));
    assert!(option(scale_to_norm(&mut [1.0], f64::NAN, 1.0).unwrap_err()));
}

#[test]
fn bad_matrices_are_named() {
    assert_eq!(MatrixRef::<f64>::new(&[], 0, 1).unwrap_err().code(), "SHAPE");
    assert_eq!(MatrixRef::new(&[1.0; 3], 2, 2).unwrap_err().to_string(), "data expected length 2 × 2, got 3");
    assert_eq!(MatrixRef::new(&[1.0; 4], usize::MAX, 2).unwrap_err().code(), "SHAPE");
    let mut data = [1.0_f32; 6];
    data[4] = f32::NAN;
    let error = frobenius_norm(MatrixRef::new(&data, 2, 3).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "matrix expected finite entries, got NaN in row 1, column 1");
    assert_eq!(clip_weights(&mut data, 0.5).unwrap_err().code(), "NON_FINITE");
    assert!(data.iter().filter(|w| **w == 1.0).count() == 5, "nothing has changed");
}
