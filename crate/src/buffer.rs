//! Buffers for the door: aligned, owned by Rust, known to JavaScript by number.

use std::cell::{Ref, RefCell, RefMut};

use crate::error::{Error, ErrorKind};
use crate::vector::Vector;

/// A buffer of either element type.
pub(crate) enum Buffer {
    F32(Vector<f32>),
    F64(Vector<f64>),
}

impl Buffer {
    pub(crate) fn address(&self) -> usize {
        match self {
            Self::F32(buffer) => buffer.as_ptr() as usize,
            Self::F64(buffer) => buffer.as_ptr() as usize,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(buffer) => buffer.len(),
            Self::F64(buffer) => buffer.len(),
        }
    }
}

/// The number of a buffer, as JavaScript holds it: exact up to 2⁵³, which no program allocates.
pub(crate) type Id = f64;

/// All that is live of one kind, in the order of their numbers, which are never used twice, so that a stale one is found
/// out.
pub(crate) struct Slab<T = Buffer> {
    last: Id,
    live: Vec<(Id, RefCell<T>)>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { last: 0.0, live: Vec::new() }
    }

    pub(crate) fn insert(&mut self, value: T) -> Result<Id, Error> {
        self.live.try_reserve(1).map_err(|_| Error::out_of_memory(size_of::<T>()))?;
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
    pub(crate) fn read(&self, id: Id) -> Result<Ref<'_, T>, Error> {
        let place = self.place(id).ok_or(ErrorKind::Disposed)?;
        self.live[place].1.try_borrow().map_err(|_| aliased())
    }

    /// Fails when the buffer was freed, or is in use in this call under another name.
    #[inline(never)]
    pub(crate) fn write(&self, id: Id) -> Result<RefMut<'_, T>, Error> {
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
