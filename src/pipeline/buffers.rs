//! Working space of articles answered earlier, for the next one.

use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;

use crate::features::Occurrences;

/// Longest text, in bytes, whose working space is kept.
const KEPT: usize = 1 << 20;

/// Working space, which remembers words by language; as many as articles were answered at the same time. A thread takes
/// the one it had before, which its core has at hand. No answer depends on it.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<(ThreadId, Occurrences)>>);

impl Buffers {
    /// Calls `work` with working space for a text of `length` bytes.
    pub(super) fn with<T>(&self, length: usize, work: impl FnOnce(&mut Occurrences) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = std::thread::current().id();
        let taken = {
            let mut idle = lock();
            let last = idle.iter().position(|(user, _)| *user == thread);
            let any = last.or(idle.len().checked_sub(1));
            any.map(|at| idle.swap_remove(at).1)
        };
        let mut own = taken.unwrap_or_default();
        let done = work(&mut own);
        if length <= KEPT {
            lock().push((thread, own));
        }
        done
    }
}
