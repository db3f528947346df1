//! Finds concepts in text keys.
//!
//! One walk down a trie of the first words of all forms reads a word once; what it meets is then checked word by word:
//! word boundaries, Arabic and Persian clitics and endings, prefix stars, the rest of a phrase. Of the forms that begin
//! at one word the longest phrase wins, then the longest form, then the exact one, then the one found letter by letter,
//! then the one without a star; hits do not overlap.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::features::Document;
use crate::features::tokens::TokenBuffer;
use crate::text::{Analyzer, Lang};

use super::Glossary;
use super::affixes::Affixes;
use super::compiled::Compiled;
use super::form::{Form, FormId};
use super::trie::Walks;

/// A concept found in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index of the concept in the glossary.
    pub concept: u32,
    /// Index of the form among the compiled ones; see [`Matcher::form`].
    pub form: u32,
    /// Tokens it covers.
    pub tokens: Range<usize>,
}

/// Names of a count over many concepts.
#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    pub(crate) anywhere: String,
    pub(crate) in_lead: String,
}

/// What decides between two forms that fit at one word, the higher first: words, bytes, exact words, words found just
/// as the form has them, words without star.
type Rank = (u32, u32, u32, u32, u32);

/// A compiled glossary and what may surround its forms.
#[derive(Debug)]
pub struct Matcher {
    compiled: Compiled,
    affixes: [Affixes; 6],
    /// Whether hits of a concept become features: not those of stop words and agencies.
    features: Vec<bool>,
    /// Names of all subjects and kinds as features.
    aggregates: Vec<Aggregate>,
    /// Subject and kind of each concept among `aggregates`.
    aggregates_of: Vec<[u32; 2]>,
}

impl Matcher {
    /// Compiles a glossary; forms become text keys by the same analyzer that will read the articles. `affixes` is a
    /// table as `data/affixes.csv`.
    #[must_use]
    pub fn new(glossary: &Glossary, analyzer: &Analyzer, affixes: &str) -> Self {
        let lists = Lang::ALL.map(|lang| Affixes::new(affixes, lang));
        Self::of(Compiled::new(glossary, analyzer, &lists), affixes)
    }

    /// The same with the forms at hand.
    pub(super) fn of_forms(glossary: &Glossary, forms: &[Form], affixes: &str) -> Self {
        let lists = Lang::ALL.map(|lang| Affixes::new(affixes, lang));
        Self::of(Compiled::of_forms(glossary, forms, &lists), affixes)
    }

    /// A matcher of a glossary compiled earlier with the same affixes; it must be without [`Compiled::fault`].
    pub(crate) fn of(compiled: Compiled, affixes: &str) -> Self {
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut number = |name: String| {
            let next = numbers.len() as u32;
            *numbers.entry(name).or_insert(next)
        };
        let concepts = 0..compiled.n_concepts() as u32;
        let of_concept = |c: u32| {
            let subject = number(format!("subject:{}", compiled.subject(c)));
            [subject, number(format!("kind:{}", compiled.kind(c)))]
        };
        let aggregates_of: Vec<[u32; 2]> = concepts.clone().map(of_concept).collect();
        let mut named: Vec<(String, u32)> = numbers.into_iter().collect();
        named.sort_unstable_by_key(|(_, number)| *number);
        let aggregate = |(anywhere, _): (String, u32)| Aggregate {
            in_lead: format!("{anywhere}@lead"),
            anywhere,
        };
        Self {
            features: concepts
                .map(|c| !matches!(compiled.kind(c), "stop" | "agency"))
                .collect(),
            aggregates: named.into_iter().map(aggregate).collect(),
            aggregates_of,
            affixes: Lang::ALL.map(|lang| Affixes::new(affixes, lang)),
            compiled,
        }
    }

    /// The arrays, for the model file.
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The glossary it was compiled from.
    #[must_use]
    pub fn glossary(&self) -> Glossary {
        self.compiled.glossary()
    }

    /// Where the form of a hit stands in the glossary.
    #[must_use]
    pub fn form(&self, form: u32) -> FormId {
        self.compiled.id(form)
    }

    /// Name of a concept.
    #[must_use]
    pub fn concept_id(&self, concept: u32) -> &str {
        self.compiled.name(concept)
    }

    /// Meaning of the concept of this name in English, as the glossary has it.
    #[must_use]
    pub fn gloss(&self, name: &str) -> Option<&str> {
        let mut concepts = 0..self.compiled.n_concepts() as u32;
        let concept = concepts.find(|&c| self.compiled.name(c) == name)?;
        Some(self.compiled.gloss(concept))
    }

    /// True where a concept is a feature. Stop words only keep other concepts from firing on them, and agencies would
    /// teach the outlet instead of the topic.
    pub(crate) fn is_feature(&self, concept: u32) -> bool {
        self.features[concept as usize]
    }

    /// The features a hit adds to beside its own: its subject and its kind.
    pub(crate) fn aggregates(&self, concept: u32) -> [&Aggregate; 2] {
        self.aggregates_of[concept as usize].map(|number| &self.aggregates[number as usize])
    }

    /// The concepts of a document with their places in the text.
    #[must_use]
    pub fn hits(&self, analyzer: &Analyzer, document: &Document<'_>) -> Vec<(u32, Range<usize>)> {
        let (tokens, hits) = self.read(analyzer, document);
        let place = |t: &Range<usize>| tokens.bytes(t.start).start..tokens.bytes(t.end - 1).end;
        hits.iter()
            .map(|hit| (hit.concept, place(&hit.tokens)))
            .collect()
    }

    /// The distinct forms that fire in a document, in glossary order.
    #[must_use]
    pub fn forms_in(&self, analyzer: &Analyzer, document: &Document<'_>) -> Vec<FormId> {
        let (_, hits) = self.read(analyzer, document);
        let mut forms: Vec<FormId> = hits.iter().map(|hit| self.form(hit.form)).collect();
        forms.sort_unstable();
        forms.dedup();
        forms
    }

    fn read(&self, analyzer: &Analyzer, document: &Document<'_>) -> (TokenBuffer, Vec<Hit>) {
        let (mut tokens, mut hits) = (TokenBuffer::default(), Vec::new());
        tokens.fill(analyzer, document.text, &document.kept, document.lang);
        self.find(&tokens, &mut hits);
        (tokens, hits)
    }

    /// Fills `hits` with the concepts of a document, in text order: from left to right the best form of each token that
    /// no hit covers yet.
    pub(crate) fn find(&self, tokens: &TokenBuffer, hits: &mut Vec<Hit>) {
        hits.clear();
        let Some(lang) = Lang::ALL.iter().position(|l| Some(*l) == tokens.lang) else {
            return;
        };
        let walks = self.compiled.trie.walks();
        let mut next = 0;
        while next < tokens.len() {
            let (token, best) = (next, self.best(walks, tokens, next, lang));
            next += 1;
            if let Some((_, form)) = best {
                next = token + self.compiled.words(form).len();
                hits.push(Hit {
                    concept: self.compiled.id(form).concept,
                    form,
                    tokens: token..next,
                });
            }
        }
    }

    /// The best form that begins at a token. A form begins where the article ends, or behind a proclitic.
    fn best(
        &self,
        walks: Walks<'_>,
        tokens: &TokenBuffer,
        token: usize,
        lang: usize,
    ) -> Option<(Rank, u32)> {
        if tokens.masked(token) {
            return None;
        }
        let affixes = &self.affixes[lang];
        let word = affixes.strip_article(tokens.key(token));
        let mut best = None;
        for start in std::iter::once(word).chain(affixes.behind_proclitics(word)) {
            walks.prefixes(lang, start, |forms| {
                self.longest(forms, tokens, token, lang, &mut best);
            });
        }
        best
    }

    /// Puts the best of the longest forms that fit into `best`; `forms` are those of one pattern, longest first.
    fn longest(
        &self,
        forms: &[u32],
        tokens: &TokenBuffer,
        token: usize,
        lang: usize,
        best: &mut Option<(Rank, u32)>,
    ) {
        let mut longest = None;
        for &form in forms
            .iter()
            .filter(|&&form| self.fits(form, tokens, token, lang))
        {
            let length = (self.compiled.words(form).len(), self.compiled.bytes(form));
            if longest.is_some_and(|longest| length < longest) {
                break;
            }
            longest = Some(length);
            let rank = self.rank(form, tokens, token, lang);
            if best.is_none_or(|(other, _)| rank > other) {
                *best = Some((rank, form));
            }
        }
    }

    /// Checks every word of `form` against the tokens from `first` on.
    fn fits(&self, form: u32, tokens: &TokenBuffer, first: usize, lang: usize) -> bool {
        let (affixes, words) = (&self.affixes[lang], self.compiled.words(form));
        first + words.len() <= tokens.len()
            && (first..first + words.len() - 1).all(|i| tokens.adjacent(i))
            && (first..).zip(words).all(|(token, word)| {
                !tokens.masked(token) && self.compiled.word(word).fits(affixes, tokens.key(token))
            })
    }

    /// The rank of a form at the tokens from `first` on, which it fits.
    fn rank(&self, form: u32, tokens: &TokenBuffer, first: usize, lang: usize) -> Rank {
        let (affixes, words) = (&self.affixes[lang], self.compiled.words(form));
        let mut rank = (words.len() as u32, self.compiled.bytes(form), 0, 0, 0);
        for (token, word) in (first..).zip(words) {
            let word = self.compiled.word(word);
            rank.2 += u32::from(word.exact);
            rank.3 += u32::from(word.text == affixes.strip_article(tokens.key(token)));
            rank.4 += u32::from(!word.star);
        }
        rank
    }
}
