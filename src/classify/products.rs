//! Inner products of all rows of a fold, so that a search reads the rows once instead of once a step.
//!
//! Dual coordinate descent asks nothing of its rows but `x_i'x_j`: with `K_ij = x_i'x_j + 1` (the constant feature) at hand
//! and the margins `m = K (a o y)` kept in step, looking at a row costs nothing and a step on it one row of `K`, whatever
//! the number of features. Blocks of features are scaled by factors `f_b`, and `x_i'x_j = sum_b f_b^2 K^b_ij`: one matrix
//! a block serves every set of factors. It pays for few long rows: 1,106 articles of the starter corpus are searched in a
//! third of the time (`docs/benchmarks.md`, "Choosing settings"). As for the kernels of Hsieh et al., "A Dual Coordinate Descent Method for
//! Large-scale Linear SVM", ICML 2008, section 5, who leave it out because it takes memory of n^2.

use linfa::dataset::Records;
use rayon::prelude::*;

use crate::features::{Block, SparseRows, Vocabulary};

use super::BlockWeights;
use super::dual::{LANES, Lanes, Margins, add_scaled};

/// Most rows of a fold, trained on and held out, that products are kept of. All folds together take `20 (f - 1) n^2` bytes
/// for five blocks: 180 MB for 1,500 articles in five folds, 640 MB for 4,000 in three.
const MOST: usize = 4_000;

/// Inner products of the rows of one fold, one matrix a block.
#[derive(Debug)]
pub(crate) struct Products {
    n_train: usize,
    /// Of each block: shape (rows trained on and, behind them, rows held out; rows trained on), row-major; empty for
    /// a block without columns.
    blocks: Vec<Vec<f32>>,
}

/// Products of rows whose blocks are scaled, the constant feature included.
#[derive(Debug)]
pub(crate) struct Kernel {
    n_train: usize,
    /// Shape (rows trained on and, behind them, rows held out; rows trained on), row-major.
    products: Vec<f32>,
}

/// Margins kept in step through the products.
#[derive(Debug)]
pub(crate) struct Implicit<'a> {
    kernel: &'a Kernel,
    /// `w'x + b` of each lane and row trained on: a lane that does not move costs nothing.
    margins: [Vec<f32>; LANES],
}

impl Products {
    /// None where a step costs less by the rows themselves: where a row has fewer values than there are rows to step
    /// through; and none of more rows than memory should hold products of.
    pub(crate) fn of(
        train: &SparseRows,
        test: &SparseRows,
        vocabulary: &Vocabulary,
    ) -> Option<Self> {
        let (n, n_test) = (train.nsamples(), test.nsamples());
        if n * n > train.nnz() || n + n_test > MOST {
            return None;
        }
        let block = |block: &Block| {
            let part = |rows| Part::of(rows, vocabulary, *block);
            products(&part(train), &part(test))
        };
        Some(Self {
            n_train: n,
            blocks: Block::ALL.iter().map(block).collect(),
        })
    }

    /// The products of rows whose blocks are multiplied by `factors`.
    pub(crate) fn scaled(&self, factors: &BlockWeights) -> Kernel {
        let n = self.blocks.iter().map(Vec::len).max().unwrap_or(0);
        let mut products = vec![1.0; n];
        for (block, factor) in self.blocks.iter().zip(factors) {
            if *factor > 0.0 {
                let sums = products.iter_mut().zip(block);
                sums.for_each(|(sum, product)| *sum += factor * factor * product);
            }
        }
        Kernel {
            n_train: self.n_train,
            products,
        }
    }
}

/// One block of the features of some rows, its columns counted from 0.
struct Part {
    n_columns: usize,
    rows: Vec<Vec<(u32, f32)>>,
}

impl Part {
    fn of(rows: &SparseRows, vocabulary: &Vocabulary, block: Block) -> Self {
        let range = vocabulary.columns(block);
        let part = |i: usize| {
            let (columns, values) = rows.row(i);
            let first = columns.partition_point(|c| *c < range.start);
            let end = columns.partition_point(|c| *c < range.end);
            let own = columns[first..end].iter().zip(&values[first..end]);
            own.map(|(column, value)| (column - range.start, *value))
                .collect()
        };
        Self {
            n_columns: range.len(),
            rows: (0..rows.nsamples()).map(part).collect(),
        }
    }
}

/// Products of the rows trained on with each other, and of those held out with them.
fn products(train: &Part, test: &Part) -> Vec<f32> {
    if train.n_columns == 0 {
        return Vec::new();
    }
    let n = train.rows.len();
    let firsts: Vec<usize> = (0..n).step_by(LANES).collect();
    let all = || train.rows.iter().chain(&test.rows);
    // Eight rows at a time are laid out as the weights of eight labels; rows before them are mirrored below.
    let of_lanes = |&first: &usize| -> Vec<Lanes> {
        let mut dense = vec![[0.0; LANES]; train.n_columns];
        for (lane, row) in train.rows[first..].iter().take(LANES).enumerate() {
            row.iter()
                .for_each(|(column, value)| dense[*column as usize][lane] = *value);
        }
        let rows = all().skip(first);
        rows.map(|row| product(&dense, row)).collect()
    };
    let lanes: Vec<Vec<Lanes>> = firsts.par_iter().map(of_lanes).collect();
    let mut products = Vec::with_capacity(n * (n + test.rows.len()));
    for i in 0..n + test.rows.len() {
        for j in 0..n {
            let (row, column) = if i < n && j > i { (j, i) } else { (i, j) };
            let first = column / LANES * LANES;
            products.push(lanes[column / LANES][row - first][column % LANES]);
        }
    }
    products
}

fn product(dense: &[Lanes], row: &[(u32, f32)]) -> Lanes {
    let mut sums = [0.0; LANES];
    for &(column, value) in row {
        add_scaled(&mut sums, value, &dense[column as usize]);
    }
    sums
}

impl Kernel {
    fn row(&self, i: usize) -> &[f32] {
        &self.products[i * self.n_train..][..self.n_train]
    }

    fn n_held_out(&self) -> usize {
        self.products.len() / self.n_train.max(1) - self.n_train
    }

    /// Scores of each row held out and lane, from the dual variables and signs of the rows trained on.
    pub(crate) fn scores_held_out(&self, alpha: &[Lanes], signs: &[Lanes]) -> Vec<Lanes> {
        let signed = |(alpha, sign): (&Lanes, &Lanes)| std::array::from_fn(|k| alpha[k] * sign[k]);
        let signed: Vec<Lanes> = alpha.iter().zip(signs).map(signed).collect();
        let score = |i: usize| {
            let mut sums = [0.0; LANES];
            let row = self.row(self.n_train + i);
            let pairs = row.iter().zip(&signed);
            pairs.for_each(|(product, signed)| add_scaled(&mut sums, *product, signed));
            sums
        };
        (0..self.n_held_out()).map(score).collect()
    }
}

impl<'a> Implicit<'a> {
    /// Begins with weights of 0.
    pub(crate) fn new(kernel: &'a Kernel) -> Self {
        Self {
            kernel,
            margins: std::array::from_fn(|_| vec![0.0; kernel.n_train]),
        }
    }
}

impl Margins for Implicit<'_> {
    fn norms(&self) -> Vec<f32> {
        let n = self.kernel.n_train;
        (0..n).map(|i| self.kernel.row(i)[i]).collect()
    }

    fn of(&self, i: usize) -> Lanes {
        self.margins.each_ref().map(|lane| lane[i])
    }

    fn add(&mut self, i: usize, step: &Lanes) {
        let row = self.kernel.row(i);
        for (lane, &step) in self.margins.iter_mut().zip(step) {
            if step != 0.0 {
                let pairs = lane.iter_mut().zip(row);
                pairs.for_each(|(margin, product)| *margin += product * step);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use linfa::ParamGuard;
    use ndarray::Array2;

    use super::*;
    use crate::classify::linear::Problem;
    use crate::classify::select::scale_blocks;
    use crate::classify::{Linear, Loss};
    use crate::features::Hashing;

    const FACTORS: BlockWeights = [0.5, 2.0, 0.0, 0.0, 0.0];

    fn vocabulary() -> Vocabulary {
        let terms = |n: usize| (0..n).map(|t| format!("{t:02}").into()).collect();
        Vocabulary::new(
            Hashing::Apart,
            &[terms(9), terms(30), Vec::new(), terms(4), Vec::new()],
        )
    }

    /// Rows of 24 values in three blocks, each different from the others.
    fn rows(of: std::ops::Range<usize>) -> SparseRows {
        let value = |i: usize, c: usize| ((i * 7 + c * 13) % 11) as f32 / 11.0 + 0.1;
        let row = |i: usize| {
            let columns = (0..43).filter(|c| (c * 5 + i * 3) % 9 < 5);
            columns.map(|c| (c as u32, value(i, c))).collect()
        };
        SparseRows::from_rows(43, &of.map(row).collect::<Vec<_>>())
    }

    fn dot(a: (&[u32], &[f32]), b: (&[u32], &[f32])) -> f32 {
        let value = |column: &u32| a.0.iter().position(|c| c == column).map_or(0.0, |p| a.1[p]);
        b.0.iter().zip(b.1).map(|(c, v)| v * value(c)).sum()
    }

    #[test]
    fn the_products_are_those_of_the_scaled_rows() {
        let (train, test, vocabulary) = (rows(0..19), rows(19..26), vocabulary());
        let kernel = Products::of(&train, &test, &vocabulary)
            .unwrap()
            .scaled(&FACTORS);
        let scale = |rows| scale_blocks(rows, &vocabulary, &FACTORS);
        let (train, test) = (scale(&train), scale(&test));
        let all = (0..19)
            .map(|i| train.row(i))
            .chain((0..7).map(|i| test.row(i)));
        for (i, row) in all.enumerate() {
            for j in 0..19 {
                let (found, expected) = (kernel.row(i)[j], 1.0 + dot(row, train.row(j)));
                assert!(
                    (found - expected).abs() < 1e-4,
                    "{i} {j}: {found} {expected}"
                );
            }
        }
        assert_eq!(kernel.n_held_out(), 7);
    }

    /// Nine labels: more than one block; some rows are not annotated.
    #[test]
    fn models_by_products_score_as_those_by_weights() {
        let (train, test, vocabulary) = (rows(0..19), rows(19..26), vocabulary());
        let label = |(i, k): (usize, usize)| (i % 6 != 5).then_some((i * (k + 3)) % 7 < 3);
        let targets = Array2::from_shape_fn((19, 9), label);
        let products = Products::of(&train, &test, &vocabulary).unwrap();
        let scale = |rows| scale_blocks(rows, &vocabulary, &FACTORS);
        let (train, test) = (scale(&train), scale(&test));
        let problem = Problem {
            rows: &train,
            targets: &targets,
            prior: None,
        };
        let costs = [0.1, 1.0];
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            let params = Linear::params().loss(loss).eps(1e-4).check().unwrap();
            let weights = params.path_scores(&problem, &costs, &test).unwrap();
            let kernel = products.scaled(&FACTORS);
            let by_products = params.kernel_path_scores(&kernel, &targets, &costs);
            for (weights, products) in weights.iter().zip(&by_products) {
                assert_eq!(products.dim(), (7, 9));
                let near = |(a, b): (&f32, &f32)| (a - b).abs() < 2e-3;
                assert!(
                    weights.iter().zip(products).all(near),
                    "{weights} {products}"
                );
            }
        }
    }

    #[test]
    fn few_long_rows_have_products_and_many_short_ones_none() {
        let of = |n: usize| Products::of(&rows(0..n), &rows(0..1), &vocabulary());
        assert!(of(20).is_some());
        assert!(of(30).is_none());
    }
}
