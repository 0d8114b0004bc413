//! Weights in bfloat16: what is computed of them is to the bit what is computed of the same numbers in `f32`.

#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof};
use spectral_norm::bfloat16::{self, Bfloat16};
use spectral_norm::kernel::{Kernel, Real, Rows, scalar, stored_max_magnitude_bits, stored_sum_of_squares};
use spectral_norm::product::{adjoint_product, product};
use spectral_norm::{ErrorKind, MatrixRef, Method, Solver, frobenius_norm};
use support::{hold, matrix, normal};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The upper half of an ordinary number, or any finite bits: zeros, subnormals, huge ones.
fn entry() -> impl Strategy<Value = Bfloat16> + Clone {
    let upper = |x: f32| Bfloat16((x.to_bits() >> 16) as u16);
    prop_oneof![
        4 => (-1.0_f32..1.0).prop_map(upper),
        1 => any::<u16>().prop_map(|bits| Bfloat16(if bits & 0x7f80 == 0x7f80 { bits & 0x807f } else { bits })),
    ]
}

fn widened(entries: &[Bfloat16]) -> Vec<f32> {
    entries.iter().map(|&entry| entry.into()).collect()
}

fn halved(entries: &[f32]) -> Vec<Bfloat16> {
    entries.iter().map(|x| Bfloat16((x.to_bits() >> 16) as u16)).collect()
}

#[test]
fn every_bit_pattern_is_the_upper_half_of_a_float32() {
    for bits in 0..=u16::MAX {
        assert_eq!(f32::from(Bfloat16(bits)).to_bits(), u32::from(bits) << 16);
    }
    assert_eq!(f32::from(Bfloat16(0xbf80)).to_bits(), (-1.0_f32).to_bits());
}

#[test]
fn kernels_equal_those_of_the_widened_rows() {
    let small = || entry().prop_map(|x| if f32::from(x).abs() > 1e15 { Bfloat16(0) } else { x });
    hold(500, &matrix(small(), 67), |(entries, _, length)| {
        let v: Vec<f32> = (0..length).map(|j| (j as f32).mul_add(0.37, -1.0)).collect();
        let wide = widened(&entries);
        let (rows, wide) = (Rows::new(&entries, 0), Rows::new(&wide, 0));
        let products = <Bfloat16 as Kernel<f32>>::dots(rows, &v);
        prop_assert_eq!(products.map(f32::to_bits), scalar::dots::<f32, f32>(wide, &v).map(f32::to_bits));
        let (mut z, mut plain) = (v.clone(), v);
        <Bfloat16 as Kernel<f32>>::add_multiples(products, rows, &mut z);
        scalar::add_multiples(products, wide, &mut plain);
        prop_assert_eq!(z, plain);
        Ok(())
    });
}

#[test]
fn sums_and_magnitudes_equal_those_of_the_widened() {
    hold(500, &matrix(entry(), 24), |(entries, ..)| {
        let wide = widened(&entries);
        prop_assert_eq!(stored_sum_of_squares(&entries).to_bits(), f32::sum_of_squares(&wide).to_bits());
        prop_assert_eq!(u64::from(stored_max_magnitude_bits(&entries)) << 16, f32::max_magnitude_bits(&wide));
        Ok(())
    });
}

#[test]
fn norms_equal_those_of_the_widened() {
    hold(150, &matrix(entry(), 40), |(entries, rows, columns)| {
        let wide = widened(&entries);
        let (stored, wide) =
            (MatrixRef::new(&entries, rows, columns).unwrap(), MatrixRef::new(&wide, rows, columns).unwrap());
        prop_assert_eq!(bfloat16::frobenius_norm(stored).unwrap(), frobenius_norm(wide).unwrap());
        for method in [Method::Auto, Method::Lanczos, Method::Power] {
            let solver = Solver { method, max_iterations: 60, ..Solver::default() };
            let (found, expected) = (bfloat16::dominant_triplet(stored, &solver).unwrap(), solver.run(wide).unwrap());
            prop_assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
        Ok(())
    });
}

#[test]
fn large_ones_too_whatever_their_shape() {
    for (rows, columns) in [(97, 203), (203, 97), (65, 65), (130, 66)] {
        let entries = halved(&normal(rows, columns, 7).iter().map(|&x| x as f32).collect::<Vec<_>>());
        let wide = widened(&entries);
        let solver = Solver { gap: true, ..Solver::default() };
        let found = bfloat16::dominant_triplet(MatrixRef::new(&entries, rows, columns).unwrap(), &solver).unwrap();
        let expected = solver.run(MatrixRef::new(&wide, rows, columns).unwrap()).unwrap();
        assert_eq!(found, expected);
        assert!(found.converged);
    }
}

#[test]
fn what_is_not_finite_is_named_as_in_float32() {
    for (bits, word) in [(0x7fc0, "NaN"), (0x7f80, "Infinity"), (0xff80, "-Infinity")] {
        let mut entries = vec![Bfloat16(0x3f80); 20 * 21];
        entries[3 * 21 + 4] = Bfloat16(bits);
        let matrix = MatrixRef::new(&entries, 20, 21).unwrap();
        for error in [
            bfloat16::frobenius_norm(matrix).unwrap_err(),
            bfloat16::dominant_triplet(matrix, &Solver::default()).unwrap_err(),
        ] {
            assert!(matches!(error.kind(), ErrorKind::NonFinite { row: 3, column: 4, .. }), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
    let entries = [Bfloat16(0); 400];
    let zero = bfloat16::dominant_triplet(MatrixRef::new(&entries, 20, 20).unwrap(), &Solver::default()).unwrap();
    assert!(zero.sigma == 0.0 && zero.converged);
}

#[test]
fn products_equal_those_of_the_widened() {
    hold(200, &matrix(entry(), 24), |(entries, rows, columns)| {
        let wide = widened(&entries);
        let (stored, wide) =
            (MatrixRef::new(&entries, rows, columns).unwrap(), MatrixRef::new(&wide, rows, columns).unwrap());
        let vector = |length: usize| (0..length).map(|j| j as f64 * 0.37 - 1.0).collect::<Vec<_>>();
        let (mut u, mut z) = (vec![9.0; rows], vec![9.0; columns]);
        bfloat16::multiply(stored, false, &vector(columns), &mut u);
        bfloat16::multiply(stored, true, &vector(rows), &mut z);
        let (mut image, mut back) = (vec![0.0; rows], vec![0.0; columns]);
        product(wide, &vector(columns), &mut image);
        adjoint_product(wide, &vector(rows), &mut back);
        prop_assert_eq!((u, z), (image, back));
        Ok(())
    });
}
