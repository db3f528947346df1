//! A text as lines with what the cutting rules look at.

use std::ops::Range;

use crate::text::squeeze;

/// Longest line that looks like a title, in words.
const TITLE_WORDS: usize = 25;
/// Fewest words of a title: link fragments and table cells have less.
const LEAST_TITLE_WORDS: usize = 3;

/// Words of a line are counted up to here: no rule tells longer lines apart.
const COUNTED_WORDS: usize = 31;

/// A line that is not blank.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) bytes: Range<usize>,
    /// Line number, from 1.
    pub(super) number: usize,
    /// Letters and digits, folded.
    pub(super) squeezed: String,
    /// At most [`COUNTED_WORDS`].
    pub(super) words: usize,
    end: End,
    /// Begins in the middle of a sentence: with a lower-case letter or a mark.
    continues: bool,
    /// Goes on with the sentence of the line above.
    pub(super) goes_on: bool,
    /// Begins with an asterisk: a footnote.
    pub(super) starred: bool,
    /// Reads like a script of the page.
    pub(super) is_code: bool,
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a full stop: a sentence of somebody's body.
    Stop,
    /// With an ellipsis: cut short.
    Ellipsis,
    /// With a comma or colon: the text goes on.
    GoesOn,
    Open,
}

impl Line {
    /// A title or a teaser cut short: what stands in a list of other articles.
    pub(super) fn is_entry(&self) -> bool {
        let title =
            self.end == End::Open && (LEAST_TITLE_WORDS..=TITLE_WORDS).contains(&self.words);
        !self.continues && (title || (self.end == End::Ellipsis && self.words >= LEAST_TITLE_WORDS))
    }

    /// Ends like a sentence.
    pub(super) fn is_sentence(&self) -> bool {
        self.end == End::Stop
    }
}

/// The lines of a text that are not blank.
pub(super) fn read_lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, part) in text.split_inclusive('\n').enumerate() {
        let bytes = start..start + part.len();
        start = bytes.end;
        if !part.trim().is_empty() {
            lines.push(read_line(part, bytes, index + 1));
        }
    }
    lines
}

/// One line of a text at `bytes`.
pub(super) fn read_line(part: &str, bytes: Range<usize>, number: usize) -> Line {
    let mut squeezed = String::new();
    squeeze(part, &mut squeezed);
    let first = part.trim_start().chars().next().unwrap_or(' ');
    Line {
        bytes,
        number,
        squeezed,
        words: part.split_whitespace().take(COUNTED_WORDS).count(),
        end: end_of(part),
        continues: first.is_lowercase()
            || matches!(first, ',' | '.' | ')' | '،' | ';' | '—' | '–' | '-'),
        goes_on: goes_on(part),
        starred: first == '*',
        is_code: is_code(part),
    }
}

/// Begins with a small letter or with a mark that follows a word.
pub(super) fn goes_on(part: &str) -> bool {
    let first = part.trim_start().chars().next().unwrap_or(' ');
    let marks = [',', '.', ')', '»', '،', ';', '؛', ':', '\'', '’', '?', '!'];
    first.is_lowercase() || marks.contains(&first)
}

/// Closes a bracket or quote that the line above opened.
pub(super) fn is_torn(part: &str) -> bool {
    let pairs = [('(', ')'), ('«', '»'), ('[', ']')];
    pairs
        .iter()
        .any(|(open, close)| part.contains(*close) && !part.contains(*open))
}

fn end_of(line: &str) -> End {
    let line = line
        .trim_end()
        .trim_end_matches(['"', '”', '»', ')', ']', '\u{200F}', '\u{200E}']);
    match line.chars().next_back() {
        Some('…') => End::Ellipsis,
        Some('.') if line.ends_with("..") => End::Ellipsis,
        Some('.' | '۔') => End::Stop,
        Some(',' | '،' | ':' | ';' | '؛') => End::GoesOn,
        _ => End::Open,
    }
}

/// Words of a programming language that no newspaper writes.
const CODE_WORDS: [&str; 8] = [
    "function",
    "jwplayer",
    "document.",
    "window.",
    "return {",
    "min-height",
    "z-index",
    ".create(",
];

/// Many braces, brackets and semicolons and a word of a programming language, and hardly a letter beyond ASCII: a paragraph that a
/// script was glued to stays.
fn is_code(line: &str) -> bool {
    let mark = |byte: &u8| matches!(byte, b'{' | b'}' | b'(' | b')' | b'=' | b';' | b'[' | b']');
    let marks = line.bytes().filter(mark).count();
    if marks < 4 || marks * 30 <= line.len() {
        return false;
    }
    let words = CODE_WORDS.iter().any(|word| line.contains(word))
        || (line.contains("var ") && line.contains('='));
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    let foreign = line
        .chars()
        .filter(|c| c.is_alphabetic() && !c.is_ascii())
        .count();
    words && foreign * 5 <= letters
}

/// Where the last `letters` squeezed characters of `line` begin, in bytes of `line`.
pub(super) fn suffix_start(line: &str, letters: usize) -> Option<usize> {
    let mut left = letters;
    let mut buffer = String::new();
    for (at, c) in line.char_indices().rev() {
        buffer.clear();
        squeeze(c.encode_utf8(&mut [0; 4]), &mut buffer);
        left = left.checked_sub(buffer.chars().count())?;
        if left == 0 {
            return Some(at);
        }
    }
    None
}

/// Where the first `letters` squeezed characters of `line` end, in bytes of `line`.
pub(super) fn prefix_end(line: &str, letters: usize) -> Option<usize> {
    let mut left = letters;
    let mut buffer = String::new();
    for (at, c) in line.char_indices() {
        buffer.clear();
        squeeze(c.encode_utf8(&mut [0; 4]), &mut buffer);
        left = left.checked_sub(buffer.chars().count())?;
        if left == 0 {
            return Some(at + c.len_utf8());
        }
    }
    None
}
