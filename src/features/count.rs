//! One document to counts of hashed terms.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::text::{Analyzer, Lang};

use super::glossary::{Hit, Matcher};
use super::hash::{TermHasher, hash_term};
use super::negation::Negation;
use super::tokens::TokenBuffer;
use super::vocabulary::Slots;
use super::{Block, FeatureSpec};

/// A document ready to be featurized: the text as read, the ranges that are the article's own words, the language.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'t> {
    /// Text as read.
    pub text: &'t str,
    /// Byte ranges of `text` that count, ascending, without overlap.
    pub kept: Vec<Range<usize>>,
    /// Language whose rules apply.
    pub lang: Lang,
    /// A second language or script holds a good part of it.
    pub mixed: bool,
}

/// Takes one occurrence of a term: its block, its hash, its spelling on demand, the tokens it covers.
pub(crate) type TermSink<'s> = dyn FnMut(Block, u64, &dyn Fn() -> String, Range<usize>) + 's;

/// Columns of terms with the tokens they cover.
type Known = Vec<(u32, Range<u32>)>;

/// Tokens, hits and known terms of one document, and working space; reused from document to document.
#[derive(Debug, Default)]
pub(crate) struct Occurrences {
    pub(crate) tokens: TokenBuffer,
    pub(crate) hits: Vec<Hit>,
    /// Column and tokens of every occurrence of a term of the vocabulary, in the order they were met.
    pub(crate) known: Known,
    /// Column and count of each of these terms, columns ascending.
    pub(crate) counts: Vec<(u32, u32)>,
    pub(super) columns: Vec<u32>,
    padded: String,
    grams: GramCache,
}

/// Columns of the character n-grams of words met before: words repeat.
#[derive(Debug, Default)]
struct GramCache {
    by_key: FxHashMap<Box<str>, (u32, u32)>,
    columns: Vec<u32>,
}

/// Most words whose n-grams are remembered: bounds the memory of a thread to about 4 MB a language.
const CACHED_WORDS: usize = 1 << 14;

/// Enumerates every term of a document under the same settings, in training and in prediction.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    pub(crate) spec: &'a FeatureSpec,
    pub(crate) analyzer: &'a Analyzer,
    pub(crate) matcher: &'a Matcher,
    pub(crate) negation: &'a Negation,
}

impl Counter<'_> {
    /// Tokenizes `document` and calls `sink(block, hash, term, tokens)` for every occurrence of every term.
    ///
    /// `term` is made only when the sink asks for it: it costs an allocation.
    pub(crate) fn for_each_term(
        &self,
        document: &Document<'_>,
        seen: &mut Occurrences,
        sink: &mut TermSink<'_>,
    ) {
        self.read(document, seen);
        self.words(&seen.tokens, sink);
        self.characters(&seen.tokens, &mut seen.padded, sink);
        self.glossary(seen, sink);
    }

    /// The terms of a document that have a column, into `seen.known`, in the same order. `seen` must have served no other
    /// vocabulary: it remembers the columns of words.
    pub(crate) fn known_terms(
        &self,
        document: &Document<'_>,
        seen: &mut Occurrences,
        slots: Slots<'_>,
    ) {
        self.read(document, seen);
        let mut known = std::mem::take(&mut seen.known);
        known.clear();
        self.words(&seen.tokens, &mut into_known(&mut known, slots));
        self.known_characters(seen, &mut known, slots);
        self.glossary(seen, &mut into_known(&mut known, slots));
        seen.known = known;
    }

    fn read(&self, document: &Document<'_>, seen: &mut Occurrences) {
        seen.tokens
            .fill(self.analyzer, document.text, &document.kept, document.lang);
    }

    fn glossary(&self, seen: &mut Occurrences, sink: &mut TermSink<'_>) {
        self.matcher.find(&seen.tokens, &mut seen.hits);
        self.concepts(&seen.hits, sink);
        self.evaluations(&seen.tokens, &seen.hits, sink);
    }

    /// As [`Counter::characters`], but every word is cut and looked up once.
    fn known_characters(&self, seen: &mut Occurrences, known: &mut Known, slots: Slots<'_>) {
        let (shortest, longest) = self.spec.char_ngrams;
        if longest == 0 {
            return;
        }
        let Occurrences {
            tokens,
            padded,
            grams,
            ..
        } = seen;
        for i in (0..tokens.len()).filter(|&i| !tokens.masked(i)) {
            let key = tokens.key(i);
            let (start, end) = grams.by_key.get(key).copied().unwrap_or_else(|| {
                pad(padded, key);
                grams.remember(key, |columns| {
                    char_ngrams(padded, shortest, longest, &mut |hash, _| {
                        columns.extend(slots.column(hash));
                    });
                })
            });
            let place = i as u32..i as u32 + 1;
            let columns = &grams.columns[start as usize..end as usize];
            known.extend(columns.iter().map(|&column| (column, place.clone())));
        }
    }

    fn words(&self, tokens: &TokenBuffer, sink: &mut TermSink<'_>) {
        for first in 0..tokens.len() {
            if tokens.masked(first) {
                continue;
            }
            let mut hasher = TermHasher::new(Block::Words as u8);
            for last in first..(first + self.spec.word_ngrams).min(tokens.len()) {
                if last > first {
                    if !tokens.adjacent(last - 1) {
                        break;
                    }
                    hasher.write(b" ");
                }
                hasher.write(tokens.stem(last).as_bytes());
                let term = || {
                    (first..=last)
                        .map(|i| tokens.stem(i))
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                sink(Block::Words, hasher.finish(), &term, first..last + 1);
            }
        }
    }

    fn characters(&self, tokens: &TokenBuffer, padded: &mut String, sink: &mut TermSink<'_>) {
        let (shortest, longest) = self.spec.char_ngrams;
        if longest == 0 {
            return;
        }
        for i in (0..tokens.len()).filter(|&i| !tokens.masked(i)) {
            pad(padded, tokens.key(i));
            char_ngrams(padded, shortest, longest, &mut |hash, gram: &str| {
                sink(Block::Characters, hash, &|| gram.to_owned(), i..i + 1);
            });
        }
    }

    fn concepts(&self, hits: &[Hit], sink: &mut TermSink<'_>) {
        let mut give = |block: Block, term: &str, hit: &Hit| {
            sink(
                block,
                hash_term(block as u8, term),
                &|| term.to_owned(),
                hit.tokens.clone(),
            );
        };
        for hit in hits
            .iter()
            .filter(|hit| self.matcher.is_feature(hit.concept))
        {
            let id = self.matcher.concept_id(hit.concept);
            let [subject, kind] = self.matcher.aggregates(hit.concept);
            give(Block::Concepts, id, hit);
            give(Block::Subjects, &subject.anywhere, hit);
            give(Block::Subjects, &kind.anywhere, hit);
            if hit.tokens.start < self.spec.lead_tokens {
                give(Block::LeadConcepts, id, hit);
                give(Block::Subjects, &subject.in_lead, hit);
                give(Block::Subjects, &kind.in_lead, hit);
            }
        }
    }

    /// Words that praise, condemn or report, once more: those in the title, and those that are negated.
    fn evaluations(&self, tokens: &TokenBuffer, hits: &[Hit], sink: &mut TermSink<'_>) {
        for hit in hits {
            let [_, kind] = self.matcher.aggregates(hit.concept);
            if !kind.anywhere.starts_with("kind:stance_") {
                continue;
            }
            let mut give = |suffix: &str| {
                let term = format!("{}{suffix}", kind.anywhere);
                let hash = hash_term(Block::Subjects as u8, &term);
                sink(Block::Subjects, hash, &|| term.clone(), hit.tokens.clone());
            };
            if hit.tokens.start < TITLE {
                give("@title");
            }
            if self.negation.negates(tokens, &hit.tokens) {
                give("!not");
                if hit.tokens.start < self.spec.lead_tokens {
                    give("!not@lead");
                }
            }
        }
    }
}

impl GramCache {
    /// Lets `fill` append the columns of a word's n-grams; where they stand.
    fn remember(&mut self, key: &str, fill: impl FnOnce(&mut Vec<u32>)) -> (u32, u32) {
        if self.by_key.len() >= CACHED_WORDS {
            self.by_key.clear();
            self.columns.clear();
        }
        let start = self.columns.len() as u32;
        fill(&mut self.columns);
        let place = (start, self.columns.len() as u32);
        self.by_key.insert(key.into(), place);
        place
    }
}

/// A sink that keeps the terms with a column.
fn into_known<'k>(
    known: &'k mut Known,
    slots: Slots<'k>,
) -> impl FnMut(Block, u64, &dyn Fn() -> String, Range<usize>) + 'k {
    move |_, hash, _, tokens| {
        if let Some(column) = slots.column(hash) {
            known.push((column, tokens.start as u32..tokens.end as u32));
        }
    }
}

/// A word with the spaces that stand for its edges.
fn pad(padded: &mut String, key: &str) {
    padded.clear();
    padded.push(' ');
    padded.push_str(key);
    padded.push(' ');
}

/// Leading tokens counted as the title.
const TITLE: usize = 14;

/// Every n-gram of `shortest..=longest` characters of a word padded by one space on both sides; a word too short for
/// any gives the whole padded word once.
fn char_ngrams(padded: &str, shortest: usize, longest: usize, sink: &mut dyn FnMut(u64, &str)) {
    let mut given = false;
    for (start, _) in padded.char_indices() {
        let mut hasher = TermHasher::new(Block::Characters as u8);
        for (n, (offset, c)) in padded[start..].char_indices().take(longest).enumerate() {
            let end = start + offset + c.len_utf8();
            hasher.write(&padded.as_bytes()[start + offset..end]);
            if n + 1 >= shortest {
                sink(hasher.finish(), &padded[start..end]);
                given = true;
            }
        }
    }
    if !given {
        sink(hash_term(Block::Characters as u8, padded), padded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(padded: &str) -> Vec<String> {
        let mut grams = Vec::new();
        char_ngrams(padded, 3, 5, &mut |hash, gram| {
            assert_eq!(hash, hash_term(Block::Characters as u8, gram));
            grams.push(gram.to_owned());
        });
        grams
    }

    #[test]
    fn grams_stay_inside_the_word() {
        assert_eq!(
            grams(" گاز "),
            [" گا", " گاز", " گاز ", "گاز", "گاز ", "از "]
        );
    }

    #[test]
    fn a_short_word_is_kept_whole() {
        assert_eq!(grams(" و "), [" و "]);
        assert_eq!(grams(""), [""]);
    }
}
