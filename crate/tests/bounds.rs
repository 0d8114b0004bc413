//! Intervals that contain the norm: laws, traps, and nalgebra's singular values as an oracle.

mod support;

use proptest::prelude::prop_assert;
use spectral_norm::{Bounds, Certainty, Element, Evidence, MatrixRef, Method, Solver, leading, spectral_norm_bounds};
use support::{entry32, entry64, hold, matrix, normal};

const SURELY: f64 = 1.0 - 1e-9;

fn bounds<T: Element>(data: &[T], rows: usize, columns: usize, certainty: Certainty) -> Bounds {
    spectral_norm_bounds(MatrixRef::new(data, rows, columns).unwrap(), certainty, 0).unwrap()
}

/// The norm by another way, rotations of pairs of rows, right to a few units in the last place.
fn reference<T: Element>(data: &[T], rows: usize, columns: usize) -> f64 {
    let solver = Solver { method: Method::Exact, ..Solver::default() };
    leading(MatrixRef::new(data, rows, columns).unwrap(), 1, &solver).unwrap().triplets[0].sigma
}

fn holds<T: Element>(data: &[T], rows: usize, columns: usize) -> bool {
    let sigma = reference(data, rows, columns);
    let slack = 1e-13 * sigma + 5e-324;
    let all = [Certainty::Cheap, Certainty::Probable(SURELY), Certainty::Rigorous]
        .map(|certainty| bounds(data, rows, columns, certainty));
    all.iter().all(|found| found.lower <= sigma + slack && sigma - slack <= found.upper && found.lower <= found.upper)
        && all[2].upper - all[2].lower <= 1e-8 * sigma + 2e-323
}

#[test]
fn they_hold_for_any_matrix() {
    hold(3000, &matrix(-1.0_f64..1.0, 24), |(data, rows, columns)| {
        prop_assert!(holds(&data, rows, columns));
        Ok(())
    });
    hold(2000, &matrix(entry64(), 12), |(data, rows, columns)| {
        prop_assert!(holds(&data, rows, columns));
        Ok(())
    });
    hold(2000, &matrix(entry32(), 12), |(data, rows, columns)| {
        prop_assert!(holds(&data, rows, columns));
        Ok(())
    });
}

#[test]
fn zero_is_certain() {
    for certainty in [Certainty::Cheap, Certainty::Probable(0.5), Certainty::Rigorous] {
        let found = bounds(&[0.0; 6], 2, 3, certainty);
        assert!(found.lower.to_bits() == 0 && found.upper.to_bits() == 0);
    }
}

#[test]
fn one_row_one_column_and_one_number() {
    let data: Vec<f64> = (1..=1000).map(f64::from).collect();
    let sigma = 333_833_500.0_f64.sqrt();
    for (rows, columns) in [(1, 1000), (1000, 1)] {
        for certainty in [Certainty::Cheap, Certainty::Probable(SURELY), Certainty::Rigorous] {
            let found = bounds(&data, rows, columns, certainty);
            assert!(found.lower <= sigma && sigma <= found.upper, "{rows}×{columns}: {found:?}");
            assert!(found.upper <= sigma * (1.0 + 1e-9) && found.lower >= sigma * (1.0 - 1e-11), "{found:?}");
        }
    }
    let found = bounds(&[-0.1_f32], 1, 1, Certainty::Rigorous);
    assert!(found.lower <= f64::from(0.1_f32) && f64::from(0.1_f32) <= found.upper);
}

#[test]
fn the_widths_of_ordinary_matrices() {
    for (rows, columns) in [(64, 64), (128, 1152), (300, 200), (512, 512)] {
        let data = normal(rows, columns, 5);
        let found = bounds(&data, rows, columns, Certainty::Rigorous);
        assert_eq!(found.evidence, Evidence::Cholesky, "{rows}×{columns}");
        assert!(found.upper / found.lower < 1.0 + 1e-8, "{rows}×{columns}: {:e}", found.upper / found.lower - 1.0);
        let likely = bounds(&data, rows, columns, Certainty::Probable(SURELY));
        assert_eq!(likely.evidence, Evidence::Lanczos);
        assert!(likely.upper >= found.lower && likely.upper < 1.1 * found.upper, "{rows}×{columns}: {likely:?}");
        let cheap = bounds(&data, rows, columns, Certainty::Cheap);
        assert!(cheap.lower <= found.upper && cheap.upper >= found.lower && cheap.evidence == Evidence::Norms);
        assert!(found.magnitudes >= found.upper);
    }
}

#[test]
fn orthogonal_matrices_are_the_hardest_to_shift() {
    for side in [2, 30, 100] {
        // Householder's reflection along all ones.
        let data: Vec<f64> =
            (0..side * side).map(|place| f64::from(u8::from(place % (side + 1) == 0)) - 2.0 / side as f64).collect();
        let found = bounds(&data, side, side, Certainty::Rigorous);
        assert!(found.lower <= 1.0 + 1e-14 && found.upper >= 1.0 - 1e-14, "{found:?}");
        assert!(found.upper - found.lower < 1e-8);
    }
}

#[test]
fn norms_beyond_the_range_are_infinite_from_above() {
    let found = bounds(&[f64::MAX; 4], 2, 2, Certainty::Rigorous);
    assert!(found.upper.is_infinite() && found.lower > 1e308, "{found:?}");
}

#[test]
fn a_smaller_side_above_2048_is_cut_into_blocks() {
    let (rows, columns) = (2050, 2100);
    let mut data = vec![0.0_f32; rows * columns];
    for index in 0..rows {
        data[index * columns + index] = if index == 2000 { 5.0 } else { 1.0 };
    }
    let found = bounds(&data, rows, columns, Certainty::Rigorous);
    assert_eq!(found.evidence, Evidence::Norms);
    // A last column of ones: its length is in no single block.
    for index in 0..rows {
        data[index * columns + columns - 1] = 1.0;
    }
    let found = bounds(&data, rows, columns, Certainty::Rigorous);
    let sigma = 2051.0_f64.sqrt();
    assert_eq!(found.evidence, Evidence::Blocks);
    assert!(found.lower > sigma * (1.0 - 1e-3) && found.upper > sigma && found.upper < 1.02 * sigma, "{found:?}");
}

#[test]
fn what_is_no_probability_is_refused() {
    let matrix = MatrixRef::new(&[1.0, 2.0], 1, 2).unwrap();
    for certainty in [0.0, 1.0, -0.5, f64::NAN] {
        let refused = spectral_norm_bounds(matrix, Certainty::Probable(certainty), 0).unwrap_err();
        assert_eq!(refused.code(), "OPTION");
    }
    let nan = MatrixRef::new(&[1.0, f64::INFINITY], 1, 2).unwrap();
    assert_eq!(spectral_norm_bounds(nan, Certainty::Cheap, 0).unwrap_err().code(), "NON_FINITE");
}
