//! One-vs-rest linear models: L2-regularised logistic regression and L2-loss SVM.

use linfa::ParamGuard;
use linfa::dataset::{AsTargets, DatasetBase, Records};
use linfa::traits::{Fit, Predict, PredictInplace};
use ndarray::{Array1, Array2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::SparseRows;

use super::dual::{Block, LANES, Lanes, Solution, solve};
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
            let (negative, positive) = self.side_weights(
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

    fn side_weights(
        &self,
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
        match self.class_weight {
            ClassWeight::Uniform => (1.0, 1.0),
            ClassWeight::Balanced => (balanced(sums[0]), balanced(sums[1])),
            ClassWeight::BalancedClasses => (1.0, 2.0 * balanced(sums[1]) / n_labels as f64),
        }
    }
}

impl LinearValidParams {
    /// Fits every C of `costs`, ascending, each from the solution before it, all drawn to `prior` in place of 0.
    ///
    /// # Errors
    /// As [`Fit::fit`].
    pub(crate) fn fit_path(
        &self,
        rows: &SparseRows,
        targets: &Array2<Option<bool>>,
        weights: &Array1<f32>,
        costs: &[f64],
        prior: Option<&Prior>,
    ) -> Result<Vec<Linear>, ClassifyError> {
        if prior.is_none() {
            check_shapes(rows, targets)?;
        }
        let weights = sample_weights(weights, rows.nsamples());
        let firsts: Vec<usize> = (0..targets.ncols()).step_by(LANES).collect();
        let path_of_block = |&first: &usize| {
            let mut path: Vec<Solution> = Vec::with_capacity(costs.len());
            for &c in costs {
                let params = Self { c, ..self.clone() };
                let mut block = params.block(targets, &weights, first);
                block.prior = prior.map_or_else(Vec::new, |p| lanes(p, first, rows.nfeatures()));
                let (eps, start) = (self.eps as f32, path.last());
                path.push(solve(rows, &block, self.loss, eps, self.seed, start));
            }
            path
        };
        let paths: Vec<Vec<Solution>> = firsts.par_iter().map(path_of_block).collect();
        let one = |c| {
            let blocks: Vec<&Solution> = paths.iter().map(|path| &path[c]).collect();
            assemble(&blocks, rows.nfeatures(), targets.ncols())
        };
        Ok((0..costs.len()).map(one).collect())
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
fn assemble(blocks: &[&Solution], n_features: usize, n_labels: usize) -> Linear {
    let weight = |column: usize, label: usize| blocks[label / LANES].weights[column][label % LANES];
    let objective = |label: usize| {
        let (block, lane) = (blocks[label / LANES], label % LANES);
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
        let mut path = self.fit_path(
            &dataset.records,
            &targets,
            &dataset.weights,
            &[self.c],
            None,
        )?;
        path.pop().ok_or(ClassifyError::NoTargets)
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

    #[test]
    fn a_warm_start_ends_where_a_cold_one_does() {
        let (rows, gold) = data();
        let costs = [0.1, 1.0, 10.0];
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let params = Linear::params().loss(loss).eps(1e-3).check().unwrap();
            let weights = Array1::default(0);
            let path = params
                .fit_path(&rows, &gold, &weights, &costs, None)
                .unwrap();
            for (warm, c) in path.iter().zip(costs) {
                let cold = params.fit_path(&rows, &gold, &weights, &[c], None).unwrap();
                let (warm, cold) = (warm.objective[0].0, cold[0].objective[0].0);
                assert!(
                    (warm - cold).abs() < 1e-4 * cold,
                    "{loss:?} {c}: {warm} {cold}"
                );
            }
        }
    }

    #[test]
    fn one_class_of_several_is_weighed_against_the_rest_as_it_is() {
        let weighed = |weight: ClassWeight| {
            let params = Linear::params().class_weight(weight).check().unwrap();
            let gold = (0..12).map(|i| (Some(i < 2), 1.0));
            params.side_weights(3, gold)
        };
        assert_eq!(weighed(ClassWeight::Uniform), (1.0, 1.0));
        assert_eq!(weighed(ClassWeight::Balanced), (0.6, 3.0));
        assert_eq!(weighed(ClassWeight::BalancedClasses), (1.0, 2.0));
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
        let models = params.fit_path(&rows, &nothing, &Array1::default(0), &[1.0], Some(&prior()));
        let model = models.unwrap().remove(0);
        assert_eq!(model.weights[[0, 0]], 2.0);
        assert_eq!(model.weights.sum(), 2.0);
        assert_eq!(model.bias[0], -0.5);
    }

    #[test]
    fn a_drawn_solution_is_certified_and_nearer_to_its_prior_than_a_free_one() {
        let (rows, gold) = data();
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let params = Linear::params().loss(loss).eps(1e-4).check().unwrap();
            let fit = |c: f64, prior: Option<&Prior>| {
                let weights = Array1::default(0);
                let path = params.fit_path(&rows, &gold, &weights, &[c], prior);
                path.unwrap().remove(0)
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
