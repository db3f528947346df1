//! One article file to text.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Article, Decoded, HtmlError, decode, extract};

/// Largest article read, in bytes: no news article is larger, and a stray disk image must not fill the memory.
const MAX_ARTICLE_BYTES: u64 = 8 * 1024 * 1024;

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
    #[error("{path}: larger than the limit of {limit} bytes for one article")]
    TooLarge {
        /// File concerned.
        path: PathBuf,
        /// The limit.
        limit: u64,
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
    #[error("{path}: empty: no text in it")]
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
    Ok(named(read_text(path)?, path, id))
}

/// Makes an article of the bytes of a text file, or of a web page.
///
/// # Errors
/// [`ReadError::Binary`], [`ReadError::Html`] or [`ReadError::Empty`].
pub fn article_of(bytes: &[u8], html: bool, path: &Path, id: &str) -> Result<Article, ReadError> {
    Ok(named(text_of(bytes, html, path)?, path, id))
}

fn named((text, flags): (String, Vec<String>), path: &Path, id: &str) -> Article {
    Article {
        id: id.to_owned(),
        text,
        path: path.to_owned(),
        flags,
        ..Article::default()
    }
}

/// Reads all of `from`, but never more than one byte beyond `limit`.
///
/// # Errors
/// [`ReadError::Io`], and [`ReadError::TooLarge`] beyond `limit`.
pub fn read_limited(from: impl Read, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// Text of an article file of limited size that is not blank, and what had to be done to read it.
pub(crate) fn read_text(path: &Path) -> Result<(String, Vec<String>), ReadError> {
    let file = File::open(path).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    let bytes = read_limited(file, path, MAX_ARTICLE_BYTES)?;
    text_of(&bytes, is_html(path), path)
}

fn text_of(bytes: &[u8], html: bool, path: &Path) -> Result<(String, Vec<String>), ReadError> {
    let decoded = decode(bytes);
    if let Some(offset) = decoded.text.bytes().position(|b| b == 0) {
        return Err(ReadError::Binary {
            path: path.to_owned(),
            offset,
        });
    }
    let flags = decoding_flags(&decoded);
    let text = if html {
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
pub(crate) fn decoding_flags(decoded: &Decoded) -> Vec<String> {
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
