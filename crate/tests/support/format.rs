//! Numbers of 16 bits, and the same numbers in `f32`.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bits, and numbers in range, are meant")]

use std::fmt::Debug;

use proptest::prelude::{Strategy, any, prop_oneof};
use spectral_norm::stored::{Bfloat16, Float16, Stored};

/// A way to store, with what the tests need to know of it.
pub trait Format: Stored + Debug + PartialEq {
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
pub fn entry<T: Format>() -> impl Strategy<Value = T> + Clone {
    let finite = |bits: u16| if bits & T::INFINITY == T::INFINITY { bits & !T::INFINITY } else { bits };
    prop_oneof![
        4 => (-1.0_f32..1.0).prop_map(T::near),
        1 => any::<u16>().prop_map(move |bits| T::of_bits(finite(bits))),
    ]
}

pub fn widened<T: Stored>(entries: &[T]) -> Vec<f32> {
    entries.iter().map(|&entry| entry.into()).collect()
}

pub fn vector(length: usize) -> Vec<f64> {
    (0..length).map(|j| j as f64 * 0.37 - 1.0).collect()
}
