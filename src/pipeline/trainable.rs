//! What of a labels file can be learnt: tasks with enough gold, and a word on labels with little.

use ndarray::Array2;

use crate::article::{Corpus, GoldTask, TaskKind};
use crate::classify::CutRule;

use super::PipelineError;
use super::prior::Described;
use super::train::TaskFit;

/// Fewer annotated articles than this give no task: there is nothing to hold out.
const MIN_ANNOTATED: usize = 4;
/// Fewer examples of a label than this get a warning.
const FEW: usize = 10;

/// Rows that are annotated.
pub(super) fn annotated(gold: &Array2<Option<bool>>) -> impl Iterator<Item = usize> + '_ {
    (0..gold.nrows()).filter(|&i| gold.row(i).iter().any(Option::is_some))
}

pub(super) fn support(gold: &Array2<Option<bool>>) -> Vec<usize> {
    gold.columns()
        .into_iter()
        .map(|c| c.iter().filter(|g| **g == Some(true)).count())
        .collect()
}

/// What a rule of cuts could not do, in words.
pub(super) fn rule_warnings(tasks: &[GoldTask], fits: &[TaskFit], rule: CutRule) -> Vec<String> {
    let multi = |task: &GoldTask| task.task.kind == TaskKind::Multi;
    if rule != CutRule::BestF1 && !tasks.iter().any(multi) {
        return vec![format!(
            "\"{rule}\" changes nothing: no task has sets of labels, and the most probable label needs no cut"
        )];
    }
    let CutRule::Precision(target) = rule else {
        return Vec::new();
    };
    let pairs = tasks.iter().zip(fits).filter(|(task, _)| multi(task));
    let warnings = pairs.flat_map(|(task, fit)| fit.short_of_precision(task, target));
    warnings.collect()
}

/// Tasks with enough to learn from; the others, and rare labels, become warnings.
pub(super) fn trainable(
    corpus: &Corpus,
    warnings: &mut Vec<String>,
) -> Result<Vec<GoldTask>, PipelineError> {
    let described = Described::new(corpus);
    let mut tasks = Vec::new();
    let mut reasons = Vec::new();
    for task in &corpus.tasks {
        let of_label = described.of(&task.task.name);
        match why_not(task) {
            Some(reason) if of_label.is_empty() => reasons.push(reason),
            _ => {
                rare_labels(task, of_label, warnings);
                tasks.push(task.clone());
            }
        }
    }
    if tasks.is_empty() {
        return Err(PipelineError::NothingToLearn(reasons.join("\n")));
    }
    warnings.extend(
        reasons
            .into_iter()
            .map(|reason| format!("{reason}; the column is left out")),
    );
    Ok(tasks)
}

fn why_not(task: &GoldTask) -> Option<String> {
    let (name, n) = (&task.task.name, annotated(&task.gold).count());
    let support = support(&task.gold);
    if n < MIN_ANNOTATED {
        return Some(format!(
            "{name}: only {n} annotated articles; at least {MIN_ANNOTATED} are needed"
        ));
    }
    if support.iter().all(|&s| s == 0 || s == n) {
        return Some(format!(
            "{name}: every annotated article has the same answer ({}); at least two different answers are needed",
            task.task.labels.join(", ")
        ));
    }
    None
}

/// There is enough to hold something out.
pub(super) fn measurable(task: &GoldTask) -> bool {
    annotated(&task.gold).count() >= MIN_ANNOTATED
}

fn rare_labels(task: &GoldTask, of_label: &[Vec<usize>], warnings: &mut Vec<String>) {
    for (k, (label, n)) in task.task.labels.iter().zip(support(&task.gold)).enumerate() {
        if n == 0 && of_label.get(k).is_some_and(|rows| !rows.is_empty()) {
            warnings.push(format!(
                "{}: label \"{label}\" has no article: its description alone answers for it, uncalibrated",
                task.task.name
            ));
        } else if n < FEW {
            let articles = if n == 1 { "article" } else { "articles" };
            warnings.push(format!(
                "{}: label \"{label}\" has {n} {articles}: too few to learn well or to judge",
                task.task.name
            ));
        }
    }
}
