//! Lines near the top that say the title once more, whole or with a caption glued to it.

use super::boilerplate_lines::{Line, prefix_end};

/// Lines below the title that may repeat it.
pub(super) const NEAR_TITLE: usize = 3;
/// Fewest words of a title that is looked for.
const LEAST_WORDS: usize = 3;
/// Fewest words where one of the two goes on after the other.
const LEAST_SHARED_WORDS: usize = 4;
/// Most words by which one goes on: an outlet's name, `(photos)`, `+ video`.
const MOST_SUFFIX_WORDS: usize = 4;

/// How a line repeats the title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It says nothing else.
    Whole,
    /// A caption begins at this byte of the text, with no space before it.
    Caption(usize),
}

/// Whether `line` repeats `title`, both lines of `text`. Spaces, joiners, quotes and case make no difference.
pub(super) fn repeat_of(title: &Line, line: &Line, text: &str) -> Option<Repeat> {
    if title.words < LEAST_WORDS {
        return None;
    }
    if title.squeezed == line.squeezed {
        return Some(Repeat::Whole);
    }
    if let Some(at) = glued(title, line, text) {
        return Some(Repeat::Caption(at));
    }
    let (shorter, longer) = if title.squeezed.len() < line.squeezed.len() {
        (title, line)
    } else {
        (line, title)
    };
    let suffixed = shorter.words >= LEAST_SHARED_WORDS && has_suffix(shorter, longer, text);
    suffixed.then_some(Repeat::Whole)
}

/// `longer` is `shorter` with a mark and a few words behind it.
fn has_suffix(shorter: &Line, longer: &Line, text: &str) -> bool {
    let Some((_, rest)) = after(shorter, longer, text) else {
        return false;
    };
    let marks = ['-', '–', '—', '|', '/', '•', '·', '(', '[', '+'];
    // A mark right behind the last letter belongs to the word: `south-eastern`.
    let parted = rest.starts_with(char::is_whitespace) || rest.starts_with(['(', '|']);
    let rest = rest.trim();
    let words = rest
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphabetic));
    parted && rest.starts_with(marks) && words.count() <= MOST_SUFFIX_WORDS && !rest.ends_with('.')
}

/// Where a caption begins that is glued to the repeated title.
fn glued(title: &Line, line: &Line, text: &str) -> Option<usize> {
    let (at, rest) = after(title, line, text)?;
    let before = text.get(..at)?.chars().next_back()?;
    let joined = before.is_alphabetic() && rest.starts_with(char::is_alphabetic);
    (joined && title.words >= LEAST_SHARED_WORDS).then_some(at)
}

/// What follows in `longer` after the letters of `shorter`, and where.
fn after<'t>(shorter: &Line, longer: &Line, text: &'t str) -> Option<(usize, &'t str)> {
    if !longer.squeezed.starts_with(&shorter.squeezed) {
        return None;
    }
    let source = text.get(longer.bytes.clone())?;
    let at = prefix_end(source, shorter.squeezed.chars().count())?;
    Some((longer.bytes.start + at, source.get(at..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::boilerplate_lines::read_lines;

    fn repeat(title: &str, line: &str) -> Option<Repeat> {
        let text = format!("{title}\n{line}\n");
        let lines = read_lines(&text);
        repeat_of(&lines[0], &lines[1], &text)
    }

    #[test]
    fn a_title_said_again_is_found() {
        for (title, line) in [
            ("گفت‌وگوی وزیران در باکو", "«گفت وگوی وزیران در باکو»"),
            (
                "Gas flows to the south again",
                "GAS FLOWS TO THE SOUTH AGAIN",
            ),
            (
                "Gas flows to the south again",
                "Gas flows to the south again | Daily News",
            ),
            ("Газ снова идет на юг — Новости", "Газ снова идёт на юг"),
            (
                "افتتاح خط جديد للسكك الحديدية",
                "افتتاح خط جديد للسكك الحديدية (صور)",
            ),
        ] {
            assert_eq!(repeat(title, line), Some(Repeat::Whole), "{line}");
        }
    }

    #[test]
    fn a_sentence_that_begins_like_the_title_stays() {
        for (title, line) in [
            (
                "Gas flows to the south again",
                "Gas flows to the south again, the minister said.",
            ),
            (
                "Gas flows to the south again",
                "Gas flows to the south again and prices fall",
            ),
            (
                "Trains stop in the south",
                "Trains stop in the south-eastern towns",
            ),
            (
                "Trains stop in the south",
                "Trains stop in the south - a long way from the sea, says the railway.",
            ),
            ("Baku", "Baku"),
            ("Baku – Tbilisi", "Baku"),
        ] {
            assert_eq!(repeat(title, line), None, "{line}");
        }
    }

    #[test]
    fn a_caption_glued_to_the_title_is_parted() {
        let text = "Gas flows to the south againThe minister at the valve";
        let at = "Gas flows to the south again".len();
        assert_eq!(
            repeat("Gas flows to the south again", text),
            Some(Repeat::Caption(at + 1 + at))
        );
    }
}
