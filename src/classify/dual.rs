//! Multi-label dual coordinate descent for L2-regularised linear models.
//!
//! For each label `k` (one-vs-rest) with targets `y_i` in {-1, +1} and costs `C_i >= 0` it solves
//!
//! ```text
//! L2-loss SVM:         min_w  1/2 w'w + sum_i C_i max(0, 1 - y_i w'x_i)^2
//!   its dual:          min_a  1/2 a'(Q + D)a - sum_i a_i           s.t. 0 <= a_i,        D_ii = 1/(2 C_i)
//! logistic regression: min_w  1/2 w'w + sum_i C_i log(1 + exp(-y_i w'x_i))
//!   its dual:          min_a  1/2 a'Qa + sum_i a_i log a_i + (C_i - a_i) log(C_i - a_i)   s.t. 0 <= a_i <= C_i
//! ```
//!
//! with `Q_ij = y_i y_j x_i'x_j` and `w = sum_i a_i y_i x_i` kept in step. The bias is the weight of a constant
//! feature of value 1, regularised like the others (LIBLINEAR's `-B 1`).
//!
//! With a prior `w0` the regulariser is `1/2 (w - w0)'(w - w0)`: descent starts from `w = w0` in place of 0, every step stays
//! as it is, and the dual objective loses `sum_i a_i y_i w0'x_i = w0'(w - w0)`.
//!
//! Given: margins `w'x_i`, either of rows in CSR with `w` beside them ([`Explicit`]) or kept in step through the inner
//! products of all rows (`products.rs`); signs and costs of up to 8 labels (a cost of 0 takes a row out of a label: not
//! annotated); eps. Returned: the margins and `a`; from them [`certificate`] tells the duality gap of each label.
//!
//! The labels of a block share each pass over a row: weights are `[feature][8 lanes]`, so one gather serves 8 labels.
//! Lanes run across labels, so every label's sums keep their order: the result depends on neither the SIMD width nor
//! the number of threads. Rows come in a fresh SplitMix64 permutation each pass.
//!
//! Stopping rule, per label: squared hinge when `max PG - min PG <= eps` over a pass, PG the projected gradient;
//! logistic when the largest gradient of a pass is at most eps; or after `MAX_PASSES`. A label that stopped is skipped.
//! Shrinking: a squared-hinge row at `a_i = 0` whose gradient exceeds the last pass's largest PG is skipped until the
//! label seems finished; then all rows are looked at once more.
//!
//! See Hsieh, Chang, Lin, Keerthi, Sundararajan, "A Dual Coordinate Descent Method for Large-scale Linear SVM",
//! ICML 2008, algorithms 1 and 3; Yu, Huang, Lin, "Dual Coordinate Descent Methods for Logistic Regression and Maximum
//! Entropy Models", Machine Learning 85, 2011, algorithms 4 and 5.

use linfa::dataset::Records;

use crate::features::SparseRows;

use super::Loss;

/// Labels solved together; fixed, because results depend on it.
pub(crate) const LANES: usize = 8;
const MAX_PASSES: usize = 1000;

pub(crate) type Lanes = [f32; LANES];

/// Signs and costs of the labels of one block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// +1 or -1 of each row and lane.
    pub(crate) signs: Vec<Lanes>,
    /// C of each row and lane; 0 takes the row out.
    pub(crate) costs: Vec<Lanes>,
    /// Lanes in use.
    pub(crate) n_labels: usize,
    /// Weights of each feature and lane that solutions are drawn to, the bias last; empty for 0.
    pub(crate) prior: Vec<Lanes>,
}

/// The rows as descent sees them: their margins, and what a step on one of them changes.
pub(crate) trait Margins {
    /// Squared norm of each row, the constant feature included.
    fn norms(&self) -> Vec<f32>;
    /// `w'x + b` of row `i` in each lane.
    fn of(&self, i: usize) -> Lanes;
    /// Adds `step` times row `i` to `w`.
    fn add(&mut self, i: usize, step: &Lanes);
}

/// Margins by the weights themselves.
#[derive(Debug)]
pub(crate) struct Explicit<'a> {
    rows: &'a SparseRows,
    /// Weights of each feature and lane; the bias is the last feature.
    pub(crate) weights: Vec<Lanes>,
}

impl<'a> Explicit<'a> {
    /// Begins with the weights of `block`'s prior.
    pub(crate) fn new(rows: &'a SparseRows, block: &Block) -> Self {
        let weights = match block.prior.as_slice() {
            [] => vec![[0.0; LANES]; rows.nfeatures() + 1],
            prior => prior.to_vec(),
        };
        Self { rows, weights }
    }

    /// Scores of each row of `rows` and lane.
    pub(crate) fn scores(&self, rows: &SparseRows) -> Vec<Lanes> {
        (0..rows.nsamples())
            .map(|i| score(&self.weights, rows, i))
            .collect()
    }
}

impl Margins for Explicit<'_> {
    fn norms(&self) -> Vec<f32> {
        (0..self.rows.nsamples())
            .map(|i| 1.0 + self.rows.row(i).1.iter().map(|v| v * v).sum::<f32>())
            .collect()
    }

    fn of(&self, i: usize) -> Lanes {
        score(&self.weights, self.rows, i)
    }

    fn add(&mut self, i: usize, step: &Lanes) {
        let (columns, values) = self.rows.row(i);
        for (&column, &value) in columns.iter().zip(values) {
            add_scaled(&mut self.weights[column as usize], value, step);
        }
        let bias = self.weights.len() - 1;
        add_scaled(&mut self.weights[bias], 1.0, step);
    }
}

/// A point of a block's dual, and the margins it gives.
#[derive(Debug)]
pub(crate) struct Point<M> {
    pub(crate) margins: M,
    /// Dual variables of each row and lane.
    pub(crate) alpha: Vec<Lanes>,
}

impl<M: Margins> Point<M> {
    /// Where a descent without an earlier solution begins. The entropy term of logistic regression needs `0 < a_i < C_i`.
    pub(crate) fn cold(margins: M, block: &Block, loss: Loss) -> Self {
        let alpha = vec![[0.0; LANES]; block.costs.len()];
        let mut point = Self { margins, alpha };
        if loss == Loss::Logistic {
            (0..block.costs.len()).for_each(|i| point.start_logistic(block, i));
        }
        point
    }

    fn start_logistic(&mut self, block: &Block, i: usize) {
        let mut step = [0.0; LANES];
        for (k, step) in step.iter_mut().enumerate() {
            self.alpha[i][k] = (0.001 * block.costs[i][k]).min(1e-8);
            *step = self.alpha[i][k] * block.signs[i][k];
        }
        self.margins.add(i, &step);
    }
}

/// `w'x + b` of row `i` in each lane.
pub(super) fn score(weights: &[Lanes], rows: &SparseRows, i: usize) -> Lanes {
    let (columns, values) = rows.row(i);
    let mut sums = weights[weights.len() - 1];
    for (&column, &value) in columns.iter().zip(values) {
        add_scaled(&mut sums, value, &weights[column as usize]);
    }
    sums
}

/// Adds `value` times `of`.
#[inline]
pub(super) fn add_scaled(sums: &mut Lanes, value: f32, of: &Lanes) {
    for k in 0..LANES {
        sums[k] += value * of[k];
    }
}

/// Solves all labels of `block`, from a cold start or from the solution for costs that are nowhere larger: its dual
/// variables are feasible as they are.
pub(crate) fn solve<M: Margins>(
    point: Point<M>,
    block: &Block,
    loss: Loss,
    eps: f32,
    seed: u64,
) -> Point<M> {
    let mut order: Vec<u32> = (0..point.alpha.len() as u32).collect();
    let mut state = State::new(point, block, loss);
    let mut random = SplitMix64(seed);
    for _ in 0..MAX_PASSES {
        random.shuffle(&mut order);
        state.begin_pass();
        for &i in &order {
            state.visit(i as usize);
        }
        if state.end_pass(eps) {
            break;
        }
    }
    state.point
}

struct State<'a, M> {
    block: &'a Block,
    loss: Loss,
    point: Point<M>,
    /// Squared norm of each row, the constant feature included.
    norms: Vec<f32>,
    /// Rows skipped by shrinking, one bit a lane.
    shrunk: Vec<u8>,
    /// Lanes not finished, one bit a lane.
    active: u8,
    /// Largest and smallest projected gradient of this pass.
    pg_max: Lanes,
    pg_min: Lanes,
    /// Largest projected gradient of the last pass: the bar for shrinking.
    bar: Lanes,
}

impl<'a, M: Margins> State<'a, M> {
    fn new(point: Point<M>, block: &'a Block, loss: Loss) -> Self {
        let mut cost_max = [0.0_f32; LANES];
        for costs in &block.costs {
            (0..LANES).for_each(|k| cost_max[k] = cost_max[k].max(costs[k]));
        }
        Self {
            block,
            loss,
            norms: point.margins.norms(),
            shrunk: vec![0; point.alpha.len()],
            point,
            active: (0..block.n_labels)
                .filter(|&k| cost_max[k] > 0.0)
                .fold(0, |bits, k| bits | 1 << k),
            pg_max: [0.0; LANES],
            pg_min: [0.0; LANES],
            bar: [f32::INFINITY; LANES],
        }
    }

    fn begin_pass(&mut self) {
        self.pg_max = [f32::NEG_INFINITY; LANES];
        self.pg_min = [f32::INFINITY; LANES];
    }

    /// One coordinate step on every live lane of row `i`.
    fn visit(&mut self, i: usize) {
        let live = self.active & !self.shrunk[i];
        if live == 0 {
            return;
        }
        let margins = self.point.margins.of(i);
        let mut step = [0.0; LANES];
        let mut moved = false;
        for k in 0..self.block.n_labels {
            if live & (1 << k) == 0 || self.block.costs[i][k] <= 0.0 {
                continue;
            }
            let margin = margins[k] * self.block.signs[i][k];
            let delta = match self.loss {
                Loss::SquaredHinge => self.squared_hinge_step(i, k, margin),
                Loss::Logistic => self.logistic_step(i, k, margin),
            };
            step[k] = delta * self.block.signs[i][k];
            moved |= delta != 0.0;
        }
        if moved {
            self.point.margins.add(i, &step);
        }
    }

    fn squared_hinge_step(&mut self, i: usize, k: usize, margin: f32) -> f32 {
        let diagonal = 0.5 / self.block.costs[i][k];
        let old = self.point.alpha[i][k];
        let gradient = margin - 1.0 + diagonal * old;
        let mut projected = gradient;
        if old == 0.0 {
            if gradient > self.bar[k] {
                self.shrunk[i] |= 1 << k;
                return 0.0;
            }
            projected = gradient.min(0.0);
        }
        self.pg_max[k] = self.pg_max[k].max(projected);
        self.pg_min[k] = self.pg_min[k].min(projected);
        if projected.abs() <= 1e-12 {
            return 0.0;
        }
        self.point.alpha[i][k] = (old - gradient / (self.norms[i] + diagonal)).max(0.0);
        self.point.alpha[i][k] - old
    }

    /// Newton's method on one coordinate, in the variable nearer to its bound (algorithm 5 of Yu et al.).
    fn logistic_step(&mut self, i: usize, k: usize, margin: f32) -> f32 {
        let (cost, old) = (
            f64::from(self.block.costs[i][k]),
            f64::from(self.point.alpha[i][k]),
        );
        let (a, b) = (f64::from(self.norms[i]), f64::from(margin));
        let gradient = b + (old / (cost - old)).ln();
        self.pg_max[k] = self.pg_max[k].max(gradient.abs() as f32);
        let upper = cost - old < old;
        let (sign, start) = if upper {
            (-1.0, cost - old)
        } else {
            (1.0, old)
        };
        let mut z = start;
        if 0.5 * a * (2.0 * old - cost) * sign + b * sign > 0.0 && z > 0.5 * cost {
            z *= 0.1;
        }
        for _ in 0..100 {
            let slope = a * (z - start) + sign * b + (z / (cost - z)).ln();
            if slope.abs() < 1e-6 {
                break;
            }
            let curvature = a + cost / (cost - z) / z;
            let next = z - slope / curvature;
            z = if next <= 0.0 {
                0.1 * z
            } else {
                next.min(cost * (1.0 - 1e-7))
            };
        }
        let new = (if upper { cost - z } else { z }) as f32;
        let new = new.clamp(f32::MIN_POSITIVE, (cost * (1.0 - 1e-7)) as f32);
        self.point.alpha[i][k] = new;
        new - old as f32
    }

    /// Decides which lanes are finished; true when all are.
    fn end_pass(&mut self, eps: f32) -> bool {
        for k in 0..self.block.n_labels {
            let bit = 1 << k;
            if self.active & bit == 0 {
                continue;
            }
            match self.loss {
                Loss::Logistic if self.pg_max[k] <= eps => self.active &= !bit,
                Loss::Logistic => {}
                Loss::SquaredHinge => self.end_hinge_pass(k, bit, eps),
            }
        }
        self.active == 0
    }

    fn end_hinge_pass(&mut self, k: usize, bit: u8, eps: f32) {
        let done = self.pg_max[k] - self.pg_min[k] <= eps || self.pg_max[k] == f32::NEG_INFINITY;
        if done && self.bar[k] == f32::INFINITY {
            self.active &= !bit;
        } else if done {
            // Seems finished on the rows still looked at: take all of them back for one more pass.
            self.shrunk.iter_mut().for_each(|s| *s &= !bit);
            self.bar[k] = f32::INFINITY;
        } else {
            self.bar[k] = if self.pg_max[k] <= 0.0 {
                f32::INFINITY
            } else {
                self.pg_max[k]
            };
        }
    }
}

/// Primal objective of each label, and the dual one as its lower bound.
pub(crate) fn certificate(
    point: &Point<Explicit<'_>>,
    block: &Block,
    loss: Loss,
) -> ([f64; LANES], [f64; LANES]) {
    let mut primal = [0.0; LANES];
    let mut dual = [0.0; LANES];
    for (j, weights) in point.margins.weights.iter().enumerate() {
        let prior = block.prior.get(j).unwrap_or(&[0.0; LANES]);
        for k in 0..LANES {
            let moved = f64::from(weights[k]) - f64::from(prior[k]);
            primal[k] += 0.5 * moved * moved;
            dual[k] -= 0.5 * moved * moved + moved * f64::from(prior[k]);
        }
    }
    for (i, alpha) in point.alpha.iter().enumerate() {
        let margins = point.margins.of(i);
        for k in 0..block.n_labels {
            let cost = f64::from(block.costs[i][k]);
            if cost > 0.0 {
                let margin = f64::from(margins[k] * block.signs[i][k]);
                primal[k] += cost * loss.value(margin);
                dual[k] += loss.conjugate(f64::from(alpha[k]), cost);
            }
        }
    }
    (primal, dual)
}

impl Loss {
    /// Loss of one margin `y w'x`.
    pub(crate) fn value(self, margin: f64) -> f64 {
        match self {
            Self::SquaredHinge => (1.0 - margin).max(0.0).powi(2),
            Self::Logistic => (-margin).max(0.0) + (-margin.abs()).exp().ln_1p(),
        }
    }

    /// Contribution of one dual variable to the dual objective (to be maximised).
    fn conjugate(self, alpha: f64, cost: f64) -> f64 {
        let entropy = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
        match self {
            Self::SquaredHinge => alpha - alpha * alpha / (4.0 * cost),
            Self::Logistic => entropy(cost) - entropy(alpha) - entropy(cost - alpha),
        }
    }
}

/// Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    /// The next 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Fisher-Yates.
    fn shuffle(&mut self, order: &mut [u32]) {
        for i in (1..order.len()).rev() {
            let j = ((u128::from(self.next()) * (i as u128 + 1)) >> 64) as usize;
            order.swap(i, j);
        }
    }
}

/// The numbers below `n` in an order that depends on `n` alone.
pub(crate) fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    SplitMix64(1).shuffle(&mut order);
    order.into_iter().map(|i| i as usize).collect()
}
