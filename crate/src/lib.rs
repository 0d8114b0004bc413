//! Spectral norms of weights, and weights brought to a norm.
//!
//! The mathematics of the npm package `spectral-norm`, usable by itself from Rust. A weight is a borrowed row-major
//! [`MatrixRef`] of `f32` or `f64`; results are plain values. Sums that end in a number run in `f64`. Results are the
//! same to the bit on every machine: the order of every sum is fixed, multiplications and additions are never fused,
//! and random numbers come from a counter-based generator of our own.
//!
//! ```
//! use spectral_norm::{MatrixRef, Solver, frobenius_norm, spectral_norm};
//!
//! let weight = MatrixRef::new(&[1.0, 100.0, 0.0, 1.0], 2, 2)?;
//! let sigma = spectral_norm(weight, &Solver::default())?;
//! assert!((sigma - 100.009_999_000_199_95).abs() < 1e-9); // its only eigenvalue is 1
//! assert!(sigma <= frobenius_norm(weight)?);
//! # Ok::<(), spectral_norm::Error>(())
//! ```
//!
//! # Modules
//! | module | what it holds |
//! |---|---|
//! | `matrix` | [`MatrixRef`], [`Element`] |
//! | [`stored`] | weights in half of the memory |
//! | [`kernel`] | the inner loops, scalar and SIMD, equal to the bit |
//! | [`product`] | a matrix times vectors, one sweep for `Wᵀ(Wv)` |
//! | [`random`] | seeded normal numbers |
//! | `power_iteration` | [`PowerIteration`] → [`Triplet`] |
//! | `solver` | [`Solver`], which chooses a [`Method`] → [`Triplet`] |
//! | `spectrum` | [`leading`] → [`Spectrum`] |
//! | `norms` | [`spectral_norm`](fn@spectral_norm), [`frobenius_norm`], [`stable_rank`] |
//! | `spectral_radius` | [`spectral_radius`](fn@spectral_radius) |
//! | `bounds` | [`spectral_norm_bounds`] → [`Bounds`] |
//! | `convolution` | [`Convolution`] → [`ConvolutionNorm`] |
//! | `normalize` | [`spectral_normalize`], [`scale_to_norm`], [`clip_weights`], [`clip_frobenius`] |
//! | `gradient` | [`add_outer`], [`frobenius_product`] |
//! | `error` | [`Error`], [`ErrorKind`] |
//!
//! The article is kexue.fm/archives/6051 (2018), on Lipschitz constraints in deep learning.

mod bounds;
#[cfg(target_arch = "wasm32")]
mod buffer;
mod certificate;
mod cholesky;
mod convolution;
mod error;
mod exact;
mod gradient;
mod jacobi;
pub mod kernel;
mod krylov;
mod lanczos;
mod matrix;
mod normalize;
mod norms;
mod operator;
mod power_iteration;
pub mod product;
mod projection;
pub mod random;
mod rounding;
mod scaling;
mod search;
mod solver;
mod spectral_radius;
mod spectrum;
pub mod stored;
mod tridiagonal;
mod vector;
#[cfg(target_arch = "wasm32")]
mod wasm;

/// The README, whose example runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use bounds::{Bounds, Certainty, Evidence, spectral_norm_bounds};
pub use convolution::{Axis, Convolution, ConvolutionBounds, ConvolutionNorm, Padding};
pub use error::{Count, Error, ErrorKind, NonFinite};
pub use gradient::{add_outer, frobenius_product};
pub use matrix::{Element, MatrixRef};
pub use normalize::{
    clip_frobenius, clip_weights, scale_to_norm, scale_to_norm_into, spectral_normalize, spectral_normalize_into,
};
pub use norms::{frobenius_norm, spectral_norm, stable_rank};
pub use power_iteration::{PowerIteration, Start, Stop, Triplet};
pub use search::Form;
pub use solver::{Method, Solver};
pub use spectral_radius::spectral_radius;
pub use spectrum::{Spectrum, leading};
