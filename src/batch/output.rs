//! Rows to a stream, or to a file that appears under its name only when it is complete.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::atomic;
use crate::render::{Outcome, PredictionSink, RowFormat};

use super::journal::{Checkpoint, Journal, Request};
use super::parquet_out::write_parquet;
use super::run::{Rows, Start};
use super::{Batch, BatchError, Duplicates, Summary};

/// Time between two checkpoints: what a crash costs. Rows do not depend on it.
const BETWEEN: Duration = Duration::from_millis(200);

/// What a file of rows is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// As the rows come.
    Rows(RowFormat),
    /// Parquet. Rows are kept as JSON lines until all are there.
    Parquet,
}

/// What to do with what an interrupted run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// Say that it is there and do nothing.
    Refuse,
    /// Go on after its last row; begin where there is none.
    Resume,
    /// Throw it away.
    Restart,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Counts over all rows, those of earlier runs included.
    pub summary: Summary,
    /// False where it was stopped; the journal is kept.
    pub complete: bool,
    /// Rows that an earlier run had written.
    pub resumed: u64,
}

impl Batch<'_> {
    /// Writes all rows to a stream.
    ///
    /// # Errors
    /// Whatever the stream says.
    pub fn to_stream(
        &self,
        out: impl Write,
        format: RowFormat,
        mut progress: impl FnMut(u64),
    ) -> Result<Ended, BatchError> {
        let mut sink = PredictionSink::new(out, format, self.pipeline.heads())?;
        let mut duplicates = Duplicates::default();
        let mut summary = self.summary();
        let complete = self.run(&Start::default(), |mut rows| {
            mark(&mut rows, &mut duplicates, &mut summary, &mut Vec::new());
            progress(rows.rows.len() as u64);
            rows.rows.iter().try_for_each(|row| sink.write(row))?;
            Ok(sink.flush()?)
        })?;
        Ok(Ended {
            summary,
            complete,
            resumed: 0,
        })
    }

    /// Writes all rows to `target`, by way of `target.part` and its journal.
    ///
    /// # Errors
    /// When a file cannot be written (what is done stays for the next run), when an unfinished run is in the way, or when
    /// it was asked for something else or has read other articles.
    pub fn to_file(
        &self,
        target: &Path,
        format: FileFormat,
        request: &Request,
        unfinished: Unfinished,
        mut progress: impl FnMut(u64),
    ) -> Result<Ended, BatchError> {
        let files = Files::of(target)?;
        let mut state = State::open(self, &files, format, request, unfinished)?;
        let (resumed, mut complete) = (state.start.rows, state.complete);
        if !complete {
            let start = state.start.clone();
            complete = self.run(&start, |rows| {
                progress(rows.rows.len() as u64);
                state.write(rows)
            })?;
            state.checkpoint(complete)?;
        }
        if complete {
            files.complete(format, self.pipeline.heads())?;
        }
        Ok(Ended {
            summary: state.summary,
            complete,
            resumed,
        })
    }

    fn summary(&self) -> Summary {
        let batch = crate::pipeline::Statistics::new(self.pipeline.heads());
        let training = self.pipeline.statistics().cloned();
        Summary::new(self.model.clone(), batch, training)
    }
}

/// Finds duplicates and counts; `new` gets text key and id of the articles that equal no earlier one.
fn mark(
    rows: &mut Rows,
    duplicates: &mut Duplicates,
    summary: &mut Summary,
    new: &mut Vec<(String, String)>,
) {
    for row in &mut rows.rows {
        if let Outcome::Answered(prediction) = &row.outcome
            && prediction.words > 0
        {
            row.duplicate_of = duplicates.seen(&prediction.text_key, &prediction.id);
            if row.duplicate_of.is_none() {
                new.push((prediction.text_key.clone(), prediction.id.clone()));
            }
        }
        summary.add(row);
    }
}

/// The files of one run.
#[derive(Debug)]
struct Files {
    target: PathBuf,
    part: PathBuf,
    journal: PathBuf,
}

impl Files {
    fn of(target: &Path) -> Result<Self, BatchError> {
        if target.is_dir() {
            let error =
                std::io::Error::new(std::io::ErrorKind::IsADirectory, "is a folder, not a file");
            return Err(BatchError::io(target, error));
        }
        let beside = |ending: &str| {
            let mut name: OsString = target.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            target.with_file_name(name)
        };
        Ok(Self {
            target: target.to_owned(),
            part: beside(".part"),
            journal: beside(".journal"),
        })
    }

    /// Gives the output its name and takes the journal away. Whatever a crash leaves of this can be done again.
    fn complete(
        &self,
        format: FileFormat,
        heads: &[crate::pipeline::Head],
    ) -> Result<(), BatchError> {
        match format {
            FileFormat::Rows(_) => self.rename()?,
            FileFormat::Parquet if self.part.exists() => {
                write_parquet(&self.part, &self.target, heads)?;
            }
            FileFormat::Parquet => {}
        }
        remove(&self.journal)?;
        remove(&self.part)
    }

    fn rename(&self) -> Result<(), BatchError> {
        let renamed = fs::rename(&self.part, &self.target);
        let done = matches!(&renamed, Err(e) if e.kind() == std::io::ErrorKind::NotFound)
            && self.target.exists();
        if !done {
            renamed.map_err(|e| BatchError::io(&self.target, e))?;
        }
        atomic::sync_folder(&self.target).map_err(|e| BatchError::io(&self.target, e))
    }
}

fn remove(path: &Path) -> Result<(), BatchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BatchError::io(path, error))
        }
        _ => Ok(()),
    }
}

/// An output in the making.
struct State {
    sink: PredictionSink<BufWriter<File>>,
    part: PathBuf,
    /// The same open file, to sync it and to know its length.
    file: File,
    journal: Journal,
    duplicates: Duplicates,
    summary: Summary,
    new: Vec<(String, String)>,
    start: Start,
    trace: String,
    since: Instant,
    complete: bool,
}

impl State {
    fn open(
        batch: &Batch<'_>,
        files: &Files,
        format: FileFormat,
        request: &Request,
        unfinished: Unfinished,
    ) -> Result<Self, BatchError> {
        let mut duplicates = Duplicates::default();
        let found = match (files.journal.exists(), unfinished) {
            (false, _) | (true, Unfinished::Restart) => None,
            (true, _) => Journal::read(&files.journal, |key, id| {
                duplicates.seen(key, id);
            })?,
        };
        let Some(found) = found else {
            return Self::begin(batch, files, format, request);
        };
        let rows = found.last.as_ref().map_or(0, |last| last.rows);
        if unfinished == Unfinished::Refuse {
            return Err(BatchError::Unfinished {
                target: files.target.clone(),
                rows,
            });
        }
        if found.request != *request {
            return Err(BatchError::other_request(
                &files.target,
                &found.request,
                request,
            ));
        }
        let journal = Journal::reopen(&files.journal, &found)?;
        match found.last {
            None => Self::begin(batch, files, format, request),
            Some(last) => Self::resume(batch, files, format, journal, duplicates, last),
        }
    }

    fn begin(
        batch: &Batch<'_>,
        files: &Files,
        format: FileFormat,
        request: &Request,
    ) -> Result<Self, BatchError> {
        remove(&files.part)?;
        let journal = Journal::create(&files.journal, request)?;
        let io = |e| BatchError::io(&files.part, e);
        let file = part(&files.part).map_err(io)?;
        let out = BufWriter::with_capacity(1 << 16, file.try_clone().map_err(io)?);
        let heads = batch.pipeline.heads();
        Ok(Self {
            sink: PredictionSink::new(out, rows_format(format), heads).map_err(io)?,
            part: files.part.clone(),
            file,
            journal,
            duplicates: Duplicates::default(),
            summary: batch.summary(),
            new: Vec::new(),
            start: Start::default(),
            trace: String::new(),
            since: Instant::now(),
            complete: false,
        })
    }

    fn resume(
        batch: &Batch<'_>,
        files: &Files,
        format: FileFormat,
        journal: Journal,
        duplicates: Duplicates,
        last: Checkpoint,
    ) -> Result<Self, BatchError> {
        let io = |e| BatchError::io(&files.part, e);
        let file = if last.complete {
            // The part may have its final name already.
            File::open(&files.journal).map_err(io)?
        } else {
            part(&files.part).map_err(io)?
        };
        if !last.complete {
            let length = file.metadata().map_err(io)?.len();
            if length < last.bytes {
                return Err(BatchError::PartLost {
                    part: files.part.clone(),
                    expected: last.bytes,
                    found: length,
                });
            }
            file.set_len(last.bytes).map_err(io)?;
        }
        let out = BufWriter::with_capacity(1 << 16, file.try_clone().map_err(io)?);
        Ok(Self {
            sink: PredictionSink::resumed(out, rows_format(format), batch.pipeline.heads()),
            part: files.part.clone(),
            file,
            journal,
            duplicates,
            summary: last.summary,
            new: Vec::new(),
            start: Start {
                rows: last.rows,
                trace: (last.rows > 0).then(|| last.trace.clone()),
            },
            trace: last.trace,
            since: Instant::now(),
            complete: last.complete,
        })
    }

    fn write(&mut self, mut rows: Rows) -> Result<(), BatchError> {
        mark(
            &mut rows,
            &mut self.duplicates,
            &mut self.summary,
            &mut self.new,
        );
        let written = rows.rows.iter().try_for_each(|row| self.sink.write(row));
        written.map_err(|e| BatchError::io(&self.part, e))?;
        self.trace = rows.trace;
        if self.since.elapsed() >= BETWEEN {
            self.checkpoint(false)?;
            self.since = Instant::now();
        }
        Ok(())
    }

    /// Output first, then the journal: what the journal says is on disk.
    fn checkpoint(&mut self, complete: bool) -> Result<(), BatchError> {
        let io = |e| BatchError::io(&self.part, e);
        self.sink.flush().map_err(io)?;
        self.file.sync_data().map_err(io)?;
        let bytes = self.file.metadata().map_err(io)?.len();
        self.journal.append(&Checkpoint {
            rows: self.summary.rows,
            bytes,
            trace: self.trace.clone(),
            new: std::mem::take(&mut self.new),
            summary: self.summary.clone(),
            complete,
        })
    }
}

fn part(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

fn rows_format(format: FileFormat) -> RowFormat {
    match format {
        FileFormat::Rows(format) => format,
        FileFormat::Parquet => RowFormat::Jsonl,
    }
}
