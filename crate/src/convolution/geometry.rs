//! Which entries of the input a convolution reads, dimension by dimension.

use crate::error::{Count, Error};

/// What stands where the kernel reads beyond the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros.
    Zeros,
    /// The other side.
    Circular,
    /// The mirror image, the border itself not repeated.
    Reflect,
    /// The border.
    Replicate,
}

/// One spatial dimension of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The length of the input; 0 where it may be any.
    pub input: usize,
    /// The length of the kernel.
    pub kernel: usize,
    /// How far it moves from one output to the next.
    pub stride: usize,
    /// How far apart on the input its entries are.
    pub dilation: usize,
    /// Entries added before the input.
    pub before: usize,
    /// Entries added behind it.
    pub after: usize,
}

impl Axis {
    /// The length of the output; 0 where the kernel does not fit in.
    #[must_use]
    pub fn output(&self) -> usize {
        let padded = self.input + self.before + self.after;
        padded.checked_sub(self.reach() + 1).map_or(0, |room| room / self.stride + 1)
    }

    /// The distance of the last entry of the kernel from the first.
    fn reach(&self) -> usize {
        self.dilation * (self.kernel - 1)
    }

    pub(crate) fn check(&self, padding: Padding) -> Result<(), Error> {
        for (what, value) in [("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)] {
            if value == 0 {
                return Err(Error::Shape { what, expected: Count::Positive, got: value });
            }
        }
        let most = match padding {
            Padding::Circular => self.input,
            Padding::Reflect | Padding::Replicate if self.input == 0 => {
                return Err(Error::Option {
                    what: "inputSize",
                    expected: "the size of the input for this padding mode",
                });
            }
            Padding::Reflect => self.input - 1,
            Padding::Zeros | Padding::Replicate => usize::MAX,
        };
        if self.input > 0 && self.before.max(self.after) > most {
            return Err(Error::Option { what: "padding", expected: "no more entries than the input has to lend" });
        }
        if self.input > 0 && self.output() == 0 {
            return Err(Error::Option { what: "inputSize", expected: "a padded input at least as long as the kernel" });
        }
        Ok(())
    }

    /// The entry of the input that stands at a place of the padded one.
    fn source(&self, padded: usize, padding: Padding) -> Option<usize> {
        let (length, place) = (self.input, padded.wrapping_sub(self.before));
        if place < length {
            return Some(place);
        }
        let beyond = if padded < self.before { self.before - padded } else { place - length + 1 };
        let first = padded < self.before;
        match padding {
            Padding::Zeros => None,
            Padding::Circular => Some(if first { length - beyond } else { beyond - 1 }),
            Padding::Reflect => Some(if first { beyond } else { length - 1 - beyond }),
            Padding::Replicate => Some(if first { 0 } else { length - 1 }),
        }
    }

    /// How often, at most, an entry of the input stands in the padded one.
    pub(crate) fn copies(&self, padding: Padding) -> usize {
        let mut counts = vec![0; self.input];
        for padded in 0..self.before + self.input + self.after {
            if let Some(place) = self.source(padded, padding) {
                counts[place] += 1;
            }
        }
        counts.into_iter().max().unwrap_or_default()
    }

    /// Whether the outputs are rows of the circulant matrix of all outputs, each at most once.
    pub(crate) fn is_circulant(&self) -> bool {
        self.input.is_multiple_of(self.stride) && self.output() * self.stride <= self.input
    }

    /// How often the kernel reads an entry at most, if inputs may be of any length.
    pub(crate) fn reads_anywhere(&self) -> usize {
        let apart = self.stride / greatest_common_divisor(self.stride, self.dilation);
        self.kernel.div_ceil(apart)
    }

    /// What it reads.
    fn reads(&self, padding: Padding) -> Reads {
        let mut places = Vec::with_capacity(self.output() * self.kernel);
        let mut counts = vec![0; self.input];
        let mut sees_all = false;
        for output in 0..self.output() {
            let mut seen = Vec::with_capacity(self.kernel);
            for entry in 0..self.kernel {
                let place = self.source(output * self.stride + entry * self.dilation, padding);
                if let Some(place) = place {
                    counts[place] += 1;
                    if !seen.contains(&place) {
                        seen.push(place);
                    }
                }
                places.push(place);
            }
            sees_all |= seen.len() == self.kernel;
        }
        let most = counts.into_iter().max().unwrap_or_default();
        Reads { places, outputs: self.output(), taps: self.kernel, inputs: self.input, most, sees_all }
    }
}

pub(crate) fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// What a kernel reads, in one dimension or in all.
pub(crate) struct Reads {
    /// For every output and every entry of the kernel the entry of the input, if there is one.
    pub(crate) places: Vec<Option<usize>>,
    pub(crate) outputs: usize,
    pub(crate) taps: usize,
    pub(crate) inputs: usize,
    /// How often an entry of the input is read, at most.
    pub(crate) most: usize,
    /// Whether some output sees the whole kernel, every entry at a place of its own.
    pub(crate) sees_all: bool,
}

impl Reads {
    /// In all dimensions, of which the last one runs fastest.
    pub(crate) fn of(axes: &[Axis], padding: Padding) -> Result<Self, Error> {
        let size = |axis: &Axis| axis.output().saturating_mul(axis.kernel).saturating_mul(size_of::<Option<usize>>());
        let bytes = axes.iter().fold(1, |product: usize, axis| product.saturating_mul(size(axis)));
        let start = Self { places: vec![Some(0)], outputs: 1, taps: 1, inputs: 1, most: 1, sees_all: true };
        Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| Error::OutOfMemory(bytes))?;
        Ok(axes.iter().fold(start, |all, axis| all.beside(&axis.reads(padding))))
    }

    fn beside(&self, other: &Self) -> Self {
        let mut places = Vec::with_capacity(self.places.len() * other.places.len());
        for output in 0..self.outputs * other.outputs {
            for tap in 0..self.taps * other.taps {
                let slow = self.places[output / other.outputs * self.taps + tap / other.taps];
                let fast = other.places[output % other.outputs * other.taps + tap % other.taps];
                places.push(slow.zip(fast).map(|(slow, fast)| slow * other.inputs + fast));
            }
        }
        Self {
            places,
            outputs: self.outputs * other.outputs,
            taps: self.taps * other.taps,
            inputs: self.inputs * other.inputs,
            most: self.most * other.most,
            sees_all: self.sees_all && other.sees_all,
        }
    }
}
