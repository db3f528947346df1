//! Multinomial and complement naive Bayes on non-negative rows, as linear models.
//!
//! With `N_ck` the weighted sum of column `k` over the rows of class `c`, smoothed by `a > 0` in each of the `m` columns
//! that occur, `t_ck = (N_ck + a) / (N_c + a m)`.
//!
//! - Multinomial (McCallum, Nigam, "A Comparison of Event Models for Naive Bayes Text Classification", 1998): the score of
//!   a class is `ln P(c) + sum_k x_k ln t_ck`.
//! - Complement (Rennie, Shih, Teevan, Karger, "Tackling the Poor Assumptions of Naive Bayes Text Classifiers", ICML 2003):
//!   `t` of all other classes together stands against a class, without its prior: `-sum_k x_k w_ck`, where
//!   `w_ck = ln t_ck / sum_k |ln t_ck|` takes the favour for classes with much text away.
//!
//! A single-label task has one class a label. Each label of a set has two, its articles and the others; the score is the
//! difference of theirs.

use linfa::ParamGuard;
use linfa::dataset::{AsTargets, DatasetBase, Records};
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayView1};

use crate::article::TaskKind;
use crate::features::SparseRows;

use super::{ClassWeight, ClassifyError, Linear, check_shapes, sample_weights};

/// Which naive Bayes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bayes {
    /// Classes by their own text.
    Multinomial,
    /// Classes by the text of all others.
    Complement,
}

/// Settings of naive Bayes, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct BayesValidParams {
    kind: Bayes,
    task: TaskKind,
    smoothing: f64,
    class_weight: ClassWeight,
}

/// Settings of naive Bayes, as given.
#[derive(Debug, Clone, PartialEq)]
pub struct BayesParams(BayesValidParams);

impl BayesParams {
    /// Starts from smoothing 1 and classes as they are.
    #[must_use]
    pub fn new(kind: Bayes, task: TaskKind) -> Self {
        Self(BayesValidParams {
            kind,
            task,
            smoothing: 1.0,
            class_weight: ClassWeight::Uniform,
        })
    }

    /// What is added to the sum of every column, above 0; less fits closer.
    #[must_use]
    pub fn smoothing(mut self, smoothing: f64) -> Self {
        self.0.smoothing = smoothing;
        self
    }

    /// Balanced: all classes have the same weight in sums and priors.
    #[must_use]
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.0.class_weight = class_weight;
        self
    }
}

impl ParamGuard for BayesParams {
    type Checked = BayesValidParams;
    type Error = ClassifyError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let smoothing = self.0.smoothing;
        if smoothing.is_finite() && smoothing > 0.0 {
            return Ok(&self.0);
        }
        Err(ClassifyError::Setting(format!(
            "smoothing must be above 0, not {smoothing}"
        )))
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// What is counted of one class.
struct Class {
    /// Sum of every column.
    sums: Vec<f64>,
    /// Sum of the rows' weights.
    rows: f64,
}

impl Class {
    fn empty(n_features: usize) -> Self {
        Self {
            sums: vec![0.0; n_features],
            rows: 0.0,
        }
    }

    fn add(&mut self, row: (&[u32], &[f32]), weight: f64) {
        self.rows += weight;
        for (&column, &value) in row.0.iter().zip(row.1) {
            self.sums[column as usize] += weight * f64::from(value);
        }
    }

    fn scaled(&self, factor: f64) -> Self {
        Self {
            sums: self.sums.iter().map(|s| s * factor).collect(),
            rows: self.rows * factor,
        }
    }

    /// Everything but `self`.
    fn rest(&self, total: &Self) -> Self {
        let sums = total.sums.iter().zip(&self.sums);
        Self {
            sums: sums.map(|(all, own)| (all - own).max(0.0)).collect(),
            rows: total.rows - self.rows,
        }
    }

    /// Logarithms of the smoothed shares; 0 for a column that does not occur.
    fn ln_shares(&self, occurs: &[bool], smoothing: f64) -> Vec<f64> {
        let columns = occurs.iter().filter(|o| **o).count() as f64;
        let all = self.sums.iter().sum::<f64>() + smoothing * columns;
        let share = |(sum, occurs): (&f64, &bool)| match occurs {
            true => ((sum + smoothing) / all).ln(),
            false => 0.0,
        };
        self.sums.iter().zip(occurs).map(share).collect()
    }
}

fn total(classes: &[Class], n_features: usize) -> Class {
    let mut total = Class::empty(n_features);
    for class in classes {
        total.rows += class.rows;
        let sums = total.sums.iter_mut().zip(&class.sums);
        sums.for_each(|(all, own)| *all += own);
    }
    total
}

impl BayesValidParams {
    /// Learns from rows of shape (n_samples, n_features), targets of shape (n_samples, n_labels) and a weight for each row.
    ///
    /// # Errors
    /// On shapes that do not fit, a negative value, or no annotated row.
    pub(crate) fn fit_rows(
        &self,
        rows: &SparseRows,
        targets: &Array2<Option<bool>>,
        weights: &Array1<f32>,
    ) -> Result<Linear, ClassifyError> {
        check_shapes(rows, targets)?;
        non_negative(rows)?;
        let weights = sample_weights(weights, rows.nsamples());
        let occurs = occurring(rows);
        let outputs: Vec<(Vec<f64>, f64)> = match self.task {
            TaskKind::Single => {
                let class = |k| positives(rows, targets.column(k), &weights, true);
                let classes: Vec<Class> = (0..targets.ncols()).map(class).collect();
                self.score(&classes, &occurs)
            }
            TaskKind::Multi => {
                let side = |k, side| positives(rows, targets.column(k), &weights, side);
                let pair = |k| self.difference(&[side(k, true), side(k, false)], &occurs);
                (0..targets.ncols()).map(pair).collect()
            }
        };
        Ok(Linear {
            weights: Array2::from_shape_fn((rows.nfeatures(), targets.ncols()), |(j, k)| {
                outputs[k].0[j] as f32
            }),
            bias: outputs.iter().map(|(_, bias)| *bias as f32).collect(),
            objective: Vec::new(),
        })
    }

    fn difference(&self, sides: &[Class; 2], occurs: &[bool]) -> (Vec<f64>, f64) {
        let scores = self.score(sides, occurs);
        let weights = scores[0].0.iter().zip(&scores[1].0);
        (
            weights.map(|(own, other)| own - other).collect(),
            scores[0].1 - scores[1].1,
        )
    }

    /// Weights and bias of every class.
    fn score(&self, classes: &[Class], occurs: &[bool]) -> Vec<(Vec<f64>, f64)> {
        let classes = self.weighed(classes);
        let total = total(&classes, occurs.len());
        let n = classes.len() as f64;
        let one = |class: &Class| match self.kind {
            Bayes::Multinomial => {
                // One more row of each class, so that an empty one has a prior.
                let prior = (class.rows + 1.0) / (total.rows + n);
                (class.ln_shares(occurs, self.smoothing), prior.ln())
            }
            Bayes::Complement => {
                let others = class.rest(&total).ln_shares(occurs, self.smoothing);
                let size: f64 = others.iter().map(|w| w.abs()).sum();
                let scale = if size > 0.0 { -1.0 / size } else { 0.0 };
                (others.iter().map(|w| w * scale).collect(), 0.0)
            }
        };
        classes.iter().map(one).collect()
    }

    /// The classes, all of the same weight where they are balanced.
    fn weighed(&self, classes: &[Class]) -> Vec<Class> {
        let rows: f64 = classes.iter().map(|c| c.rows).sum();
        let factor = |class: &Class| match self.class_weight {
            ClassWeight::Balanced if class.rows > 0.0 => rows / (classes.len() as f64 * class.rows),
            _ => 1.0,
        };
        classes.iter().map(|c| c.scaled(factor(c))).collect()
    }
}

fn non_negative(rows: &SparseRows) -> Result<(), ClassifyError> {
    for i in 0..rows.nsamples() {
        if let Some(value) = rows.row(i).1.iter().find(|v| **v < 0.0) {
            let message = format!("naive Bayes needs values of at least 0, not {value} in row {i}");
            return Err(ClassifyError::Setting(message));
        }
    }
    Ok(())
}

fn occurring(rows: &SparseRows) -> Vec<bool> {
    let mut occurs = vec![false; rows.nfeatures()];
    for i in 0..rows.nsamples() {
        let (columns, values) = rows.row(i);
        for (&column, &value) in columns.iter().zip(values) {
            occurs[column as usize] |= value > 0.0;
        }
    }
    occurs
}

/// Rows of one side of a label.
fn positives(
    rows: &SparseRows,
    gold: ArrayView1<'_, Option<bool>>,
    weights: &[f64],
    side: bool,
) -> Class {
    let mut class = Class::empty(rows.nfeatures());
    for (i, gold) in gold.iter().enumerate() {
        if *gold == Some(side) {
            class.add(rows.row(i), weights[i]);
        }
    }
    class
}

impl<T> Fit<SparseRows, T, ClassifyError> for BayesValidParams
where
    T: AsTargets<Elem = Option<bool>, Ix = ndarray::Ix2>,
{
    type Object = Linear;

    fn fit(&self, dataset: &DatasetBase<SparseRows, T>) -> Result<Linear, ClassifyError> {
        let targets = dataset.targets.as_targets().to_owned();
        self.fit_rows(&dataset.records, &targets, &dataset.weights)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use linfa::traits::Predict;

    use super::*;

    fn one_of(labels: &[usize], n: usize) -> Array2<Option<bool>> {
        Array2::from_shape_fn((labels.len(), n), |(i, k)| Some(labels[i] == k))
    }

    /// Three rows by hand: [2, 1], [1, 0] of class 0 and [0, 3] of class 1.
    fn data() -> (SparseRows, Array2<Option<bool>>) {
        let rows = [vec![(0, 2.0), (1, 1.0)], vec![(0, 1.0)], vec![(1, 3.0)]];
        (SparseRows::from_rows(2, &rows), one_of(&[0, 0, 1], 2))
    }

    fn fitted(kind: Bayes) -> Linear {
        let (rows, gold) = data();
        let params = BayesParams::new(kind, TaskKind::Single).check().unwrap();
        params.fit_rows(&rows, &gold, &Array1::default(0)).unwrap()
    }

    fn near(found: f32, expected: f64) {
        assert!(
            (f64::from(found) - expected).abs() < 1e-6,
            "{found} {expected}"
        );
    }

    #[test]
    fn multinomial_scores_are_those_of_the_formula() {
        let model = fitted(Bayes::Multinomial);
        // Sums 3 and 1 of class 0, 0 and 3 of class 1; one more in each column.
        near(model.weights[[0, 0]], (4.0_f64 / 6.0).ln());
        near(model.weights[[1, 0]], (2.0_f64 / 6.0).ln());
        near(model.weights[[0, 1]], (1.0_f64 / 5.0).ln());
        near(model.weights[[1, 1]], (4.0_f64 / 5.0).ln());
        near(model.bias[0], (3.0_f64 / 5.0).ln());
    }

    #[test]
    fn complement_scores_are_those_of_the_formula() {
        let model = fitted(Bayes::Complement);
        // Class 0 is told by what class 1 lacks.
        let (a, b) = ((1.0_f64 / 5.0).ln(), (4.0_f64 / 5.0).ln());
        let size = a.abs() + b.abs();
        near(model.weights[[0, 0]], -a / size);
        near(model.weights[[1, 0]], -b / size);
        near(model.bias[0], 0.0);
    }

    #[test]
    fn negative_values_and_settings_are_refused() {
        let rows = SparseRows::from_rows(1, &[vec![(0, -1.0)]]);
        let params = BayesParams::new(Bayes::Complement, TaskKind::Multi);
        let refused = params.clone().check().unwrap();
        let refused = refused.fit_rows(&rows, &one_of(&[0], 1), &Array1::default(0));
        assert!(refused.unwrap_err().to_string().contains("in row 0"));
        assert!(params.smoothing(0.0).check().is_err());
    }

    #[test]
    fn columns_that_never_occur_change_nothing() {
        let (rows, gold) = data();
        let wide: Vec<Vec<(u32, f32)>> = (0..3)
            .map(|i| {
                let (columns, values) = rows.row(i);
                columns
                    .iter()
                    .copied()
                    .zip(values.iter().copied())
                    .collect()
            })
            .collect();
        let wide = SparseRows::from_rows(9, &wide);
        for kind in [Bayes::Multinomial, Bayes::Complement] {
            for task in [TaskKind::Single, TaskKind::Multi] {
                let params = BayesParams::new(kind, task).check().unwrap();
                let fit = |rows| params.fit_rows(rows, &gold, &Array1::default(0)).unwrap();
                assert_eq!(fit(&rows).predict(&rows), fit(&wide).predict(&wide));
            }
        }
    }
}
