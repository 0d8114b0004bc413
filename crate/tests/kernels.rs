//! The kernels: scalar against SIMD to the bit, and either against a plain sum, over every length with every tail.
#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "exact values, and float32 from float64, are meant"
)]

mod support;

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq};
use spectral_norm::MatrixRef;
use spectral_norm::kernel::{BLOCK, Kernel, Plain, Real, Rows, scalar};
use spectral_norm::product::{adjoint_product, gram_pass, product};
use support::{entry32, entry64, hold, matrix};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Lengths 0 to 67 cross every tail of chunks of 4, 8 and 16; the offset takes the first entry off its alignment.
fn block<T: std::fmt::Debug>(entry: impl Strategy<Value = T> + Clone) -> impl Strategy<Value = (usize, usize, Vec<T>)> {
    (0..=67_usize, 0..=3_usize).prop_flat_map(move |(length, offset)| {
        vec(entry.clone(), offset + 5 * length).prop_map(move |entries| (length, offset, entries))
    })
}

fn bits32(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

fn bits64(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| x.to_bits()).collect()
}

/// What runs here, SIMD inside WebAssembly, against the scalar kernels.
macro_rules! equal_to_the_bit {
    ($name:ident, $element:ty, $vector:ty, $entry:expr, $bits:ident) => {
        #[test]
        fn $name() {
            hold(500, &block($entry), |(length, offset, entries)| {
                let (rows, last) = entries[offset..].split_at(4 * length);
                let v: Vec<$vector> = last.iter().map(|&x| x.into()).collect();
                let rows = Rows::new(rows, length);
                let products = <$element as Kernel<$vector>>::dots(rows, &v);
                prop_assert_eq!($bits(&products), $bits(&scalar::dots::<$element, $vector, Plain>(rows, &v)));

                let (mut fast, mut plain) = (v.clone(), v);
                <$element as Kernel<$vector>>::add_multiples(products, rows, &mut fast);
                scalar::add_multiples::<$element, $vector, Plain>(products, rows, &mut plain);
                prop_assert_eq!($bits(&fast), $bits(&plain));
                Ok(())
            });
        }
    };
}

// Entries whose products stay finite: NaN payloads are the one thing that engines may choose.
equal_to_the_bit!(f32_rows_times_f32_vectors, f32, f32, entry32().prop_map(|x| x * 1e-13), bits32);
equal_to_the_bit!(f32_rows_times_f64_vectors, f32, f64, entry32(), bits64);
equal_to_the_bit!(f64_rows_times_f64_vectors, f64, f64, entry64().prop_map(|x| x * 1e-30), bits64);

macro_rules! elementwise_to_the_bit {
    ($name:ident, $element:ty, $entry:expr, $bits:ident) => {
        #[test]
        fn $name() {
            hold(500, &block($entry), |(_, offset, entries)| {
                let values = &entries[offset..];
                let sum = <$element>::sum_of_squares(values);
                prop_assert_eq!(sum.to_bits(), scalar::sum_of_squares(values).to_bits());
                prop_assert_eq!(<$element>::max_magnitude_bits(values), scalar::max_magnitude_bits(values));
                for factor in [0.0, -1.0, 1.0 / 3.0, 1e-40, 1e20] {
                    let (mut fast, mut plain) = (values.to_vec(), values.to_vec());
                    <$element>::scale(&mut fast, factor);
                    scalar::scale(&mut plain, factor);
                    prop_assert_eq!($bits(&fast), $bits(&plain));
                    let mut apart = vec![1.0; values.len()];
                    <$element>::scale_into(values, factor, &mut apart);
                    prop_assert_eq!($bits(&apart), $bits(&plain));
                }
                Ok(())
            });
        }
    };
}

elementwise_to_the_bit!(f32_sums_scales_and_maxima, f32, entry32(), bits32);
elementwise_to_the_bit!(f64_sums_scales_and_maxima, f64, entry64(), bits64);

#[test]
fn the_largest_magnitude_finds_nan_and_infinity_wherever_they_stand() {
    for length in 1..=67 {
        for place in 0..length {
            for (value, least) in
                [(f64::NAN, f64::INFINITY.to_bits() + 1), (f64::NEG_INFINITY, f64::INFINITY.to_bits())]
            {
                let mut values = vec![1.0; length];
                values[place] = value;
                assert!(f64::max_magnitude_bits(&values) >= least, "{value} at {place} of {length}");
                let narrow: Vec<f32> = values.iter().map(|&x| f32::nearest(x)).collect();
                assert!(f32::max_magnitude_bits(&narrow) >= u64::from(f32::INFINITY.to_bits()));
            }
        }
    }
}

/// Products of a matrix against sums in the order of the definition, within the bound n·ε·Σ|wᵢvᵢ|.
#[test]
fn products_agree_with_their_definition() {
    hold(500, &matrix(-1.0_f32..1.0, 37), |(data, rows, columns)| {
        let w = MatrixRef::new(&data, rows, columns).unwrap();
        let v: Vec<f32> = (0..columns).map(|j| 1.0 - (j % 3) as f32).collect();
        let (mut u, mut z) = (vec![f32::NAN; rows], vec![f32::NAN; columns]);
        gram_pass(w, &v, &mut u, &mut z);

        let slack = f64::from(f32::EPSILON) * (rows + columns) as f64;
        for i in 0..rows {
            let terms = (0..columns).map(|j| f64::from(data[i * columns + j]) * f64::from(v[j]));
            let (exact, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
            prop_assert!((f64::from(u[i]) - exact).abs() <= slack * size, "u[{i}] = {} for {exact}", u[i]);
        }
        for j in 0..columns {
            let terms = (0..rows).map(|i| f64::from(data[i * columns + j]) * f64::from(u[i]));
            let (exact, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
            prop_assert!((f64::from(z[j]) - exact).abs() <= slack * size, "z[{j}] = {} for {exact}", z[j]);
        }
        Ok(())
    });
}

/// One sweep gives to the bit what the two products give one after the other.
#[test]
fn the_gram_pass_is_the_two_products() {
    hold(500, &matrix(entry64().prop_map(|x| x * 1e-60), 23), |(data, rows, columns)| {
        let w = MatrixRef::new(&data, rows, columns).unwrap();
        let v = vec![1.0; columns];
        let (mut u, mut z) = (vec![0.0; rows], vec![0.0; columns]);
        gram_pass(w, &v, &mut u, &mut z);
        let (mut image, mut back) = (vec![0.0; rows], vec![0.0; columns]);
        product(w, &v, &mut image);
        adjoint_product(w, &image, &mut back);
        prop_assert_eq!(bits64(&u), bits64(&image));
        prop_assert_eq!(bits64(&z), bits64(&back));
        Ok(())
    });
}

#[test]
fn a_stride_of_zero_is_one_row_four_times() {
    let row = [1.0, 2.0, 3.0, 4.0, 5.0];
    let products = <f64 as Kernel<f64>>::dots(Rows::new(&row, 0), &[1.0; 5]);
    assert_eq!(bits64(&products), bits64(&[15.0; BLOCK]));
}
