//! Labels taken out of a trained model, or put into it. One-vs-rest weights are independent, so every label that stays keeps
//! its weights, calibration and cut bit for bit, and answers as before.

use std::collections::BTreeMap;

use linfa::traits::Transformer;
use ndarray::Array1;
use rayon::prelude::*;

use crate::article::{Corpus, Folds, GoldTask, Repeated, Task, TaskKind};
use crate::classify::{
    BlockWeights, Calibration, Candidate, FoldRows, Linear, Space, held_fast, search,
};
use crate::evaluate::ReportInput;
use crate::features::{Document, Documents, SparseRows};

use super::outcomes::{article_outcome, report_input};
use super::prior::Described;
use super::settings::judge;
use super::train::{TaskFit, make_folds, side_by_side, unmeasured};
use super::trainable::{measurable, trainable};
use super::weights::WeightColumn;
use super::{
    Head, LabelStatistics, Pipeline, PipelineError, Progress, Statistics, TaskStatistics,
    TrainConfig, Trained, Transfer, Weights, facts, near_duplicate_groups, prepare, repeated_in,
};

impl Pipeline {
    /// The model with the labels that `keep` says yes to, asked with the names of task and label. A task without labels
    /// goes; answers between exactly one of several labels are shared out anew among those left.
    ///
    /// # Errors
    /// When nothing is left, or one label alone where exactly one holds.
    pub fn keep_labels(mut self, keep: &dyn Fn(&str, &str) -> bool) -> Result<Self, PipelineError> {
        let transfer = self.transfer.take();
        let transfer = transfer.map(|t| t.edited(|p| p.keep_labels(keep)));
        let mut tasks = self.columns();
        for columns in &mut tasks {
            columns.retain(|c| keep(&c.head.task.name, c.name()));
        }
        tasks.retain(|columns| !columns.is_empty());
        let edited = Edited::of(&tasks)?;
        Ok(self.with(edited, transfer.transpose()?))
    }

    /// Learns the labels of `corpus` that the model lacks and puts them beside its own. Words, concepts and their idf stay
    /// those of the model; articles of `corpus` teach the new labels alone. A label of a task that the model has is learnt
    /// with the settings of that task, a new task with settings of its own on the same blocks. The report is on the new
    /// labels.
    ///
    /// # Errors
    /// As [`Pipeline::train`]; when there is no new label, or one for a task with exactly one answer.
    pub fn add_labels(
        mut self,
        corpus: &Corpus,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Trained, PipelineError> {
        let transfer = self.transfer.take();
        let own = |p: Self| Ok(p.add_labels(corpus, config, &|_, _, _| ())?.pipeline);
        let transfer = transfer.map(|t| t.edited(own)).transpose()?;
        let mut warnings = Vec::new();
        let tasks = self.lacking(trainable(corpus, &mut warnings)?)?;
        let read = self.with_repeated(repeated_in(corpus));
        progress("reading articles", 0, 1);
        let lesson = Lesson::of(&read, corpus, tasks, config);
        let learnt = lesson.learn(&read, progress)?;
        let report = lesson.report(&read, corpus, &learnt.fits, config);
        let mut edited = Edited::of(&merged(read.columns(), learnt.columns()))?;
        edited.digest = joined(&read.data_digest, &corpus.digest);
        Ok(Trained {
            pipeline: read
                .with_repeated(Repeated::default())
                .with(edited, transfer),
            report,
            majority: Vec::new(),
            rankings: Vec::new(),
            warnings,
            stopped: BTreeMap::new(),
            columns: Vec::new(),
        })
    }

    /// The columns of gold whose labels this model has not.
    fn lacking(&self, tasks: Vec<GoldTask>) -> Result<Vec<GoldTask>, PipelineError> {
        let mut lacking = Vec::new();
        for mut task in tasks {
            let head = self.heads.iter().find(|h| h.task.name == task.task.name);
            let known = head.map_or(&[][..], |h| &h.task.labels);
            let new: Vec<usize> = (0..task.task.labels.len())
                .filter(|&k| !known.contains(&task.task.labels[k]))
                .collect();
            if new.is_empty() {
                continue;
            }
            if head.is_some_and(|h| h.task.kind != TaskKind::Multi || task.task.kind != h.task.kind)
            {
                return Err(PipelineError::NothingToLearn(format!(
                    "{}: exactly one of its labels holds, so a new one changes them all; train the task anew, or give the column another name",
                    task.task.name
                )));
            }
            task.gold = task.gold.select(ndarray::Axis(1), &new);
            task.task.labels = new.iter().map(|&k| task.task.labels[k].clone()).collect();
            lacking.push(task);
        }
        if lacking.is_empty() {
            return Err(PipelineError::NothingToLearn(
                "the model has all labels of this file".to_owned(),
            ));
        }
        Ok(lacking)
    }

    /// All labels, those of one task together.
    fn columns(&self) -> Vec<Vec<Column<'_>>> {
        let statistics = self.statistics.as_ref().map_or(&[][..], |s| &s.tasks);
        columns(&self.heads, statistics, &self.weights, &self.bias)
    }

    fn with(self, edited: Edited, transfer: Option<Transfer>) -> Self {
        let statistics = self.statistics.map(|s| Statistics {
            tasks: edited.statistics,
            ..s
        });
        let digest = Some(edited.digest).filter(|d| !d.is_empty());
        Self {
            heads: edited.heads,
            weights: edited.weights,
            bias: edited.bias,
            statistics,
            transfer,
            data_digest: digest.unwrap_or(self.data_digest),
            buffers: Default::default(),
            ..self
        }
    }
}

impl Transfer {
    fn edited(
        self,
        edit: impl FnOnce(Pipeline) -> Result<Pipeline, PipelineError>,
    ) -> Result<Self, PipelineError> {
        Ok(Self {
            pipeline: Box::new(edit(*self.pipeline)?),
            ..self
        })
    }
}

/// One digest of the data of two trainings.
fn joined(first: &str, second: &str) -> String {
    blake3::hash(format!("{first}{second}").as_bytes())
        .to_hex()
        .to_string()
}

/// One label with all that answers for it.
#[derive(Clone, Copy)]
struct Column<'m> {
    head: &'m Head,
    label: usize,
    statistics: Option<&'m TaskStatistics>,
    weights: WeightColumn<'m>,
    n_features: usize,
    bias: f32,
}

impl Column<'_> {
    fn name(&self) -> &str {
        &self.head.task.labels[self.label]
    }

    fn statistics(&self) -> Option<LabelStatistics> {
        Some(self.statistics?.labels.get(self.label)?.clone())
    }
}

fn columns<'m>(
    heads: &'m [Head],
    statistics: &'m [TaskStatistics],
    weights: &'m Weights,
    bias: &'m Array1<f32>,
) -> Vec<Vec<Column<'m>>> {
    let mut output = 0..;
    let mut of_head = |(i, head): (usize, &'m Head)| {
        let labels = (0..head.task.labels.len()).zip(&mut output);
        let column = |(label, output): (usize, usize)| Column {
            head,
            label,
            statistics: statistics.get(i),
            weights: weights.column(output),
            n_features: weights.values().len() / bias.len().max(1),
            bias: bias[output],
        };
        labels.map(column).collect()
    };
    heads.iter().enumerate().map(&mut of_head).collect()
}

/// The labels of both, those of one task together and by name.
fn merged<'m>(own: Vec<Vec<Column<'m>>>, new: Vec<Vec<Column<'m>>>) -> Vec<Vec<Column<'m>>> {
    let mut all = own;
    for columns in new {
        let name = &columns[0].head.task.name;
        match all.iter_mut().find(|c| c[0].head.task.name == *name) {
            Some(task) => {
                task.extend(columns);
                task.sort_by(|a, b| a.name().cmp(b.name()));
            }
            None => all.push(columns),
        }
    }
    all
}

/// The parts of a model that depend on its labels.
struct Edited {
    heads: Vec<Head>,
    statistics: Vec<TaskStatistics>,
    weights: Weights,
    bias: Array1<f32>,
    /// Empty where no data came in.
    digest: String,
}

impl Edited {
    fn of(tasks: &[Vec<Column<'_>>]) -> Result<Self, PipelineError> {
        let outputs: Vec<Column<'_>> = tasks.iter().flatten().copied().collect();
        let Some(first) = outputs.first() else {
            let nothing = "no label would be left".to_owned();
            return Err(PipelineError::NothingToLearn(nothing));
        };
        let alone = |c: &&Vec<Column<'_>>| c[0].head.task.kind == TaskKind::Single && c.len() == 1;
        if let Some(columns) = tasks.iter().find(alone) {
            return Err(PipelineError::NothingToLearn(format!(
                "{}: exactly one of its labels holds, so at least two must be left",
                columns[0].head.task.name
            )));
        }
        let values: Vec<f32> = (0..first.n_features as u32)
            .flat_map(|feature| outputs.iter().map(move |c| c.weights.get(feature)))
            .collect();
        Ok(Self {
            heads: tasks.iter().map(|columns| head(columns)).collect(),
            statistics: tasks.iter().filter_map(|c| task_statistics(c)).collect(),
            weights: Weights::new(values.into(), outputs.len()),
            bias: outputs.iter().map(|c| c.bias).collect(),
            digest: String::new(),
        })
    }
}

/// The head of some labels. What was measured on the labels together stays only where they are still the same.
fn head(columns: &[Column<'_>]) -> Head {
    let first = columns[0].head;
    let whole = columns.len() == first.task.labels.len()
        && columns.iter().all(|c| std::ptr::eq(c.head, first));
    if whole {
        return first.clone();
    }
    let of_label: Vec<(&Calibration, usize)> = columns
        .iter()
        .map(|c| (&c.head.calibration, c.label))
        .collect();
    Head {
        task: Task {
            labels: columns.iter().map(|c| c.name().to_owned()).collect(),
            ..first.task.clone()
        },
        candidate: first.candidate,
        calibration: Calibration::of_labels(&of_label),
        cuts: columns
            .iter()
            .filter_map(|c| c.head.cuts.get(c.label).copied())
            .collect(),
        n_annotated: columns
            .iter()
            .map(|c| c.head.n_annotated)
            .max()
            .unwrap_or(0),
        support: columns.iter().map(|c| c.head.support[c.label]).collect(),
        macro_f1: None,
        certainty: None,
    }
}

/// What was counted of each label; articles without any of them cannot be told from the counts of each.
fn task_statistics(columns: &[Column<'_>]) -> Option<TaskStatistics> {
    let first = columns[0].statistics?;
    let labels = columns.iter().map(|c| c.statistics());
    Some(TaskStatistics {
        labels: labels.collect::<Option<_>>()?,
        ..first.clone()
    })
}

/// Articles to learn new labels from, read with the words of a model.
struct Lesson<'c> {
    tasks: Vec<GoldTask>,
    documents: Vec<Document<'c>>,
    rows: SparseRows,
    groups: Vec<u32>,
    folds: Option<Folds>,
    config: &'c TrainConfig,
}

/// What was learnt in one.
struct Learnt {
    fits: Vec<TaskFit>,
    heads: Vec<Head>,
    statistics: Statistics,
    weights: Weights,
    bias: Array1<f32>,
}

impl Learnt {
    fn columns(&self) -> Vec<Vec<Column<'_>>> {
        columns(
            &self.heads,
            &self.statistics.tasks,
            &self.weights,
            &self.bias,
        )
    }
}

impl<'c> Lesson<'c> {
    fn of(
        model: &Pipeline,
        corpus: &'c Corpus,
        tasks: Vec<GoldTask>,
        config: &'c TrainConfig,
    ) -> Self {
        let articles = corpus.articles.par_iter();
        let documents: Vec<Document<'_>> = articles.map(|a| prepare(&model.cleaner, a)).collect();
        let groups = near_duplicate_groups(&corpus.articles);
        Self {
            rows: model.tfidf.transform(Documents(&documents)),
            folds: make_folds(&tasks, &groups, config.n_folds),
            tasks,
            documents,
            groups,
            config,
        }
    }

    fn learn(&self, model: &Pipeline, progress: Progress<'_>) -> Result<Learnt, PipelineError> {
        let folds = self.folds.as_ref();
        let rows = folds.map(|folds| held_fast(&self.rows, folds, model.tfidf.idf()));
        let mut fits = Vec::new();
        let mut models: Vec<Linear> = Vec::new();
        for (i, task) in self.tasks.iter().enumerate() {
            let what = format!("learning {}", task.task.name);
            progress(&what, i as u64, self.tasks.len() as u64);
            let fit = self.fit(model, task, rows.as_deref())?;
            let (v, kind) = (model.tfidf.vocabulary(), task.task.kind);
            let fitted = fit
                .candidate
                .fit(&self.rows, v, &task.gold, kind, 0.01, None)?;
            models.push(fitted);
            fits.push(fit);
        }
        let pairs = || self.tasks.iter().zip(&fits);
        let heads: Vec<Head> = pairs().map(|(task, fit)| fit.head(task)).collect();
        let mut statistics = Statistics::new(&heads);
        statistics.add_held_out(&self.tasks, &fits);
        Ok(Learnt {
            heads,
            statistics,
            weights: side_by_side(&models),
            bias: models.iter().flat_map(|m| m.bias.iter().copied()).collect(),
            fits,
        })
    }

    /// Setting, calibration and cuts of one task.
    fn fit(
        &self,
        model: &Pipeline,
        task: &GoldTask,
        rows: Option<&[FoldRows]>,
    ) -> Result<TaskFit, PipelineError> {
        let beside = model.heads.iter().find(|h| h.task.name == task.task.name);
        let usual = beside.or(model.heads.first()).map(|h| h.candidate);
        let mut setting = Candidate {
            prior: 0.0,
            ..usual.ok_or_else(|| PipelineError::NothingToLearn("an empty model".to_owned()))?
        };
        let (Some(folds), Some(rows)) = (&self.folds, rows) else {
            return Ok(unmeasured(task, setting));
        };
        if !measurable(task) {
            return Ok(unmeasured(task, setting));
        }
        let described = Described::default();
        let judge = judge(task, folds, rows, model.tfidf.vocabulary(), &described);
        if beside.is_none() {
            let space = Space {
                families: self.config.family.into_iter().collect(),
                blocks: blocks_of(model),
                ..Space::default()
            };
            let found = search(&judge, &space)?.ranking.first().map(|(c, _)| *c);
            setting = found.unwrap_or(setting);
        }
        let (scores, learnt) = judge.measure(&setting, self.config.cut_rule)?;
        Ok(TaskFit::new(setting, learnt, scores))
    }

    fn report(
        &self,
        model: &Pipeline,
        corpus: &Corpus,
        fits: &[TaskFit],
        config: &TrainConfig,
    ) -> Option<ReportInput> {
        let outcome = |(i, document): (usize, &Document<'_>)| {
            let facts = facts(document, model.tfidf.analyzer());
            article_outcome(&corpus.articles[i], document, &facts, self.groups[i])
        };
        let articles = self.documents.par_iter().enumerate().map(outcome).collect();
        let folds = self.folds.as_ref()?;
        Some(report_input(
            corpus,
            articles,
            &self.tasks,
            fits,
            folds,
            config,
        ))
    }
}

/// The sets of block factors that the tasks of a model use, each once.
fn blocks_of(model: &Pipeline) -> Vec<BlockWeights> {
    let mut blocks: Vec<BlockWeights> = Vec::new();
    for head in &model.heads {
        if !blocks.contains(&head.candidate.blocks) {
            blocks.push(head.candidate.blocks);
        }
    }
    blocks
}
