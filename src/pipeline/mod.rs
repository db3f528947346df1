//! Text, features and classifiers as one thing that is trained, saved and asked.

mod buffers;
mod config;
mod edit;
mod evidence;
mod experiment;
mod groups;
mod held_out;
mod outcomes;
mod predict;
mod prior;
mod prune;
mod settings;
mod statistics;
mod train;
mod trainable;
mod transfer;
mod weights;

use std::ops::Range;

use linfa::dataset::DatasetBase;
use ndarray::Array1;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::article::{
    Article, Cleaner, CleanerError, CleanerSpec, Corpus, Facts, FoldError, Repeated, Task,
    facts_beside, read_facts,
};
use crate::classify::{Calibration, Candidate, Certainty, ClassifyError, Cut};
use crate::features::{
    Document, FeatureError, FeatureSpec, FormUse, Glossary, Matcher, Occurrences, TfIdf,
    TfIdfParams,
};
use crate::text::{Analyzer, AnalyzerSpec, Lang, TextError, guess_language_in};

pub(crate) use buffers::Buffers;
pub use config::TrainConfig;
pub use evidence::{Mark, Piece, SentenceSum};
pub use experiment::{
    BaselineKind, Evaluated, Extras, Parts, cross_validate, hold_out, out_of_fold,
};
pub use groups::{groups_by, near_duplicate_groups};
pub use predict::{Explanation, LabelScore, Prediction, TaskPrediction, Term};
pub(crate) use prune::Shrinking;
pub use statistics::{BINS, LabelStatistics, Statistics, TaskStatistics};
pub use train::{Progress, Trained};
pub(crate) use transfer::Transfer;
pub(crate) use weights::Weights;

/// Articles as linfa knows a labelled set.
pub type TextDataset<T> = DatasetBase<crate::features::SparseRows, T>;

/// Why a pipeline cannot be built, trained or used.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// From the text room.
    #[error(transparent)]
    Text(#[from] TextError),
    /// From the boilerplate cutter.
    #[error(transparent)]
    Cleaner(#[from] CleanerError),
    /// From the featurizer.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// From a learner.
    #[error(transparent)]
    Classify(#[from] ClassifyError),
    /// From the splitter.
    #[error(transparent)]
    Folds(#[from] FoldError),
    /// The labels leave nothing to learn.
    #[error("{0}")]
    NothingToLearn(String),
}

/// Everything that turns an article into features, as data; stored in the model file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSpec {
    /// What is cut before anything is counted.
    pub cleaner: CleanerSpec,
    /// Text to keys.
    pub analyzer: AnalyzerSpec,
    /// Keys to counts.
    pub features: FeatureSpec,
}

/// One task of a model: its labels, their columns in the weight matrix, and how scores become answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Name, kind, labels.
    pub task: Task,
    /// Setting chosen in training.
    pub candidate: Candidate,
    /// Scores to probabilities.
    pub calibration: Calibration,
    /// Cut of each label; empty for a single-label task.
    pub cuts: Vec<Cut>,
    /// Articles annotated for the task.
    pub n_annotated: usize,
    /// Articles that carry each label.
    pub support: Vec<usize>,
    /// Cross-validated macro-F1, where there were enough articles to measure it.
    pub macro_f1: Option<f64>,
    /// How sure its answers are; models of the first toolkit have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Certainty>,
}

/// A trained model: text rules, vocabulary, glossary and one head a task. `Send + Sync`; no global state.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) text: TextSpec,
    pub(crate) cleaner: Cleaner,
    pub(crate) tfidf: TfIdf,
    pub(crate) heads: Vec<Head>,
    /// Shape (n_features, n_outputs), the labels of all heads side by side.
    pub(crate) weights: Weights,
    /// Length n_outputs.
    pub(crate) bias: Array1<f32>,
    /// Articles it was trained on.
    pub(crate) n_articles: usize,
    /// Digest of the training data, hex.
    pub(crate) data_digest: String,
    /// What the training articles look like; none for a model saved without.
    pub(crate) statistics: Option<Statistics>,
    /// Answers articles in languages that the training articles lack.
    pub(crate) transfer: Option<Transfer>,
    pub(crate) buffers: Buffers,
}

impl Pipeline {
    /// This pipeline, which also cuts the lines that stand in many articles of the input it is about to read.
    #[must_use]
    pub fn with_repeated(self, repeated: Repeated) -> Self {
        Self {
            cleaner: self.cleaner.with_repeated(repeated),
            ..self
        }
    }

    /// The tasks it answers.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Articles it was trained on.
    #[must_use]
    pub fn n_articles(&self) -> usize {
        self.n_articles
    }

    /// What the training articles look like, answered out of fold; none for a model saved without.
    #[must_use]
    pub fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
    }

    /// Digest of the training data, hex.
    #[must_use]
    pub fn data_digest(&self) -> &str {
        &self.data_digest
    }

    /// The featurizer.
    #[must_use]
    pub fn tfidf(&self) -> &TfIdf {
        &self.tfidf
    }

    /// The glossary it was trained with.
    #[must_use]
    pub fn glossary(&self) -> Glossary {
        self.tfidf.matcher().glossary()
    }

    /// Text rules and feature settings.
    #[must_use]
    pub fn text_spec(&self) -> &TextSpec {
        &self.text
    }

    /// The weights of one label over all features, most positive first, as `(column, weight)`.
    #[must_use]
    pub fn strongest(&self, output: usize, n: usize) -> Vec<(u32, f32)> {
        let mut weights: Vec<(u32, f32)> = (0_u32..)
            .zip(self.weights.of_output(output))
            .filter(|(_, w)| *w > 0.0)
            .collect();
        weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        weights.truncate(n);
        weights
    }

    /// Outputs of head `head` in the weight matrix.
    #[must_use]
    pub fn outputs(&self, head: usize) -> Range<usize> {
        let start = self.heads[..head].iter().map(|h| h.task.labels.len()).sum();
        start..start + self.heads[head].task.labels.len()
    }
}

/// Builds the text half of a pipeline from its data.
pub(crate) fn build_text(
    text: &TextSpec,
    glossary: &Glossary,
) -> Result<(Cleaner, TfIdfParams), PipelineError> {
    let analyzer = Analyzer::new(&text.analyzer)?;
    let matcher = Matcher::new(glossary, &analyzer, &text.features.tables.affixes);
    Ok((
        Cleaner::new(&text.cleaner)?,
        TfIdfParams::new(text.features.clone(), analyzer, matcher),
    ))
}

/// Title, date, agency and place as the text itself gives them.
pub(crate) fn facts(document: &Document<'_>, analyzer: &Analyzer) -> Facts {
    let mut scratch = crate::text::Scratch::default();
    read_facts(
        document.text,
        &document.kept,
        document.lang,
        analyzer,
        &mut scratch,
    )
}

/// The same for a document whose tokens stand in `seen`.
pub(crate) fn facts_seen(
    document: &Document<'_>,
    analyzer: &Analyzer,
    seen: &mut Occurrences,
) -> Facts {
    let outlet = seen.tokens.first_outlet();
    let scratch = seen.tokens.scratch();
    facts_beside(
        document.text,
        &document.kept,
        document.lang,
        analyzer,
        scratch,
        outlet,
    )
}

/// The lines that stand in many articles of a corpus.
pub(crate) fn repeated_in(corpus: &Corpus) -> Repeated {
    Repeated::in_texts(corpus.articles.iter().map(|article| article.text.as_str()))
}

/// Cuts boilerplate and finds the language; a language given with the article wins over the guess.
pub(crate) fn prepare<'t>(cleaner: &Cleaner, article: &'t Article) -> Document<'t> {
    let cleaned = cleaner.clean(&article.text);
    let given = article
        .meta
        .lang
        .as_deref()
        .and_then(|code| code.parse().ok());
    let guess = guess_language_in(&article.text, &cleaned.kept);
    Document {
        text: &article.text,
        kept: cleaned.kept,
        lang: given.unwrap_or(guess.lang),
        mixed: guess.mixed,
    }
}

/// The concepts that fire in an article, each with its bytes, without any model.
///
/// # Errors
/// When the text rules cannot be built.
pub fn concept_hits(
    text: &TextSpec,
    glossary: &Glossary,
    article: &Article,
) -> Result<Vec<(String, Range<usize>)>, PipelineError> {
    let analyzer = Analyzer::new(&text.analyzer)?;
    let matcher = Matcher::new(glossary, &analyzer, &text.features.tables.affixes);
    let document = prepare(&Cleaner::new(&text.cleaner)?, article);
    let hits = matcher.hits(&analyzer, &document);
    Ok(hits
        .into_iter()
        .map(|(concept, bytes)| (matcher.concept_id(concept).to_owned(), bytes))
        .collect())
}

/// In how many articles each form of a glossary fires.
///
/// # Errors
/// When the text rules cannot be built.
pub fn form_use(
    text: &TextSpec,
    glossary: &Glossary,
    articles: &[Article],
) -> Result<FormUse, PipelineError> {
    let analyzer = Analyzer::new(&text.analyzer)?;
    let matcher = Matcher::new(glossary, &analyzer, &text.features.tables.affixes);
    let cleaner = Cleaner::new(&text.cleaner)?;
    let forms = |article| {
        let document = prepare(&cleaner, article);
        (document.lang, matcher.forms_in(&analyzer, &document))
    };
    let found: Vec<_> = articles.par_iter().map(forms).collect();
    let mut used = FormUse::default();
    for (lang, forms) in found {
        if let Some(lang) = Lang::ALL.iter().position(|l| *l == lang) {
            used.articles[lang] += 1;
        }
        for form in forms {
            *used.forms.entry(form).or_default() += 1;
        }
    }
    Ok(used)
}
