//! `toolkit predict`: articles in, one row each out, in input order.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use article_toolkit::article::{Article, Repeated, find_articles, read_article};
use article_toolkit::atomic;
use article_toolkit::pipeline::Pipeline;
use article_toolkit::render::{PredictionRow, PredictionSink, RowFormat};
use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::input::{ModelArg, one_article};
use super::output::{bar, complain, folder_for, width};

/// Articles read and tagged at a time: enough for every core, and the memory stays small.
const BATCH: usize = 256;

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// Files, folders (all .txt below them), or - for one article on standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// Write rows to this file (.csv or .jsonl) instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Form of the rows; by default a table on a terminal, JSONL in a pipe, and what the name of --output says.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Begin the CSV with a byte-order mark, so that Excel reads Persian and Arabic right.
    #[arg(long)]
    excel: bool,
    /// With every answer how its score came about: bias, words and concepts that add up to it, and the sentence that
    /// speaks most for it.
    #[arg(long)]
    why: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading.
    Table,
    /// One JSON object a line.
    Jsonl,
    /// For spreadsheets.
    Csv,
}

pub(crate) fn run(args: &PredictArgs) -> anyhow::Result<ExitCode> {
    let format = args.format()?;
    let sources = sources(&args.paths)?;
    let files: Vec<&Path> = sources.iter().filter_map(Source::file).collect();
    let pipeline = args.model.load()?.with_repeated(Repeated::in_files(&files));
    let skipped = match &args.output {
        None => predict(
            &pipeline,
            &sources,
            (format, args.why),
            BufWriter::new(std::io::stdout().lock()),
        )?,
        Some(path) => to_file(path, &pipeline, &sources, (format, args.why))?,
    };
    if skipped == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    complain(&format!(
        "{skipped} of {} articles could not be read; their rows say why",
        sources.len()
    ));
    Ok(ExitCode::from(2))
}

impl PredictArgs {
    fn format(&self) -> anyhow::Result<RowFormat> {
        let named = self
            .output
            .as_deref()
            .and_then(Path::extension)
            .map(|e| e.to_string_lossy().to_lowercase());
        let format = match (self.format, named.as_deref()) {
            (Some(format), _) => format,
            (None, Some("csv")) => Format::Csv,
            (None, Some("jsonl")) => Format::Jsonl,
            (None, Some("txt")) => Format::Table,
            (None, None) if self.output.is_none() && std::io::stdout().is_terminal() => {
                Format::Table
            }
            (None, None) if self.output.is_none() => Format::Jsonl,
            _ => bail!("the name of --output ends in neither .csv nor .jsonl; say --format"),
        };
        Ok(match format {
            Format::Table => RowFormat::Table { width: width() },
            Format::Jsonl => RowFormat::Jsonl,
            Format::Csv => RowFormat::Csv {
                excel: self.excel,
                why: self.why,
            },
        })
    }
}

enum Source {
    File(PathBuf),
    /// Standard input, read at once.
    Given(Box<Article>),
}

impl Source {
    fn file(&self) -> Option<&Path> {
        match self {
            Source::File(path) => Some(path),
            Source::Given(_) => None,
        }
    }
}

fn sources(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            sources.push(Source::Given(Box::new(one_article(path)?)));
        } else {
            sources.extend(
                find_articles(std::slice::from_ref(path))?
                    .into_iter()
                    .map(Source::File),
            );
        }
    }
    Ok(sources)
}

/// Through a temporary file, so that no half-written table stands under the name.
fn to_file(
    path: &Path,
    pipeline: &Pipeline,
    sources: &[Source],
    (format, why): (RowFormat, bool),
) -> anyhow::Result<usize> {
    folder_for(path)?;
    let written = atomic::write(path, |file| predict(pipeline, sources, (format, why), file));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Tags all sources in order; returns how many could not be read.
fn predict(
    pipeline: &Pipeline,
    sources: &[Source],
    (format, why): (RowFormat, bool),
    out: impl Write,
) -> std::io::Result<usize> {
    let mut sink = PredictionSink::new(out, format, pipeline.heads())?;
    let progress = bar(sources.len() as u64);
    let mut skipped = 0;
    for batch in sources.chunks(BATCH) {
        let rows: Vec<PredictionRow> = batch
            .par_iter()
            .map(|source| row(pipeline, source, why))
            .collect();
        for row in &rows {
            skipped += usize::from(row.is_err());
            sink.write(row)?;
        }
        progress.inc(batch.len() as u64);
    }
    progress.finish_and_clear();
    sink.finish()?;
    Ok(skipped)
}

fn row(pipeline: &Pipeline, source: &Source, why: bool) -> PredictionRow {
    let answer = |article: &Article| {
        let mut prediction = pipeline.predict(article);
        if why {
            prediction.why = pipeline.why(article);
        }
        PredictionRow::Ok(Box::new(prediction))
    };
    match source {
        Source::Given(article) => answer(article),
        Source::File(path) => match read_article(path, &path.display().to_string()) {
            Ok(article) => answer(&article),
            Err(error) => PredictionRow::unreadable(path, &error.to_string()),
        },
    }
}
