//! One-vs-rest linear models: L2-regularised logistic regression and L2-loss SVM.

use linfa::ParamGuard;
use linfa::dataset::{AsTargets, DatasetBase, Records};
use linfa::traits::{Fit, Predict, PredictInplace};
use ndarray::{Array1, Array2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::SparseRows;

use super::dual::{Block, Explicit, LANES, Lanes, Margins, Point, certificate, solve};
use super::products::{Implicit, Kernel};
use super::{ClassifyError, Prior, check_shapes, sample_weights};

/// What a wrong margin costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `log(1 + exp(-m))`: logistic regression.
    Logistic,
    /// `max(0, 1 - m)^2`: L2-loss SVM.
    SquaredHinge,
}

/// How the two sides of a label are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// Every article costs the same.
    Uniform,
    /// A positive costs `n / (2 n_pos)`, a negative `n / (2 n_neg)` (scikit-learn's `balanced`).
    Balanced,
    /// A positive costs `n / (K n_pos)` with K labels, a negative 1: as LIBLINEAR weighs one class against the rest where
    /// exactly one of K holds (scikit-learn's `balanced` there).
    BalancedClasses,
}

impl ClassWeight {
    /// Name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Balanced => "balanced",
            Self::BalancedClasses => "balanced classes",
        }
    }
}

/// Settings of a linear model, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearValidParams {
    c: f64,
    loss: Loss,
    class_weight: ClassWeight,
    eps: f64,
    seed: u64,
}

/// Settings of a linear model, as given.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearParams(LinearValidParams);

impl LinearParams {
    /// Cost of a training error, above 0; larger fits closer.
    #[must_use]
    pub fn c(mut self, c: f64) -> Self {
        self.0.c = c;
        self
    }

    /// Loss.
    #[must_use]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.0.loss = loss;
        self
    }

    /// Weights of the two sides of each label.
    #[must_use]
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.0.class_weight = class_weight;
        self
    }

    /// Stopping tolerance, above 0 (see the solver's rule).
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        self.0.eps = eps;
        self
    }
}

impl ParamGuard for LinearParams {
    type Checked = LinearValidParams;
    type Error = ClassifyError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let positive = |v: f64| v.is_finite() && v > 0.0;
        if !positive(self.0.c) || self.0.c > 1e6 {
            return Err(ClassifyError::Setting(format!(
                "C must be above 0 and at most 1e6, not {}",
                self.0.c
            )));
        }
        if !positive(self.0.eps) {
            return Err(ClassifyError::Setting(format!(
                "eps must be above 0, not {}",
                self.0.eps
            )));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// A linear model: scores of shape (n_samples, n_labels) are `x w + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Shape (n_features, n_labels).
    pub weights: Array2<f32>,
    /// Length n_labels.
    pub bias: Array1<f32>,
    /// Primal objective of each label, and how far at most it is above the optimum (duality gap).
    pub objective: Vec<(f64, f64)>,
}

impl Linear {
    /// Starts from logistic loss, C = 1, balanced classes, eps = 0.01.
    #[must_use]
    pub fn params() -> LinearParams {
        LinearParams(LinearValidParams {
            c: 1.0,
            loss: Loss::Logistic,
            class_weight: ClassWeight::Balanced,
            eps: 0.01,
            seed: 1,
        })
    }
}

impl LinearValidParams {
    /// Signs and costs of the labels `first..first + LANES`.
    fn block(&self, targets: &Array2<Option<bool>>, weights: &[f64], first: usize) -> Block {
        let n_labels = LANES.min(targets.ncols() - first);
        let n = targets.nrows();
        let mut block = Block {
            signs: vec![[1.0; LANES]; n],
            costs: vec![[0.0; LANES]; n],
            n_labels,
            prior: Vec::new(),
        };
        for k in 0..n_labels {
            let column = targets.column(first + k);
            let (negative, positive) = self.class_weight.sides(
                targets.ncols(),
                column.iter().copied().zip(weights.iter().copied()),
            );
            for (i, gold) in column.iter().enumerate() {
                let (sign, side) = if *gold == Some(true) {
                    (1.0, positive)
                } else {
                    (-1.0, negative)
                };
                block.signs[i][k] = sign;
                block.costs[i][k] = if gold.is_some() {
                    (self.c * side * weights[i]) as f32
                } else {
                    0.0
                };
            }
        }
        block
    }
}

impl ClassWeight {
    /// Weights of a label's rows without and with it; `column` has gold and weight of each row.
    pub(super) fn sides(
        self,
        n_labels: usize,
        column: impl Iterator<Item = (Option<bool>, f64)>,
    ) -> (f64, f64) {
        let mut sums = [0.0; 2];
        for (gold, weight) in column {
            if let Some(gold) = gold {
                sums[usize::from(gold)] += weight;
            }
        }
        let balanced = |side: f64| {
            if side > 0.0 {
                (sums[0] + sums[1]) / (2.0 * side)
            } else {
                1.0
            }
        };
        match self {
            ClassWeight::Uniform => (1.0, 1.0),
            ClassWeight::Balanced => (balanced(sums[0]), balanced(sums[1])),
            ClassWeight::BalancedClasses => (1.0, 2.0 * balanced(sums[1]) / n_labels as f64),
        }
    }
}

/// What a linear model learns from.
pub(crate) struct Problem<'a> {
    /// Shape (n_samples, n_features).
    pub(crate) rows: &'a SparseRows,
    /// Shape (n_samples, n_labels).
    pub(crate) targets: &'a Array2<Option<bool>>,
    /// Weights that solutions are drawn to in place of 0.
    pub(crate) prior: Option<&'a Prior>,
}

impl Problem<'_> {
    fn check(&self) -> Result<(), ClassifyError> {
        self.prior
            .map_or_else(|| check_shapes(self.rows, self.targets), |_| Ok(()))
    }
}

/// The first label of each block of `n_labels`.
fn firsts(n_labels: usize) -> Vec<usize> {
    (0..n_labels).step_by(LANES).collect()
}

/// What the labels of a block came to.
struct Solution {
    /// Weights of each feature and lane; the bias is the last feature.
    weights: Vec<Lanes>,
    primal: [f64; LANES],
    dual: [f64; LANES],
}

impl LinearValidParams {
    /// Fits one model; `weights` as in a linfa dataset.
    ///
    /// # Errors
    /// As [`Fit::fit`].
    pub(crate) fn fit_problem(
        &self,
        problem: &Problem<'_>,
        weights: &Array1<f32>,
    ) -> Result<Linear, ClassifyError> {
        problem.check()?;
        let weights = sample_weights(weights, problem.rows.nsamples());
        let (n_features, n_labels) = (problem.rows.nfeatures(), problem.targets.ncols());
        let solve = |&first: &usize| self.solve_block(problem, &weights, first);
        let blocks: Vec<Solution> = firsts(n_labels).par_iter().map(solve).collect();
        Ok(assemble(&blocks, n_features, n_labels))
    }

    fn solve_block(&self, problem: &Problem<'_>, weights: &[f64], first: usize) -> Solution {
        let block = self.block_of(problem, weights, first);
        let start = Point::cold(Explicit::new(problem.rows, &block), &block, self.loss);
        let point = self.descend(start, &block);
        let (primal, dual) = certificate(&point, &block, self.loss);
        Solution {
            weights: point.margins.weights,
            primal,
            dual,
        }
    }

    /// Scores of `test` for every C of `costs`, ascending, each fitted from the solution before it. A block of labels
    /// scores as soon as it is solved, so that no more than its last solution is ever kept.
    ///
    /// # Errors
    /// As [`Fit::fit`].
    pub(crate) fn path_scores(
        &self,
        problem: &Problem<'_>,
        costs: &[f64],
        test: &SparseRows,
    ) -> Result<Vec<Array2<f32>>, ClassifyError> {
        problem.check()?;
        let block = |params: &Self, first| {
            let weights = vec![1.0; problem.rows.nsamples()];
            params.block_of(problem, &weights, first)
        };
        let start = |block: &Block| Explicit::new(problem.rows, block);
        let score = |point: &Point<Explicit<'_>>, _: &Block| point.margins.scores(test);
        Ok(self.along(problem.targets.ncols(), costs, block, start, score))
    }

    /// The same by the inner products of all rows; `targets` are those of the rows trained on.
    pub(crate) fn kernel_path_scores(
        &self,
        kernel: &Kernel,
        targets: &Array2<Option<bool>>,
        costs: &[f64],
    ) -> Vec<Array2<f32>> {
        let weights = vec![1.0; targets.nrows()];
        let block = |params: &Self, first| params.block(targets, &weights, first);
        let start = |_: &Block| Implicit::new(kernel);
        let score = |point: &Point<Implicit<'_>>, block: &Block| {
            kernel.scores_held_out(&point.alpha, &block.signs)
        };
        self.along(targets.ncols(), costs, block, start, score)
    }

    /// Scores for every C of `costs`, of shape (held-out rows, n_labels).
    fn along<M: Margins>(
        &self,
        n_labels: usize,
        costs: &[f64],
        block: impl Fn(&Self, usize) -> Block + Sync,
        start: impl Fn(&Block) -> M + Sync,
        score: impl Fn(&Point<M>, &Block) -> Vec<Lanes> + Sync,
    ) -> Vec<Array2<f32>> {
        let path_of_block = |&first: &usize| {
            let mut last = None;
            let mut one = |&c: &f64| {
                let params = Self { c, ..self.clone() };
                let block = block(&params, first);
                let cold = || Point::cold(start(&block), &block, self.loss);
                let point = self.descend(last.take().unwrap_or_else(cold), &block);
                score(last.insert(point), &block)
            };
            costs.iter().map(&mut one).collect()
        };
        let paths: Vec<Vec<Vec<Lanes>>> = firsts(n_labels).par_iter().map(path_of_block).collect();
        let n_rows = |c: usize| paths.first().map_or(0, |path| path[c].len());
        let one = |c: usize| {
            let score = |(i, k): (usize, usize)| paths[k / LANES][c][i][k % LANES];
            Array2::from_shape_fn((n_rows(c), n_labels), score)
        };
        (0..costs.len()).map(one).collect()
    }

    fn descend<M: Margins>(&self, start: Point<M>, block: &Block) -> Point<M> {
        solve(start, block, self.loss, self.eps as f32, self.seed)
    }

    fn block_of(&self, problem: &Problem<'_>, weights: &[f64], first: usize) -> Block {
        let mut block = self.block(problem.targets, weights, first);
        if let Some(prior) = problem.prior {
            block.prior = lanes(prior, first, problem.rows.nfeatures());
        }
        block
    }
}

/// The prior of the labels `first..first + LANES` as a block's weights.
fn lanes(prior: &Prior, first: usize, n_features: usize) -> Vec<Lanes> {
    let mut lanes = vec![[0.0; LANES]; n_features + 1];
    let labels = prior.weights.iter().zip(&prior.bias).skip(first);
    for (k, (weights, bias)) in labels.take(LANES).enumerate() {
        for (column, weight) in weights {
            lanes[*column as usize][k] = *weight;
        }
        lanes[n_features][k] = *bias;
    }
    lanes
}

/// The labels of all blocks side by side.
fn assemble(blocks: &[Solution], n_features: usize, n_labels: usize) -> Linear {
    let weight = |column: usize, label: usize| blocks[label / LANES].weights[column][label % LANES];
    let objective = |label: usize| {
        let (block, lane) = (&blocks[label / LANES], label % LANES);
        (block.primal[lane], block.primal[lane] - block.dual[lane])
    };
    Linear {
        weights: Array2::from_shape_fn((n_features, n_labels), |(j, k)| weight(j, k)),
        bias: (0..n_labels).map(|k| weight(n_features, k)).collect(),
        objective: (0..n_labels).map(objective).collect(),
    }
}

impl<T> Fit<SparseRows, T, ClassifyError> for LinearValidParams
where
    T: AsTargets<Elem = Option<bool>, Ix = ndarray::Ix2>,
{
    type Object = Linear;

    fn fit(&self, dataset: &DatasetBase<SparseRows, T>) -> Result<Linear, ClassifyError> {
        let targets = dataset.targets.as_targets().to_owned();
        let problem = Problem {
            rows: &dataset.records,
            targets: &targets,
            prior: None,
        };
        self.fit_problem(&problem, &dataset.weights)
    }
}

impl PredictInplace<SparseRows, Array2<f32>> for Linear {
    fn predict_inplace(&self, rows: &SparseRows, scores: &mut Array2<f32>) {
        for i in 0..rows.nsamples() {
            let (columns, values) = rows.row(i);
            let mut row = scores.row_mut(i);
            row.assign(&self.bias);
            for (&column, &value) in columns.iter().zip(values) {
                row.scaled_add(value, &self.weights.row(column as usize));
            }
        }
    }

    fn default_target(&self, rows: &SparseRows) -> Array2<f32> {
        Array2::zeros((rows.nsamples(), self.bias.len()))
    }
}

impl Predict<&SparseRows, Array2<f32>> for Linear {
    fn predict(&self, rows: &SparseRows) -> Array2<f32> {
        let mut scores = self.default_target(rows);
        self.predict_inplace(rows, &mut scores);
        scores
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 40 rows of 6 features; the label follows the first feature, with exceptions.
    fn data() -> (SparseRows, Array2<Option<bool>>) {
        let row = |i: usize| {
            vec![
                ((i % 2) as u32, 1.0),
                (2 + (i % 4 / 2) as u32, 0.5),
                (4 + u32::from(i % 5 > 2), 0.25),
            ]
        };
        let rows: Vec<Vec<(u32, f32)>> = (0..40).map(row).collect();
        let gold = Array2::from_shape_fn((40, 1), |(i, _)| Some((i % 2 == 0) != (i % 7 == 0)));
        (SparseRows::from_rows(6, &rows), gold)
    }

    fn problem<'a>(
        (rows, targets): &'a (SparseRows, Array2<Option<bool>>),
        prior: Option<&'a Prior>,
    ) -> Problem<'a> {
        Problem {
            rows,
            targets,
            prior,
        }
    }

    #[test]
    fn a_warm_start_ends_where_a_cold_one_does() {
        let data = data();
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let mut last = None;
            for c in [0.1, 1.0, 10.0] {
                let params = Linear::params().loss(loss).eps(1e-3).c(c).check().unwrap();
                let block = params.block_of(&problem(&data, None), &[1.0; 40], 0);
                let start = || Point::cold(Explicit::new(&data.0, &block), &block, loss);
                let cold = params.descend(start(), &block);
                let warm = params.descend(last.take().unwrap_or_else(start), &block);
                let value = |point| certificate(point, &block, loss).0[0];
                let (warm_value, cold) = (value(&warm), value(&cold));
                assert!(
                    (warm_value - cold).abs() < 1e-4 * cold,
                    "{loss:?} {c}: {warm_value} {cold}"
                );
                last = Some(warm);
            }
        }
    }

    #[test]
    fn one_class_of_several_is_weighed_against_the_rest_as_it_is() {
        let weighed = |weight: ClassWeight| {
            let gold = (0..12).map(|i| (Some(i < 2), 1.0));
            weight.sides(3, gold)
        };
        assert_eq!(weighed(ClassWeight::Uniform), (1.0, 1.0));
        assert_eq!(weighed(ClassWeight::Balanced), (0.6, 3.0));
        assert_eq!(weighed(ClassWeight::BalancedClasses), (1.0, 2.0));
    }

    /// Ten labels: more than one block.
    #[test]
    fn scores_along_a_path_are_those_of_its_models() {
        let (rows, _) = data();
        let label = |(i, k): (usize, usize)| Some((i * (k + 3)) % 7 < 3);
        let data = (rows.clone(), Array2::from_shape_fn((40, 10), label));
        let params = |c| Linear::params().eps(1e-5).c(c).check().unwrap();
        let costs = [0.1, 1.0];
        let path = params(costs[0]).path_scores(&problem(&data, None), &costs, &rows);
        for (scores, c) in path.unwrap().iter().zip(costs) {
            let model = params(c).fit_problem(&problem(&data, None), &Array1::default(0));
            let expected = model.unwrap().predict(&rows);
            assert_eq!(scores.dim(), (40, 10));
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-2;
            assert!(scores.iter().zip(&expected).all(near), "{c}");
            assert!(
                c > costs[0] || *scores == expected,
                "the same bytes from a cold start"
            );
        }
    }

    /// One weight of the first feature, one bias.
    fn prior() -> Prior {
        Prior {
            weights: vec![vec![(0, 2.0)]],
            bias: vec![-0.5],
        }
    }

    #[test]
    fn without_gold_the_prior_is_the_model() {
        let (rows, _) = data();
        let nothing = Array2::from_elem((40, 1), None);
        let params = Linear::params().check().unwrap();
        let (data, prior) = ((rows, nothing), prior());
        let model = params.fit_problem(&problem(&data, Some(&prior)), &Array1::default(0));
        let model = model.unwrap();
        assert_eq!(model.weights[[0, 0]], 2.0);
        assert_eq!(model.weights.sum(), 2.0);
        assert_eq!(model.bias[0], -0.5);
    }

    #[test]
    fn a_drawn_solution_is_certified_and_nearer_to_its_prior_than_a_free_one() {
        let data = data();
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let fit = |c: f64, prior: Option<&Prior>| {
                let params = Linear::params().loss(loss).eps(1e-4).c(c).check().unwrap();
                let model = params.fit_problem(&problem(&data, prior), &Array1::default(0));
                model.unwrap()
            };
            let (free, drawn) = (fit(0.1, None), fit(0.1, Some(&prior())));
            let (objective, gap) = drawn.objective[0];
            assert!(gap.abs() < 1e-3 * objective, "{loss:?}: {objective} {gap}");
            assert!(free.weights[[0, 0]] < drawn.weights[[0, 0]]);
            // The more the articles cost, the less the prior is left.
            let kept =
                |c: f64| fit(c, Some(&prior())).weights[[0, 0]] - fit(c, None).weights[[0, 0]];
            assert!(kept(10.0) < kept(0.01), "{} {}", kept(10.0), kept(0.01));
        }
    }
}
