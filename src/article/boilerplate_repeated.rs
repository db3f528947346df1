//! Lines that stand in many articles of one input: found in a first pass, in bounded memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault},
    path::Path,
};

use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::{
    boilerplate_lines::{Line, goes_on, read_line},
    read::read_text,
};

/// Hash of a line; its seed is fixed, so that the same input is cut the same way everywhere.
type LineHash = BuildHasherDefault<FxHasher>;

/// Longest line looked at, in words: longer ones are paragraphs (wire copies repeat those, and they are body).
const LONGEST: usize = 12;
/// Longer lines, in bytes, are paragraphs whatever their words.
const LONGEST_BYTES: usize = 400;
/// Shortest line looked at: single words may be links in the middle of a sentence that the page broke into lines.
const SHORTEST: usize = 2;
/// Fewest articles a line must stand in.
const LEAST_ARTICLES: u32 = 5;
/// A line must stand in one of so many articles at least.
const ONE_IN: u32 = 200;
/// Different lines counted at a time: 80 bytes each with the table's overhead, 11 MB in all.
const CAPACITY: usize = 1 << 17;
/// Articles read at a time.
const BATCH: usize = 256;

/// Counts the short lines of the articles of one input.
///
/// Memory is bounded by `capacity` lines: when it is full, lines seen once since the last time are forgotten, as in the
/// Misra-Gries summary, so a count is at most `articles / capacity` too low for every time this happened. A line
/// counts once for each different title and each different paragraph above it, so neither copies of one article nor wire
/// copies under other titles make its lines boilerplate.
#[derive(Debug)]
pub struct RepeatedLines {
    capacity: usize,
    articles: u32,
    counts: HashMap<u64, Count, LineHash>,
}

/// Where a line was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    articles: u32,
    /// The last titles it stood under: as many as the rule needs to be sure of different articles.
    titles: [u64; LEAST_ARTICLES as usize - 1],
    /// The last paragraphs it stood below.
    paragraphs: [u64; LEAST_ARTICLES as usize - 1],
}

/// The lines of one article that may repeat.
#[derive(Debug, Default)]
struct ArticleLines {
    title: u64,
    /// Line and the paragraph above it.
    lines: Vec<(u64, u64)>,
}

/// The lines that stand in too many articles to be theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Articles of the input.
    articles: u32,
    /// Line to the number of articles it was counted in.
    lines: HashMap<u64, u32, LineHash>,
}

impl Default for RepeatedLines {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl RepeatedLines {
    /// A counter of at most `capacity` different lines (at least 1).
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            articles: 0,
            counts: HashMap::default(),
        }
    }

    /// Counts the lines of one article.
    pub fn observe(&mut self, text: &str) {
        self.add(&ArticleLines::of(text));
    }

    fn add(&mut self, article: &ArticleLines) {
        self.articles = self.articles.saturating_add(1);
        for &(line, paragraph) in &article.lines {
            self.count(line, article.title, paragraph);
        }
    }

    fn count(&mut self, line: u64, title: u64, paragraph: u64) {
        if let Some(count) = self.counts.get_mut(&line) {
            count.see(title, paragraph);
            return;
        }
        if self.counts.len() >= self.capacity {
            self.counts.retain(|_, count| {
                count.articles -= 1;
                count.articles > 0
            });
        }
        if self.counts.len() < self.capacity {
            let mut count = Count::default();
            count.see(title, paragraph);
            self.counts.insert(line, count);
        }
    }

    /// The lines that stand in at least 0.5 % of the articles, and in five.
    pub fn finish(&self) -> Repeated {
        let least = LEAST_ARTICLES.max(self.articles.div_ceil(ONE_IN));
        let often = self
            .counts
            .iter()
            .filter(|(_, count)| count.articles >= least);
        Repeated {
            articles: self.articles,
            lines: often.map(|(line, count)| (*line, count.articles)).collect(),
        }
    }
}

impl Count {
    /// Counts an article unless its title or the paragraph above the line was just there.
    fn see(&mut self, title: u64, paragraph: u64) {
        if self.titles.contains(&title) || self.paragraphs.contains(&paragraph) {
            return;
        }
        let slot = self.articles as usize % self.titles.len();
        (self.titles[slot], self.paragraphs[slot]) = (title, paragraph);
        self.articles += 1;
    }
}

impl ArticleLines {
    fn of(text: &str) -> Self {
        let mut parts = text
            .split_inclusive('\n')
            .filter(|part| !part.trim().is_empty())
            .peekable();
        let title = parts
            .next()
            .map_or(0, |first| hash(&read_line(first, 0..0, 0).squeezed));
        let (mut lines, mut paragraph) = (Vec::new(), title);
        while let Some(part) = parts.next() {
            // Most of a text is paragraphs: those are not folded, which would cost as much as cleaning does.
            if part.len() > LONGEST_BYTES {
                paragraph = hash(part.trim());
                continue;
            }
            let line = read_line(part, 0..0, 0);
            let key = hash(&line.squeezed);
            // A link in the middle of a sentence is no line of its own.
            let inside = parts.peek().is_some_and(|next| goes_on(next));
            if may_repeat(&line) && !inside {
                lines.push((key, paragraph));
            } else {
                paragraph = key;
            }
        }
        Self { title, lines }
    }
}

impl Repeated {
    /// The first pass over the article files of one input, in their order; files that cannot be read are left to the second.
    ///
    /// Nothing repeats in fewer than five files, so they are not read. Memory does not grow with the number of files.
    pub fn in_files<P: AsRef<Path> + Sync>(files: &[P]) -> Self {
        if files.len() < LEAST_ARTICLES as usize {
            return Self::default();
        }
        let text = |file: &P| Some(read_text(file.as_ref()).ok()?.0);
        Self::in_chunks(files.chunks(BATCH).map(Vec::from_iter), text)
    }

    /// The first pass over chunks of articles to be read; `text` gives nothing for one that cannot be.
    pub(crate) fn in_chunks<T: Send>(
        chunks: impl Iterator<Item = Vec<T>>,
        text: impl Fn(T) -> Option<String> + Sync,
    ) -> Self {
        let mut lines = RepeatedLines::default();
        for chunk in chunks {
            let read: Vec<Option<ArticleLines>> = chunk
                .into_par_iter()
                .map(|item| Some(ArticleLines::of(&text(item)?)))
                .collect();
            read.iter().flatten().for_each(|article| lines.add(article));
        }
        lines.finish()
    }

    /// What tells this set of lines from another, hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut lines: Vec<(&u64, &u32)> = self.lines.iter().collect();
        lines.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.articles.to_le_bytes());
        for (line, articles) in lines {
            hasher.update(&line.to_le_bytes());
            hasher.update(&articles.to_le_bytes());
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// The first pass over texts at hand.
    pub fn in_texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut lines = RepeatedLines::default();
        texts.into_iter().for_each(|text| lines.observe(text));
        lines.finish()
    }

    /// How many lines repeat.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// No line repeats.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// In how many articles of the input a line stands, if in too many.
    pub(super) fn count_of(&self, line: &Line) -> Option<u32> {
        if self.lines.is_empty() || !may_repeat(line) {
            return None;
        }
        self.lines.get(&hash(&line.squeezed)).copied()
    }

    /// The reason in a receipt.
    pub(super) fn why(&self, count: u32) -> String {
        format!(
            "stands in {count} of the {} articles of this input (a short line in {LEAST_ARTICLES} and in 1 of {ONE_IN} is the page's)",
            self.articles
        )
    }
}

/// Short, and no full sentence.
fn may_repeat(line: &Line) -> bool {
    let short = (SHORTEST..=LONGEST).contains(&line.words) && !line.squeezed.is_empty();
    short && !(line.is_sentence() && line.words > LONGEST / 2)
}

fn hash(text: &str) -> u64 {
    // Zero marks an empty slot of a count.
    LineHash::default().hash_one(text).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::boilerplate_lines::read_lines;

    fn articles(count: usize) -> Vec<String> {
        (0..count)
            .map(|n| format!("Title {n}\nThe body of article {n} says this.\nFollow our channel\n"))
            .collect()
    }

    #[test]
    fn a_line_of_every_article_repeats() {
        let mut lines = RepeatedLines::new(1000);
        articles(20).iter().for_each(|text| lines.observe(text));
        let repeated = lines.finish();
        assert_eq!(repeated.len(), 1);
        assert!(
            read_lines("x\nfollow  our channel!")
                .iter()
                .any(|line| repeated.count_of(line) == Some(20))
        );
    }

    #[test]
    fn copies_of_one_article_do_not_repeat() {
        let mut lines = RepeatedLines::new(1000);
        (0..50).for_each(|_| lines.observe("One title\nThe same line\n"));
        assert!(lines.finish().is_empty());
    }

    #[test]
    fn articles_that_take_turns_do_not_repeat() {
        let mut lines = RepeatedLines::new(1000);
        for n in 0..50 {
            let n = n % 4;
            lines.observe(&format!(
                "Title {n}\nBody {n} says this, and that is all.\nThe same line\n"
            ));
        }
        assert!(lines.finish().is_empty());
    }

    #[test]
    fn wire_copies_under_other_titles_do_not_repeat() {
        let mut lines = RepeatedLines::new(1000);
        let body = "One paragraph of the agency goes to every paper that pays for it, word by word.\nA subheading\n";
        (0..50).for_each(|n| lines.observe(&format!("Title {n}\n{body}")));
        assert!(lines.finish().is_empty());
    }

    #[test]
    fn memory_is_bounded_and_the_repeated_line_survives() {
        let mut lines = RepeatedLines::new(10);
        articles(1000).iter().for_each(|text| lines.observe(text));
        assert!(lines.counts.len() <= 10);
        assert!(lines.finish().len() <= 1);
    }
}
