//! A report or comparison as terminal text, Markdown or HTML.

mod columns;
mod explanation;
mod fixes;
mod glossary;
mod html;
mod markdown;
mod markdown_report;
mod model;
mod predictions;
mod ranking;
mod slices;
mod text;

use std::io::Write;
use std::path::Path;

pub(crate) use columns::{Align, Columns, printable};
pub use explanation::explanation_text;
pub use fixes::fixes_csv;
pub use glossary::{coverage_text, findings_csv, findings_text};
pub use html::{comparison_html, explanation_html, ranking_html, report_html};
pub use markdown::{comparison_markdown, ranking_markdown};
pub use markdown_report::report_markdown;
pub use model::{cuts_text, hits_text, model_card, model_text};
pub use predictions::{Outcome, PredictionRow, PredictionSink, RowFormat};
pub use ranking::ranking_text;
pub use text::{comparison_text, report_text};

use crate::evaluate::{EvaluateError, write_atomically};

/// Writes rendered text: `path` is the old file or the whole new one at any moment.
///
/// # Errors
/// [`EvaluateError::Io`] with the path.
pub fn save(path: &Path, text: &str) -> Result<(), EvaluateError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))
}
