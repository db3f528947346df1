//! Columns that tell labels apart, by the chi-square statistic.
//!
//! For a column with values `x_i >= 0` and a label of share `p` among the annotated rows, with `S` the sum of the column and
//! `O` that over the rows of the label: `chi2 = (O - pS)^2 / pS + (O - pS)^2 / (1 - p)S`. Yang and Pedersen, "A Comparative Study
//! on Feature Selection in Text Categorization", ICML 1997, for counts; for weights as scikit-learn's
//! `feature_selection.chi2`.

use linfa::dataset::Records;
use ndarray::Array2;

use crate::features::SparseRows;

/// The `most` columns with the highest chi-square over any label, ascending; of equals the first. Columns that no
/// label makes a difference to are left out.
pub(super) fn best_columns(
    rows: &SparseRows,
    targets: &Array2<Option<bool>>,
    most: usize,
) -> Vec<u32> {
    let mut best = vec![0.0_f64; rows.nfeatures()];
    for label in targets.columns() {
        let label: Vec<Option<bool>> = label.to_vec();
        for (best, chi) in best.iter_mut().zip(chi_squares(rows, &label)) {
            *best = best.max(chi);
        }
    }
    let mut order: Vec<u32> = (0..rows.nfeatures() as u32).collect();
    order.retain(|&column| best[column as usize] > 0.0);
    order.sort_by(|&a, &b| best[b as usize].total_cmp(&best[a as usize]));
    order.truncate(most);
    order.sort_unstable();
    order
}

/// The statistic of every column for one label; 0 for a label that all annotated rows carry, or none.
fn chi_squares(rows: &SparseRows, label: &[Option<bool>]) -> Vec<f64> {
    let mut sums = vec![[0.0_f64; 2]; rows.nfeatures()];
    let mut n = [0.0_f64; 2];
    for (i, gold) in label.iter().enumerate() {
        let Some(gold) = *gold else { continue };
        n[usize::from(gold)] += 1.0;
        let (columns, values) = rows.row(i);
        for (&column, &value) in columns.iter().zip(values) {
            sums[column as usize][usize::from(gold)] += f64::from(value);
        }
    }
    let share = n[1] / (n[0] + n[1]);
    let chi = |[without, with]: [f64; 2]| {
        let (expected, rest) = (share * (without + with), (1.0 - share) * (without + with));
        let known = expected > 0.0 && rest > 0.0;
        let squared = (with - expected).powi(2);
        if known {
            squared / expected + squared / rest
        } else {
            0.0
        }
    };
    sums.into_iter().map(chi).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> SparseRows {
        let rows = [
            vec![(0, 1.0), (2, 1.0)],
            vec![(0, 2.0), (1, 1.0), (2, 1.0)],
            vec![(1, 3.0), (2, 1.0)],
            vec![(0, 9.0)],
        ];
        SparseRows::from_rows(4, &rows)
    }

    #[test]
    fn the_statistic_is_that_of_scikit_learn() {
        // chi2([[1, 0, 1], [2, 1, 1], [0, 3, 1]], [1, 1, 0]) = [1.5, 3.125, 0]
        let label = [Some(true), Some(true), Some(false), None];
        let found = chi_squares(&rows(), &label);
        assert!((found[0] - 1.5).abs() < 1e-12, "{found:?}");
        assert!((found[1] - 3.125).abs() < 1e-12, "{found:?}");
        assert!(
            found[2].abs() < 1e-12 && found[3].abs() < 1e-12,
            "{found:?}"
        );
    }

    #[test]
    fn the_best_columns_of_any_label_are_taken() {
        let gold = |i: usize, k: usize| (i < 3).then_some((i < 2) == (k == 0));
        let targets = Array2::from_shape_fn((4, 2), |(i, k)| gold(i, k));
        assert_eq!(best_columns(&rows(), &targets, 1), [1]);
        assert_eq!(best_columns(&rows(), &targets, 9), [0, 1]);
        let all = Array2::from_elem((4, 1), Some(true));
        assert!(best_columns(&rows(), &all, 9).is_empty());
    }
}
