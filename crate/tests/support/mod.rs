//! What the test files share: property tests that run natively and inside WebAssembly, and matrices.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod format;
pub mod layer;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Holds a property against many cases, the same ones on every run and machine.
///
/// # Panics
/// When a case does not have the property; the message shows the smallest one found.
pub fn hold<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    if let Err(error) = runner.run(strategy, property) {
        panic!("{error}");
    }
}

/// Ordinary numbers, zeros of both signs, huge, tiny and subnormal ones.
pub fn entry32() -> impl Strategy<Value = f32> + Clone {
    prop_oneof![
        4 => -1.0_f32..1.0,
        1 => Just(0.0_f32),
        1 => Just(-0.0_f32),
        1 => any::<i8>().prop_map(|n| f32::from(n) * 1e30),
        1 => any::<i8>().prop_map(|n| f32::from(n) * 1e-30),
        1 => any::<i8>().prop_map(|n| f32::from(n) * 1e-44),
    ]
}

/// Ordinary numbers, zeros of both signs, huge, tiny and subnormal ones.
pub fn entry64() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        4 => -1.0_f64..1.0,
        1 => Just(0.0_f64),
        1 => Just(-0.0_f64),
        1 => any::<i8>().prop_map(|n| f64::from(n) * 1e150),
        1 => any::<i8>().prop_map(|n| f64::from(n) * 1e-150),
        1 => any::<i8>().prop_map(|n| f64::from(n) * 1e-322),
    ]
}

/// A matrix as its entries, rows and columns.
pub type Matrix<T> = (Vec<T>, usize, usize);

/// Matrices of such entries with up to so many rows and columns.
pub fn matrix<T, S>(entry: S, most: usize) -> impl Strategy<Value = Matrix<T>>
where
    T: std::fmt::Debug,
    S: Strategy<Value = T> + Clone,
{
    (1..=most, 1..=most).prop_flat_map(move |(rows, columns)| {
        vec(entry.clone(), rows * columns).prop_map(move |data| (data, rows, columns))
    })
}

/// A matrix of seeded normal numbers.
pub fn normal(rows: usize, columns: usize, seed: u64) -> Vec<f64> {
    let mut data = vec![0.0; rows * columns];
    spectral_norm::random::fill_normal(seed, &mut data);
    data
}

/// The transpose.
pub fn transposed<T: Copy>(data: &[T], rows: usize, columns: usize) -> Vec<T> {
    (0..rows * columns).map(|index| data[index % rows * columns + index / rows]).collect()
}

/// `|a − b| ≤ tolerance · |b|`.
pub fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs()
}
