//! Paths as typed to article files: folders are walked, sorted, never followed in circles.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why an input path gives no list of files.
#[derive(Debug, Error)]
pub enum InputError {
    /// The path does not exist or cannot be listed.
    #[error("{path}: {source}")]
    Io {
        /// Path concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder without a single article.
    #[error(
        "{path}: no article in this folder (looked for .txt and .html files, also in folders below it)"
    )]
    NoArticles {
        /// Folder concerned.
        path: PathBuf,
    },
}

/// File name endings read as an article.
pub(crate) const ARTICLE_EXTENSIONS: &[&str] = &["txt", "html", "htm"];

/// Expands files and folders to article files: a file as typed, a folder to every article below it in the byte order
/// of paths. Links to folders are not followed, so no circle is walked.
///
/// # Errors
/// A path that does not exist, a folder that cannot be listed, or one that holds no article.
pub fn find_articles(paths: &[PathBuf]) -> Result<Vec<PathBuf>, InputError> {
    let mut found = Vec::new();
    for path in paths {
        let io = |source| InputError::Io {
            path: path.clone(),
            source,
        };
        if !fs::metadata(path).map_err(io)?.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        walk(path, &mut found)?;
        if found.len() == before {
            return Err(InputError::NoArticles { path: path.clone() });
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), InputError> {
    let io = |source| InputError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut entries = fs::read_dir(folder)
        .map_err(io)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(io)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(io)?.is_dir() {
            walk(&path, found)?;
        } else if is_article(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_article(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| ARTICLE_EXTENSIONS.contains(&e.as_str()))
}
