//! Lines that stand in many articles of one input: found in a first pass, in bounded memory.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasher,
};

use foldhash::fast::FixedState;

use super::boilerplate_lines::{Line, read_lines};

/// Longest line looked at, in words: longer ones are paragraphs (wire copies repeat those, and they are body).
const LONGEST: usize = 12;
/// Shortest line looked at: single words may be links in the middle of a sentence that the page broke into lines.
const SHORTEST: usize = 2;
/// Fewest articles a line must stand in.
const LEAST_ARTICLES: u32 = 5;

/// Counts the short lines of the articles of one input.
///
/// Memory is bounded by `capacity` lines (16 bytes each and the table's overhead): when it is full, lines seen once since
/// the last time are forgotten, as in the Misra-Gries summary, so a count is never too high and at most
/// `articles / capacity` too low for every time this happened. A line counts once for each different title, so copies of
/// one article do not make its lines boilerplate.
#[derive(Debug)]
pub struct RepeatedLines {
    capacity: usize,
    articles: u32,
    /// Line to number of articles and the title last seen with it.
    counts: HashMap<u64, (u32, u64), FixedState>,
}

/// The lines that stand in too many articles to be theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repeated {
    lines: HashSet<u64, FixedState>,
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
        self.articles = self.articles.saturating_add(1);
        let lines = read_lines(text);
        let Some((first, rest)) = lines.split_first() else {
            return;
        };
        let title = hash(&first.squeezed);
        for line in rest.iter().filter(|line| may_repeat(line)) {
            self.count(hash(&line.squeezed), title);
        }
    }

    fn count(&mut self, line: u64, title: u64) {
        if let Some((articles, last)) = self.counts.get_mut(&line) {
            *articles += u32::from(*last != title);
            *last = title;
            return;
        }
        if self.counts.len() >= self.capacity {
            self.counts.retain(|_, (articles, _)| {
                *articles -= 1;
                *articles > 0
            });
        }
        if self.counts.len() < self.capacity {
            self.counts.insert(line, (1, title));
        }
    }

    /// The lines that stand in at least 0.5 % of the articles, and in five.
    pub fn finish(&self) -> Repeated {
        let least = LEAST_ARTICLES.max(self.articles / 200);
        let often = self
            .counts
            .iter()
            .filter(|(_, (articles, _))| *articles >= least);
        Repeated {
            lines: often.map(|(line, _)| *line).collect(),
        }
    }
}

impl Repeated {
    /// How many lines repeat.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// No line repeats.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn contains(&self, line: &Line) -> bool {
        may_repeat(line) && self.lines.contains(&hash(&line.squeezed))
    }
}

/// Short, and no full sentence.
fn may_repeat(line: &Line) -> bool {
    let short = (SHORTEST..=LONGEST).contains(&line.words) && !line.squeezed.is_empty();
    short && !(line.is_sentence() && line.words > LONGEST / 2)
}

fn hash(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn articles(count: usize) -> Vec<String> {
        (0..count)
            .map(|n| format!("Title {n}\nBody {n} says this.\nFollow our channel\n"))
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
                .any(|line| repeated.contains(line))
        );
    }

    #[test]
    fn copies_of_one_article_do_not_repeat() {
        let mut lines = RepeatedLines::new(1000);
        (0..50).for_each(|_| lines.observe("One title\nThe same line\n"));
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
