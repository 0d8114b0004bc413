//! The space that Lanczos' method searches: an orthonormal basis that grows by one direction a pass, and the Gram matrix
//! restricted to it.
//!
//! It knows no matrix: whoever drives it takes the [`direction`](Krylov::direction), applies `W` and `Wᵀ`, and hands the
//! images to [`absorb`](Krylov::absorb), with room for a copy of one. So one implementation serves matrices, convolutions and the operators of
//! JavaScript, synchronous or not.
//!
//! Every direction is made orthogonal to *all* earlier ones, after the last two, and twice where that is of use (Parlett,
//! "The Symmetric Eigenvalue Problem", 1980, §13.8). With less, rounding errors bring back what was found, and a wide
//! matrix's null space leaks in: for a 128×1152 Gaussian matrix one pass of orthogonalization gave a norm above the true
//! one, with a tiny residual.

use crate::error::Error;
use crate::kernel::Kernel;
use crate::matrix::{Element, MatrixRef};
use crate::product::{Left, add_adjoint_product, sweep};
use crate::projection::{Progress, Projection};
use crate::vector::{Vector, normalize};

/// Directions that are allocated at once.
const ROOM: usize = 16;
/// Bytes of a basis, beyond which it is restarted with the best of what it holds.
const MOST_BYTES: usize = 1 << 26;
const LEAST_SIZE: usize = 24;
/// Directions after which a basis is restarted, unless the space ends before.
const MOST_SIZE: usize = 256;
const WHOLE_SIZE: usize = 1024;
/// Of a full basis, the part that a restart keeps.
const KEPT: usize = 3;
/// Of the squared length, what has to be left for its rounding errors not to count.
const MUCH: f64 = 0.5;

/// A Krylov space of the Gram operator `WᵀW`, of directions of `V`.
pub(crate) struct Krylov<V> {
    columns: usize,
    /// The most directions the basis may hold beside the locked ones.
    capacity: usize,
    basis: Vec<Vector<V>>,
    /// Directions in the basis: the locked ones, then those of the space.
    size: usize,
    /// Vectors that were found before, to which everything is kept orthogonal.
    locked: usize,
    /// What is known of the operator.
    pub(crate) projection: Projection,
    /// Whether no new direction is left.
    exhausted: bool,
}

impl<V: Element + Kernel<V>> Krylov<V> {
    /// An empty space of vectors with so many entries.
    pub(crate) fn new(columns: usize) -> Self {
        Self::with_capacity(columns, Self::capacity(columns))
    }

    /// The most directions that a basis of such vectors holds.
    pub(crate) fn capacity(columns: usize) -> usize {
        let most = if columns <= WHOLE_SIZE { WHOLE_SIZE } else { MOST_SIZE };
        (MOST_BYTES / (columns * size_of::<V>())).clamp(LEAST_SIZE, most)
    }

    fn with_capacity(columns: usize, capacity: usize) -> Self {
        let projection = Projection::new();
        Self { columns, capacity, basis: Vec::new(), size: 0, locked: 0, projection, exhausted: false }
    }

    /// Adds a vector that is known, of unit length, to stay away from.
    #[inline(never)]
    pub(crate) fn lock(&mut self, vector: &[f64], copy: &mut [V]) -> Result<(), Error> {
        let mut vector = Vector::rounded(vector);
        self.orthogonalize(&mut vector, copy);
        normalize(&mut vector);
        self.push(&vector)?;
        self.locked += 1;
        Ok(())
    }

    /// The first direction, of any length, which is overwritten. False if nothing of it is left beside the locked vectors.
    #[inline(never)]
    pub(crate) fn start(&mut self, vector: &mut [V], copy: &mut [V]) -> Result<bool, Error> {
        let before = normalize(vector);
        let left = self.orthogonalize(vector, copy);
        self.exhausted = before == 0.0 || left <= 16.0 * V::EPSILON;
        if !self.exhausted {
            normalize(vector);
            self.push(vector)?;
        }
        Ok(!self.exhausted)
    }

    /// The vector to apply the operator to, unless there is none left.
    pub(crate) fn direction(&self) -> Option<&[V]> {
        (!self.exhausted && self.size > self.locked).then(|| self.vector(self.size - 1))
    }

    /// Takes in the images of the direction, `u = Wv` and `z = Wᵀu`, which is overwritten.
    #[inline(never)]
    pub(crate) fn absorb(&mut self, u: &[V], z: &mut [V], copy: &mut [V]) -> Result<Progress, Error> {
        let length = V::sum_of_squares(self.vector(self.size - 1));
        let entry = V::sum_of_squares(u) / length;
        self.orthogonalize(z, copy);
        let coupling = normalize(z);
        let full = self.size >= self.columns;
        self.exhausted = full || coupling <= 16.0 * V::EPSILON * self.projection.progress.theta.max(entry);
        let crowded = self.size - self.locked >= self.capacity;
        self.projection.add(entry, if full { 0.0 } else { coupling }, crowded || self.exhausted);
        if !self.exhausted {
            if crowded {
                self.restart()?;
            }
            self.push(z)?;
        }
        Ok(self.projection.progress)
    }

    /// The Ritz vector of the largest Ritz value; before the first pass the start.
    pub(crate) fn best(&self) -> Vector<f64> {
        self.combine(&self.projection.best())
    }

    /// `Σ coefficients[i] · basis[i]` over the directions of the space, of unit length.
    #[inline(never)]
    pub(crate) fn combine(&self, coefficients: &[f64]) -> Vector<f64> {
        let mut all = vec![0.0; self.locked];
        all.extend_from_slice(coefficients);
        let mut sum = Vector::zeroed(self.columns);
        for (rows, coefficients) in self.rows(all.len()).zip(all.chunks(ROOM)) {
            add_adjoint_product(rows, coefficients, &mut sum);
        }
        normalize(&mut sum);
        sum
    }

    /// Begins anew with the best third of the Ritz vectors (Wu and Simon, "Thick-restart Lanczos method for large
    /// symmetric eigenvalue problems", 2000).
    #[inline(never)]
    fn restart(&mut self) -> Result<(), Error> {
        let Some(ritz) = self.projection.ritz() else { return Ok(()) };
        let count = self.capacity / KEPT;
        let mut fresh = Self::with_capacity(self.columns, self.capacity);
        for index in 0..self.locked {
            fresh.push(self.vector(index))?;
        }
        for place in 0..count {
            fresh.push(&Vector::<V>::rounded(&self.combine(ritz.rotation(place))))?;
        }
        fresh.locked = self.locked;
        fresh.projection = self.projection.restarted(&ritz, count);
        *self = fresh;
        Ok(())
    }

    /// Subtracts from `z` what lies along the basis; returns the length that is left. Nearly all of it lies along the last
    /// two vectors, which come first; then all, and all once more where much was left to subtract (Daniel, Gragg, Kaufman
    /// and Stewart 1976).
    #[inline(never)]
    fn orthogonalize(&self, z: &mut [V], copy: &mut [V]) -> f64 {
        for index in self.size.saturating_sub(2)..self.size {
            subtract(MatrixRef::shaped(self.vector(index), 1, self.columns), z, copy);
        }
        let mut before = V::sum_of_squares(z);
        for _ in 0..2 {
            for rows in self.rows(self.size) {
                subtract(rows, z, copy);
            }
            let left = V::sum_of_squares(z);
            if left > MUCH * before {
                return left.sqrt();
            }
            before = left;
        }
        before.sqrt()
    }

    /// The first vectors of the basis, in matrices of as many rows as were allocated at once.
    fn rows(&self, count: usize) -> impl Iterator<Item = MatrixRef<'_, V>> {
        let left = (0..count).step_by(ROOM).map(move |first| (count - first).min(ROOM));
        self.basis
            .iter()
            .zip(left)
            .map(|(block, rows)| MatrixRef::shaped(&block[..rows * self.columns], rows, self.columns))
    }

    fn vector(&self, index: usize) -> &[V] {
        &self.basis[index / ROOM][index % ROOM * self.columns..][..self.columns]
    }

    fn push(&mut self, vector: &[V]) -> Result<(), Error> {
        if self.size == self.basis.len() * ROOM {
            self.basis.push(Vector::try_zeroed(ROOM * self.columns)?);
        }
        self.basis[self.size / ROOM][self.size % ROOM * self.columns..][..self.columns].copy_from_slice(vector);
        self.size += 1;
        Ok(())
    }
}

/// Subtracts from `z` what lies along a few orthonormal rows: a pass over them, with a copy of `z` to take the products of.
#[inline(never)]
fn subtract<V: Element + Kernel<V>>(rows: MatrixRef<'_, V>, z: &mut [V], copy: &mut [V]) {
    copy.copy_from_slice(z);
    let to = &mut [V::default(); ROOM][..rows.rows()];
    sweep(rows, Left::Products { with: copy, sign: V::nearest(-1.0), to }, z);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::fill_normal;

    /// Searches a diagonal operator, whose singular values are known.
    fn search(squares: &[f64], capacity: usize, passes: usize) -> Krylov<f64> {
        let mut space = Krylov::with_capacity(squares.len(), capacity);
        let mut start = vec![0.0; squares.len()];
        fill_normal(1, &mut start);
        let mut copy = start.clone();
        assert_eq!(space.start(&mut start, &mut copy), Ok(true));
        for _ in 0..passes {
            let Some(v) = space.direction() else { break };
            let u: Vec<f64> = v.iter().zip(squares).map(|(v, square)| v * square.sqrt()).collect();
            let mut z: Vec<f64> = v.iter().zip(squares).map(|(v, square)| v * square).collect();
            if space.absorb(&u, &mut z, &mut copy).unwrap().residual < 1e-10 {
                break;
            }
        }
        space
    }

    #[test]
    fn a_restart_keeps_what_was_found() {
        let squares: Vec<f64> = (0..300).map(|k| 1.0 - f64::from(k) * 1e-4).collect();
        for capacity in [24, 30, 1024] {
            let space = search(&squares, capacity, 3000);
            assert_eq!(space.projection.kept.is_empty(), capacity == 1024, "{capacity}");
            let Progress { theta, residual } = space.projection.progress;
            assert!((theta - 1.0).abs() < 1e-12 && residual < 1e-10, "{capacity}: {theta} {residual:e}");
            assert!((space.best()[0].abs() - 1.0).abs() < 1e-9, "{capacity}");
            assert!((space.projection.second() - squares[1]).abs() < 1e-5, "{capacity}: {}", space.projection.second());
        }
    }

    #[test]
    fn a_locked_vector_is_not_found_again() {
        let squares = [4.0, 4.0, 1.0, 0.5];
        let mut copy = [0.0; 4];
        let mut space = Krylov::new(4);
        space.lock(&[1.0, 0.0, 0.0, 0.0], &mut copy).unwrap();
        assert_eq!(space.start(&mut [1.0, 1.0, 1.0, 1.0], &mut copy), Ok(true));
        while let Some(v) = space.direction() {
            let u: Vec<f64> = v.iter().zip(squares).map(|(v, square): (&f64, f64)| v * square.sqrt()).collect();
            let mut z: Vec<f64> = v.iter().zip(squares).map(|(v, square)| v * square).collect();
            space.absorb(&u, &mut z, &mut copy).unwrap();
        }
        assert!((space.projection.progress.theta - 4.0).abs() < 1e-14);
        let best = space.best();
        assert!(best[0].abs() < 1e-15 && (best[1].abs() - 1.0).abs() < 1e-14, "{:?}", &*best);
    }

    #[test]
    fn a_start_along_a_locked_vector_leaves_nothing() {
        let mut space = Krylov::<f64>::new(3);
        space.lock(&[0.6, 0.8, 0.0], &mut [0.0; 3]).unwrap();
        assert_eq!(space.start(&mut [3.0, 4.0, 0.0], &mut [0.0; 3]), Ok(false));
        assert!(space.direction().is_none());
    }
}
