//! Products of a matrix with vectors, a block of rows at a time.

use std::ops::Range;

use crate::kernel::{BLOCK, Kernel, Real, Rows};
use crate::matrix::MatrixRef;

/// What the rows are multiplied with before they are summed.
pub(crate) enum Left<'a, V> {
    /// These numbers.
    Given(&'a [V]),
    /// Their inner products with a vector, times a sign.
    Products { with: &'a [V], sign: V, to: &'a mut [V] },
}

/// `z += Wᵀu`, where `u` may be made from `W` in the same sweep. Its loops exist once for all that needs them.
#[inline(never)]
pub(crate) fn sweep<T: Kernel<V, M>, V: Real, M>(matrix: MatrixRef<'_, T>, mut left: Left<'_, V>, z: &mut [V]) {
    for (rows, place) in blocks(matrix) {
        let mut coefficients = [V::default(); BLOCK];
        let count = place.len();
        match &mut left {
            Left::Given(u) => coefficients[..count].copy_from_slice(&u[place]),
            Left::Products { with, sign, to } => {
                let products = T::dots(rows, with);
                for (coefficient, product) in coefficients.iter_mut().zip(products).take(count) {
                    *coefficient = *sign * product;
                }
                to[place].copy_from_slice(&coefficients[..count]);
            }
        }
        T::add_multiples(coefficients, rows, z);
    }
}

/// `u = Wv` and `z = Wᵀu` in one sweep, so that `W` is read once where two products would read it twice.
pub fn gram_pass<T: Kernel<V>, V: Real>(matrix: MatrixRef<'_, T>, v: &[V], u: &mut [V], z: &mut [V]) {
    z.fill(V::default());
    sweep(matrix, Left::Products { with: v, sign: V::nearest(1.0), to: u }, z);
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
    sweep(matrix, Left::Given(u), z);
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
