//! Characters of one line to raw words: folded, not yet joined.

mod ascii;
mod number;

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use super::{
    Lang,
    fold::{Class, FoldTable},
};

/// What stands between a word and the one before it, as bits.
pub(super) mod gap {
    pub(in crate::text) const SPACE: u8 = 1;
    pub(in crate::text) const DASH: u8 = 2;
    pub(in crate::text) const COLON: u8 = 4;
    pub(in crate::text) const COMMA: u8 = 8;
    pub(in crate::text) const BRACKET: u8 = 16;
    pub(in crate::text) const SENTENCE: u8 = 32;
    pub(in crate::text) const DOT: u8 = 64;
    pub(in crate::text) const OTHER: u8 = 128;
}

/// What a raw word is made of, as bits.
pub(super) mod kind {
    /// Has letters.
    pub(in crate::text) const LETTERS: u8 = 1;
    /// Has digits.
    pub(in crate::text) const DIGITS: u8 = 2;
    /// Written as a date or a time of day.
    pub(in crate::text) const DATE: u8 = 4;
    /// A one-letter clitic with a tatweel, or one alone: waits for its word.
    pub(in crate::text) const CLITIC: u8 = 8;
    /// In letters of the Arabic script.
    pub(in crate::text) const ARABIC: u8 = 16;
    /// Web or mail address.
    pub(in crate::text) const ADDRESS: u8 = 32;
    /// Hidden from the features.
    pub(in crate::text) const MASKED: u8 = 64;
}

/// A word of a line: its key in the arena, its place in the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw {
    /// Start of the key in the arena.
    pub(super) start: u32,
    /// End of the key in the arena.
    pub(super) end: u32,
    /// Place of an explicit joint (dropped ZWNJ, joined space, apostrophe) in the key, from `start`; 0 for none.
    pub(super) joint: u16,
    pub(super) gap: u8,
    pub(super) kind: u8,
    /// Place in the source, bytes.
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Raw {
    /// Length of the key in bytes.
    pub(super) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Place of the key in the arena.
    pub(super) fn place(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(super) fn is(&self, bits: u8) -> bool {
        self.kind & bits != 0
    }

    /// Only spaces stand before it.
    pub(super) fn after_space(&self) -> bool {
        self.gap == gap::SPACE
    }
}

/// The words of one line: keys side by side in one arena, so that joining two neighbours copies nothing.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) arena: String,
    pub(super) words: Vec<Raw>,
}

impl Line {
    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.words.clear();
    }

    pub(super) fn key(&self, word: &Raw) -> &str {
        self.arena.get(word.place()).unwrap_or("")
    }

    pub(super) fn key_at(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| self.key(word))
    }
}

/// Reads raw words out of one text.
pub(super) struct Scanner<'t> {
    text: &'t str,
    end: usize,
    at: usize,
    lang: Lang,
    table: &'static FoldTable,
    lowered: ascii::Lowered,
}

/// Longest line read at once, in words; longer ones are cut there, which bounds memory.
const LINE_WORDS: usize = 4096;
/// Longest key, in bytes: longer runs of letters are no words.
const KEY_BYTES: usize = 512;

impl<'t> Scanner<'t> {
    /// A scanner over `range` of `text`; `range` must lie on character boundaries.
    pub(super) fn new(text: &'t str, range: Range<usize>, lang: Lang) -> Self {
        Self {
            text,
            end: range.end.min(text.len()),
            at: range.start,
            lang,
            table: FoldTable::of(lang),
            lowered: ascii::Lowered::default(),
        }
    }

    /// Reads the next line; `false` at the end of the range.
    pub(super) fn next_line(&mut self, line: &mut Line) -> bool {
        line.clear();
        if self.at >= self.end {
            return false;
        }
        self.lower(line);
        let mut gap = 0;
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            if self.at >= self.end {
                break;
            }
            if byte == b' ' {
                self.at += 1;
                gap |= gap::SPACE;
                continue;
            }
            let full = line.words.len() >= LINE_WORDS;
            if !full && (self.plain_word(line, gap) || self.letter_word(line, gap)) {
                gap = 0;
                continue;
            }
            let Some((class, _, len)) = self.class_at(self.at) else {
                break;
            };
            match class {
                Class::Newline => {
                    self.at += len;
                    break;
                }
                Class::Letter | Class::Digit | Class::Compat => {
                    if full {
                        break;
                    }
                    self.word(line, gap, class);
                    gap = 0;
                }
                class => {
                    self.at += len;
                    gap |= self.gap_of(class);
                }
            }
        }
        true
    }

    /// The character at a byte and its length. One and two bytes (all six languages) are decoded here.
    #[inline(always)]
    fn peek(&self, at: usize) -> Option<(char, usize)> {
        let bytes = self.text.as_bytes().get(..self.end)?;
        let first = *bytes.get(at)?;
        if first < 0x80 {
            return Some((char::from(first), 1));
        }
        if (0xC2..0xE0).contains(&first) {
            let second = *bytes.get(at + 1)?;
            return Some((
                char::from_u32(u32::from(first & 0x1F) << 6 | u32::from(second & 0x3F))?,
                2,
            ));
        }
        let c = self.text.get(at..self.end)?.chars().next()?;
        Some((c, c.len_utf8()))
    }

    #[inline]
    fn class_at(&self, at: usize) -> Option<(Class, char, usize)> {
        let (c, len) = self.peek(at)?;
        let (class, folded) = self.table.get(c);
        Some((class, folded, len))
    }

    fn gap_of(&self, class: Class) -> u8 {
        match class {
            Class::Space => gap::SPACE,
            Class::Dash => gap::DASH,
            Class::Colon => gap::COLON,
            Class::Comma => gap::COMMA,
            Class::Bracket => gap::BRACKET,
            Class::SentenceEnd => gap::SENTENCE,
            Class::Dot if self.ends_sentence() => gap::SENTENCE,
            Class::Dot => gap::DOT,
            Class::Mark | Class::Joiner | Class::Tatweel | Class::Combining => 0,
            _ => gap::OTHER,
        }
    }

    /// A full stop before a space, a quote, a bracket or nothing ends a sentence.
    fn ends_sentence(&self) -> bool {
        !matches!(
            self.class_at(self.at),
            Some((Class::Letter | Class::Digit, _, _))
        )
    }

    /// Takes the word that begins here if it begins with plain letters, as nearly all do.
    #[inline(always)]
    fn letter_word(&mut self, line: &mut Line, gap: u8) -> bool {
        let (from, start) = (self.at, line.arena.len());
        self.run(&mut line.arena);
        if self.at == from {
            return false;
        }
        let word = Raw {
            start: start as u32,
            end: line.arena.len() as u32,
            joint: 0,
            gap,
            kind: self.kind_of(from),
            from,
            to: self.at,
        };
        if self.text.as_bytes().get(self.at) == Some(&b' ') {
            line.words.push(word);
        } else {
            self.finish_word(line, word, Self::letters);
        }
        true
    }

    fn word(&mut self, line: &mut Line, gap: u8, class: Class) {
        let start = line.arena.len() as u32;
        let word = Raw {
            start,
            end: start,
            joint: 0,
            gap,
            kind: 0,
            from: self.at,
            to: self.at,
        };
        match class {
            Class::Digit => self.finish_word(line, word, Self::number),
            _ => self.finish_word(line, word, Self::letters),
        }
    }

    /// Reads the rest of a word.
    fn finish_word(
        &mut self,
        line: &mut Line,
        mut word: Raw,
        rest: impl Fn(&mut Self, &mut Line, &mut Raw),
    ) {
        rest(self, line, &mut word);
        word.end = line.arena.len() as u32;
        if word.end > word.start {
            line.words.push(word);
        }
    }

    /// Script of the plain letters read since `from`: that of the first; none for no letters.
    fn kind_of(&self, from: usize) -> u8 {
        let first = self.text.as_bytes().get(from).copied().unwrap_or(0);
        match first {
            _ if self.at == from => 0,
            0xD8..0xDC => kind::LETTERS | kind::ARABIC,
            0xE0.. if self.arabic_at(from) => kind::LETTERS | kind::ARABIC,
            _ => kind::LETTERS,
        }
    }

    /// What may stand inside a word, and the letters behind it; the plain letters before it have been read.
    fn letters(&mut self, line: &mut Line, word: &mut Raw) {
        loop {
            let Some((c, len)) = self.peek(self.at) else {
                return;
            };
            if c == ' ' {
                return;
            }
            let class = self.table.get(c).0;
            let too_long = line.arena.len() - word.start as usize > KEY_BYTES;
            if too_long || !self.inside(line, word, class, c, len) {
                return;
            }
            let from = self.at;
            self.run(&mut line.arena);
            if self.at > from {
                self.has_letters(word, self.kind_of(from) & kind::ARABIC != 0);
                word.to = self.at;
            }
        }
    }

    /// Plain letters: stretches that fold to themselves are copied whole.
    #[inline]
    fn run(&mut self, arena: &mut String) {
        let bytes = self.text.as_bytes().get(..self.end).unwrap_or(&[]);
        let (from, mut at) = (self.at, self.at);
        let short = bytes.get(..from + KEY_BYTES + 1).unwrap_or(bytes);
        while at - from <= KEY_BYTES {
            let settled = self.table.settled(short, at);
            arena.push_str(self.text.get(at..at + settled).unwrap_or(""));
            at += settled;
            if at - from > KEY_BYTES || bytes.get(at) == Some(&b' ') {
                break;
            }
            let changed = short_code(bytes, at)
                .and_then(|(code, len)| Some((code, self.table.letter(code)?, len)));
            let Some((code, folded, len)) = changed else {
                break;
            };
            arena.push(self.folded(code, folded, at + len));
            at += len;
        }
        self.at = at;
    }

    /// `مسئول` and `مسؤول` are one word: before a waw the hamza sits on either.
    fn folded(&self, code: u16, folded: u16, next: usize) -> char {
        if code == 'ئ' as u16 && matches!(self.peek(next), Some(('و', _))) {
            return 'و';
        }
        char::from_u32(u32::from(folded)).unwrap_or('\u{FFFD}')
    }

    /// The script of a word is that of its first letter.
    fn has_letters(&self, word: &mut Raw, arabic: bool) {
        if !word.is(kind::LETTERS) {
            word.kind |= kind::LETTERS | if arabic { kind::ARABIC } else { 0 };
        }
    }

    fn took(&mut self, word: &mut Raw, len: usize) {
        self.at += len;
        word.to = self.at;
    }

    /// A character inside a run of letters that is no letter: `false` ends the word before it.
    fn inside(
        &mut self,
        line: &mut Line,
        word: &mut Raw,
        class: Class,
        c: char,
        len: usize,
    ) -> bool {
        let key_len = line.arena.len() - word.start as usize;
        match class {
            Class::Mark => self.took(word, len),
            Class::Letter => {
                line.arena.push(self.table.get(c).1);
                self.took(word, len);
                self.has_letters(word, is_arabic(c));
            }
            Class::Joiner => {
                word.joint = key_len as u16;
                self.took(word, len);
            }
            Class::Tatweel => self.tatweel(word, len),
            Class::Combining => self.combining(line, word, c, len),
            Class::Compat => self.compat(line, word, c, len),
            Class::Apostrophe if self.letter_follows(len) => {
                return self.apostrophe(word, key_len, len);
            }
            Class::Dot if self.is_acronym(line, word, len) => self.took(word, len),
            Class::Dash if self.is_designation(word, key_len, len) => self.took(word, len),
            Class::Digit if !word.is(kind::ARABIC) => self.digits(line, word),
            _ => return false,
        }
        true
    }

    fn letter_follows(&self, len: usize) -> bool {
        matches!(self.class_at(self.at + len), Some((Class::Letter, _, _)))
    }

    fn tatweel(&mut self, word: &mut Raw, len: usize) {
        self.took(word, len);
        if !matches!(
            self.class_at(self.at),
            Some((Class::Letter | Class::Mark | Class::Tatweel, _, _))
        ) {
            word.kind |= kind::CLITIC;
        }
    }

    fn combining(&mut self, line: &mut Line, word: &mut Raw, c: char, len: usize) {
        let base = self
            .text
            .get(word.from..self.at)
            .and_then(|read| read.chars().next_back());
        self.took(word, len);
        let Some((_, folded)) = base.and_then(|base| self.table.compose(base, c)) else {
            return;
        };
        if line.arena.len() > word.start as usize {
            line.arena.pop();
            line.arena.push(folded);
        }
    }

    fn compat(&mut self, line: &mut Line, word: &mut Raw, c: char, len: usize) {
        let table = self.table;
        decompose_compatible(c, |part| {
            let (class, folded) = table.get(part);
            if matches!(class, Class::Letter | Class::Digit) {
                line.arena.push(folded);
            }
        });
        self.took(word, len);
        self.has_letters(word, is_arabic(c));
    }

    /// `Ankara'nın` is one word with a joint; the English possessive is dropped.
    fn apostrophe(&mut self, word: &mut Raw, key_len: usize, len: usize) -> bool {
        if self.lang == Lang::En && self.possessive(len) {
            self.at += len + 1;
            word.to = self.at;
            return false;
        }
        if word.joint == 0 && key_len > 0 {
            word.joint = key_len as u16;
        }
        self.took(word, len);
        true
    }

    fn possessive(&self, len: usize) -> bool {
        let s = matches!(self.class_at(self.at + len), Some((_, 's', 1)));
        s && !matches!(
            self.class_at(self.at + len + 1),
            Some((Class::Letter | Class::Digit, _, _))
        )
    }

    /// `U.S.` and `تی.آر.تی`: a stop between runs of at most three letters, two stops at least or one letter a run.
    fn is_acronym(&self, line: &Line, word: &Raw, len: usize) -> bool {
        let key = line.arena.get(word.start as usize..).unwrap_or("");
        let dots = self
            .text
            .get(word.from..self.at)
            .map_or(0, |read| read.matches('.').count());
        let run = self
            .text
            .get(word.from..self.at)
            .and_then(|read| read.rsplit('.').next())
            .map_or(0, |r| r.chars().count());
        let (next_run, more) = self.run_after(self.at + len);
        if next_run == 0 {
            return dots > 0 && run == 1 && key.chars().count() == dots + 1;
        }
        run <= 3 && next_run <= 3 && (dots > 0 || more || (run == 1 && next_run == 1))
    }

    /// Letters from `at`, at most four counted, and whether a stop and a letter follow them.
    fn run_after(&self, mut at: usize) -> (usize, bool) {
        let mut count = 0;
        while let Some((Class::Letter, _, len)) = self.class_at(at) {
            count += 1;
            at += len;
            if count > 3 {
                return (count, false);
            }
        }
        let stop = matches!(self.class_at(at), Some((Class::Dot, _, _)));
        (
            count,
            stop && matches!(self.class_at(at + 1), Some((Class::Letter, _, _))),
        )
    }

    /// `F-16`, `С-400`, `COVID-19`: a short run of letters, a hyphen, digits.
    fn is_designation(&self, word: &Raw, key_len: usize, len: usize) -> bool {
        let digit = matches!(self.class_at(self.at + len), Some((Class::Digit, _, _)));
        digit && key_len <= 10 && !word.is(kind::ARABIC | kind::DIGITS)
    }

    fn digits(&mut self, line: &mut Line, word: &mut Raw) {
        while let Some((Class::Digit, digit, len)) = self.class_at(self.at) {
            line.arena.push(digit);
            self.at += len;
            word.to = self.at;
        }
        word.kind |= kind::DIGITS;
    }

    fn arabic_at(&self, at: usize) -> bool {
        self.peek(at).is_some_and(|(c, _)| is_arabic(c))
    }
}

/// A character of one or two bytes: its code and length.
#[inline(always)]
fn short_code(bytes: &[u8], at: usize) -> Option<(u16, usize)> {
    let first = *bytes.get(at)?;
    match first {
        0..0x80 => Some((u16::from(first), 1)),
        0xC2..0xE0 => Some((
            u16::from(first & 0x1F) << 6 | u16::from(bytes.get(at + 1)? & 0x3F),
            2,
        )),
        _ => None,
    }
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')
}
