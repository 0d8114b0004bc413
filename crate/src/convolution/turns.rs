//! Points of the unit circle and cosines, with bounds of their errors, from square roots alone: results are then the same
//! on every machine, and no table of sines has to be loaded.

use crate::rounding::{UNIT, above, below};

/// Frequencies are whole multiples of `2π/2^BITS`.
pub(crate) const BITS: usize = 24;
/// What a turn may be off by: up to `BITS` products of roots of unity, each from as many half angles.
pub(crate) const TURN_ERROR: f64 = 4096.0 * UNIT;

/// Roots of unity: `roots[b] = e^{2πi/2^b}`.
pub(crate) struct Turns {
    roots: [[f64; 2]; BITS + 1],
}

impl Turns {
    /// By half angles, which need no cosine.
    pub(crate) fn new() -> Self {
        let mut roots = [[1.0_f64, 0.0]; BITS + 1];
        roots[1] = [-1.0, 0.0];
        roots[2] = [0.0, 1.0];
        for bit in 3..=BITS {
            let [cosine, sine] = roots[bit - 1];
            let half = (0.5 * (1.0 + cosine)).sqrt();
            roots[bit] = [half, 0.5 * sine / half];
        }
        Self { roots }
    }

    /// `e^{2πi·angle/2^BITS}`.
    pub(crate) fn turn(&self, angle: usize) -> [f64; 2] {
        let mut turn = [1.0, 0.0];
        for bit in 0..BITS {
            if angle >> bit & 1 == 1 {
                let root = self.roots[BITS - bit];
                turn = [turn[0] * root[0] - turn[1] * root[1], turn[0] * root[1] + turn[1] * root[0]];
            }
        }
        turn
    }
}

/// At most `cos(π · part/whole)`, for parts up to half of the whole: by the series, which alternates.
pub(crate) fn cosine_below(part: usize, whole: usize) -> f64 {
    let x = above(std::f64::consts::PI * part as f64 / whole as f64);
    let square = above(x * x);
    below(1.0 - above(square / 2.0) + below(square * square / 24.0 - above(above(square * square) * square / 720.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_lie_on_the_circle_where_they_should() {
        let turns = Turns::new();
        for angle in (0..1 << BITS).step_by(98_765) {
            let [cosine, sine] = turns.turn(angle);
            let exact = 2.0 * std::f64::consts::PI * angle as f64 / f64::from(1 << BITS);
            let off = (cosine - exact.cos()).hypot(sine - exact.sin());
            assert!(off < 0.1 * TURN_ERROR, "{angle}: {off:e}");
        }
    }

    #[test]
    fn cosines_are_below() {
        for whole in 2..200 {
            for part in 0..=whole / 4 {
                let exact = (std::f64::consts::PI * part as f64 / whole as f64).cos();
                let bound = cosine_below(part, whole);
                assert!(bound <= exact && exact - bound < 4e-4, "{part}/{whole}: {bound} {exact}");
            }
        }
    }
}
