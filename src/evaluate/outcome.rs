//! What an evaluation hands over: every article with its gold, scores and decisions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::article::Task;

/// A word or concept that carried a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Task of the label; named only where two tasks have a label of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Label it speaks for (or against, where `weight` is negative).
    pub label: String,
    /// The words as spelled in the article.
    pub text: String,
    /// Glossary concept, where one fired: `pipeline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    /// Signed contribution to the label's raw score.
    pub weight: f64,
}

/// The sentence that carried a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// Task of the label; named as in [`Evidence`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Label it speaks for.
    pub label: String,
    /// The sentence as spelled in the article.
    pub text: String,
}

/// Whether something that names `own` task, or none, belongs to `task`.
fn is_of(own: Option<&String>, task: &str) -> bool {
    own.is_none_or(|own| own == task)
}

impl Evidence {
    /// Whether it speaks of `label` of `task`.
    #[must_use]
    pub fn speaks_of(&self, task: &str, label: &str) -> bool {
        self.label == label && is_of(self.task.as_ref(), task)
    }
}

impl Sentence {
    /// Whether it carried one of the `labels` of `task`.
    #[must_use]
    pub fn is_of(&self, task: &str, labels: &[String]) -> bool {
        labels.contains(&self.label) && is_of(self.task.as_ref(), task)
    }
}

/// One article of a test set, without its answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArticleOutcome {
    /// Unique id within the test set.
    pub id: String,
    /// First line or title column; may be empty.
    pub title: String,
    /// BLAKE3 (hex) of the article text: tells apart two articles under one id.
    pub digest: String,
    /// Near-duplicate group: articles of one group are resampled together.
    pub group: u32,
    /// Slice keys, e.g. `lang` to `fa`, `source` to `isna`, `month` to `2024-03`, `length` to `100-199`.
    #[serde(deserialize_with = "super::unique::map")]
    pub slices: BTreeMap<String, String>,
    /// What carried the decisions, most weight first; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// At most one sentence a label, the one that carried it; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<Sentence>,
}

/// Gold, scores and decisions of one task, each of shape (n_samples, n_labels).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskOutcomes {
    /// The task the columns belong to.
    pub task: Task,
    /// Cut per label on the calibrated probability; empty for single-label tasks.
    pub thresholds: Vec<f64>,
    /// Three-valued gold: yes, no, not annotated. A single-label row has one `true` or is all `None`.
    pub gold: Vec<Vec<Option<bool>>>,
    /// Calibrated probabilities.
    pub scores: Vec<Vec<f64>>,
    /// Decisions. A single-label row has exactly one `true`.
    pub decided: Vec<Vec<bool>>,
}

/// Everything a report is computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportInput {
    /// What was evaluated, in words: `cross-validation of data/labels.csv, 5 folds`.
    pub title: String,
    /// How the numbers came about: `cross_validation`, `holdout`, ...
    pub method: String,
    /// Articles of the test set; order is kept.
    pub articles: Vec<ArticleOutcome>,
    /// One entry a task, rows parallel to `articles`.
    pub tasks: Vec<TaskOutcomes>,
    /// Settings of the model, flat names to values, for "what differs" in a comparison.
    pub settings: BTreeMap<String, String>,
    /// Digest of the model file (hex); empty for cross-validation.
    pub model: String,
}

/// One cell of a task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) gold: Option<bool>,
    pub(crate) score: f64,
    pub(crate) decided: bool,
}

impl TaskOutcomes {
    /// The cells of one article, in label order.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = Cell> + '_ {
        let cells = self.gold[row]
            .iter()
            .zip(&self.scores[row])
            .zip(&self.decided[row]);
        cells.map(|((gold, score), decided)| Cell {
            gold: *gold,
            score: *score,
            decided: *decided,
        })
    }

    /// Gold, score and decision of one label, over the articles where its gold is known.
    pub(crate) fn known(
        &self,
        label: usize,
    ) -> impl Iterator<Item = (usize, bool, f64, bool)> + '_ {
        (0..self.gold.len()).filter_map(move |row| {
            self.gold[row][label]
                .map(|gold| (row, gold, self.scores[row][label], self.decided[row][label]))
        })
    }

    /// Names of the labels set in `cells`.
    pub(crate) fn names<'s>(
        &'s self,
        cells: impl Iterator<Item = bool> + 's,
    ) -> impl Iterator<Item = &'s str> {
        self.task
            .labels
            .iter()
            .zip(cells)
            .filter(|(_, set)| *set)
            .map(|(label, _)| label.as_str())
    }
}
