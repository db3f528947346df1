//! One look at a word that tells whether the tables may know it: most words are in none, and need no search.
//!
//! A filter says "no" for certain and "perhaps" now and then; whoever asks has to prove the rest. All filters look at the same
//! few bytes of a word, read where it stands in the arena of its line: no branch depends on the length of the word.

use std::ops::Range;

/// The bytes of a word that the filters look at, mixed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    /// The first eight bytes.
    first: u64,
    /// First and last eight bytes and the length, mixed.
    whole: u64,
}

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
/// Bytes of three letters of the Arabic script.
const THREE_LETTERS: u64 = 0xFFFF_FFFF_FFFF;

impl Print {
    /// The print of the word at `place` in `arena`.
    #[inline]
    pub(super) fn of(arena: &str, place: Range<usize>) -> Self {
        let bytes = arena.as_bytes();
        let length = place.end.saturating_sub(place.start);
        let first = eight(bytes, place.start, length);
        let last = eight(bytes, place.end - length.min(8), length);
        let whole = (first ^ last.rotate_left(23) ^ length as u64).wrapping_mul(MIX);
        Self { first, whole }
    }

    /// The print of a word that stands alone.
    pub(super) fn alone(word: &str) -> Self {
        Self::of(word, 0..word.len())
    }

    /// This word and the two letters that stand behind it at `end`.
    #[inline]
    pub(super) fn with_next(self, arena: &str, end: usize) -> u64 {
        (self.whole ^ eight(arena.as_bytes(), end, 4)).wrapping_mul(MIX)
    }

    /// All of the word.
    #[inline]
    pub(super) fn whole(self) -> u64 {
        self.whole
    }

    /// Its first three letters.
    #[inline]
    pub(super) fn beginning(self) -> u64 {
        (self.first & THREE_LETTERS).wrapping_mul(MIX)
    }
}

/// At most eight bytes from `at`, of which `length` belong to the word; zeros for the others.
#[inline]
fn eight(bytes: &[u8], at: usize, length: usize) -> u64 {
    let chunk = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>);
    let all = chunk.map_or_else(|| at_the_end(bytes, at), |chunk| u64::from_le_bytes(*chunk));
    let unused = 64 - 8 * length.min(8) as u32;
    all & u64::MAX.checked_shr(unused).unwrap_or(0)
}

#[cold]
fn at_the_end(bytes: &[u8], at: usize) -> u64 {
    let left = bytes.get(at..).unwrap_or(&[]);
    left.iter()
        .rev()
        .fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// Tells most words that are not in a set apart from those that may be.
#[derive(Debug, Clone)]
pub(super) struct Filter(Box<[u64; FILTER_BITS / 64]>);

const FILTER_BITS: usize = 1 << 15;

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; FILTER_BITS / 64]))
    }
}

impl Filter {
    pub(super) fn add(&mut self, print: u64) {
        let bit = spread(print, FILTER_BITS);
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    #[inline]
    pub(super) fn may_hold(&self, print: u64) -> bool {
        let bit = spread(print, FILTER_BITS);
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }
}

/// What a word may be to its neighbours, as bits.
pub(super) mod mark {
    /// First part of a compound.
    pub(in crate::text) const OPENS: u8 = 1;
    /// Affix of the word before it.
    pub(in crate::text) const AFFIX: u8 = 2;
    /// Prefix of the word behind it.
    pub(in crate::text) const PREFIX: u8 = 4;
    /// Begins like a compound with another canonical key.
    pub(in crate::text) const REWRITTEN: u8 = 8;
}

/// The marks of all affixes in one table: a word that no table of the lexicon knows mostly has none.
#[derive(Debug)]
pub(super) struct Marks(Box<[u8; MARKS]>);

const MARKS: usize = 1 << 14;

impl Default for Marks {
    fn default() -> Self {
        Self(Box::new([0; MARKS]))
    }
}

impl Marks {
    pub(super) fn add(&mut self, print: u64, mark: u8) {
        self.0[spread(print, MARKS)] |= mark;
    }

    #[inline]
    pub(super) fn of(&self, print: u64) -> u8 {
        self.0[spread(print, MARKS)]
    }
}

/// A slot of a table of `slots`, a power of two: the upper bits of a print are the mixed ones.
#[inline]
fn spread(print: u64, slots: usize) -> usize {
    (print >> 40) as usize % slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_print_wherever_it_stands() {
        for word in ["به", "طور", "وزیر", "همکاری", "همکاریهای", "a"] {
            let alone = Print::alone(word);
            for text in [
                format!("در{word}جهان"),
                format!("از{word}"),
                format!("{word}ه"),
            ] {
                let at = text.find(word).unwrap_or(0);
                let found = Print::of(&text, at..at + word.len());
                assert_eq!(
                    (found.whole(), found.beginning()),
                    (alone.whole(), alone.beginning()),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_filter_holds_what_was_added() {
        let mut filter = Filter::default();
        filter.add(Print::alone("وزیر").whole());
        assert!(filter.may_hold(Print::alone("وزیر").whole()));
        assert!(!filter.may_hold(Print::alone("وزیری").whole()));
    }
}
