//! What the models of a cross-validation tell beside their answers: what carried each of them, and how the words and
//! answers of new articles may be expected to look.

use rayon::prelude::*;

use crate::article::GoldTask;
use crate::classify::{FoldRows, Linear};
use crate::evaluate::ArticleOutcome;
use crate::features::{Document, Occurrences};

use super::prior::Described;
use super::train::{TaskFit, side_by_side};
use super::trainable::annotated;
use super::{Pipeline, PipelineError, Statistics};

/// What was answered on held-out articles.
pub(super) struct HeldOut<'t> {
    pub(super) tasks: &'t [GoldTask],
    pub(super) fits: &'t [TaskFit],
    pub(super) rows: Vec<FoldRows>,
    pub(super) documents: &'t [Document<'t>],
    pub(super) described: &'t Described,
}

impl HeldOut<'_> {
    /// Fills in what carried each article's decisions, from the models of the fold that held it out. `pipeline` is as
    /// before afterwards.
    pub(super) fn evidence(
        &self,
        pipeline: &mut Pipeline,
        articles: &mut [ArticleOutcome],
    ) -> Result<(), PipelineError> {
        for fold in &self.rows {
            let vocabulary = pipeline.tfidf.vocabulary();
            let models = self.tasks.iter().zip(self.fits).map(|(task, fit)| {
                let of_label = self.described.of(&task.task.name);
                fold.fit(
                    &fit.candidate,
                    vocabulary,
                    &task.gold,
                    task.task.kind,
                    of_label,
                )
            });
            let models: Vec<Linear> = models.collect::<Result<_, _>>()?;
            let idf = pipeline.tfidf.replace_idf(fold.idf.clone());
            let weights = std::mem::replace(&mut pipeline.weights, side_by_side(&models));
            let found = fold.test.0.par_iter().map(|&row| {
                pipeline.carried(&self.documents[row], &self.outputs_in_question(row), true)
            });
            let found: Vec<_> = found.collect();
            for (&row, carried) in fold.test.0.iter().zip(found) {
                (articles[row].evidence, articles[row].sentences) = carried;
            }
            pipeline.tfidf.replace_idf(idf);
            pipeline.weights = weights;
        }
        Ok(())
    }

    /// Outputs given to an article or missed, over the labels of all tasks side by side.
    fn outputs_in_question(&self, row: usize) -> Vec<usize> {
        let of_task = |(task, fit): (&GoldTask, &TaskFit)| {
            let decided = fit.scores.as_ref().map(|scores| scores.decided.row(row));
            let gold = task.gold.row(row);
            let asked = |k: usize| decided.is_some_and(|d| d[k]) || gold[k] == Some(true);
            (0..gold.len()).map(asked).collect::<Vec<bool>>()
        };
        let asked = self.tasks.iter().zip(self.fits).flat_map(of_task);
        let asked = (0..).zip(asked).filter(|(_, asked)| *asked);
        asked.map(|(output, _)| output).collect()
    }
}

impl Pipeline {
    /// Words as if each article had not been in the training; answers from out-of-fold scores, where there are any.
    pub(super) fn training_statistics(
        &self,
        documents: &[Document<'_>],
        tasks: &[GoldTask],
        fitted: &[TaskFit],
    ) -> Statistics {
        let mut statistics = Statistics::new(&self.heads);
        let rarest = self.tfidf.rarest(documents.len());
        let wording = |document: &Document<'_>| {
            let mut seen = Occurrences::default();
            self.tfidf.row(document, &mut seen);
            self.tfidf.wording(&seen, rarest, true)
        };
        let wordings: Vec<_> = documents.par_iter().map(wording).collect();
        for (document, wording) in documents.iter().zip(&wordings) {
            statistics.add_article(document.lang, wording.words, wording.unknown);
        }
        statistics.add_held_out(tasks, fitted);
        statistics
    }
}

impl Statistics {
    /// Counts what was answered on held-out articles.
    pub(super) fn add_held_out(&mut self, tasks: &[GoldTask], fitted: &[TaskFit]) {
        for ((sum, task), fit) in self.tasks.iter_mut().zip(tasks).zip(fitted) {
            let Some(scores) = &fit.scores else { continue };
            for i in annotated(&task.gold) {
                let (row, decided) = (scores.probabilities.row(i), scores.decided.row(i));
                sum.add(row.iter().copied().zip(decided.iter().copied()));
            }
        }
    }
}
