//! The norm of a convolution as it runs: padding, stride, dilation and groups included.
//!
//! A kernel reshaped to a matrix, outputs × (inputs · space), has a norm that is not that of the convolution: every entry
//! of the input is read several times. With `m` such times at most, `σ_reshaped ≤ σ ≤ √m · σ_reshaped`.

mod geometry;
mod gradient;
mod map;
mod norm;
mod symbol;
mod turns;

use crate::error::Error;
use crate::matrix::MatrixRef;

pub use geometry::{Axis, Padding};
pub use norm::{ConvolutionBounds, ConvolutionNorm};

/// Dimensions in space; of fewer, the first ones are [`Axis::POINT`].
pub(crate) const DIMENSIONS: usize = 3;

/// A convolution.
///
/// ```
/// use spectral_norm::{Axis, Certainty, Convolution, Padding, Solver};
/// let axis = Axis { input: 8, kernel: 3, stride: 1, dilation: 1, before: 1, after: 1 };
/// let convolution = Convolution::new(&[1.0; 9], 1, 1, 1, [Axis::POINT, axis, axis], Padding::Circular)?;
/// let norm = convolution.norm(&Solver::default(), Some(Certainty::Rigorous))?;
/// assert!((norm.sigma - 9.0).abs() < 1e-9); // The reshaped kernel has the norm 3.
/// assert!((norm.bounds.reshaped[1] - 3.0).abs() < 1e-7);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Convolution<'a> {
    kernel: MatrixRef<'a, f64>,
    groups: usize,
    axes: [Axis; DIMENSIONS],
    padding: Padding,
}

impl<'a> Convolution<'a> {
    /// Reads `kernel` as `[groups, outputs, …space, inputs]`, outputs and inputs being those of one group. Of fewer than three
    /// dimensions the first ones are [`Axis::POINT`].
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) and [`Option`](crate::ErrorKind::Option) where the numbers do not fit together.
    pub fn new(
        kernel: &'a [f64],
        groups: usize,
        outputs: usize,
        inputs: usize,
        axes: [Axis; DIMENSIONS],
        padding: Padding,
    ) -> Result<Self, Error> {
        for axis in &axes {
            axis.check(padding)?;
        }
        let taps = axes.iter().fold(1, |taps: usize, axis| taps.saturating_mul(axis.kernel));
        let kernel = MatrixRef::new(kernel, groups.saturating_mul(outputs), taps.saturating_mul(inputs))
            .map_err(|error| error.about("kernel"))?;
        Ok(Self { kernel, groups, axes, padding })
    }

    /// Whether the input has a size.
    fn is_bounded(&self) -> bool {
        self.axes.iter().all(|axis| axis.input > 0)
    }

    /// The kernel of one group.
    fn group<'b>(&self, kernel: MatrixRef<'b, f64>, group: usize) -> MatrixRef<'b, f64> {
        let size = kernel.data().len() / self.groups;
        MatrixRef::shaped(&kernel.data()[group * size..][..size], kernel.rows() / self.groups, kernel.columns())
    }
}
