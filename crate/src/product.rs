//! Products of a matrix with vectors, a block of rows at a time.

use std::ops::Range;

use crate::kernel::{BLOCK, Kernel, Real, Rows};
use crate::matrix::MatrixRef;

/// `u = Wv` and `z = Wᵀu` in one sweep, so that `W` is read once where two products would read it twice.
pub fn gram_pass<T: Kernel<V>, V: Real>(matrix: MatrixRef<'_, T>, v: &[V], u: &mut [V], z: &mut [V]) {
    z.fill(V::default());
    for (rows, place) in blocks(matrix) {
        let mut products = T::dots(rows, v);
        products[place.len()..].fill(V::default());
        T::add_multiples(products, rows, z);
        let count = place.len();
        u[place].copy_from_slice(&products[..count]);
    }
}

/// `u = Wv`.
pub fn product<T: Kernel<V>, V: Real>(matrix: MatrixRef<'_, T>, v: &[V], u: &mut [V]) {
    for (rows, place) in blocks(matrix) {
        let count = place.len();
        u[place].copy_from_slice(&T::dots(rows, v)[..count]);
    }
}

/// `z = Wᵀu`.
pub fn adjoint_product<T: Kernel<V>, V: Real>(matrix: MatrixRef<'_, T>, u: &[V], z: &mut [V]) {
    z.fill(V::default());
    add_adjoint_product(matrix, u, z);
}

/// `z += Wᵀu`.
pub fn add_adjoint_product<T: Kernel<V>, V: Real>(matrix: MatrixRef<'_, T>, u: &[V], z: &mut [V]) {
    for (rows, place) in blocks(matrix) {
        let mut coefficients = [V::default(); BLOCK];
        coefficients[..place.len()].copy_from_slice(&u[place]);
        T::add_multiples(coefficients, rows, z);
    }
}

/// The rows in blocks, each with the place of its rows; those that do not fill a block come one by one.
fn blocks<T: Copy>(matrix: MatrixRef<'_, T>) -> impl Iterator<Item = (Rows<'_, T>, Range<usize>)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let entries = matrix.data().get(next * matrix.columns()..).filter(|entries| !entries.is_empty())?;
        let whole = next + BLOCK <= matrix.rows();
        let (count, stride) = if whole { (BLOCK, matrix.columns()) } else { (1, 0) };
        let place = next..next + count;
        next = place.end;
        Some((Rows::new(entries, stride), place))
    })
}
