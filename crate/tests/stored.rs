//! Weights in 16 bits a number: what is computed of them is to the bit what is computed of the same numbers in `f32`.

#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use proptest::prelude::prop_assert_eq;
use spectral_norm::product::{adjoint_product, gram_pass, product};
use spectral_norm::stored::{self, Bfloat16, Float16};
use spectral_norm::{ErrorKind, MatrixRef, Method, Solver, Start, frobenius_norm};
use support::format::{Format, entry, vector, widened};
use support::{hold, matrix, normal};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn norms<T: Format>() {
    hold(150, &matrix(entry::<T>(), 40), |(entries, rows, columns)| {
        let wide = widened(&entries);
        let (stored, wide) =
            (MatrixRef::new(&entries, rows, columns).unwrap(), MatrixRef::new(&wide, rows, columns).unwrap());
        prop_assert_eq!(stored::frobenius_norm(stored).unwrap(), frobenius_norm(wide).unwrap());
        for method in [Method::Auto, Method::Lanczos, Method::Power] {
            let solver = Solver { method, max_iterations: 60, ..Solver::default() };
            let (found, expected) = (stored::dominant_triplet(stored, &solver).unwrap(), solver.run(wide).unwrap());
            prop_assert_eq!(format!("{found:?}"), format!("{expected:?}"));
            let mut own = entries.clone();
            let found = stored::dominant_triplet_in_place(&mut own, [rows, columns], &solver).unwrap();
            prop_assert_eq!(format!("{found:?}"), format!("{expected:?}"));
            prop_assert_eq!(&own, &entries);
        }
        Ok(())
    });
}

#[test]
fn norms_equal_those_of_the_widened() {
    norms::<Bfloat16>();
    norms::<Float16>();
}

/// Shapes whose tiles end within, at and after a block of rows; one whose row alone is more than a tile.
const SHAPES: [(usize, usize); 7] = [(97, 203), (203, 97), (65, 65), (130, 66), (401, 67), (6, 9001), (4097, 2)];

fn large_ones<T: Format>() {
    for (rows, columns) in SHAPES {
        let entries: Vec<_> = normal(rows, columns, 7).iter().map(|&x| T::near(x as f32 / 8.0)).collect();
        let wide = widened(&entries);
        let (stored, wide) =
            (MatrixRef::new(&entries, rows, columns).unwrap(), MatrixRef::new(&wide, rows, columns).unwrap());
        let solver = Solver { gap: true, ..Solver::default() };
        let found = stored::dominant_triplet(stored, &solver).unwrap();
        assert_eq!(found, solver.run(wide).unwrap());
        assert!(found.converged);
        let mut own = entries.clone();
        assert_eq!(stored::dominant_triplet_in_place(&mut own, [rows, columns], &solver).unwrap(), found);
        assert_eq!(own, entries);
        let v: Vec<f32> = vector(columns).iter().map(|&x| x as f32).collect();
        let [mut u, mut image] = [(); 2].map(|()| vec![9_f32; rows]);
        let [mut z, mut back] = [(); 2].map(|()| vec![9_f32; columns]);
        stored::gram_pass(stored, &v, &mut u, &mut z).unwrap();
        gram_pass(wide, &v, &mut image, &mut back);
        assert!(u == image && z == back, "{rows}×{columns}");
    }
}

#[test]
fn large_ones_too_whatever_their_shape() {
    large_ones::<Bfloat16>();
    large_ones::<Float16>();
}

fn not_finite<T: Format>() {
    let wrong = [(T::INFINITY | 1, "NaN"), (T::INFINITY, "Infinity"), (T::INFINITY | 0x8000, "-Infinity")];
    for (bits, word) in wrong {
        let mut entries = vec![T::of_bits(T::ONE); 20 * 21];
        entries[3 * 21 + 4] = T::of_bits(bits);
        let matrix = MatrixRef::new(&entries, 20, 21).unwrap();
        let mut own = entries.clone();
        for error in [
            stored::frobenius_norm(matrix).unwrap_err(),
            stored::dominant_triplet(matrix, &Solver::default()).unwrap_err(),
            stored::dominant_triplet_in_place(&mut own, [20, 21], &Solver::default()).unwrap_err(),
        ] {
            assert!(matches!(error.kind(), ErrorKind::NonFinite { row: 3, column: 4, .. }), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
    let entries = [T::of_bits(0); 400];
    let zero = stored::dominant_triplet(MatrixRef::new(&entries, 20, 20).unwrap(), &Solver::default()).unwrap();
    assert!(zero.sigma == 0.0 && zero.converged);
}

#[test]
fn what_is_not_finite_is_named_as_in_float32() {
    not_finite::<Bfloat16>();
    not_finite::<Float16>();
}

#[test]
fn entries_are_what_they_were_when_a_search_fails() {
    let entries: Vec<_> = normal(90, 80, 3).iter().map(|&x| Float16::near(x as f32 / 8.0)).collect();
    let mut own = entries.clone();
    let start = [f64::NAN; 80];
    for solver in [
        Solver { tolerance: -1.0, ..Solver::default() },
        Solver { start: Start::Given(&start), ..Solver::default() },
        Solver { start: Start::Given(&start[1..]), ..Solver::default() },
    ] {
        let solver = Solver { method: Method::Lanczos, ..solver };
        assert!(stored::dominant_triplet_in_place(&mut own, [90, 80], &solver).is_err());
        assert_eq!(own, entries);
    }
    assert!(stored::dominant_triplet_in_place(&mut own, [90, 81], &Solver::default()).is_err());
    assert_eq!(own, entries);
}

fn products<T: Format>() {
    hold(200, &matrix(entry::<T>(), 24), |(entries, rows, columns)| {
        let wide = widened(&entries);
        let (stored, wide) =
            (MatrixRef::new(&entries, rows, columns).unwrap(), MatrixRef::new(&wide, rows, columns).unwrap());
        let (mut u, mut z) = (vec![9.0; rows], vec![9.0; columns]);
        stored::multiply(stored, false, &vector(columns), &mut u).unwrap();
        stored::multiply(stored, true, &vector(rows), &mut z).unwrap();
        let (mut image, mut back) = (vec![0.0; rows], vec![0.0; columns]);
        product(wide, &vector(columns), &mut image);
        adjoint_product(wide, &vector(rows), &mut back);
        prop_assert_eq!((&u, &z), (&image, &back));
        stored::gram_pass(stored, &vector(columns), &mut u, &mut z).unwrap();
        gram_pass(wide, &vector(columns), &mut image, &mut back);
        prop_assert_eq!((u, z), (image, back));
        Ok(())
    });
}

#[test]
fn products_equal_those_of_the_widened() {
    products::<Bfloat16>();
    products::<Float16>();
}
