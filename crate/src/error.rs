//! One error enum, one stable code a variant.

use std::fmt;

/// An error: a [kind](Error::kind), with a stable [`code`](Error::code) and a sentence. It is one pointer, for results carry
/// it through every call: a twentieth of the module was the copying of larger ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<ErrorKind>);

/// Everything that can go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
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

impl From<ErrorKind> for Error {
    #[cold]
    #[inline(never)]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

/// One function for each kind, never inlined, so that a check costs its caller no more than a call.
impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn shape(what: &'static str, expected: Count, got: usize) -> Self {
        ErrorKind::Shape { what, expected, got }.into()
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn option(what: &'static str, expected: &'static str) -> Self {
        ErrorKind::Option { what, expected }.into()
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn out_of_memory(bytes: usize) -> Self {
        ErrorKind::OutOfMemory(bytes).into()
    }
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code, the same in Rust and JavaScript.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match *self.0 {
            ErrorKind::Shape { .. } => "SHAPE",
            ErrorKind::NonFinite { .. } => "NON_FINITE",
            ErrorKind::Option { .. } => "OPTION",
            ErrorKind::Disposed => "DISPOSED",
            ErrorKind::OutOfMemory(_) => "OUT_OF_MEMORY",
            ErrorKind::Convergence { .. } => "CONVERGENCE",
        }
    }

    /// The sentence. Put together by hand, for Rust's machinery of formatting is a fortieth of what JavaScript loads.
    pub(crate) fn sentence(&self) -> String {
        match &*self.0 {
            ErrorKind::Shape { what, expected, got } => {
                [what, " expected ", &expected.words(), ", got ", &decimal(*got)].concat()
            }
            ErrorKind::NonFinite { what, row, column, value } => {
                let place = [" in row ", &decimal(*row), ", column ", &decimal(*column)].concat();
                [what, " expected finite entries, got ", value.word(), &place].concat()
            }
            ErrorKind::Option { what, expected } => [what, " expected ", expected].concat(),
            ErrorKind::Disposed => String::from("the buffer was freed"),
            ErrorKind::OutOfMemory(bytes) => [&decimal(*bytes), " bytes could not be allocated"].concat(),
            ErrorKind::Convergence { iterations } => {
                let remedy = " iterations: raise max_iterations or the tolerance";
                ["not converged after ", &decimal(*iterations), remedy].concat()
            }
        }
    }

    /// The same error about another argument.
    #[must_use]
    pub(crate) fn about(mut self, argument: &'static str) -> Self {
        if let ErrorKind::Shape { what, .. } | ErrorKind::NonFinite { what, .. } | ErrorKind::Option { what, .. } =
            &mut *self.0
        {
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
