//! Which entries of the input a convolution reads, dimension by dimension.

use super::DIMENSIONS;
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
    /// A dimension that is not there.
    pub const POINT: Self = Self { input: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };

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
        for (what, got) in [("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)] {
            if got == 0 {
                return Err(Error::shape(what, Count::Positive, got));
            }
        }
        if self.input == 0 {
            let any = padding == Padding::Zeros || padding == Padding::Circular;
            let expected = "the size of the input for this padding mode";
            return if any { Ok(()) } else { Err(Error::option("inputSize", expected)) };
        }
        let to_lend = match padding {
            Padding::Circular => self.input,
            Padding::Reflect => self.input - 1,
            Padding::Zeros | Padding::Replicate => usize::MAX,
        };
        if self.before.max(self.after) > to_lend {
            return Err(Error::option("padding", "no more entries than the input has to lend"));
        }
        if self.output() == 0 {
            return Err(Error::option("inputSize", "a padded input at least as long as the kernel"));
        }
        Ok(())
    }

    /// The entry of the input that stands at a place of the padded one.
    fn source(&self, padded: usize, padding: Padding) -> Option<usize> {
        let (length, place) = (self.input, padded.wrapping_sub(self.before));
        if place < length {
            return Some(place);
        }
        let first = padded < self.before;
        let beyond = if first { self.before - padded } else { place - length + 1 };
        let (before, behind) = match padding {
            Padding::Zeros => return None,
            Padding::Circular => (length.wrapping_sub(beyond), beyond.wrapping_sub(1)),
            Padding::Reflect => (beyond, (length - 1).wrapping_sub(beyond)),
            Padding::Replicate => (0, length - 1),
        };
        Some(if first { before } else { behind })
    }

    /// How often, at most, an entry of the input stands in the padded one.
    pub(crate) fn copies(&self, padding: Padding) -> usize {
        let (length, added) = (self.input, self.before + self.after);
        match padding {
            Padding::Zeros => 1,
            Padding::Circular => 1 + added.div_ceil(length),
            Padding::Reflect => 1 + added.min(if added + 1 < length { 1 } else { 2 }),
            Padding::Replicate => 1 + if length == 1 { added } else { self.before.max(self.after) },
        }
    }

    /// Whether the outputs are rows of the circulant matrix of all outputs, each at most once.
    pub(crate) fn is_circulant(&self) -> bool {
        self.input.is_multiple_of(self.stride) && self.output() * self.stride <= self.input
    }

    /// How often the kernel reads an entry of the padded input at most.
    pub(crate) fn reads(&self) -> usize {
        self.kernel.div_ceil(self.stride / greatest_common_divisor(self.stride, self.dilation))
    }

    /// Whether an output sees the whole kernel and no padding.
    fn sees_all(&self) -> bool {
        let first = self.before.div_ceil(self.stride);
        first < self.output() && first * self.stride + self.reach() < self.before + self.input
    }
}

pub(crate) fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The digits of an index, of which the last one runs fastest.
pub(crate) fn digits(index: usize, sizes: [usize; DIMENSIONS]) -> [usize; DIMENSIONS] {
    [index / sizes[2] / sizes[1], index / sizes[2] % sizes[1], index % sizes[2]]
}

/// What a kernel reads.
pub(crate) struct Reads {
    /// For every output and every entry of the kernel the entry of the input, or [`NOTHING`](Self::NOTHING).
    pub(crate) places: Vec<u32>,
    pub(crate) outputs: usize,
    pub(crate) taps: usize,
    pub(crate) inputs: usize,
    /// Whether some output sees the whole kernel, every entry at a place of its own.
    pub(crate) sees_all: bool,
}

impl Reads {
    pub(crate) const NOTHING: u32 = u32::MAX;

    #[inline(never)]
    pub(crate) fn of(axes: &[Axis; DIMENSIONS], padding: Padding) -> Result<Self, Error> {
        let sizes = |of: fn(&Axis) -> usize| [of(&axes[0]), of(&axes[1]), of(&axes[2])];
        let all = |sizes: [usize; DIMENSIONS]| sizes.iter().fold(1, |all: usize, &size| all.saturating_mul(size));
        let (out, space, taps) = (sizes(Axis::output), sizes(|axis| axis.input), sizes(|axis| axis.kernel));
        let mut places = Vec::new();
        let count = all(out).saturating_mul(all(taps));
        places.try_reserve_exact(count).map_err(|_| Error::out_of_memory(count.saturating_mul(4)))?;
        for index in 0..count {
            let (output, tap) = (digits(index / all(taps), out), digits(index % all(taps), taps));
            let mut place = Some(0);
            for (dimension, axis) in axes.iter().enumerate() {
                let padded = output[dimension] * axis.stride + tap[dimension] * axis.dilation;
                place = place.zip(axis.source(padded, padding)).map(|(all, entry)| all * axis.input + entry);
            }
            places.push(place.and_then(|place| u32::try_from(place).ok()).unwrap_or(Self::NOTHING));
        }
        let sees_all = axes.iter().all(Axis::sees_all);
        Ok(Self { places, outputs: all(out), taps: all(taps), inputs: all(space), sees_all })
    }
}
