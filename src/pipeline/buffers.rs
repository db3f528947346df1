//! Working space of articles answered earlier, for the next one.

use std::sync::{Mutex, PoisonError};

use crate::features::Occurrences;

/// Longest text, in bytes, whose working space is kept.
const KEPT: usize = 1 << 20;

/// Working space, which remembers words by language; as many as articles were answered at the same time. No answer
/// depends on it.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Occurrences>>);

impl Buffers {
    /// Calls `work` with working space for a text of `length` bytes.
    pub(super) fn with<T>(&self, length: usize, work: impl FnOnce(&mut Occurrences) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = lock().pop().unwrap_or_default();
        let done = work(&mut own);
        if length <= KEPT {
            lock().push(own);
        }
        done
    }
}
