//! `article_toolkit` learns from a labelled list of news articles and tags new ones.
//!
//! The rooms, in the direction the data flows (`docs/ARCHITECTURE.md` is the long form):
//!
//! - [`article`]: what comes in: files, encodings, `labels.csv`, boilerplate, folds;
//! - [`text`]: raw text to text keys: one key for a word however it is spelled.
//! - [`evaluate`]: counts, metrics, intervals, reports and their comparison;
//! - [`render`]: a report or comparison as terminal text, Markdown or HTML.

pub mod article;
pub mod evaluate;
pub mod render;
pub mod text;
