//! What decides the keys, as data: it travels inside the model file.

use serde::{Deserialize, Serialize};

/// Errors of the text room.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextError {
    /// A language code that is not one of the six or `other`.
    #[error("unknown language code {0:?} (known: fa ar ru az tr en other)")]
    UnknownLanguage(String),
    /// The spec was written for rules this program does not have.
    #[error("text rules of version {found} are not known to this program (it knows 1 to {known})")]
    UnknownRules {
        /// Version asked for.
        found: u32,
        /// Newest version known.
        known: u32,
    },
    /// A line of a rule table that does not have the form its header states.
    #[error("rule table {table}, line {line}: {problem}")]
    BadTable {
        /// Name of the table: a field of [`RuleTables`].
        table: &'static str,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Version of the rules that are code (folding, scanning, joining, stemming). Any change of a key needs a new one.
pub(crate) const RULES: u32 = 1;

/// Everything that decides tokens, keys, stems and masks.
///
/// Serialised whole into the model file, tables included, so an old model makes its old keys for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalyzerSpec {
    /// Version of the rules that are code.
    pub rules: u32,
    /// How separated and glued affixes and compounds become one key.
    pub joining: Joining,
    /// How `Token::stem` is made.
    pub stemming: Stemming,
    /// What `Token::masked` hides.
    pub masking: Masking,
    /// The rules that are tables.
    pub tables: RuleTables,
}

impl Default for AnalyzerSpec {
    fn default() -> Self {
        Self {
            rules: RULES,
            joining: Joining::Affixes,
            stemming: Stemming::Light,
            masking: Masking::Outlet,
            tables: RuleTables::default(),
        }
    }
}

/// Joining of separated affixes, clitics and compounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Joining {
    /// Words stay as the spaces cut them (a zero-width non-joiner is still dropped).
    Off,
    /// Persian affixes and lexicon compounds, Arabic clitics cut off by a space.
    Affixes,
}

/// Stemming of `Token::stem`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Stemming {
    /// The stem is the key.
    Off,
    /// Inflection is taken off: own light stemmers for Persian, Arabic and Azerbaijani, Snowball for Russian, Turkish, English.
    Light,
}

/// Masking of what names the outlet and the day instead of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Masking {
    /// Nothing is masked.
    Off,
    /// Agency attributions, datelines, dates and times.
    Outlet,
}

/// The rule tables, as the text of their files under `data/text/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTables {
    /// Persian affixes by kind.
    pub fa_affixes: String,
    /// Persian compounds: parts separated by spaces, then optionally a tab and the canonical key.
    pub fa_compounds: String,
    /// Persian words that end in a silent he, for glued forms such as `بیانیهای`.
    pub fa_he_words: String,
    /// Beginnings of Arabic words whose first letter is no clitic.
    pub ar_whole: String,
    /// Azerbaijani words that end in n.
    pub az_n_words: String,
    /// Agencies, attribution formulas, months: one `lang TAB kind TAB words` a line.
    pub masks: String,
}

impl Default for RuleTables {
    fn default() -> Self {
        Self {
            fa_affixes: include_str!("../../data/text/v1/fa_affixes.tsv").to_owned(),
            fa_compounds: include_str!("../../data/text/v1/fa_compounds.tsv").to_owned(),
            fa_he_words: include_str!("../../data/text/v1/fa_he_words.txt").to_owned(),
            ar_whole: include_str!("../../data/text/v1/ar_whole.txt").to_owned(),
            az_n_words: include_str!("../../data/text/v1/az_n_words.txt").to_owned(),
            masks: include_str!("../../data/text/v1/masks.tsv").to_owned(),
        }
    }
}
