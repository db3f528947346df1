//! Characters of one line to raw words: folded, not yet joined.

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
        self.arena
            .get(word.start as usize..word.end as usize)
            .unwrap_or("")
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
        }
    }

    /// Reads the next line; `false` at the end of the range.
    pub(super) fn next_line(&mut self, line: &mut Line) -> bool {
        line.clear();
        if self.at >= self.end {
            return false;
        }
        let mut gap = 0;
        while let Some((c, len)) = self.peek(self.at) {
            match self.table.get(c).0 {
                Class::Newline => {
                    self.at += len;
                    break;
                }
                Class::Letter | Class::Digit | Class::Compat => {
                    if line.words.len() >= LINE_WORDS {
                        break;
                    }
                    self.word(line, gap);
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

    fn word(&mut self, line: &mut Line, gap: u8) {
        let mut word = Raw {
            start: line.arena.len() as u32,
            end: 0,
            joint: 0,
            gap,
            kind: 0,
            from: self.at,
            to: self.at,
        };
        match self.class_at(self.at) {
            Some((Class::Digit, _, _)) => self.number(line, &mut word),
            _ => self.letters(line, &mut word),
        }
        word.end = line.arena.len() as u32;
        if word.end > word.start {
            line.words.push(word);
        }
    }

    /// A run of letters with what may stand inside a word.
    fn letters(&mut self, line: &mut Line, word: &mut Raw) {
        loop {
            self.run(line, word);
            let Some((c, len)) = self.peek(self.at) else {
                return;
            };
            let class = self.table.get(c).0;
            let too_long = line.arena.len() - word.start as usize > KEY_BYTES;
            if too_long || !self.inside(line, word, class, c, len) {
                return;
            }
        }
    }

    /// Plain letters: stretches that fold to themselves are copied whole.
    #[inline]
    fn run(&mut self, line: &mut Line, word: &mut Raw) {
        let (from, mut copied, mut at) = (self.at, self.at, self.at);
        while let Some((c, len)) = self.peek(at) {
            let (class, folded) = self.table.get(c);
            if class != Class::Letter || at - from > KEY_BYTES {
                break;
            }
            if folded != c {
                line.arena.push_str(self.text.get(copied..at).unwrap_or(""));
                line.arena.push(if c == 'ئ' {
                    self.hamza_on_yeh(at + len)
                } else {
                    folded
                });
                copied = at + len;
            }
            at += len;
        }
        line.arena.push_str(self.text.get(copied..at).unwrap_or(""));
        if at > from {
            self.has_letters(word, self.arabic_at(from));
            word.to = at;
            self.at = at;
        }
    }

    fn took(&mut self, word: &mut Raw, len: usize) {
        self.at += len;
        word.to = self.at;
    }

    /// The script of a word is that of its first letter.
    fn has_letters(&self, word: &mut Raw, arabic: bool) {
        if !word.is(kind::LETTERS) {
            word.kind |= kind::LETTERS | if arabic { kind::ARABIC } else { 0 };
        }
    }

    /// `مسئول` and `مسؤول` are one word: before a waw the hamza sits on either.
    fn hamza_on_yeh(&self, next: usize) -> char {
        match self.peek(next) {
            Some(('و', _)) => 'و',
            _ => 'ی',
        }
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
            Class::Mark | Class::Letter => self.took(word, len),
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

    /// Digits with what may stand inside a number: decimals, thousands, dates, times, `3+3`.
    fn number(&mut self, line: &mut Line, word: &mut Raw) {
        self.digits(line, word);
        let mut separators = [0u8; 3];
        while let Some((class, _, len)) = self.class_at(self.at) {
            let Some((next, skip)) = self.separator(class, len, separators) else {
                break;
            };
            if !matches!(self.class_at(next), Some((Class::Digit, _, _))) {
                break;
            }
            if let Some(mark) = self.written(class, skip, next) {
                line.arena.push(mark);
                count(mark, &mut separators);
            }
            self.at = next;
            self.digits(line, word);
        }
        let [stops, slashes_or_dashes, colons] = separators;
        if stops > 1 || slashes_or_dashes > 1 || colons > 0 {
            word.kind |= kind::DATE;
        }
        self.number_suffix(line, word);
    }

    /// Where a number may go on after a separator, and whether spaces were skipped (`3 + 3`).
    fn separator(
        &self,
        class: Class,
        len: usize,
        [_, lines, colons]: [u8; 3],
    ) -> Option<(usize, bool)> {
        // A date or a time goes on with its own marks only.
        let plain = lines == 0 && colons == 0;
        match class {
            Class::Dot | Class::Comma | Class::Plus if plain => Some((self.at + len, false)),
            Class::Slash if colons == 0 => Some((self.at + len, false)),
            Class::Colon if lines == 0 => Some((self.at + len, false)),
            Class::Dash if colons == 0 && self.is_dashed_date(lines > 0) => {
                Some((self.at + len, false))
            }
            Class::Space if plain => self.spaced_plus(self.at + len).map(|next| (next, true)),
            _ => None,
        }
    }

    /// Behind `+ ` at `at`.
    fn spaced_plus(&self, at: usize) -> Option<usize> {
        let (Class::Plus, _, plus) = self.class_at(at)? else {
            return None;
        };
        let (Class::Space, _, space) = self.class_at(at + plus)? else {
            return None;
        };
        Some(at + plus + space)
    }

    /// `19-8-2024`, `2025-08-24`: this dash belongs to a date when two dashes part three short numbers, and this is the
    /// second of them or the second follows.
    fn is_dashed_date(&self, second: bool) -> bool {
        let mut at = self.at;
        if let Some((_, _, len)) = self.class_at(at) {
            at += len;
        }
        let short = |at: usize| (1..=4).contains(&self.digits_from(at));
        short(at) && (second || self.dash_after_digits(at).is_some_and(short))
    }

    /// Where the text goes on behind the digits at `at` and the dash that follows them.
    fn dash_after_digits(&self, mut at: usize) -> Option<usize> {
        while let Some((Class::Digit, _, len)) = self.class_at(at) {
            at += len;
        }
        match self.class_at(at) {
            Some((Class::Dash, _, len)) => Some(at + len),
            _ => None,
        }
    }

    /// What a separator becomes in the key: nothing for thousands, a stop for decimals, itself for dates and `3+3`.
    fn written(&self, class: Class, spaced: bool, next: usize) -> Option<char> {
        let comma_is_decimal = matches!(self.lang, Lang::Ru | Lang::Tr | Lang::Az);
        let three = self.digits_from(next) == 3;
        match class {
            _ if spaced => Some('+'),
            Class::Comma if three => None,
            Class::Comma if !comma_is_decimal => Some(','),
            Class::Dot if three && comma_is_decimal => None,
            Class::Comma | Class::Dot => Some('.'),
            Class::Slash => Some('/'),
            Class::Colon => Some(':'),
            Class::Dash => Some('-'),
            _ => Some('+'),
        }
    }

    fn digits_from(&self, mut at: usize) -> usize {
        let mut count = 0;
        while let Some((Class::Digit, _, len)) = self.class_at(at) {
            count += 1;
            at += len;
        }
        count
    }

    /// `2024'te`, `19-cu`, `1990-х` are the number; `5G` and `20km` go on as one word.
    fn number_suffix(&mut self, line: &mut Line, word: &mut Raw) {
        match self.class_at(self.at) {
            Some((Class::Letter, _, _)) if !word.is(kind::DATE) && !self.arabic_at(self.at) => {
                self.letters(line, word)
            }
            Some((Class::Apostrophe | Class::Dash, _, len)) if self.letter_follows(len) => {
                self.skip_suffix(word, len)
            }
            _ => {}
        }
    }

    fn arabic_at(&self, at: usize) -> bool {
        self.peek(at).is_some_and(|(c, _)| is_arabic(c))
    }

    fn skip_suffix(&mut self, word: &mut Raw, len: usize) {
        let suffixed = matches!(self.lang, Lang::Ru | Lang::Tr | Lang::Az);
        let (letters, _) = self.run_after(self.at + len);
        if suffixed && letters <= 3 {
            self.at += len;
            while let Some((Class::Letter, _, len)) = self.class_at(self.at) {
                self.at += len;
            }
            word.to = self.at;
        }
    }
}

/// Counts what a number is parted by: stops, slashes and dashes, colons.
fn count(mark: char, [stops, lines, colons]: &mut [u8; 3]) {
    match mark {
        '.' => *stops = stops.saturating_add(1),
        '/' | '-' => *lines = lines.saturating_add(1),
        ':' => *colons = colons.saturating_add(1),
        _ => {}
    }
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')
}
