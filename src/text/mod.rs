//! Raw text to text keys: language, normalisation, tokens, affixes, stems, masks.
//!
//! The one entrance is [`Analyzer`]: built from an [`AnalyzerSpec`] (pure data, stored in the model file), shared by all
//! threads, fed with the byte ranges of an article that [`crate::article::Cleaner`] kept. Every rule stands with its reason
//! and example in `docs/text.md`.

mod analyzer;
mod filter;
mod fold;
mod join;
mod lang;
mod lexicon;
mod mask;
mod scan;
mod spec;
mod stem;
mod words;

use std::ops::Range;

pub use analyzer::{Analyzer, Scratch};
pub use lang::{Lang, LangGuess, guess_language, guess_language_in};
pub use mask::Outlet;
pub use spec::{AnalyzerSpec, Joining, Masking, RuleTables, Stemming, TextError};

pub(crate) use fold::squeeze;
pub(crate) use lang::common_word_share;

/// One token of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'t> {
    /// The text key: one spelling for every variant of the word. Feeds the character block.
    pub key: &'t str,
    /// The key without its inflection (light stem); equal to `key` where no stemmer applies. Feeds the word block.
    pub stem: &'t str,
    /// Number of this key and stem in the [`Scratch`]: the same for the same word until the scratch forgets its words, which
    /// it does between texts only.
    pub word: u32,
    /// Where the token stands in the article as read, in bytes.
    pub bytes: Range<usize>,
    /// Running number; it skips one at every sentence end and paragraph, so n-grams never cross them.
    pub position: u32,
    /// Part of a date, dateline or agency attribution: kept for offsets, hidden from the features.
    pub masked: bool,
}
