//! Training: clean, count once, choose settings by cross-validation, calibrate, fit on everything.

use std::collections::BTreeMap;

use linfa::ParamGuard;
use ndarray::{Array2, Axis, concatenate};
use rayon::prelude::*;

use crate::article::{
    Article, Cleaner, Corpus, Facts, Folds, GoldTask, MetaColumn, Repeated, TaskKind,
};
use crate::classify::{
    BlockWeights, Calibration, Candidate, ClassWeight, Cut, Family, FoldRows, Linear, TaskScores,
    candidates, fold_rows, select,
};
use crate::evaluate::{ArticleOutcome, ReportInput, TaskOutcomes};
use crate::features::{CountRows, Document, Glossary, Occurrences, TfIdfValidParams, Vocabulary};

use super::experiment::BaselineKind;
use super::{
    Head, Pipeline, PipelineError, Statistics, TextSpec, build_text, facts, groups_by,
    near_duplicate_groups, prepare, repeated_in,
};

/// Fewer annotated articles than this give no task: there is nothing to hold out.
const MIN_ANNOTATED: usize = 4;
/// Fewer examples of a label than this get a warning.
const FEW: usize = 10;

/// Settings of a training run.
#[derive(Debug, Clone)]
pub struct TrainConfig {
    /// Text rules and features.
    pub text: TextSpec,
    /// Concepts.
    pub glossary: Glossary,
    /// Learner of every task; `None` takes logistic regression for label sets and softmax regression for single labels.
    pub family: Option<Family>,
    /// Block factors to try; `None` takes the defaults of each kind of task.
    pub blocks: Option<Vec<BlockWeights>>,
    /// Folds of the cross-validation, at least 2.
    pub n_folds: usize,
    /// Settings of a task by its name; nothing else is tried for it.
    pub fixed: BTreeMap<String, Candidate>,
    /// Articles of one value of this column are never trained on and held out at once.
    pub group_by: Option<MetaColumn>,
}

impl TrainConfig {
    /// Defaults with the glossary given.
    #[must_use]
    pub fn new(glossary: Glossary) -> Self {
        Self {
            text: TextSpec::default(),
            glossary,
            family: None,
            blocks: None,
            n_folds: 5,
            fixed: BTreeMap::new(),
            group_by: None,
        }
    }
}

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
    /// Every setting tried for each task with its out-of-fold macro-F1, best first.
    pub rankings: Vec<Vec<(Candidate, f64)>>,
    /// What the user should know, in words.
    pub warnings: Vec<String>,
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
        let mut counted = Counted::of(corpus, config, progress)?;
        if counted.folds.is_none() {
            counted.warnings.push(
                "too few independent articles to cross-validate: no report, cuts stay at 0.5"
                    .to_owned(),
            );
        }
        let chosen = counted.choose(&counted.tasks, counted.folds.as_ref(), config, progress)?;
        let majority = counted.baseline(BaselineKind::Majority, config)?;
        let mut trained = counted.finish(chosen, config, progress)?;
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
    params: TfIdfValidParams,
    documents: Vec<Document<'c>>,
    vocabulary: Vocabulary,
    counts: CountRows,
    /// Near-duplicates: one observation each.
    pub(super) groups: Vec<u32>,
    /// Near-duplicates, and articles of one value of [`TrainConfig::group_by`]: never on both sides of a split.
    pub(super) together: Vec<u32>,
    /// None where there is too little to hold anything out.
    pub(super) folds: Option<Folds>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}

/// Settings chosen for every task, and what they answer on held-out articles.
pub(super) struct Chosen {
    pub(super) fits: Vec<TaskFit>,
    rankings: Vec<Vec<(Candidate, f64)>>,
    /// Rows of the folds; none where nothing could be held out.
    rows: Option<Vec<FoldRows>>,
}

impl Chosen {
    /// Articles a model of the cross-validation has seen, on average over the folds.
    pub(super) fn trained_on(&self) -> u64 {
        let sizes = self.rows.iter().flatten().map(|fold| fold.train.0.len());
        let folds = self.rows.iter().flatten().count().max(1);
        (sizes.sum::<usize>() as f64 / folds as f64).round() as u64
    }
}

impl<'c> Counted<'c> {
    /// Cuts, counts and groups the articles of `corpus`.
    pub(super) fn of(
        corpus: &'c Corpus,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Self, PipelineError> {
        let mut warnings = Vec::new();
        let tasks = trainable(corpus, &mut warnings)?;
        let (cleaner, params) = build_text(&config.text, &config.glossary)?;
        let cleaner = cleaner.with_repeated(repeated_in(corpus));
        let params = params.check()?;
        progress("reading articles", 0, 1);
        let documents: Vec<Document<'_>> = corpus
            .articles
            .par_iter()
            .map(|a| prepare(&cleaner, a))
            .collect();
        let (vocabulary, counts) = params.count(&documents)?;
        let groups = near_duplicate_groups(&corpus.articles);
        let together = match config.group_by {
            Some(column) => groups_by(&corpus.articles, &groups, column),
            None => groups.clone(),
        };
        Ok(Self {
            corpus,
            folds: make_folds(&tasks, &together, config.n_folds),
            tasks,
            cleaner,
            params,
            documents,
            vocabulary,
            counts,
            groups,
            together,
            warnings,
        })
    }

    /// Chooses settings for `tasks`, whose rows are those of the corpus, by cross-validation.
    pub(super) fn choose(
        &self,
        tasks: &[GoldTask],
        folds: Option<&Folds>,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Chosen, PipelineError> {
        self.choose_on(tasks, folds, config, progress, |_| true)
    }

    /// What a simple answer says on the same folds; empty where nothing can be held out.
    pub(super) fn baseline(
        &self,
        kind: BaselineKind,
        config: &TrainConfig,
    ) -> Result<Vec<TaskOutcomes>, PipelineError> {
        let mut config = config.clone();
        kind.configure(&mut config);
        let chosen = self.choose(&self.tasks, self.folds.as_ref(), &config, &|_, _, _| ())?;
        let pairs = self.tasks.iter().zip(&chosen.fits);
        Ok(pairs.filter_map(|(task, fit)| fit.outcomes(task)).collect())
    }

    /// The same where models see only the articles that `keep` says yes to.
    pub(super) fn choose_on(
        &self,
        tasks: &[GoldTask],
        folds: Option<&Folds>,
        config: &TrainConfig,
        progress: Progress<'_>,
        keep: impl Fn(usize) -> bool + Sync,
    ) -> Result<Chosen, PipelineError> {
        let vocabulary = &self.vocabulary;
        let rows = folds.map(|f| fold_rows(&self.counts, vocabulary, f, keep));
        let (mut fits, mut rankings) = (Vec::new(), Vec::new());
        for (i, task) in tasks.iter().enumerate() {
            let (name, kind) = (&task.task.name, task.task.kind);
            let what = format!("cross-validating {name}");
            progress(&what, i as u64, tasks.len() as u64);
            let tried = tried(name, kind, config);
            let (Some(folds), Some(rows)) = (folds, &rows) else {
                fits.push(unmeasured(&tried, task));
                rankings.push(Vec::new());
                continue;
            };
            let best = select(&tried, folds, rows, vocabulary, &task.gold, kind)?;
            rankings.push(best.ranking);
            fits.push(TaskFit {
                candidate: best.candidate,
                calibration: best.calibration,
                cuts: best.cuts,
                scores: Some(best.scores),
            });
        }
        Ok(Chosen {
            fits,
            rankings,
            rows,
        })
    }

    /// Fits the settings chosen on everything.
    pub(super) fn finish(
        self,
        chosen: Chosen,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<Trained, PipelineError> {
        progress("fitting the model", 0, 1);
        let all: Vec<usize> = (0..self.counts.len()).collect();
        let idf = self.counts.idf(&all, self.vocabulary.n_features());
        let rows = self.counts.weigh(&all, &self.vocabulary, &idf);
        let pairs = || self.tasks.iter().zip(&chosen.fits);
        let models: Vec<Linear> = pairs()
            .map(|(task, fit)| {
                let (gold, kind) = (&task.gold, task.task.kind);
                fit.candidate.fit(&rows, &self.vocabulary, gold, kind, 0.01)
            })
            .collect::<Result<_, _>>()?;
        let mut articles = self.article_outcomes();
        let heads = pairs().map(|(task, fit)| fit.head(task)).collect();
        let mut pipeline = Pipeline {
            text: config.text.clone(),
            glossary: config.glossary.clone(),
            // The lines that repeat are those of this input, not of the next.
            cleaner: self.cleaner.with_repeated(Repeated::default()),
            tfidf: self.params.with_vocabulary(self.vocabulary, idf),
            heads,
            weights: side_by_side(&models),
            bias: models.iter().flat_map(|m| m.bias.iter().copied()).collect(),
            n_articles: self.corpus.articles.len(),
            data_digest: self.corpus.digest.clone(),
            statistics: None,
        };
        pipeline.statistics =
            Some(pipeline.training_statistics(&self.documents, &self.tasks, &chosen.fits));
        let folds = self.folds.zip(chosen.rows);
        let report = folds.map(|(folds, rows)| -> Result<ReportInput, PipelineError> {
            progress("looking for evidence", 0, 1);
            let held_out = HeldOut {
                tasks: &self.tasks,
                fits: &chosen.fits,
                rows,
                documents: &self.documents,
            };
            held_out.evidence(&mut pipeline, &mut articles)?;
            let (corpus, tasks) = (self.corpus, &self.tasks);
            Ok(report_input(
                corpus,
                articles,
                tasks,
                &chosen.fits,
                &folds,
                config,
            ))
        });
        Ok(Trained {
            report: report.transpose()?,
            majority: Vec::new(),
            pipeline,
            rankings: chosen.rankings,
            warnings: self.warnings,
        })
    }

    fn article_outcomes(&self) -> Vec<ArticleOutcome> {
        let outcome = |(i, document): (usize, &Document<'_>)| {
            let facts = facts(document, self.params.analyzer());
            article_outcome(&self.corpus.articles[i], document, &facts, self.groups[i])
        };
        self.documents.par_iter().enumerate().map(outcome).collect()
    }
}

/// What was answered on held-out articles.
struct HeldOut<'t> {
    tasks: &'t [GoldTask],
    fits: &'t [TaskFit],
    rows: Vec<FoldRows>,
    documents: &'t [Document<'t>],
}

impl HeldOut<'_> {
    /// Fills in what carried each article's decisions, from the models of the fold that held it out. `pipeline` is as
    /// before afterwards.
    fn evidence(
        &self,
        pipeline: &mut Pipeline,
        articles: &mut [ArticleOutcome],
    ) -> Result<(), PipelineError> {
        for fold in &self.rows {
            let vocabulary = pipeline.tfidf.vocabulary();
            let models = self.tasks.iter().zip(self.fits).map(|(task, fit)| {
                fold.fit(&fit.candidate, vocabulary, &task.gold, task.task.kind)
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
    fn training_statistics(
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
            self.tfidf.wording(&seen, rarest)
        };
        let wordings: Vec<_> = documents.par_iter().map(wording).collect();
        for (document, wording) in documents.iter().zip(&wordings) {
            statistics.add_article(document.lang, wording.words, wording.unknown);
        }
        for ((sum, task), fit) in statistics.tasks.iter_mut().zip(tasks).zip(fitted) {
            let Some(scores) = &fit.scores else { continue };
            for i in annotated(&task.gold) {
                let (row, decided) = (scores.probabilities.row(i), scores.decided.row(i));
                sum.add(row.iter().copied().zip(decided.iter().copied()));
            }
        }
        statistics
    }
}

/// Labels of all models in one matrix, in standard layout.
fn side_by_side(models: &[Linear]) -> Array2<f32> {
    let views: Vec<_> = models.iter().map(|m| m.weights.view()).collect();
    let joined = concatenate(Axis(1), &views).unwrap_or_default();
    joined.as_standard_layout().into_owned()
}

/// What was chosen and learnt for one task beside its weights.
pub(super) struct TaskFit {
    pub(super) candidate: Candidate,
    calibration: Calibration,
    cuts: Vec<Cut>,
    scores: Option<TaskScores>,
}

impl TaskFit {
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

    fn head(&self, task: &GoldTask) -> Head {
        Head {
            task: task.task.clone(),
            candidate: self.candidate,
            calibration: self.calibration.clone(),
            cuts: self.cuts.clone(),
            n_annotated: annotated(&task.gold).count(),
            support: support(&task.gold),
            macro_f1: self.scores.as_ref().map(|s| s.macro_f1),
        }
    }
}

/// Rows that are annotated.
fn annotated(gold: &Array2<Option<bool>>) -> impl Iterator<Item = usize> + '_ {
    (0..gold.nrows()).filter(|&i| gold.row(i).iter().any(Option::is_some))
}

fn support(gold: &Array2<Option<bool>>) -> Vec<usize> {
    gold.columns()
        .into_iter()
        .map(|c| c.iter().filter(|g| **g == Some(true)).count())
        .collect()
}

/// Tasks with enough to learn from; the others, and rare labels, become warnings.
fn trainable(corpus: &Corpus, warnings: &mut Vec<String>) -> Result<Vec<GoldTask>, PipelineError> {
    let mut tasks = Vec::new();
    let mut reasons = Vec::new();
    for task in &corpus.tasks {
        match why_not(task) {
            Some(reason) => reasons.push(reason),
            None => {
                rare_labels(task, warnings);
                tasks.push(task.clone());
            }
        }
    }
    if tasks.is_empty() {
        return Err(PipelineError::NothingToLearn(reasons.join("\n")));
    }
    warnings.extend(
        reasons
            .into_iter()
            .map(|reason| format!("{reason}; the column is left out")),
    );
    Ok(tasks)
}

fn why_not(task: &GoldTask) -> Option<String> {
    let (name, n) = (&task.task.name, annotated(&task.gold).count());
    let support = support(&task.gold);
    if n < MIN_ANNOTATED {
        return Some(format!(
            "{name}: only {n} annotated articles; at least {MIN_ANNOTATED} are needed"
        ));
    }
    if support.iter().all(|&s| s == 0 || s == n) {
        return Some(format!(
            "{name}: every annotated article has the same answer ({}); at least two different answers are needed",
            task.task.labels.join(", ")
        ));
    }
    None
}

fn rare_labels(task: &GoldTask, warnings: &mut Vec<String>) {
    for (label, n) in task.task.labels.iter().zip(support(&task.gold)) {
        if n < FEW {
            let articles = if n == 1 { "article" } else { "articles" };
            warnings.push(format!(
                "{}: label \"{label}\" has {n} {articles}: too few to learn well or to judge",
                task.task.name
            ));
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

/// Default block factors (measured: `docs/benchmarks.md`): characters carry most, concepts carry across languages, the
/// lead helps stance.
fn default_blocks(kind: TaskKind) -> Vec<BlockWeights> {
    match kind {
        TaskKind::Multi => vec![
            [0.0, 1.0, 1.0, 0.5, 1.0],
            [0.0, 0.5, 1.0, 0.5, 1.0],
            [0.0, 0.0, 1.0, 0.0, 1.0],
        ],
        TaskKind::Single => vec![
            [0.0, 0.5, 1.0, 0.5, 1.0],
            [0.0, 0.0, 1.0, 0.5, 1.0],
            [0.5, 1.0, 1.0, 0.5, 1.0],
        ],
    }
}

fn tried(name: &str, kind: TaskKind, config: &TrainConfig) -> Vec<Candidate> {
    if let Some(fixed) = config.fixed.get(name) {
        return vec![*fixed];
    }
    let default = if kind == TaskKind::Multi {
        Family::Logistic
    } else {
        Family::Multinomial
    };
    let blocks = config
        .blocks
        .clone()
        .unwrap_or_else(|| default_blocks(kind));
    candidates(config.family.unwrap_or(default), &blocks)
}

/// The simplest setting of every task.
pub(super) fn first_settings(
    tasks: &[GoldTask],
    config: &TrainConfig,
) -> BTreeMap<String, Candidate> {
    let first = |task: &GoldTask| {
        let name = &task.task.name;
        Some((name.clone(), *tried(name, task.task.kind, config).first()?))
    };
    tasks.iter().filter_map(first).collect()
}

/// The first setting with plain calibration, for a corpus too small to hold anything out.
fn unmeasured(tried: &[Candidate], task: &GoldTask) -> TaskFit {
    let n_labels = task.task.labels.len();
    let fallback = Candidate {
        family: Family::Logistic,
        c: 1.0,
        class_weight: ClassWeight::Balanced,
        blocks: [0.0, 1.0, 1.0, 0.0, 1.0],
    };
    let multi = task.task.kind == TaskKind::Multi;
    let cut = |n_positives| Cut {
        probability: 0.5,
        n_positives,
    };
    TaskFit {
        candidate: tried.first().copied().unwrap_or(fallback),
        calibration: Calibration::identity(task.task.kind, n_labels),
        cuts: if multi {
            support(&task.gold).into_iter().map(cut).collect()
        } else {
            Vec::new()
        },
        scores: None,
    }
}

fn report_input(
    corpus: &Corpus,
    articles: Vec<ArticleOutcome>,
    tasks: &[GoldTask],
    fitted: &[TaskFit],
    folds: &Folds,
    config: &TrainConfig,
) -> ReportInput {
    ReportInput {
        title: format!(
            "cross-validation of {}, {} folds",
            corpus.source.display(),
            folds.n_folds
        ),
        method: "cross_validation".to_owned(),
        articles,
        tasks: tasks
            .iter()
            .zip(fitted)
            .filter_map(|(task, fit)| fit.outcomes(task))
            .collect(),
        settings: settings(corpus, tasks, fitted, folds, config),
        model: String::new(),
    }
}

/// Outcomes of one task in the shape reports are computed from.
pub(crate) fn task_outcomes(
    task: &GoldTask,
    cuts: &[Cut],
    probabilities: &Array2<f64>,
    decided: &Array2<bool>,
) -> TaskOutcomes {
    TaskOutcomes {
        task: task.task.clone(),
        thresholds: cuts.iter().map(|c| c.probability).collect(),
        gold: task.gold.rows().into_iter().map(|r| r.to_vec()).collect(),
        scores: probabilities
            .rows()
            .into_iter()
            .map(|r| r.to_vec())
            .collect(),
        decided: decided.rows().into_iter().map(|r| r.to_vec()).collect(),
    }
}

/// The facts of one article that reports slice by.
pub(crate) fn article_outcome(
    article: &Article,
    document: &Document<'_>,
    facts: &Facts,
    group: u32,
) -> ArticleOutcome {
    let mut slices = BTreeMap::new();
    let mut slice = |key: &str, value: String| slices.insert(key.to_owned(), value);
    slice("lang", document.lang.to_string());
    slice(
        "length",
        length_band(article.text.split_whitespace().count()).to_owned(),
    );
    let kept: usize = document.kept.iter().map(ExactSizeIterator::len).sum();
    slice(
        "boilerplate",
        if kept < article.text.len() {
            "yes"
        } else {
            "no"
        }
        .to_owned(),
    );
    let titled = if facts.title.is_some() { "yes" } else { "no" };
    slice("title", titled.to_owned());
    if let Some(source) = article.meta.source.as_ref().or(facts.agency.as_ref()) {
        slice("source", source.clone());
    }
    let date = article
        .meta
        .date
        .clone()
        .or(facts.date.map(|d| d.to_string()));
    if let Some(month) = date.as_deref().and_then(|d| d.get(..7)) {
        slice("month", month.to_owned());
    }
    ArticleOutcome {
        id: article.id.clone(),
        title: article.title().to_owned(),
        digest: blake3::hash(article.text.as_bytes()).to_hex().to_string(),
        group,
        slices,
        evidence: Vec::new(),
        sentences: Vec::new(),
    }
}

fn length_band(n_words: usize) -> &'static str {
    match n_words {
        0..50 => "0-49 words",
        50..100 => "50-99 words",
        100..200 => "100-199 words",
        200..400 => "200-399 words",
        _ => "400 and more words",
    }
}

fn settings(
    corpus: &Corpus,
    tasks: &[GoldTask],
    fitted: &[TaskFit],
    folds: &Folds,
    config: &TrainConfig,
) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([
        ("folds".to_owned(), folds.n_folds.to_string()),
        (
            "training data".to_owned(),
            corpus.digest.chars().take(16).collect(),
        ),
        (
            "training articles".to_owned(),
            corpus.articles.len().to_string(),
        ),
        (
            "glossary".to_owned(),
            config.glossary.digest()[..16].to_owned(),
        ),
        ("min_df".to_owned(), config.text.features.min_df.to_string()),
        ("toolkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    if let Some(column) = config.group_by {
        settings.insert("kept together".to_owned(), column.to_string());
    }
    for (task, fit) in tasks.iter().zip(fitted) {
        let name = &task.task.name;
        let c = &fit.candidate;
        settings.insert(
            format!("{name}.family"),
            format!("{:?}", c.family).to_lowercase(),
        );
        settings.insert(format!("{name}.c"), c.c.to_string());
        settings.insert(format!("{name}.blocks"), format!("{:?}", c.blocks));
    }
    settings
}
