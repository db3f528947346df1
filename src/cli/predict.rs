//! `toolkit predict`: articles in, one row each out, in input order.

use std::io::{BufWriter, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, bail};
use article_toolkit::atomic;
use article_toolkit::batch::{
    Batch, BatchError, Ended, Fields, FileFormat, Form, Inputs, Request, Unfinished, summary_text,
};
use article_toolkit::pipeline::Pipeline;
use article_toolkit::render::RowFormat;
use article_toolkit::store::model_digest;
use clap::{Args, ValueEnum};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::golden;
use super::input::ModelArg;
use super::output::{BatchBar, complain, folder_for, width};
use super::size::size;

/// Golden answers named when they have changed.
const GOLDEN_SHOWN: usize = 10;
/// Exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// Files, folders (with all below them), or - for standard input.
    ///
    /// .txt, .md and .html are one article each; .csv, .jsonl and .parquet hold many. Each may be packed as .gz or .zst.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// Articles with labels (as for train) that must keep them; if one does not, nothing is read and the exit code is 1.
    #[arg(long, value_name = "GOLDEN.csv")]
    golden: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    writing: WritingArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
struct ReadingArgs {
    /// In folders, only files that match (*.html, 2024/**); as often as needed.
    #[arg(long, value_name = "PATTERN")]
    glob: Vec<String>,
    /// Column or field of the text [default: text, body, content or article].
    #[arg(long, value_name = "NAME")]
    text_column: Option<String>,
    /// Column or field of the id [default: id or url].
    #[arg(long, value_name = "NAME")]
    id_column: Option<String>,
    /// Column or field of the title [default: title or headline].
    #[arg(long, value_name = "NAME")]
    title_column: Option<String>,
    /// Largest article: of a file once unpacked, of a line, of a record.
    #[arg(long, value_name = "SIZE", default_value = "8MiB", value_parser = article_size)]
    max_article: u64,
    /// What stands on standard input.
    #[arg(long, value_enum, default_value = "txt", value_name = "FORM")]
    stdin: StdinForm,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Writing")]
struct WritingArgs {
    /// Write rows to this file (.csv, .jsonl or .parquet) instead of standard output.
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
    /// Write the summary as JSON too.
    #[arg(long, value_name = "FILE.json")]
    summary: Option<PathBuf>,
    /// Go on with an unfinished run of the same --output.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Throw away an unfinished run of the same --output.
    #[arg(long, requires = "output", conflicts_with = "resume")]
    restart: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading.
    Table,
    /// One JSON object a line.
    Jsonl,
    /// For spreadsheets.
    Csv,
    /// For data frames and databases; needs --output.
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StdinForm {
    /// One article of plain text.
    Txt,
    /// One web page.
    Html,
    /// One JSON object a line.
    Jsonl,
    /// A table with a header.
    Csv,
}

/// The size of an article, which stands in memory while it is read.
fn article_size(text: &str) -> Result<u64, String> {
    let bytes = size(text)?;
    let held = (1..=1 << 31).contains(&bytes).then_some(bytes);
    held.ok_or_else(|| "expected 1 byte to 2 GiB".to_owned())
}

pub(crate) fn run(args: &PredictArgs) -> anyhow::Result<ExitCode> {
    let format = args.writing.format()?;
    let inputs = Arc::new(args.inputs()?);
    let pipeline = args.model.load()?;
    inputs.check()?;
    if !args.golden_kept(&pipeline)? {
        return Ok(ExitCode::FAILURE);
    }
    let digest = model_digest(&args.model.model)?;
    let stop = stop_on_ctrl_c()?;
    let Some(repeated) = inputs.repeated(&stop) else {
        complain(&args.interrupted(0));
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let lines = repeated.digest();
    let pipeline = pipeline.with_repeated(repeated);
    let batch = Batch {
        pipeline: &pipeline,
        model: digest[..16].to_owned(),
        why: args.writing.why,
        inputs,
        stop,
        consumed: Arc::new(AtomicU64::new(0)),
    };
    let ended = args.predict(&batch, format, [digest, lines])?;
    args.report(&ended)
}

impl PredictArgs {
    fn inputs(&self) -> anyhow::Result<Inputs> {
        let reading = &self.reading;
        Ok(Inputs {
            paths: self.paths.clone(),
            glob: (!reading.glob.is_empty())
                .then(|| globs(&reading.glob))
                .transpose()?,
            fields: Fields {
                text: reading.text_column.clone(),
                id: reading.id_column.clone(),
                title: reading.title_column.clone(),
            },
            max_article: reading.max_article,
            stdin: match reading.stdin {
                StdinForm::Txt => Form::Text,
                StdinForm::Html => Form::Html,
                StdinForm::Jsonl => Form::Jsonl,
                StdinForm::Csv => Form::Csv,
            },
        })
    }

    fn golden_kept(&self, pipeline: &Pipeline) -> anyhow::Result<bool> {
        let Some(path) = &self.golden else {
            return Ok(true);
        };
        let changed = golden::changed(pipeline, path)?;
        if !changed.is_empty() {
            let shown: Vec<&str> = changed
                .iter()
                .take(GOLDEN_SHOWN)
                .map(String::as_str)
                .collect();
            complain(&format!(
                "{}: {} golden answers have changed; nothing was predicted\n{}",
                path.display(),
                changed.len(),
                shown.join("\n")
            ));
        }
        Ok(changed.is_empty())
    }

    fn predict(
        &self,
        batch: &Batch<'_>,
        format: FileFormat,
        digests: [String; 2],
    ) -> anyhow::Result<Ended> {
        let bar = BatchBar::new(&batch.inputs, &batch.consumed);
        let progress = |rows| bar.add(rows);
        let ended = match (&self.writing.output, format) {
            (Some(path), _) => {
                folder_for(path)?;
                let request = self.request(digests, format);
                let unfinished = self.writing.unfinished();
                let ended = batch.to_file(path, format, &request, unfinished, progress);
                ended.map_err(|error| self.how_to_resume(error))?
            }
            (None, FileFormat::Rows(format)) => {
                let out = BufWriter::new(std::io::stdout().lock());
                batch.to_stream(out, format, progress)?
            }
            (None, FileFormat::Parquet) => bail!("Parquet needs --output FILE.parquet"),
        };
        bar.finish();
        Ok(ended)
    }

    /// A failure to write leaves work that can be gone on with; the others say themselves what to do.
    fn how_to_resume(&self, error: BatchError) -> anyhow::Error {
        let target = self.writing.output.as_deref().unwrap_or(Path::new(""));
        match error {
            BatchError::Io { .. } if journal(target).exists() => anyhow::Error::new(error).context(
                format!(
                    "cannot write {}; what is done is kept: make room and run the same command with --resume",
                    target.display()
                ),
            ),
            BatchError::Io { .. } => {
                anyhow::Error::new(error).context(format!("cannot write {}", target.display()))
            }
            error => error.into(),
        }
    }

    fn request(&self, [model, lines]: [String; 2], format: FileFormat) -> Request {
        let reading = &self.reading;
        let paths = self.paths.iter().map(|p| p.display().to_string());
        let named = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{name}={value}"))
        };
        let options = paths
            .chain(reading.glob.iter().map(|g| format!("--glob={g}")))
            .chain(named("--text-column", &reading.text_column))
            .chain(named("--id-column", &reading.id_column))
            .chain(named("--title-column", &reading.title_column))
            .chain([
                format!("--max-article={}", reading.max_article),
                format!("--stdin={:?}", reading.stdin),
                format!("--format={format:?}"),
                format!("--why={}", self.writing.why),
                format!("repeated lines {lines}"),
            ]);
        Request {
            toolkit: env!("CARGO_PKG_VERSION").to_owned(),
            model,
            options: options.collect(),
        }
    }

    /// What a reader should know, and the exit code.
    fn report(&self, ended: &Ended) -> anyhow::Result<ExitCode> {
        let summary = &ended.summary;
        if !ended.complete {
            complain(&self.interrupted(summary.rows));
            return Ok(ExitCode::from(INTERRUPTED));
        }
        complain(&summary_text(summary, ended.resumed));
        if let Some(path) = &self.writing.summary {
            folder_for(path)?;
            let json = serde_json::to_string_pretty(summary)? + "\n";
            atomic::write(path, |file| {
                std::io::Write::write_all(file, json.as_bytes())
            })
            .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(ExitCode::from(if summary.unreadable == 0 { 0 } else { 2 }))
    }

    fn interrupted(&self, rows: u64) -> String {
        match &self.writing.output {
            None => format!("interrupted after {rows} articles"),
            Some(_) if rows == 0 => "interrupted before the first row".to_owned(),
            Some(path) => format!(
                "interrupted after {rows} articles; {} is not written yet; go on with the same command and --resume",
                path.display()
            ),
        }
    }
}

fn journal(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".journal");
    name.into()
}

impl WritingArgs {
    fn unfinished(&self) -> Unfinished {
        match (self.resume, self.restart) {
            (true, _) => Unfinished::Resume,
            (_, true) => Unfinished::Restart,
            _ => Unfinished::Refuse,
        }
    }

    fn format(&self) -> anyhow::Result<FileFormat> {
        let named = self
            .output
            .as_deref()
            .and_then(Path::extension)
            .map(|e| e.to_string_lossy().to_lowercase());
        let format = match (self.format, named.as_deref()) {
            (Some(format), _) => format,
            (None, Some("csv")) => Format::Csv,
            (None, Some("jsonl")) => Format::Jsonl,
            (None, Some("parquet")) => Format::Parquet,
            (None, Some("txt")) => Format::Table,
            (None, None) if self.output.is_none() && std::io::stdout().is_terminal() => {
                Format::Table
            }
            (None, None) if self.output.is_none() => Format::Jsonl,
            _ => bail!(
                "the name of --output ends in neither .csv, .jsonl nor .parquet; say --format"
            ),
        };
        Ok(match format {
            Format::Table => FileFormat::Rows(RowFormat::Table { width: width() }),
            Format::Jsonl => FileFormat::Rows(RowFormat::Jsonl),
            Format::Csv => FileFormat::Rows(RowFormat::Csv {
                excel: self.excel,
                why: self.why,
            }),
            Format::Parquet if self.why => bail!("--why has no column in Parquet; say .jsonl"),
            Format::Parquet => FileFormat::Parquet,
        })
    }
}

/// Patterns as in .gitignore: `*` stays within a folder, `**` does not.
fn globs(patterns: &[String]) -> anyhow::Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.with_context(|| format!("--glob {pattern}"))?);
    }
    Ok(set.build()?)
}

/// The first Ctrl-C (or SIGTERM) asks the run to stop after the articles in hand; the second ends it at once.
fn stop_on_ctrl_c() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    })?;
    Ok(stop)
}
