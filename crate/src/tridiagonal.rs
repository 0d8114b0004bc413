//! The upper end of the spectrum of a symmetric tridiagonal matrix with positive couplings, as Lanczos makes them.
//!
//! After every step the largest eigenvalue is needed, and the last component of its eigenvector, for that is how far the
//! search has come. Both follow from the pivots of `x − T`, in time proportional to the size, where a whole
//! decomposition would cost more than the pass over the matrix.

/// The matrix: its diagonal, and the couplings of neighbors, one fewer.
#[derive(Clone, Copy)]
pub(crate) struct Tridiagonal<'a> {
    pub(crate) diagonal: &'a [f64],
    pub(crate) coupling: &'a [f64],
}

/// What the elimination of `x − T` shows.
struct Pivots {
    /// Whether all but the last are positive: then `x` is above every eigenvalue of the matrix without its last row.
    positive: bool,
    last: f64,
    /// The derivative of the last pivot.
    slope: f64,
}

impl Tridiagonal<'_> {
    fn pivots(&self, x: f64) -> Pivots {
        let (mut pivot, mut slope) = (x - self.diagonal[0], 1.0);
        for (&diagonal, &coupling) in self.diagonal[1..].iter().zip(self.coupling) {
            if pivot <= 0.0 {
                return Pivots { positive: false, last: pivot, slope };
            }
            let quotient = coupling / pivot;
            slope = 1.0 + quotient * quotient * slope;
            pivot = x - diagonal - quotient * coupling;
        }
        Pivots { positive: true, last: pivot, slope }
    }

    /// The largest eigenvalue, given an interval that holds it and a guess, and the last component of its eigenvector, of
    /// unit length: the derivative of the last pivot is the sum of the squares of the components over that of the last.
    /// Rounding errors of an eigenvalue leave of that component what is above the root of the machine epsilon.
    ///
    /// Above its pole, the largest eigenvalue of the matrix without its last row, the last pivot is nearly
    /// `a − b/(x − pole)`; from the `a` and `b` of its value and derivative follows the next `x`, and from halving where
    /// that leads out. The root lies ever closer to the pole, where Newton's method, which knows of none, takes dozens of
    /// steps; this takes four from a good guess. `low` had better be the pole.
    pub(crate) fn largest(&self, mut low: f64, mut high: f64, guess: f64) -> (f64, f64) {
        let pole = low;
        let mut x = if guess > low && guess < high { guess } else { high };
        for _ in 0..MOST_STEPS {
            let pivots = self.pivots(x);
            let above = pivots.positive && pivots.last >= 0.0;
            if above {
                high = x;
            } else {
                low = x;
            }
            let beyond = x - pole;
            let root = pole + pivots.slope * beyond * beyond / (pivots.last + pivots.slope * beyond);
            if pivots.positive && (root - x).abs() <= 2.0 * f64::EPSILON * x.abs() {
                return (root, 1.0 / pivots.slope.sqrt());
            }
            let next = if pivots.positive && root > low && root < high { root } else { low + 0.5 * (high - low) };
            if next <= low || next >= high {
                return (next, 0.0);
            }
            x = next;
        }
        (x, 0.0)
    }

    /// How many eigenvalues are above `x`.
    fn count_above(&self, x: f64) -> usize {
        let mut pivot = self.diagonal[0] - x;
        let mut count = usize::from(pivot > 0.0);
        for (&diagonal, &coupling) in self.diagonal[1..].iter().zip(self.coupling) {
            let safe = if pivot == 0.0 { f64::MIN_POSITIVE } else { pivot };
            pivot = diagonal - x - coupling * (coupling / safe);
            count += usize::from(pivot > 0.0);
        }
        count
    }

    /// The second largest eigenvalue of a positive semidefinite matrix, given the largest; 0 where there is but one.
    pub(crate) fn second(&self, largest: f64) -> f64 {
        let (mut low, mut high) = (0.0, largest);
        if self.diagonal.len() < 2 {
            return 0.0;
        }
        for _ in 0..MOST_STEPS {
            let middle = low + 0.5 * (high - low);
            if middle <= low || middle >= high {
                break;
            }
            if self.count_above(middle) >= 2 {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The eigenvector of the largest eigenvalue, of unit length.
    ///
    /// From the elimination of `x − T` downward and the one upward, joined where they fit best (Dhillon and Parlett,
    /// "Orthogonal eigenvectors and relative gaps", 2004): either alone divides by what rounding errors have made of
    /// nothing as soon as the eigenvalue has converged.
    #[inline(never)]
    pub(crate) fn vector(&self, largest: f64) -> Vec<f64> {
        let n = self.diagonal.len();
        let quotient = |coupling: f64, pivot: f64| coupling / if pivot == 0.0 { f64::MIN_POSITIVE } else { pivot };
        let mut downward = Vec::with_capacity(n);
        let mut pivot = largest - self.diagonal[0];
        downward.push(pivot);
        for (&diagonal, &coupling) in self.diagonal[1..].iter().zip(self.coupling) {
            pivot = largest - diagonal - coupling * quotient(coupling, pivot);
            downward.push(pivot);
        }
        // Upward, each entry becomes the quotient of a component and the one before it.
        let mut vector = vec![0.0; n];
        let (mut twist, mut least) = (n - 1, f64::INFINITY);
        let mut carried = 0.0;
        for index in (0..n).rev() {
            let defect = (downward[index] - carried).abs();
            if defect < least {
                (twist, least) = (index, defect);
            }
            if index > 0 {
                let coupling = self.coupling[index - 1];
                vector[index] = quotient(coupling, largest - self.diagonal[index] - carried);
                carried = coupling * vector[index];
            }
        }
        vector[twist] = 1.0;
        for index in twist + 1..n {
            vector[index] *= vector[index - 1];
        }
        for index in (0..twist).rev() {
            vector[index] = vector[index + 1] * quotient(self.coupling[index], downward[index]);
        }
        crate::vector::normalize(&mut vector);
        vector
    }
}

const MOST_STEPS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the second difference of 1 on n points, whose eigenvalues and vectors are sines.
    #[test]
    fn finds_the_upper_end_of_a_known_spectrum() {
        for n in [1, 2, 3, 10, 100] {
            let (diagonal, coupling) = (vec![2.0; n], vec![1.0; n - 1]);
            let matrix = Tridiagonal { diagonal: &diagonal, coupling: &coupling };
            let angle = |k: usize| k as f64 * std::f64::consts::PI / (2 * (n + 1)) as f64;
            let eigenvalue = |k: usize| 4.0 * angle(k).cos().powi(2);
            let (largest, last) = matrix.largest(0.0, 4.0, 4.0);
            assert!((largest - eigenvalue(1)).abs() < 1e-14, "{n}: {largest}");
            for guess in [-1.0, 1e-3, 3.0, eigenvalue(1) * (1.0 - 1e-9), eigenvalue(1) * (1.0 + 1e-9)] {
                assert!((matrix.largest(0.0, 4.0, guess).0 - eigenvalue(1)).abs() < 1e-14, "{n}, {guess}");
            }
            let second = if n == 1 { 0.0 } else { eigenvalue(2) };
            assert!((matrix.second(largest) - second).abs() < 1e-13, "{n}");
            let vector = matrix.vector(largest);
            let scale = (2.0 / (n + 1) as f64).sqrt();
            assert!((last - vector[n - 1].abs()).abs() < 1e-6 * last, "{n}: {last}");
            for (k, entry) in vector.iter().enumerate() {
                let expected = scale * (2.0 * angle(1) * (k + 1) as f64).sin();
                assert!((entry - expected).abs() < 1e-10, "{n}, {k}: {entry} {expected}");
            }
        }
    }

    #[test]
    fn a_coupling_of_zero_divides_the_matrix() {
        let matrix = Tridiagonal { diagonal: &[1.0, 3.0, 2.0], coupling: &[0.0, 1.0] };
        let golden = 2.5 + 1.25_f64.sqrt();
        let (largest, _) = matrix.largest(0.0, 5.0, 5.0);
        assert!((largest - golden).abs() < 1e-14, "{largest}");
        let vector = matrix.vector(largest);
        assert!(vector[0].abs() < 1e-14 && (vector[1] / vector[2] - (golden - 2.0)).abs() < 1e-12, "{vector:?}");
    }

    #[test]
    fn long_chains_do_not_overflow() {
        let diagonal: Vec<f64> = (0..400).map(|k| 1.0 / f64::from(1 + k * k)).collect();
        let coupling = vec![1e-3; 399];
        let matrix = Tridiagonal { diagonal: &diagonal, coupling: &coupling };
        let (largest, _) = matrix.largest(0.0, 2.0, 2.0);
        let vector = matrix.vector(largest);
        assert!(vector[0] > 0.999 && vector.iter().all(|x| x.is_finite()));
    }
}
