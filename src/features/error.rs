//! Why no features can be made.

use thiserror::Error;

/// Why no features can be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FeatureError {
    /// A setting outside its range.
    #[error("{0}")]
    Setting(String),
    /// No term stands in enough documents.
    #[error(
        "no term stands in at least {min_df} of the {n_documents} articles; more or longer articles are needed"
    )]
    EmptyVocabulary {
        /// Documents read.
        n_documents: usize,
        /// Document frequency asked for.
        min_df: u32,
    },
    /// More terms than a column number can hold.
    #[error("more than {} terms", u32::MAX)]
    TooManyTerms,
    /// From linfa's own checks.
    #[error("{0}")]
    Linfa(String),
}

impl From<linfa::Error> for FeatureError {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error.to_string())
    }
}
