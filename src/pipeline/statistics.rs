//! What a set of answered articles looks like as a whole: the measure of drift.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::article::TaskKind;
use crate::text::Lang;

use super::{Head, TaskPrediction};

/// Bins of a probability, of equal width.
pub const BINS: usize = 10;

/// Counts over answered articles; adding is all that happens to them, so any order of articles gives the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// Articles answered.
    pub articles: u64,
    /// Their words that count.
    pub words: u64,
    /// Words that training does not know.
    pub unknown_words: u64,
    /// Articles of each language.
    pub languages: BTreeMap<String, u64>,
    /// Answers, one entry a task.
    pub tasks: Vec<TaskStatistics>,
}

/// Answers of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskStatistics {
    /// Task.
    pub task: String,
    /// Any subset or exactly one.
    pub kind: TaskKind,
    /// Articles without a label.
    pub none: u64,
    /// Every label in column order.
    pub labels: Vec<LabelStatistics>,
}

/// Answers of one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelStatistics {
    /// Label.
    pub label: String,
    /// Articles that got it.
    pub given: u64,
    /// Articles by probability: below 0.1, below 0.2, ..., at most 1.
    pub histogram: [u64; BINS],
}

impl Statistics {
    /// Nothing counted yet for the tasks of a model.
    #[must_use]
    pub fn new(heads: &[Head]) -> Self {
        let label = |label: &String| LabelStatistics {
            label: label.clone(),
            given: 0,
            histogram: [0; BINS],
        };
        let task = |head: &Head| TaskStatistics {
            task: head.task.name.clone(),
            kind: head.task.kind,
            none: 0,
            labels: head.task.labels.iter().map(label).collect(),
        };
        Self {
            tasks: heads.iter().map(task).collect(),
            ..Self::default()
        }
    }

    /// Counts an article's words and language.
    pub fn add_article(&mut self, lang: Lang, words: u32, unknown_words: u32) {
        self.articles += 1;
        self.words += u64::from(words);
        self.unknown_words += u64::from(unknown_words);
        *self.languages.entry(lang.to_string()).or_default() += 1;
    }

    /// Counts an article's answers, in the order of the model's tasks.
    pub fn add_answers(&mut self, tasks: &[TaskPrediction]) {
        for (sum, task) in self.tasks.iter_mut().zip(tasks) {
            let answers = task.labels.iter().map(|l| (l.probability, l.given));
            sum.add(answers);
        }
    }
}

impl LabelStatistics {
    /// Articles counted.
    #[must_use]
    pub fn articles(&self) -> u64 {
        self.histogram
            .iter()
            .fold(0, |n, &bin| n.saturating_add(bin))
    }
}

impl TaskStatistics {
    /// Counts one article's probabilities and decisions, in label order.
    pub fn add(&mut self, answers: impl Iterator<Item = (f64, bool)>) {
        let mut none = true;
        for (label, (probability, given)) in self.labels.iter_mut().zip(answers) {
            label.given += u64::from(given);
            let bin = (probability * BINS as f64) as usize;
            label.histogram[bin.min(BINS - 1)] += 1;
            none &= !given;
        }
        self.none += u64::from(none);
    }
}
