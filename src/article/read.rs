//! One article file to text.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Article, Decoded, HtmlError, decode, extract};

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
    /// A web page without an article.
    #[error("{path}: {source}")]
    Html {
        /// File concerned.
        path: PathBuf,
        /// What is missing.
        source: HtmlError,
    },
    /// Nothing but white space.
    #[error("{path}: empty: no text in the file")]
    Empty {
        /// File concerned.
        path: PathBuf,
    },
}

/// Reads one article from a text file in any common encoding, or from a web page (`.html`, `.htm`); its id is `id`.
///
/// # Errors
/// Every reason of [`ReadError`], each naming the path.
pub fn read_article(path: &Path, id: &str) -> Result<Article, ReadError> {
    let (text, flags) = read_text(path)?;
    Ok(Article {
        id: id.to_owned(),
        text,
        path: path.to_owned(),
        flags,
        ..Article::default()
    })
}

/// Text of an article file of limited size that is not blank, and what had to be done to read it.
pub(crate) fn read_text(path: &Path) -> Result<(String, Vec<String>), ReadError> {
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
    let decoded = decode(&fs::read(path).map_err(io)?);
    if let Some(offset) = decoded.text.bytes().position(|b| b == 0) {
        return Err(ReadError::Binary {
            path: path.to_owned(),
            offset,
        });
    }
    let flags = decoding_flags(&decoded);
    let text = if is_html(path) {
        page_text(path, &decoded.text)?
    } else {
        decoded.text
    };
    if text.trim().is_empty() {
        return Err(ReadError::Empty {
            path: path.to_owned(),
        });
    }
    Ok((text, flags))
}

/// UTF-8 without a fault needs no word; anything else does.
fn decoding_flags(decoded: &Decoded) -> Vec<String> {
    let mut flags = Vec::new();
    if decoded.encoding != "UTF-8" {
        flags.push(format!("encoding {}", decoded.encoding));
    }
    if decoded.repaired > 0 {
        flags.push(format!("repaired {} characters", decoded.repaired));
    }
    flags
}

fn is_html(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("html" | "htm"))
}

fn page_text(path: &Path, html: &str) -> Result<String, ReadError> {
    let page = extract(html).map_err(|source| ReadError::Html {
        path: path.to_owned(),
        source,
    })?;
    Ok(Article::with_title(
        page.title.as_deref().unwrap_or(""),
        page.text,
    ))
}
