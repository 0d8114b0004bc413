//! Norms of convolutions: against the dense matrix, built another way, and laws.

mod support;

use proptest::prelude::{Strategy, any, prop_assert};
use spectral_norm::{Axis, Certainty, Convolution, MatrixRef, Method, Padding, Solver, leading};
use support::layer::{Layer, three};
use support::{hold, near, normal};

fn axis(input: usize, kernel: usize, padding: usize) -> Axis {
    Axis { input, kernel, stride: 1, dilation: 1, before: padding, after: padding }
}

/// The norm of the dense matrix, by rotations.
fn reference(layer: &Layer) -> f64 {
    let solver = Solver { method: Method::Exact, ..Solver::default() };
    let norm = |group| {
        let (data, rows, columns) = layer.matrix(group);
        leading(MatrixRef::new(&data, rows, columns).unwrap(), 1, &solver).unwrap().triplets[0].sigma
    };
    (0..layer.groups).map(norm).fold(0.0, f64::max)
}

#[test]
fn bounds_hold_and_the_norm_is_that_of_the_dense_matrix() {
    hold(500, &any::<u64>().prop_map(Layer::random), |layer| {
        let sigma = reference(&layer);
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
    hold(200, &any::<u64>().prop_map(Layer::random), |layer| {
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
fn a_kernel_that_reads_padding_alone_has_the_norm_zero() {
    let beside = Axis { input: 1, kernel: 2, stride: 5, dilation: 4, before: 2, after: 2 };
    let layer = Layer { kernel: vec![3.0, 4.0], ..Layer::new(1, 1, 1, &[beside], Padding::Zeros, 0) };
    let norm = layer.norm(Certainty::Rigorous);
    assert!(norm.sigma == 0.0 && norm.bounds.lower == 0.0 && norm.bounds.upper < 1e-300 && norm.converged, "{norm:?}");
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
    hold(200, &any::<u64>().prop_map(Layer::random), |layer| {
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
