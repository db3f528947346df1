//! A batch in numbers: what came in, what could not be read, what was answered.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::pipeline::{Prediction, Statistics};
use crate::render::{Outcome, PredictionRow};

/// Version of the summary's form.
const VERSION: u32 = 1;
/// Reasons kept word by word.
const EXAMPLES: usize = 3;

/// Counts over the rows of a batch, and the same counts over the training articles for comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Version of this form.
    pub version: u32,
    /// First 16 hex digits of the model's digest.
    pub model: String,
    /// Rows written.
    pub rows: u64,
    /// Rows without an answer.
    pub unreadable: u64,
    /// Those by the kind of fault.
    pub faults: BTreeMap<String, u64>,
    /// The first reasons, word by word.
    pub reasons: Vec<String>,
    /// Answered rows with each flag; the numbers in a flag are left out.
    pub flags: BTreeMap<String, u64>,
    /// Rows with the same words as an earlier one.
    pub duplicates: u64,
    /// Words, languages, labels and probabilities of the answered rows.
    pub batch: Statistics,
    /// The same of the training articles, out of fold; none for a model that was saved without.
    pub training: Option<Statistics>,
}

impl Summary {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(model: String, batch: Statistics, training: Option<Statistics>) -> Self {
        Self {
            version: VERSION,
            model,
            rows: 0,
            unreadable: 0,
            faults: BTreeMap::new(),
            reasons: Vec::new(),
            flags: BTreeMap::new(),
            duplicates: 0,
            batch,
            training,
        }
    }

    /// Counts a row.
    pub fn add(&mut self, row: &PredictionRow) {
        self.rows += 1;
        self.duplicates += u64::from(row.duplicate_of.is_some());
        match &row.outcome {
            Outcome::Answered(prediction) => self.answered(prediction),
            Outcome::Unreadable { error, flags, .. } => {
                self.unreadable += 1;
                flags.iter().for_each(|flag| count(&mut self.faults, flag));
                if self.reasons.len() < EXAMPLES {
                    self.reasons.push(error.clone());
                }
            }
        }
    }

    fn answered(&mut self, prediction: &Prediction) {
        for flag in &prediction.flags {
            let kind = match flag.split_once(' ') {
                Some((kind @ ("boilerplate" | "repaired"), _)) => kind,
                _ => flag,
            };
            count(&mut self.flags, kind);
        }
        let (words, unknown) = (prediction.words, prediction.unknown_words);
        self.batch.add_article(prediction.lang, words, unknown);
        self.batch.add_answers(&prediction.tasks);
    }

    /// Reads a summary file.
    ///
    /// # Errors
    /// When it cannot be read, is no summary, or is of a version not known.
    pub fn read(path: &Path) -> io::Result<Self> {
        let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
        let text = std::fs::read_to_string(path)?;
        let summary: Self = serde_json::from_str(&text)
            .map_err(|error| invalid(format!("not a summary of predict: {error}")))?;
        if summary.version == VERSION {
            return Ok(summary);
        }
        let found = summary.version;
        Err(invalid(format!(
            "summary version {found}; this toolkit reads {VERSION}"
        )))
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}
