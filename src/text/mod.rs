//! Raw text to text keys: language, normalisation, tokens, affixes.

use std::ops::Range;

/// One token of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'t> {
    /// The text key: one spelling for every variant of the word. Feeds the character block.
    pub key: &'t str,
    /// The key without its inflection (light stem); equal to `key` where no stemmer applies. Feeds the word block.
    pub stem: &'t str,
    /// Where the token stands in the article as read, in bytes.
    pub bytes: Range<usize>,
    /// Running number; it skips one at every sentence end and paragraph, so n-grams never cross them.
    pub position: u32,
    /// Part of a date, dateline or agency attribution: kept for offsets, hidden from the features.
    pub masked: bool,
}
