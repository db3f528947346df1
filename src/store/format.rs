//! Names, version and metadata of the model file, and everything that can be wrong with one.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::pipeline::{Head, PipelineError, Statistics, TextSpec};
use crate::text::Lang;

/// Version of the format that is written.
pub(super) const FORMAT: u32 = 3;
/// Oldest version that is read. A reader refuses every version it does not know.
pub(super) const OLDEST: u32 = 1;
/// The one key of the safetensors metadata; its value is the JSON of [`Metadata`].
pub(super) const METADATA_KEY: &str = "article_toolkit";
/// What stands in the header, escaped, before the 64 hex digits of the digest.
pub(super) const DIGEST_MARK: &[u8] = b"{\\\"digest\\\":\\\"";
pub(super) const DIGEST_LEN: usize = 64;
/// A larger file is not a model of ours; checked before anything is read.
pub(super) const MAX_FILE_BYTES: u64 = 16 << 30;
/// The same of a header.
pub(super) const MAX_HEADER_BYTES: u64 = 16 << 20;

/// All of a model that is not an array. The digest comes first so that it is found without parsing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    /// BLAKE3, hex, over the whole file with these digits read as zeros.
    pub(super) digest: String,
    pub(super) format: u32,
    /// Version of the toolkit that wrote it; for people.
    pub(super) toolkit: String,
    pub(super) text: TextSpec,
    pub(super) heads: Vec<Head>,
    pub(super) n_articles: usize,
    pub(super) data_digest: String,
    /// Models of the first toolkit have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) statistics: Option<Statistics>,
    /// Languages answered by the model in the array `transfer`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) transfer_languages: Vec<Lang>,
}

/// The part of the metadata that every version has.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) format: u32,
    pub(super) toolkit: String,
}

/// Why a model file cannot be written or used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a model file at all, or cut short.
    #[error("{path}: not a model file of the toolkit, or damaged: {reason}")]
    NotAModel {
        /// File concerned.
        path: PathBuf,
        /// What was expected.
        reason: String,
    },
    /// Written in another version of the format.
    #[error(
        "{path}: model format {found}, written by toolkit {toolkit}; this toolkit reads formats {OLDEST} to {FORMAT}. Train again or use that version"
    )]
    Version {
        /// File concerned.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Who wrote it.
        toolkit: String,
    },
    /// The content does not match its own digest.
    #[error(
        "{path}: damaged: the content does not match its checksum; copy or train the model again"
    )]
    Checksum {
        /// File concerned.
        path: PathBuf,
    },
    /// The parts contradict each other.
    #[error("{path}: broken model: {what}: expected {expected}, found {found}")]
    Inconsistent {
        /// File concerned.
        path: PathBuf,
        /// Which promise is broken.
        what: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Its text rules cannot be built.
    #[error("{path}: {source}")]
    Build {
        /// File concerned.
        path: PathBuf,
        /// What failed.
        source: PipelineError,
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Models written before the training statistics were kept stay readable.
    #[test]
    fn metadata_without_statistics_is_read_and_written_back() {
        let metadata = Metadata {
            digest: "0".repeat(DIGEST_LEN),
            format: FORMAT,
            toolkit: "0.1.0".to_owned(),
            text: TextSpec::default(),
            heads: Vec::new(),
            n_articles: 3,
            data_digest: String::new(),
            statistics: None,
            transfer_languages: Vec::new(),
        };
        let json = serde_json::to_string(&metadata).unwrap();
        assert!(!json.contains("statistics"));
        let read: Metadata = serde_json::from_str(&json).unwrap();
        assert_eq!(read.statistics, None);
    }
}
