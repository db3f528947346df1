//! Rows kept as JSON lines to one Parquet file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::atomic;
use crate::pipeline::Head;
use crate::render::{Outcome, PredictionRow};

use super::BatchError;
use super::kernel::{answer_schema, answers};

/// Rows converted at a time.
const ROWS: usize = 1024;
/// Rows of a row group: fixed, so that the bytes do not depend on how often the run was interrupted.
const ROW_GROUP: usize = 8 * ROWS;

/// Writes the rows of `part` to `target`, which appears when it is complete. The same rows give the same bytes.
pub(super) fn write_parquet(part: &Path, target: &Path, heads: &[Head]) -> Result<(), BatchError> {
    let lines = BufReader::new(File::open(part).map_err(|e| BatchError::io(part, e))?);
    let schema = file_schema(heads);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by(concat!("article-toolkit ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let written = atomic::write(target, |file| {
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties));
        let mut writer = writer.map_err(other)?;
        let mut lines = lines.lines();
        loop {
            let rows = lines.by_ref().take(ROWS).map(|line| row(&line?));
            let rows: Vec<PredictionRow> = rows.collect::<io::Result<_>>()?;
            if rows.is_empty() {
                break;
            }
            let batch = file_batch(heads, &schema, &rows).map_err(io::Error::other)?;
            writer.write(&batch).map_err(other)?;
        }
        writer.close().map_err(other)
    });
    written.map(|_| ()).map_err(|e| BatchError::io(target, e))
}

/// A full disk comes back as the error it is.
fn other(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

fn row(line: &str) -> io::Result<PredictionRow> {
    Ok(serde_json::from_str(line)?)
}

/// The columns of the answers, then where each came from.
fn file_schema(heads: &[Head]) -> SchemaRef {
    let answers = answer_schema(heads);
    let text = |name| Arc::new(Field::new(name, DataType::Utf8, true));
    let fields = answers.fields().iter().map(Arc::clone);
    let more = ["path", "duplicate_of", "model"].map(text);
    let fields: Vec<_> = fields.chain(more).collect();
    Arc::new(Schema::new_with_metadata(
        fields,
        answers.metadata().clone(),
    ))
}

fn file_batch(
    heads: &[Head],
    schema: &SchemaRef,
    rows: &[PredictionRow],
) -> Result<RecordBatch, BatchError> {
    let mut columns = answers(heads, rows)?.columns().to_vec();
    let text = |value: &dyn Fn(&PredictionRow) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringArray>())
    };
    columns.push(text(&|row| Some(path(row).to_owned())));
    columns.push(text(&|row| row.duplicate_of.clone()));
    columns.push(text(&|row| Some(row.model.clone())));
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

fn path(row: &PredictionRow) -> &str {
    match &row.outcome {
        Outcome::Answered(prediction) => &prediction.path,
        Outcome::Unreadable { path, .. } => path,
    }
}
