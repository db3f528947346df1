//! Rows to scores: solvers, one-vs-rest and multinomial models, baselines, calibration, cuts, model selection.

mod band;
mod baseline;
mod bayes;
mod calibrate;
#[cfg(feature = "linfa-classifiers")]
mod chi_square;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod contract;
mod cut;
mod dual;
mod family;
mod isotonic;
mod linear;
#[cfg(feature = "linfa-classifiers")]
mod linfa_svm;
mod multinomial;
mod prior;
mod products;
mod search;
mod select;

use linfa::dataset::Records;
use ndarray::{Array1, Array2};
use thiserror::Error;

use crate::features::SparseRows;

pub use band::{Band, Certainty};
pub use baseline::majority;
pub use bayes::{Bayes, BayesParams, BayesValidParams};
pub use calibrate::{Calibration, calibrate_multi, calibrate_single};
pub(crate) use cut::cuts_from;
pub use cut::{Cut, CutRule, cuts_by, decide_multi, decide_single, short_of_precision};
pub(crate) use dual::shuffled;
pub use family::Family;
pub use isotonic::Isotonic;
pub use linear::{ClassWeight, Linear, LinearParams, LinearValidParams, Loss};
pub use multinomial::{MultinomialParams, MultinomialValidParams};
pub(crate) use prior::Prior;
pub(crate) use search::{Judge, Searched, Space, search};
pub use select::{BlockWeights, Candidate, TaskScores, macro_f1, micro_f1};
pub(crate) use select::{FoldRows, Learnt, decide, fold_rows, held_fast, to_probabilities, unsure};

/// Why nothing was learnt.
#[derive(Debug, Error, PartialEq)]
pub enum ClassifyError {
    /// A setting outside its range.
    #[error("{0}")]
    Setting(String),
    /// Rows and targets do not belong together.
    #[error("{rows} rows but {targets} rows of labels")]
    Shape {
        /// Rows of features.
        rows: usize,
        /// Rows of labels.
        targets: usize,
    },
    /// No row is annotated for the task.
    #[error("no annotated article")]
    NoTargets,
    /// The learner is linfa's, and this build was made without the feature `linfa-classifiers`.
    #[error(
        "linfa-svm is not in this build; cargo build --release --features linfa-classifiers makes one that has it"
    )]
    NotBuilt,
    /// From linfa's own checks.
    #[error("{0}")]
    Linfa(String),
}

impl From<linfa::Error> for ClassifyError {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error.to_string())
    }
}

/// Checks what every learner needs: as many targets as rows, and at least one of them annotated.
pub(crate) fn check_shapes(
    rows: &SparseRows,
    targets: &Array2<Option<bool>>,
) -> Result<(), ClassifyError> {
    if rows.nsamples() != targets.nrows() {
        return Err(ClassifyError::Shape {
            rows: rows.nsamples(),
            targets: targets.nrows(),
        });
    }
    if !targets.iter().any(Option::is_some) {
        return Err(ClassifyError::NoTargets);
    }
    Ok(())
}

/// Weights of `linfa::DatasetBase`, or one for each row where none were given.
pub(crate) fn sample_weights(weights: &Array1<f32>, n_samples: usize) -> Vec<f64> {
    if weights.len() == n_samples {
        return weights.iter().map(|&w| f64::from(w)).collect();
    }
    vec![1.0; n_samples]
}
