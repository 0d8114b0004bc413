//! Numbers of 16 bits: widened, shifted, multiplied and summed, all to the bit as in `f32`.

#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use proptest::prelude::{Strategy, prop_assert_eq};
use spectral_norm::kernel::{
    Kernel, Plain, Real, Rows, Shifted, scalar, shift, stored_max_magnitude_bits, stored_sum_of_squares, unshift,
    widen_float16,
};
use spectral_norm::stored::{Bfloat16, Float16};
use support::format::{Format, entry, vector, widened};
use support::{hold, matrix};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
