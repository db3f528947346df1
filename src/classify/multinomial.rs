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
//! `||gradient|| <= eps * max(1, ||gradient at 0||)`, or after `MAX_ITERATIONS`, or when no step improves.
//!
//! Every iterate is a sum of rows, `W = X'A` (representer theorem). Where rows are few (few labels, many n-grams) the
//! same iterates are kept as their coefficients A with the images `XX'A` beside them, and inner products are those of
//! the W they stand for: vectors of n_samples instead of n_features, one product with the Gram matrix a step.

use linfa::ParamGuard;
use linfa::dataset::{AsTargets, DatasetBase, Records};
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

use crate::features::SparseRows;

use super::{ClassWeight, ClassifyError, Linear, check_shapes, sample_weights};

/// Most rows whose Gram matrix (n_samples x n_samples, f64) is kept: 128 MiB.
const MAX_GRAM_ROWS: usize = 4096;
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
        let (solution, objective) = problem.solve(self.eps);
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

    /// Weights of every feature and the bias, label-minor, and the objective at them.
    fn solve(&self, eps: f64) -> (Vec<f64>, f64) {
        let n = self.samples.len();
        if n > MAX_GRAM_ROWS || n > self.rows.nfeatures() {
            return minimize(self, eps);
        }
        let (solution, objective) = minimize(&RowSpace::new(self), eps);
        (self.sum_of_rows(&solution), objective)
    }

    /// `X'A`, the bias last, for coefficients A of shape (n_samples, n_labels).
    fn sum_of_rows(&self, coefficients: &[f64]) -> Vec<f64> {
        let k = self.n_labels;
        let mut w = vec![0.0; Objective::len(self)];
        for (&(i, ..), a) in self.samples.iter().zip(coefficients.chunks_exact(k)) {
            let (columns, values) = self.rows.row(i);
            let constant = std::iter::once((self.rows.nfeatures(), 1.0));
            let features = columns.iter().map(|&j| j as usize);
            for (j, x) in features
                .zip(values.iter().map(|&x| f64::from(x)))
                .chain(constant)
            {
                let slot = &mut w[j * k..][..k];
                slot.iter_mut().zip(a).for_each(|(w, a)| *w += x * a);
            }
        }
        w
    }
}

/// A smooth function on a space with an inner product.
trait Objective {
    /// Numbers that stand for a vector.
    fn len(&self) -> usize;

    /// Value at `w`; `gradient` is overwritten.
    fn evaluate(&self, w: &[f64], gradient: &mut [f64]) -> f64;

    fn dot(&self, a: &[f64], b: &[f64]) -> f64;

    fn norm(&self, v: &[f64]) -> f64 {
        self.dot(v, v).max(0.0).sqrt()
    }
}

impl Objective for Problem<'_> {
    fn len(&self) -> usize {
        (self.rows.nfeatures() + 1) * self.n_labels
    }

    fn dot(&self, a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

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

/// The problem among sums of rows. A vector is its coefficients, shape (n_samples, n_labels), followed by its image
/// under the Gram matrix of the rows, so that sums and multiples of vectors need no product.
struct RowSpace<'a> {
    problem: &'a Problem<'a>,
    /// `XX' + 1`, the 1 being the constant feature's.
    gram: Vec<f64>,
}

impl<'a> RowSpace<'a> {
    fn new(problem: &'a Problem<'a>) -> Self {
        let n = problem.samples.len();
        let mut gram = vec![1.0; n * n];
        let mut dense = vec![0.0_f32; problem.rows.nfeatures()];
        for (a, &(i, ..)) in problem.samples.iter().enumerate() {
            let (columns, values) = problem.rows.row(i);
            let places = columns.iter().map(|&j| j as usize);
            places.clone().zip(values).for_each(|(j, &x)| dense[j] = x);
            for (b, &(other, ..)) in problem.samples[..=a].iter().enumerate() {
                let (columns, values) = problem.rows.row(other);
                let products = columns.iter().zip(values);
                let products = products.map(|(&j, &x)| f64::from(dense[j as usize] * x));
                let value = 1.0 + products.sum::<f64>();
                (gram[a * n + b], gram[b * n + a]) = (value, value);
            }
            places.for_each(|j| dense[j] = 0.0);
        }
        Self { problem, gram }
    }

    /// Adds the image of `coefficients` to `out`.
    fn add_image(&self, coefficients: &[f64], out: &mut [f64]) {
        let (n, k) = (self.problem.samples.len(), self.problem.n_labels);
        for (row, out) in self.gram.chunks_exact(n).zip(out.chunks_exact_mut(k)) {
            for (&g, a) in row.iter().zip(coefficients.chunks_exact(k)) {
                out.iter_mut().zip(a).for_each(|(out, a)| *out += g * a);
            }
        }
    }
}

impl Objective for RowSpace<'_> {
    fn len(&self) -> usize {
        2 * self.problem.samples.len() * self.problem.n_labels
    }

    fn dot(&self, a: &[f64], b: &[f64]) -> f64 {
        let half = a.len() / 2;
        a[..half].iter().zip(&b[half..]).map(|(a, b)| a * b).sum()
    }

    fn evaluate(&self, w: &[f64], gradient: &mut [f64]) -> f64 {
        let k = self.problem.n_labels;
        let half = w.len() / 2;
        let mut value = 0.5 * self.dot(w, w);
        let mut slopes = w[half..].to_vec();
        for (&(_, gold, cost), scores) in
            self.problem.samples.iter().zip(slopes.chunks_exact_mut(k))
        {
            let gold_score = scores[gold];
            value += cost * (softmax(scores) - gold_score);
            scores[gold] -= 1.0;
            scores.iter_mut().for_each(|p| *p *= cost);
        }
        gradient.copy_from_slice(w);
        let (coefficients, image) = gradient.split_at_mut(half);
        coefficients
            .iter_mut()
            .zip(&slopes)
            .for_each(|(g, d)| *g += d);
        self.add_image(&slopes, image);
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

/// L-BFGS from zero; returns the minimiser and its objective.
fn minimize(problem: &impl Objective, eps: f64) -> (Vec<f64>, f64) {
    let n = problem.len();
    let (mut w, mut gradient) = (vec![0.0; n], vec![0.0; n]);
    let mut value = problem.evaluate(&w, &mut gradient);
    let tolerance = eps * problem.norm(&gradient).max(1.0);
    let mut memory: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..MAX_ITERATIONS {
        if problem.norm(&gradient) <= tolerance {
            break;
        }
        let direction = two_loop(problem, &gradient, &memory);
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
        if problem.dot(&s, &y) > 1e-12 {
            memory.push((s, y));
            memory.drain(..memory.len().saturating_sub(MEMORY));
        }
        (w, gradient, value) = (next, next_gradient, next_value);
    }
    (w, value)
}

/// The two-loop recursion: minus the inverse Hessian estimate times the gradient.
fn two_loop(space: &impl Objective, gradient: &[f64], memory: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.to_vec();
    let mut alphas = Vec::with_capacity(memory.len());
    for (s, y) in memory.iter().rev() {
        let alpha = space.dot(s, &q) / space.dot(s, y);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    let scale = memory
        .last()
        .map_or(1.0 / space.norm(gradient).max(1.0), |(s, y)| {
            space.dot(s, y) / space.dot(y, y)
        });
    q.iter_mut().for_each(|q| *q *= scale);
    for ((s, y), alpha) in memory.iter().zip(alphas.iter().rev()) {
        let beta = space.dot(y, &q) / space.dot(s, y);
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
    problem: &impl Objective,
    w: &[f64],
    value: f64,
    gradient: &[f64],
    direction: &[f64],
) -> Option<Step> {
    let slope = problem.dot(gradient, direction);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 30 rows of 40 features, three labels, most of it empty.
    fn rows() -> (SparseRows, Array2<Option<bool>>) {
        let mut state = 7_u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f32 / (1_u64 << 31) as f32
        };
        let row = |_| {
            let filled = (0..40_u32).filter_map(|j| (next() < 0.2).then_some((j, next())));
            filled.collect::<Vec<(u32, f32)>>()
        };
        let rows: Vec<_> = (0..30).map(row).collect();
        let targets = Array2::from_shape_fn((30, 3), |(i, k)| Some((i * i + 1) % 3 == k));
        (SparseRows::from_rows(40, &rows), targets)
    }

    #[test]
    fn row_space_and_feature_space_have_one_minimum() {
        let (rows, targets) = rows();
        let params = MultinomialParams::default().c(3.0).check().unwrap();
        let problem = Problem::new(&rows, &targets, &[1.0; 30], &params);
        let (w, value) = minimize(&problem, 1e-6);
        let (a, same) = minimize(&RowSpace::new(&problem), 1e-6);
        assert!((value - same).abs() <= 1e-7 * value, "{value} {same}");
        for (w, sum) in w.iter().zip(problem.sum_of_rows(&a)) {
            assert!((w - sum).abs() < 1e-3, "{w} {sum}");
        }
    }
}
