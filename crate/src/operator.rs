//! Linear operators: all that the iterations know of a matrix.

use crate::error::Error;
use crate::kernel::{Kernel, Real};
use crate::matrix::{Element, MatrixRef};
use crate::product::{adjoint_product, gram_pass, product};
use crate::search::{Form, Gram, Search, first_direction};
use crate::vector::{Vector, convert};

/// A linear map and its adjoint, in `f64`. What iterates takes it as a trait object, so that its code exists once for
/// every kind of matrix.
pub(crate) trait LinearOperator: Gram<f64> {
    /// Copies the entries of one row.
    fn row(&self, index: usize, entries: &mut [f64]);
    /// `u = Wv`.
    fn apply(&self, v: &[f64], u: &mut [f64]);
    /// [`first_direction`] in the operator's own precision.
    fn first_direction(&self, form: Form, start: &[f64]) -> (Vector<f64>, f64);
    /// [`Search::run_own`] in the operator's own precision.
    fn search_own(&self, v: Vector<f64>, search: &mut Search) -> Result<Vector<f64>, Error>;

    /// The length of an image.
    fn rows(&self) -> usize {
        self.shape()[0]
    }

    /// The length of an argument.
    fn columns(&self) -> usize {
        self.shape()[1]
    }
}

impl<T: Element> LinearOperator for MatrixRef<'_, T> {
    fn row(&self, index: usize, entries: &mut [f64]) {
        convert(MatrixRef::row(self, index), entries);
    }

    fn apply(&self, v: &[f64], u: &mut [f64]) {
        product(*self, v, u);
    }

    fn first_direction(&self, form: Form, start: &[f64]) -> (Vector<f64>, f64) {
        first_direction::<T>(self, form, start)
    }

    fn search_own(&self, v: Vector<f64>, search: &mut Search) -> Result<Vector<f64>, Error> {
        search.run_own::<T>(self, v)
    }
}

impl<T: Element + Kernel<V>, V: Real> Gram<V> for MatrixRef<'_, T> {
    fn shape(&self) -> [usize; 2] {
        [MatrixRef::rows(self), MatrixRef::columns(self)]
    }

    fn apply_adjoint(&self, u: &[V], z: &mut [V]) {
        adjoint_product(*self, u, z);
    }

    fn gram(&self, v: &[V], u: &mut [V], z: &mut [V]) {
        gram_pass(*self, v, u, z);
    }
}
