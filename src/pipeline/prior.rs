//! Descriptions of labels as a prior: how far they carry a model, and on what.

use std::collections::BTreeMap;

use crate::article::{Cleaner, Corpus, Description, GoldTask};
use crate::classify::{BlockWeights, Candidate};
use crate::features::Document;

use super::prepare;
use super::trainable::annotated;

/// Fewer annotated articles than this choose no settings: the description carries the model as far as [`SCALE`] says.
/// Chosen with draws of the real articles (`docs/benchmarks.md`, "Few labelled articles").
pub(super) const FEW: usize = 40;
/// Score of one unit of similarity with a description, where there are too few articles to choose it by: about the slope
/// of logistic regression on the similarities of the starter corpus.
const SCALE: f64 = 10.0;
/// What is tried where there are enough.
pub(super) const SCALES: [f64; 3] = [SCALE, 0.5 * SCALE, 2.0 * SCALE];

/// Blocks of such a setting: a description may have no concepts.
const BLOCKS: BlockWeights = [0.5, 1.0, 1.0, 0.5, 1.0];

/// Which descriptions are of which label, as places in [`Corpus::descriptions`].
#[derive(Debug, Default)]
pub(super) struct Described(BTreeMap<String, Vec<Vec<usize>>>);

impl Described {
    pub(super) fn new(corpus: &Corpus) -> Self {
        let of_label = |task: &GoldTask, label: &String| {
            let own = |d: &Description| d.task == task.task.name && d.label == *label;
            let all = corpus.descriptions.iter().enumerate();
            all.filter(|(_, d)| own(d)).map(|(i, _)| i).collect()
        };
        let of_task = |task: &GoldTask| {
            let labels = task.task.labels.iter();
            let rows: Vec<Vec<usize>> = labels.map(|label| of_label(task, label)).collect();
            (task.task.name.clone(), rows)
        };
        let tasks = corpus.tasks.iter().map(of_task);
        Self(
            tasks
                .filter(|(_, rows)| rows.iter().any(|r| !r.is_empty()))
                .collect(),
        )
    }

    /// The descriptions of each label of a task; empty where none has any.
    pub(super) fn of(&self, task: &str) -> &[Vec<usize>] {
        self.0.get(task).map_or(&[], Vec::as_slice)
    }

    /// How far descriptions may carry the settings of a task, the usual first.
    pub(super) fn scales(&self, task: &str) -> Vec<f64> {
        if self.of(task).is_empty() {
            return Vec::new();
        }
        SCALES.to_vec()
    }

    /// The setting of a task with too few articles to choose one by.
    pub(super) fn few(&self, task: &GoldTask, usual: Candidate) -> Option<Candidate> {
        let few = annotated(&task.gold).count() < FEW;
        let carried = few && usual.takes_prior() && !self.of(&task.task.name).is_empty();
        carried.then_some(Candidate {
            prior: SCALE,
            blocks: BLOCKS,
            ..usual
        })
    }
}

/// The descriptions as documents.
pub(super) fn documents<'c>(corpus: &'c Corpus, cleaner: &Cleaner) -> Vec<Document<'c>> {
    let described = corpus.descriptions.iter();
    described.map(|d| prepare(cleaner, &d.article)).collect()
}
