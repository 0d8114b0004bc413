//! The two numbers of 16 bits that checkpoints hold.

use super::shifted::{InShift, Shift};
use super::{Stored, Visit, dominant_triplet, is_searched, search};
use crate::error::Error;
use crate::kernel::{BLOCK, stored_max_magnitude_bits, widen_float16};
use crate::matrix::MatrixRef;
use crate::power_iteration::Triplet;
use crate::solver::Solver;

/// A bfloat16 number, by its bits: its value is that of the `f32` whose upper half they are.
///
/// ```
/// assert_eq!(f32::from(spectral_norm::stored::Bfloat16(0x4040)), 3.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bfloat16(pub u16);

/// A float16 number, by its bits: a sign, five bits of exponent, ten of mantissa (IEEE 754-2008, binary16).
///
/// ```
/// assert_eq!(f32::from(spectral_norm::stored::Float16(0x4200)), 3.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Float16(pub u16);

impl From<Bfloat16> for f32 {
    #[inline(always)]
    fn from(Bfloat16(bits): Bfloat16) -> Self {
        Self::from_bits(u32::from(bits) << 16)
    }
}

impl From<Float16> for f32 {
    #[inline(always)]
    fn from(Float16(bits): Float16) -> Self {
        let sign = u32::from(bits & 0x8000) << 16;
        let magnitude = u32::from(bits & 0x7fff) << 13;
        let widened = if magnitude < Float16::NORMAL {
            // As if it were normal, from 2⁻¹⁴ to 2⁻¹³; what it is above that is its value.
            (Self::from_bits(magnitude + Float16::SMALLEST) - Self::from_bits(Float16::SMALLEST)).to_bits()
        } else {
            magnitude + if magnitude < Float16::INFINITE { Float16::REBIAS } else { 2 * Float16::REBIAS }
        };
        Self::from_bits(sign | widened)
    }
}

impl Float16 {
    /// What [`shifted`](Self::shifted) adds to the exponent of a normal number.
    pub(crate) const SHIFT: u16 = 10 << 10;
    /// The least magnitude whose exponent has no room for that.
    pub(crate) const UNSHIFTABLE: u16 = 22 << 10;

    /// The same number with an exponent that is biased by 25: normal, unless it is zero.
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of at most 10")]
    pub(crate) fn shifted(self) -> Self {
        let (sign, magnitude) = (self.0 & 0x8000, self.0 & 0x7fff);
        Self(match magnitude {
            0 => self.0,
            1..0x0400 => {
                // Its leading one becomes the implicit one.
                let exponent = magnitude.ilog2() + 1;
                sign | (exponent as u16) << 10 | (magnitude << (11 - exponent)) & 0x03ff
            }
            _ => self.0 + Self::SHIFT,
        })
    }

    /// Undoes [`shifted`](Self::shifted).
    pub(crate) fn unshifted(self) -> Self {
        let (sign, magnitude) = (self.0 & 0x8000, self.0 & 0x7fff);
        Self(match magnitude >> 10 {
            0 => self.0,
            exponent @ 1..=10 => sign | (magnitude & 0x03ff | 0x0400) >> (11 - exponent),
            _ => self.0 - Self::SHIFT,
        })
    }

    /// The bits of a magnitude in the place that they have in an `f32` from which on it is normal, and not finite.
    pub(crate) const NORMAL: u32 = 1 << 23;
    pub(crate) const INFINITE: u32 = 31 << 23;
    /// What an exponent becomes larger by: that of float16 is biased by 15, that of an `f32` by 127.
    pub(crate) const REBIAS: u32 = (127 - 15) << 23;
    /// The bits of 2⁻¹⁴ as an `f32`, the smallest normal number.
    pub(crate) const SMALLEST: u32 = (127 - 14) << 23;
}

impl From<Bfloat16> for f64 {
    #[inline(always)]
    fn from(number: Bfloat16) -> Self {
        f32::from(number).into()
    }
}

impl From<Float16> for f64 {
    #[inline(always)]
    fn from(number: Float16) -> Self {
        f32::from(number).into()
    }
}

/// Widened in registers, by one instruction for four.
impl Stored for Bfloat16 {
    type Tile = Self;

    fn of_bits(bits: u16) -> Self {
        Self(bits)
    }

    fn bits(self) -> u16 {
        self.0
    }

    fn room(_rows: usize, _columns: usize) -> usize {
        0
    }

    fn tiles(matrix: MatrixRef<'_, Self>, _room: &mut [f32], visit: Visit<'_, Self>) {
        visit(matrix, 0..matrix.rows());
    }
}

/// Entries that are widened at once: they are read twice, from the first caches.
const TILE: usize = 1 << 13;

/// Widened tile by tile, because that takes many instructions, and each entry is used twice.
impl Stored for Float16 {
    type Tile = f32;

    fn of_bits(bits: u16) -> Self {
        Self(bits)
    }

    fn bits(self) -> u16 {
        self.0
    }

    fn dominant_triplet_in_place(
        entries: &mut [Self],
        [rows, columns]: [usize; 2],
        solver: &Solver<'_>,
    ) -> Result<Triplet, Error> {
        let most = Self(stored_max_magnitude_bits(entries));
        let is_shifted = 0 < most.0 && most.0 < Self::UNSHIFTABLE && is_searched(most.into(), [rows, columns], solver);
        if !is_shifted {
            return dominant_triplet(MatrixRef::new(entries, rows, columns)?, solver);
        }
        let shift = Shift::new(entries);
        search(&InShift(MatrixRef::new(shift.entries(), rows, columns)?), solver)
    }

    fn room(rows: usize, columns: usize) -> usize {
        rows.min((TILE / columns / BLOCK).max(1) * BLOCK) * columns
    }

    fn tiles(matrix: MatrixRef<'_, Self>, room: &mut [f32], visit: Visit<'_, f32>) {
        let columns = matrix.columns();
        let mut first = 0;
        for entries in matrix.data().chunks(room.len()) {
            let tile = &mut room[..entries.len()];
            widen_float16(entries, tile);
            let rows = first..first + entries.len() / columns;
            first = rows.end;
            visit(MatrixRef::shaped(tile, rows.len(), columns), rows);
        }
    }
}
