//! Reports on disk: written whole or not at all, read with every promise checked.

use std::io::{BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic;

use super::error::EvaluateError;
use super::fingerprint::fingerprint;
use super::metric::{OVERALL, PER_LABEL};
use super::outcome::TaskOutcomes;
use super::report::{REPORT_SCHEMA, Report};
use super::{build, validate};

impl Report {
    /// Writes the report as JSON: a temporary file beside `path`, flushed to disk, then renamed over it.
    ///
    /// # Errors
    /// [`EvaluateError::Io`] with the path; the old file, if any, is then untouched.
    pub fn save(&self, path: &Path) -> Result<(), EvaluateError> {
        write_atomically(path, |file| {
            self.write(&mut *file)?;
            file.write_all(b"\n")
        })
    }

    /// Writes the report as JSON; the same report gives the same bytes.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, writer: impl Write) -> std::io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(writer, Shallow::default());
        self.serialize(&mut serializer)
            .map_err(std::io::Error::from)
    }

    /// Reads a report and checks that its parts fit together.
    ///
    /// # Errors
    /// Says with the path what is wrong: not readable, not a report (line and column), another schema, or numbers that
    /// do not belong to the outcomes beside them.
    pub fn load(path: &Path) -> Result<Self, EvaluateError> {
        let bytes = std::fs::read(path).map_err(|source| EvaluateError::Io {
            path: path.into(),
            source,
        })?;
        Self::parse(&bytes, path)
    }

    /// Reads a report from bytes; `path` is named in errors.
    ///
    /// # Errors
    /// As [`Report::load`].
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, EvaluateError> {
        let report: Self =
            serde_json::from_slice(bytes).map_err(|error| explain(bytes, path, &error))?;
        if report.schema != REPORT_SCHEMA {
            return Err(schema_error(path, u64::from(report.schema)));
        }
        check(&report).map_err(|reason| EvaluateError::Inconsistent {
            path: path.into(),
            reason,
        })?;
        Ok(report)
    }
}

/// A report of another schema fails to parse at some field; its number says more than that field.
fn explain(bytes: &[u8], path: &Path, error: &serde_json::Error) -> EvaluateError {
    #[derive(Deserialize)]
    struct Head {
        schema: u64,
    }
    match serde_json::from_slice::<Head>(bytes) {
        Ok(head) if head.schema != u64::from(REPORT_SCHEMA) => schema_error(path, head.schema),
        _ => EvaluateError::Parse {
            path: path.into(),
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        },
    }
}

fn schema_error(path: &Path, found: u64) -> EvaluateError {
    EvaluateError::Schema {
        path: path.into(),
        found,
        supported: REPORT_SCHEMA,
    }
}

fn check(report: &Report) -> Result<(), String> {
    let outcomes: Vec<&TaskOutcomes> = report.tasks.iter().map(|task| &task.outcomes).collect();
    validate::check(&report.articles, &outcomes)?;
    report.resampling.check()?;
    if fingerprint(&report.articles, &outcomes) != report.fingerprint {
        return Err("the fingerprint is not that of its articles".into());
    }
    if report.task_index(&report.headline.task).is_none() {
        return Err(format!(
            "the headline names task '{}', which is not there",
            report.headline.task
        ));
    }
    report.tasks.iter().try_for_each(|task| {
        check_numbers(task)
            .map_err(|reason| format!("task '{}': {reason}", task.outcomes.task.name))
    })
}

/// The counts are recomputed: a report whose numbers were edited is no report.
fn check_numbers(task: &super::report::TaskReport) -> Result<(), String> {
    let names: Vec<&str> = task
        .labels
        .iter()
        .map(|label| label.label.as_str())
        .collect();
    if names != task.outcomes.task.labels {
        return Err("its label numbers are not in label order".into());
    }
    if OVERALL
        .iter()
        .any(|metric| !task.overall.contains_key(metric))
    {
        return Err("an overall metric is missing".into());
    }
    let counts = build::label_counts(&task.outcomes);
    for (label, counts) in task.labels.iter().zip(counts) {
        if label.counts != counts
            || label.support != counts.support()
            || label.known != counts.known()
        {
            return Err(format!(
                "the counts of '{}' are not those of its outcomes",
                label.label
            ));
        }
        if PER_LABEL
            .iter()
            .any(|metric| !label.metrics.contains_key(metric))
        {
            return Err(format!("a metric of '{}' is missing", label.label));
        }
    }
    Ok(())
}

/// Writes through a temporary file in the same folder, synced and renamed, so that `path` is whole at any moment.
///
/// # Errors
/// [`EvaluateError::Io`] with `path`.
pub(crate) fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut std::fs::File>) -> std::io::Result<()>,
) -> Result<(), EvaluateError> {
    atomic::write(path, fill).map_err(|source| EvaluateError::Io {
        path: path.into(),
        source,
    })
}

/// JSON with line breaks down to the rows of outcomes only: one row of scores a line.
///
/// Pretty printing puts every score on its own line, compact printing the whole report on one; neither can be diffed.
#[derive(Debug, Default)]
struct Shallow {
    depth: usize,
    empty: bool,
}

/// Levels that get their own lines: the report, its tasks, a task's fields, the rows of its outcomes.
const DEEPEST: usize = 5;

impl Shallow {
    fn open(&mut self) {
        self.depth += 1;
        self.empty = true;
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> std::io::Result<()> {
        self.depth -= 1;
        if !self.empty && self.depth < DEEPEST {
            self.indent(writer)?;
        }
        self.empty = false;
        writer.write_all(bracket)
    }

    fn separate<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.empty = false;
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth <= DEEPEST {
            self.indent(writer)
        } else {
            Ok(())
        }
    }

    fn indent<W: ?Sized + Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b" "))
    }
}

impl serde_json::ser::Formatter for Shallow {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.open();
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.separate(writer, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.open();
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.separate(writer, first)
    }
}
