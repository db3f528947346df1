//! Gold labels of a task, three-valued, and their order.

use ndarray::Array2;
use thiserror::Error;

use super::Task;
use super::nearest::nearest;

/// Gold labels of one task over all articles of a corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldTask {
    /// Name, kind, sorted label names.
    pub task: Task,
    /// Shape (n_samples, n_labels); a row of `None` is not annotated.
    pub gold: Array2<Option<bool>>,
}

impl GoldTask {
    /// The cell of a row as a labels file spells it: `energy|security`, `none`, or empty where it is not annotated.
    #[must_use]
    pub fn cell(&self, row: usize) -> String {
        spelled(&self.task.labels, self.gold.row(row).iter().copied())
    }

    /// The same gold in the label order of `task`, e.g. a model's; labels this file does not use are off.
    ///
    /// # Errors
    /// A label here that `task` does not have: it cannot be judged.
    pub fn aligned(&self, task: &Task) -> Result<Self, UnknownLabel> {
        for label in &self.task.labels {
            if !task.labels.contains(label) {
                let hint = nearest(label, task.labels.iter().map(String::as_str));
                return Err(UnknownLabel {
                    task: self.task.name.clone(),
                    label: label.clone(),
                    known: task.labels.join(", "),
                    hint: hint.map_or(String::new(), |h| format!(" (did you mean \"{h}\"?)")),
                });
            }
        }
        let from: Vec<Option<usize>> = task
            .labels
            .iter()
            .map(|l| self.task.labels.iter().position(|own| own == l))
            .collect();
        let gold = Array2::from_shape_fn(
            (self.gold.nrows(), task.labels.len()),
            |(i, k)| match from[k] {
                Some(own) => self.gold[[i, own]],
                None => self
                    .gold
                    .row(i)
                    .iter()
                    .any(Option::is_some)
                    .then_some(false),
            },
        );
        Ok(Self {
            task: task.clone(),
            gold,
        })
    }
}

/// A label in a labels file that a model was never taught.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("column \"{task}\": the model has no label \"{label}\"{hint}; it knows {known}")]
pub struct UnknownLabel {
    /// Task concerned.
    pub task: String,
    /// The unknown label.
    pub label: String,
    /// Labels of the model.
    pub known: String,
    /// The nearest of them, in words; may be empty.
    pub hint: String,
}

/// Labels that are on as a cell of a labels file: `energy|security`, `none`, or empty where nothing is annotated.
pub(crate) fn spelled(labels: &[String], gold: impl Iterator<Item = Option<bool>>) -> String {
    let gold: Vec<Option<bool>> = gold.collect();
    let on = labels
        .iter()
        .zip(&gold)
        .filter(|(_, gold)| **gold == Some(true));
    let on: Vec<&str> = on.map(|(label, _)| label.as_str()).collect();
    match (on.as_slice(), gold.iter().all(Option::is_none)) {
        (_, true) => String::new(),
        ([], false) => super::labels::NONE.to_owned(),
        (on, false) => on.join("|"),
    }
}
