//! A counter-based generator of normal numbers: same seed, same bits, on every machine.
//!
//! Entry `i` depends on the seed and on `i` alone. The bits come from Philox4x32-10 (Salmon et al., "Parallel random
//! numbers: as easy as 1, 2, 3", 2011), the numbers from Marsaglia's polar method, whose rejected attempts count on in
//! the third word of the counter. The logarithm is libm's, in Rust, for those of the system differ in their last digits.

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Fills `out` with independent standard normal numbers.
///
/// ```
/// let mut first = [0.0; 3];
/// spectral_norm::random::fill_normal(7, &mut first);
/// let mut longer = [0.0; 5];
/// spectral_norm::random::fill_normal(7, &mut longer);
/// assert_eq!(first, longer[..3]);
/// ```
pub fn fill_normal(seed: u64, out: &mut [f64]) {
    for (block, pair) in out.chunks_mut(2).enumerate() {
        let numbers = normal_pair(seed, block as u64);
        pair.copy_from_slice(&numbers[..pair.len()]);
    }
}

fn normal_pair(seed: u64, block: u64) -> [f64; 2] {
    let [low, high] = split(block);
    let mut attempt = 0;
    loop {
        let [a, b, c, d] = philox(split(seed), [low, high, attempt, 0]);
        let (x, y) = (symmetric(a, b), symmetric(c, d));
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            let factor = (-2.0 * libm::log(square) / square).sqrt();
            return [x * factor, y * factor];
        }
        attempt = attempt.wrapping_add(1);
    }
}

/// A multiple of 2⁻⁵² from -1 on, below 1.
fn symmetric(high: u32, low: u32) -> f64 {
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
    bits as f64 * f64::EPSILON - 1.0
}

#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
fn split(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

fn philox(mut key: [u32; 2], mut counter: [u32; 4]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let [low0, high0] = split(u64::from(MULTIPLIERS[0]) * u64::from(counter[0]));
        let [low1, high1] = split(u64::from(MULTIPLIERS[1]) * u64::from(counter[2]));
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_known_answers_of_its_authors() {
        assert_eq!(philox([0; 2], [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([!0; 2], [!0; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let digits_of_pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let answer = [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1];
        assert_eq!(philox([0xa409_3822, 0x299f_31d0], digits_of_pi), answer);
    }

    #[test]
    fn the_numbers_are_standard_normal() {
        let mut numbers = vec![0.0; 100_000];
        fill_normal(1, &mut numbers);
        let moment = |power| numbers.iter().map(|x: &f64| x.powi(power)).sum::<f64>() / numbers.len() as f64;
        assert!(moment(1).abs() < 0.015, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.02, "variance {}", moment(2));
        assert!(moment(3).abs() < 0.04, "skewness {}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.1, "kurtosis {}", moment(4));
        let within = numbers.iter().filter(|x| x.abs() < 1.0).count() as f64 / numbers.len() as f64;
        assert!((within - 0.6827).abs() < 0.006, "within one deviation {within}");
    }

    #[test]
    fn seeds_differ_and_uniform_numbers_span_their_interval() {
        let (mut one, mut two) = ([0.0; 8], [0.0; 8]);
        fill_normal(1, &mut one);
        fill_normal(2, &mut two);
        assert!(one.iter().zip(&two).all(|(a, b)| a.to_bits() != b.to_bits()));
        assert_eq!(symmetric(0, 0).to_bits(), (-1.0_f64).to_bits());
        assert_eq!(symmetric(1 << 31, 0).to_bits(), 0);
        assert!(symmetric(u32::MAX, u32::MAX) < 1.0);
    }
}
