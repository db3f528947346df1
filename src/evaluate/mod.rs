//! Outcomes to numbers: metrics, intervals, reports and their comparison.
//!
//! [`Report::build`] turns a [`ReportInput`] into a [`Report`]; [`Report::compare`] puts two in pairs. Every formula
//! stands in `docs/metrics.md`.

mod bootstrap;
mod build;
mod calibration;
mod compare;
mod counts;
mod error;
mod estimates;
mod fingerprint;
mod groups;
pub mod interval;
mod label_check;
mod label_quality;
mod losses;
mod metric;
mod noise;
mod outcome;
mod random;
mod ranking;
mod report;
mod store;
mod table;
mod unique;
mod validate;
pub mod words;

pub use bootstrap::Resampling;
pub use calibration::Bin;
pub use compare::*;
pub use counts::Counts;
pub use error::{EvaluateError, NotComparable};
pub use fingerprint::Fingerprint;
pub use interval::{Estimate, Interval};
pub use label_check::{likely_errors, told_by_source};
pub use label_quality::{LabelIssue, label_issues};
pub use metric::{Metric, OVERALL, PER_LABEL};
pub use noise::{NoiseCheck, shuffled_gold};
pub use outcome::{ArticleOutcome, Evidence, ReportInput, Sentence, TaskOutcomes};
pub use random::SplitMix64;
pub use ranking::Cut;
pub use report::{
    Baseline, CurvePoint, ErrorPair, Headline, LabelReport, REPORT_SCHEMA, Report, ReportOptions,
    SliceReport, TaskReport,
};
pub(crate) use store::write_atomically;
