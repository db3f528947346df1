//! Models on their best columns alone, for small files.
//!
//! A column counts by the largest part it has in the score of any label: `|w| * sqrt(sum of x^2)` over the training rows,
//! against the norm of these over all columns of the label; where exactly one label holds, `w` less its mean over the labels.
//! What is left is learnt anew: rows are scaled to unit length, so
//! every value changes when columns go. Each fold of the cross-validation chooses its columns by its own training part:
//! chosen by all articles, they would know those held out (Ambroise and McLachlan, "Selection bias in gene extraction", PNAS
//! 2002).

use linfa::dataset::Records;
use rayon::prelude::*;

use crate::article::{GoldTask, TaskKind};
use crate::classify::{Candidate, FoldRows, Linear};
use crate::features::{CountRows, Idf, SparseRows, Vocabulary};

use super::prior::Described;
use super::trainable::measurable;
use super::{Pipeline, PipelineError, Weights};

/// All columns, from the one that the models of some tasks rest on most to the one they rest on least; equals in order of
/// columns. `rows` are what they were learnt on.
pub(super) fn ranked(models: &[(TaskKind, &Linear)], rows: &[&SparseRows]) -> Vec<u32> {
    let strengths = strengths(rows);
    let mut shares = vec![0.0; strengths.len()];
    for (kind, model) in models {
        let middles = middles(*kind, model);
        for weights in model.weights.columns() {
            let lever = |((w, middle), x): ((&f32, &f64), &f64)| (f64::from(*w) - middle).abs() * x;
            let levers = weights.iter().zip(&middles).zip(&strengths);
            let levers: Vec<f64> = levers.map(lever).collect();
            let norm = levers.iter().map(|l| l * l).sum::<f64>().sqrt();
            for (share, lever) in shares.iter_mut().zip(levers) {
                *share = (lever / norm.max(f64::MIN_POSITIVE)).max(*share);
            }
        }
    }
    let mut columns: Vec<u32> = (0..shares.len() as u32).collect();
    let share = |column: &u32| shares[*column as usize];
    columns.par_sort_unstable_by(|a, b| share(b).total_cmp(&share(a)).then(a.cmp(b)));
    columns
}

/// What each column adds to the score of every label: where exactly one holds, it decides nothing.
fn middles(kind: TaskKind, model: &Linear) -> Vec<f64> {
    let weights = model.weights.rows().into_iter();
    match kind {
        TaskKind::Multi => vec![0.0; model.weights.nrows()],
        TaskKind::Single => weights
            .map(|of_label| {
                let sum: f64 = of_label.iter().map(|w| f64::from(*w)).sum();
                sum / of_label.len().max(1) as f64
            })
            .collect(),
    }
}

/// Norm of each column of some rows.
fn strengths(rows: &[&SparseRows]) -> Vec<f64> {
    let mut sums = vec![0.0; rows.first().map_or(0, |rows| rows.nfeatures())];
    for rows in rows {
        for i in 0..rows.nsamples() {
            let (columns, values) = rows.row(i);
            for (&column, &value) in columns.iter().zip(values) {
                sums[column as usize] += f64::from(value) * f64::from(value);
            }
        }
    }
    sums.iter_mut().for_each(|sum| *sum = sum.sqrt());
    sums
}

/// The first `n` of `ranked`, ascending.
pub(super) fn best(ranked: &[u32], n: usize) -> Vec<u32> {
    let mut kept = ranked[..n.min(ranked.len())].to_vec();
    kept.sort_unstable();
    kept
}

/// What folds are learnt on, and with which settings.
pub(super) struct Folding<'a> {
    pub(super) counts: &'a CountRows,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) tasks: &'a [GoldTask],
    pub(super) settings: &'a [Candidate],
    pub(super) described: &'a Described,
}

impl Folding<'_> {
    /// Rows in which each fold has the `n` columns its own training part rests on most.
    pub(super) fn pruned(
        &self,
        rows: Vec<FoldRows>,
        n: usize,
    ) -> Result<Vec<FoldRows>, PipelineError> {
        let one = |fold: FoldRows| {
            let models = self.models(&fold)?;
            let models: Vec<(TaskKind, &Linear)> = models.iter().map(|(k, m)| (*k, m)).collect();
            let ranked = ranked(&models, &[&fold.train.1, &fold.described]);
            let idf = fold.idf.only(&best(&ranked, n));
            Ok(fold.reweighed(self.counts, self.vocabulary, idf))
        };
        rows.into_par_iter().map(one).collect()
    }

    fn models(&self, fold: &FoldRows) -> Result<Vec<(TaskKind, Linear)>, PipelineError> {
        let pairs = self.tasks.iter().zip(self.settings);
        let fit = |(task, candidate): (&GoldTask, &Candidate)| {
            let of_label = self.described.of(&task.task.name);
            let (gold, kind) = (&task.gold, task.task.kind);
            let model = fold.fit(candidate, self.vocabulary, gold, kind, of_label)?;
            Ok((kind, model))
        };
        pairs
            .filter(|(task, _)| measurable(task))
            .map(fit)
            .collect()
    }
}

/// A trained model that shows how large it would be with fewer columns.
#[derive(Debug)]
pub(crate) struct Shrinking {
    pipeline: Pipeline,
    own: Columns,
    transfer: Option<Columns>,
}

/// All columns of a model, from the one it rests on most to the one it rests on least.
#[derive(Debug)]
struct Columns {
    ranked: Vec<u32>,
    vocabulary: Vocabulary,
    idf: Idf,
    weights: Weights,
}

impl Columns {
    fn of(pipeline: &Pipeline, ranked: Vec<u32>) -> Self {
        let all: Vec<u32> = (0..ranked.len() as u32).collect();
        Self {
            ranked,
            vocabulary: pipeline.tfidf.vocabulary().clone(),
            idf: pipeline.tfidf.idf().clone(),
            weights: pipeline.weights.keep(&all),
        }
    }

    fn cut(&self, pipeline: &mut Pipeline, n: usize) {
        let kept = best(&self.ranked, n);
        let (vocabulary, idf) = (self.vocabulary.keep(&kept), self.idf.keep(&kept));
        pipeline.replace_columns(vocabulary, idf, self.weights.keep(&kept));
    }
}

impl Shrinking {
    /// `trained` with [`TrainConfig::max_columns`](super::TrainConfig::max_columns) that left all of them in.
    pub(crate) fn of(pipeline: Pipeline, ranked: Vec<Vec<u32>>) -> Self {
        let mut ranked = ranked.into_iter();
        let own = Columns::of(&pipeline, ranked.next().unwrap_or_default());
        let second = pipeline.transfer.as_ref().map(|t| &*t.pipeline);
        let transfer = second
            .zip(ranked.next())
            .map(|(second, ranked)| Columns::of(second, ranked));
        Self {
            pipeline,
            own,
            transfer,
        }
    }

    /// Columns of the model, or of its second one where that has more.
    pub(crate) fn n_columns(&self) -> usize {
        let second = self.transfer.as_ref().map_or(0, |t| t.ranked.len());
        self.own.ranked.len().max(second)
    }

    /// The model with its `n` best columns, for a look at its size: its weights are those learnt beside all others.
    pub(crate) fn at(&mut self, n: usize) -> &Pipeline {
        self.own.cut(&mut self.pipeline, n);
        if let (Some(columns), Some(transfer)) = (&self.transfer, &mut self.pipeline.transfer) {
            columns.cut(&mut transfer.pipeline, n);
        }
        &self.pipeline
    }
}

impl Pipeline {
    pub(super) fn replace_columns(&mut self, vocabulary: Vocabulary, idf: Idf, weights: Weights) {
        self.tfidf.replace_vocabulary(vocabulary, idf);
        self.weights = weights;
        // Working space remembers columns of words.
        self.buffers = Default::default();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::{Array1, arr2};

    use super::*;

    #[test]
    fn columns_count_by_their_part_in_any_label_whatever_its_scale() {
        let rows = SparseRows::from_rows(
            4,
            &[
                vec![(0, 1.0), (1, 0.1), (2, 1.0)],
                vec![(1, 0.1), (2, 1.0), (3, 1.0)],
            ],
        );
        // The first label rests on column 0, the second, on a scale of its own, on 3; 1 has a large weight on small values.
        let models = [
            Linear {
                weights: arr2(&[[9.0], [9.0], [-1.0], [0.0]]),
                bias: Array1::zeros(1),
                objective: Vec::new(),
            },
            Linear {
                weights: arr2(&[[0.0], [0.0], [0.01], [-0.09]]),
                bias: Array1::zeros(1),
                objective: Vec::new(),
            },
        ];
        let of_sets = models.each_ref().map(|model| (TaskKind::Multi, model));
        let all = ranked(&of_sets, &[&rows]);
        assert_eq!(all, [3, 0, 2, 1]);
        assert_eq!(best(&all, 3), [0, 2, 3]);
        assert_eq!(best(&all, 9), [0, 1, 2, 3]);
        let nothing = SparseRows::from_rows(4, &[]);
        assert_eq!(ranked(&of_sets, &[&nothing]), [0, 1, 2, 3]);
    }

    #[test]
    fn what_speaks_for_every_one_of_several_labels_decides_nothing() {
        let rows = SparseRows::from_rows(2, &[vec![(0, 1.0), (1, 1.0)]]);
        let model = Linear {
            weights: arr2(&[[-9.0, -9.0], [-3.0, -4.0]]),
            bias: Array1::zeros(2),
            objective: Vec::new(),
        };
        let ranked = |kind| ranked(&[(kind, &model)], &[&rows]);
        assert_eq!(ranked(TaskKind::Multi), [0, 1]);
        assert_eq!(ranked(TaskKind::Single), [1, 0]);
    }
}
