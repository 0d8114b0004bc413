//! Lanczos' method: laws, traps, and nalgebra's singular values as an oracle.
#![allow(clippy::float_cmp, clippy::cast_possible_truncation, reason = "exact values, and float32, are meant")]

mod support;

use proptest::prelude::prop_assert;
use spectral_norm::{MatrixRef, Method, Solver, Start, Triplet, frobenius_norm};
use support::{entry32, entry64, hold, matrix, near, normal};

const LANCZOS: Solver<'_> = Solver {
    method: Method::Lanczos,
    start: Start::Random,
    tolerance: 1e-6,
    max_iterations: 20_000,
    seed: 0,
    gap: false,
};

fn run(data: &[f64], rows: usize, columns: usize) -> Triplet {
    let lanczos = Solver { gap: true, ..LANCZOS };
    lanczos.run(MatrixRef::new(data, rows, columns).unwrap()).unwrap()
}

fn run32(data: &[f32], rows: usize, columns: usize) -> Triplet {
    let lanczos = Solver { gap: true, ..LANCZOS };
    lanczos.run(MatrixRef::new(data, rows, columns).unwrap()).unwrap()
}

fn narrow(data: &[f64]) -> Vec<f32> {
    data.iter().map(|&x| x as f32).collect()
}

/// `Σ values[i] · aᵢbᵢᵀ` with orthonormal cosines `a` and `b`, so that the singular values are known.
fn with_singular_values(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let cosine = |n: usize, k: usize, i: usize| {
        let scale = if k == 0 { 1.0 } else { 2.0 } / n as f64;
        scale.sqrt() * (std::f64::consts::PI * (k * (2 * i + 1)) as f64 / (2 * n) as f64).cos()
    };
    let mut data = vec![0.0; rows * columns];
    for (k, value) in values.iter().enumerate() {
        for (place, entry) in data.iter_mut().enumerate() {
            *entry += value * cosine(rows, k, place / columns) * cosine(columns, k, place % columns);
        }
    }
    data
}

#[test]
fn any_matrix_has_a_norm_between_its_bounds() {
    hold(3000, &matrix(entry64(), 12), |(data, rows, columns)| {
        let matrix = MatrixRef::new(&data, rows, columns).unwrap();
        let end = LANCZOS.run(matrix).unwrap();
        let frobenius = frobenius_norm(matrix).unwrap();
        let least = frobenius / (rows.min(columns) as f64).sqrt();
        prop_assert!(end.converged && end.sigma <= frobenius * (1.0 + 1e-14) && end.sigma >= least * (1.0 - 1e-6));
        Ok(())
    });
    hold(3000, &matrix(entry32(), 12), |(data, rows, columns)| {
        let end = LANCZOS.run(MatrixRef::new(&data, rows, columns).unwrap()).unwrap();
        prop_assert!(end.converged && end.sigma.is_finite());
        Ok(())
    });
}

#[test]
fn the_norm_is_homogeneous_and_that_of_the_transpose() {
    hold(500, &matrix(-1.0_f64..1.0, 20), |(data, rows, columns)| {
        let sigma = run(&data, rows, columns).sigma;
        let scaled: Vec<f64> = data.iter().map(|x| x * -3e100).collect();
        prop_assert!(near(run(&scaled, rows, columns).sigma, 3e100 * sigma, 1e-9));
        let transposed: Vec<f64> = (0..data.len()).map(|k| data[k % rows * columns + k / rows]).collect();
        prop_assert!(near(run(&transposed, columns, rows).sigma, sigma, 1e-9));
        Ok(())
    });
}

#[test]
fn the_wide_gaussian_matrix_whose_null_space_leaks_in() {
    let data = normal(128, 1152, 0);
    let (double, single) = (run(&data, 128, 1152), run32(&narrow(&data), 128, 1152));
    let exact = run(&data.clone(), 128, 1152).sigma;
    assert!(double.converged && single.converged);
    assert!(near(single.sigma, exact, 1e-7), "{} {exact}", single.sigma);
    // The image under the transpose of what was found is as long: no vector of the null space is mixed in.
    let transposed: Vec<f64> = (0..data.len()).map(|k| data[k % 128 * 1152 + k / 128]).collect();
    assert!(near(run(&transposed, 1152, 128).sigma, double.sigma, 1e-12));
}

#[test]
fn small_matrices_are_searched_in_float64_whatever_their_entries() {
    for (rows, columns) in [(20, 20), (64, 64), (17, 240), (240, 17), (2, 2048)] {
        let narrow = narrow(&normal(rows, columns, 5));
        let wide: Vec<f64> = narrow.iter().map(|&x| x.into()).collect();
        assert_eq!(run32(&narrow, rows, columns), run(&wide, rows, columns), "{rows}×{columns}");
    }
}

#[test]
fn all_ones_of_three_rows_and_five_columns() {
    for end in [run(&[1.0; 15], 3, 5), run32(&[1.0; 15], 3, 5)] {
        assert!(near(end.sigma, 15.0_f64.sqrt(), 1e-15), "{}", end.sigma);
        assert!(end.gap > 1.0 - 1e-6, "{}", end.gap);
    }
}

#[test]
fn a_start_orthogonal_to_the_answer_does_not_hide_it() {
    let data = with_singular_values(&[3.0, 2.0, 1.0], 80, 70);
    let second = Solver { tolerance: 1e-10, ..LANCZOS };
    // The vector of the second singular value: the search from there must not end there.
    let start: Vec<f64> = (0..70).map(|i| (std::f64::consts::PI * f64::from(2 * i + 1) / 140.0).cos()).collect();
    let lanczos = Solver { start: Start::Given(&start), ..second };
    let end = lanczos.run(MatrixRef::new(&data, 80, 70).unwrap()).unwrap();
    assert!(end.converged && near(end.sigma, 3.0, 1e-10), "{}", end.sigma);
    let zero_dc = [1.0, -2.0, 1.0, 2.0, -4.0, 2.0];
    let ones = Solver { start: Start::Ones, ..LANCZOS };
    assert!(near(ones.run(MatrixRef::new(&zero_dc, 2, 3).unwrap()).unwrap().sigma, 30.0_f64.sqrt(), 1e-12));
}

#[test]
fn a_start_near_the_answer_saves_passes() {
    let data = narrow(&normal(300, 300, 3));
    let matrix = MatrixRef::new(&data, 300, 300).unwrap();
    let cold = LANCZOS.run(matrix).unwrap();
    let warm = Solver { start: Start::Given(&cold.v), ..LANCZOS }.run(matrix).unwrap();
    assert!(warm.converged && near(warm.sigma, cold.sigma, 1e-9));
    assert!(warm.iterations < cold.iterations, "{} {}", warm.iterations, cold.iterations);
}

#[test]
fn a_multiple_norm_is_seen_in_the_gap() {
    let identity: Vec<f64> = (0..10_000).map(|k| f64::from(u8::from(k % 101 == 0))).collect();
    let end = run(&identity, 100, 100);
    assert!(near(end.sigma, 1.0, 1e-14) && end.gap.abs() < 1e-12, "{} {}", end.sigma, end.gap);
    for gap in [1e-1, 1e-3, 1e-6] {
        let data = with_singular_values(&[2.0, 2.0 * (1.0 - gap), 1.0, 0.5], 90, 110);
        let (double, single) = (run(&data, 90, 110), run32(&narrow(&data), 90, 110));
        assert!(double.converged && near(double.sigma, 2.0, 1e-6) && double.sigma <= 2.0 + 1e-14);
        assert!((double.gap - gap).abs() <= 0.02 * gap + 1e-6, "{gap}: {}", double.gap);
        assert!((single.gap - gap).abs() <= 0.02 * gap + 1e-5, "{gap}: {}", single.gap);
    }
}

#[test]
fn clusters_narrower_than_a_squared_residual_would_show() {
    for (index, exponent) in (10..60).map(|k| f64::from(k) * -0.2).enumerate() {
        let gap = 10.0_f64.powf(exponent);
        let mut values = vec![1.0, 1.0 - gap, 1.0 - 0.5 * gap];
        values.extend((0..60).map(|k| 0.9 - f64::from(k) * 0.01));
        let data = with_singular_values(&values, 100, 120);
        let lanczos = Solver { seed: index as u64, ..LANCZOS };
        let end = lanczos.run(MatrixRef::new(&data, 100, 120).unwrap()).unwrap();
        assert!(end.converged && near(end.sigma, 1.0, 1e-6), "{gap:e}: {:e}", 1.0 - end.sigma);
        let end = lanczos.run(MatrixRef::new(&narrow(&data), 100, 120).unwrap()).unwrap();
        assert!(end.converged && near(end.sigma, 1.0, 1.2e-6), "{gap:e}: {:e}", 1.0 - end.sigma);
    }
}

#[test]
fn shapes_and_matrices_that_leave_little_to_search() {
    assert_eq!(run(&[-2.5], 1, 1).sigma, 2.5);
    assert_eq!(run(&[0.0; 6], 2, 3).sigma, 0.0);
    assert_eq!(run32(&[0.0; 6], 2, 3).v.len(), 3);
    let row: Vec<f64> = (1..=100).map(f64::from).collect();
    let length = 338_350.0_f64.sqrt();
    assert!(near(run(&row, 1, 100).sigma, length, 1e-15) && near(run(&row, 100, 1).sigma, length, 1e-15));
    let rank_one: Vec<f64> = (0..7000).map(|k| f64::from(1 + k / 70) * f64::from(1 + k % 70)).collect();
    let expected = 338_350.0_f64.sqrt() * 116_795.0_f64.sqrt();
    assert!(near(run(&rank_one, 100, 70).sigma, expected, 1e-14));
    let tiny: Vec<f32> = [3.0, 0.0, 0.0, 4.0].iter().map(|x: &f64| (x * 1e-44) as f32).collect();
    assert!(near(run32(&tiny, 2, 2).sigma, f64::from(tiny[3]), 1e-12));
}

#[test]
fn the_vectors_are_of_unit_length_and_belong_together() {
    hold(200, &matrix(-1.0_f32..1.0, 90), |(data, rows, columns)| {
        let end = run32(&data, rows, columns);
        let image: f64 = (0..rows)
            .map(|i| end.u[i] * (0..columns).map(|j| f64::from(data[i * columns + j]) * end.v[j]).sum::<f64>())
            .sum();
        prop_assert!(near(image, end.sigma, 1e-13), "{image} {}", end.sigma);
        for vector in [&end.u, &end.v] {
            prop_assert!(near(vector.iter().map(|x| x * x).sum(), 1.0, 1e-13));
        }
        Ok(())
    });
}

#[test]
fn what_is_not_reached_is_said() {
    let data = normal(200, 200, 9);
    let matrix = MatrixRef::new(&data, 200, 200).unwrap();
    for max_iterations in [1, 2, 5] {
        let end = Solver { max_iterations, ..LANCZOS }.run(matrix).unwrap();
        assert!(!end.converged && end.iterations <= max_iterations && end.residual > 1e-6, "{max_iterations}");
        assert!(end.sigma > 10.0);
    }
    for tolerance in [0.0, 1.0, f64::NAN] {
        assert_eq!(Solver { tolerance, ..LANCZOS }.run(matrix).unwrap_err().code(), "OPTION");
    }
    assert_eq!(Solver { max_iterations: 0, ..LANCZOS }.run(matrix).unwrap_err().code(), "OPTION");
    let nan = MatrixRef::new(&[1.0, f64::NAN], 1, 2).unwrap();
    assert_eq!(LANCZOS.run(nan).unwrap_err().code(), "NON_FINITE");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn nalgebra_finds_the_same() {
    for (rows, columns) in [(5, 3), (40, 60), (64, 64), (65, 65), (128, 300), (300, 128), (1, 300)] {
        let data = normal(rows, columns, 7);
        let matrix = nalgebra::DMatrix::from_row_slice(rows, columns, &data);
        let singular = matrix.clone().svd(false, false).singular_values;
        assert!(near(singular.norm(), matrix.norm(), 1e-12), "the oracle is wrong on {rows}×{columns}");
        let end = run(&data, rows, columns);
        assert!(near(end.sigma, singular[0], 1e-12), "{rows}×{columns}: {} {}", end.sigma, singular[0]);
        assert!(end.sigma <= singular[0] * (1.0 + 1e-13));
        if let Some(second) = singular.get(1) {
            assert!((end.gap - (1.0 - second / singular[0])).abs() < 1e-5, "{rows}×{columns}: {}", end.gap);
        }
        let end = run32(&narrow(&data), rows, columns);
        assert!(near(end.sigma, singular[0], 2e-7), "{rows}×{columns}: {} {}", end.sigma, singular[0]);
    }
}
