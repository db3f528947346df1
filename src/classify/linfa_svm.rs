//! linfa's support vector machine as one of our learners.
//!
//! linfa-svm solves `min 1/2 w'w + sum C_i max(0, 1 - y_i (w'x_i + b))` by sequential minimal optimisation (Fan, Chen, Lin, "Working Set Selection
//! Using Second Order Information for Training SVM", JMLR 6, 2005) on dense rows and the inner products of all of them, so it
//! gets the [`N_COLUMNS`] columns that tell labels apart best, and no more than [`MOST`] rows. A linear kernel gives
//! a weight for each column: the model is a [`Linear`] like ours, with 0 for every other column.

use linfa::dataset::{DatasetBase, Records};
use linfa::traits::Fit;
use linfa_svm::Svm;
use ndarray::{Array1, Array2};
use rayon::prelude::*;

use crate::features::SparseRows;

use super::chi_square::best_columns;
use super::{ClassWeight, ClassifyError, Linear, check_shapes};

/// Columns kept.
const N_COLUMNS: usize = 500;
/// Most rows: the solver holds the products of all of them as doubles, 200 MB for so many.
const MOST: usize = 5_000;

/// Settings.
#[derive(Debug, Clone)]
pub(crate) struct LinfaSvm {
    /// Cost of a training error.
    pub(crate) c: f64,
    /// Weights of the two sides of each label.
    pub(crate) class_weight: ClassWeight,
}

/// Weight of each kept column, and the bias.
type Plane = (Vec<f32>, f32);

impl LinfaSvm {
    /// Learns one plane a label; `weights` says how often each row counts.
    ///
    /// # Errors
    /// Where shapes differ, nothing is annotated, there are too many rows, or a weight is no whole number: linfa-svm knows
    /// no weights of rows, so a row is repeated.
    pub(crate) fn fit_rows(
        &self,
        rows: &SparseRows,
        targets: &Array2<Option<bool>>,
        weights: &[f32],
    ) -> Result<Linear, ClassifyError> {
        check_shapes(rows, targets)?;
        let repeated = repeated(weights)?;
        if repeated.len() > MOST {
            return Err(ClassifyError::Setting(format!(
                "linfa-svm holds the products of all articles and takes at most {MOST}, not {}; use --classifier svm",
                repeated.len()
            )));
        }
        let rows = rows.select(&repeated);
        let targets = targets.select(ndarray::Axis(0), &repeated);
        let columns = best_columns(&rows, &targets, N_COLUMNS);
        let dense = dense(&rows, &columns);
        let labels: Vec<usize> = (0..targets.ncols()).collect();
        let plane = |&k: &usize| self.plane(&dense, &targets.column(k).to_vec(), labels.len());
        let planes: Vec<Plane> = labels.par_iter().map(plane).collect::<Result<_, _>>()?;
        Ok(assemble(&planes, &columns, rows.nfeatures()))
    }

    /// The plane of one label; a label that all annotated rows carry, or none, has a bias alone.
    fn plane(
        &self,
        dense: &Array2<f64>,
        label: &[Option<bool>],
        n_labels: usize,
    ) -> Result<Plane, ClassifyError> {
        let annotated: Vec<usize> = (0..label.len()).filter(|&i| label[i].is_some()).collect();
        let carried: Vec<bool> = annotated.iter().map(|&i| label[i] == Some(true)).collect();
        let n_carried = carried.iter().filter(|c| **c).count();
        if n_carried == 0 || n_carried == carried.len() {
            let bias = [(n_carried > 0, 1.0), (!carried.is_empty(), -1.0)];
            let bias = bias.iter().find(|(holds, _)| *holds);
            return Ok((vec![0.0; dense.ncols()], bias.map_or(0.0, |(_, b)| *b)));
        }
        let gold = annotated.iter().map(|&i| (label[i], 1.0));
        let (negative, positive) = self.class_weight.sides(n_labels, gold);
        let rows = dense.select(ndarray::Axis(0), &annotated);
        let params = Svm::<f64, bool>::params()
            .linear_kernel()
            .pos_neg_weights(self.c * positive, self.c * negative);
        let fitted = params.fit(&DatasetBase::new(rows, Array1::from(carried)));
        let svm = fitted.map_err(|e| ClassifyError::Linfa(e.to_string()))?;
        let unit = |j: usize| Array1::from_shape_fn(dense.ncols(), |i| f64::from(u8::from(i == j)));
        let weight = |j: usize| svm.weighted_sum(&unit(j)) as f32;
        Ok(((0..dense.ncols()).map(weight).collect(), -svm.rho as f32))
    }
}

/// Each row as often as its weight says.
fn repeated(weights: &[f32]) -> Result<Vec<usize>, ClassifyError> {
    let whole = |w: &f32| w.fract() == 0.0 && *w >= 0.0;
    if let Some(w) = weights.iter().find(|w| !whole(w)) {
        return Err(ClassifyError::Setting(format!(
            "linfa-svm takes whole weights of rows only, not {w}"
        )));
    }
    let times = weights.iter().enumerate();
    let times = times.flat_map(|(i, &w)| std::iter::repeat_n(i, w as usize));
    Ok(times.collect())
}

/// The rows over `columns`, ascending.
fn dense(rows: &SparseRows, columns: &[u32]) -> Array2<f64> {
    let mut dense = Array2::zeros((rows.nsamples(), columns.len()));
    for i in 0..rows.nsamples() {
        let (own, values) = rows.row(i);
        for (column, &value) in own.iter().zip(values) {
            if let Ok(j) = columns.binary_search(column) {
                dense[[i, j]] = f64::from(value);
            }
        }
    }
    dense
}

fn assemble(planes: &[Plane], columns: &[u32], n_features: usize) -> Linear {
    let mut weights = Array2::zeros((n_features, planes.len()));
    for (k, (own, _)) in planes.iter().enumerate() {
        for (&column, &weight) in columns.iter().zip(own) {
            weights[[column as usize, k]] = weight;
        }
    }
    Linear {
        weights,
        bias: planes.iter().map(|(_, bias)| *bias).collect(),
        objective: Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use linfa::traits::Predict;

    use super::*;

    #[test]
    fn the_plane_lies_between_the_nearest_rows() {
        // On a line at 0, 1 | 3, 4: the widest margin is 1 < x < 3, so w = 1 and b = -2.
        let rows: Vec<Vec<(u32, f32)>> = [0.0, 1.0, 3.0, 4.0].map(|x| vec![(1, x)]).to_vec();
        let rows = SparseRows::from_rows(2, &rows);
        let targets = Array2::from_shape_fn((4, 1), |(i, _)| Some(i > 1));
        let svm = LinfaSvm {
            c: 100.0,
            class_weight: ClassWeight::Uniform,
        };
        let model = svm.fit_rows(&rows, &targets, &[1.0; 4]).unwrap();
        assert!((model.weights[[1, 0]] - 1.0).abs() < 1e-3, "{model:?}");
        assert!((model.bias[0] + 2.0).abs() < 1e-3, "{model:?}");
        assert!((model.predict(&rows)[[3, 0]] - 2.0).abs() < 1e-2);
    }

    #[test]
    fn what_it_cannot_hold_or_weigh_is_refused() {
        let svm = LinfaSvm {
            c: 1.0,
            class_weight: ClassWeight::Uniform,
        };
        let fit = |n: usize, weight: f32| {
            let rows = SparseRows::from_rows(1, &vec![vec![(0, 1.0)]; n]);
            let targets = Array2::from_shape_fn((n, 1), |(i, _)| Some(i == 0));
            svm.fit_rows(&rows, &targets, &vec![weight; n])
                .unwrap_err()
                .to_string()
        };
        assert!(fit(MOST + 1, 1.0).contains("at most 5000, not 5001"));
        assert!(fit(3, 0.5).contains("whole weights"));
    }
}
