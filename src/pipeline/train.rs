//! Training: clean, count once, choose settings by cross-validation, calibrate, fit on everything.

use std::collections::BTreeMap;

use linfa::ParamGuard;
use ndarray::{Array1, Array2, Axis, concatenate};
use rayon::prelude::*;

use crate::article::{Cleaner, Corpus, Folds, GoldTask, Repeated, TaskKind};
use crate::classify::{
    Calibration, Candidate, Cut, CutRule, Family, FoldRows, Learnt, Linear, Prior, TaskScores,
    fold_rows, short_of_precision, to_probabilities,
};
use crate::evaluate::{ArticleOutcome, ReportInput, TaskOutcomes};
use crate::features::{CountRows, Document, Idf, SparseRows, TfIdfValidParams, Vocabulary};

use super::experiment::BaselineKind;
use super::held_out::HeldOut;
use super::outcomes::{article_outcome, report_input, task_outcomes};
use super::prior::{Described, documents as described_documents};
use super::prune::{Folding, best, ranked};
use super::settings::{Chosen, Ranking, Search, blocks_in_use, judge};
use super::trainable::{annotated, measurable, rule_warnings, support, trainable};
use super::transfer::Transfer;
use super::{
    Head, Pipeline, PipelineError, TextSpec, TrainConfig, build_text, facts, groups_by,
    near_duplicate_groups, prepare, repeated_in,
};

/// A step of the work, for a progress display: `(what, done, of)`.
pub type Progress<'p> = &'p (dyn Fn(&str, u64, u64) + Sync);

/// What training gives.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub pipeline: Pipeline,
    /// Out-of-fold outcomes; `None` where there were too few articles to cross-validate.
    pub report: Option<ReportInput>,
    /// Label shares as answers, on the same folds; tasks as in the report, empty where there is none.
    pub majority: Vec<TaskOutcomes>,
    /// Settings tried for each task with their score, the mean of out-of-fold macro-F1 and micro-F1 (not a number where
    /// nothing was compared); the chosen one first, then by score.
    pub rankings: Vec<Vec<(Candidate, f64)>>,
    /// What the user should know, in words.
    pub warnings: Vec<String>,
    /// Tasks whose search ran out of time, with a sentence that says so; it stands among the warnings and in the settings
    /// of the report too.
    pub stopped: BTreeMap<String, String>,
    /// With [`TrainConfig::max_columns`]: all columns there were, from the one the answers rest on most to the one they
    /// rest on least; first of the model, then of its second one, where it has one.
    pub columns: Vec<Vec<u32>>,
}

impl Trained {
    /// The same with word on searches that ran out of time.
    pub(crate) fn with_stopped(mut self, stopped: BTreeMap<String, String>) -> Self {
        for (task, why) in &stopped {
            self.warnings.push(format!("{task}: the search was {why}"));
            if let Some(report) = &mut self.report {
                let key = format!("{task}.search");
                report.settings.insert(key, why.clone());
            }
        }
        self.stopped.extend(stopped);
        self
    }
}

impl Pipeline {
    /// Trains on all articles of `corpus`. The result depends on the corpus and the settings only, not on the number of threads.
    ///
    /// # Errors
    /// When a setting is out of range, no text is left to learn from, or the labels leave nothing to learn.
    pub fn train(
        corpus: &Corpus,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Trained, PipelineError> {
        let mut trained = Self::train_one(corpus, config, progress)?;
        Transfer::add_to(&mut trained, corpus, config, progress)?;
        Ok(trained)
    }

    /// The same without a model for languages that the training articles lack.
    pub(super) fn train_one(
        corpus: &Corpus,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Trained, PipelineError> {
        let mut counted = Counted::of(corpus, config, progress)?;
        if counted.folds.is_none() {
            counted.warnings.push(
                "too few independent articles to cross-validate: no report, cuts stay at 0.5"
                    .to_owned(),
            );
        }
        let measured = counted.measure(&counted.tasks, counted.folds.as_ref(), progress)?;
        let majority = counted.baseline(BaselineKind::Majority, config)?;
        let mut trained = counted.finish(measured, config, progress)?;
        trained.majority = majority;
        Ok(trained)
    }
}

/// Articles read and counted once, for everything that is learnt from them.
pub(super) struct Counted<'c> {
    corpus: &'c Corpus,
    /// Tasks with enough gold to learn from.
    pub(super) tasks: Vec<GoldTask>,
    cleaner: Cleaner,
    /// Text rules, with the blocks switched off that no task uses.
    text: TextSpec,
    /// Settings tried for each task, those it gets first.
    rankings: Vec<Ranking>,
    /// Tasks whose search ran out of time.
    stopped: BTreeMap<String, String>,
    params: TfIdfValidParams,
    documents: Vec<Document<'c>>,
    described: Described,
    vocabulary: Vocabulary,
    /// Counts of the articles, then of the descriptions of labels.
    counts: CountRows,
    /// Near-duplicates: one observation each.
    pub(super) groups: Vec<u32>,
    /// Near-duplicates, and articles of one value of [`TrainConfig::group_by`]: never on both sides of a split.
    pub(super) together: Vec<u32>,
    cut_rule: CutRule,
    max_columns: Option<usize>,
    /// None where there is too little to hold anything out.
    pub(super) folds: Option<Folds>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}

/// The setting of every task, and what it answers on held-out articles.
pub(super) struct Measured {
    pub(super) fits: Vec<TaskFit>,
    /// Rows of the folds; none where nothing could be held out.
    rows: Option<Vec<FoldRows>>,
}

impl Measured {
    /// Articles a model of the cross-validation has seen, on average over the folds.
    pub(super) fn trained_on(&self) -> u64 {
        let sizes = self.rows.iter().flatten().map(|fold| fold.train.0.len());
        let folds = self.rows.iter().flatten().count().max(1);
        (sizes.sum::<usize>() as f64 / folds as f64).round() as u64
    }
}

impl<'c> Counted<'c> {
    /// Cuts and groups the articles of `corpus`, chooses settings, and counts the blocks these use.
    pub(super) fn of(
        corpus: &'c Corpus,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Self, PipelineError> {
        let mut warnings = Vec::new();
        let tasks = trainable(corpus, &mut warnings)?;
        let (cleaner, params) = build_text(&config.text, &config.glossary)?;
        let cleaner = cleaner.with_repeated(repeated_in(corpus));
        progress("reading articles", 0, 1);
        let documents: Vec<Document<'_>> = corpus
            .articles
            .par_iter()
            .map(|a| prepare(&cleaner, a))
            .collect();
        let groups = near_duplicate_groups(&corpus.articles);
        let together = match config.group_by {
            Some(column) => groups_by(&corpus.articles, &groups, column),
            None => groups.clone(),
        };
        let (described, descriptions) = (
            Described::new(corpus),
            described_documents(corpus, &cleaner),
        );
        let search = Search {
            tasks: &tasks,
            documents: &documents,
            descriptions: &descriptions,
            described: &described,
            together: &together,
            progress,
        };
        let Chosen { rankings, stopped } = search.rankings(&params.check()?, config)?;
        let mut text = config.text.clone();
        text.features = text.features.only(&blocks_in_use(&rankings));
        let params = build_text(&text, &config.glossary)?.1.check()?;
        let mut documents = documents;
        documents.extend(descriptions);
        let (vocabulary, counts) = params.count_with(&documents, corpus.articles.len())?;
        documents.truncate(corpus.articles.len());
        Ok(Self {
            corpus,
            folds: make_folds(&tasks, &together, config.n_folds),
            tasks,
            cleaner,
            text,
            rankings,
            stopped,
            params,
            documents,
            described,
            vocabulary,
            counts,
            groups,
            together,
            cut_rule: config.cut_rule,
            max_columns: config.max_columns,
            warnings,
        })
    }

    /// The setting of each task.
    fn settings(&self) -> Vec<Candidate> {
        let chosen = self.rankings.iter().filter_map(|r| r.first());
        chosen.map(|(candidate, _)| *candidate).collect()
    }

    /// What the chosen settings answer on held-out articles; the rows of `tasks` are those of the corpus.
    pub(super) fn measure(
        &self,
        tasks: &[GoldTask],
        folds: Option<&Folds>,
        progress: Progress<'_>,
    ) -> Result<Measured, PipelineError> {
        self.measure_on(tasks, &self.settings(), folds, progress, |_| true)
    }

    /// What a simple answer says on the same folds; empty where nothing can be held out.
    pub(super) fn baseline(
        &self,
        kind: BaselineKind,
        config: &TrainConfig,
    ) -> Result<Vec<TaskOutcomes>, PipelineError> {
        let measured = match kind {
            BaselineKind::Majority => {
                let majority = |c: Candidate| Candidate {
                    family: Family::Majority,
                    ..c
                };
                let settings: Vec<Candidate> = self.settings().into_iter().map(majority).collect();
                self.measure_on(
                    &self.tasks,
                    &settings,
                    self.folds.as_ref(),
                    &|_, _, _| (),
                    |_| true,
                )?
            }
            BaselineKind::Glossary => {
                let mut config = config.clone();
                kind.configure(&mut config);
                let counted = Self::of(self.corpus, &config, &|_, _, _| ())?;
                counted.measure(&self.tasks, self.folds.as_ref(), &|_, _, _| ())?
            }
        };
        let pairs = self.tasks.iter().zip(&measured.fits);
        Ok(pairs.filter_map(|(task, fit)| fit.outcomes(task)).collect())
    }

    /// The same where models see only the articles that `keep` says yes to.
    pub(super) fn measure_kept(
        &self,
        folds: Option<&Folds>,
        keep: impl Fn(usize) -> bool + Sync,
    ) -> Result<Measured, PipelineError> {
        self.measure_on(&self.tasks, &self.settings(), folds, &|_, _, _| (), keep)
    }

    fn measure_on(
        &self,
        tasks: &[GoldTask],
        settings: &[Candidate],
        folds: Option<&Folds>,
        progress: Progress<'_>,
        keep: impl Fn(usize) -> bool + Sync,
    ) -> Result<Measured, PipelineError> {
        let Some(folds) = folds else {
            let pairs = tasks.iter().zip(settings);
            return Ok(Measured {
                fits: pairs.map(|(task, c)| unmeasured(task, *c)).collect(),
                rows: None,
            });
        };
        let mut rows = fold_rows(&self.counts, &self.vocabulary, folds, keep);
        if let Some(n) = self.to_prune() {
            let folding = Folding {
                counts: &self.counts,
                vocabulary: &self.vocabulary,
                tasks,
                settings,
                described: &self.described,
            };
            rows = folding.pruned(rows, n)?;
        }
        let measure = |(i, (task, candidate)): (usize, (&GoldTask, &Candidate))| {
            let what = format!("cross-validating {}", task.task.name);
            progress(&what, i as u64, tasks.len() as u64);
            if !measurable(task) {
                return Ok(unmeasured(task, *candidate));
            }
            let judge = judge(task, folds, &rows, &self.vocabulary, &self.described);
            let (scores, learnt) = judge.measure(candidate, self.cut_rule)?;
            Ok(TaskFit::new(*candidate, learnt, scores))
        };
        let pairs = tasks.iter().zip(settings).enumerate();
        let fits = pairs.map(measure).collect::<Result<_, PipelineError>>()?;
        Ok(Measured {
            fits,
            rows: Some(rows),
        })
    }

    /// Fits the settings chosen on everything.
    pub(super) fn finish(
        mut self,
        measured: Measured,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Trained, PipelineError> {
        progress("fitting the model", 0, 1);
        let fitted = self.fit_all(&self.vocabulary, &self.counts, &measured.fits)?;
        let pruned = self.fit_best(&fitted, &measured.fits)?;
        let columns = self.max_columns.map(|_| fitted.ranked(&self.tasks));
        let pairs = || self.tasks.iter().zip(&measured.fits);
        self.warnings
            .extend(rule_warnings(&self.tasks, &measured.fits, self.cut_rule));
        let mut articles = self.article_outcomes();
        let heads = pairs().map(|(task, fit)| fit.head(task)).collect();
        let mut pipeline = Pipeline {
            text: self.text,
            // The lines that repeat are those of this input, not of the next.
            cleaner: self.cleaner.with_repeated(Repeated::default()),
            heads,
            weights: side_by_side(&fitted.models),
            bias: fitted.bias(),
            tfidf: self.params.with_vocabulary(self.vocabulary, fitted.idf),
            n_articles: self.corpus.articles.len(),
            data_digest: self.corpus.digest.clone(),
            statistics: None,
            transfer: None,
            buffers: Default::default(),
        };
        let folds = self.folds.zip(measured.rows);
        let report = folds.map(|(folds, rows)| -> Result<ReportInput, PipelineError> {
            progress("looking for evidence", 0, 1);
            let held_out = HeldOut {
                tasks: &self.tasks,
                fits: &measured.fits,
                rows,
                documents: &self.documents,
                described: &self.described,
            };
            held_out.evidence(&mut pipeline, &mut articles)?;
            let (corpus, tasks) = (self.corpus, &self.tasks);
            let fits = &measured.fits;
            Ok(report_input(corpus, articles, tasks, fits, &folds, config))
        });
        let report = report.transpose()?;
        if let Some((vocabulary, fitted)) = pruned {
            pipeline.bias = fitted.bias();
            let weights = side_by_side(&fitted.models);
            pipeline.replace_columns(vocabulary, fitted.idf, weights);
        }
        let fits = &measured.fits;
        pipeline.statistics =
            Some(pipeline.training_statistics(&self.documents, &self.tasks, fits));
        let trained = Trained {
            report,
            majority: Vec::new(),
            pipeline,
            rankings: self.rankings,
            warnings: self.warnings,
            stopped: BTreeMap::new(),
            columns: columns.into_iter().collect(),
        };
        Ok(trained.with_stopped(self.stopped))
    }

    /// Columns to keep, where some are to go.
    fn to_prune(&self) -> Option<usize> {
        self.max_columns
            .filter(|&n| n < self.vocabulary.n_features())
    }

    /// Learns all tasks on all articles, with the columns of `vocabulary` and their `counts`.
    fn fit_all(
        &self,
        vocabulary: &Vocabulary,
        counts: &CountRows,
        fits: &[TaskFit],
    ) -> Result<Fitted, PipelineError> {
        let all: Vec<usize> = (0..counts.len()).collect();
        let (articles, descriptions) = all.split_at(self.documents.len());
        let idf = counts.idf(&all, vocabulary);
        let weigh = |part: &[usize]| counts.weigh(part, vocabulary, &idf);
        let (rows, descriptions) = (weigh(articles), weigh(descriptions));
        let fit = |(task, fit): (&GoldTask, &TaskFit)| {
            let (gold, kind) = (&task.gold, task.task.kind);
            let of_label = self.described.of(&task.task.name);
            let prior = Prior::of(&fit.candidate, vocabulary, &descriptions, of_label);
            let candidate = &fit.candidate;
            candidate.fit(&rows, vocabulary, gold, kind, 0.01, prior.as_ref())
        };
        let models = self.tasks.iter().zip(fits).map(fit);
        Ok(Fitted {
            models: models.collect::<Result<_, _>>()?,
            idf,
            rows,
            descriptions,
        })
    }

    /// The same on the best columns of `fitted`, where some are to go.
    fn fit_best(
        &self,
        fitted: &Fitted,
        fits: &[TaskFit],
    ) -> Result<Option<(Vocabulary, Fitted)>, PipelineError> {
        let Some(n) = self.to_prune() else {
            return Ok(None);
        };
        let kept = best(&fitted.ranked(&self.tasks), n);
        let (vocabulary, counts) = (self.vocabulary.keep(&kept), self.counts.keep(&kept));
        let fitted = self.fit_all(&vocabulary, &counts, fits)?;
        Ok(Some((vocabulary, fitted)))
    }

    fn article_outcomes(&self) -> Vec<ArticleOutcome> {
        let outcome = |(i, document): (usize, &Document<'_>)| {
            let facts = facts(document, self.params.analyzer());
            article_outcome(&self.corpus.articles[i], document, &facts, self.groups[i])
        };
        self.documents.par_iter().enumerate().map(outcome).collect()
    }
}

/// What all articles teach.
struct Fitted {
    /// One a task.
    models: Vec<Linear>,
    idf: Idf,
    /// Rows of the articles.
    rows: SparseRows,
    /// Rows of the descriptions of labels.
    descriptions: SparseRows,
}

impl Fitted {
    fn bias(&self) -> Array1<f32> {
        let biases = self.models.iter().flat_map(|m| m.bias.iter().copied());
        biases.collect()
    }

    /// All columns, the best for `tasks` first.
    fn ranked(&self, tasks: &[GoldTask]) -> Vec<u32> {
        let kinds = tasks.iter().map(|task| task.task.kind);
        let models: Vec<(TaskKind, &Linear)> = kinds.zip(&self.models).collect();
        ranked(&models, &[&self.rows, &self.descriptions])
    }
}

/// Labels of all models in one matrix.
pub(super) fn side_by_side(models: &[Linear]) -> super::Weights {
    let views: Vec<_> = models.iter().map(|m| m.weights.view()).collect();
    concatenate(Axis(1), &views).unwrap_or_default().into()
}

/// What was chosen and learnt for one task beside its weights.
pub(super) struct TaskFit {
    pub(super) candidate: Candidate,
    calibration: Calibration,
    cuts: Vec<Cut>,
    sure_from: Option<f64>,
    pub(super) scores: Option<TaskScores>,
}

impl TaskFit {
    pub(super) fn new(candidate: Candidate, learnt: Learnt, scores: TaskScores) -> Self {
        Self {
            candidate,
            calibration: learnt.calibration,
            cuts: learnt.cuts,
            sure_from: learnt.sure_from,
            scores: Some(scores),
        }
    }

    /// Answers on held-out articles; none where nothing could be held out.
    pub(super) fn outcomes(&self, task: &GoldTask) -> Option<TaskOutcomes> {
        let scores = self.scores.as_ref()?;
        Some(task_outcomes(
            task,
            &self.cuts,
            &scores.probabilities,
            &scores.decided,
        ))
    }

    /// A sentence for every label that is given less precisely than asked for.
    pub(super) fn short_of_precision(&self, task: &GoldTask, target: f64) -> Vec<String> {
        let Some(scores) = &self.scores else {
            return Vec::new();
        };
        let probabilities = to_probabilities(&self.calibration, &scores.raw);
        let labels = short_of_precision(target, &self.cuts, &probabilities, &task.gold);
        let sentence = |(k, reached): (usize, Option<f64>)| {
            let (task, label) = (&task.task.name, &task.task.labels[k]);
            let reached = reached.map_or("is given to no article".to_owned(), |precision| {
                format!("reaches {precision:.2}")
            });
            format!(
                "{task}: label \"{label}\" cannot reach the precision {target} on held-out articles; at its best cut it {reached}"
            )
        };
        labels.into_iter().map(sentence).collect()
    }

    pub(super) fn head(&self, task: &GoldTask) -> Head {
        Head {
            task: task.task.clone(),
            candidate: self.candidate,
            calibration: self.calibration.clone(),
            cuts: self.cuts.clone(),
            n_annotated: annotated(&task.gold).count(),
            support: support(&task.gold),
            macro_f1: self.scores.as_ref().map(|s| s.macro_f1),
            certainty: self
                .scores
                .as_ref()
                .map(|s| s.certainty(&task.gold, self.sure_from)),
        }
    }
}

/// Folds over all tasks at once: every label, and being annotated at all, is spread evenly.
pub(super) fn make_folds(tasks: &[GoldTask], groups: &[u32], n_folds: usize) -> Option<Folds> {
    let per_task: Vec<Array2<bool>> = tasks.iter().map(|t| stratify_by(&t.gold)).collect();
    let views: Vec<_> = per_task.iter().map(Array2::view).collect();
    let labels = concatenate(Axis(1), &views).ok()?;
    let n_groups = groups.iter().max().map_or(0, |g| *g as usize + 1);
    let fewest = tasks
        .iter()
        .filter(|task| measurable(task))
        .map(|t| annotated(&t.gold).count())
        .min()
        .unwrap_or(0);
    Folds::stratified(&labels, groups, n_folds.min(n_groups).min(fewest)).ok()
}

fn stratify_by(gold: &Array2<Option<bool>>) -> Array2<bool> {
    let n_labels = gold.ncols();
    Array2::from_shape_fn((gold.nrows(), n_labels + 1), |(i, k)| {
        if k < n_labels {
            gold[[i, k]] == Some(true)
        } else {
            gold.row(i).iter().any(Option::is_some)
        }
    })
}

/// A setting with plain calibration, for a corpus too small to hold anything out.
pub(super) fn unmeasured(task: &GoldTask, candidate: Candidate) -> TaskFit {
    let multi = task.task.kind == TaskKind::Multi;
    let cut = |n_positives| Cut {
        probability: 0.5,
        n_positives,
        band: None,
    };
    TaskFit {
        candidate,
        calibration: Calibration::identity(task.task.kind, task.task.labels.len()),
        cuts: if multi {
            support(&task.gold).into_iter().map(cut).collect()
        } else {
            Vec::new()
        },
        sure_from: None,
        scores: None,
    }
}
