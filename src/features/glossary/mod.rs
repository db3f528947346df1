//! The glossary: concepts with their surface forms in six languages, so that a label learnt in one tags the others.
//!
//! One CSV row a concept: `concept,kind,gloss,fa,ar,ru,az,tr,en[,note]`, forms separated by `|`. How forms match is written in
//! [`Matcher`]; the format for users in `data/README.md`.

mod affixes;
mod check;
mod compiled;
mod file;
mod form;
mod matcher;
mod trie;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use check::{FormUse, GlossaryFinding, Severity, check_forms, check_use};
pub(crate) use compiled::Compiled;
pub use file::{GlossaryFile, GlossaryRow};
pub use form::FormId;
pub(crate) use matcher::Openings;
pub use matcher::{Hit, Matcher};
pub(crate) use trie::Trie;

/// One concept and its surface forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// Unique name, e.g. `gas_pipeline`.
    pub concept: String,
    /// Name of the file it came from without its ending: `energy`, `places`, ...
    pub subject: String,
    /// `topic_term`, `stance_positive`, `place`, ...
    pub kind: String,
    /// Meaning in a few English words.
    pub gloss: String,
    /// Forms of each language, in the order of [`Lang::ALL`](crate::text::Lang::ALL); a `*` ends a prefix.
    pub forms: [Vec<String>; 6],
}

/// One thing wrong with a glossary file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlossaryProblem {
    /// File concerned.
    pub path: PathBuf,
    /// 1-based line.
    pub line: u64,
    /// Name of the column; empty where the row as a whole is meant.
    pub column: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for GlossaryProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, line {}", self.path.display(), self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column \"{}\"", self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// A glossary that cannot be used.
#[derive(Debug, Error)]
pub enum GlossaryError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its content breaks the format; all problems.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Format(Vec<GlossaryProblem>),
}

/// All concepts, in file order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Glossary {
    /// Concepts; their names are unique.
    pub concepts: Vec<Concept>,
}

impl Glossary {
    /// The glossary that ships with the toolkit.
    ///
    /// # Errors
    /// None in a released build: a test reads every file.
    pub fn built_in() -> Result<Self, GlossaryError> {
        let mut glossary = Self::default();
        for file in GlossaryFile::built_in() {
            glossary.add(file)?;
        }
        Ok(glossary)
    }

    /// Adds the concepts of a CSV file of the user's.
    ///
    /// # Errors
    /// When the file cannot be read or breaks the format.
    pub fn read(&mut self, path: &Path) -> Result<(), GlossaryError> {
        self.add(GlossaryFile::read(path)?)
    }

    /// Adds the concepts of a CSV text; `path` is for messages.
    ///
    /// # Errors
    /// Every row that breaks the format.
    pub fn append(&mut self, path: &Path, text: &str) -> Result<(), GlossaryError> {
        self.add(GlossaryFile::parse(path, text))
    }

    /// Adds the concepts of a file.
    ///
    /// # Errors
    /// Every problem of the file, and every concept that stands in the glossary already.
    pub fn add(&mut self, file: GlossaryFile) -> Result<(), GlossaryError> {
        let mut problems = file.problems;
        let mut names: HashSet<String> = self.concepts.iter().map(|c| c.concept.clone()).collect();
        for row in file.rows {
            if names.insert(row.concept.concept.clone()) {
                self.concepts.push(row.concept);
            } else {
                problems.push(GlossaryProblem {
                    path: file.path.clone(),
                    line: row.line,
                    column: "concept".to_owned(),
                    message: format!("\"{}\" exists already", row.concept.concept),
                });
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            problems.sort_by_key(|p| p.line);
            Err(GlossaryError::Format(problems))
        }
    }

    /// The rows of all files in order, without looking for repeated names: what [`check_forms`] and [`check_use`] count by.
    #[must_use]
    pub fn of_rows(files: &[GlossaryFile]) -> Self {
        let rows = files.iter().flat_map(|file| &file.rows);
        Self {
            concepts: rows.map(|row| row.concept.clone()).collect(),
        }
    }

    /// A digest of all concepts and forms, hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for concept in &self.concepts {
            hasher.update(concept.concept.as_bytes());
            for form in concept.forms.iter().flatten() {
                hasher.update(b"\0");
                hasher.update(form.as_bytes());
            }
            hasher.update(b"\n");
        }
        hasher.finalize().to_hex().to_string()
    }
}
