//! One error enum, one stable code a variant.

use std::fmt;

/// Everything that can go wrong, each with a stable [`code`](Error::code) and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A length or a dimension does not fit.
    #[error("{what} expected {expected}, got {got}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The length that was expected.
        expected: Count,
        /// The length that came.
        got: usize,
    },
    /// An entry of a matrix is NaN or infinite.
    #[error("{what} expected finite entries, got {value} in row {row}, column {column}")]
    NonFinite {
        /// The argument.
        what: &'static str,
        /// Row of the first such entry, counted from 0.
        row: usize,
        /// Column of that entry, counted from 0.
        column: usize,
        /// What stands there.
        value: NonFinite,
    },
    /// An option is outside its domain.
    #[error("{what} expected {expected}")]
    Option {
        /// The option.
        what: &'static str,
        /// Its domain, in words.
        expected: &'static str,
    },
    /// A buffer was used after it was freed.
    #[error("the buffer was freed")]
    Disposed,
    /// Memory could not be had.
    #[error("{0} bytes could not be allocated")]
    OutOfMemory(usize),
    /// The iteration ended before it reached the tolerance.
    #[error("not converged after {iterations} iterations: raise max_iterations or the tolerance")]
    Convergence {
        /// Passes over the matrix made.
        iterations: usize,
    },
}

impl Error {
    /// The stable code, the same in Rust and JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape { .. } => "SHAPE",
            Self::NonFinite { .. } => "NON_FINITE",
            Self::Option { .. } => "OPTION",
            Self::Disposed => "DISPOSED",
            Self::OutOfMemory(_) => "OUT_OF_MEMORY",
            Self::Convergence { .. } => "CONVERGENCE",
        }
    }
}

impl Error {
    /// The same error about another argument.
    #[must_use]
    pub(crate) fn about(mut self, argument: &'static str) -> Self {
        if let Self::Shape { what, .. } | Self::NonFinite { what, .. } | Self::Option { what, .. } = &mut self {
            *what = argument;
        }
        self
    }
}

/// A length that was expected: exactly so many, or at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Exactly this many entries.
    Exactly(usize),
    /// As many entries as these rows and columns make.
    Product(usize, usize),
    /// At least one.
    Positive,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(n) => write!(f, "length {n}"),
            Self::Product(rows, columns) => write!(f, "length {rows} × {columns}"),
            Self::Positive => f.write_str("at least 1"),
        }
    }
}

/// What a non-finite entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonFinite {
    /// Not a number.
    Nan,
    /// +∞.
    Infinity,
    /// −∞.
    NegativeInfinity,
}

impl From<f64> for NonFinite {
    fn from(value: f64) -> Self {
        if value.is_nan() {
            Self::Nan
        } else if value > 0.0 {
            Self::Infinity
        } else {
            Self::NegativeInfinity
        }
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nan => "NaN",
            Self::Infinity => "Infinity",
            Self::NegativeInfinity => "-Infinity",
        })
    }
}
