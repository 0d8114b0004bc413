//! The leading singular values: laws, and nalgebra's as an oracle.

mod support;

use proptest::prelude::prop_assert;
use spectral_norm::{MatrixRef, Method, Solver, Spectrum, leading};
use support::{hold, matrix, near, normal};

const SHARP: Solver<'_> = Solver {
    method: Method::Auto,
    start: spectral_norm::Start::Random,
    tolerance: 1e-10,
    max_iterations: 20_000,
    seed: 0,
    gap: false,
};

fn run(data: &[f64], rows: usize, columns: usize, count: usize, method: Method) -> Spectrum {
    leading(MatrixRef::new(data, rows, columns).unwrap(), count, &Solver { method, ..SHARP }).unwrap()
}

/// How far `W − Σ σᵢuᵢvᵢᵀ` is from zero, and the vectors from orthonormal, at most.
fn defects(data: &[f64], rows: usize, columns: usize, spectrum: &Spectrum) -> [f64; 2] {
    let mut rest = data.to_vec();
    let mut skew = 0.0_f64;
    for (i, a) in spectrum.triplets.iter().enumerate() {
        for (place, entry) in rest.iter_mut().enumerate() {
            *entry -= a.sigma * a.u[place / columns] * a.v[place % columns];
        }
        for (j, b) in spectrum.triplets.iter().enumerate() {
            let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let expected = f64::from(u8::from(i == j));
            skew = skew.max((product(&a.u, &b.u) - expected).abs()).max((product(&a.v, &b.v) - expected).abs());
        }
    }
    assert_eq!(rest.len(), rows * columns);
    [rest.iter().fold(0.0, |most, entry| entry.abs().max(most)), skew]
}

#[test]
fn all_triplets_make_up_the_matrix() {
    hold(300, &matrix(-1.0_f64..1.0, 12), |(data, rows, columns)| {
        for method in [Method::Exact, Method::Lanczos] {
            let spectrum = run(&data, rows, columns, usize::MAX, method);
            prop_assert!(spectrum.converged && spectrum.triplets.len() == rows.min(columns));
            prop_assert!(spectrum.triplets.windows(2).all(|pair| pair[0].sigma >= pair[1].sigma));
            let [rest, skew] = defects(&data, rows, columns, &spectrum);
            let slack = if method == Method::Exact { 1e-13 } else { 1e-7 };
            prop_assert!(rest < slack && skew < slack, "{method:?}: {rest:e} {skew:e}");
        }
        Ok(())
    });
}

#[test]
fn small_singular_values_are_right_to_rounding_errors_of_the_largest() {
    // Columns of very different length: what is below 1e-8 of the largest, the Gram matrix alone would lose.
    let scales = [1.0, 1e-3, 1e-6, 1e-9, 1e-11];
    let volume = |scale: &dyn Fn(usize) -> f64| -> f64 {
        let data: Vec<f64> = normal(10, 5, 3).iter().enumerate().map(|(k, x)| scale(k % 5) * x).collect();
        run(&data, 10, 5, 5, Method::Exact).triplets.iter().map(|triplet| triplet.sigma).product()
    };
    // The product of all is √det WᵀW, which scales with every column.
    let expected = volume(&|_| 1.0) * scales.iter().product::<f64>();
    assert!(near(volume(&|column| scales[column]), expected, 1e-4));
}

#[test]
fn rows_that_nearly_depend_on_each_other_are_decomposed() {
    // Rotation leaves the third row shorter in every sweep, until the square of its length is no number any more.
    let tiny = 2.0_f64.powi(-25);
    let data = [0.0, -1.0, -tiny, 0.0, tiny, 0.0, 0.0, tiny, 0.0];
    let spectrum = run(&data, 3, 3, 3, Method::Auto);
    assert!(spectrum.converged && spectrum.iterations == 1);
    let [rest, skew] = defects(&data, 3, 3, &spectrum);
    assert!(rest < 1e-14 && skew < 1e-13, "{rest:e} {skew:e}");
}

#[test]
fn multiple_values_come_as_often_as_they_are() {
    let identity: Vec<f64> = (0..10_000).map(|k| f64::from(u8::from(k % 101 == 0))).collect();
    let spectrum = run(&identity, 100, 100, 7, Method::Lanczos);
    assert!(spectrum.converged && spectrum.triplets.len() == 7);
    assert!(spectrum.triplets.iter().all(|triplet| near(triplet.sigma, 1.0, 1e-12)));
    let mut diagonal = vec![0.0; 70 * 90];
    for (place, value) in [5.0, 3.0, 3.0, 3.0, 2.0, 1.0].into_iter().enumerate() {
        diagonal[place * 91] = value;
    }
    let spectrum = run(&diagonal, 70, 90, 8, Method::Lanczos);
    let sigmas: Vec<f64> = spectrum.triplets.iter().map(|triplet| triplet.sigma).collect();
    for (found, expected) in sigmas.iter().zip([5.0, 3.0, 3.0, 3.0, 2.0, 1.0, 0.0, 0.0]) {
        assert!((found - expected).abs() < 1e-9, "{sigmas:?}");
    }
    assert!(defects(&diagonal, 70, 90, &spectrum)[0] < 1e-8);
}

#[test]
fn a_zero_matrix_has_zeros_and_orthonormal_vectors() {
    for method in [Method::Exact, Method::Lanczos] {
        let spectrum = run(&[0.0; 12], 3, 4, 3, method);
        assert!(spectrum.converged && spectrum.triplets.iter().all(|triplet| triplet.sigma == 0.0), "{method:?}");
        assert!(defects(&[0.0; 12], 3, 4, &spectrum)[1] < 1e-14, "{method:?}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn nalgebra_finds_the_same() {
    for (rows, columns) in [(40, 60), (65, 65), (128, 300), (300, 128), (1, 300)] {
        let data = normal(rows, columns, 7);
        let matrix = nalgebra::DMatrix::from_row_slice(rows, columns, &data);
        let singular = matrix.clone().svd(false, false).singular_values;
        assert!(near(singular.norm(), matrix.norm(), 1e-12), "the oracle is wrong on {rows}×{columns}");
        for method in [Method::Auto, Method::Lanczos] {
            let spectrum = run(&data, rows, columns, 10, method);
            assert!(spectrum.converged, "{rows}×{columns}");
            for (found, expected) in spectrum.triplets.iter().zip(singular.iter()) {
                assert!(near(found.sigma, *expected, 1e-11), "{rows}×{columns}: {} {expected}", found.sigma);
            }
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let matrix = MatrixRef::new(&[1.0, 2.0], 1, 2).unwrap();
    assert_eq!(leading(matrix, 0, &SHARP).unwrap_err().code(), "OPTION");
    assert_eq!(leading(matrix, 1, &Solver { method: Method::Power, ..SHARP }).unwrap_err().code(), "OPTION");
}
