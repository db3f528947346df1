//! The comparison: its shape, and what makes one from two reports.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::article::TaskKind;

use super::super::bootstrap::Resampling;
use super::super::error::EvaluateError;
use super::super::interval::Interval;
use super::super::metric::Metric;
use super::super::report::Report;
use super::changed::{ChangedArticle, changed_articles};
use super::pairing::pair;
use super::statistics::compare_task;

/// How two reports are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CompareOptions {
    /// Intervals and tests.
    pub resampling: Resampling,
    /// Compare the common part where articles, labels or gold differ, instead of refusing.
    pub common: bool,
}

/// What a candidate does better or worse than a baseline, article by article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Shape of this file: [`super::super::report::REPORT_SCHEMA`].
    pub schema: u32,
    /// The report compared against.
    pub baseline: Side,
    /// The report compared.
    pub candidate: Side,
    /// How intervals and tests were made.
    pub resampling: Resampling,
    /// Articles in pairs.
    pub articles: u64,
    /// What was left out because the two do not share it, in words; empty where they share everything.
    pub left_out: Vec<String>,
    /// Settings, thresholds, versions that differ.
    pub differences: Vec<Difference>,
    /// Task and metric to look at first.
    pub headline: (String, Metric),
    /// Task by task.
    pub tasks: Vec<TaskComparison>,
    /// Articles whose answer changed, lost ones first, in the order of the baseline.
    pub changed: Vec<ChangedArticle>,
}

/// What a compared report says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Title of the report.
    pub title: String,
    /// Method of the report.
    pub method: String,
    /// Fingerprint of its test set.
    pub test_set: String,
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Name of the setting.
    pub name: String,
    /// Its value in the baseline, if it has it.
    pub baseline: Option<String>,
    /// Its value in the candidate, if it has it.
    pub candidate: Option<String>,
}

/// One task of two reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskComparison {
    /// Its name.
    pub task: String,
    /// Any number of labels an article, or exactly one.
    pub kind: TaskKind,
    /// Articles with any gold.
    pub annotated: u64,
    /// Resampling groups among them.
    pub groups: u64,
    /// Numbers over all labels.
    pub overall: BTreeMap<Metric, Delta>,
    /// Numbers label by label.
    pub labels: Vec<LabelComparison>,
    /// Numbers of every slice.
    pub slices: Vec<SliceComparison>,
}

/// Two values of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// Value of the baseline; null where undefined.
    pub baseline: Option<f64>,
    /// Value of the candidate; null where undefined.
    pub candidate: Option<f64>,
    /// Candidate less baseline.
    pub difference: Option<f64>,
    /// Paired bootstrap interval of the difference.
    pub interval: Option<Interval>,
    /// Approximate randomisation p; null for metrics without a test.
    pub p: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
}

/// One label of two reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelComparison {
    /// Its name.
    pub label: String,
    /// Articles whose gold says yes.
    pub support: u64,
    /// F1, precision and recall.
    pub metrics: BTreeMap<Metric, Delta>,
    /// Articles the baseline had wrong and the candidate has right.
    pub won: u64,
    /// Articles the baseline had right and the candidate has wrong.
    pub lost: u64,
    /// McNemar mid-p of won against lost, each group of near-duplicates counted once.
    pub mcnemar: f64,
    /// The same after Holm's correction over the labels of the task.
    pub mcnemar_holm: f64,
    /// Randomisation p of F1 after Holm's correction.
    pub f1_holm: Option<f64>,
    /// What follows, after correction.
    pub verdict: Verdict,
}

/// One slice of two reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceComparison {
    /// Slice key: `lang`.
    pub key: String,
    /// Its value: `fa`.
    pub value: String,
    /// Annotated articles in the slice.
    pub articles: u64,
    /// Metrics over the slice; the verdict on macro F1 is the corrected one.
    pub metrics: BTreeMap<Metric, Delta>,
    /// Randomisation p of macro F1 after Holm's correction over the slices of the task.
    pub f1_holm: Option<f64>,
}

/// A difference in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The candidate is better beyond chance.
    Better,
    /// The candidate is worse beyond chance.
    Worse,
    /// Chance explains the difference.
    Unclear,
    /// No answer differs.
    Same,
    /// Too few articles for any difference to show.
    TooFew,
    /// One of the values is undefined.
    Undefined,
}

impl Verdict {
    /// The verdict for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "no clear difference",
            Self::Same => "same",
            Self::TooFew => "too few to judge",
            Self::Undefined => "undefined",
        }
    }
}

impl Report {
    /// Compares `other`, the candidate, with this report, the baseline, on the articles both evaluated.
    ///
    /// # Errors
    /// [`EvaluateError::NotComparable`] with every reason where articles, texts, label sets or gold differ (and
    /// [`CompareOptions::common`] is off, or nothing is common); [`EvaluateError::Invalid`] for settings out of range.
    pub fn compare(
        &self,
        other: &Self,
        options: &CompareOptions,
    ) -> Result<Comparison, EvaluateError> {
        options.resampling.check().map_err(EvaluateError::Invalid)?;
        let paired = pair(self, other, options.common)?;
        let tasks: Vec<TaskComparison> = paired
            .tasks
            .iter()
            .map(|task| compare_task(&paired.articles, task, &options.resampling))
            .collect();
        Ok(Comparison {
            schema: super::super::report::REPORT_SCHEMA,
            baseline: self.side(),
            candidate: other.side(),
            resampling: options.resampling,
            articles: paired.rows.len() as u64,
            differences: differences(self, other),
            headline: self.common_headline(&tasks),
            changed: changed_articles(&paired, other),
            left_out: paired.left_out,
            tasks,
        })
    }

    fn side(&self) -> Side {
        Side {
            title: self.title.clone(),
            method: self.method.clone(),
            test_set: self.fingerprint.test_set.clone(),
        }
    }

    /// The baseline's headline, or the first task's macro F1 where its task is not in the common part.
    fn common_headline(&self, tasks: &[TaskComparison]) -> (String, Metric) {
        let there = tasks.iter().any(|task| task.task == self.headline.task);
        let first = tasks
            .first()
            .map_or_else(String::new, |task| task.task.clone());
        if there {
            (self.headline.task.clone(), self.headline.metric)
        } else {
            (first, Metric::MacroF1)
        }
    }
}

impl Comparison {
    /// The difference under `TASK/METRIC`, `TASK/LABEL/METRIC`, or `METRIC` of the headline's task.
    #[must_use]
    pub fn delta(&self, path: &str) -> Option<Delta> {
        let (owner, metric) = path
            .rsplit_once('/')
            .unwrap_or((self.headline.0.as_str(), path));
        let metric = Metric::parse(metric)?;
        if let Some(task) = self.tasks.iter().find(|task| task.task == owner) {
            return task.overall.get(&metric).copied();
        }
        let (task, label) = owner
            .split_once('/')
            .unwrap_or((self.headline.0.as_str(), owner));
        let task = self.tasks.iter().find(|one| one.task == task)?;
        task.labels
            .iter()
            .find(|one| one.label == label)?
            .metrics
            .get(&metric)
            .copied()
    }
}

/// Everything named that is not equal in both: method, version, settings, thresholds.
fn differences(a: &Report, b: &Report) -> Vec<Difference> {
    let (left, right) = (named(a), named(b));
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    names
        .into_iter()
        .filter(|name| left.get(*name) != right.get(*name))
        .map(|name| Difference {
            name: name.clone(),
            baseline: left.get(name).cloned(),
            candidate: right.get(name).cloned(),
        })
        .collect()
}

fn named(report: &Report) -> BTreeMap<String, String> {
    let mut named = report.settings.clone();
    named.insert("method".into(), report.method.clone());
    named.insert("version".into(), report.version.clone());
    if !report.model.is_empty() {
        named.insert("model".into(), report.model.chars().take(12).collect());
    }
    for task in report.tasks.iter().map(|task| &task.outcomes) {
        for (label, threshold) in task.task.labels.iter().zip(&task.thresholds) {
            named.insert(
                format!("threshold {}/{label}", task.task.name),
                format!("{threshold:.4}"),
            );
        }
    }
    named
}
