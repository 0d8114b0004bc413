//! Rounding errors bounded beforehand. WebAssembly rounds to nearest only, so that bounds are computed a little larger
//! than they need be.

/// Half the distance from 1 to the next number of `f64`.
pub(crate) const UNIT: f64 = f64::EPSILON / 2.0;

/// `γₙ = n·u/(1 − n·u)`, which bounds the relative error of a sum of products of so many factors, in whatever order
/// (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §3.1); rounded up.
#[inline(never)]
pub(crate) fn gamma(count: usize) -> f64 {
    let nu = (count as f64 + 2.0) * UNIT;
    nu / (1.0 - nu)
}

/// Not below the exact value of what was computed in a few operations on nonnegative numbers.
#[inline(never)]
pub(crate) fn above(computed: f64) -> f64 {
    up(computed * (1.0 + 16.0 * UNIT))
}

/// Not above it, and not below 0.
#[inline(never)]
pub(crate) fn below(computed: f64) -> f64 {
    down(computed * (1.0 - 16.0 * UNIT))
}

/// The next number above.
#[inline(never)]
pub(crate) fn up(number: f64) -> f64 {
    number.next_up()
}

/// The next number below, and not below 0.
#[inline(never)]
pub(crate) fn down(number: f64) -> f64 {
    number.next_down().max(0.0)
}
