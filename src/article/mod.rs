//! What comes in: articles, their readers, `labels.csv`, boilerplate, near-duplicates and folds.

mod boilerplate;
mod task;

pub use boilerplate::{Cleaned, Cleaner, CleanerError, CleanerSpec, Cut};
pub use task::{Task, TaskKind};
