//! A float32 matrix from standard input, its sides as arguments; then a line "pass 20" a time: so many repetitions of a work, and
//! the answer is `{ "sigma", "seconds" }` in JSON. `pass` is a power iteration from all ones, `sum` reads the matrix and adds it
//! up, `copy` copies it; `arithmetic` reads nothing, and does as many multiplications and additions of registers as are asked for.

mod kernel;

use std::hint::black_box;
use std::io::{self, BufRead, Read, Write};
use std::time::Instant;

/// The largest singular value as power iteration estimates it, by sweeps over blocks of four rows.
fn power_iteration(w: &[f32], columns: usize, iterations: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the width of a matrix")]
    let mut v = vec![1.0 / (columns as f32).sqrt(); columns];
    let mut z = vec![0.0; columns];
    let mut squared = 0.0;
    for _ in 0..iterations {
        z.fill(0.0);
        for block in w.chunks_exact(kernel::BLOCK * columns) {
            let coefficients = kernel::dots(block, &v);
            kernel::add_multiples(coefficients, block, &mut z);
        }
        squared = z.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
        let factor = 1.0 / squared.sqrt();
        for (x, &y) in v.iter_mut().zip(&z) {
            #[expect(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
            let scaled = (f64::from(y) * factor) as f32;
            *x = scaled;
        }
    }
    squared.sqrt().sqrt()
}

/// One work, so many times; a number that depends on all of it.
fn run(work: &str, count: usize, w: &[f32], columns: usize, copy: &mut Vec<f32>) -> Option<f64> {
    match work {
        "pass" => Some(power_iteration(w, columns, count)),
        "sum" => (0..count).map(|_| f64::from(kernel::sum(black_box(w)))).reduce(f64::max),
        "copy" => {
            copy.resize(w.len(), 0.0);
            for _ in 0..count {
                black_box(&mut *copy).copy_from_slice(black_box(w));
            }
            copy.last().map(|&x| f64::from(x))
        }
        "arithmetic" => Some(f64::from(kernel::arithmetic(count / kernel::OPERATIONS))),
        _ => None,
    }
}

fn main() -> io::Result<()> {
    let sides: Vec<usize> = std::env::args().skip(1).filter_map(|side| side.parse().ok()).collect();
    let [rows, columns] = sides[..] else {
        return Err(io::Error::other("expected the rows and the columns of a matrix"));
    };
    if rows % kernel::BLOCK != 0 || columns % kernel::LANES != 0 {
        return Err(io::Error::other("expected rows in fours and columns in eights"));
    }
    let mut input = io::stdin().lock();
    let mut w = vec![0.0; rows * columns];
    let mut four = vec![0; 4 * columns];
    for row in w.chunks_exact_mut(columns) {
        input.read_exact(&mut four)?;
        for (x, bytes) in row.iter_mut().zip(four.chunks_exact(4)) {
            *x = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }
    println!(r#"{{ "architecture": "{}" }}"#, std::env::consts::ARCH);
    let mut copy = Vec::new();
    for line in input.lines() {
        let line = line?;
        let (work, count) = line.split_once(' ').unwrap_or((&line, "1"));
        let start = Instant::now();
        let found = run(work, count.parse().unwrap_or(1), &w, columns, &mut copy);
        let seconds = start.elapsed().as_secs_f64();
        match found {
            Some(sigma) => println!(r#"{{ "sigma": {sigma}, "seconds": {seconds} }}"#),
            None => println!(r#"{{ "error": "no such work" }}"#),
        }
        io::stdout().flush()?;
    }
    Ok(())
}
