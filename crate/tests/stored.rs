//! Weights in 16 bits a number: what is computed of them is to the bit what is computed of the same numbers in `f32`.

#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use std::fmt::Debug;

use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof};
use spectral_norm::kernel::{
    Kernel, Plain, Real, Rows, Shifted, scalar, shift, stored_max_magnitude_bits, stored_sum_of_squares, unshift,
    widen_float16,
};
use spectral_norm::product::{adjoint_product, gram_pass, product};
use spectral_norm::stored::{self, Bfloat16, Float16, Stored};
use spectral_norm::{ErrorKind, MatrixRef, Method, Solver, Start, frobenius_norm};
use support::{hold, matrix, normal};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A way to store, with what the tests need to know of it.
trait Format: Stored + Debug + PartialEq {
    /// The bits of infinity: those of its exponent.
    const INFINITY: u16;
    /// The bits of 1.
    const ONE: u16;
    /// A number near this one.
    fn near(x: f32) -> Self;
}

impl Format for Bfloat16 {
    const INFINITY: u16 = 0x7f80;
    const ONE: u16 = 0x3f80;
    fn near(x: f32) -> Self {
        Self((x.to_bits() >> 16) as u16)
    }
}

impl Format for Float16 {
    const INFINITY: u16 = 0x7c00;
    const ONE: u16 = 0x3c00;
    /// Towards zero, of a magnitude below 1.
    fn near(x: f32) -> Self {
        let sign = (x.to_bits() >> 16) as u16 & 0x8000;
        let units = (x.abs() * 16_777_216.0) as u32;
        let excess = 32_u32.saturating_sub(units.leading_zeros()).saturating_sub(11);
        // A mantissa whose leading one carries into the exponent.
        Self(sign | ((excess << 10) + (units >> excess)) as u16)
    }
}

/// An ordinary number, or any finite bits: zeros, subnormals, huge ones.
fn entry<T: Format>() -> impl Strategy<Value = T> + Clone {
    let finite = |bits: u16| if bits & T::INFINITY == T::INFINITY { bits & !T::INFINITY } else { bits };
    prop_oneof![
        4 => (-1.0_f32..1.0).prop_map(T::near),
        1 => any::<u16>().prop_map(move |bits| T::of_bits(finite(bits))),
    ]
}

fn widened<T: Stored>(entries: &[T]) -> Vec<f32> {
    entries.iter().map(|&entry| entry.into()).collect()
}

fn vector(length: usize) -> Vec<f64> {
    (0..length).map(|j| j as f64 * 0.37 - 1.0).collect()
}

#[test]
fn every_bit_pattern_of_bfloat16_is_the_upper_half_of_a_float32() {
    for bits in 0..=u16::MAX {
        assert_eq!(f32::from(Bfloat16(bits)).to_bits(), u32::from(bits) << 16);
    }
    assert_eq!(f32::from(Bfloat16(0xbf80)).to_bits(), (-1.0_f32).to_bits());
}

#[test]
fn every_bit_pattern_of_float16_has_the_value_that_ieee_754_gives_it() {
    for bits in 0..=u16::MAX {
        let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
        let magnitude = match exponent {
            0 => mantissa / 1024.0 * 2_f64.powi(-14),
            31 if mantissa == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1.0 + mantissa / 1024.0) * 2_f64.powi(exponent - 15),
        };
        let value = f64::from(f32::from(Float16(bits)));
        assert!(value.abs() == magnitude || (value.is_nan() && magnitude.is_nan()), "{bits:#x}: {value}");
        assert_eq!(value.is_sign_negative(), bits >= 0x8000, "{bits:#x}");
    }
    assert_eq!([0.1, -1.0 / 3.0, 1e-6].map(Float16::near), [0x2e66, 0xb555, 0x0010].map(Float16));
}

#[test]
fn kernels_widen_every_bit_pattern_of_float16_alike_whatever_is_beside_it() {
    let all: Vec<_> = (0..=u16::MAX).map(Float16).collect();
    let scattered: Vec<_> = (0..=u16::MAX).map(|at| Float16(at.wrapping_mul(40503))).collect();
    for entries in [&all[..], &scattered, &all[1000..1037]] {
        let mut wide = vec![0.0; entries.len()];
        widen_float16(entries, &mut wide);
        for (wide, &entry) in wide.iter().zip(entries) {
            assert_eq!(wide.to_bits(), f32::from(entry).to_bits(), "{entry:?}");
        }
    }
    // Those are read by four as f64, too.
    for four in all.chunks(4).filter(|four| four[0].0 & 0x7fff < 0x7c00) {
        assert_eq!(stored_sum_of_squares(four), f32::sum_of_squares(&widened(four)));
    }
}

#[test]
fn kernels_equal_those_of_the_widened_rows() {
    let small = entry().prop_map(|x| if f32::from(x).abs() > 1e15 { Bfloat16(0) } else { x });
    hold(500, &matrix(small, 67), |(entries, _, length)| {
        let v: Vec<f32> = (0..length).map(|j| (j as f32).mul_add(0.37, -1.0)).collect();
        let wide = widened(&entries);
        let (rows, wide) = (Rows::new(&entries, 0), Rows::new(&wide, 0));
        let products = <Bfloat16 as Kernel<f32>>::dots(rows, &v);
        prop_assert_eq!(products.map(f32::to_bits), scalar::dots::<f32, f32, Plain>(wide, &v).map(f32::to_bits));
        let (mut z, mut plain) = (v.clone(), v);
        <Bfloat16 as Kernel<f32>>::add_multiples(products, rows, &mut z);
        scalar::add_multiples(products, wide, &mut plain);
        prop_assert_eq!(z, plain);
        Ok(())
    });
}

/// The same numbers, those of 2⁷ and more halved until they can be shifted.
fn shiftable(entries: &[Float16]) -> Vec<Float16> {
    let least = 22 << 10;
    let halved = |bits: u16| if bits & 0x7fff < least { bits } else { bits - (10 << 10) };
    entries.iter().map(|&Float16(bits)| Float16(halved(bits))).collect()
}

#[test]
fn every_bit_pattern_below_two_to_the_seventh_is_shifted_and_shifted_back_whatever_is_beside_it() {
    let all: Vec<_> = (0..=u16::MAX).map(Float16).collect();
    let scattered: Vec<_> = (0..=u16::MAX).map(|at| Float16(at.wrapping_mul(40503))).collect();
    for entries in [&all[..], &scattered, &all[1000..1037]] {
        let entries = shiftable(entries);
        let mut shifted = entries.clone();
        shift(&mut shifted);
        for (shifted, &entry) in shifted.iter().zip(&entries) {
            let (exponent, mantissa) = (i32::from(shifted.0 >> 10 & 31), f32::from(shifted.0 & 1023));
            let magnitude = (1.0 + mantissa / 1024.0) * 2_f32.powi(exponent - 25);
            let value = f32::from(entry);
            assert!(
                if value == 0.0 { *shifted == entry } else { magnitude == value.abs() && exponent > 0 },
                "{entry:?}"
            );
            assert_eq!((shifted.0 ^ entry.0) & 0x8000, 0);
        }
        unshift(&mut shifted);
        assert_eq!(shifted, entries);
    }
}

#[test]
fn kernels_of_shifted_rows_equal_those_of_the_widened() {
    hold(500, &matrix(entry::<Float16>(), 67), |(entries, _, length)| {
        let entries = shiftable(&entries);
        let mut shifted = entries.clone();
        shift(&mut shifted);
        let wide = widened(&entries);
        let (rows, wide) = (Rows::new(&shifted, 0), Rows::new(&wide, 0));
        let v = vector(length);
        let products = <Float16 as Kernel<f64, Shifted>>::dots(rows, &v);
        prop_assert_eq!(products.map(f64::to_bits), scalar::dots::<f32, f64, Plain>(wide, &v).map(f64::to_bits));
        let (mut z, mut plain) = (v.clone(), v.clone());
        <Float16 as Kernel<f64, Shifted>>::add_multiples(products, rows, &mut z);
        scalar::add_multiples::<f32, f64, Plain>(products, wide, &mut plain);
        prop_assert_eq!(z, plain);
        let v: Vec<f32> = v.iter().map(|&x| x as f32).collect();
        let products = <Float16 as Kernel<f32, Shifted>>::dots(rows, &v);
        prop_assert_eq!(products.map(f32::to_bits), scalar::dots::<f32, f32, Plain>(wide, &v).map(f32::to_bits));
        let (mut z, mut plain) = (v.clone(), v);
        <Float16 as Kernel<f32, Shifted>>::add_multiples(products, rows, &mut z);
        scalar::add_multiples::<f32, f32, Plain>(products, wide, &mut plain);
        prop_assert_eq!(z, plain);
        Ok(())
    });
}

fn sums_and_magnitudes<T: Format>() {
    hold(500, &matrix(entry::<T>(), 24), |(entries, ..)| {
        let wide = widened(&entries);
        prop_assert_eq!(stored_sum_of_squares(&entries).to_bits(), f32::sum_of_squares(&wide).to_bits());
        let most: f32 = T::of_bits(stored_max_magnitude_bits(&entries)).into();
        prop_assert_eq!(u64::from(most.to_bits()), f32::max_magnitude_bits(&wide));
        Ok(())
    });
}

#[test]
fn sums_and_magnitudes_equal_those_of_the_widened() {
    sums_and_magnitudes::<Bfloat16>();
    sums_and_magnitudes::<Float16>();
}

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
