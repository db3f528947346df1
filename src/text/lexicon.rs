//! The rule tables, parsed: Persian compounds and he-words.

use std::collections::{HashMap, HashSet};

use super::{RuleTables, TextError, fold::squeeze};

/// Persian words and compounds by key.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    /// First parts of compounds.
    first: HashSet<String>,
    /// Compound written together to its canonical key.
    compounds: HashMap<String, String>,
    /// Words that end in a silent he.
    he_words: HashSet<String>,
}

impl Lexicon {
    pub(super) fn new(tables: &RuleTables) -> Result<Self, TextError> {
        let mut lexicon = Lexicon::default();
        for (index, line) in tables.fa_compounds.lines().enumerate() {
            lexicon
                .add_compound(line)
                .map_err(|problem| TextError::BadTable {
                    table: "fa_compounds",
                    line: index + 1,
                    problem,
                })?;
        }
        let words = tables
            .fa_he_words
            .lines()
            .filter(|line| !line.starts_with('#'));
        lexicon.he_words = words.flat_map(str::split_whitespace).map(key_of).collect();
        Ok(lexicon)
    }

    fn add_compound(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (parts, canonical) = line.split_once('\t').unwrap_or((line, ""));
        let parts: Vec<String> = parts.split_whitespace().map(key_of).collect();
        if parts.len() > MAX_PARTS || parts.iter().any(String::is_empty) || parts.is_empty() {
            return Err(format!(
                "expected 1 to {MAX_PARTS} parts, found {}",
                parts.len()
            ));
        }
        let joined = parts.concat();
        let canonical = if canonical.is_empty() {
            joined.clone()
        } else {
            key_of(canonical)
        };
        if parts.len() > 1 {
            self.first.insert(parts[0].clone());
        }
        self.compounds.insert(joined, canonical);
        Ok(())
    }

    pub(super) fn starts_compound(&self, key: &str) -> bool {
        self.first.contains(key)
    }

    /// The canonical key of a compound written together.
    pub(super) fn compound(&self, joined: &str) -> Option<&str> {
        self.compounds.get(joined).map(String::as_str)
    }

    /// Ends in a silent he and takes `ای` where others take `های`.
    pub(super) fn is_he_word(&self, key: &str) -> bool {
        self.he_words.contains(key)
    }
}

/// Most words in a compound.
pub(super) const MAX_PARTS: usize = 4;

fn key_of(word: &str) -> String {
    let mut key = String::new();
    squeeze(word, &mut key);
    key
}
