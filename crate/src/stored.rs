//! Weights that are stored in 16 bits a number, as checkpoints have them: half of the memory, and of what a pass has to read.
//!
//! Arithmetic is that of `f32` and `f64`, so that results are to the bit those of the widened matrix. Passes widen as they
//! read. What is rare, a matrix of a few thousand entries or with entries near the ends of the range, is widened whole.

use std::cell::RefCell;
use std::ops::Range;

use crate::error::Error;
use crate::kernel::{Kernel, Load, Real, stored_max_magnitude_bits, stored_sum_of_squares};
use crate::lanczos::{self, Leg, Passes};
use crate::matrix::{Element, MatrixRef};
use crate::norms::is_comfortable;
use crate::power_iteration::{Triplet, check_search};
use crate::product::{Left, product, sweep};
use crate::search::Gram;
use crate::solver::{Method, Solver};
use crate::vector::Vector;

mod formats;
mod shifted;

pub use formats::{Bfloat16, Float16};

/// Told of a tile of a matrix, and of the place of its rows.
pub type Visit<'a, T> = &'a mut dyn FnMut(MatrixRef<'_, T>, Range<usize>);

/// A number of 16 bits whose value an `f32` has.
pub trait Stored: Load<f64> + Into<f32> {
    /// What a tile of a matrix holds.
    type Tile: Kernel<f32> + Kernel<f64>;

    /// The number of these bits.
    fn of_bits(bits: u16) -> Self;
    /// The bits of the number.
    fn bits(self) -> u16;
    /// [`dominant_triplet_in_place`].
    #[doc(hidden)]
    fn dominant_triplet_in_place(
        entries: &mut [Self],
        [rows, columns]: [usize; 2],
        solver: &Solver<'_>,
    ) -> Result<Triplet, Error> {
        dominant_triplet(MatrixRef::new(entries, rows, columns)?, solver)
    }
    /// The numbers that there has to be room for in [`tiles`](Self::tiles) of a matrix of this shape.
    fn room(rows: usize, columns: usize) -> usize;
    /// Visits all of a matrix in parts of whole rows, from the first on, each with the place of its rows. All but the last
    /// have whole blocks of rows, so that products have the bits of those of the matrix as a whole.
    fn tiles(matrix: MatrixRef<'_, Self>, room: &mut [f32], visit: Visit<'_, Self::Tile>);
}

/// [`frobenius_norm`](crate::frobenius_norm) of a matrix in 16 bits.
///
/// ```
/// use spectral_norm::{MatrixRef, stored};
/// let three_and_four = [0x4040, 0, 0, 0x4080].map(stored::Bfloat16);
/// assert_eq!(stored::frobenius_norm(MatrixRef::new(&three_and_four, 2, 2)?)?, 5.0);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`NonFinite`](crate::ErrorKind::NonFinite), [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
pub fn frobenius_norm<T: Stored>(matrix: MatrixRef<'_, T>) -> Result<f64, Error> {
    let norm = stored_sum_of_squares(matrix.data()).sqrt();
    if is_comfortable::<f32>(norm, matrix.data().len()) {
        return Ok(norm);
    }
    let widened = widen(matrix.data())?;
    crate::frobenius_norm(MatrixRef::shaped(&widened, matrix.rows(), matrix.columns()))
}

/// [`Solver::run`] of a matrix in 16 bits.
///
/// ```
/// use spectral_norm::{MatrixRef, Solver, stored};
/// let three_and_four = [0x4200, 0, 0, 0x4400].map(stored::Float16);
/// let triplet = stored::dominant_triplet(MatrixRef::new(&three_and_four, 2, 2)?, &Solver::default())?;
/// assert!((triplet.sigma - 4.0).abs() < 1e-9);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// Those of [`Solver::run`].
pub fn dominant_triplet<T: Stored>(matrix: MatrixRef<'_, T>, solver: &Solver<'_>) -> Result<Triplet, Error> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let most = T::of_bits(stored_max_magnitude_bits(matrix.data())).value();
    if is_searched(most, [rows, columns], solver) {
        return search(&Halves::new(matrix)?, solver);
    }
    let widened = widen(matrix.data())?;
    solver.run(MatrixRef::shaped(&widened, rows, columns))
}

/// [`dominant_triplet`] of entries that may be something else in between, and in the end are what they were: those of float16
/// are searched in half of the time so.
///
/// ```
/// use spectral_norm::{Solver, stored};
/// let mut three_and_four = [0x4200, 0, 0, 0x4400].map(stored::Float16);
/// let triplet = stored::dominant_triplet_in_place(&mut three_and_four, [2, 2], &Solver::default())?;
/// assert!((triplet.sigma - 4.0).abs() < 1e-9);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`Shape`](crate::ErrorKind::Shape), those of [`Solver::run`].
pub fn dominant_triplet_in_place<T: Stored>(
    entries: &mut [T],
    shape: [usize; 2],
    solver: &Solver<'_>,
) -> Result<Triplet, Error> {
    T::dominant_triplet_in_place(entries, shape, solver)
}

/// Whether a matrix with this largest entry is searched as it is stored.
fn is_searched(most: f64, [rows, columns]: [usize; 2], solver: &Solver<'_>) -> bool {
    let comfortable = most.is_finite() && most > 0.0 && libm::ilogb(most).abs() <= f32::COMFORT;
    comfortable && solver.method_for(rows, columns, size_of::<f32>()) == Method::Lanczos
}

fn search(operator: &(impl Gram<f32> + Gram<f64>), solver: &Solver<'_>) -> Result<Triplet, Error> {
    check_search(solver.tolerance, solver.max_iterations)?;
    let narrow = |leg: &Leg<'_>, passes: &mut Passes| leg.find::<f32>(operator, passes);
    lanczos::search(solver, operator, Some(&narrow))
}

/// `to = W from`, or `Wᵀ from`, in `f64`, for vectors of the lengths that the matrix has.
///
/// ```
/// use spectral_norm::{MatrixRef, stored};
/// let (three_and_four, mut to) = ([0x4040, 0, 0, 0x4080].map(stored::Bfloat16), [0.0; 2]);
/// stored::multiply(MatrixRef::new(&three_and_four, 2, 2)?, false, &[1.0, 2.0], &mut to)?;
/// assert_eq!(to, [3.0, 8.0]);
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
///
/// # Panics
/// When a vector is shorter.
pub fn multiply<T: Stored>(matrix: MatrixRef<'_, T>, adjoint: bool, from: &[f64], to: &mut [f64]) -> Result<(), Error> {
    let halves = Halves::new(matrix)?;
    if adjoint {
        halves.apply_adjoint(from, to);
    } else {
        halves.tiles(&mut |tile, rows| product(tile, from, &mut to[rows]));
    }
    Ok(())
}

/// `u = Wv` and `z = Wᵀu`, as [`gram_pass`](crate::product::gram_pass) has them of the widened matrix, for vectors of the
/// lengths that the matrix has.
///
/// ```
/// use spectral_norm::{MatrixRef, stored};
/// let (three_and_four, mut u, mut z) = ([0x4200, 0, 0, 0x4400].map(stored::Float16), [0_f32; 2], [0_f32; 2]);
/// stored::gram_pass(MatrixRef::new(&three_and_four, 2, 2)?, &[1.0, 2.0], &mut u, &mut z)?;
/// assert_eq!((u, z), ([3.0, 8.0], [9.0, 32.0]));
/// # Ok::<(), spectral_norm::Error>(())
/// ```
///
/// # Errors
/// [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
///
/// # Panics
/// When a vector is shorter.
pub fn gram_pass<T: Stored, V: Real>(matrix: MatrixRef<'_, T>, v: &[V], u: &mut [V], z: &mut [V]) -> Result<(), Error>
where
    T::Tile: Kernel<V>,
{
    Halves::new(matrix)?.gram(v, u, z);
    Ok(())
}

fn widen<T: Stored>(entries: &[T]) -> Result<Vector<f32>, Error> {
    let mut widened = Vector::try_zeroed(entries.len())?;
    widened.iter_mut().zip(entries).for_each(|(x, &entry)| *x = entry.into());
    Ok(widened)
}

/// A matrix of such numbers, with the room for a tile of it.
struct Halves<'a, T> {
    matrix: MatrixRef<'a, T>,
    room: RefCell<Vector<f32>>,
}

impl<'a, T: Stored> Halves<'a, T> {
    fn new(matrix: MatrixRef<'a, T>) -> Result<Self, Error> {
        let room = Vector::try_zeroed(T::room(matrix.rows(), matrix.columns()))?;
        Ok(Self { matrix, room: RefCell::new(room) })
    }

    fn tiles(&self, visit: Visit<'_, T::Tile>) {
        T::tiles(self.matrix, &mut self.room.borrow_mut(), visit);
    }
}

impl<V: Real, T: Stored> Gram<V> for Halves<'_, T>
where
    T::Tile: Kernel<V>,
{
    fn shape(&self) -> [usize; 2] {
        [self.matrix.rows(), self.matrix.columns()]
    }

    fn apply_adjoint(&self, u: &[V], z: &mut [V]) {
        z.fill(V::default());
        self.tiles(&mut |tile, rows| sweep(tile, Left::Given(&u[rows]), z));
    }

    fn gram(&self, v: &[V], u: &mut [V], z: &mut [V]) {
        z.fill(V::default());
        let sign = V::nearest(1.0);
        self.tiles(&mut |tile, rows| sweep(tile, Left::Products { with: v, sign, to: &mut u[rows] }, z));
    }
}
