//! The learners, by name.

use serde::{Deserialize, Serialize};

use super::ClassifyError;

/// What is learnt on the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// One-vs-rest logistic regression.
    Logistic,
    /// One-vs-rest L2-loss linear SVM.
    LinearSvm,
    /// Softmax regression; for single-label tasks.
    Multinomial,
    /// Complement naive Bayes; its smoothing is 1 over C.
    ComplementBayes,
    /// Multinomial naive Bayes; its smoothing is 1 over C.
    MultinomialBayes,
    /// linfa's support vector machine (hinge loss) on the columns that tell labels apart best.
    LinfaSvm,
    /// Label shares, no text.
    Majority,
}

impl Family {
    /// Name as `--classifier` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
            Self::LinearSvm => "svm",
            Self::Multinomial => "multinomial",
            Self::ComplementBayes => "complement-bayes",
            Self::MultinomialBayes => "multinomial-bayes",
            Self::LinfaSvm => "linfa-svm",
            Self::Majority => "majority",
        }
    }

    /// Learnt by dual coordinate descent (`dual.rs`).
    pub(crate) fn is_by_descent(self) -> bool {
        matches!(self, Self::Logistic | Self::LinearSvm)
    }

    /// Whether this build has the learner; predicting with its models needs none.
    ///
    /// # Errors
    /// [`ClassifyError::NotBuilt`] for a learner of linfa without the cargo feature `linfa-classifiers`.
    pub fn check_built(self) -> Result<(), ClassifyError> {
        match self {
            Self::LinfaSvm if !cfg!(feature = "linfa-classifiers") => Err(ClassifyError::NotBuilt),
            _ => Ok(()),
        }
    }
}
