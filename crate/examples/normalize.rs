//! Spectral normalization of a random matrix: `cargo run --example normalize`.

use spectral_norm::random::fill_normal;
use spectral_norm::{Error, MatrixRef, Solver, scale_to_norm, stable_rank};

fn main() -> Result<(), Error> {
    let (rows, columns) = (64, 256);
    let mut weight = vec![0.0; rows * columns];
    fill_normal(1, &mut weight);

    let before = Solver::default().run(MatrixRef::new(&weight, rows, columns)?)?;
    println!("σ = {:.6} after {} passes, residual {:.1e}", before.sigma, before.iterations, before.residual);

    scale_to_norm(&mut weight, before.sigma, 1.0)?;
    let matrix = MatrixRef::new(&weight, rows, columns)?;
    let after = Solver::default().run(matrix)?;
    println!("normalized: σ = {:.6}, stable rank {:.3}", after.sigma, stable_rank(matrix, &Solver::default())?);
    Ok(())
}
