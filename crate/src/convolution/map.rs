//! The linear map that a convolution is, as it runs: patches of the input times the kernel.

use super::geometry::Reads;
use crate::error::Error;
use crate::matrix::MatrixRef;
use crate::product::{adjoint_product, gram_pass};
use crate::search::Gram;
use crate::vector::Vector;

/// One group of a convolution. Inputs and outputs have the channels of one place beside each other, a kernel has rows of
/// channels for one entry after the other.
pub(crate) struct Map<'a> {
    pub(crate) kernel: MatrixRef<'a, f64>,
    pub(crate) reads: &'a Reads,
}

impl Map<'_> {
    /// Input channels.
    fn channels(&self) -> usize {
        self.kernel.columns() / self.reads.taps
    }

    /// The ranges of the patch and of the input that an output reads.
    fn ranges(&self, output: usize) -> impl Iterator<Item = (usize, Option<usize>)> {
        let (taps, channels) = (self.reads.taps, self.channels());
        let places = &self.reads.places[output * taps..][..taps];
        let read = move |place: u32| (place != Reads::NOTHING).then_some(place as usize * channels);
        places.iter().enumerate().map(move |(tap, &place)| (tap * channels, read(place)))
    }

    /// What an output reads, zeros where that is padding.
    pub(crate) fn gather(&self, output: usize, input: &[f64], patch: &mut [f64]) {
        let channels = self.channels();
        for (tap, place) in self.ranges(output) {
            let target = &mut patch[tap..][..channels];
            match place {
                Some(place) => target.copy_from_slice(&input[place..][..channels]),
                None => target.fill(0.0),
            }
        }
    }

    /// The adjoint of [`gather`](Self::gather), added to what is there.
    fn scatter(&self, output: usize, patch: &[f64], input: &mut [f64]) {
        let channels = self.channels();
        for (tap, place) in self.ranges(output) {
            if let Some(place) = place {
                let target = &mut input[place..][..channels];
                target.iter_mut().zip(&patch[tap..]).for_each(|(sum, entry)| *sum += entry);
            }
        }
    }

    /// The matrix, its smaller side as rows: of places in the one direction, of outputs in the other.
    pub(crate) fn dense(&self) -> Result<Vector<f64>, Error> {
        let [outputs, inputs] = self.shape();
        let mut entries = Vector::try_zeroed(outputs.saturating_mul(inputs))?;
        let channels = self.channels();
        for output in 0..self.reads.outputs {
            for (tap, place) in self.ranges(output) {
                let Some(place) = place else { continue };
                for row in 0..self.kernel.rows() {
                    for channel in 0..channels {
                        let (u, v) = (output * self.kernel.rows() + row, place + channel);
                        let index = if outputs <= inputs { u * inputs + v } else { v * outputs + u };
                        entries[index] += self.kernel.row(row)[tap + channel];
                    }
                }
            }
        }
        Ok(entries)
    }
}

impl Gram<f64> for Map<'_> {
    fn shape(&self) -> [usize; 2] {
        [self.reads.outputs * self.kernel.rows(), self.reads.inputs * self.channels()]
    }

    fn apply_adjoint(&self, u: &[f64], z: &mut [f64]) {
        let mut patch = Vector::zeroed(self.kernel.columns());
        z.fill(0.0);
        for (output, u) in u.chunks_exact(self.kernel.rows()).enumerate() {
            adjoint_product(self.kernel, u, &mut patch);
            self.scatter(output, &patch, z);
        }
    }

    fn gram(&self, v: &[f64], u: &mut [f64], z: &mut [f64]) {
        let (mut patch, mut back) = (Vector::zeroed(self.kernel.columns()), Vector::zeroed(self.kernel.columns()));
        z.fill(0.0);
        for (output, u) in u.chunks_exact_mut(self.kernel.rows()).enumerate() {
            self.gather(output, v, &mut patch);
            gram_pass(self.kernel, &patch, u, &mut back);
            self.scatter(output, &back, z);
        }
    }
}
