//! `article_toolkit` learns from a labelled list of news articles and tags new ones.
//!
//! The rooms, in the direction the data flows (`docs/ARCHITECTURE.md` is the long form):
//!
//! - [`article`]: what comes in: files, encodings, `labels.csv`, boilerplate, folds;
//! - [`text`]: raw text to text keys: one key for a word however it is spelled.
//! - [`features`]: keys to sparse rows: n-grams, glossary concepts, TF-IDF;
//! - [`classify`]: rows to scores: solvers, calibration, cuts, model selection;
//! - [`pipeline`]: all of it as one thing that is trained, saved and asked;
//! - [`evaluate`]: counts, metrics, intervals, reports and their comparison;
//! - [`store`]: the model file;
//! - [`render`]: a report or comparison as terminal text, Markdown or HTML;
//! - [`batch`]: inputs of any size to rows, in order, in bounded memory, resumable; Arrow and Parquet.

pub mod article;
pub mod atomic;
pub mod batch;
pub mod classify;
pub mod evaluate;
pub mod features;
mod mapped;
pub mod pipeline;
pub mod render;
pub mod store;
pub mod text;
