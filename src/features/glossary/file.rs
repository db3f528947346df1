//! Glossary files as rows with their places.

use std::path::{Path, PathBuf};

use super::{Concept, GlossaryError, GlossaryProblem};

const HEADER: [&str; 9] = [
    "concept", "kind", "gloss", "fa", "ar", "ru", "az", "tr", "en",
];
/// Optional last column: why an ambiguous short stem stands here.
const NOTE: &str = "note";
/// Column of the first language.
const FORMS: usize = 3;
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

/// One row of a glossary file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlossaryRow {
    /// 1-based line.
    pub line: u64,
    /// The concept.
    pub concept: Concept,
    /// Why its ambiguous short stems are meant; empty without a reason.
    pub note: String,
}

/// A glossary file: the rows that can be used and everything wrong with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlossaryFile {
    /// File name, for messages; without its ending the subject of its concepts.
    pub path: PathBuf,
    /// Rows that keep the format, in file order.
    pub rows: Vec<GlossaryRow>,
    /// Rows that break it.
    pub problems: Vec<GlossaryProblem>,
}

impl GlossaryFile {
    /// The files that ship with the toolkit, in the order that counts where two concepts want one word.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
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
        files
            .map(|(name, text)| Self::parse(Path::new(name), text))
            .into()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When the file cannot be read; rows that break the format are kept as problems.
    pub fn read(path: &Path) -> Result<Self, GlossaryError> {
        let text = std::fs::read_to_string(path).map_err(|source| GlossaryError::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::parse(path, &text))
    }

    /// Reads a CSV text; `path` is for messages.
    #[must_use]
    pub fn parse(path: &Path, text: &str) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            rows: Vec::new(),
            problems: Vec::new(),
        };
        let subject = path
            .file_stem()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut columns = HEADER.len();
        for (i, record) in reader.records().enumerate() {
            match record {
                Ok(record) if i == 0 => {
                    columns = record.len();
                    file.header(&record);
                }
                Ok(record) => file.row(&record, columns, &subject),
                Err(e) => file.problem(
                    e.position().map_or(0, csv::Position::line),
                    "",
                    e.to_string(),
                ),
            }
        }
        file
    }

    fn header(&mut self, record: &csv::StringRecord) {
        let expected = HEADER.iter().chain([&NOTE]);
        let named = record.iter().zip(expected).all(|(a, b)| a.trim() == *b);
        if !named || !(HEADER.len()..=HEADER.len() + 1).contains(&record.len()) {
            let message = format!("the header must be {}[,{NOTE}]", HEADER.join(","));
            self.problem(1, "", message);
        }
    }

    fn row(&mut self, record: &csv::StringRecord, columns: usize, subject: &str) {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != columns || columns < HEADER.len() {
            let message = format!(
                "{} cells where the header has {columns}; put a cell that holds a comma in quotes",
                record.len()
            );
            return self.problem(line, "", message);
        }
        let known = self.problems.len();
        self.names(record, line);
        if self.problems.len() > known {
            return;
        }
        self.rows.push(GlossaryRow {
            line,
            concept: Concept {
                concept: record[0].trim().to_owned(),
                subject: subject.to_owned(),
                kind: record[1].trim().to_owned(),
                gloss: record[2].trim().to_owned(),
                forms: std::array::from_fn(|i| split_forms(&record[FORMS + i])),
            },
            note: record.get(HEADER.len()).map_or("", str::trim).to_owned(),
        });
    }

    fn names(&mut self, record: &csv::StringRecord, line: u64) {
        let (id, kind) = (record[0].trim(), record[1].trim());
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if id.is_empty() || !id.bytes().all(letter) {
            let message = format!("\"{id}\" must be lower-case letters, digits and _");
            self.problem(line, HEADER[0], message);
        }
        if !KINDS.contains(&kind) {
            let message = format!("unknown kind \"{kind}\"; one of {}", KINDS.join(", "));
            self.problem(line, HEADER[1], message);
        }
    }

    fn problem(&mut self, line: u64, column: &str, message: String) {
        self.problems.push(GlossaryProblem {
            path: self.path.clone(),
            line,
            column: column.to_owned(),
            message,
        });
    }
}

fn split_forms(cell: &str) -> Vec<String> {
    cell.split('|')
        .map(str::trim)
        .filter(|form| !form.is_empty())
        .map(str::to_owned)
        .collect()
}
