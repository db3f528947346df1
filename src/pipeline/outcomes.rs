//! Articles and answers in the shape reports are computed from.

use std::collections::BTreeMap;

use ndarray::Array2;

use crate::article::{Article, Corpus, Facts, Folds, GoldTask, TaskKind};
use crate::classify::{Candidate, Cut};
use crate::evaluate::{ArticleOutcome, ReportInput, TaskOutcomes};
use crate::features::Document;

use super::TrainConfig;
use super::train::TaskFit;

/// Outcomes of one task in the shape reports are computed from.
pub(crate) fn task_outcomes(
    task: &GoldTask,
    cuts: &[Cut],
    probabilities: &Array2<f64>,
    decided: &Array2<bool>,
) -> TaskOutcomes {
    TaskOutcomes {
        task: task.task.clone(),
        thresholds: cuts.iter().map(|c| c.probability).collect(),
        gold: task.gold.rows().into_iter().map(|r| r.to_vec()).collect(),
        scores: probabilities
            .rows()
            .into_iter()
            .map(|r| r.to_vec())
            .collect(),
        decided: decided.rows().into_iter().map(|r| r.to_vec()).collect(),
    }
}

/// The facts of one article that reports slice by.
pub(crate) fn article_outcome(
    article: &Article,
    document: &Document<'_>,
    facts: &Facts,
    group: u32,
) -> ArticleOutcome {
    let mut slices = BTreeMap::new();
    let mut slice = |key: &str, value: String| slices.insert(key.to_owned(), value);
    slice("lang", document.lang.to_string());
    slice(
        "length",
        length_band(article.text.split_whitespace().count()).to_owned(),
    );
    let kept: usize = document.kept.iter().map(ExactSizeIterator::len).sum();
    slice(
        "boilerplate",
        if kept < article.text.len() {
            "yes"
        } else {
            "no"
        }
        .to_owned(),
    );
    let titled = if facts.title.is_some() { "yes" } else { "no" };
    slice("title", titled.to_owned());
    if let Some(source) = article.meta.source.as_ref().or(facts.agency.as_ref()) {
        slice("source", source.clone());
    }
    let date = article
        .meta
        .date
        .clone()
        .or(facts.date.map(|d| d.to_string()));
    if let Some(month) = date.as_deref().and_then(|d| d.get(..7)) {
        slice("month", month.to_owned());
    }
    ArticleOutcome {
        id: article.id.clone(),
        title: article.title().to_owned(),
        digest: blake3::hash(article.text.as_bytes()).to_hex().to_string(),
        group,
        slices,
        evidence: Vec::new(),
        sentences: Vec::new(),
    }
}

fn length_band(n_words: usize) -> &'static str {
    match n_words {
        0..50 => "0-49 words",
        50..100 => "50-99 words",
        100..200 => "100-199 words",
        200..400 => "200-399 words",
        _ => "400 and more words",
    }
}

/// Writes the setting of task `name` down, in full: two reports are told apart by it.
pub(super) fn add_candidate(
    settings: &mut BTreeMap<String, String>,
    name: &str,
    candidate: &Candidate,
) {
    let values = [
        ("family", candidate.family.name().to_owned()),
        ("c", candidate.c.to_string()),
        ("class_weight", candidate.class_weight.name().to_owned()),
        ("blocks", format!("{:?}", candidate.blocks)),
    ];
    let prior = (candidate.prior > 0.0).then(|| ("prior", candidate.prior.to_string()));
    for (key, value) in values.into_iter().chain(prior) {
        settings.insert(format!("{name}.{key}"), value);
    }
}

/// The input of a report on a cross-validation.
pub(super) fn report_input(
    corpus: &Corpus,
    articles: Vec<ArticleOutcome>,
    tasks: &[GoldTask],
    fitted: &[TaskFit],
    folds: &Folds,
    config: &TrainConfig,
) -> ReportInput {
    ReportInput {
        title: format!(
            "cross-validation of {}, {} folds",
            corpus.source.display(),
            folds.n_folds
        ),
        method: "cross_validation".to_owned(),
        articles,
        tasks: tasks
            .iter()
            .zip(fitted)
            .filter_map(|(task, fit)| fit.outcomes(task))
            .collect(),
        settings: settings(corpus, tasks, fitted, folds, config),
        model: String::new(),
    }
}

fn settings(
    corpus: &Corpus,
    tasks: &[GoldTask],
    fitted: &[TaskFit],
    folds: &Folds,
    config: &TrainConfig,
) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([
        ("folds".to_owned(), folds.n_folds.to_string()),
        (
            "training data".to_owned(),
            corpus.digest.chars().take(16).collect(),
        ),
        (
            "training articles".to_owned(),
            corpus.articles.len().to_string(),
        ),
        (
            "glossary".to_owned(),
            config.glossary.digest()[..16].to_owned(),
        ),
        ("min_df".to_owned(), config.text.features.min_df.to_string()),
        ("toolkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    if let Some(column) = config.group_by {
        settings.insert("kept together".to_owned(), column.to_string());
    }
    if tasks.iter().any(|task| task.task.kind == TaskKind::Multi) {
        settings.insert("cuts".to_owned(), config.cut_rule.to_string());
    }
    for (task, fit) in tasks.iter().zip(fitted) {
        add_candidate(&mut settings, &task.task.name, &fit.candidate);
    }
    settings
}
