//! Which learner, C, class weights and blocks each task gets: searched on a part of the articles, before everything is
//! counted, so that blocks nobody uses are never counted on all of them.

use std::collections::BTreeMap;
use std::time::Instant;

use ndarray::Axis;

use crate::article::{Corpus, Folds, GoldTask};
use crate::classify::{
    BlockWeights, Candidate, ClassWeight, Family, FoldRows, Judge, Searched, Space, fold_rows,
    search, shuffled,
};
use crate::features::{Document, TfIdfValidParams, Vocabulary};
use crate::text::Lang;

use super::prior::Described;
use super::train::make_folds;
use super::{PipelineError, Progress, TrainConfig};

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
/// The first so many of [`BLOCKS`] lean on concepts. They alone are tried where articles are in several languages and
/// there is a glossary: characters and words win inside such a corpus, by its writers' style, and lose on articles of
/// others (`docs/benchmarks.md`, "Sets of blocks").
const CONCEPT_LED: usize = 5;
/// A corpus is in several languages when none has more than this share.
const ONE_LANGUAGE: f64 = 0.9;
/// Articles that settings are chosen on, when a task's labels fit one block of the solver; with more labels, fewer.
const SAMPLE: usize = 6000;
/// However many labels, this many articles.
const SMALLEST_SAMPLE: usize = 3000;
/// From so many articles on, settings are chosen with three folds: more folds tell no more.
const MANY: usize = 1500;

/// Settings tried for a task with their scores, the chosen one first, then by score.
pub(super) type Ranking = Vec<(Candidate, f64)>;

/// What a search found for all tasks.
pub(super) struct Chosen {
    pub(super) rankings: Vec<Ranking>,
    /// Tasks whose search ran out of time, with a sentence that says so.
    pub(super) stopped: BTreeMap<String, String>,
}

impl Chosen {
    fn unsearched(rankings: Vec<Ranking>) -> Self {
        Self {
            rankings,
            stopped: BTreeMap::new(),
        }
    }
}

/// What settings are chosen on.
pub(super) struct Search<'a> {
    pub(super) tasks: &'a [GoldTask],
    pub(super) documents: &'a [Document<'a>],
    /// Descriptions of labels, and of which.
    pub(super) descriptions: &'a [Document<'a>],
    pub(super) described: &'a Described,
    /// Articles that stay on one side of every split.
    pub(super) together: &'a [u32],
    pub(super) progress: Progress<'a>,
}

impl Search<'_> {
    /// A ranking for each task; a task with settings of its own ([`TrainConfig::fixed`]) gets these alone, and all get
    /// the usual ones where there is too little to choose on.
    pub(super) fn rankings(
        &self,
        params: &TfIdfValidParams,
        config: &TrainConfig,
    ) -> Result<Chosen, PipelineError> {
        let fixed = |task: &GoldTask| {
            let given = config.fixed.get(&task.task.name).copied();
            let fixed = given.or_else(|| self.described.few(task, usual(config)));
            Some(vec![(fixed?, f64::NAN)])
        };
        if let Some(fixed) = self.tasks.iter().map(fixed).collect() {
            return Ok(Chosen::unsearched(fixed));
        }
        if config.family == Some(Family::Majority) {
            let usual = vec![(usual(config), f64::NAN)];
            return Ok(Chosen::unsearched(vec![usual; self.tasks.len()]));
        }
        let searched = self.search(params, config)?;
        let stopped = self.stopped(&searched, config);
        let pairs = self.tasks.iter().zip(searched);
        let rankings = pairs.map(|(task, searched)| match fixed(task) {
            Some(fixed) => fixed,
            None if searched.ranking.is_empty() => vec![(usual(config), f64::NAN)],
            None => searched.ranking,
        });
        Ok(Chosen {
            rankings: rankings.collect(),
            stopped,
        })
    }

    /// A sentence for every task whose search was stopped.
    fn stopped(&self, searched: &[Searched], config: &TrainConfig) -> BTreeMap<String, String> {
        let seconds = config.budget.unwrap_or_default().as_secs_f64();
        let pairs = self.tasks.iter().zip(searched);
        let sentence = |(task, searched): (&GoldTask, &Searched)| {
            let n = searched.ranking.len();
            let sentence =
                format!("stopped when the budget of {seconds} s was spent, {n} settings tried");
            (task.task.name.clone(), sentence)
        };
        pairs.filter(|(_, s)| s.stopped).map(sentence).collect()
    }

    fn search(
        &self,
        params: &TfIdfValidParams,
        config: &TrainConfig,
    ) -> Result<Vec<Searched>, PipelineError> {
        let start = Instant::now();
        let sample = self.sample();
        let pick = |task: &GoldTask| GoldTask {
            task: task.task.clone(),
            gold: task.gold.select(Axis(0), &sample),
        };
        let tasks: Vec<GoldTask> = self.tasks.iter().map(pick).collect();
        let together: Vec<u32> = sample.iter().map(|&i| self.together[i]).collect();
        let n_folds = if sample.len() >= MANY {
            config.n_folds.min(3)
        } else {
            config.n_folds
        };
        let Some(folds) = make_folds(&tasks, &together, n_folds) else {
            let nothing = || Searched {
                ranking: Vec::new(),
                stopped: false,
            };
            return Ok(tasks.iter().map(|_| nothing()).collect());
        };
        (self.progress)("counting features", 0, 1);
        let sampled = sample.iter().map(|&i| &self.documents[i]);
        let documents: Vec<Document<'_>> = sampled.chain(self.descriptions).cloned().collect();
        let (vocabulary, counts) = params.count_with(&documents, sample.len())?;
        let rows = fold_rows(&counts, &vocabulary, &folds, |_| true);
        // Each task gets its share of what is left, so that the last is not starved by the first.
        let deadline = |i: u64| {
            let budget = config.budget?;
            let left = budget.saturating_sub(start.elapsed());
            Some(Instant::now() + left / (tasks.len() as u32 - i as u32))
        };
        let space = |i, task: &str| Space {
            families: config.family.into_iter().collect(),
            blocks: self.blocks(config),
            priors: self.described.scales(task),
            deadline: deadline(i),
        };
        let chosen = (0_u64..).zip(&tasks).map(|(i, task)| {
            let what = format!("choosing settings for {}", task.task.name);
            (self.progress)(&what, i, tasks.len() as u64);
            let judge = judge(task, &folds, &rows, &vocabulary, self.described);
            Ok(search(&judge, &space(i, &task.task.name))?)
        });
        chosen.collect()
    }

    /// The sets of block factors to try.
    fn blocks(&self, config: &TrainConfig) -> Vec<BlockWeights> {
        let several = Lang::ALL.iter().all(|lang| {
            let own = self.documents.iter().filter(|d| d.lang == *lang).count();
            (own as f64) < ONE_LANGUAGE * self.documents.len() as f64
        });
        let all = if several && !config.glossary.concepts.is_empty() {
            &BLOCKS[..CONCEPT_LED]
        } else {
            &BLOCKS[..]
        };
        config.blocks.clone().unwrap_or_else(|| all.to_vec())
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
}

/// Judges settings of a task on folds.
pub(super) fn judge<'a>(
    task: &'a GoldTask,
    folds: &'a Folds,
    rows: &'a [FoldRows],
    vocabulary: &'a Vocabulary,
    described: &'a Described,
) -> Judge<'a> {
    Judge {
        folds,
        rows,
        vocabulary,
        gold: &task.gold,
        kind: task.task.kind,
        of_label: described.of(&task.task.name),
    }
}

/// Which blocks any task gives a factor.
pub(super) fn blocks_in_use(rankings: &[Ranking]) -> [bool; 5] {
    let chosen = || rankings.iter().filter_map(|r| r.first());
    std::array::from_fn(|b| chosen().any(|(c, _)| c.blocks[b] > 0.0))
}

/// The usual setting.
fn usual(config: &TrainConfig) -> Candidate {
    let blocks = config.blocks.as_ref().and_then(|b| b.first().copied());
    Candidate {
        family: config.family.unwrap_or(Family::Logistic),
        c: 1.0,
        class_weight: ClassWeight::Balanced,
        blocks: blocks.unwrap_or(BLOCKS[0]),
        prior: 0.0,
    }
}

/// The usual setting for every task of a corpus.
pub(super) fn usual_settings(corpus: &Corpus, config: &TrainConfig) -> BTreeMap<String, Candidate> {
    let names = corpus.tasks.iter().map(|task| task.task.name.clone());
    names.map(|name| (name, usual(config))).collect()
}
