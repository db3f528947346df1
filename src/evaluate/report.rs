//! The report: what one evaluation says, with an interval beside every number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::Resampling;
use super::calibration::Bin;
use super::counts::Counts;
use super::fingerprint::Fingerprint;
use super::interval::Estimate;
use super::metric::Metric;
use super::noise::NoiseCheck;
use super::outcome::{ArticleOutcome, TaskOutcomes};
use super::ranking::Cut;
use super::unique;

/// Schema this version writes and reads.
pub const REPORT_SCHEMA: u32 = 1;

/// What one evaluation says: its numbers, and every article's outcome they come from.
///
/// Two reports on one test set can be compared in pairs; `docs/metrics.md` documents each field and formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Shape of this file: [`REPORT_SCHEMA`].
    pub schema: u32,
    /// Version of this crate that wrote it.
    pub version: String,
    /// What was evaluated, in words.
    pub title: String,
    /// How the numbers came about: `cross_validation`, `holdout`, ...
    pub method: String,
    /// Digest of the model file (hex); empty for cross-validation.
    pub model: String,
    /// Settings of the model, flat.
    #[serde(deserialize_with = "unique::map")]
    pub settings: BTreeMap<String, String>,
    /// Which test set this is.
    pub fingerprint: Fingerprint,
    /// How intervals were made.
    pub resampling: Resampling,
    /// The one number to look at first.
    pub headline: Headline,
    /// Numbers task by task.
    pub tasks: Vec<TaskReport>,
    /// Scores of models trained on a growing share of the data; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learning_curve: Vec<CurvePoint>,
    /// What simple answers would score on the same articles; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baselines: Vec<Baseline>,
    /// What is left of the scores once gold is shuffled, task by task; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise_check: Vec<NoiseCheck>,
    /// Articles of the test set; rows of every task run parallel to them.
    pub articles: Vec<ArticleOutcome>,
}

/// The one number to look at first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headline {
    /// Task it is of.
    pub task: String,
    /// Metric it is.
    pub metric: Metric,
    /// Its value.
    pub estimate: Estimate,
}

/// Numbers of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskReport {
    /// Articles with any gold for this task.
    pub annotated: u64,
    /// Resampling groups among them.
    pub groups: u64,
    /// Numbers over all labels.
    #[serde(deserialize_with = "unique::map")]
    pub overall: BTreeMap<Metric, Estimate>,
    /// Numbers label by label, in label order.
    pub labels: Vec<LabelReport>,
    /// Exclusive tasks: articles by gold label (row) and decided label (column); else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<u64>>,
    /// Pairs of a missed and an invented label in one article, most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_pairs: Vec<ErrorPair>,
    /// Numbers of every slice, by key and value.
    pub slices: Vec<SliceReport>,
    /// Bins over all cells (multi) or over the decided label (single).
    pub calibration: Vec<Bin>,
    /// Gold, scores and decisions.
    pub outcomes: TaskOutcomes,
}

/// Numbers of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelReport {
    /// Its name.
    pub label: String,
    /// Articles whose gold for this label is known.
    pub known: u64,
    /// Articles whose gold says yes.
    pub support: u64,
    /// The four counts.
    pub counts: Counts,
    /// Its metrics.
    #[serde(deserialize_with = "unique::map")]
    pub metrics: BTreeMap<Metric, Estimate>,
    /// The same in words: `F1 0.71 (0.48 to 0.86), 9 articles: too few to judge`.
    pub words: String,
    /// Precision, recall and F1 at every cut worth showing; empty for exclusive tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut>,
    /// Calibration bins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<Bin>,
}

/// How often one label was missed where another was invented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorPair {
    /// Gold label that was not decided.
    pub missed: String,
    /// Label that was decided and is not gold.
    pub invented: String,
    /// Articles where both happened.
    pub articles: u64,
}

/// Numbers of the articles that share one slice value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceReport {
    /// Slice key: `lang`.
    pub key: String,
    /// Its value: `fa`.
    pub value: String,
    /// Annotated articles in the slice.
    pub articles: u64,
    /// Metrics over the slice: macro F1, micro F1, subset accuracy.
    #[serde(deserialize_with = "unique::map")]
    pub metrics: BTreeMap<Metric, Estimate>,
}

/// One point of a learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// Articles trained on.
    pub articles: u64,
    /// Headline metric of the model trained on them.
    pub estimate: Estimate,
}

/// What a simple answer scores on the same articles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Its name: `majority`.
    pub name: String,
    /// Task by task, in the order of the report, the overall numbers.
    pub tasks: Vec<BTreeMap<Metric, Estimate>>,
}

/// How a report is made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportOptions {
    /// Intervals.
    pub resampling: Resampling,
    /// Task and metric to name first; by default macro F1 of the first task.
    pub headline: Option<(String, Metric)>,
}

/// Letters of a title that stay in a report without texts.
const TITLE_LETTERS: usize = 80;

impl Report {
    /// Forgets the sentences of the articles, for a report that is passed on without their texts. Titles are cut to
    /// 80 letters: that of an article without a headline is its first paragraph.
    pub fn drop_texts(&mut self) {
        for article in &mut self.articles {
            article.sentences.clear();
            if let Some((end, _)) = article.title.char_indices().nth(TITLE_LETTERS) {
                article.title.truncate(end);
                article.title.push('…');
            }
        }
    }

    /// Position of the task of this name.
    #[must_use]
    pub fn task_index(&self, name: &str) -> Option<usize> {
        self.tasks
            .iter()
            .position(|task| task.outcomes.task.name == name)
    }

    /// The estimate under `TASK/METRIC`, `TASK/LABEL/METRIC`, or `METRIC` of the headline's task.
    #[must_use]
    pub fn estimate(&self, path: &str) -> Option<Estimate> {
        let (owner, metric) = path
            .rsplit_once('/')
            .unwrap_or((self.headline.task.as_str(), path));
        let metric = Metric::parse(metric)?;
        if let Some(task) = self.task_index(owner) {
            return self.tasks[task].overall.get(&metric).copied();
        }
        let (task, label) = owner
            .split_once('/')
            .unwrap_or((self.headline.task.as_str(), owner));
        let labels = &self.tasks[self.task_index(task)?].labels;
        labels
            .iter()
            .find(|one| one.label == label)?
            .metrics
            .get(&metric)
            .copied()
    }
}
