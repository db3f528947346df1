//! Finds concepts in text keys.
//!
//! One walk down a trie of the first words of all forms reads a word once; what it meets is then checked word by word:
//! word boundaries, Arabic and Persian clitics and endings, prefix stars, the rest of a phrase. Of the forms that begin
//! at one word the longest phrase wins, then the longest form, then the exact one, then the one found letter by letter,
//! then the one without a star; hits do not overlap.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::features::Document;
use crate::features::tokens::TokenBuffer;
use crate::text::{Analyzer, Lang};

use super::Glossary;
use super::affixes::Affixes;
use super::compiled::Compiled;
use super::form::{Form, FormId};

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

/// The forms whose first word fits a word met before, by language: words repeat, and most begin nothing.
#[derive(Debug, Default)]
pub(crate) struct Openings([OpeningsOf; 6]);

#[derive(Debug, Default)]
struct OpeningsOf {
    /// Of the numbers of words.
    generation: u64,
    /// Where the forms of each word stand in `forms`, longest first; none for a word not looked at yet.
    of_word: Vec<Option<(u32, u32)>>,
    forms: Vec<Opening>,
}

/// A form whose first word fits.
#[derive(Debug, Clone, Copy)]
struct Opening {
    form: u32,
    /// Rank as far as the first word says.
    rank: Rank,
    /// The first two bytes of its second word, where it has them.
    head: Option<[u8; 2]>,
}

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
        self.find(&tokens, &mut Openings::default(), &mut hits);
        (tokens, hits)
    }

    /// Fills `hits` with the concepts of a document, in text order: from left to right the best form of each token that
    /// no hit covers yet. `openings` must have served no other glossary.
    pub(crate) fn find(&self, tokens: &TokenBuffer, openings: &mut Openings, hits: &mut Vec<Hit>) {
        hits.clear();
        let Some(lang) = Lang::ALL.iter().position(|l| Some(*l) == tokens.lang) else {
            return;
        };
        let openings = &mut openings.0[lang];
        openings.begin(tokens.generation());
        let (mut next, mut heads) = (0, Vec::new());
        while next < tokens.len() {
            let token = next;
            next += 1;
            if tokens.masked(token) {
                continue;
            }
            let forms = openings.of(tokens.word(token), |forms| {
                self.begin_with(tokens.key(token), lang, forms);
            });
            if let Some(form) = self.best(forms, tokens, token, lang, &mut heads) {
                next = token + self.compiled.words(form).len();
                hits.push(Hit {
                    concept: self.compiled.id(form).concept,
                    form,
                    tokens: token..next,
                });
            }
        }
    }

    /// Adds the forms whose first word fits `key` to `found`, the longest first. A form begins where the article ends, or
    /// behind a proclitic.
    fn begin_with(&self, key: &str, lang: usize, found: &mut Vec<Opening>) {
        let (affixes, walks) = (&self.affixes[lang], self.compiled.trie.walks());
        let (first, word) = (found.len(), affixes.strip_article(key));
        let words = self.compiled.first_words();
        for start in std::iter::once(word).chain(affixes.behind_proclitics(word)) {
            walks.prefixes(lang, start, |forms| {
                // Many phrases begin with the same word.
                let mut before = None;
                for &form in forms {
                    let own = words.of(form);
                    let fits = match before {
                        Some((other, fits)) if other == words.key(own) => fits,
                        _ => self.compiled.word(own).fits(affixes, key),
                    };
                    before = Some((words.key(own), fits));
                    if fits {
                        found.push(self.opening(form, word));
                    }
                }
            });
        }
        found[first..].sort_by_key(|opening| Reverse((opening.rank.0, opening.rank.1)));
    }

    /// A form whose first word fits `word`, which has lost its article.
    fn opening(&self, form: u32, word: &str) -> Opening {
        let words = self.compiled.words(form);
        let rank = (words.len() as u32, self.compiled.bytes(form), 0, 0, 0);
        let second = (words.len() > 1).then_some(words.start + 1);
        Opening {
            form,
            rank: self.ranked(rank, words.start, word),
            head: second.and_then(|second| self.compiled.head(second)),
        }
    }

    /// `rank` with what a word of a form adds to it where it meets `key`, which has lost its article.
    fn ranked(&self, rank: Rank, word: usize, key: &str) -> Rank {
        let word = self.compiled.word(word);
        let (exact, same, whole) = (word.exact, word.text == key, !word.star);
        (
            rank.0,
            rank.1,
            rank.2 + u32::from(exact),
            rank.3 + u32::from(same),
            rank.4 + u32::from(whole),
        )
    }

    /// The best of the forms that fit at a token; `openings` are those whose first word does, longest first. `heads` is working
    /// space.
    fn best(
        &self,
        openings: &[Opening],
        tokens: &TokenBuffer,
        token: usize,
        lang: usize,
        heads: &mut Vec<[u8; 2]>,
    ) -> Option<u32> {
        let mut best: Option<(Rank, u32)> = None;
        let mut looked = false;
        for opening in openings {
            let (rank, form) = (opening.rank, opening.form);
            if best.is_some_and(|(best, _)| (rank.0, rank.1) < (best.0, best.1)) {
                break;
            }
            if let Some(head) = &opening.head {
                if !looked {
                    self.heads(tokens, token + 1, lang, heads);
                    looked = true;
                }
                if !heads.contains(head) {
                    continue;
                }
            }
            let rank = match rank.0 {
                1 => Some(rank),
                _ => self.goes_on(opening, tokens, token, lang),
            };
            if let Some(rank) = rank.filter(|rank| best.is_none_or(|(other, _)| *rank > other)) {
                best = Some((rank, form));
            }
        }
        best.map(|(_, form)| form)
    }

    /// Fills `heads` with the first two bytes of everything a word of a form may meet in a token: the whole, what its article
    /// leaves, what stands behind its proclitics. None where no phrase goes on there.
    fn heads(&self, tokens: &TokenBuffer, token: usize, lang: usize, heads: &mut Vec<[u8; 2]>) {
        heads.clear();
        if token >= tokens.len() || !tokens.adjacent(token - 1) {
            return;
        }
        let (affixes, key) = (&self.affixes[lang], tokens.key(token));
        let word = affixes.strip_article(key);
        let starts = [key, word].into_iter();
        let starts = starts.chain(affixes.behind_proclitics(word));
        heads.extend(starts.filter_map(|start| start.as_bytes().first_chunk().copied()));
    }

    /// Checks the words of a form behind its first against the tokens behind `first`; its rank where they fit.
    fn goes_on(
        &self,
        opening: &Opening,
        tokens: &TokenBuffer,
        first: usize,
        lang: usize,
    ) -> Option<Rank> {
        let (affixes, words) = (&self.affixes[lang], self.compiled.words(opening.form));
        let mut rank = opening.rank;
        for (token, word) in (first..).zip(words).skip(1) {
            let fits = token < tokens.len()
                && tokens.adjacent(token - 1)
                && self.compiled.word(word).fits(affixes, tokens.key(token));
            if !fits {
                return None;
            }
            rank = self.ranked(rank, word, affixes.strip_article(tokens.key(token)));
        }
        Some(rank)
    }
}

impl OpeningsOf {
    /// Forgets all words where their numbers mean others.
    fn begin(&mut self, generation: u64) {
        if self.generation != generation {
            self.generation = generation;
            self.of_word.clear();
            self.forms.clear();
        }
    }

    /// The forms of a word; `look` finds those of one not looked at yet.
    fn of(&mut self, word: u32, look: impl FnOnce(&mut Vec<Opening>)) -> &[Opening] {
        let word = word as usize;
        if self.of_word.len() <= word {
            self.of_word.resize(word + 1, None);
        }
        let (start, end) = *self.of_word[word].get_or_insert_with(|| {
            let start = self.forms.len() as u32;
            look(&mut self.forms);
            (start, self.forms.len() as u32)
        });
        &self.forms[start as usize..end as usize]
    }
}
