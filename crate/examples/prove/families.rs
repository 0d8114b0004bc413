//! The matrices: eleven families, in turn, of random shapes, each made from its number alone.

use spectral_norm::random::fill_normal;

pub const FAMILIES: [&str; 11] = [
    "Gaussian",
    "integer",
    "rank-deficient",
    "graded",
    "clustered",
    "orthogonal",
    "zero rows",
    "1e±30",
    "subnormal",
    "non-normal",
    "zero-DC",
];

/// A matrix in the type that it is tested in.
pub struct Sample {
    pub rows: usize,
    pub columns: usize,
    pub data: Data,
}

pub enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Random numbers of one matrix.
struct Numbers {
    seed: u64,
}

impl Numbers {
    fn normal(&mut self, count: usize) -> Vec<f64> {
        let mut numbers = vec![0.0; count];
        self.seed += 1;
        fill_normal(self.seed, &mut numbers);
        numbers
    }

    /// Above 0, below 1.
    fn uniform(&mut self) -> f64 {
        let pair = self.normal(2);
        pair[0].atan2(pair[1]).abs() / std::f64::consts::PI
    }

    fn side(&mut self, least: usize, most: usize) -> usize {
        (least + ((most - least + 1) as f64 * self.uniform()) as usize).min(most)
    }

    /// Orthonormal rows, by Gram–Schmidt twice.
    fn orthonormal(&mut self, rows: usize, columns: usize) -> Vec<f64> {
        let mut data = self.normal(rows * columns);
        for index in 0..rows {
            let (known, rest) = data.split_at_mut(index * columns);
            let row = &mut rest[..columns];
            for _ in 0..2 {
                for other in known.chunks_exact(columns) {
                    let along: f64 = other.iter().zip(&*row).map(|(a, b)| a * b).sum();
                    row.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
                }
                let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
                row.iter_mut().for_each(|x| *x /= length);
            }
        }
        data
    }
}

/// `Σ values[k] · left[k] right[k]ᵀ` with orthonormal vectors.
fn assembled(numbers: &mut Numbers, values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let (left, right) = (numbers.orthonormal(values.len(), rows), numbers.orthonormal(values.len(), columns));
    let mut data = vec![0.0; rows * columns];
    for (k, value) in values.iter().enumerate() {
        for (i, row) in data.chunks_exact_mut(columns).enumerate() {
            let factor = value * left[k * rows + i];
            row.iter_mut().zip(&right[k * columns..]).for_each(|(entry, x)| *entry += factor * x);
        }
    }
    data
}

/// Singular values with two, three or eight of them within a relative gap of 1e-12 to 1e-2 at the top.
fn clustered(numbers: &mut Numbers, count: usize) -> Vec<f64> {
    let gap = 10.0_f64.powf(-12.0 + 10.0 * numbers.uniform());
    let size = [2, 3, 8][numbers.side(0, 2)].min(count);
    let below = if numbers.uniform() < 0.5 { 0.9 } else { 0.99 };
    let mut values: Vec<f64> = (0..count).map(|_| below * numbers.uniform()).collect();
    for (place, value) in values[..size].iter_mut().enumerate() {
        *value = 1.0 - gap * if place < 2 { place as f64 } else { numbers.uniform() };
    }
    values
}

pub fn matrix(number: usize, least: usize, most: usize) -> Sample {
    let mut numbers = Numbers { seed: (number as u64) << 16 | most as u64 };
    let (rows, columns) = (numbers.side(least, most), numbers.side(least, most));
    let family = FAMILIES[number % FAMILIES.len()];
    let narrow = (number / FAMILIES.len()).is_multiple_of(2);
    let mut data = entries(family, &mut numbers, rows, columns);
    if family == "1e±30" {
        let scale = if numbers.uniform() < 0.5 { 1e30 } else { 1e-30 };
        data.iter_mut().for_each(|x| *x *= scale);
    }
    if family == "subnormal" {
        let scale = if narrow { 1e-43 } else { 1e-322 };
        data.iter_mut().for_each(|x| *x *= scale);
    }
    let data = if narrow { Data::F32(data.iter().map(|&x| x as f32).collect()) } else { Data::F64(data) };
    Sample { rows, columns, data }
}

fn entries(family: &str, numbers: &mut Numbers, rows: usize, columns: usize) -> Vec<f64> {
    let side = rows.min(columns);
    match family {
        "integer" => numbers.normal(rows * columns).iter().map(|x| (3.0 * x).round()).collect(),
        "rank-deficient" => {
            let rank = 1 + (side as f64 * 0.5 * numbers.uniform()) as usize;
            let (left, right) = (numbers.normal(rows * rank), numbers.normal(rank * columns));
            let entry = |place: usize| {
                let (i, j) = (place / columns, place % columns);
                (0..rank).map(|k| left[i * rank + k] * right[k * columns + j]).sum()
            };
            (0..rows * columns).map(entry).collect()
        }
        "graded" => {
            let decades = 12.0 * numbers.uniform();
            let grade = |place: usize| 10.0_f64.powf(-decades * (place % columns) as f64 / columns as f64);
            numbers.normal(rows * columns).iter().enumerate().map(|(place, x)| x * grade(place)).collect()
        }
        "clustered" => {
            let values = clustered(numbers, side);
            assembled(numbers, &values, rows, columns)
        }
        "orthogonal" => {
            let values = vec![1.0; side];
            assembled(numbers, &values, rows, columns)
        }
        "zero rows" => {
            let data = numbers.normal(rows * columns);
            let zero: Vec<bool> = numbers.normal(rows).iter().map(|&x| x > 0.0).collect();
            data.iter().enumerate().map(|(place, &x)| if zero[place / columns] { 0.0 } else { x }).collect()
        }
        "non-normal" => {
            let (diagonal, above) = (numbers.uniform(), 10.0_f64.powf(4.0 * numbers.uniform()));
            let entry = |place: usize| match (place % columns).wrapping_sub(place / columns) {
                0 => diagonal,
                1 => above,
                _ => 0.0,
            };
            (0..rows * columns).map(entry).collect()
        }
        "zero-DC" => {
            let mut data = numbers.normal(rows * columns);
            for row in data.chunks_exact_mut(columns) {
                let mean = row.iter().sum::<f64>() / columns as f64;
                row.iter_mut().for_each(|x| *x -= mean);
            }
            data
        }
        _ => numbers.normal(rows * columns),
    }
}
