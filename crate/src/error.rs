//! One error enum, one stable code a variant.

use std::fmt;

/// Everything that can go wrong, each with a stable [`code`](Error::code) and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A length or a dimension does not fit.
    Shape {
        /// The argument.
        what: &'static str,
        /// The length that was expected.
        expected: Count,
        /// The length that came.
        got: usize,
    },
    /// An entry of a matrix is NaN or infinite.
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
    Option {
        /// The option.
        what: &'static str,
        /// Its domain, in words.
        expected: &'static str,
    },
    /// A buffer was used after it was freed.
    Disposed,
    /// Memory could not be had.
    OutOfMemory(usize),
    /// The iteration ended before it reached the tolerance.
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
    /// The sentence. Put together by hand, for Rust's machinery of formatting is a fortieth of what JavaScript loads.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Shape { what, expected, got } => {
                [what, " expected ", &expected.words(), ", got ", &decimal(*got)].concat()
            }
            Self::NonFinite { what, row, column, value } => {
                let place = [" in row ", &decimal(*row), ", column ", &decimal(*column)].concat();
                [what, " expected finite entries, got ", value.word(), &place].concat()
            }
            Self::Option { what, expected } => [what, " expected ", expected].concat(),
            Self::Disposed => String::from("the buffer was freed"),
            Self::OutOfMemory(bytes) => [&decimal(*bytes), " bytes could not be allocated"].concat(),
            Self::Convergence { iterations } => {
                let remedy = " iterations: raise max_iterations or the tolerance";
                ["not converged after ", &decimal(*iterations), remedy].concat()
            }
        }
    }

    /// The same error about another argument.
    #[must_use]
    pub(crate) fn about(mut self, argument: &'static str) -> Self {
        if let Self::Shape { what, .. } | Self::NonFinite { what, .. } | Self::Option { what, .. } = &mut self {
            *what = argument;
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for Error {}

/// A count in decimal digits.
fn decimal(mut count: usize) -> String {
    let mut digits = String::new();
    loop {
        digits.insert(0, char::from(b"0123456789"[count % 10]));
        count /= 10;
        if count == 0 {
            return digits;
        }
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

impl Count {
    fn words(self) -> String {
        match self {
            Self::Exactly(n) => ["length ", &decimal(n)].concat(),
            Self::Product(rows, columns) => ["length ", &decimal(rows), " × ", &decimal(columns)].concat(),
            Self::Positive => String::from("at least 1"),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
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

impl NonFinite {
    fn word(self) -> &'static str {
        match self {
            Self::Nan => "NaN",
            Self::Infinity => "Infinity",
            Self::NegativeInfinity => "-Infinity",
        }
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
