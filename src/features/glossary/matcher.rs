//! Finds concepts in text keys.
//!
//! One Aho-Corasick automaton over the first word of every form reads the keys once; a candidate is then checked word
//! by word: word boundaries, Arabic and Persian clitics and endings, prefix stars, the rest of a phrase. Of the forms
//! that begin at one word the longest phrase wins, then the longest form, then the exact one, then the one found
//! letter by letter, then the one without a star; hits do not overlap.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::features::Document;
use crate::features::tokens::TokenBuffer;
use crate::text::{Analyzer, Lang, Token};

use super::affixes::Affixes;
use super::{Concept, Glossary, GlossaryError};

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

/// The place of a form in a glossary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormId {
    /// Index of the concept.
    pub concept: u32,
    /// Index of the language in [`Lang::ALL`].
    pub lang: usize,
    /// Index of the form in its cell.
    pub form: usize,
}

/// Names of a count over many concepts.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) anywhere: String,
    pub(crate) in_lead: String,
}

fn aggregates(concept: &Concept) -> [Aggregate; 2] {
    let named = |name: String| Aggregate {
        in_lead: format!("{name}@lead"),
        anywhere: name,
    };
    [
        named(format!("subject:{}", concept.subject)),
        named(format!("kind:{}", concept.kind)),
    ]
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FormWord {
    /// Text key; without its article unless `exact`.
    pub(super) text: String,
    /// Any continuation fits.
    pub(super) star: bool,
    /// Only this very key fits, article and clitics included.
    pub(super) exact: bool,
}

impl FormWord {
    fn fits(&self, affixes: &Affixes, key: &str) -> bool {
        if self.exact {
            return self.text == key;
        }
        affixes.matches(&self.text, self.star, affixes.strip_article(key))
    }

    /// What every key that fits holds once its article is gone.
    fn pattern<'w>(&'w self, affixes: &Affixes) -> &'w str {
        if self.exact {
            affixes.strip_article(&self.text)
        } else {
            affixes.stem(&self.text)
        }
    }
}

/// What decides between two forms that fit at one word, the higher first: words, bytes, exact words, words found just
/// as the form has them, words without star.
type Rank = (u32, u32, u32, u32, u32);

#[derive(Debug)]
pub(super) struct Form {
    pub(super) id: FormId,
    pub(super) words: Vec<FormWord>,
}

impl Form {
    /// The rank at the tokens from `first` on, which it fits.
    fn rank(&self, affixes: &Affixes, tokens: &TokenBuffer, first: usize) -> Rank {
        let count = |of: &dyn Fn(usize, &FormWord) -> bool| {
            let words = self.words.iter().enumerate();
            words.filter(|(i, word)| of(*i, word)).count() as u32
        };
        let (words, bytes) = self.length();
        (
            words,
            bytes,
            count(&|_, word| word.exact),
            count(&|i, word| word.text == affixes.strip_article(tokens.key(first + i))),
            count(&|_, word| !word.star),
        )
    }

    /// Words, then bytes.
    fn length(&self) -> (u32, u32) {
        let bytes = self.words.iter().map(|w| w.text.len() as u32).sum();
        (self.words.len() as u32, bytes)
    }

    /// True where a word goes on as it likes that `other`, of as many words, has without star.
    pub(super) fn goes_on_where(&self, other: &Self) -> bool {
        let pairs = self.words.iter().zip(&other.words);
        pairs
            .into_iter()
            .any(|(own, other)| own.star && !other.star)
    }
}

/// A compiled glossary.
#[derive(Debug)]
pub struct Matcher {
    ids: Vec<String>,
    /// Whether hits of a concept become features: not those of stop words and agencies.
    features: Vec<bool>,
    /// Names of the subject and the kind of each concept as features.
    aggregates: Vec<[Aggregate; 2]>,
    forms: Vec<Form>,
    /// Forms of each pattern of the automaton, longest first.
    by_pattern: Vec<Vec<u32>>,
    automaton: Option<AhoCorasick>,
    affixes: [Affixes; 6],
}

impl Matcher {
    /// Compiles a glossary; forms become text keys by the same analyzer that will read the articles.
    ///
    /// # Errors
    /// When the automaton would be too large.
    pub fn new(glossary: &Glossary, analyzer: &Analyzer) -> Result<Self, GlossaryError> {
        let affixes = Lang::ALL.map(Affixes::new);
        let forms = compile_forms(glossary, analyzer, &affixes);
        let mut patterns: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (i, form) in forms.iter().enumerate() {
            patterns
                .entry(form.words[0].pattern(&affixes[form.id.lang]).to_owned())
                .or_default()
                .push(i as u32);
        }
        for ids in patterns.values_mut() {
            ids.sort_by_key(|&i| std::cmp::Reverse(forms[i as usize].length()));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(patterns.keys());
        let automaton = automaton.map_err(|e| GlossaryError::Compile(e.to_string()))?;
        Ok(Self {
            ids: glossary
                .concepts
                .iter()
                .map(|c| c.concept.clone())
                .collect(),
            features: glossary
                .concepts
                .iter()
                .map(|c| c.kind != "stop" && c.kind != "agency")
                .collect(),
            aggregates: glossary.concepts.iter().map(aggregates).collect(),
            automaton: (!patterns.is_empty()).then_some(automaton),
            by_pattern: patterns.into_values().collect(),
            forms,
            affixes,
        })
    }

    /// Where the form of a hit stands in the glossary.
    #[must_use]
    pub fn form(&self, form: u32) -> FormId {
        self.forms[form as usize].id
    }

    /// All compiled forms, in glossary order.
    pub(super) fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// Name of a concept.
    #[must_use]
    pub fn concept_id(&self, concept: u32) -> &str {
        &self.ids[concept as usize]
    }

    /// True where a concept is a feature. Stop words only keep other concepts from firing on them, and agencies would
    /// teach the outlet instead of the topic.
    pub(crate) fn is_feature(&self, concept: u32) -> bool {
        self.features[concept as usize]
    }

    /// The features a hit adds to beside its own: its subject and its kind.
    pub(crate) fn aggregates(&self, concept: u32) -> &[Aggregate; 2] {
        &self.aggregates[concept as usize]
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
        self.find(&tokens, &mut String::new(), &mut hits);
        (tokens, hits)
    }

    /// Fills `hits` with the concepts of a document, in text order. `haystack` is working space.
    pub(crate) fn find(&self, tokens: &TokenBuffer, haystack: &mut String, hits: &mut Vec<Hit>) {
        hits.clear();
        let Some(lang) = Lang::ALL.iter().position(|l| Some(*l) == tokens.lang) else {
            return;
        };
        let Some(automaton) = &self.automaton else {
            return;
        };
        haystack.clear();
        let mut starts = Vec::with_capacity(tokens.len());
        for i in 0..tokens.len() {
            haystack.push(' ');
            starts.push(haystack.len());
            if !tokens.masked(i) {
                haystack.push_str(self.affixes[lang].strip_article(tokens.key(i)));
            }
        }
        let mut best: Vec<Option<(Rank, u32)>> = vec![None; tokens.len()];
        for found in automaton.find_overlapping_iter(haystack.as_str()) {
            let token = starts.partition_point(|&s| s <= found.start()) - 1;
            if found.start() - starts[token] > MAX_PROCLITIC_BYTES {
                continue;
            }
            let fitting = self.by_pattern[found.pattern().as_usize()]
                .iter()
                .map(|&f| (f, &self.forms[f as usize]));
            let mut longest = None;
            for (index, form) in
                fitting.filter(|(_, form)| form.id.lang == lang && self.fits(form, tokens, token))
            {
                if longest.is_some_and(|length| form.length() < length) {
                    break;
                }
                longest = Some(form.length());
                let rank = form.rank(&self.affixes[lang], tokens, token);
                if best[token].is_none_or(|(other, _)| rank > other) {
                    best[token] = Some((rank, index));
                }
            }
        }
        self.keep_disjoint(&best, hits);
    }

    /// Takes the best form of each token from left to right, skipping tokens already covered.
    fn keep_disjoint(&self, best: &[Option<(Rank, u32)>], hits: &mut Vec<Hit>) {
        let mut next = 0;
        for (token, found) in best.iter().enumerate() {
            if let Some((_, index)) = *found
                && token >= next
            {
                let form = &self.forms[index as usize];
                next = token + form.words.len();
                hits.push(Hit {
                    concept: form.id.concept,
                    form: index,
                    tokens: token..next,
                });
            }
        }
    }

    /// Checks every word of `form` against the tokens from `first` on.
    fn fits(&self, form: &Form, tokens: &TokenBuffer, first: usize) -> bool {
        let affixes = &self.affixes[form.id.lang];
        first + form.words.len() <= tokens.len()
            && (first..first + form.words.len() - 1).all(|i| tokens.adjacent(i))
            && form.words.iter().enumerate().all(|(w, word)| {
                !tokens.masked(first + w) && word.fits(affixes, tokens.key(first + w))
            })
    }
}

/// Longest run of Arabic proclitics in front of a form, in bytes: two letters of two bytes.
const MAX_PROCLITIC_BYTES: usize = 4;

fn compile_forms(glossary: &Glossary, analyzer: &Analyzer, affixes: &[Affixes; 6]) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut scratch = TokenKeys::default();
    for (concept, row) in glossary.concepts.iter().enumerate() {
        for (lang, cell) in row.forms.iter().enumerate() {
            for (index, text) in cell.iter().enumerate() {
                let words = scratch.words(text, Lang::ALL[lang], analyzer, &affixes[lang]);
                if !words.is_empty() {
                    forms.push(Form {
                        id: FormId {
                            concept: concept as u32,
                            lang,
                            form: index,
                        },
                        words,
                    });
                }
            }
        }
    }
    forms
}

#[derive(Default)]
struct TokenKeys {
    scratch: crate::text::Scratch,
}

impl TokenKeys {
    /// Text keys of a form. The analyzer may join words (`علی اف`), so a key carries a star where the written word that
    /// ends at its end had one. A form that begins with `=` is exact.
    fn words(
        &mut self,
        form: &str,
        lang: Lang,
        analyzer: &Analyzer,
        affixes: &Affixes,
    ) -> Vec<FormWord> {
        let exact = form.starts_with('=');
        let form = form.trim_start_matches('=');
        let mut plain = String::with_capacity(form.len());
        let mut stars = Vec::new();
        for c in form.chars() {
            if c == '*' {
                stars.push(plain.len())
            } else {
                plain.push(c)
            }
        }
        let mut words = Vec::new();
        let all = 0..plain.len();
        analyzer.for_each_token(
            &plain,
            std::slice::from_ref(&all),
            lang,
            &mut self.scratch,
            &mut |token: Token<'_>| {
                let text = if exact {
                    token.key
                } else {
                    affixes.strip_article(token.key)
                };
                words.push(FormWord {
                    text: text.to_owned(),
                    star: stars.contains(&token.bytes.end),
                    exact,
                });
            },
        );
        words
    }
}
