//! One document to counts of hashed terms.

use std::ops::Range;

use crate::text::{Analyzer, Lang};

use super::glossary::{Hit, Matcher, Openings};
use super::hash::{TermHasher, hash_term};
use super::known::Known;
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

/// Tokens, hits and known terms of one document, and working space; reused from document to document.
#[derive(Debug, Default)]
pub(crate) struct Occurrences {
    pub(crate) tokens: TokenBuffer,
    pub(crate) hits: Vec<Hit>,
    pub(crate) known: Known,
    openings: Openings,
    padded: String,
    words: [WordTerms; Lang::ALL.len() + 1],
}

/// The terms of single words that have a column, by the number of the word: words repeat.
#[derive(Debug, Default)]
struct WordTerms {
    /// Of the numbers of words.
    generation: u64,
    of_word: Vec<Option<Word>>,
    /// Columns of the character n-grams of all these words.
    columns: Vec<u32>,
    hashes: Vec<u64>,
    found: Vec<Found>,
}

/// A word n-gram at some tokens.
#[derive(Debug)]
enum Found {
    /// A single word, known by its column.
    Column(u32, usize),
    /// A longer one, to be looked up.
    Hash(u64, Range<usize>),
}

#[derive(Debug, Clone, Copy)]
struct Word {
    /// The stem, as the beginning of a word n-gram.
    stem: TermHasher,
    /// Column of the stem alone.
    alone: Option<u32>,
    /// Where the columns of its character n-grams stand.
    grams: (u32, u32),
    /// The document it was met in last, and the set of its n-grams there.
    met: (u32, u32),
}

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
    /// vocabulary in this language: it remembers the columns of words.
    pub(crate) fn known_terms(
        &self,
        document: &Document<'_>,
        seen: &mut Occurrences,
        slots: Slots<'_>,
    ) {
        self.read(document, seen);
        let mut known = std::mem::take(&mut seen.known);
        known.begin();
        self.known_words(document.lang, seen, &mut known, slots);
        self.glossary(seen, &mut |_, hash, _, tokens| {
            if let Some(column) = slots.column(hash) {
                known.add(column, tokens);
            }
        });
        seen.known = known;
    }

    fn read(&self, document: &Document<'_>, seen: &mut Occurrences) {
        seen.tokens
            .fill(self.analyzer, document.text, &document.kept, document.lang);
    }

    fn glossary(&self, seen: &mut Occurrences, sink: &mut TermSink<'_>) {
        self.matcher
            .find(&seen.tokens, &mut seen.openings, &mut seen.hits);
        self.concepts(&seen.hits, sink);
        self.evaluations(&seen.tokens, &seen.hits, sink);
    }

    /// As [`Counter::words`] and [`Counter::characters`], but every word is cut and looked up once.
    fn known_words(&self, lang: Lang, seen: &mut Occurrences, known: &mut Known, slots: Slots<'_>) {
        let (tokens, padded) = (&seen.tokens, &mut seen.padded);
        let words = &mut seen.words[lang as usize];
        words.begin(tokens.generation());
        let shown = || (0..tokens.len()).filter(|&i| !tokens.masked(i));
        for i in shown() {
            let number = tokens.word(i) as usize;
            if words.of_word.len() <= number {
                words.of_word.resize(number + 1, None);
            }
            let word = match words.of_word[number] {
                Some(word) => word,
                None => {
                    let word = self.look(tokens.key(i), tokens.stem(i), words, padded, slots);
                    *words.of_word[number].insert(word)
                }
            };
            if let Some(column) = word.alone {
                words.found.push(Found::Column(column, i));
            }
            self.phrases(word.stem, i, tokens, &mut words.found);
        }
        words.add_found(known, slots);
        for i in shown() {
            if let Some(word) = &mut words.of_word[tokens.word(i) as usize] {
                let grams = word.grams.0 as usize..word.grams.1 as usize;
                word.met = known.add_all(word.met, &words.columns[grams], i..i + 1);
            }
        }
    }

    /// The word n-grams of two and more words from token `first` on, whose stem is in `hasher`.
    fn phrases(
        &self,
        mut hasher: TermHasher,
        first: usize,
        tokens: &TokenBuffer,
        found: &mut Vec<Found>,
    ) {
        for last in first + 1..(first + self.spec.word_ngrams).min(tokens.len()) {
            if !tokens.adjacent(last - 1) {
                break;
            }
            hasher.write(b" ");
            hasher.write(tokens.stem(last).as_bytes());
            found.push(Found::Hash(hasher.finish(), first..last + 1));
        }
    }

    /// Looks at a word for the first time.
    fn look(
        &self,
        key: &str,
        stem: &str,
        words: &mut WordTerms,
        padded: &mut String,
        slots: Slots<'_>,
    ) -> Word {
        let mut hasher = TermHasher::new(Block::Words as u8);
        hasher.write(stem.as_bytes());
        let (start, (shortest, longest)) = (words.columns.len(), self.spec.char_ngrams);
        if longest > 0 {
            pad(padded, key);
            words.hashes.clear();
            char_ngrams(padded, shortest, longest, &mut |hash, _| {
                words.hashes.push(hash);
            });
            slots.fetch(words.hashes.iter().copied());
            let columns = words.hashes.iter().filter_map(|&hash| slots.column(hash));
            words.columns.extend(columns);
        }
        let alone = slots.column(hasher.finish());
        Word {
            stem: hasher,
            alone: alone.filter(|_| self.spec.word_ngrams > 0),
            grams: (start as u32, words.columns.len() as u32),
            met: (0, 0),
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

impl Occurrences {
    /// Column of the stem of a token, if it has one; none where the token was not looked up.
    pub(super) fn single(&self, token: usize) -> Option<Option<u32>> {
        let lang = self.tokens.lang?;
        let words = &self.words[lang as usize].of_word;
        let word = words.get(self.tokens.word(token) as usize)?;
        word.map(|word| word.alone)
    }
}

/// Hash of a stem as a term.
pub(super) fn stem_hash(stem: &str) -> u64 {
    hash_term(Block::Words as u8, stem)
}

impl WordTerms {
    /// Forgets all words where their numbers mean others.
    fn begin(&mut self, generation: u64) {
        if self.generation != generation {
            self.generation = generation;
            self.of_word.clear();
            self.columns.clear();
        }
    }

    /// Looks up what was found and hands over what has a column.
    fn add_found(&mut self, known: &mut Known, slots: Slots<'_>) {
        slots.fetch(self.found.iter().filter_map(|found| match found {
            Found::Hash(hash, _) => Some(*hash),
            Found::Column(..) => None,
        }));
        for found in self.found.drain(..) {
            match found {
                Found::Column(column, token) => known.add(column, token..token + 1),
                Found::Hash(hash, tokens) => {
                    if let Some(column) = slots.column(hash) {
                        known.add(column, tokens);
                    }
                }
            }
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
