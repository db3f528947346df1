//! What is counted and how counts are weighted. Stored in the model file.

use serde::{Deserialize, Serialize};

use super::Hashing;

/// One kind of features; each block is L2-normalised by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// n-grams of word stems.
    Words = 0,
    /// Character n-grams inside word boundaries.
    Characters = 1,
    /// Glossary concepts in the whole article.
    Concepts = 2,
    /// Glossary concepts in the title and lead.
    LeadConcepts = 3,
    /// How many hits each subject and each kind of the glossary has, in the whole article and in the lead: few dense
    /// features that carry a label over to concepts never seen in training.
    Subjects = 4,
}

impl Block {
    /// All blocks, in column order.
    pub const ALL: [Self; 5] = [
        Self::Words,
        Self::Characters,
        Self::Concepts,
        Self::LeadConcepts,
        Self::Subjects,
    ];

    /// Name in reports and settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        [
            "words",
            "characters",
            "concepts",
            "lead_concepts",
            "subjects",
        ][self as usize]
    }
}

/// The tables that decide which words around a concept belong to it, as the text of their files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureTables {
    /// Clitics and endings around glossary forms, as `data/affixes.csv`.
    pub affixes: String,
    /// Words and infixes that negate, as `data/negation.csv`.
    pub negation: String,
}

impl Default for FeatureTables {
    fn default() -> Self {
        Self {
            affixes: include_str!("../../data/affixes.csv").to_owned(),
            negation: include_str!("../../data/negation.csv").to_owned(),
        }
    }
}

/// Settings of the featurizer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// Longest word n-gram, from 1; 0 switches the block off.
    pub word_ngrams: usize,
    /// Shortest and longest character n-gram; `(0, 0)` switches the block off.
    pub char_ngrams: (usize, usize),
    /// A word or character n-gram must stand in at least this many articles.
    pub min_df: u32,
    /// Number of leading tokens (title and lead) counted in the lead block.
    pub lead_tokens: usize,
    /// Models of formats 1 and 2 do not say.
    #[serde(default = "Hashing::first")]
    pub hashing: Hashing,
    /// Models of format 1 have none of their own.
    #[serde(default)]
    pub tables: FeatureTables,
}

impl Default for FeatureSpec {
    fn default() -> Self {
        Self {
            word_ngrams: 2,
            char_ngrams: (3, 5),
            min_df: 2,
            lead_tokens: 60,
            hashing: Hashing::Apart,
            tables: FeatureTables::default(),
        }
    }
}

impl FeatureSpec {
    /// The same settings with the n-gram blocks that are not in use switched off; `used` in the order of [`Block::ALL`].
    #[must_use]
    pub fn only(mut self, used: &[bool; 5]) -> Self {
        // Single words stay: the share of unknown words is told by them.
        if !used[Block::Words as usize] {
            self.word_ngrams = self.word_ngrams.min(1);
        }
        if !used[Block::Characters as usize] {
            self.char_ngrams = (0, 0);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_out_of_use_are_not_counted_but_for_single_words() {
        let only = |used| FeatureSpec::default().only(&used);
        let words = only([true, false, true, false, false]);
        assert_eq!((words.word_ngrams, words.char_ngrams), (2, (0, 0)));
        let characters = only([false, true, false, false, false]);
        assert_eq!(
            (characters.word_ngrams, characters.char_ngrams),
            (1, (3, 5))
        );
    }
}
