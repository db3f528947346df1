//! Model selection: which learner, C, class weights and block factors serve a task best, judged on out-of-fold scores.
//!
//! Two rounds, so that the cost stays in proportion. The first tries every set of block factors with one plain setting
//! of each learner; the second tries the best sets with every learner, class weighting and C. Fits along rising C start
//! from the one before. A setting's score is the mean of macro-F1 and micro-F1 of its out-of-fold decisions: macro-F1
//! alone jumps with every article of a rare label. Of settings whose scores differ by less than chance would let them,
//! the first in the list is taken: the list begins with what is usual, and with strong regularisation.

use linfa::traits::Predict;
use ndarray::{Array2, Axis};
use rayon::prelude::*;

use crate::article::{Folds, TaskKind};
use crate::features::{Block, Vocabulary};

use super::select::{FoldRows, SEARCH_EPS, calibrate, gather, out_of_fold, scale_blocks};
use super::{
    BlockWeights, Calibration, Candidate, ClassWeight, ClassifyError, Cut, Family, TaskScores,
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

/// The chosen setting and every setting of the last round with its score, the chosen one first, then by score.
///
/// # Errors
/// As the learner.
pub(crate) fn search(
    judge: &Judge<'_>,
    space: &Space,
) -> Result<Vec<(Candidate, f64)>, ClassifyError> {
    let families = judge.families(&space.families);
    let mut blocks = judge.usable(&space.blocks);
    if blocks.len() > judge.n_kept() && families != [Family::Majority] {
        blocks = judge.best_blocks(&blocks, &families)?;
    }
    let paths: Vec<Path> = blocks
        .iter()
        .flat_map(|&b| families.iter().flat_map(move |&f| paths(f, b)))
        .collect();
    let mut tried = judge.try_all(&paths)?;
    let n = judge.gold.nrows() as f64;
    let best = tried.iter().fold(0.0_f64, |best, t| best.max(t.score));
    let enough = best - INDIFFERENCE / n.sqrt();
    let chosen = tried.iter().position(|t| t.score >= enough).unwrap_or(0);
    let chosen = tried.remove(chosen);
    tried.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(std::iter::once(chosen)
        .chain(tried)
        .map(|t| (t.candidate, t.score))
        .collect())
}

/// Every class weighting of one learner.
fn paths(family: Family, blocks: BlockWeights) -> Vec<Path> {
    let costs: &[f64] = match family {
        Family::Majority => &[1.0],
        Family::LinearSvm => &[0.03, 0.1, 0.3, 1.0, 3.0],
        Family::Logistic | Family::Multinomial => &[0.3, 1.0, 3.0, 10.0, 30.0],
    };
    let weights: &[ClassWeight] = if family == Family::Majority {
        &[ClassWeight::Uniform]
    } else {
        &[ClassWeight::Balanced, ClassWeight::Uniform]
    };
    let path = |&class_weight| Path {
        start: Candidate {
            family,
            c: costs[0],
            class_weight,
            blocks,
        },
        costs: costs.to_vec(),
    };
    weights.iter().map(path).collect()
}

/// The setting a learner is first tried with.
fn plain(family: Family, blocks: BlockWeights) -> Path {
    let c = if family == Family::LinearSvm {
        0.3
    } else {
        3.0
    };
    Path {
        start: Candidate {
            family,
            c,
            class_weight: ClassWeight::Balanced,
            blocks,
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

    /// The sets with the best mean score over the learners' plain settings, in the order given.
    fn best_blocks(
        &self,
        blocks: &[BlockWeights],
        families: &[Family],
    ) -> Result<Vec<BlockWeights>, ClassifyError> {
        let few = self.n_kept() == 1 && families.contains(&Family::LinearSvm);
        let families = if few { &[Family::LinearSvm] } else { families };
        let paths: Vec<Path> = blocks
            .iter()
            .flat_map(|&b| families.iter().map(move |&f| plain(f, b)))
            .collect();
        let tried = self.try_all(&paths)?;
        let sums = tried
            .chunks(families.len())
            .map(|set| set.iter().map(|t| t.score).sum::<f64>());
        let mut order: Vec<(usize, f64)> = sums.enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.truncate(self.n_kept());
        order.sort_by_key(|(i, _)| *i);
        Ok(order.into_iter().map(|(i, _)| blocks[i]).collect())
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
            let outcome = self.outcome(&parts);
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
        if gold.iter().all(Option::is_none) {
            return Err(ClassifyError::NoTargets);
        }
        let scale = |rows| scale_blocks(rows, self.vocabulary, &path.start.blocks);
        let models =
            path.start
                .fit_path(&scale(rows), &gold, self.kind, SEARCH_EPS, &path.costs)?;
        let test = scale(&self.rows[fold].test.1);
        Ok(models.iter().map(|m| m.predict(&test)).collect())
    }

    fn outcome(&self, parts: &[&Array2<f32>]) -> TaskScores {
        let raw = gather(parts, self.rows, self.gold.dim());
        out_of_fold(&raw, self.gold, self.folds, self.kind)
    }

    /// Out-of-fold outcome of one setting, and the calibration and cuts learnt from all of it.
    ///
    /// # Errors
    /// As the learner.
    pub(crate) fn measure(
        &self,
        candidate: &Candidate,
    ) -> Result<(TaskScores, Calibration, Vec<Cut>), ClassifyError> {
        let path = Path {
            start: *candidate,
            costs: vec![candidate.c],
        };
        let parts = (0..self.rows.len())
            .into_par_iter()
            .map(|fold| self.held_out(&path, fold))
            .collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<&Array2<f32>> = parts.iter().flatten().collect();
        let scores = self.outcome(&parts);
        let (calibration, cuts) = calibrate(&scores.raw, self.gold, self.kind);
        Ok((scores, calibration, cuts))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::features::{Idf, SparseRows};

    const N: usize = 60;

    fn vocabulary() -> Vocabulary {
        let terms = |names: &[&str]| names.iter().map(|t| Box::from(*t)).collect();
        Vocabulary::new(&[
            terms(&["signal", "without"]),
            terms(&["noise0", "noise1", "noise2"]),
            Vec::new(),
            Vec::new(),
            Vec::new(),
        ])
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
            }
        };
        (0..folds.n_folds).map(one).collect()
    }

    fn searched(kind: TaskKind, blocks: &[BlockWeights]) -> Vec<(Candidate, f64)> {
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
        };
        let space = Space {
            families: Vec::new(),
            blocks: blocks.to_vec(),
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
}
