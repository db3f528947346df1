//! Paths as typed to article files: folders are walked, sorted, never followed in circles.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;
use walkdir::{DirEntry, WalkDir};

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
        "{path}: no article in this folder (looked for {looked_for} files, also in folders below it)"
    )]
    NoArticles {
        /// Folder concerned.
        path: PathBuf,
        /// What would have been taken.
        looked_for: String,
    },
}

/// File name endings read as an article.
pub(crate) const ARTICLE_EXTENSIONS: &[&str] = &["txt", "html", "htm"];

/// Expands files and folders to article files: a file as typed, a folder to every article below it as [`walk`] finds
/// them.
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
        for file in walk(path, is_article) {
            found.push(file?);
        }
        if found.len() == before {
            return Err(InputError::NoArticles {
                path: path.clone(),
                looked_for: ".txt and .html".to_owned(),
            });
        }
    }
    Ok(found)
}

/// Every file below `folder` that `wanted` takes, in the byte order of names, folder by folder, found as it is asked for: only one folder's
/// names a level are in memory. Links to folders are not followed, so no circle is walked.
pub fn walk<F: Fn(&Path) -> bool>(
    folder: &Path,
    wanted: F,
) -> impl Iterator<Item = Result<PathBuf, InputError>> + use<F> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    let folder = folder.to_owned();
    entries.filter_map(move |entry| match entry {
        Ok(entry) if is_folder(&entry) || !wanted(entry.path()) => None,
        Ok(entry) => Some(Ok(entry.into_path())),
        Err(error) => Some(Err(InputError::Io {
            path: error.path().unwrap_or(&folder).to_owned(),
            source: error.into(),
        })),
    })
}

/// A folder, or a link to one.
fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() || (entry.path_is_symlink() && entry.path().is_dir())
}

fn is_article(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| ARTICLE_EXTENSIONS.contains(&e.as_str()))
}
