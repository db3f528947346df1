//! Training for the sake of numbers: what is judged on articles that were held out, and what it is compared with.
//!
//! Baselines, learning curve and noise check are made the way the judged answers are: by cross-validation over the same
//! articles, or by training on one part and answering another.

use std::collections::BTreeSet;

use crate::article::{Corpus, GoldTask, MetaColumn};
use crate::classify::Family;
use crate::evaluate::{
    EvaluateError, Report, ReportInput, ReportOptions, SplitMix64, TaskOutcomes, shuffled_gold,
};

use super::settings::usual_settings;
use super::train::{Counted, Measured, make_folds};
use super::{Pipeline, PipelineError, Progress, TrainConfig, groups_by, near_duplicate_groups};

/// Shares of the training articles on a learning curve, beside all of them.
const SHARES: [(f64, &str); 3] = [(0.125, "1/8"), (0.25, "1/4"), (0.5, "1/2")];
/// Seed of the thinning of a learning curve and of the shuffles of a noise check.
const SEED: u64 = 1;

/// An answer that every model must beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineKind {
    /// Label shares, no text.
    Majority,
    /// Glossary concepts alone, no words.
    Glossary,
}

impl BaselineKind {
    /// Name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Glossary => "glossary",
        }
    }

    /// Turns settings of a training run into those of the baseline.
    pub fn configure(self, config: &mut TrainConfig) {
        config.fixed.clear();
        match self {
            Self::Majority => config.family = Some(Family::Majority),
            Self::Glossary => {
                config.family = None;
                config.blocks = Some(vec![[0.0, 0.0, 1.0, 0.0, 1.0]]);
            }
        }
    }
}

/// What is measured beside the answers themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// Simple answers on the same articles.
    pub baselines: Vec<BaselineKind>,
    /// Models that saw an eighth, a quarter and a half of the training articles, with the settings of the full one.
    pub learning_curve: bool,
    /// Models trained on shuffled gold, with the settings of the true one; 0 for no noise check.
    pub shuffles: u32,
}

/// Answers on held-out articles and what they are compared with; tasks run parallel everywhere.
#[derive(Debug)]
pub struct Evaluated {
    /// The answers.
    pub input: ReportInput,
    /// Articles the judged models have seen.
    pub trained_on: u64,
    /// Simple answers by name.
    pub baselines: Vec<(&'static str, Vec<TaskOutcomes>)>,
    /// Articles seen, and what was answered then.
    pub curve: Vec<(u64, Vec<TaskOutcomes>)>,
    /// Answers to shuffled gold.
    pub shuffled: Vec<Vec<TaskOutcomes>>,
    /// What the user should know, in words.
    pub warnings: Vec<String>,
}

impl Evaluated {
    /// The report with everything in it.
    ///
    /// # Errors
    /// As [`Report::build`].
    pub fn into_report(self, options: &ReportOptions) -> Result<Report, EvaluateError> {
        let own = self.input.tasks.clone();
        let mut report = Report::build(self.input, options)?;
        for (name, tasks) in &self.baselines {
            report.add_baseline(name, tasks)?;
        }
        if !self.curve.is_empty() {
            report.add_curve_point(self.trained_on, &own)?;
        }
        for (articles, tasks) in &self.curve {
            report.add_curve_point(*articles, tasks)?;
        }
        if !self.shuffled.is_empty() {
            report.add_noise_check(&self.shuffled)?;
        }
        Ok(report)
    }
}

/// Judges what training learns by cross-validation in [`TrainConfig::n_folds`] folds.
///
/// # Errors
/// As [`Pipeline::train`], and where there are fewer independent articles than folds.
pub fn cross_validate(
    corpus: &Corpus,
    config: &TrainConfig,
    extras: &Extras,
    progress: Progress<'_>,
) -> Result<Evaluated, PipelineError> {
    let counted = Counted::of(corpus, config, progress)?;
    enough_folds(&counted, config)?;
    let measured = counted.measure(&counted.tasks, counted.folds.as_ref(), progress)?;
    let search = CrossValidation {
        counted: &counted,
        config,
        progress,
    };
    let baselines = extras
        .baselines
        .iter()
        .map(|kind| Ok((kind.name(), search.baseline(*kind)?)));
    let baselines = baselines.collect::<Result<Vec<_>, PipelineError>>()?;
    let mut warnings = Vec::new();
    let curve = if extras.learning_curve {
        search.curve(&mut warnings)
    } else {
        Vec::new()
    };
    let shuffled = (0..extras.shuffles).map(|index| search.shuffled(index, extras.shuffles));
    let shuffled = shuffled.collect::<Result<Vec<_>, _>>()?;
    let trained_on = measured.trained_on();
    let trained = counted.finish(measured, config, progress)?;
    let nothing = || PipelineError::NothingToLearn("no article could be held out".to_owned());
    warnings.splice(0..0, trained.warnings);
    Ok(Evaluated {
        input: trained.report.ok_or_else(nothing)?,
        trained_on,
        baselines,
        curve,
        shuffled,
        warnings,
    })
}

/// Out-of-fold answers with the usual setting for each task: good enough to doubt labels by, at a fraction of the cost
/// of a search. Tasks with too little gold are left out; `None` where nothing can be held out.
///
/// # Errors
/// As [`Pipeline::train`].
pub fn out_of_fold(
    corpus: &Corpus,
    config: &TrainConfig,
    progress: Progress<'_>,
) -> Result<Option<Vec<TaskOutcomes>>, PipelineError> {
    let mut config = config.clone();
    config.fixed = usual_settings(corpus, &config);
    let counted = Counted::of(corpus, &config, progress)?;
    let Some(folds) = &counted.folds else {
        return Ok(None);
    };
    let measured = counted.measure(&counted.tasks, Some(folds), progress)?;
    Ok(Some(outcomes(&counted.tasks, &measured)))
}

/// A cross-validation asked for is made as asked for or not at all.
fn enough_folds(counted: &Counted<'_>, config: &TrainConfig) -> Result<(), PipelineError> {
    let made = counted.folds.as_ref().map_or(0, |folds| folds.n_folds);
    if made >= config.n_folds {
        return Ok(());
    }
    let parts: BTreeSet<u32> = counted.together.iter().copied().collect();
    let what = match config.group_by {
        Some(column) => format!("parts that share no {column} and no text"),
        None => "articles that are no copies of one another".to_owned(),
    };
    Err(PipelineError::NothingToLearn(format!(
        "{} folds cannot be made of {} {what}; take fewer folds, or label more articles",
        config.n_folds,
        parts.len()
    )))
}

/// A cross-validation with the settings chosen for it.
struct CrossValidation<'c> {
    counted: &'c Counted<'c>,
    config: &'c TrainConfig,
    progress: Progress<'c>,
}

impl CrossValidation<'_> {
    fn baseline(&self, kind: BaselineKind) -> Result<Vec<TaskOutcomes>, PipelineError> {
        (self.progress)(&format!("baseline {}", kind.name()), 0, 1);
        self.counted.baseline(kind, self.config)
    }

    /// A share too small to learn from becomes a warning.
    fn curve(&self, warnings: &mut Vec<String>) -> Vec<(u64, Vec<TaskOutcomes>)> {
        let (tasks, folds) = (&self.counted.tasks, self.counted.folds.as_ref());
        let mut curve = Vec::new();
        for (share, name) in SHARES {
            (self.progress)(&format!("learning curve: {name} of the articles"), 0, 1);
            let keep = |row: usize| is_kept(self.counted.together[row], share);
            match self.counted.measure_kept(folds, keep) {
                Ok(measured) => curve.push((measured.trained_on(), outcomes(tasks, &measured))),
                Err(error) => warnings.push(left_out(name, &error)),
            }
        }
        curve
    }

    fn shuffled(&self, index: u32, of: u32) -> Result<Vec<TaskOutcomes>, PipelineError> {
        (self.progress)(&format!("shuffle {} of {of}", index + 1), 0, 1);
        let tasks = shuffled_tasks(&self.counted.tasks, index);
        let folds = make_folds(&tasks, &self.counted.together, self.config.n_folds);
        let measured = self
            .counted
            .measure(&tasks, folds.as_ref(), &|_, _, _| ())?;
        Ok(outcomes(&tasks, &measured))
    }
}

fn outcomes(tasks: &[GoldTask], measured: &Measured) -> Vec<TaskOutcomes> {
    let pairs = tasks.iter().zip(&measured.fits);
    pairs.filter_map(|(task, fit)| fit.outcomes(task)).collect()
}

fn silent(_: &str, _: u64, _: u64) {}

/// Whether a part of a learning curve holds the articles of a group; larger shares hold those of smaller ones.
fn is_kept(group: u32, share: f64) -> bool {
    SplitMix64::stream(SEED, group.into()).next_f64() < share
}

fn left_out(name: &str, error: &PipelineError) -> String {
    format!("learning curve: {name} of the articles is too little: {error}")
}

/// Each task is shuffled by itself.
fn shuffled_tasks(tasks: &[GoldTask], index: u32) -> Vec<GoldTask> {
    let shuffle = |(at, task): (u64, &GoldTask)| GoldTask {
        task: task.task.clone(),
        gold: shuffled_gold(&task.gold, SEED + at, index.into()),
    };
    (0..).zip(tasks).map(shuffle).collect()
}

/// Two parts of a labelled corpus: one to learn from, one to be judged on.
#[derive(Debug)]
pub struct Parts {
    /// Articles learnt from.
    pub train: Corpus,
    /// Articles judged.
    pub test: Corpus,
    /// Articles of the training part that were left out: copies of a judged one, or of the same value of the column.
    pub dropped: usize,
}

impl Parts {
    /// The rows `train` and `test` of a corpus, so that no near-duplicate and no value of `group_by` is in both.
    #[must_use]
    pub fn of(
        corpus: &Corpus,
        train: &[usize],
        test: &[usize],
        group_by: Option<MetaColumn>,
    ) -> Self {
        let copies = near_duplicate_groups(&corpus.articles);
        let groups = match group_by {
            Some(column) => groups_by(&corpus.articles, &copies, column),
            None => copies,
        };
        let judged: BTreeSet<u32> = test.iter().map(|&row| groups[row]).collect();
        let apart = |row: &usize| !judged.contains(&groups[*row]);
        let kept: Vec<usize> = train.iter().copied().filter(apart).collect();
        Self {
            train: corpus.select(&kept),
            test: corpus.select(test),
            dropped: train.len() - kept.len(),
        }
    }
}

/// Judges what training on one part learns by its answers on the other. `title` and `method` go into the report.
///
/// # Errors
/// As [`Pipeline::train`].
pub fn hold_out(
    parts: &Parts,
    config: &TrainConfig,
    extras: &Extras,
    (title, method): (String, &str),
    progress: Progress<'_>,
) -> Result<Evaluated, PipelineError> {
    let trained = Pipeline::train(&parts.train, config, progress)?;
    let mut warnings = trained.warnings;
    let pipeline = trained.pipeline;
    progress("judging", 0, 1);
    let gold = learnt(&pipeline, &parts.test.tasks);
    let mut input = pipeline.evaluate(&parts.test, &gold, title, String::new());
    method.clone_into(&mut input.method);
    if let Some(column) = config.group_by {
        input
            .settings
            .insert("kept together".to_owned(), column.to_string());
    }
    let fixed = config.clone().with_settings_of(&pipeline);
    let held_out = HoldOut {
        parts,
        config,
        fixed,
        progress,
    };
    let baselines = extras
        .baselines
        .iter()
        .map(|kind| Ok((kind.name(), held_out.baseline(*kind)?)));
    let baselines = baselines.collect::<Result<Vec<_>, PipelineError>>()?;
    let curve = if extras.learning_curve {
        held_out.curve(input.tasks.len(), &mut warnings)
    } else {
        Vec::new()
    };
    let shuffled = (0..extras.shuffles).map(|index| held_out.shuffled(index, extras.shuffles));
    Ok(Evaluated {
        shuffled: shuffled.collect::<Result<_, _>>()?,
        trained_on: parts.train.articles.len() as u64,
        input,
        baselines,
        curve,
        warnings,
    })
}

/// Gold of the tasks a model has learnt.
fn learnt(pipeline: &Pipeline, tasks: &[GoldTask]) -> Vec<GoldTask> {
    let known = |task: &&GoldTask| pipeline.heads().iter().any(|head| head.task == task.task);
    tasks.iter().filter(known).cloned().collect()
}

/// A part to learn from and a part to be judged on.
struct HoldOut<'p> {
    parts: &'p Parts,
    config: &'p TrainConfig,
    /// The settings chosen on the whole training part.
    fixed: TrainConfig,
    progress: Progress<'p>,
}

impl HoldOut<'_> {
    fn baseline(&self, kind: BaselineKind) -> Result<Vec<TaskOutcomes>, PipelineError> {
        (self.progress)(&format!("baseline {}", kind.name()), 0, 1);
        let mut config = self.config.clone();
        kind.configure(&mut config);
        answers(&self.parts.train, &self.parts.test, &config)
    }

    /// A share too small to learn all `n_tasks` from becomes a warning.
    fn curve(&self, n_tasks: usize, warnings: &mut Vec<String>) -> Vec<(u64, Vec<TaskOutcomes>)> {
        let train = &self.parts.train;
        let groups = near_duplicate_groups(&train.articles);
        let mut curve = Vec::new();
        for (share, name) in SHARES {
            (self.progress)(&format!("learning curve: {name} of the articles"), 0, 1);
            let kept = |row: &usize| is_kept(groups[*row], share);
            let rows: Vec<usize> = (0..groups.len()).filter(kept).collect();
            match answers(&train.select(&rows), &self.parts.test, &self.fixed) {
                Ok(tasks) if tasks.len() == n_tasks => curve.push((rows.len() as u64, tasks)),
                Ok(_) => warnings.push(format!(
                    "learning curve: {name} of the articles is too little"
                )),
                Err(error) => warnings.push(left_out(name, &error)),
            }
        }
        curve
    }

    fn shuffled(&self, index: u32, of: u32) -> Result<Vec<TaskOutcomes>, PipelineError> {
        (self.progress)(&format!("shuffle {} of {of}", index + 1), 0, 1);
        let shuffle = |corpus: &Corpus| Corpus {
            tasks: shuffled_tasks(&corpus.tasks, index),
            ..corpus.clone()
        };
        answers(
            &shuffle(&self.parts.train),
            &shuffle(&self.parts.test),
            &self.fixed,
        )
    }
}

/// What a model trained on `train` answers on `test`.
fn answers(
    train: &Corpus,
    test: &Corpus,
    config: &TrainConfig,
) -> Result<Vec<TaskOutcomes>, PipelineError> {
    let pipeline = Pipeline::train(train, config, &silent)?.pipeline;
    let gold = learnt(&pipeline, &test.tasks);
    Ok(pipeline
        .evaluate(test, &gold, String::new(), String::new())
        .tasks)
}
