//! What comes in: articles, their readers, `labels.csv`, boilerplate, near-duplicates and folds.

mod task;

pub use task::{Task, TaskKind};
