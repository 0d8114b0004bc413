//! What the door holds for JavaScript, which knows it by number: aligned buffers, and spaces of Lanczos' method.

use std::cell::{Ref, RefCell, RefMut};

use crate::error::{Error, ErrorKind};
use crate::krylov::Krylov;
use crate::vector::Vector;

/// A buffer of either element type, one that is stored in half of the bytes, or the space of a search.
pub(crate) enum Buffer {
    F32(Vector<f32>),
    F64(Vector<f64>),
    #[cfg(feature = "stored")]
    Bfloat16(Vector<crate::stored::Bfloat16>),
    #[cfg(feature = "stored")]
    Float16(Vector<crate::stored::Float16>),
    Space(Box<Krylov<f64>>),
}

impl Buffer {
    pub(crate) fn address(&self) -> Result<usize, Error> {
        match self {
            Self::F32(buffer) => Ok(buffer.as_ptr() as usize),
            Self::F64(buffer) => Ok(buffer.as_ptr() as usize),
            #[cfg(feature = "stored")]
            Self::Bfloat16(buffer) => Ok(buffer.as_ptr() as usize),
            #[cfg(feature = "stored")]
            Self::Float16(buffer) => Ok(buffer.as_ptr() as usize),
            Self::Space(_) => Err(ErrorKind::Disposed.into()),
        }
    }
}

/// The number of a buffer, as JavaScript holds it: exact up to 2⁵³, which no program allocates.
pub(crate) type Id = f64;

/// All that is live, in the order of their numbers, which are never used twice, so that a stale one is found out.
pub(crate) struct Slab {
    last: Id,
    live: Vec<(Id, RefCell<Buffer>)>,
}

impl Slab {
    pub(crate) const fn new() -> Self {
        Self { last: 0.0, live: Vec::new() }
    }

    pub(crate) fn insert(&mut self, value: Buffer) -> Result<Id, Error> {
        self.live.try_reserve(1).map_err(|_| Error::out_of_memory(size_of::<Buffer>()))?;
        self.last += 1.0;
        self.live.push((self.last, RefCell::new(value)));
        Ok(self.last)
    }

    pub(crate) fn remove(&mut self, id: Id) -> bool {
        let place = self.place(id);
        place.map(|place| self.live.remove(place)).is_some()
    }

    /// Fails when the buffer was freed, or is written in this call under another name.
    #[inline(never)]
    pub(crate) fn read(&self, id: Id) -> Result<Ref<'_, Buffer>, Error> {
        let place = self.place(id).ok_or(ErrorKind::Disposed)?;
        self.live[place].1.try_borrow().map_err(|_| aliased())
    }

    /// Fails when the buffer was freed, or is in use in this call under another name.
    #[inline(never)]
    pub(crate) fn write(&self, id: Id) -> Result<RefMut<'_, Buffer>, Error> {
        let place = self.place(id).ok_or(ErrorKind::Disposed)?;
        self.live[place].1.try_borrow_mut().map_err(|_| aliased())
    }

    fn place(&self, id: Id) -> Option<usize> {
        self.live.binary_search_by(|entry| entry.0.total_cmp(&id)).ok()
    }
}

fn aliased() -> Error {
    Error::option("out", "a buffer that is not also an input of this call")
}
