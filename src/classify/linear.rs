//! One-vs-rest linear models: L2-regularised logistic regression and L2-loss SVM.

use linfa::ParamGuard;
use linfa::dataset::{AsTargets, DatasetBase, Records};
use linfa::traits::{Fit, Predict, PredictInplace};
use ndarray::{Array1, Array2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::SparseRows;

use super::dual::{Block, LANES, solve};
use super::{ClassifyError, check_shapes, sample_weights};

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
        };
        for k in 0..n_labels {
            let column = targets.column(first + k);
            let (negative, positive) =
                self.side_weights(column.iter().copied().zip(weights.iter().copied()));
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

    fn side_weights(&self, column: impl Iterator<Item = (Option<bool>, f64)>) -> (f64, f64) {
        if self.class_weight == ClassWeight::Uniform {
            return (1.0, 1.0);
        }
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
        (balanced(sums[0]), balanced(sums[1]))
    }
}

impl<T> Fit<SparseRows, T, ClassifyError> for LinearValidParams
where
    T: AsTargets<Elem = Option<bool>, Ix = ndarray::Ix2>,
{
    type Object = Linear;

    fn fit(&self, dataset: &DatasetBase<SparseRows, T>) -> Result<Linear, ClassifyError> {
        let rows = &dataset.records;
        let targets = dataset.targets.as_targets().to_owned();
        check_shapes(rows, &targets)?;
        let weights = sample_weights(&dataset.weights, rows.nsamples());
        let firsts: Vec<usize> = (0..targets.ncols()).step_by(LANES).collect();
        let solve_block = |&first: &usize| {
            solve(
                rows,
                &self.block(&targets, &weights, first),
                self.loss,
                self.eps as f32,
                self.seed,
            )
        };
        let solutions: Vec<_> = firsts.par_iter().map(solve_block).collect();
        let bias = rows.nfeatures();
        let n_labels = targets.ncols();
        let weight =
            |column: usize, label: usize| solutions[label / LANES].weights[column][label % LANES];
        let objective = |label: usize| {
            let (primal, dual) = (
                solutions[label / LANES].primal,
                solutions[label / LANES].dual,
            );
            (
                primal[label % LANES],
                primal[label % LANES] - dual[label % LANES],
            )
        };
        Ok(Linear {
            weights: Array2::from_shape_fn((rows.nfeatures(), n_labels), |(j, k)| weight(j, k)),
            bias: (0..n_labels).map(|k| weight(bias, k)).collect(),
            objective: (0..n_labels).map(objective).collect(),
        })
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
