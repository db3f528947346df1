//! One article file to text.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Article, Meta};

/// Largest article read, in bytes: no news article is larger, and a stray disk image must not fill the memory.
pub(crate) const MAX_ARTICLE_BYTES: u64 = 8 * 1024 * 1024;

/// Why a file gives no article.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("{path}: {source}")]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Larger than the limit for one article.
    #[error("{path}: {bytes} bytes, more than the limit of {MAX_ARTICLE_BYTES} for one article")]
    TooLarge {
        /// File concerned.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Holds NUL bytes: not text.
    #[error("{path}: binary file (a zero byte at offset {offset}); articles are plain text")]
    Binary {
        /// File concerned.
        path: PathBuf,
        /// Offset of the first zero byte.
        offset: usize,
    },
    /// Not valid in its encoding.
    #[error("{path}: not UTF-8 text (byte {offset}); save the file as UTF-8")]
    Encoding {
        /// File concerned.
        path: PathBuf,
        /// Offset of the first bad byte.
        offset: usize,
    },
    /// Nothing but white space.
    #[error("{path}: empty: no text in the file")]
    Empty {
        /// File concerned.
        path: PathBuf,
    },
}

/// Reads one plain-text article; its id is `id`.
///
/// # Errors
/// Every reason of [`ReadError`], each naming the path.
pub fn read_article(path: &Path, id: &str) -> Result<Article, ReadError> {
    let text = read_text(path)?;
    Ok(Article {
        id: id.to_owned(),
        text,
        path: path.to_owned(),
        meta: Meta::default(),
    })
}

/// Reads a text file of at most the limit for one article that is not blank.
pub(crate) fn read_text(path: &Path) -> Result<String, ReadError> {
    let io = |source| ReadError::Io {
        path: path.to_owned(),
        source,
    };
    let bytes = fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_ARTICLE_BYTES {
        return Err(ReadError::TooLarge {
            path: path.to_owned(),
            bytes,
        });
    }
    let text = decode(fs::read(path).map_err(io)?, path)?;
    if text.trim().is_empty() {
        return Err(ReadError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(text)
}

fn decode(mut bytes: Vec<u8>, path: &Path) -> Result<String, ReadError> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    if let Some(offset) = bytes.iter().position(|&b| b == 0) {
        return Err(ReadError::Binary {
            path: path.to_owned(),
            offset,
        });
    }
    String::from_utf8(bytes).map_err(|e| ReadError::Encoding {
        path: path.to_owned(),
        offset: e.utf8_error().valid_up_to(),
    })
}
