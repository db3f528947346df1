//! What comes in: articles, their readers, `labels.csv`, boilerplate, near-duplicates and folds.

mod boilerplate;
mod boilerplate_explain;
mod boilerplate_lines;
mod boilerplate_repeated;
mod encoding;
mod facts;
mod html;
mod task;

pub use boilerplate::{Cleaned, Cleaner, CleanerError, CleanerSpec, Cut};
pub use boilerplate_explain::{Explanation, Receipt};
pub use boilerplate_repeated::{Repeated, RepeatedLines};
pub use encoding::{Decoded, decode};
pub use facts::{Date, Facts, read_facts};
pub use html::{HtmlError, Page, extract};
pub use task::{Task, TaskKind};
