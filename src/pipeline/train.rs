//! Training: clean, count once, choose settings by cross-validation, calibrate, fit on everything.

use std::collections::BTreeMap;

use linfa::ParamGuard;
use ndarray::{Array2, Axis, concatenate};
use rayon::prelude::*;

use crate::article::{Article, Corpus, Facts, Folds, GoldTask, TaskKind};
use crate::classify::{
    BlockWeights, Calibration, Candidate, ClassWeight, Cut, Family, FoldRows, Judge, Linear, Space,
    TaskScores, fold_rows, search, shuffled,
};
use crate::evaluate::{ArticleOutcome, ReportInput, TaskOutcomes};
use crate::features::{CountRows, Document, Glossary, TfIdfValidParams, Vocabulary};

use super::{
    Head, Pipeline, PipelineError, TextSpec, build_text, facts, near_duplicate_groups, prepare,
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
    /// Learner of every task; `None` chooses between logistic regression and linear SVM, one label against the rest.
    pub family: Option<Family>,
    /// Block factors to try; `None` takes the defaults of each kind of task.
    pub blocks: Option<Vec<BlockWeights>>,
    /// Folds of the cross-validation, at least 2.
    pub n_folds: usize,
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
    /// Settings tried for each task with their score, the mean of out-of-fold macro-F1 and micro-F1; the chosen one
    /// first, then by score.
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
        let mut warnings = Vec::new();
        let tasks = trainable(corpus, &mut warnings)?;
        let (cleaner, params) = build_text(&config.text, &config.glossary)?;
        progress("reading articles", 0, 1);
        let documents: Vec<Document<'_>> = corpus
            .articles
            .par_iter()
            .map(|a| prepare(&cleaner, a))
            .collect();
        let groups = near_duplicate_groups(&corpus.articles);
        let work = Work {
            tasks: &tasks,
            documents: &documents,
            groups: &groups,
            n_folds: config.n_folds,
            progress,
        };
        let rankings = work.choose(&params.check()?, config)?;
        let candidates: Vec<Candidate> = rankings
            .iter()
            .map(|r| r.first().map_or_else(|| fallback(config), |(c, _)| *c))
            .collect();
        let mut text = config.text.clone();
        text.features = text.features.only(&blocks_in_use(&candidates));
        let params = build_text(&text, &config.glossary)?.1.check()?;
        let (vocabulary, counts) = params.count(&documents)?;
        let folds = make_folds(&tasks, &groups, config.n_folds);
        if folds.is_none() {
            warnings.push(
                "too few independent articles to cross-validate: no report, cuts stay at 0.5"
                    .to_owned(),
            );
        }
        let fitted = work.measure(&candidates, &vocabulary, &counts, folds.as_ref())?;
        let all: Vec<usize> = (0..counts.len()).collect();
        let idf = counts.idf(&all, vocabulary.n_features());
        let rows = counts.weigh(&all, &vocabulary, &idf);
        progress("fitting the model", 0, 1);
        let models = tasks.iter().zip(&fitted).map(|(task, f)| {
            f.candidate
                .fit(&rows, &vocabulary, &task.gold, task.task.kind, 0.01)
        });
        let models: Vec<Linear> = models.collect::<Result<_, _>>()?;
        let heads: Vec<Head> = tasks
            .iter()
            .zip(&fitted)
            .map(|(task, f)| f.head(task))
            .collect();
        let outcome = |i: usize| {
            let facts = facts(&documents[i], params.analyzer());
            article_outcome(&corpus.articles[i], &documents[i], &facts, groups[i])
        };
        let articles: Vec<ArticleOutcome> = all.par_iter().map(|&i| outcome(i)).collect();
        let report = folds.map(|f| report_input(corpus, articles, &tasks, &fitted, &f, config));
        let pipeline = Pipeline {
            text,
            glossary: config.glossary.clone(),
            cleaner,
            tfidf: params.with_vocabulary(vocabulary, idf),
            heads,
            weights: side_by_side(&models),
            bias: models.iter().flat_map(|m| m.bias.iter().copied()).collect(),
            n_articles: corpus.articles.len(),
            data_digest: corpus.digest.clone(),
        };
        Ok(Trained {
            pipeline,
            report,
            rankings,
            warnings,
        })
    }
}

/// Labels of all models in one matrix, in standard layout.
fn side_by_side(models: &[Linear]) -> Array2<f32> {
    let views: Vec<_> = models.iter().map(|m| m.weights.view()).collect();
    let joined = concatenate(Axis(1), &views).unwrap_or_default();
    joined.as_standard_layout().into_owned()
}

/// What was chosen and learnt for one task beside its weights.
struct TaskFit {
    candidate: Candidate,
    calibration: Calibration,
    cuts: Vec<Cut>,
    scores: Option<TaskScores>,
}

impl TaskFit {
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
fn make_folds(tasks: &[GoldTask], groups: &[u32], n_folds: usize) -> Option<Folds> {
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

/// Sets of block factors, the usual first: with concepts for news in several languages, then words and characters as
/// they serve any text.
const BLOCKS: [BlockWeights; 13] = [
    [0.0, 1.0, 1.0, 0.5, 1.0],
    [0.0, 0.5, 1.0, 0.5, 1.0],
    [0.5, 1.0, 1.0, 0.5, 1.0],
    [0.0, 0.0, 1.0, 0.5, 1.0],
    [0.0, 0.0, 1.0, 0.0, 1.0],
    [0.0, 1.0, 0.5, 0.0, 0.0],
    [0.0, 1.0, 0.3, 0.2, 0.2],
    [0.0, 1.0, 0.0, 0.0, 0.0],
    [0.5, 1.0, 0.0, 0.0, 0.0],
    [1.0, 1.0, 0.0, 0.0, 0.0],
    [1.0, 0.5, 0.0, 0.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.0, 0.5, 0.0, 0.2],
];
/// Articles that settings are chosen on, when a task's labels fit one block of the solver; with more labels, fewer.
const SAMPLE: usize = 6000;
/// However many labels, this many articles.
const SMALLEST_SAMPLE: usize = 3000;
/// From so many articles on, settings are chosen with three folds: more folds tell no more.
const MANY: usize = 1500;

/// What a training run works on.
struct Work<'a> {
    tasks: &'a [GoldTask],
    documents: &'a [Document<'a>],
    groups: &'a [u32],
    n_folds: usize,
    progress: Progress<'a>,
}

impl Work<'_> {
    /// Every setting tried for each task, the chosen one first; empty where there is too little to choose on.
    fn choose(
        &self,
        params: &TfIdfValidParams,
        config: &TrainConfig,
    ) -> Result<Vec<Vec<(Candidate, f64)>>, PipelineError> {
        let sample = self.sample();
        let pick = |task: &GoldTask| GoldTask {
            task: task.task.clone(),
            gold: task.gold.select(Axis(0), &sample),
        };
        let tasks: Vec<GoldTask> = self.tasks.iter().map(pick).collect();
        let groups: Vec<u32> = sample.iter().map(|&i| self.groups[i]).collect();
        let n_folds = if sample.len() >= MANY {
            self.n_folds.min(3)
        } else {
            self.n_folds
        };
        let Some(folds) = make_folds(&tasks, &groups, n_folds) else {
            return Ok(vec![Vec::new(); tasks.len()]);
        };
        (self.progress)("counting features", 0, 1);
        let documents: Vec<Document<'_>> =
            sample.iter().map(|&i| self.documents[i].clone()).collect();
        let (vocabulary, counts) = params.count(&documents)?;
        let rows = fold_rows(&counts, &vocabulary, &folds);
        let space = Space {
            families: config.family.into_iter().collect(),
            blocks: config.blocks.clone().unwrap_or_else(|| BLOCKS.to_vec()),
        };
        let chosen = (0_u64..).zip(&tasks).map(|(i, task)| {
            let what = format!("choosing settings for {}", task.task.name);
            (self.progress)(&what, i, tasks.len() as u64);
            Ok(search(&judge(task, &folds, &rows, &vocabulary), &space)?)
        });
        chosen.collect()
    }

    /// The articles settings are chosen on: all of them, or a random part that does not depend on their order by label.
    fn sample(&self) -> Vec<usize> {
        let n_labels = self.tasks.iter().map(|t| t.task.labels.len()).max();
        let blocks = n_labels.unwrap_or(1).div_ceil(8).max(1);
        let limit = (2 * SAMPLE / blocks).clamp(SMALLEST_SAMPLE, SAMPLE);
        let mut sample = shuffled(self.documents.len());
        sample.truncate(limit);
        sample.sort_unstable();
        sample
    }

    /// Calibration, cuts and the out-of-fold outcome of each task's setting, on all articles.
    fn measure(
        &self,
        candidates: &[Candidate],
        vocabulary: &Vocabulary,
        counts: &CountRows,
        folds: Option<&Folds>,
    ) -> Result<Vec<TaskFit>, PipelineError> {
        let Some(folds) = folds else {
            let unmeasured = self.tasks.iter().zip(candidates);
            return Ok(unmeasured.map(|(t, c)| unmeasured_fit(t, *c)).collect());
        };
        let rows = fold_rows(counts, vocabulary, folds);
        let measure = |(i, (task, candidate)): (usize, (&GoldTask, &Candidate))| {
            let what = format!("cross-validating {}", task.task.name);
            (self.progress)(&what, i as u64, self.tasks.len() as u64);
            let (scores, calibration, cuts) =
                judge(task, folds, &rows, vocabulary).measure(candidate)?;
            Ok(TaskFit {
                candidate: *candidate,
                calibration,
                cuts,
                scores: Some(scores),
            })
        };
        let tasks = self.tasks.iter().zip(candidates).enumerate();
        tasks.map(measure).collect()
    }
}

fn judge<'a>(
    task: &'a GoldTask,
    folds: &'a Folds,
    rows: &'a [FoldRows],
    vocabulary: &'a Vocabulary,
) -> Judge<'a> {
    Judge {
        folds,
        rows,
        vocabulary,
        gold: &task.gold,
        kind: task.task.kind,
    }
}

/// Which blocks any task gives a factor.
fn blocks_in_use(candidates: &[Candidate]) -> [bool; 5] {
    std::array::from_fn(|b| candidates.iter().any(|c| c.blocks[b] > 0.0))
}

/// The usual setting, for a corpus too small to choose on.
fn fallback(config: &TrainConfig) -> Candidate {
    let blocks = config.blocks.as_ref().and_then(|b| b.first().copied());
    Candidate {
        family: config.family.unwrap_or(Family::Logistic),
        c: 1.0,
        class_weight: ClassWeight::Balanced,
        blocks: blocks.unwrap_or(BLOCKS[0]),
    }
}

/// A setting with plain calibration, for a corpus too small to hold anything out.
fn unmeasured_fit(task: &GoldTask, candidate: Candidate) -> TaskFit {
    let multi = task.task.kind == TaskKind::Multi;
    let cut = |n_positives| Cut {
        probability: 0.5,
        n_positives,
    };
    TaskFit {
        candidate,
        calibration: Calibration::identity(task.task.kind, task.task.labels.len()),
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
            .filter_map(|(task, fit)| {
                let scores = fit.scores.as_ref()?;
                Some(task_outcomes(
                    task,
                    &fit.cuts,
                    &scores.probabilities,
                    &scores.decided,
                ))
            })
            .collect(),
        settings: settings(tasks, fitted, folds, config),
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
    tasks: &[GoldTask],
    fitted: &[TaskFit],
    folds: &Folds,
    config: &TrainConfig,
) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([
        ("folds".to_owned(), folds.n_folds.to_string()),
        (
            "glossary".to_owned(),
            config.glossary.digest()[..16].to_owned(),
        ),
        ("min_df".to_owned(), config.text.features.min_df.to_string()),
        ("toolkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    for (task, fit) in tasks.iter().zip(fitted) {
        let name = &task.task.name;
        let c = &fit.candidate;
        settings.insert(
            format!("{name}.family"),
            format!("{:?}", c.family).to_lowercase(),
        );
        settings.insert(format!("{name}.c"), c.c.to_string());
        settings.insert(
            format!("{name}.class_weight"),
            format!("{:?}", c.class_weight).to_lowercase(),
        );
        settings.insert(format!("{name}.blocks"), format!("{:?}", c.blocks));
    }
    settings
}
