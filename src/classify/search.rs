//! Model selection: which learner, C, class weights and block factors serve a task best, judged on out-of-fold scores.
//!
//! Two rounds, so that the cost stays in proportion. The first tries every set of block factors with one plain setting
//! of each learner; the second tries the best sets with every learner, class weighting and C. Fits along rising C start
//! from the one before. A setting's score is the mean of macro-F1 and micro-F1 of its out-of-fold decisions: macro-F1
//! alone jumps with every article of a rare label. Settings are compared at their best F1, whatever rule the cuts of the
//! chosen one then follow. Of settings whose scores differ by less than chance would let them,
//! the first in the list is taken: the list begins with what is usual, and with strong regularisation.

use std::time::Instant;

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use crate::article::{Folds, TaskKind};
use crate::features::{Block, Vocabulary};

use super::select::{Answering, FoldRows, Learnt, calibrate, gather, out_of_fold, scale_blocks};
use super::{
    BlockWeights, Candidate, ClassWeight, ClassifyError, CutRule, Family, Prior, TaskScores,
};

/// Scores closer than this over the square root of the number of articles count as equal: a fraction of the standard
/// error of the difference between two settings that disagree on one article in ten.
const INDIFFERENCE: f64 = 0.1;
/// Blocks of eight labels times articles above which the second round keeps one set of block factors instead of three, and
/// the linear SVM alone is tried: it costs a third of logistic regression and is the better one on large sets.
const LARGE: usize = 6_000;

/// What the search may use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Space {
    /// Learners; empty takes the one-vs-rest learners: softmax regression gained nothing and costs most.
    pub(crate) families: Vec<Family>,
    /// Block factors, the usual first.
    pub(crate) blocks: Vec<BlockWeights>,
    /// How far descriptions may carry the chosen setting, the usual first.
    pub(crate) priors: Vec<f64>,
    /// No fit starts after this; the one choice of a model that depends on the machine.
    pub(crate) deadline: Option<Instant>,
}

/// The articles a search is judged on.
pub(crate) struct Judge<'a> {
    /// Folds of the articles.
    pub(crate) folds: &'a Folds,
    /// Their rows.
    pub(crate) rows: &'a [FoldRows],
    /// Columns of the rows.
    pub(crate) vocabulary: &'a Vocabulary,
    /// Targets, shape (n_samples, n_labels).
    pub(crate) gold: &'a Array2<Option<bool>>,
    /// Kind of the task.
    pub(crate) kind: TaskKind,
    /// Which rows of the descriptions are of each label; empty without descriptions.
    pub(crate) of_label: &'a [Vec<usize>],
}

/// One learner with every C to try.
struct Path {
    start: Candidate,
    costs: Vec<f64>,
}

/// A setting with its score and its place in the list.
struct Tried {
    candidate: Candidate,
    score: f64,
}

/// What was tried within the time.
#[derive(Default)]
struct Round {
    tried: Vec<Tried>,
    /// The time was over before the end.
    stopped: bool,
}

/// Outcome of a search.
pub(crate) struct Searched {
    /// The chosen setting and every other one of the last round with its score, the chosen one first, then by score;
    /// where the time was over, those of both rounds.
    pub(crate) ranking: Vec<(Candidate, f64)>,
    /// The time was over before everything was tried.
    pub(crate) stopped: bool,
}

/// Searches until everything is tried or the time is over; the first setting is always tried.
///
/// # Errors
/// As the learner.
pub(crate) fn search(judge: &Judge<'_>, space: &Space) -> Result<Searched, ClassifyError> {
    let families = judge.families(&space.families);
    if families.iter().any(|f| f.is_by_descent()) {
        let folds = judge.rows.par_iter();
        folds.for_each(|fold| fold.take_products(judge.vocabulary));
    }
    let mut blocks = judge.usable(&space.blocks);
    let mut first = Round::default();
    if blocks.len() > judge.n_kept() && families != [Family::Majority] {
        let families = judge.plain_families(&families);
        let paths = all_paths(&blocks, families, |f, b| vec![plain(judge.kind, f, b)]);
        first = judge.round(&paths, space.deadline, 1)?;
        blocks = judge.best_blocks(&blocks, &first.tried, families.len());
    }
    let paths = all_paths(&blocks, &families, |f, b| paths(judge.kind, f, b));
    let at_least = usize::from(first.tried.is_empty());
    let mut round = judge.round(&paths, space.deadline, at_least)?;
    if round.stopped {
        round.tried.append(&mut first.tried);
    }
    let mut ranking = judge.ranked(round.tried);
    if let Some((chosen, _)) = ranking.first()
        && chosen.takes_prior()
    {
        let carried = judge.try_all(&with_priors(chosen, &space.priors))?;
        if judge.needs_prior() {
            ranking.clear();
        }
        ranking = judge.ranked(carried.into_iter().chain(as_tried(ranking)).collect());
    }
    Ok(Searched {
        ranking,
        stopped: round.stopped,
    })
}

/// The chosen setting drawn to the descriptions of the labels, with their words: not all of them are concepts.
fn with_priors(chosen: &Candidate, priors: &[f64]) -> Vec<Path> {
    let mut chosen = *chosen;
    let words = &mut chosen.blocks[Block::Words as usize];
    *words = words.max(0.5);
    let path = |&prior: &f64| Path {
        start: Candidate { prior, ..chosen },
        costs: vec![chosen.c],
    };
    priors.iter().map(path).collect()
}

fn as_tried(ranking: Vec<(Candidate, f64)>) -> impl Iterator<Item = Tried> {
    let one = |(candidate, score)| Tried { candidate, score };
    ranking.into_iter().map(one)
}

fn all_paths(
    blocks: &[BlockWeights],
    families: &[Family],
    paths: impl Fn(Family, BlockWeights) -> Vec<Path>,
) -> Vec<Path> {
    let pairs = blocks
        .iter()
        .flat_map(|&b| families.iter().map(move |&f| (f, b)));
    pairs.flat_map(|(f, b)| paths(f, b)).collect()
}

/// Class weightings worth a try, the usual first. One class against the rest takes the weights that LIBLINEAR gives it
/// (`docs/benchmarks.md`, "Class weights").
fn class_weights(kind: TaskKind, family: Family) -> &'static [ClassWeight] {
    match (kind, family) {
        (_, Family::Majority) => &[ClassWeight::Uniform],
        (TaskKind::Single, Family::Logistic | Family::LinearSvm) => {
            &[ClassWeight::BalancedClasses, ClassWeight::Balanced]
        }
        _ => &[ClassWeight::Balanced, ClassWeight::Uniform],
    }
}

/// Every class weighting of one learner.
fn paths(kind: TaskKind, family: Family, blocks: BlockWeights) -> Vec<Path> {
    let costs: &[f64] = match family {
        Family::Majority => &[1.0],
        Family::LinearSvm => &[0.03, 0.1, 0.3, 1.0, 3.0],
        // It has no warm start, and every fit takes the products anew.
        Family::LinfaSvm => &[0.3, 3.0],
        Family::ComplementBayes | Family::MultinomialBayes => &[1.0, 3.0, 10.0, 30.0, 100.0],
        Family::Logistic | Family::Multinomial => &[0.3, 1.0, 3.0, 10.0, 30.0],
    };
    let path = |&class_weight| Path {
        start: Candidate {
            family,
            c: costs[0],
            class_weight,
            blocks,
            prior: 0.0,
        },
        costs: costs.to_vec(),
    };
    class_weights(kind, family).iter().map(path).collect()
}

/// The setting a learner is first tried with.
fn plain(kind: TaskKind, family: Family, blocks: BlockWeights) -> Path {
    let c = if family == Family::LinearSvm {
        0.3
    } else {
        3.0
    };
    Path {
        start: Candidate {
            family,
            c,
            class_weight: class_weights(kind, family)[0],
            blocks,
            prior: 0.0,
        },
        costs: vec![c],
    }
}

impl Judge<'_> {
    fn families(&self, wanted: &[Family]) -> Vec<Family> {
        if !wanted.is_empty() {
            return wanted.to_vec();
        }
        if self.is_large() {
            return vec![Family::LinearSvm];
        }
        vec![Family::Logistic, Family::LinearSvm]
    }

    fn is_large(&self) -> bool {
        self.gold.ncols().div_ceil(8) * self.gold.nrows() > LARGE
    }

    /// A label is described that no article carries: nothing but its description answers for it.
    fn needs_prior(&self) -> bool {
        let carried = |k: usize| self.gold.column(k).iter().any(|gold| *gold == Some(true));
        let mut described = self.of_label.iter().enumerate();
        described.any(|(k, rows)| !rows.is_empty() && !carried(k))
    }

    /// Block factors with those of empty blocks at 0, each set once, those without any block left out.
    fn usable(&self, blocks: &[BlockWeights]) -> Vec<BlockWeights> {
        let mut usable: Vec<BlockWeights> = Vec::new();
        for set in blocks {
            let mut set = *set;
            for block in Block::ALL {
                if self.vocabulary.columns(block).is_empty() {
                    set[block as usize] = 0.0;
                }
            }
            let any = set.iter().any(|f| *f > 0.0);
            if !usable.contains(&set) && (any || blocks.len() == 1) {
                usable.push(set);
            }
        }
        usable
    }

    fn n_kept(&self) -> usize {
        if self.is_large() { 1 } else { 3 }
    }

    /// The learners that sets of block factors are compared with.
    fn plain_families<'f>(&self, families: &'f [Family]) -> &'f [Family] {
        let few = self.n_kept() == 1 && families.contains(&Family::LinearSvm);
        if few { &[Family::LinearSvm] } else { families }
    }

    /// The sets with the best mean score over the learners' plain settings, in the order given; the first one where
    /// none was tried with all of them.
    fn best_blocks(
        &self,
        blocks: &[BlockWeights],
        tried: &[Tried],
        n_families: usize,
    ) -> Vec<BlockWeights> {
        let sums = tried
            .chunks_exact(n_families)
            .map(|set| set.iter().map(|t| t.score).sum::<f64>());
        let mut order: Vec<(usize, f64)> = sums.enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.truncate(self.n_kept());
        order.sort_by_key(|(i, _)| *i);
        if order.is_empty() {
            return blocks.iter().take(1).copied().collect();
        }
        order.into_iter().map(|(i, _)| blocks[i]).collect()
    }

    /// Settings with their scores: of those not below the best by more than chance the first, then all by score.
    fn ranked(&self, mut tried: Vec<Tried>) -> Vec<(Candidate, f64)> {
        let n = self.gold.nrows() as f64;
        let best = tried.iter().fold(0.0_f64, |best, t| best.max(t.score));
        let enough = best - INDIFFERENCE / n.sqrt();
        let chosen = tried.iter().position(|t| t.score >= enough);
        let chosen = chosen.map(|i| tried.remove(i));
        tried.sort_by(|a, b| b.score.total_cmp(&a.score));
        let all = chosen.into_iter().chain(tried);
        all.map(|t| (t.candidate, t.score)).collect()
    }

    /// Tries the paths, all at once where there is no deadline; where there is one, one after the other, the first
    /// `at_least` of them whatever the time.
    fn round(
        &self,
        paths: &[Path],
        deadline: Option<Instant>,
        at_least: usize,
    ) -> Result<Round, ClassifyError> {
        let mut round = Round::default();
        let Some(deadline) = deadline else {
            round.tried = self.try_all(paths)?;
            return Ok(round);
        };
        for (i, path) in paths.iter().enumerate() {
            round.stopped = i >= at_least && Instant::now() >= deadline;
            if round.stopped {
                break;
            }
            round
                .tried
                .extend(self.try_all(std::slice::from_ref(path))?);
        }
        Ok(round)
    }

    fn try_all(&self, paths: &[Path]) -> Result<Vec<Tried>, ClassifyError> {
        let jobs: Vec<(usize, usize)> = (0..paths.len())
            .flat_map(|p| (0..self.rows.len()).map(move |f| (p, f)))
            .collect();
        let scores = jobs
            .par_iter()
            .map(|&(p, f)| self.held_out(&paths[p], f))
            .collect::<Result<Vec<_>, _>>()?;
        let settings: Vec<(usize, usize)> = paths
            .iter()
            .enumerate()
            .flat_map(|(p, path)| (0..path.costs.len()).map(move |c| (p, c)))
            .collect();
        let one = |&(p, c): &(usize, usize)| {
            let folds = &scores[p * self.rows.len()..][..self.rows.len()];
            let parts: Vec<&Array2<f32>> = folds.iter().map(|costs| &costs[c]).collect();
            let how = Answering {
                carried: paths[p].start.prior > 0.0,
                ..Answering::default()
            };
            let outcome = self.outcome(&parts, &how);
            Tried {
                candidate: Candidate {
                    c: paths[p].costs[c],
                    ..paths[p].start
                },
                score: 0.5 * (outcome.macro_f1 + outcome.micro_f1),
            }
        };
        Ok(settings.par_iter().map(one).collect())
    }

    /// Scores of the articles held out in `fold`, for every C of the path.
    fn held_out(&self, path: &Path, fold: usize) -> Result<Vec<Array2<f32>>, ClassifyError> {
        let (indices, rows) = &self.rows[fold].train;
        let gold = self.gold.select(Axis(0), indices);
        let described = &self.rows[fold].described;
        let prior = Prior::of(&path.start, self.vocabulary, described, self.of_label);
        if prior.is_none() && gold.iter().all(Option::is_none) {
            return Err(ClassifyError::NoTargets);
        }
        let (blocks, costs) = (&path.start.blocks, &path.costs);
        if prior.is_none()
            && path.start.takes_prior()
            && let Some(kernel) = self.rows[fold].kernel(blocks)
        {
            return path.start.kernel_path_scores(&kernel, &gold, costs);
        }
        let scale = |rows| scale_blocks(rows, self.vocabulary, blocks);
        let rows = scale(rows);
        let test = scale(&self.rows[fold].test.1);
        path.start
            .path_scores(&rows, &gold, self.kind, costs, prior.as_ref(), &test)
    }

    fn outcome(&self, parts: &[&Array2<f32>], how: &Answering<'_>) -> TaskScores {
        let raw = gather(parts, self.rows, self.gold.dim());
        out_of_fold(&raw, self.gold, self.folds, self.kind, how)
    }

    /// Out-of-fold outcome of one setting, and what is learnt from all of it.
    ///
    /// # Errors
    /// As the learner.
    pub(crate) fn measure(
        &self,
        candidate: &Candidate,
        rule: CutRule,
    ) -> Result<(TaskScores, Learnt), ClassifyError> {
        let path = Path {
            start: *candidate,
            costs: vec![candidate.c],
        };
        let parts = (0..self.rows.len())
            .into_par_iter()
            .map(|fold| self.held_out(&path, fold))
            .collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<&Array2<f32>> = parts.iter().flatten().collect();
        let how = Answering {
            rule,
            folds: Some(&self.folds.fold),
            carried: candidate.prior > 0.0,
        };
        let scores = self.outcome(&parts, &how);
        let learnt = calibrate(&scores.raw, self.gold, self.kind, &how);
        Ok((scores, learnt))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::features::{Hashing, Idf, SparseRows};

    const N: usize = 60;

    fn vocabulary() -> Vocabulary {
        let terms = |names: &[&str]| names.iter().map(|t| Box::from(*t)).collect();
        Vocabulary::new(
            Hashing::Apart,
            &[
                terms(&["signal", "without"]),
                terms(&["noise0", "noise1", "noise2"]),
                Vec::new(),
                Vec::new(),
                Vec::new(),
            ],
        )
    }

    /// The word tells the label; the characters tell nothing.
    fn rows(indices: &[usize]) -> SparseRows {
        let row = |&i: &usize| vec![(u32::from(i % 3 != 0), 1.0), (2 + (i / 3 % 3) as u32, 1.0)];
        SparseRows::from_rows(5, &indices.iter().map(row).collect::<Vec<_>>())
    }

    fn fold_rows(folds: &Folds) -> Vec<FoldRows> {
        let one = |f| {
            let (train, test) = folds.split(f);
            FoldRows {
                train: (train.clone(), rows(&train)),
                test: (test.clone(), rows(&test)),
                idf: Idf(Vec::new().into()),
                described: SparseRows::from_rows(5, &[]),
                products: OnceLock::new(),
            }
        };
        (0..folds.n_folds).map(one).collect()
    }

    fn searched(kind: TaskKind, blocks: &[BlockWeights]) -> Vec<(Candidate, f64)> {
        searched_until(kind, blocks, None).ranking
    }

    fn searched_until(
        kind: TaskKind,
        blocks: &[BlockWeights],
        deadline: Option<Instant>,
    ) -> Searched {
        let gold = Array2::from_shape_fn((N, 2), |(i, k)| Some((i % 3 == 0) == (k == 0)));
        let labels = gold.mapv(|g| g == Some(true));
        let groups: Vec<u32> = (0..N as u32).collect();
        let folds = Folds::stratified(&labels, &groups, 3).unwrap();
        let (rows, vocabulary) = (fold_rows(&folds), vocabulary());
        let judge = Judge {
            folds: &folds,
            rows: &rows,
            vocabulary: &vocabulary,
            gold: &gold,
            kind,
            of_label: &[],
        };
        let space = Space {
            families: Vec::new(),
            blocks: blocks.to_vec(),
            priors: Vec::new(),
            deadline,
        };
        search(&judge, &space).unwrap()
    }

    #[test]
    fn the_block_with_the_signal_is_chosen() {
        let blocks = [
            [0.0, 1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 1.0, 0.0, 1.0],
            [0.0, 2.0, 0.0, 0.0, 0.0],
            [0.0, 3.0, 0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0, 0.5, 0.0],
        ];
        for kind in [TaskKind::Multi, TaskKind::Single] {
            let ranking = searched(kind, &blocks);
            // The factor of a block without columns is 0, and a set that says nothing new is not tried twice.
            assert_eq!(ranking[0].0.blocks, [1.0, 0.0, 0.0, 0.0, 0.0]);
            assert!(ranking[0].1 > 0.99, "{ranking:?}");
        }
    }

    #[test]
    fn of_equals_the_first_is_chosen() {
        let ranking = searched(TaskKind::Multi, &[[1.0, 0.0, 0.0, 0.0, 0.0]]);
        let first = ranking[0].0;
        assert_eq!(first.family, Family::Logistic);
        assert_eq!(first.class_weight, ClassWeight::Balanced);
        assert!(ranking.iter().all(|(c, _)| c.family != first.family
            || c.class_weight != first.class_weight
            || c.c >= first.c));
        // Two learners, two class weightings, five C.
        assert_eq!(ranking.len(), 20);
    }

    const MANY: [BlockWeights; 5] = [
        [0.0, 1.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 0.0, 0.0, 0.0],
        [1.0, 0.5, 0.0, 0.0, 0.0],
        [0.5, 1.0, 0.0, 0.0, 0.0],
    ];

    #[test]
    fn without_time_the_first_setting_is_tried() {
        let over = Some(Instant::now());
        let found = searched_until(TaskKind::Multi, &MANY, over);
        assert!(found.stopped);
        assert_eq!(found.ranking.len(), 1);
        assert_eq!(found.ranking[0].0.blocks, MANY[0]);
        // One round only: the first path, all of its C.
        let found = searched_until(TaskKind::Multi, &MANY[1..2], over);
        assert!(found.stopped);
        assert_eq!(found.ranking.len(), 5);
    }

    #[test]
    fn with_time_enough_a_budget_changes_nothing() {
        let later = Instant::now() + std::time::Duration::from_secs(86_400);
        let found = searched_until(TaskKind::Multi, &MANY, Some(later));
        assert!(!found.stopped);
        assert_eq!(found.ranking, searched(TaskKind::Multi, &MANY));
    }
}
