//! The gradient of the norm of a convolution with respect to its kernel.

use super::Convolution;
use super::geometry::Reads;
use super::map::Map;
use super::norm::ConvolutionNorm;
use crate::error::{Count, Error};
use crate::vector::Vector;

impl Convolution<'_> {
    /// `∂σ/∂K = Σ u ⊗ patch(v)` over the places of the output, for `σ = uᵀA(K)v`, from what [`norm`](Self::norm) found: zero
    /// but in the group of the largest norm. Written to `out`, as long as the kernel.
    ///
    /// ```
    /// use spectral_norm::{Axis, Convolution, Padding, Solver};
    /// let axis = Axis { input: 4, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };
    /// let convolution = Convolution::new(&[-2.0], 1, 1, 1, [Axis::POINT, Axis::POINT, axis], Padding::Zeros)?;
    /// let mut gradient = [0.0];
    /// convolution.norm_gradient(&convolution.norm(&Solver::default(), None)?, &mut gradient)?;
    /// assert!((gradient[0] + 1.0).abs() < 1e-12);
    /// # Ok::<(), spectral_norm::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) when `out` is not as long as the kernel, or the input has no size.
    #[inline(never)]
    pub fn norm_gradient(&self, norm: &ConvolutionNorm, out: &mut [f64]) -> Result<(), Error> {
        let expected = self.kernel.data().len();
        if out.len() != expected {
            return Err(Error::shape("out", Count::Exactly(expected), out.len()));
        }
        if !self.is_bounded() {
            return Err(Error::option("inputSize", "the size of the input, for a gradient"));
        }
        out.fill(0.0);
        let (group, u, v) = &norm.found;
        let reads = Reads::of(&self.axes, self.padding)?;
        let kernel = self.group(self.kernel, *group);
        let target = &mut out[group * kernel.data().len()..][..kernel.data().len()];
        let map = Map { kernel, reads: &reads };
        let mut patch = Vector::try_zeroed(kernel.columns())?;
        for (output, u) in u.chunks_exact(kernel.rows()).enumerate() {
            map.gather(output, v, &mut patch);
            for (row, &factor) in target.chunks_exact_mut(kernel.columns()).zip(u) {
                row.iter_mut().zip(&*patch).for_each(|(sum, entry)| *sum += factor * entry);
            }
        }
        Ok(())
    }
}
