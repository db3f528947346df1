//! Counts to TF-IDF rows.
//!
//! A value is `tf(t, d) * idf(t)`, each block divided by its own L2 norm. For words and characters
//! `tf = 1 + ln(count)` (sublinear), for concepts `tf = ln(1 + count)`; `idf = ln((1 + n) / (1 + df)) + 1` with the n
//! and df of the training articles (smooth idf as in scikit-learn; Manning, Raghavan, Schuetze, "Introduction to
//! Information Retrieval", 2008, section 6.2). Subjects and kinds stand in nearly every article and have no idf
//! (`docs/benchmarks.md`, "Weights of concepts"). idf is frozen at fit: a row never depends on its batch.

use std::ops::Range;
use std::sync::LazyLock;

use linfa::ParamGuard;
use linfa::dataset::{DatasetBase, Records};
use linfa::traits::{Fit, Transformer};
use rayon::prelude::*;

use crate::mapped::Array;
use crate::text::Analyzer;

use super::count::{Counter, Document, Occurrences};
use super::negation::Negation;
use super::terms::{Terms, frequent};
use super::tokens::TokenBuffer;
use super::{Block, FeatureError, FeatureSpec, Matcher, SparseRows, Vocabulary};

/// Documents as linfa records; n_features is 0, for they have none before they are featurized.
#[derive(Debug)]
pub struct Documents<'d, 't>(pub &'d [Document<'t>]);

impl Records for Documents<'_, '_> {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.0.len()
    }

    fn nfeatures(&self) -> usize {
        0
    }
}

/// Settings checked by [`ParamGuard`].
#[derive(Debug)]
pub struct TfIdfValidParams {
    spec: FeatureSpec,
    analyzer: Analyzer,
    matcher: Matcher,
    negation: Negation,
}

/// Settings as given.
#[derive(Debug)]
pub struct TfIdfParams(TfIdfValidParams);

impl TfIdfParams {
    /// Settings of the featurizer, with the text path and the glossary it uses.
    #[must_use]
    pub fn new(spec: FeatureSpec, analyzer: Analyzer, matcher: Matcher) -> Self {
        Self(TfIdfValidParams {
            negation: Negation::new(&spec.tables.negation, &analyzer),
            spec,
            analyzer,
            matcher,
        })
    }
}

impl ParamGuard for TfIdfParams {
    type Checked = TfIdfValidParams;
    type Error = FeatureError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let (shortest, longest) = self.0.spec.char_ngrams;
        if self.0.spec.word_ngrams > 5
            || longest > 8
            || shortest > longest
            || (longest > 0 && shortest == 0)
        {
            let message = "word n-grams go up to 5, character n-grams from 1 up to 8".to_owned();
            return Err(FeatureError::Setting(message));
        }
        if self.0.spec.min_df == 0 {
            return Err(FeatureError::Setting("min_df starts at 1".to_owned()));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Term counts of documents over a vocabulary; the raw material of every fold.
#[derive(Debug, Clone, PartialEq)]
pub struct CountRows {
    /// One a document, columns ascending.
    rows: Vec<Counts>,
}

/// `(term, count)` of one document, by the number of the term.
type Counts = Vec<(u32, u32)>;

/// Parts of the documents counted apart, for each thread: more of them share the work better, and meet more terms twice.
const PARTS: usize = 4;

/// Inverse document frequencies of every column, length n_features.
#[derive(Debug, Clone, PartialEq)]
pub struct Idf(pub(crate) Array<f32>);

impl Idf {
    /// One value a column.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// The values of the columns `kept`, one after the other.
    pub(crate) fn keep(&self, kept: &[u32]) -> Self {
        let values = kept.iter().map(|&column| self.0[column as usize]);
        Self(values.collect::<Vec<f32>>().into())
    }

    /// The same with 0 for all columns but `kept`, so that no other weighs anything.
    pub(crate) fn only(&self, kept: &[u32]) -> Self {
        let mut values = vec![0.0; self.0.len()];
        for &column in kept {
            values[column as usize] = self.0[column as usize];
        }
        Self(values.into())
    }
}

impl CountRows {
    /// Number of documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without documents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Counts of the columns `kept` alone, ascending; they are numbered anew.
    pub(crate) fn keep(&self, kept: &[u32]) -> Self {
        let number = |column: &u32| Some(kept.binary_search(column).ok()? as u32);
        let keep = |row: &Vec<(u32, u32)>| {
            let cells = row.iter();
            let cells = cells.filter_map(|(column, count)| Some((number(column)?, *count)));
            cells.collect()
        };
        Self {
            rows: self.rows.par_iter().map(keep).collect(),
        }
    }

    /// idf over the documents at `indices` only, 1 for subjects and kinds; a column that none of them holds gets 0, so
    /// it weighs nothing.
    #[must_use]
    pub fn idf(&self, indices: &[usize], vocabulary: &Vocabulary) -> Idf {
        let mut df = vec![0_u32; vocabulary.n_features()];
        for &i in indices {
            self.rows[i]
                .iter()
                .for_each(|(column, _)| df[*column as usize] += 1);
        }
        let n = indices.len() as f64;
        let idf = |(column, df)| match (df, vocabulary.block(column)) {
            (0, _) => 0.0,
            (_, Block::Subjects) => 1.0,
            (df, _) => smooth_idf(f64::from(df), n),
        };
        Idf((0_u32..).zip(df).map(idf).collect::<Vec<f32>>().into())
    }

    /// TF-IDF rows of the documents at `indices`, every block of unit norm.
    #[must_use]
    pub fn weigh(&self, indices: &[usize], vocabulary: &Vocabulary, idf: &Idf) -> SparseRows {
        let rows: Vec<Vec<(u32, f32)>> = indices
            .par_iter()
            .map(|&i| weigh_row(&self.rows[i], vocabulary, idf))
            .collect();
        SparseRows::from_rows(vocabulary.n_features(), &rows)
    }
}

/// idf of a term in `df` of `n` documents, as if one more document held every term.
fn smooth_idf(df: f64, n: f64) -> f32 {
    (((1.0 + n) / (1.0 + df)).ln() + 1.0) as f32
}

/// Brings the log counts of an article of ordinary length to about unit norm.
const SUBJECT_SCALE: f32 = 0.2;

fn weigh_row(counts: &[(u32, u32)], vocabulary: &Vocabulary, idf: &Idf) -> Vec<(u32, f32)> {
    let mut row = Vec::with_capacity(counts.len());
    let idf = idf.values();
    let mut rest = counts;
    for block in Block::ALL {
        let end = vocabulary.columns(block).end;
        let (own, others) = rest.split_at(rest.partition_point(|(column, _)| *column < end));
        rest = others;
        let first = row.len();
        for &(column, count) in own {
            let value = term_frequency(block, count) * idf[column as usize];
            if value > 0.0 {
                row.push((column, value));
            }
        }
        if block == Block::Subjects {
            // Not normalised: one subject's hits must not hide another's in an article with two topics.
            row[first..]
                .iter_mut()
                .for_each(|(_, value)| *value *= SUBJECT_SCALE);
        } else {
            normalize(&mut row[first..]);
        }
    }
    row
}

/// Counts up to here have their logarithms at hand: nearly all.
const SMALL: usize = 64;

fn term_frequency(block: Block, count: u32) -> f32 {
    static NGRAMS: LazyLock<[f32; SMALL]> = LazyLock::new(|| std::array::from_fn(sublinear));
    match block {
        Block::Words | Block::Characters => {
            let count = count as usize;
            let known = NGRAMS.get(count).copied();
            known.unwrap_or_else(|| sublinear(count))
        }
        Block::Concepts | Block::LeadConcepts | Block::Subjects => (count as f32).ln_1p(),
    }
}

fn sublinear(count: usize) -> f32 {
    1.0 + (count as f32).ln()
}

fn normalize(values: &mut [(u32, f32)]) {
    let norm = values
        .iter()
        .map(|(_, v)| f64::from(*v) * f64::from(*v))
        .sum::<f64>()
        .sqrt() as f32;
    if norm > 0.0 {
        values.iter_mut().for_each(|(_, v)| *v /= norm);
    }
}

impl TfIdfValidParams {
    /// The tokenizer.
    pub(crate) fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    fn counter(&self) -> Counter<'_> {
        Counter {
            spec: &self.spec,
            analyzer: &self.analyzer,
            matcher: &self.matcher,
            negation: &self.negation,
        }
    }

    /// Reads every document once: the vocabulary of all terms that are frequent enough, and the counts over it.
    ///
    /// # Errors
    /// When no word or character n-gram is frequent enough.
    pub fn count(
        &self,
        documents: &[Document<'_>],
    ) -> Result<(Vocabulary, CountRows), FeatureError> {
        self.count_with(documents, documents.len())
    }

    /// The same where the documents from `n_articles` on are descriptions of labels: each of their words is in the vocabulary,
    /// whether or not an article has it.
    pub(crate) fn count_with(
        &self,
        documents: &[Document<'_>],
        n_articles: usize,
    ) -> Result<(Vocabulary, CountRows), FeatureError> {
        let n_parts = PARTS * rayon::current_num_threads();
        let size = documents.len().div_ceil(n_parts).max(1);
        let of_part = |(i, documents): (usize, _)| self.count_part(documents, i * size, n_articles);
        let parts = documents.par_chunks(size).enumerate().map(of_part);
        let (terms, counts): (Vec<Terms>, Vec<Vec<Counts>>) = parts.unzip();
        let kept = frequent(&terms.iter().collect::<Vec<_>>(), self.spec.min_df);
        let vocabulary = self.vocabulary(&kept, documents.len())?;
        let rows = terms.into_par_iter().zip(counts);
        let rows = rows.flat_map_iter(|(terms, counts)| {
            let columns = terms.columns(&vocabulary);
            let row = move |counts: Counts| to_columns(&counts, &columns);
            counts.into_iter().map(row)
        });
        let rows = rows.collect();
        Ok((vocabulary, CountRows { rows }))
    }

    /// Terms of the documents of a part, the first of which is number `first`, and how often each document holds them.
    fn count_part(
        &self,
        documents: &[Document<'_>],
        first: usize,
        n_articles: usize,
    ) -> (Terms, Vec<Counts>) {
        let (mut seen, mut terms) = (Occurrences::default(), Terms::default());
        let count = |(i, document)| {
            self.counter().terms(document, &mut seen, &mut terms);
            seen.known.count(terms.len());
            terms.counted(&seen.known.counts, i < n_articles);
            seen.known.counts.clone()
        };
        let counts = (first..).zip(documents).map(count).collect();
        (terms, counts)
    }

    /// The vocabulary of the terms `kept`, by block.
    fn vocabulary(
        &self,
        kept: &[Vec<Box<str>>],
        n_documents: usize,
    ) -> Result<Vocabulary, FeatureError> {
        match kept.iter().map(Vec::len).sum::<usize>() {
            0 => Err(FeatureError::EmptyVocabulary {
                n_documents,
                min_df: self.spec.min_df,
            }),
            n if n > u32::MAX as usize / 4 => Err(FeatureError::TooManyTerms),
            _ => Ok(Vocabulary::new(self.spec.hashing, kept)),
        }
    }

    /// A featurizer with the vocabulary and idf given, fitted elsewhere or read from a model file.
    #[must_use]
    pub fn with_vocabulary(self, vocabulary: Vocabulary, idf: Idf) -> TfIdf {
        TfIdf {
            params: self,
            vocabulary,
            idf,
        }
    }

    /// Learns vocabulary and idf and weighs the same documents, reading the text once.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn fit_transform(
        self,
        documents: &[Document<'_>],
    ) -> Result<(TfIdf, SparseRows), FeatureError> {
        let (vocabulary, counts) = self.count(documents)?;
        let all: Vec<usize> = (0..documents.len()).collect();
        let idf = counts.idf(&all, &vocabulary);
        let rows = counts.weigh(&all, &vocabulary, &idf);
        Ok((self.with_vocabulary(vocabulary, idf), rows))
    }
}

/// Counts over `columns`, ascending.
fn to_columns(counts: &[(u32, u32)], columns: &[Option<u32>]) -> Counts {
    let cells = counts.iter();
    let cells = cells.filter_map(|(number, n)| Some((columns[*number as usize]?, *n)));
    let mut row: Counts = cells.collect();
    row.sort_unstable();
    row
}

/// A fitted featurizer: text to rows of shape (n_samples, n_features).
#[derive(Debug)]
pub struct TfIdf {
    params: TfIdfValidParams,
    vocabulary: Vocabulary,
    idf: Idf,
}

/// What the words of an article say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wording {
    /// Words that count.
    pub(crate) words: u32,
    /// Those that training does not know.
    pub(crate) unknown: u32,
    /// First 16 hex digits of BLAKE3 over all text keys: equal for texts that differ in nothing but spelling.
    pub(crate) key: String,
}

impl TfIdf {
    /// Weighs from now on by `idf`; gives back what it weighed by.
    pub(crate) fn replace_idf(&mut self, idf: Idf) -> Idf {
        std::mem::replace(&mut self.idf, idf)
    }

    /// Finds and weighs from now on the terms of `vocabulary` by `idf`. What [`Occurrences`] remember of the terms
    /// before holds no longer.
    pub(crate) fn replace_vocabulary(&mut self, vocabulary: Vocabulary, idf: Idf) {
        (self.vocabulary, self.idf) = (vocabulary, idf);
    }

    /// Terms and columns.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// idf of every column.
    #[must_use]
    pub fn idf(&self) -> &Idf {
        &self.idf
    }

    /// Settings.
    #[must_use]
    pub fn spec(&self) -> &FeatureSpec {
        &self.params.spec
    }

    /// The compiled glossary.
    #[must_use]
    pub fn matcher(&self) -> &Matcher {
        &self.params.matcher
    }

    /// The tokenizer.
    #[must_use]
    pub fn analyzer(&self) -> &Analyzer {
        &self.params.analyzer
    }

    /// The row of one document; `seen` holds its tokens and known terms afterwards.
    pub(crate) fn row(&self, document: &Document<'_>, seen: &mut Occurrences) -> Vec<(u32, f32)> {
        let mut slots = self.vocabulary.slots();
        self.params.counter().terms(document, seen, &mut slots);
        seen.known.count(self.vocabulary.n_features());
        weigh_row(&seen.known.counts, &self.vocabulary, &self.idf)
    }

    /// What the words of the document in `seen` say about it; a word whose idf is `unknown_from` or more counts as
    /// unknown (infinity for new articles, [`Self::rarest`] for those of the training). `own` where this featurizer has
    /// made its row, so that the columns of the words are known.
    pub(crate) fn wording(&self, seen: &Occurrences, unknown_from: f32, own: bool) -> Wording {
        let (mut words, mut unknown) = (0, 0);
        let (slots, idf) = (self.vocabulary.slots(), self.idf.values());
        let stem = |stem: &str| self.spec().hashing.term(Block::Words, stem);
        let tokens = &seen.tokens;
        let mut keys = Vec::with_capacity(16 * tokens.len());
        for i in 0..tokens.len() {
            keys.extend_from_slice(tokens.key(i).as_bytes());
            keys.push(0);
            if !tokens.masked(i) {
                let known = seen.single(i).filter(|_| own);
                let column = known.unwrap_or_else(|| slots.column(stem(tokens.stem(i))));
                let idf = column.map(|column| idf[column as usize]);
                words += 1;
                unknown += u32::from(idf.is_none_or(|idf| idf >= unknown_from));
            }
        }
        Wording {
            words,
            unknown,
            key: blake3::hash(&keys).to_hex()[..16].to_owned(),
        }
    }

    /// idf of the words that only as many of `n` training articles hold as the vocabulary demands: without one of these
    /// articles they would not be known.
    pub(crate) fn rarest(&self, n: usize) -> f32 {
        let df = f64::from(self.params.spec.min_df);
        smooth_idf(df, n as f64)
    }

    /// Byte ranges of the sentences that hold words, in text order. No n-gram crosses from one into another.
    #[must_use]
    pub fn sentences(&self, document: &Document<'_>) -> Vec<Range<usize>> {
        let mut tokens = TokenBuffer::default();
        tokens.fill(
            self.analyzer(),
            document.text,
            &document.kept,
            document.lang,
        );
        tokens.sentences(document.text)
    }
}

impl Fit<Documents<'_, '_>, (), FeatureError> for TfIdfParams {
    type Object = Idf;

    fn fit(
        &self,
        dataset: &DatasetBase<Documents<'_, '_>, ()>,
    ) -> Result<Self::Object, FeatureError> {
        let (vocabulary, counts) = self.check_ref()?.count(dataset.records.0)?;
        let all: Vec<usize> = (0..counts.len()).collect();
        Ok(counts.idf(&all, &vocabulary))
    }
}

impl Transformer<Documents<'_, '_>, SparseRows> for TfIdf {
    fn transform(&self, documents: Documents<'_, '_>) -> SparseRows {
        let rows: Vec<Vec<(u32, f32)>> = documents
            .0
            .par_iter()
            .map_init(Occurrences::default, |seen, document| {
                self.row(document, seen)
            })
            .collect();
        SparseRows::from_rows(self.vocabulary.n_features(), &rows)
    }
}
