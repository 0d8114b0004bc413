//! The spectral radius: laws, values that are known, and nalgebra's eigenvalues as an oracle.
#![allow(clippy::float_cmp, reason = "exact values are meant")]

mod support;

use std::cmp::Ordering;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq};
use spectral_norm::{Count, ErrorKind, MatrixRef, Solver, spectral_norm, spectral_radius};
use support::{hold, near, normal, transposed};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn radius(data: &[f64]) -> f64 {
    let side = data.len().isqrt();
    spectral_radius(MatrixRef::new(data, side, side).unwrap()).unwrap()
}

/// Square matrices with up to so many rows, as their entries.
fn square(most: usize) -> impl Strategy<Value = Vec<f64>> {
    (1..=most).prop_flat_map(|side| vec(-1.0_f64..1.0, side * side))
}

fn times(a: &[f64], b: &[f64]) -> Vec<f64> {
    let side = a.len().isqrt();
    let entry = |place: usize| (0..side).map(|k| a[place / side * side + k] * b[k * side + place % side]).sum();
    (0..a.len()).map(entry).collect()
}

/// Rows and columns in another order, the same for both.
fn reordered(data: &[f64], order: &[usize]) -> Vec<f64> {
    let side = order.len();
    (0..data.len()).map(|place| data[order[place / side] * side + order[place % side]]).collect()
}

#[test]
fn it_is_at_most_the_norm_and_equal_for_symmetric_matrices() {
    let sharp = Solver { tolerance: 1e-12, ..Solver::default() };
    hold(300, &square(12), |data| {
        let side = data.len().isqrt();
        let norm = |data: &[f64]| spectral_norm(MatrixRef::new(data, side, side).unwrap(), &sharp).unwrap();
        prop_assert!(radius(&data) <= norm(&data) * (1.0 + 1e-12));
        let symmetric: Vec<f64> = data.iter().zip(transposed(&data, side, side)).map(|(a, b)| a + b).collect();
        prop_assert!(near(radius(&symmetric), norm(&symmetric), 1e-12));
        Ok(())
    });
}

#[test]
fn it_is_that_of_the_transpose_and_of_powers_by_their_exponent() {
    hold(300, &square(10), |data| {
        let (side, found) = (data.len().isqrt(), radius(&data));
        prop_assert!(near(radius(&transposed(&data, side, side)), found, 1e-11));
        let squared = times(&data, &data);
        prop_assert!(near(radius(&squared).sqrt(), found, 1e-11));
        prop_assert!(near(radius(&times(&squared, &data)).cbrt(), found, 1e-11));
        Ok(())
    });
}

#[test]
fn powers_of_two_pass_through_exactly_as_factors_and_as_similarities() {
    let exponents = vec(-300_i32..300, 10);
    hold(300, &(square(10), -400_i32..400, exponents), |(data, exponent, exponents)| {
        let (side, found) = (data.len().isqrt(), radius(&data));
        let scaled: Vec<f64> = data.iter().map(|entry| entry * 2.0_f64.powi(exponent)).collect();
        prop_assert_eq!(radius(&scaled), found * 2.0_f64.powi(exponent));
        let similar = |place: usize| data[place] * 2.0_f64.powi(exponents[place / side] - exponents[place % side]);
        let similar: Vec<f64> = (0..data.len()).map(similar).collect();
        prop_assert!(near(radius(&similar), found, 1e-11), "{} {found}", radius(&similar));
        Ok(())
    });
}

#[test]
fn a_triangular_matrix_has_its_largest_diagonal_entry_in_whatever_order() {
    let triangles = square(12).prop_flat_map(|data| {
        let order: Vec<usize> = (0..data.len().isqrt()).collect();
        (Just(data), Just(order).prop_shuffle(), any::<bool>())
    });
    hold(300, &triangles, |(mut data, order, huge)| {
        let side = order.len();
        for (place, entry) in data.iter_mut().enumerate() {
            let above = if huge { 1e200 } else { 1.0 };
            *entry *= match (place / side).cmp(&(place % side)) {
                Ordering::Less => above,
                Ordering::Equal => 1.0,
                Ordering::Greater => 0.0,
            };
        }
        let expected = (0..side).map(|k| data[k * side + k].abs()).fold(0.0, f64::max);
        prop_assert!(near(radius(&reordered(&data, &order)), expected, 1e-13));
        Ok(())
    });
}

#[test]
fn known_radii() {
    assert_eq!(radius(&[1.0, 100.0, 0.0, 1.0]), 1.0);
    assert_eq!(radius(&[-3.0]), 3.0);
    assert_eq!(radius(&[0.0]), 0.0);
    assert_eq!(radius(&[0.0; 9]), 0.0);
    assert!(near(radius(&[3.0, 0.0, 0.0, -4.0]), 4.0, 1e-15));
    assert!(near(radius(&[1.0; 25]), 5.0, 1e-15));
    // The golden ratio, and complex pairs: a quarter turn, and one that no power brings back.
    assert!(near(radius(&[1.0, 1.0, 1.0, 0.0]), 0.5 * (1.0 + 5.0_f64.sqrt()), 1e-15));
    assert!(near(radius(&[0.0, -2.0, 2.0, 0.0]), 2.0, 1e-15));
    assert!(near(radius(&[3.0, -4.0, 4.0, 3.0]), 5.0, 1e-15));
    assert!(near(radius(&[1.0, -1e-9, 1e-9, 1.0]), 1.0, 1e-15));
    // All n-th roots of unity: no power leaves one of them alone.
    for side in [2, 3, 5, 7, 12] {
        let cycle: Vec<f64> =
            (0..side * side).map(|k| f64::from(u8::from((k / side + 1) % side == k % side))).collect();
        assert!(near(radius(&cycle), 1.0, 1e-14), "{side}");
    }
    // Eigenvalues 1 and 1 − 1e-9, of opposite signs too.
    for second in [1.0, -1.0] {
        let (half, rest) = (0.5 * (1.0 + second * (1.0 - 1e-9)), 0.5 * (1.0 - second * (1.0 - 1e-9)));
        assert!(near(radius(&[half, rest, rest, half]), 1.0, 1e-14), "{second}");
    }
}

#[test]
fn nilpotent_and_defective_matrices() {
    // Triangular in some order: exact.
    assert_eq!(radius(&[0.0, 1.0, 0.0, 0.0]), 0.0);
    assert_eq!(radius(&[0.0, 0.0, 5.0, 7.0, 0.0, 1e200, 0.0, 0.0, 0.0]), 0.0);
    // In no order triangular, but all of integers.
    assert_eq!(radius(&[1.0, -1.0, 1.0, -1.0]), 0.0);
    // Two of three eigenvalues are 1 and have one vector: the root of rounding errors, with any method.
    let defective = [2.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.5];
    assert!(near(radius(&defective), 1.0, 1e-7), "{}", radius(&defective));
    // Rounding errors of a nilpotent matrix of side 8, to the eighth part of their digits.
    let rotation = rotation(8, 5);
    let nilpotent: Vec<f64> = (0..64).map(|k| if k / 8 + 1 == k % 8 { 1.0 } else { 0.0 }).collect();
    let turned = times(&times(&rotation, &nilpotent), &transposed(&rotation, 8, 8));
    assert!(radius(&turned) < 0.03, "{}", radius(&turned));
}

/// An orthogonal matrix: normal numbers made so, row after row.
fn rotation(side: usize, seed: u64) -> Vec<f64> {
    let mut rows = normal(side, side, seed);
    for row in 0..side {
        for pass in 0..2 * row {
            let earlier: Vec<f64> = rows[pass % row * side..][..side].to_vec();
            let along: f64 = earlier.iter().zip(&rows[row * side..]).map(|(a, b)| a * b).sum();
            rows[row * side..][..side].iter_mut().zip(&earlier).for_each(|(a, b)| *a -= along * b);
        }
        let length = rows[row * side..][..side].iter().map(|a| a * a).sum::<f64>().sqrt();
        rows[row * side..][..side].iter_mut().for_each(|a| *a /= length);
    }
    rows
}

#[test]
fn entries_of_extreme_sizes() {
    let golden = 0.5 * (1.0 + 5.0_f64.sqrt());
    for scale in [1e-320, 1e-300, 1e-150, 1e150, 1e300] {
        let found = radius(&[scale, scale, scale, 0.0]);
        assert!(near(found, golden * scale, if scale < 1e-310 { 1e-3 } else { 1e-15 }), "{scale:e}: {found:e}");
    }
    // One matrix with all of them: squared as it stands, it would lose the small entry.
    for scale in [1e-160, 1e-150, 1e150, 1e160] {
        assert!(near(radius(&[1.0, scale, 1.0 / scale, 0.0]), golden, 1e-13), "{scale:e}");
    }
    assert_eq!(radius(&[1e308, 1e308, 1e308, 1e308]), f64::INFINITY);
}

#[test]
fn float32_is_widened() {
    let narrow = [0.1_f32, 0.7, -0.3, 0.2];
    let wide = narrow.map(f64::from);
    assert_eq!(spectral_radius(MatrixRef::new(&narrow, 2, 2).unwrap()), Ok(radius(&wide)));
}

#[test]
fn bad_matrices_are_named() {
    let wide = spectral_radius(MatrixRef::new(&[1.0; 6], 2, 3).unwrap());
    assert_eq!(wide, Err(ErrorKind::Shape { what: "columns", expected: Count::Exactly(2), got: 3 }.into()));
    let wrong = spectral_radius(MatrixRef::new(&[1.0, 0.0, f64::NAN, 1.0], 2, 2).unwrap()).unwrap_err();
    assert_eq!(wrong.to_string(), "matrix expected finite entries, got NaN in row 1, column 0");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn nalgebra_finds_the_same() {
    for side in [1, 2, 3, 5, 17, 40, 64, 65, 100] {
        for seed in 0..6 {
            let data = normal(side, side, seed * 100 + side as u64);
            let matrix = nalgebra::DMatrix::from_row_slice(side, side, &data);
            let expected = matrix.complex_eigenvalues().iter().map(|value| value.norm()).fold(0.0, f64::max);
            assert!(near(radius(&data), expected, 1e-11), "{side}, {seed}: {} {expected}", radius(&data));
        }
    }
}
