//! Numbers: decimals, thousands, dates, times, `3+3`, and the endings glued to them.

use super::{Line, Raw, Scanner, kind};
use crate::text::{Lang, fold::Class};

impl Scanner<'_> {
    /// Digits with what may stand inside a number: decimals, thousands, dates, times, `3+3`.
    pub(super) fn number(&mut self, line: &mut Line, word: &mut Raw) {
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
        let key = line.arena.get(word.start as usize..).unwrap_or("");
        // `15:40` is a time, `2:1` a score.
        let time = colons > 0 && key.rsplit(':').next().is_some_and(|last| last.len() == 2);
        if stops > 1 || slashes_or_dashes > 1 || time {
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
