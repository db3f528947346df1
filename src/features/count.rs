//! One document to counts of hashed terms.

use std::ops::Range;

use crate::text::{Analyzer, Lang};

use super::glossary::{Hit, Matcher, Openings};
use super::hash::TermHasher;
use super::known::Known;
use super::negation::Negation;
use super::tokens::TokenBuffer;
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

/// Says which number a term has: its column in prediction, in training the next free one where it is new.
pub(crate) trait Numbering {
    /// Number of a word, a character n-gram or a term of the glossary.
    fn term(&mut self, block: Block, hash: u64, text: &str) -> Option<u32>;

    /// Number of a word n-gram whose words but the last, and whose last word, have the numbers given.
    fn phrase(&mut self, hash: u64, beginning: Option<u32>, last: Option<u32>) -> Option<u32>;

    /// Terms that will be asked for next.
    fn fetch(&self, _hashes: impl Iterator<Item = u64>) {}
}

/// Takes a term of the glossary: its block, its text, the tokens it covers.
type GlossarySink<'s> = dyn FnMut(Block, &str, Range<usize>) + 's;

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

/// The terms of single words, by the number of the word: words repeat.
#[derive(Debug, Default)]
struct WordTerms {
    /// Of the numbers of words.
    generation: u64,
    of_word: Vec<Option<Word>>,
    /// Numbers of the character n-grams of all these words.
    grams: Vec<u32>,
    hashes: Vec<(u64, Range<usize>)>,
    found: Vec<Found>,
}

/// A word n-gram at some tokens.
#[derive(Debug)]
enum Found {
    /// A single word, by the number of its stem.
    Single(Option<u32>, usize),
    /// A longer one, to be looked up.
    Phrase(u64, Range<usize>),
}

#[derive(Debug, Clone, Copy)]
struct Word {
    /// The stem, as the beginning of a word n-gram.
    stem: TermHasher,
    /// Number of the stem alone.
    alone: Option<u32>,
    /// Where the numbers of its character n-grams stand.
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
    /// Tokenizes `document` and puts the terms that have a number into `seen.known`. `seen` must have served no other
    /// `numbering` in this language: it remembers the terms of words.
    pub(crate) fn terms(
        &self,
        document: &Document<'_>,
        seen: &mut Occurrences,
        numbering: &mut impl Numbering,
    ) {
        self.read(document, seen);
        let mut known = std::mem::take(&mut seen.known);
        known.begin();
        self.words(document.lang, seen, &mut known, numbering);
        self.glossary(seen, &mut |block, text, tokens| {
            let hash = self.spec.hashing.term(block, text);
            if let Some(number) = numbering.term(block, hash, text) {
                known.add(number, tokens);
            }
        });
        seen.known = known;
    }

    fn read(&self, document: &Document<'_>, seen: &mut Occurrences) {
        seen.tokens
            .fill(self.analyzer, document.text, &document.kept, document.lang);
    }

    fn glossary(&self, seen: &mut Occurrences, sink: &mut GlossarySink<'_>) {
        self.matcher
            .find(&seen.tokens, &mut seen.openings, &mut seen.hits);
        self.concepts(&seen.hits, sink);
        self.evaluations(&seen.tokens, &seen.hits, sink);
    }

    /// Word and character n-grams; every word is cut and looked up once.
    fn words(
        &self,
        lang: Lang,
        seen: &mut Occurrences,
        known: &mut Known,
        numbering: &mut impl Numbering,
    ) {
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
                    let word = self.look(tokens.key(i), tokens.stem(i), words, padded, numbering);
                    *words.of_word[number].insert(word)
                }
            };
            words.found.push(Found::Single(word.alone, i));
            self.phrases(word.stem, i, tokens, &mut words.found);
        }
        words.add_found(tokens, known, numbering);
        for i in shown() {
            if let Some(word) = &mut words.of_word[tokens.word(i) as usize] {
                let grams = word.grams.0 as usize..word.grams.1 as usize;
                word.met = known.add_all(word.met, &words.grams[grams], i..i + 1);
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
            found.push(Found::Phrase(hasher.finish(), first..last + 1));
        }
    }

    /// Looks at a word for the first time.
    fn look(
        &self,
        key: &str,
        stem: &str,
        words: &mut WordTerms,
        padded: &mut String,
        numbering: &mut impl Numbering,
    ) -> Word {
        let mut hasher = self.spec.hashing.begin(Block::Words);
        hasher.write(stem.as_bytes());
        let (start, (shortest, longest)) = (words.grams.len(), self.spec.char_ngrams);
        if longest > 0 {
            pad(padded, key);
            words.hashes.clear();
            let begin = self.spec.hashing.begin(Block::Characters);
            char_ngrams(begin, padded, (shortest, longest), &mut |hash, gram| {
                words.hashes.push((hash, gram));
            });
            numbering.fetch(words.hashes.iter().map(|(hash, _)| *hash));
            let number = |(hash, gram): (u64, Range<usize>)| {
                numbering.term(Block::Characters, hash, &padded[gram])
            };
            words
                .grams
                .extend(words.hashes.drain(..).filter_map(number));
        }
        let alone = || numbering.term(Block::Words, hasher.finish(), stem);
        Word {
            stem: hasher,
            alone: (self.spec.word_ngrams > 0).then(alone).flatten(),
            grams: (start as u32, words.grams.len() as u32),
            met: (0, 0),
        }
    }

    fn concepts(&self, hits: &[Hit], sink: &mut GlossarySink<'_>) {
        let mut give = |block: Block, term: &str, hit: &Hit| sink(block, term, hit.tokens.clone());
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
    fn evaluations(&self, tokens: &TokenBuffer, hits: &[Hit], sink: &mut GlossarySink<'_>) {
        for hit in hits {
            let [_, kind] = self.matcher.aggregates(hit.concept);
            if !kind.anywhere.starts_with("kind:stance_") {
                continue;
            }
            let mut give = |suffix: &str| {
                let term = format!("{}{suffix}", kind.anywhere);
                sink(Block::Subjects, &term, hit.tokens.clone());
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

impl WordTerms {
    /// Forgets all words where their numbers mean others.
    fn begin(&mut self, generation: u64) {
        if self.generation != generation {
            self.generation = generation;
            self.of_word.clear();
            self.grams.clear();
        }
    }

    /// Looks up what was found and hands over what has a number.
    fn add_found(
        &mut self,
        tokens: &TokenBuffer,
        known: &mut Known,
        numbering: &mut impl Numbering,
    ) {
        numbering.fetch(self.found.iter().filter_map(|found| match found {
            Found::Phrase(hash, _) => Some(*hash),
            Found::Single(..) => None,
        }));
        // A phrase stands right after the one that lacks its last word.
        let mut beginning = None;
        for found in self.found.drain(..) {
            let (number, at) = match found {
                Found::Single(number, token) => (number, token..token + 1),
                Found::Phrase(hash, at) => {
                    let last = self.of_word[tokens.word(at.end - 1) as usize];
                    let last = last.and_then(|word| word.alone);
                    (numbering.phrase(hash, beginning, last), at)
                }
            };
            beginning = number;
            if let Some(number) = number {
                known.add(number, at);
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
fn char_ngrams(
    begin: TermHasher,
    padded: &str,
    (shortest, longest): (usize, usize),
    sink: &mut dyn FnMut(u64, Range<usize>),
) {
    let mut given = false;
    for (start, _) in padded.char_indices() {
        let mut hasher = begin;
        for (n, (offset, c)) in padded[start..].char_indices().take(longest).enumerate() {
            let end = start + offset + c.len_utf8();
            hasher.write(&padded.as_bytes()[start + offset..end]);
            if n + 1 >= shortest {
                sink(hasher.finish(), start..end);
                given = true;
            }
        }
    }
    if !given {
        let mut whole = begin;
        whole.write(padded.as_bytes());
        sink(whole.finish(), 0..padded.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Hashing;

    fn grams(padded: &str) -> Vec<String> {
        let mut grams = Vec::new();
        let begin = Hashing::Apart.begin(Block::Characters);
        char_ngrams(begin, padded, (3, 5), &mut |hash, gram| {
            let gram = &padded[gram];
            assert_eq!(hash, Hashing::Apart.term(Block::Characters, gram));
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
