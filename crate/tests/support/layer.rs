//! Convolutions of all kinds, and the dense matrices that they are, built another way.

use spectral_norm::random::fill_normal;
use spectral_norm::{Axis, Certainty, Convolution, ConvolutionNorm, Padding, Solver};

const MODES: [Padding; 4] = [Padding::Zeros, Padding::Circular, Padding::Reflect, Padding::Replicate];

/// A convolution with everything it needs.
#[derive(Clone, Debug)]
pub struct Layer {
    pub groups: usize,
    pub outputs: usize,
    pub inputs: usize,
    pub axes: Vec<Axis>,
    pub padding: Padding,
    pub kernel: Vec<f64>,
}

impl Layer {
    pub fn new(groups: usize, outputs: usize, inputs: usize, axes: &[Axis], padding: Padding, seed: u64) -> Self {
        let taps: usize = axes.iter().map(|axis| axis.kernel).product();
        let mut kernel = vec![0.0; groups * outputs * taps * inputs];
        fill_normal(seed, &mut kernel);
        Self { groups, outputs, inputs, axes: axes.to_vec(), padding, kernel }
    }

    /// One of up to three dimensions, whose dense matrix is small; the same for a seed everywhere.
    pub fn random(seed: u64) -> Self {
        let mut numbers = [0.0; 32];
        fill_normal(seed, &mut numbers);
        let mut numbers = numbers.into_iter();
        // From 0 to `most`, all about alike: by bits far behind the point.
        let mut choose = |most: usize| {
            let bits = numbers.next().unwrap_or_default().to_bits() >> 20 & 0xffff;
            usize::try_from(bits).unwrap_or_default() % (most + 1)
        };
        let (dimensions, groups, mode) = (1 + choose(2), 1 + choose(2), MODES[choose(3)]);
        let most = [3, 2, 1][dimensions - 1];
        let (outputs, inputs) = (1 + choose(most), 1 + choose(most));
        let mut axes = Vec::new();
        for _ in 0..dimensions {
            let (kernel, stride, dilation) = (1 + choose(most), 1 + choose(2), 1 + choose(2));
            let (before, after) = (choose(most), choose(most));
            let least = (dilation * (kernel - 1) + 1).max(before + 1).max(after + 1);
            let input = least + choose([12, 2, 1][dimensions - 1]);
            axes.push(Axis { input, kernel, stride, dilation, before, after });
        }
        Self::new(groups, outputs, inputs, &axes, mode, seed)
    }

    pub fn norm(&self, certainty: Certainty) -> ConvolutionNorm {
        let &Self { groups, outputs, inputs, padding, .. } = self;
        let convolution = Convolution::new(&self.kernel, groups, outputs, inputs, three(&self.axes), padding).unwrap();
        convolution.norm(&Solver { tolerance: 1e-9, gap: true, ..Solver::default() }, Some(certainty)).unwrap()
    }

    /// For every place of a padded dimension the entry that stands there.
    fn padded(axis: &Axis, padding: Padding) -> Vec<Option<usize>> {
        let all: Vec<usize> = (0..axis.input).collect();
        let (n, before, after) = (axis.input, axis.before, axis.after);
        let [first, last]: [Vec<Option<usize>>; 2] = match padding {
            Padding::Zeros => [vec![None; before], vec![None; after]],
            Padding::Circular => [
                all[n - before..].iter().copied().map(Some).collect(),
                all[..after].iter().copied().map(Some).collect(),
            ],
            Padding::Reflect => [
                all[1..=before].iter().rev().copied().map(Some).collect(),
                all[n - 1 - after..n - 1].iter().rev().copied().map(Some).collect(),
            ],
            Padding::Replicate => [vec![Some(0); before], vec![Some(n - 1); after]],
        };
        [first, all.into_iter().map(Some).collect(), last].concat()
    }

    /// The matrix of one group.
    pub fn matrix(&self, group: usize) -> (Vec<f64>, usize, usize) {
        let digits = |mut index: usize, sizes: &[usize]| {
            let mut digits: Vec<usize> = sizes.iter().rev().map(|&size| (index % size, index /= size).0).collect();
            digits.reverse();
            digits
        };
        let sizes = |of: fn(&Axis) -> usize| self.axes.iter().map(of).collect::<Vec<usize>>();
        let (out, taps, space) = (sizes(Axis::output), sizes(|axis| axis.kernel), sizes(|axis| axis.input));
        let padded: Vec<_> = self.axes.iter().map(|axis| Self::padded(axis, self.padding)).collect();
        let count = |sizes: &[usize]| sizes.iter().product::<usize>();
        let (rows, columns) = (self.outputs * count(&out), self.inputs * count(&space));
        let mut matrix = vec![0.0; rows * columns];
        for place in 0..count(&out) {
            for tap in 0..count(&taps) {
                let mut source = Some(0);
                for (dimension, axis) in self.axes.iter().enumerate() {
                    let here =
                        digits(place, &out)[dimension] * axis.stride + digits(tap, &taps)[dimension] * axis.dilation;
                    source = source.zip(padded[dimension][here]).map(|(all, entry)| all * axis.input + entry);
                }
                let Some(source) = source else { continue };
                for output in 0..self.outputs {
                    for input in 0..self.inputs {
                        let weight = ((group * self.outputs + output) * count(&taps) + tap) * self.inputs + input;
                        let (row, column) = (output * count(&out) + place, input * count(&space) + source);
                        matrix[row * columns + column] += self.kernel[weight];
                    }
                }
            }
        }
        (matrix, rows, columns)
    }
}

/// With the dimensions that are not there.
pub fn three(axes: &[Axis]) -> [Axis; 3] {
    let mut all = [Axis::POINT; 3];
    all[3 - axes.len()..].copy_from_slice(axes);
    all
}
