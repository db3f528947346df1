//! Multinomial (softmax) logistic regression for tasks where exactly one label holds.
//!
//! ```text
//! min_W  1/2 ||W||^2 + sum_i C_i ( log sum_k exp(w_k'x_i) - w_{y_i}'x_i )
//! ```
//!
//! over weights `w_k` of every label `k`, the bias being the weight of a constant feature of value 1, regularised like
//! the others; `C_i` is C times the class weight and the sample weight. Given: CSR rows, the gold label of each row,
//! C, eps. Returned: W. The minimiser is L-BFGS (Liu and Nocedal, "On the limited memory BFGS method for large scale
//! optimization", Mathematical Programming 45, 1989) with memory 10 and Armijo backtracking. It stops when
//! `||gradient||_inf <= eps * max(1, ||gradient at 0||_inf)`, or after `MAX_ITERATIONS`, or when no step improves.

use linfa::ParamGuard;
use linfa::dataset::{AsTargets, DatasetBase, Records};
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

use crate::features::SparseRows;

use super::{ClassWeight, ClassifyError, Linear, check_shapes, sample_weights};

const MAX_ITERATIONS: usize = 300;
const MEMORY: usize = 10;

/// Settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct MultinomialValidParams {
    c: f64,
    class_weight: ClassWeight,
    eps: f64,
}

/// Settings, as given.
#[derive(Debug, Clone, PartialEq)]
pub struct MultinomialParams(MultinomialValidParams);

impl Default for MultinomialParams {
    /// C = 1, balanced classes, eps = 1e-4.
    fn default() -> Self {
        Self(MultinomialValidParams {
            c: 1.0,
            class_weight: ClassWeight::Balanced,
            eps: 1e-4,
        })
    }
}

impl MultinomialParams {
    /// Cost of a training error, above 0.
    #[must_use]
    pub fn c(mut self, c: f64) -> Self {
        self.0.c = c;
        self
    }

    /// Weights of the classes.
    #[must_use]
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.0.class_weight = class_weight;
        self
    }

    /// Stopping tolerance, above 0.
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        self.0.eps = eps;
        self
    }
}

impl ParamGuard for MultinomialParams {
    type Checked = MultinomialValidParams;
    type Error = ClassifyError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        for (name, value) in [("C", self.0.c), ("eps", self.0.eps)] {
            if !value.is_finite() || value <= 0.0 || value > 1e6 {
                return Err(ClassifyError::Setting(format!(
                    "{name} must be above 0 and at most 1e6, not {value}"
                )));
            }
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<T> Fit<SparseRows, T, ClassifyError> for MultinomialValidParams
where
    T: AsTargets<Elem = Option<bool>, Ix = ndarray::Ix2>,
{
    type Object = Linear;

    fn fit(&self, dataset: &DatasetBase<SparseRows, T>) -> Result<Linear, ClassifyError> {
        let rows = &dataset.records;
        let targets = dataset.targets.as_targets().to_owned();
        check_shapes(rows, &targets)?;
        let weights = sample_weights(&dataset.weights, rows.nsamples());
        let problem = Problem::new(rows, &targets, &weights, self);
        let (solution, objective) = minimize(&problem, self.eps);
        let (k, n) = (problem.n_labels, rows.nfeatures());
        Ok(Linear {
            weights: Array2::from_shape_fn((n, k), |(j, l)| solution[j * k + l] as f32),
            bias: (0..k)
                .map(|l| solution[n * k + l] as f32)
                .collect::<Array1<f32>>(),
            objective: vec![(objective, f64::NAN); 1],
        })
    }
}

struct Problem<'a> {
    rows: &'a SparseRows,
    /// Rows that are annotated, their label and cost.
    samples: Vec<(usize, usize, f64)>,
    n_labels: usize,
}

impl<'a> Problem<'a> {
    fn new(
        rows: &'a SparseRows,
        targets: &Array2<Option<bool>>,
        weights: &[f64],
        params: &MultinomialValidParams,
    ) -> Self {
        let label = |i: usize| targets.row(i).iter().position(|t| *t == Some(true));
        let samples =
            (0..targets.nrows()).filter_map(|i| label(i).map(|k| (i, k, params.c * weights[i])));
        let mut samples: Vec<(usize, usize, f64)> = samples.collect();
        if params.class_weight == ClassWeight::Balanced {
            balance(&mut samples, targets.ncols());
        }
        Self {
            rows,
            samples,
            n_labels: targets.ncols(),
        }
    }

    fn len(&self) -> usize {
        (self.rows.nfeatures() + 1) * self.n_labels
    }

    /// Objective at `w`; `gradient` is overwritten.
    fn evaluate(&self, w: &[f64], gradient: &mut [f64]) -> f64 {
        let k = self.n_labels;
        gradient.copy_from_slice(w);
        let mut value = 0.5 * w.iter().map(|v| v * v).sum::<f64>();
        let mut scores = vec![0.0; k];
        for &(i, gold, cost) in &self.samples {
            let (columns, values) = self.rows.row(i);
            scores.copy_from_slice(&w[w.len() - k..]);
            for (&j, &x) in columns.iter().zip(values) {
                let weights = &w[j as usize * k..][..k];
                scores
                    .iter_mut()
                    .zip(weights)
                    .for_each(|(s, w)| *s += f64::from(x) * w);
            }
            let gold_score = scores[gold];
            value += cost * (softmax(&mut scores) - gold_score);
            scores[gold] -= 1.0;
            scores.iter_mut().for_each(|p| *p *= cost);
            for (&j, &x) in columns.iter().zip(values) {
                let slot = &mut gradient[j as usize * k..][..k];
                slot.iter_mut()
                    .zip(&scores)
                    .for_each(|(g, p)| *g += f64::from(x) * p);
            }
            let bias = gradient.len() - k;
            gradient[bias..]
                .iter_mut()
                .zip(&scores)
                .for_each(|(g, p)| *g += p);
        }
        value
    }
}

/// Multiplies costs by `n / (k n_class)`, k counting classes that occur.
fn balance(samples: &mut [(usize, usize, f64)], n_labels: usize) {
    let mut sums = vec![0.0; n_labels];
    samples
        .iter()
        .for_each(|(_, label, cost)| sums[*label] += cost);
    let total: f64 = sums.iter().sum();
    let occurring = sums.iter().filter(|s| **s > 0.0).count() as f64;
    samples
        .iter_mut()
        .for_each(|(_, label, cost)| *cost *= total / (occurring * sums[*label]));
}

/// Replaces scores by probabilities; returns the logarithm of the sum of exponentials.
pub(crate) fn softmax(scores: &mut [f64]) -> f64 {
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores
        .iter_mut()
        .map(|s| {
            *s = (*s - max).exp();
            *s
        })
        .sum();
    scores.iter_mut().for_each(|s| *s /= sum);
    max + sum.ln()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn max_norm(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m, x| x.abs().max(m))
}

/// L-BFGS from zero; returns the minimiser and its objective.
fn minimize(problem: &Problem<'_>, eps: f64) -> (Vec<f64>, f64) {
    let n = problem.len();
    let (mut w, mut gradient) = (vec![0.0; n], vec![0.0; n]);
    let mut value = problem.evaluate(&w, &mut gradient);
    let tolerance = eps * max_norm(&gradient).max(1.0);
    let mut memory: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..MAX_ITERATIONS {
        if max_norm(&gradient) <= tolerance {
            break;
        }
        let direction = two_loop(&gradient, &memory);
        let Some((step, next, next_gradient, next_value)) =
            backtrack(problem, &w, value, &gradient, &direction)
        else {
            break;
        };
        let s: Vec<f64> = direction.iter().map(|d| step * d).collect();
        let y: Vec<f64> = next_gradient
            .iter()
            .zip(&gradient)
            .map(|(a, b)| a - b)
            .collect();
        if dot(&s, &y) > 1e-12 {
            memory.push((s, y));
            memory.drain(..memory.len().saturating_sub(MEMORY));
        }
        (w, gradient, value) = (next, next_gradient, next_value);
    }
    (w, value)
}

/// The two-loop recursion: minus the inverse Hessian estimate times the gradient.
fn two_loop(gradient: &[f64], memory: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.to_vec();
    let mut alphas = Vec::with_capacity(memory.len());
    for (s, y) in memory.iter().rev() {
        let alpha = dot(s, &q) / dot(s, y);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    let scale = memory
        .last()
        .map_or(1.0 / max_norm(gradient).max(1.0), |(s, y)| {
            dot(s, y) / dot(y, y)
        });
    q.iter_mut().for_each(|q| *q *= scale);
    for ((s, y), alpha) in memory.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &q) / dot(s, y);
        q.iter_mut()
            .zip(s)
            .for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q.iter_mut().for_each(|q| *q = -*q);
    q
}

type Step = (f64, Vec<f64>, Vec<f64>, f64);

/// Halves the step until the objective falls enough (Armijo, 1e-4).
fn backtrack(
    problem: &Problem<'_>,
    w: &[f64],
    value: f64,
    gradient: &[f64],
    direction: &[f64],
) -> Option<Step> {
    let slope = dot(gradient, direction);
    let mut next_gradient = vec![0.0; w.len()];
    let mut step = 1.0;
    for _ in 0..30 {
        let next: Vec<f64> = w.iter().zip(direction).map(|(w, d)| w + step * d).collect();
        let next_value = problem.evaluate(&next, &mut next_gradient);
        if next_value <= value + 1e-4 * step * slope {
            return Some((step, next, next_gradient, next_value));
        }
        step *= 0.5;
    }
    None
}
