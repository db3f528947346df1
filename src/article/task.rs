//! What a label column asks for.

use serde::{Deserialize, Serialize};

/// Whether an article takes any subset of the labels or exactly one.
///
/// Exclusive and non-exclusive labels are a type, never guessed from the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Any subset of the labels, also none.
    Multi,
    /// Exactly one of the labels.
    Single,
}

/// One column of gold labels: its name, its kind and its label names.
///
/// Label order is the order of columns everywhere: scores, weights, reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Name of the task, as in the header of `labels.csv`.
    pub name: String,
    /// Subset of labels or exactly one.
    pub kind: TaskKind,
    /// Label names, sorted, unique.
    pub labels: Vec<String>,
}
