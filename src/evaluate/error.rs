//! What can go wrong with reports.

use std::path::PathBuf;

/// Why a report could not be made, written, read or compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The outcomes contradict themselves.
    #[error("these outcomes cannot be evaluated: {0}")]
    Invalid(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a report of this version's shape.
    #[error("{path}:{line}:{column}: not a report: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What was expected.
        message: String,
    },
    /// The file says it is of another schema.
    #[error("{path}: report schema {found}, this version reads schema {supported}: evaluate again")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Schema the file names.
        found: u64,
        /// Schema this version reads.
        supported: u32,
    },
    /// The file is a report, but its parts contradict each other.
    #[error("{path}: the report contradicts itself: {reason}")]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// Two reports do not speak of the same test.
    #[error(transparent)]
    NotComparable(#[from] NotComparable),
}

/// Two reports cannot be compared in pairs; every reason is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not comparable because {}", .reasons.join("; "))]
pub struct NotComparable {
    /// Why, in words, most important first; never empty.
    pub reasons: Vec<String>,
    /// Whether a common part exists that `--common` would compare.
    pub common_part: bool,
}
