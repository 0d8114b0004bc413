//! Norms of convolutions: against the dense matrix, built another way, and laws.

mod support;

use proptest::prelude::{Strategy, any, prop_assert};
use spectral_norm::{Axis, Certainty, Convolution, ConvolutionNorm, MatrixRef, Method, Padding, Solver, leading};
use support::{hold, near, normal};

const MODES: [Padding; 4] = [Padding::Zeros, Padding::Circular, Padding::Reflect, Padding::Replicate];

/// A convolution with everything it needs.
#[derive(Clone, Debug)]
struct Layer {
    groups: usize,
    outputs: usize,
    inputs: usize,
    axes: Vec<Axis>,
    padding: Padding,
    kernel: Vec<f64>,
}

impl Layer {
    fn new(groups: usize, outputs: usize, inputs: usize, axes: &[Axis], padding: Padding, seed: u64) -> Self {
        let taps: usize = axes.iter().map(|axis| axis.kernel).product();
        let kernel = normal(groups * outputs, taps * inputs, seed);
        Self { groups, outputs, inputs, axes: axes.to_vec(), padding, kernel }
    }

    fn norm(&self, certainty: Certainty) -> ConvolutionNorm {
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
    fn matrix(&self, group: usize) -> (Vec<f64>, usize, usize) {
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

    /// The norm of the dense matrix, by rotations.
    fn reference(&self) -> f64 {
        let solver = Solver { method: Method::Exact, ..Solver::default() };
        let norm = |group| {
            let (data, rows, columns) = self.matrix(group);
            leading(MatrixRef::new(&data, rows, columns).unwrap(), 1, &solver).unwrap().triplets[0].sigma
        };
        (0..self.groups).map(norm).fold(0.0, f64::max)
    }
}

/// With the dimensions that are not there.
fn three(axes: &[Axis]) -> [Axis; 3] {
    let mut all = [Axis::POINT; 3];
    all[3 - axes.len()..].copy_from_slice(axes);
    all
}

fn axis(input: usize, kernel: usize, padding: usize) -> Axis {
    Axis { input, kernel, stride: 1, dilation: 1, before: padding, after: padding }
}

/// Convolutions of up to three dimensions and some 200 entries at either end.
fn layers() -> impl Strategy<Value = Layer> {
    let side = (1_usize..=4, 1_usize..=3, 1_usize..=3, 0_usize..=3, 0_usize..=3, 0_usize..=8);
    let counts = (1_usize..=3, 1_usize..=4, 1_usize..=4);
    (proptest::collection::vec(side, 1..=3), counts, 0_usize..4, any::<u32>())
        .prop_map(|(sides, (groups, outputs, inputs), mode, seed)| {
            let room = [14, 4, 1][sides.len() - 1];
            let axes: Vec<Axis> = sides
                .into_iter()
                .map(|(kernel, stride, dilation, before, after, extra)| {
                    let least = (dilation * (kernel - 1) + 1).max(before + 1).max(after + 1);
                    let input = least + extra.min(room);
                    Axis { input, kernel, stride, dilation, before, after }
                })
                .collect();
            Layer::new(groups, outputs, inputs, &axes, MODES[mode], u64::from(seed))
        })
        .prop_filter("the dense matrix is to be small", |layer| {
            let count = |of: fn(&Axis) -> usize| layer.axes.iter().map(of).product::<usize>();
            layer.inputs * count(|axis| axis.input) <= 160 && layer.outputs * count(Axis::output) <= 400
        })
}

#[test]
fn bounds_hold_and_the_norm_is_that_of_the_dense_matrix() {
    hold(500, &layers(), |layer| {
        let sigma = layer.reference();
        let rigorous = layer.norm(Certainty::Rigorous);
        prop_assert!(near(rigorous.sigma, sigma, 1e-8), "{} for {sigma}", rigorous.sigma);
        for norm in [&rigorous, &layer.norm(Certainty::Cheap)] {
            let bounds = norm.bounds;
            prop_assert!(norm.converged && bounds.lower <= sigma * (1.0 + 1e-13), "{bounds:?} for {sigma}");
            prop_assert!(sigma * (1.0 - 1e-13) <= bounds.upper, "{bounds:?} for {sigma}");
            prop_assert!(bounds.reshaped[0] <= bounds.reshaped[1]);
            prop_assert!(sigma <= bounds.factor * bounds.reshaped[1] * (1.0 + 1e-13));
        }
        Ok(())
    });
}

#[test]
fn the_frequency_response_bounds_zero_padded_convolutions_of_every_size() {
    hold(60, &layers(), |layer| {
        let unbounded: Vec<Axis> = layer.axes.iter().map(|axis| Axis { input: 0, ..*axis }).collect();
        let everywhere = Layer { axes: unbounded, padding: Padding::Zeros, ..layer.clone() };
        let supremum = everywhere.norm(Certainty::Rigorous);
        let bounds = supremum.bounds;
        prop_assert!(bounds.lower <= supremum.sigma && supremum.sigma <= bounds.upper * (1.0 + 1e-12), "{supremum:?}");
        prop_assert!(bounds.upper <= 1.3 * supremum.sigma, "{bounds:?}");
        let finite = Layer { padding: Padding::Zeros, ..layer };
        let sigma = finite.norm(Certainty::Cheap).sigma;
        prop_assert!(sigma <= supremum.sigma * (1.0 + 1e-6), "{sigma} beside {}", supremum.sigma);
        Ok(())
    });
}

#[test]
fn large_inputs_come_close_to_the_supremum() {
    for (stride, kernel, dilation) in [(1, 3, 1), (2, 4, 1), (2, 3, 1), (3, 2, 1), (2, 3, 2), (3, 4, 2)] {
        let of = |input: usize| Axis { input, kernel, stride, dilation, before: 1, after: 1 };
        let [large, all] =
            [120, 0].map(|input| Layer::new(1, 3, 2, &[of(input)], Padding::Zeros, 7).norm(Certainty::Rigorous));
        assert!(large.sigma <= all.sigma * (1.0 + 1e-9), "{stride}, {kernel}: {} {}", large.sigma, all.sigma);
        assert!(large.sigma >= all.sigma * 0.995, "{stride}, {kernel}: {} {}", large.sigma, all.sigma);
    }
}

#[test]
fn all_ones_have_the_norm_nine_and_reshaped_three() {
    let layer = Layer { kernel: vec![1.0; 9], ..Layer::new(1, 1, 1, &[axis(8, 3, 1); 2], Padding::Circular, 0) };
    let norm = layer.norm(Certainty::Rigorous);
    assert!(near(norm.sigma, 9.0, 1e-12) && norm.bounds.upper < 9.0 + 1e-6);
    assert!(near(norm.bounds.reshaped[0], 3.0, 1e-9) && near(norm.bounds.factor, 3.0, 1e-15));
}

#[test]
fn even_kernels_on_a_circle() {
    // 1, 1: at frequency 0 both add up.
    for (kernel, norm) in [(2, 2.0), (4, 4.0)] {
        let circle = Axis { input: 8, kernel, stride: 1, dilation: 1, before: (kernel - 1) / 2, after: kernel / 2 };
        let layer = Layer { kernel: vec![1.0; kernel], ..Layer::new(1, 1, 1, &[circle], Padding::Circular, 0) };
        assert!(near(layer.norm(Certainty::Rigorous).sigma, norm, 1e-12));
    }
}

#[test]
fn groups_have_the_norm_of_the_largest() {
    let layer = Layer { kernel: vec![3.0, 5.0], ..Layer::new(2, 1, 1, &[axis(4, 1, 0); 2], Padding::Zeros, 0) };
    let norm = layer.norm(Certainty::Rigorous);
    assert!(near(norm.sigma, 5.0, 1e-12) && norm.bounds.lower <= 5.0 && norm.bounds.upper >= 5.0);
    // Every place has a 5: within the group there is no gap, and to the other none that counts.
    assert!(norm.gap < 1e-9);
}

#[test]
fn a_stride_beyond_the_kernel_leaves_entries_unread() {
    let wide = Axis { input: 11, kernel: 2, stride: 4, dilation: 1, before: 0, after: 0 };
    let layer = Layer { kernel: vec![3.0, 4.0], ..Layer::new(1, 1, 1, &[wide], Padding::Zeros, 0) };
    let norm = layer.norm(Certainty::Rigorous);
    assert!(near(norm.sigma, 5.0, 1e-12) && near(norm.bounds.factor, 1.0, 1e-15));
}

#[test]
fn large_maps_have_bounds_by_their_frequency_response() {
    let layer = Layer::new(1, 16, 16, &[axis(16, 3, 1); 2], Padding::Zeros, 3);
    let norm = layer.norm(Certainty::Rigorous);
    assert_eq!(norm.bounds.evidence, 1);
    assert!(norm.bounds.upper <= 1.1 * norm.sigma, "{norm:?}");
    let small = Layer { axes: vec![axis(4, 3, 1); 2], ..layer }.norm(Certainty::Rigorous);
    assert_eq!(small.bounds.evidence, 2);
    assert!(small.bounds.upper <= small.bounds.lower * (1.0 + 1e-8), "{small:?}");
}

#[test]
fn zero_tiny_and_huge_kernels() {
    let layer = Layer::new(1, 2, 3, &[axis(5, 3, 1); 2], Padding::Zeros, 4);
    let norm = layer.norm(Certainty::Rigorous);
    for exponent in [-300, 300] {
        let scale = 2.0_f64.powi(exponent);
        let scaled = Layer { kernel: layer.kernel.iter().map(|entry| entry * scale).collect(), ..layer.clone() };
        let found = scaled.norm(Certainty::Rigorous);
        assert!(near(found.sigma, norm.sigma * scale, 1e-9));
        assert!(found.bounds.lower <= norm.sigma * scale && norm.sigma * scale <= found.bounds.upper);
    }
    let zero = Layer { kernel: vec![0.0; layer.kernel.len()], ..layer }.norm(Certainty::Rigorous);
    assert!(zero.sigma == 0.0 && zero.bounds.upper == 0.0 && zero.converged);
}

#[test]
fn the_gradient_is_the_slope() {
    hold(60, &layers(), |layer| {
        let norm = layer.norm(Certainty::Cheap);
        if norm.gap < 1e-2 {
            return Ok(());
        }
        let &Layer { groups, outputs, inputs, padding, .. } = &layer;
        let convolution =
            Convolution::new(&layer.kernel, groups, outputs, inputs, three(&layer.axes), padding).unwrap();
        let mut gradient = vec![0.0; layer.kernel.len()];
        convolution.norm_gradient(&norm, &mut gradient).unwrap();
        let direction = normal(1, layer.kernel.len(), 99);
        let at = |step: f64| {
            let kernel = layer.kernel.iter().zip(&direction).map(|(entry, along)| entry + step * along).collect();
            Layer { kernel, ..layer.clone() }.norm(Certainty::Cheap).sigma
        };
        let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        let along: f64 = gradient.iter().zip(&direction).map(|(a, b)| a * b).sum();
        prop_assert!((slope - along).abs() <= 1e-6 * (1.0 + slope.abs()), "{slope} {along}");
        Ok(())
    });
}

#[test]
fn what_does_not_fit_is_an_error() {
    let solver = Solver::default();
    let code = |axis: Axis, padding| {
        Convolution::new(&[1.0; 3], 1, 1, 1, three(&[axis]), padding).map(|_| ()).unwrap_err().code()
    };
    assert_eq!(code(axis(2, 3, 0), Padding::Zeros), "OPTION");
    assert_eq!(code(axis(3, 3, 3), Padding::Reflect), "OPTION");
    assert_eq!(code(axis(0, 3, 1), Padding::Reflect), "OPTION");
    assert_eq!(code(axis(2, 3, 3), Padding::Circular), "OPTION");
    assert_eq!(code(Axis { stride: 0, ..axis(4, 3, 1) }, Padding::Zeros), "SHAPE");
    assert_eq!(
        Convolution::new(&[1.0; 4], 1, 1, 1, three(&[axis(4, 3, 1)]), Padding::Zeros).unwrap_err().code(),
        "SHAPE"
    );
    let unbounded = axis(0, 3, 1);
    let convolution = Convolution::new(&[1.0; 3], 1, 1, 1, three(&[unbounded]), Padding::Zeros).unwrap();
    let norm = convolution.norm(&solver, None).unwrap();
    assert!(near(norm.sigma, 3.0, 1e-12));
    assert_eq!(convolution.norm_gradient(&norm, &mut [0.0; 3]).unwrap_err().code(), "OPTION");
}
