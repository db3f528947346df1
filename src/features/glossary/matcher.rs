//! Finds concepts in text keys.
//!
//! One Aho-Corasick automaton over the first word of every form reads the keys once; a candidate is then checked word
//! by word: word boundaries, Arabic and Persian clitics and endings, prefix stars, the rest of a phrase. Of the forms
//! that begin at one word the longest phrase wins, then the longest form; hits do not overlap.

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
    /// Tokens it covers.
    pub tokens: Range<usize>,
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
struct FormWord {
    /// Text key; without its article unless `exact`.
    text: String,
    /// Any continuation fits.
    star: bool,
    /// Only this very key fits, article and clitics included.
    exact: bool,
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

#[derive(Debug)]
struct Form {
    concept: u32,
    lang: usize,
    words: Vec<FormWord>,
}

impl Form {
    /// More words first, then more bytes.
    fn length(&self) -> (usize, usize) {
        (
            self.words.len(),
            self.words.iter().map(|w| w.text.len()).sum(),
        )
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
                .entry(form.words[0].pattern(&affixes[form.lang]).to_owned())
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
        let (mut tokens, mut hits) = (TokenBuffer::default(), Vec::new());
        tokens.fill(analyzer, document.text, &document.kept, document.lang);
        self.find(&tokens, &mut String::new(), &mut hits);
        let place = |t: &Range<usize>| tokens.bytes(t.start).start..tokens.bytes(t.end - 1).end;
        hits.iter()
            .map(|hit| (hit.concept, place(&hit.tokens)))
            .collect()
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
        let mut best: Vec<Option<(usize, usize, u32)>> = vec![None; tokens.len()];
        for found in automaton.find_overlapping_iter(haystack.as_str()) {
            let token = starts.partition_point(|&s| s <= found.start()) - 1;
            if found.start() - starts[token] > MAX_PROCLITIC_BYTES {
                continue;
            }
            let fitting = self.by_pattern[found.pattern().as_usize()]
                .iter()
                .map(|&f| &self.forms[f as usize]);
            if let Some(form) = fitting
                .filter(|f| f.lang == lang)
                .find(|f| self.fits(f, tokens, token))
            {
                let (words, bytes) = form.length();
                if best[token].is_none_or(|(w, b, _)| (words, bytes) > (w, b)) {
                    best[token] = Some((words, bytes, form.concept));
                }
            }
        }
        keep_disjoint(&best, hits);
    }

    /// Checks every word of `form` against the tokens from `first` on.
    fn fits(&self, form: &Form, tokens: &TokenBuffer, first: usize) -> bool {
        let affixes = &self.affixes[form.lang];
        first + form.words.len() <= tokens.len()
            && (first..first + form.words.len() - 1).all(|i| tokens.adjacent(i))
            && form.words.iter().enumerate().all(|(w, word)| {
                !tokens.masked(first + w) && word.fits(affixes, tokens.key(first + w))
            })
    }
}

/// Longest run of Arabic proclitics in front of a form, in bytes: two letters of two bytes.
const MAX_PROCLITIC_BYTES: usize = 4;

/// Takes the best form of each token from left to right, skipping tokens already covered.
fn keep_disjoint(best: &[Option<(usize, usize, u32)>], hits: &mut Vec<Hit>) {
    let mut next = 0;
    for (token, found) in best.iter().enumerate() {
        if let Some((words, _, concept)) = *found
            && token >= next
        {
            next = token + words;
            hits.push(Hit {
                concept,
                tokens: token..next,
            });
        }
    }
}

fn compile_forms(glossary: &Glossary, analyzer: &Analyzer, affixes: &[Affixes; 6]) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut scratch = TokenKeys::default();
    for (concept, row) in glossary.concepts.iter().enumerate() {
        for (lang, cell) in row.forms.iter().enumerate() {
            for text in cell {
                let words = scratch.words(text, Lang::ALL[lang], analyzer, &affixes[lang]);
                if !words.is_empty() {
                    forms.push(Form {
                        concept: concept as u32,
                        lang,
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
