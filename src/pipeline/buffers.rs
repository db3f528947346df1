//! Working space of articles answered earlier, for the next one.

use std::sync::{Mutex, PoisonError};

use crate::features::Occurrences;
use crate::text::Lang;

/// Longest text, in bytes, whose working space is kept.
const KEPT: usize = 1 << 20;

/// Working space by language, because it remembers the stems and n-grams of its words; as many of each as articles were
/// answered at the same time. No answer depends on it.
#[derive(Debug, Default)]
pub(crate) struct Buffers([Mutex<Vec<Occurrences>>; Lang::ALL.len() + 1]);

impl Buffers {
    /// Calls `work` with working space for a text of `length` bytes.
    pub(super) fn with<T>(
        &self,
        lang: Lang,
        length: usize,
        work: impl FnOnce(&mut Occurrences) -> T,
    ) -> T {
        let idle = &self.0[lang as usize];
        let lock = || idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = lock().pop().unwrap_or_default();
        let done = work(&mut own);
        if length <= KEPT {
            lock().push(own);
        }
        done
    }
}
