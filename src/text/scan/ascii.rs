//! The fast way for words of ASCII letters: a stretch of text is copied and lower-cased at once, its plain words are places in it.

use std::ops::Range;

use super::{KEY_BYTES, Line, Raw, Scanner, kind};
use crate::text::{
    Lang,
    fold::{ASCII_ENDS, ASCII_LETTER},
};

/// Longest stretch copied at once.
const STRETCH: usize = 1 << 16;

/// The stretch of the text that stands lower-cased in the arena.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    source: Range<usize>,
    /// Where it begins in the arena.
    arena: usize,
}

impl Scanner<'_> {
    /// Copies the rest of the line. English only: with letters beyond ASCII in every third word it costs more than it saves.
    pub(super) fn lower(&mut self, line: &mut Line) {
        self.lowered = Lowered::default();
        if self.lang != Lang::En {
            return;
        }
        let ahead = self
            .text
            .as_bytes()
            .get(self.at..self.end.min(self.at + STRETCH));
        let ahead = ahead.unwrap_or(&[]);
        let length = memchr(b'\n', ahead).unwrap_or(ahead.len());
        let stop = (self.at..=self.at + length)
            .rev()
            .find(|&at| self.text.is_char_boundary(at))
            .unwrap_or(self.at);
        let arena = line.arena.len();
        line.arena
            .push_str(self.text.get(self.at..stop).unwrap_or(""));
        if let Some(copy) = line.arena.get_mut(arena..) {
            copy.make_ascii_lowercase();
        }
        self.lowered = Lowered {
            source: self.at..stop,
            arena,
        };
    }

    /// Takes the word that begins here if it is of ASCII letters alone and what follows ends it for certain.
    #[inline]
    pub(super) fn plain_word(&mut self, line: &mut Line, gap: u8) -> bool {
        let Lowered { source, arena } = &self.lowered;
        if !source.contains(&self.at) {
            return false;
        }
        let bytes = self.text.as_bytes().get(self.at..source.end).unwrap_or(&[]);
        let class = |byte: &u8| self.table.ascii(*byte);
        let length = bytes
            .iter()
            .take_while(|byte| class(byte) == ASCII_LETTER)
            .count();
        let ends = match bytes.get(length) {
            Some(byte) => class(byte) == ASCII_ENDS || self.stops(bytes, length),
            None => source.end == self.end,
        };
        if length == 0 || length > KEY_BYTES || !ends {
            return false;
        }
        let start = arena + (self.at - source.start);
        line.words.push(Raw {
            start: start as u32,
            end: (start + length) as u32,
            joint: 0,
            gap,
            kind: kind::LETTERS,
            from: self.at,
            to: self.at + length,
        });
        self.at += length;
        true
    }

    /// A full stop or a hyphen with a space behind it belongs to no word.
    fn stops(&self, bytes: &[u8], at: usize) -> bool {
        matches!(bytes.get(at..at + 2), Some([b'.' | b'-', b' ']))
    }
}

fn memchr(byte: u8, bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|found| *found == byte)
}
