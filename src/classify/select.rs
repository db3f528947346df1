//! Settings of a task, and what they come to on articles held out.

use std::sync::OnceLock;

use linfa::ParamGuard;
use linfa::dataset::{DatasetBase, Records};
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::article::{Folds, TaskKind};
use crate::features::{Block, CountRows, Idf, SparseRows, Vocabulary};

use super::band::{add_bands, sure_from};
use super::linear::{LinearParams, Problem};
use super::products::{Kernel, Products};
use super::{
    Bayes, BayesParams, Calibration, Certainty, ClassWeight, ClassifyError, Cut, CutRule, Family,
    Linear, Loss, MultinomialParams, Prior, calibrate_multi, calibrate_single, cuts_from,
    decide_multi, decide_single, majority,
};

/// Factor of each feature block, in the order of [`Block::ALL`]; 0 leaves a block out.
pub type BlockWeights = [f32; 5];

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
    /// How far descriptions of labels carry the weights; 0 where there are none or the learner has no use for them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prior: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape serde asks for
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl Candidate {
    /// Learns one task; `rows` have blocks of unit norm.
    ///
    /// # Errors
    /// As the learner.
    pub(crate) fn fit(
        &self,
        rows: &SparseRows,
        vocabulary: &Vocabulary,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
        eps: f64,
        prior: Option<&Prior>,
    ) -> Result<Linear, ClassifyError> {
        let scaled = scale_blocks(rows, vocabulary, &self.blocks);
        let mut model = self.fit_scaled(&scaled, gold, kind, eps, prior)?;
        // Fold the block factors into the weights, so that prediction reads rows as they are.
        for block in Block::ALL {
            for column in vocabulary.columns(block) {
                let factor = self.blocks[block as usize];
                let mut weights = model.weights.row_mut(column as usize);
                weights.mapv_inplace(|w| w * factor);
            }
        }
        Ok(model)
    }

    /// Learns one task on rows whose blocks are scaled already.
    fn fit_scaled(
        &self,
        scaled: &SparseRows,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
        eps: f64,
        prior: Option<&Prior>,
    ) -> Result<Linear, ClassifyError> {
        match self.family {
            Family::Majority => Ok(majority(gold, scaled.nfeatures(), kind)),
            Family::Multinomial => {
                let dataset = DatasetBase::new(scaled.clone(), gold.clone());
                let params = MultinomialParams::default().c(self.c);
                let params = params.class_weight(self.class_weight).check()?;
                params.fit(&dataset)
            }
            Family::ComplementBayes => self.fit_bayes(Bayes::Complement, scaled, gold, kind),
            Family::MultinomialBayes => self.fit_bayes(Bayes::Multinomial, scaled, gold, kind),
            Family::LinfaSvm => self.fit_linfa_svm(scaled, gold),
            Family::Logistic | Family::LinearSvm => {
                let problem = Problem {
                    rows: scaled,
                    targets: gold,
                    prior,
                };
                let params = self.linear(eps).check()?;
                params.fit_problem(&problem, &Array1::default(0))
            }
        }
    }

    /// Scores of `test` by the models of every C of `costs`, ascending, learnt to the search's tolerance; blocks of both
    /// `scaled` and `test` are scaled already.
    ///
    /// # Errors
    /// As the learner.
    pub(crate) fn path_scores(
        &self,
        scaled: &SparseRows,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
        costs: &[f64],
        prior: Option<&Prior>,
        test: &SparseRows,
    ) -> Result<Vec<Array2<f32>>, ClassifyError> {
        if self.takes_prior() {
            let problem = Problem {
                rows: scaled,
                targets: gold,
                prior,
            };
            let params = self.linear(SEARCH_EPS).check()?;
            return params.path_scores(&problem, costs, test);
        }
        let one = |&c: &f64| {
            let candidate = Self { c, ..*self };
            let model = candidate.fit_scaled(scaled, gold, kind, SEARCH_EPS, prior)?;
            Ok(model.predict(test))
        };
        costs.iter().map(one).collect()
    }

    /// The same without prior by the inner products of the rows; for a learner that [`takes_prior`](Self::takes_prior).
    ///
    /// # Errors
    /// As the learner.
    pub(crate) fn kernel_path_scores(
        &self,
        kernel: &Kernel,
        gold: &Array2<Option<bool>>,
        costs: &[f64],
    ) -> Result<Vec<Array2<f32>>, ClassifyError> {
        let params = self.linear(SEARCH_EPS).check()?;
        Ok(params.kernel_path_scores(kernel, gold, costs))
    }

    fn linear(&self, eps: f64) -> LinearParams {
        let loss = if self.family == Family::LinearSvm {
            Loss::SquaredHinge
        } else {
            Loss::Logistic
        };
        let params = Linear::params().class_weight(self.class_weight);
        params.loss(loss).c(self.c).eps(eps)
    }
}

impl Candidate {
    /// Descriptions of labels have a place in what it learns.
    pub(crate) fn takes_prior(&self) -> bool {
        self.family.is_by_descent()
    }

    #[cfg(feature = "linfa-classifiers")]
    fn fit_linfa_svm(
        &self,
        scaled: &SparseRows,
        gold: &Array2<Option<bool>>,
    ) -> Result<Linear, ClassifyError> {
        let svm = super::linfa_svm::LinfaSvm {
            c: self.c,
            class_weight: self.class_weight,
        };
        svm.fit_rows(scaled, gold, &vec![1.0; gold.nrows()])
    }

    #[cfg(not(feature = "linfa-classifiers"))]
    #[allow(clippy::unused_self)] // as with the feature
    fn fit_linfa_svm(
        &self,
        _: &SparseRows,
        _: &Array2<Option<bool>>,
    ) -> Result<Linear, ClassifyError> {
        Err(ClassifyError::NotBuilt)
    }

    fn fit_bayes(
        &self,
        bayes: Bayes,
        scaled: &SparseRows,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
    ) -> Result<Linear, ClassifyError> {
        let params = BayesParams::new(bayes, kind).smoothing(1.0 / self.c);
        let params = params.class_weight(self.class_weight).check()?;
        params.fit_rows(scaled, gold, &Array1::default(0))
    }
}

/// Rows with every block multiplied by its factor.
pub(crate) fn scale_blocks(
    rows: &SparseRows,
    vocabulary: &Vocabulary,
    blocks: &BlockWeights,
) -> SparseRows {
    rows.scaled(|column| blocks[vocabulary.block(column) as usize])
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
    /// Answers between sure and sure, by the bands of the other folds; all false where bands were not asked for.
    pub unsure: Array2<bool>,
    /// Headline score of these decisions: macro-F1.
    pub macro_f1: f64,
    /// F1 over all labels together; accuracy where exactly one label holds.
    pub micro_f1: f64,
}

/// Rows of one fold, weighed with the idf of its training part.
pub(crate) struct FoldRows {
    /// Articles trained on and their rows.
    pub(crate) train: (Vec<usize>, SparseRows),
    /// Articles held out and their rows.
    pub(crate) test: (Vec<usize>, SparseRows),
    /// Weights of the training part.
    pub(crate) idf: Idf,
    /// Rows of the descriptions of labels.
    pub(crate) described: SparseRows,
    /// Inner products of all rows, once a search has asked for them; none of too many rows.
    pub(crate) products: OnceLock<Option<Products>>,
}

/// Where a solver of the search stops: its models are compared and looked into, not kept.
pub(crate) const SEARCH_EPS: f64 = 0.1;

/// Weighs the counts once for each fold: idf comes from the training part and the descriptions of labels, whose counts
/// stand after those of the articles. Of the training part only the articles that `keep` says yes to are used.
pub(crate) fn fold_rows(
    counts: &CountRows,
    vocabulary: &Vocabulary,
    folds: &Folds,
    keep: impl Fn(usize) -> bool + Sync,
) -> Vec<FoldRows> {
    let one = |fold: usize| {
        let (mut train, test) = folds.split(fold);
        train.retain(|&row| keep(row));
        let described: Vec<usize> = (folds.fold.len()..counts.len()).collect();
        let seen = [train.as_slice(), described.as_slice()].concat();
        let idf = counts.idf(&seen, vocabulary);
        FoldRows::weighed(counts, vocabulary, train, test, &described, idf)
    };
    (0..folds.n_folds).into_par_iter().map(one).collect()
}

/// The rows of each fold as they are, weighed by an `idf` that none of their articles took part in.
pub(crate) fn held_fast(rows: &SparseRows, folds: &Folds, idf: &Idf) -> Vec<FoldRows> {
    let one = |fold: usize| {
        let (train, test) = folds.split(fold);
        FoldRows {
            train: (train.clone(), rows.select(&train)),
            test: (test.clone(), rows.select(&test)),
            described: SparseRows::from_rows(rows.nfeatures(), &[]),
            idf: idf.clone(),
            products: OnceLock::new(),
        }
    };
    (0..folds.n_folds).into_par_iter().map(one).collect()
}

impl FoldRows {
    /// Takes the inner products of all rows, where there are few enough.
    pub(crate) fn take_products(&self, vocabulary: &Vocabulary) {
        self.products
            .get_or_init(|| Products::of(&self.train.1, &self.test.1, vocabulary));
    }

    /// The products where they were taken, blocks multiplied by `factors`.
    pub(crate) fn kernel(&self, factors: &BlockWeights) -> Option<Kernel> {
        let products = self.products.get()?.as_ref()?;
        Some(products.scaled(factors))
    }

    fn weighed(
        counts: &CountRows,
        vocabulary: &Vocabulary,
        train: Vec<usize>,
        test: Vec<usize>,
        described: &[usize],
        idf: Idf,
    ) -> Self {
        let weigh = |rows: &[usize]| counts.weigh(rows, vocabulary, &idf);
        let (train_rows, test_rows) = (weigh(&train), weigh(&test));
        Self {
            described: weigh(described),
            train: (train, train_rows),
            test: (test, test_rows),
            idf,
            products: OnceLock::new(),
        }
    }

    /// The same articles and descriptions, weighed from the same counts by another idf.
    pub(crate) fn reweighed(self, counts: &CountRows, vocabulary: &Vocabulary, idf: Idf) -> Self {
        let described = counts.len() - self.described.nsamples()..counts.len();
        let described: Vec<usize> = described.collect();
        let (train, test) = (self.train.0, self.test.0);
        Self::weighed(counts, vocabulary, train, test, &described, idf)
    }

    /// The model of this fold: it has not seen the articles held out. `of_label` are the descriptions of each label.
    ///
    /// # Errors
    /// As the learner, or where no article of the training part is annotated.
    pub(crate) fn fit(
        &self,
        candidate: &Candidate,
        vocabulary: &Vocabulary,
        gold: &Array2<Option<bool>>,
        kind: TaskKind,
        of_label: &[Vec<usize>],
    ) -> Result<Linear, ClassifyError> {
        let (indices, rows) = &self.train;
        let gold = gold.select(Axis(0), indices);
        let prior = Prior::of(candidate, vocabulary, &self.described, of_label);
        if prior.is_none() && gold.iter().all(Option::is_none) {
            return Err(ClassifyError::NoTargets);
        }
        candidate.fit(rows, vocabulary, &gold, kind, SEARCH_EPS, prior.as_ref())
    }
}

/// Scores of the held-out rows of all folds in the order of the corpus.
pub(crate) fn gather(
    parts: &[&Array2<f32>],
    fold_rows: &[FoldRows],
    shape: (usize, usize),
) -> Array2<f64> {
    let mut raw = Array2::zeros(shape);
    for (part, fold) in parts.iter().zip(fold_rows) {
        for (row, &i) in part.rows().into_iter().zip(&fold.test.0) {
            raw.row_mut(i).assign(&row.mapv(f64::from));
        }
    }
    raw
}

/// How scores become answers.
#[derive(Default)]
pub(crate) struct Answering<'a> {
    /// What the cuts are for.
    pub(crate) rule: CutRule,
    /// Fold of each row, where isotonic calibration is to be tried and bands are wanted: too much for every setting of a
    /// search.
    pub(crate) folds: Option<&'a [usize]>,
    /// Descriptions of labels carry the scores: they are log-odds before any article has its say.
    pub(crate) carried: bool,
}

/// How a task's scores become answers, learnt from out-of-fold scores.
pub(crate) struct Learnt {
    pub(crate) calibration: Calibration,
    /// Empty for a single-label task.
    pub(crate) cuts: Vec<Cut>,
    /// Top probability of a sure answer, for a single-label task.
    pub(crate) sure_from: Option<f64>,
}

/// Calibration and cuts from raw scores and gold; bands too where `how` has folds.
pub(crate) fn calibrate(
    raw: &Array2<f64>,
    gold: &Array2<Option<bool>>,
    kind: TaskKind,
    how: &Answering<'_>,
) -> Learnt {
    let multi = kind == TaskKind::Multi;
    let mut calibration = if multi {
        calibrate_multi(raw, gold, how.folds)
    } else {
        calibrate_single(raw, gold)
    };
    if how.carried {
        calibration.trust_few(gold);
    }
    let mut learnt = Learnt {
        calibration,
        cuts: Vec::new(),
        sure_from: None,
    };
    let probabilities = to_probabilities(&learnt.calibration, raw);
    if multi {
        let start = how.carried.then_some(0.5);
        learnt.cuts = cuts_from(start, how.rule, &probabilities, gold);
    }
    match how.folds {
        Some(_) if multi => add_bands(&mut learnt.cuts, &probabilities, gold),
        Some(_) => learnt.sure_from = Some(sure_from(&probabilities, gold)),
        None => {}
    }
    learnt
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
pub(crate) fn out_of_fold(
    raw: &Array2<f64>,
    gold: &Array2<Option<bool>>,
    folds: &Folds,
    kind: TaskKind,
    how: &Answering<'_>,
) -> TaskScores {
    let mut probabilities = Array2::zeros(raw.dim());
    let mut decided = Array2::from_elem(raw.dim(), false);
    let mut doubtful = decided.clone();
    for fold in 0..folds.n_folds {
        let (others, own) = folds.split(fold);
        let fold_of = |rows: &[usize]| rows.iter().map(|&i| folds.fold[i]).collect();
        let other_folds: Option<Vec<usize>> = how.folds.map(|_| fold_of(&others));
        let how = Answering {
            folds: other_folds.as_deref(),
            ..*how
        };
        let learnt = calibrate(
            &raw.select(Axis(0), &others),
            &gold.select(Axis(0), &others),
            kind,
            &how,
        );
        for i in own {
            let p = learnt.calibration.probabilities(&raw.row(i).to_vec());
            unsure(&p, &learnt.cuts, learnt.sure_from)
                .into_iter()
                .enumerate()
                .for_each(|(k, u)| doubtful[[i, k]] = u);
            decide(&p, &learnt.cuts, kind)
                .into_iter()
                .enumerate()
                .for_each(|(k, d)| decided[[i, k]] = d);
            p.into_iter()
                .enumerate()
                .for_each(|(k, p)| probabilities[[i, k]] = p);
        }
    }
    let (macro_f1, micro_f1) = (macro_f1(&decided, gold), micro_f1(&decided, gold));
    TaskScores {
        raw: raw.clone(),
        probabilities,
        decided,
        unsure: doubtful,
        macro_f1,
        micro_f1,
    }
}

/// Labels of one article whose answer is unsure; of a single-label task (which has no cuts) the most probable one.
pub(crate) fn unsure(probabilities: &[f64], cuts: &[Cut], sure_from: Option<f64>) -> Vec<bool> {
    let best = decide_single(probabilities);
    let one = |(k, p): (usize, &f64)| match cuts.get(k) {
        Some(cut) => cut.band.is_some_and(|band| band.holds(*p)),
        None => k == best && sure_from.is_some_and(|from| *p < from),
    };
    probabilities.iter().enumerate().map(one).collect()
}

impl TaskScores {
    /// How many annotated articles are sure and right; `from` as in [`Certainty`].
    pub(crate) fn certainty(&self, gold: &Array2<Option<bool>>, from: Option<f64>) -> Certainty {
        let mut counted = Certainty {
            from,
            n_articles: 0,
            n_right: 0,
            n_sure: 0,
            n_sure_right: 0,
        };
        for (i, gold) in gold.rows().into_iter().enumerate() {
            if gold.iter().all(Option::is_none) {
                continue;
            }
            let mut pairs = gold.iter().zip(self.decided.row(i));
            let right = usize::from(pairs.all(|(g, d)| g.is_none_or(|g| g == *d)));
            let sure = usize::from(!self.unsure.row(i).iter().any(|u| *u));
            counted.n_articles += 1;
            counted.n_right += right;
            counted.n_sure += sure;
            counted.n_sure_right += sure * right;
        }
        counted
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
    let scores: Vec<f64> = (0..gold.ncols())
        .map(|k| hits(decided, gold, k))
        .filter(|(_, either)| *either > 0.0)
        .map(|(both, either)| 2.0 * both / either)
        .collect();
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}

/// F1 over the decisions of all labels together, on annotated rows; 0 where there is no positive.
#[must_use]
pub fn micro_f1(decided: &Array2<bool>, gold: &Array2<Option<bool>>) -> f64 {
    let sums = (0..gold.ncols())
        .map(|k| hits(decided, gold, k))
        .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    if sums.1 > 0.0 {
        2.0 * sums.0 / sums.1
    } else {
        0.0
    }
}

/// True positives of label `k`, and its positives in gold plus those in the decisions.
fn hits(decided: &Array2<bool>, gold: &Array2<Option<bool>>, k: usize) -> (f64, f64) {
    let pairs = decided.column(k).into_iter().zip(gold.column(k));
    pairs.fold((0.0, 0.0), |(both, either), (d, g)| match g {
        Some(g) => (
            both + f64::from(u8::from(*d && *g)),
            either + f64::from(u8::from(*d)) + f64::from(u8::from(*g)),
        ),
        None => (both, either),
    })
}
