//! Outcomes to numbers: metrics, intervals, reports and their comparison.

mod outcome;

pub use outcome::{ArticleOutcome, Evidence, ReportInput, TaskOutcomes};
