//! Model selection: which learner, C and block weights serve a task best, judged on out-of-fold scores.

use linfa::ParamGuard;
use linfa::dataset::{DatasetBase, Records};
use linfa::traits::{Fit, Predict};
use ndarray::{Array2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::article::{Folds, TaskKind};
use crate::features::{Block, CountRows, Idf, SparseRows, Vocabulary};

use super::{
    Calibration, ClassWeight, ClassifyError, Cut, Linear, Loss, MultinomialParams, best_cuts,
    calibrate_multi, calibrate_single, decide_multi, decide_single, majority,
};

/// Factor of each feature block, in the order of [`Block::ALL`]; 0 leaves a block out.
pub type BlockWeights = [f32; 5];

/// What is learnt on the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// One-vs-rest logistic regression.
    Logistic,
    /// One-vs-rest L2-loss linear SVM.
    LinearSvm,
    /// Softmax regression; for single-label tasks.
    Multinomial,
    /// Label shares, no text.
    Majority,
}

/// One setting of the search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Learner.
    pub family: Family,
    /// Cost of a training error.
    pub c: f64,
    /// Weights of the two sides of each label.
    pub class_weight: ClassWeight,
    /// Factor of each block.
    pub blocks: BlockWeights,
}

/// The settings tried for a task, simplest first.
#[must_use]
pub fn candidates(family: Family, block_sets: &[BlockWeights]) -> Vec<Candidate> {
    if family == Family::Majority {
        return vec![Candidate {
            family,
            c: 1.0,
            class_weight: ClassWeight::Uniform,
            blocks: [0.0; 5],
        }];
    }
    let costs: &[f64] = if family == Family::LinearSvm {
        &[0.1, 0.3, 1.0]
    } else {
        &[1.0, 3.0, 10.0]
    };
    let grid = block_sets
        .iter()
        .flat_map(|&blocks| costs.iter().map(move |&c| (blocks, c)));
    grid.map(|(blocks, c)| Candidate {
        family,
        c,
        class_weight: ClassWeight::Balanced,
        blocks,
    })
    .collect()
}

impl Candidate {
    /// Learns one task; `rows` have blocks of unit norm.
    ///
    /// # Errors
    /// As the learner.
    pub fn fit(
        &self,
        rows: &SparseRows,
        vocabulary: &Vocabulary,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
        eps: f64,
    ) -> Result<Linear, ClassifyError> {
        if self.family == Family::Majority {
            return Ok(majority(gold, rows.nfeatures(), kind));
        }
        let mut scaled = rows.clone();
        let factors: Vec<f32> = Block::ALL
            .iter()
            .map(|b| self.blocks[*b as usize])
            .collect();
        scaled.scale_columns(|column| factors[vocabulary.block(column) as usize]);
        let dataset = DatasetBase::new(scaled, gold.clone());
        let mut model = match self.family {
            Family::Multinomial => MultinomialParams::default()
                .c(self.c)
                .class_weight(self.class_weight)
                .check()?
                .fit(&dataset),
            family => {
                let loss = if family == Family::LinearSvm {
                    Loss::SquaredHinge
                } else {
                    Loss::Logistic
                };
                Linear::params()
                    .c(self.c)
                    .class_weight(self.class_weight)
                    .loss(loss)
                    .eps(eps)
                    .check()?
                    .fit(&dataset)
            }
        }?;
        // Fold the block factors into the weights, so that prediction reads rows as they are.
        for block in Block::ALL {
            for column in vocabulary.columns(block) {
                model
                    .weights
                    .row_mut(column as usize)
                    .mapv_inplace(|w| w * factors[block as usize]);
            }
        }
        Ok(model)
    }
}

/// Everything a task's out-of-fold evaluation produced, rows in the order of the corpus.
#[derive(Debug, Clone)]
pub struct TaskScores {
    /// Raw scores of held-out articles, shape (n_samples, n_labels).
    pub raw: Array2<f64>,
    /// Probabilities; each fold's calibration was learnt on the other folds' scores.
    pub probabilities: Array2<f64>,
    /// Decisions; each fold's cuts were learnt on the other folds' probabilities.
    pub decided: Array2<bool>,
    /// Headline score of these decisions: macro-F1.
    pub macro_f1: f64,
}

/// The chosen setting of a task with what was learnt beside the weights.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    /// The winner.
    pub candidate: Candidate,
    /// Every setting tried with its out-of-fold macro-F1, best first.
    pub ranking: Vec<(Candidate, f64)>,
    /// Scores to probabilities, learnt on all out-of-fold scores.
    pub calibration: Calibration,
    /// Cuts, learnt on all out-of-fold probabilities; empty for a single-label task.
    pub cuts: Vec<Cut>,
    /// Out-of-fold outcome of the winner.
    pub scores: TaskScores,
}

/// Rows of one fold, weighed with the idf of its training part.
pub(crate) struct FoldRows {
    /// Articles trained on and their rows.
    pub(crate) train: (Vec<usize>, SparseRows),
    /// Articles held out and their rows.
    pub(crate) test: (Vec<usize>, SparseRows),
    /// Weights of the training part.
    pub(crate) idf: Idf,
}

/// Where a solver of the search stops: its models are compared and looked into, not kept.
const SEARCH_EPS: f64 = 0.1;

/// Weighs the counts once for each fold: idf comes from the training part alone. Of the training part only the articles
/// that `keep` says yes to are used.
pub(crate) fn fold_rows(
    counts: &CountRows,
    vocabulary: &Vocabulary,
    folds: &Folds,
    keep: impl Fn(usize) -> bool + Sync,
) -> Vec<FoldRows> {
    let one = |fold: usize| {
        let (mut train, test) = folds.split(fold);
        train.retain(|&row| keep(row));
        let idf = counts.idf(&train, vocabulary.n_features());
        let weigh = |rows: &[usize]| counts.weigh(rows, vocabulary, &idf);
        FoldRows {
            train: (train.clone(), weigh(&train)),
            test: (test.clone(), weigh(&test)),
            idf,
        }
    };
    (0..folds.n_folds).into_par_iter().map(one).collect()
}

impl FoldRows {
    /// The model of this fold: it has not seen the articles held out.
    ///
    /// # Errors
    /// As the learner, or where no article of the training part is annotated.
    pub(crate) fn fit(
        &self,
        candidate: &Candidate,
        vocabulary: &Vocabulary,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
    ) -> Result<Linear, ClassifyError> {
        let (indices, rows) = &self.train;
        let gold = gold.select(Axis(0), indices);
        if gold.iter().all(Option::is_none) {
            return Err(ClassifyError::NoTargets);
        }
        candidate.fit(rows, vocabulary, &gold, kind, SEARCH_EPS)
    }
}

/// Tries every candidate on every fold and keeps the one with the highest out-of-fold macro-F1, the first of equals.
///
/// # Errors
/// As the learner.
pub(crate) fn select(
    candidates: &[Candidate],
    folds: &Folds,
    fold_rows: &[FoldRows],
    vocabulary: &Vocabulary,
    gold: &Array2<Option<bool>>,
    kind: TaskKind,
) -> Result<Fitted, ClassifyError> {
    let jobs: Vec<(usize, usize)> = (0..candidates.len())
        .flat_map(|c| (0..fold_rows.len()).map(move |f| (c, f)))
        .collect();
    let run = |&(c, f): &(usize, usize)| {
        let model = fold_rows[f].fit(&candidates[c], vocabulary, gold, kind)?;
        Ok(model.predict(&fold_rows[f].test.1))
    };
    let held_out = jobs
        .par_iter()
        .map(run)
        .collect::<Result<Vec<_>, ClassifyError>>()?;
    let outcomes: Vec<TaskScores> = held_out
        .chunks(fold_rows.len())
        .map(|parts| out_of_fold(&gather(parts, fold_rows, gold.dim()), gold, folds, kind))
        .collect();
    let mut ranking: Vec<(Candidate, f64)> = candidates
        .iter()
        .copied()
        .zip(outcomes.iter().map(|o| o.macro_f1))
        .collect();
    let best = (1..outcomes.len()).fold(0, |b, i| {
        if outcomes[i].macro_f1 > outcomes[b].macro_f1 {
            i
        } else {
            b
        }
    });
    let candidate = candidates[best];
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
    let scores = outcomes[best].clone();
    let (calibration, cuts) = calibrate(&scores.raw, gold, kind);
    Ok(Fitted {
        candidate,
        ranking,
        calibration,
        cuts,
        scores,
    })
}

fn gather(parts: &[Array2<f32>], fold_rows: &[FoldRows], shape: (usize, usize)) -> Array2<f64> {
    let mut raw = Array2::zeros(shape);
    for (part, fold) in parts.iter().zip(fold_rows) {
        for (row, &i) in part.rows().into_iter().zip(&fold.test.0) {
            raw.row_mut(i).assign(&row.mapv(f64::from));
        }
    }
    raw
}

/// Calibration and cuts from raw scores and gold.
fn calibrate(
    raw: &Array2<f64>,
    gold: &Array2<Option<bool>>,
    kind: TaskKind,
) -> (Calibration, Vec<Cut>) {
    match kind {
        TaskKind::Single => (calibrate_single(raw, gold), Vec::new()),
        TaskKind::Multi => {
            let calibration = calibrate_multi(raw, gold);
            let cuts = best_cuts(&to_probabilities(&calibration, raw), gold);
            (calibration, cuts)
        }
    }
}

pub(crate) fn to_probabilities(calibration: &Calibration, raw: &Array2<f64>) -> Array2<f64> {
    let mut probabilities = raw.clone();
    for (mut out, row) in probabilities.rows_mut().into_iter().zip(raw.rows()) {
        let p = calibration.probabilities(&row.to_vec());
        out.iter_mut().zip(p).for_each(|(o, p)| *o = p);
    }
    probabilities
}

/// Probabilities and decisions of every fold by the calibration and cuts of the other folds, so that no article helps
/// to choose the cut it is judged by.
fn out_of_fold(
    raw: &Array2<f64>,
    gold: &Array2<Option<bool>>,
    folds: &Folds,
    kind: TaskKind,
) -> TaskScores {
    let mut probabilities = Array2::zeros(raw.dim());
    let mut decided = Array2::from_elem(raw.dim(), false);
    for fold in 0..folds.n_folds {
        let (others, own) = folds.split(fold);
        let (calibration, cuts) = calibrate(
            &raw.select(Axis(0), &others),
            &gold.select(Axis(0), &others),
            kind,
        );
        for i in own {
            let p = calibration.probabilities(&raw.row(i).to_vec());
            decide(&p, &cuts, kind)
                .into_iter()
                .enumerate()
                .for_each(|(k, d)| decided[[i, k]] = d);
            p.into_iter()
                .enumerate()
                .for_each(|(k, p)| probabilities[[i, k]] = p);
        }
    }
    let macro_f1 = macro_f1(&decided, gold);
    TaskScores {
        raw: raw.clone(),
        probabilities,
        decided,
        macro_f1,
    }
}

/// Decisions of one article.
pub(crate) fn decide(probabilities: &[f64], cuts: &[Cut], kind: TaskKind) -> Vec<bool> {
    match kind {
        TaskKind::Multi => decide_multi(probabilities, cuts),
        TaskKind::Single => {
            let best = decide_single(probabilities);
            (0..probabilities.len()).map(|k| k == best).collect()
        }
    }
}

/// Mean F1 over labels that have a positive in gold or decisions, on annotated rows; 0 where there is none.
#[must_use]
pub fn macro_f1(decided: &Array2<bool>, gold: &Array2<Option<bool>>) -> f64 {
    let f1 = |k: usize| {
        let pairs = decided
            .column(k)
            .into_iter()
            .zip(gold.column(k))
            .filter_map(|(d, g)| g.map(|g| (*d, g)));
        let (mut both, mut either) = (0.0, 0.0);
        for (d, g) in pairs {
            both += f64::from(u8::from(d && g));
            either += f64::from(u8::from(d)) + f64::from(u8::from(g));
        }
        (either > 0.0).then(|| 2.0 * both / either)
    };
    let scores: Vec<f64> = (0..gold.ncols()).filter_map(f1).collect();
    if scores.is_empty() {
        0.0
    } else {
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}
