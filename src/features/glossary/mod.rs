//! The glossary: concepts with their surface forms in six languages, so that a label learnt in one tags the others.
//!
//! One CSV row a concept: `concept,kind,gloss,fa,ar,ru,az,tr,en`, forms separated by `|`. How forms match is written in
//! [`Matcher`]; the format for users in `data/README.md`.

mod affixes;
mod matcher;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use matcher::{Hit, Matcher};

const HEADER: [&str; 9] = [
    "concept", "kind", "gloss", "fa", "ar", "ru", "az", "tr", "en",
];
const KINDS: [&str; 10] = [
    "topic_term",
    "stance_positive",
    "stance_negative",
    "stance_neutral",
    "place",
    "person",
    "people",
    "organisation",
    "agency",
    "stop",
];

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$((concat!("data/glossary/", $name, ".csv"), include_str!(concat!("../../../data/glossary/", $name, ".csv")))),*]
    };
}

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
    /// What is wrong.
    pub message: String,
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
    #[error("{}", .0.iter().map(|p| format!("{}, line {}: {}", p.path.display(), p.line, p.message)).collect::<Vec<_>>().join("\n"))]
    Format(Vec<GlossaryProblem>),
    /// The forms cannot be compiled into one automaton.
    #[error("the glossary cannot be compiled: {0}")]
    Compile(String),
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
        let files = built_in!(
            "energy",
            "transport",
            "security",
            "consular",
            "stance",
            "diplomacy",
            "economy",
            "law",
            "organisations",
            "places",
            "people",
            "society",
            "agencies",
            "stop"
        );
        let mut glossary = Self::default();
        for (name, text) in files {
            glossary.append(Path::new(name), text)?;
        }
        Ok(glossary)
    }

    /// Adds the concepts of a CSV file of the user's.
    ///
    /// # Errors
    /// When the file cannot be read or breaks the format.
    pub fn read(&mut self, path: &Path) -> Result<(), GlossaryError> {
        let text = std::fs::read_to_string(path).map_err(|source| GlossaryError::Io {
            path: path.to_owned(),
            source,
        })?;
        self.append(path, &text)
    }

    /// Adds the concepts of a CSV text; `path` is for messages.
    ///
    /// # Errors
    /// Every row that breaks the format.
    pub fn append(&mut self, path: &Path, text: &str) -> Result<(), GlossaryError> {
        let subject = path
            .file_stem()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let mut problems = Vec::new();
        let mut problem = |line, message| {
            problems.push(GlossaryProblem {
                path: path.to_owned(),
                line,
                message,
            })
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        for (i, record) in reader.records().enumerate() {
            match record {
                Ok(record) if i == 0 => {
                    check_header(&record).map_or((), |message| problem(1, message))
                }
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    match self.concept(&record, &subject) {
                        Ok(concept) => self.concepts.push(concept),
                        Err(message) => problem(line, message),
                    }
                }
                Err(e) => problem(e.position().map_or(0, csv::Position::line), e.to_string()),
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(GlossaryError::Format(problems))
        }
    }

    fn concept(&self, record: &csv::StringRecord, subject: &str) -> Result<Concept, String> {
        if record.len() != HEADER.len() {
            return Err(format!("{} cells, expected {}", record.len(), HEADER.len()));
        }
        let id = record[0].trim();
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            return Err(format!(
                "concept \"{id}\" must be lower-case letters, digits and _"
            ));
        }
        if self.concepts.iter().any(|c| c.concept == id) {
            return Err(format!("concept \"{id}\" exists already"));
        }
        if !KINDS.contains(&record[1].trim()) {
            return Err(format!(
                "unknown kind \"{}\"; one of {}",
                &record[1],
                KINDS.join(", ")
            ));
        }
        let forms = std::array::from_fn(|i| split_forms(&record[i + 3]));
        Ok(Concept {
            concept: id.to_owned(),
            subject: subject.to_owned(),
            kind: record[1].trim().to_owned(),
            gloss: record[2].trim().to_owned(),
            forms,
        })
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

fn check_header(record: &csv::StringRecord) -> Option<String> {
    let same =
        record.len() == HEADER.len() && record.iter().zip(HEADER).all(|(a, b)| a.trim() == b);
    (!same).then(|| format!("the header must be {}", HEADER.join(",")))
}

fn split_forms(cell: &str) -> Vec<String> {
    cell.split('|')
        .map(str::trim)
        .filter(|form| !form.is_empty())
        .map(str::to_owned)
        .collect()
}
