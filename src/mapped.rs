//! Arrays that stand in a memory-mapped file as they are, or in memory of their own: a model is used without being copied.

use std::fs::File;
use std::io::{self, Read};
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;

/// The bytes of one file.
#[derive(Debug)]
pub(crate) enum FileBytes {
    /// Pages of the file, read when they are touched.
    Mapped(memmap2::Mmap),
    /// A copy.
    Owned(Vec<u8>),
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl FileBytes {
    /// Maps an open file of `length` bytes; where the system cannot, reads it.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(crate) fn of(file: &File, length: u64) -> io::Result<Self> {
        match map(file) {
            Ok(map) => Ok(Self::Mapped(map)),
            Err(_) => {
                let mut bytes = Vec::new();
                file.take(length).read_to_end(&mut bytes)?;
                Ok(Self::Owned(bytes))
            }
        }
    }
}

/// The only unsafe call of the crate.
#[allow(unsafe_code)]
fn map(file: &File) -> io::Result<memmap2::Mmap> {
    // SAFETY: the map is read-only and private. The toolkit never writes into a model file: it writes beside it and renames, which
    // leaves a mapped file as it is. Who cuts a model file short or writes into it while it is in use breaks that (docs/reliability.md).
    unsafe { memmap2::MmapOptions::new().map_copy_read_only(file) }
}

/// Numbers of one type, little endian in the file.
#[derive(Debug, Clone)]
pub(crate) enum Array<T> {
    /// In memory of its own.
    Owned(Vec<T>),
    /// Part of a file; its place is aligned and its length a multiple of the size of `T`.
    Shared(Arc<FileBytes>, Range<usize>),
}

impl<T: Pod> Array<T> {
    /// The numbers that stand in `place`; those bytes that are left over at its end are no number.
    pub(crate) fn new(file: &Arc<FileBytes>, place: Range<usize>) -> Self {
        let size = size_of::<T>();
        let place = place.start..place.end - place.len() % size;
        let bytes = &file[place.clone()];
        if cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, T>(bytes).is_ok() {
            return Self::Shared(Arc::clone(file), place);
        }
        Self::Owned(copied(bytes))
    }
}

/// Numbers from their little-endian bytes, wherever they stand.
fn copied<T: Pod>(bytes: &[u8]) -> Vec<T> {
    let mut numbers = vec![T::zeroed(); bytes.len() / size_of::<T>()];
    let own: &mut [u8] = bytemuck::cast_slice_mut(&mut numbers);
    own.copy_from_slice(bytes);
    if cfg!(target_endian = "big") {
        own.chunks_exact_mut(size_of::<T>())
            .for_each(<[u8]>::reverse);
    }
    numbers
}

/// Costs a few comparisons: take the slice once, not for every number.
impl<T: Pod> Deref for Array<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Owned(numbers) => numbers,
            Self::Shared(file, place) => bytemuck::cast_slice(&file[place.clone()]),
        }
    }
}

impl<T: Pod + PartialEq> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self::Owned(numbers)
    }
}

/// Many strings end to end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strings {
    /// UTF-8 of all strings.
    pub(crate) text: Array<u8>,
    /// Where each ends in `text`.
    pub(crate) ends: Array<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Self::from_iter::<[&str; 0]>([])
    }
}

impl<S: AsRef<str>> FromIterator<S> for Strings {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Self {
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        for one in strings {
            text.extend_from_slice(one.as_ref().as_bytes());
            ends.push(text.len() as u32);
        }
        Self {
            text: text.into(),
            ends: ends.into(),
        }
    }
}

impl Strings {
    /// Number of strings.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of string `i`; empty where there is none.
    pub(crate) fn bytes(&self, i: usize) -> &[u8] {
        let ends = &*self.ends;
        let start = i
            .checked_sub(1)
            .map_or(Some(0), |before| ends.get(before).map(|&end| end as usize));
        let place = start.zip(ends.get(i).map(|&end| end as usize));
        let bytes = place.and_then(|(start, end)| self.text.get(start..end));
        bytes.unwrap_or_default()
    }

    /// String `i`; empty where there is none, or where it is no UTF-8, which [`Strings::fault`] would have said.
    pub(crate) fn get(&self, i: usize) -> &str {
        std::str::from_utf8(self.bytes(i)).unwrap_or("")
    }

    /// What is wrong with strings read from a file: expected and found.
    pub(crate) fn fault(&self) -> Option<(&'static str, String)> {
        let (bytes, ends) = (&*self.text, &*self.ends);
        let Ok(text) = simdutf8::basic::from_utf8(bytes) else {
            return Some(("UTF-8", "other bytes".to_owned()));
        };
        let last = ends.last().map_or(0, |&end| end as usize);
        if last != bytes.len() {
            return Some((
                "as many bytes as the last end says",
                format!("{} and {last}", bytes.len()),
            ));
        }
        let descending = (1..ends.len()).find(|&i| ends[i - 1] > ends[i]);
        let inside = || {
            ends.iter()
                .position(|&end| !text.is_char_boundary(end as usize))
        };
        descending.or_else(inside).map(|i| {
            (
                "ascending ends between characters",
                format!("{} at {i}", ends[i]),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_off_their_place_are_copied() {
        let file = Arc::new(FileBytes::Owned(vec![0, 1, 0, 0, 0, 2, 0, 0, 0, 9]));
        let array = Array::<u32>::new(&file, 1..10);
        assert_eq!(
            *array,
            [1, 2],
            "whatever the alignment, and without the byte left over"
        );
    }

    #[test]
    fn strings_are_found_and_faults_named() {
        let mut strings: Strings = ["گاز", "", "oil"].into_iter().collect();
        assert_eq!(
            (
                strings.get(0),
                strings.get(1),
                strings.get(2),
                strings.get(3)
            ),
            ("گاز", "", "oil", "")
        );
        assert_eq!(strings.fault(), None);
        strings.ends = vec![1, 6, 9].into();
        assert_eq!(strings.fault().map(|f| f.1), Some("1 at 0".to_owned()));
        strings.ends = vec![6, 2, 9].into();
        assert_eq!(strings.fault().map(|f| f.1), Some("2 at 1".to_owned()));
        strings.ends = vec![6].into();
        assert!(strings.fault().is_some_and(|f| f.1 == "9 and 6"));
        strings.text = vec![0xff].into();
        assert_eq!(strings.fault().map(|f| f.0), Some("UTF-8"));
    }
}
