//! The proof run: bounds and norms of many matrices of all kinds against nalgebra's singular values, with an error bar.
//!
//! `cargo run --release --example prove` takes some minutes; `-- --quick` a few seconds. Prints a table of counts, a
//! family a row, and fails if there was a single violation. The scalar kernels that run here equal those of WebAssembly
//! to the bit, which other tests prove.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::needless_for_each,
    clippy::float_cmp,
    reason = "random numbers become counts, float64 becomes float32, and exact zeros are meant"
)]

mod check;
mod clusters;
mod convolutions;
mod families;
mod reference;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use check::{Tally, check};
use families::{FAMILIES, matrix};

/// How many matrices, and up to which side.
struct Plan {
    count: usize,
    least: usize,
    most: usize,
}

const WHOLE: [Plan; 2] = [Plan { count: 100_000, least: 1, most: 64 }, Plan { count: 2_000, least: 65, most: 512 }];
const QUICK: [Plan; 2] = [Plan { count: 4_400, least: 1, most: 64 }, Plan { count: 22, least: 65, most: 200 }];

/// How many convolutions.
const CONVOLUTIONS: [usize; 2] = [5_000, 200];
/// How many spectra with clusters at the top.
const CLUSTERS: [usize; 2] = [20_000, 1_000];

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let mut violations = 0;
    for Plan { count, least, most } in if quick { QUICK } else { WHOLE } {
        let tallies = run(count, FAMILIES.len(), &|number, tally| check(&matrix(number, least, most), tally));
        println!("{count} matrices, sides {least} to {most}, float32 and float64 in turn");
        violations += print(&FAMILIES, &tallies);
    }
    let count = CONVOLUTIONS[usize::from(quick)];
    println!("{count} convolutions of 1 to 3 dimensions: padding of four kinds, stride, dilation, groups");
    violations += print(&["convolutions"], &run(count, 1, &convolutions::check));
    violations += clusters::run(CLUSTERS[usize::from(quick)]);
    if violations > 0 {
        println!("{violations} violations");
        std::process::exit(1);
    }
    println!("no violation");
}

/// One tally a family, from as many threads as there are cores. What a sample is depends on its number alone.
fn run(count: usize, families: usize, check: &(dyn Fn(usize, &mut Tally) + Sync)) -> Vec<Tally> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tallies = vec![Tally::default(); families];
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return tallies;
            }
            check(number, &mut tallies[number % families]);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut total = vec![Tally::default(); families];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let tallies = thread.join().expect("no check panics");
            total.iter_mut().zip(tallies).for_each(|(sum, tally)| sum.add(&tally));
        }
    });
    total
}

/// Prints a table, and returns how many violations there were.
fn print(families: &[&str], tallies: &[Tally]) -> usize {
    println!("{}", Tally::heading());
    let mut total = Tally::default();
    for (family, tally) in families.iter().zip(tallies) {
        println!("{}", tally.row(family));
        total.add(tally);
    }
    println!("{}\n", total.row("all"));
    total.violations
}
