//! Predictions as a table, JSON lines or CSV, one row an article, as they come.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::article::TaskKind;
use crate::evaluate::Evidence;
use crate::pipeline::{Head, Prediction, TaskPrediction};

use super::columns::{columns_of, printable};
use super::explanation::{why_lines, why_words};

/// Fixed columns that an unreadable article leaves empty: title to place, evidence, flags.
const FIXED: usize = 7;
/// Widest file-name column of the table.
const NAME_WIDTH: usize = 32;

/// Pieces for and against each label that `--why` shows in tables; JSON lines have them all.
const WHY_PIECES: usize = 5;

/// One article's outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PredictionRow {
    /// It was answered.
    Ok(Box<Prediction>),
    /// It could not be read.
    Unreadable {
        /// Id it would have had.
        id: String,
        /// File.
        path: String,
        /// Why.
        error: String,
    },
}

impl PredictionRow {
    /// A row for a file that gives no article.
    #[must_use]
    pub fn unreadable(path: &Path, error: &str) -> Self {
        let path = path.display().to_string();
        Self::Unreadable {
            id: path.clone(),
            path,
            error: error.to_owned(),
        }
    }

    /// True where the article could not be read.
    #[must_use]
    pub fn is_err(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }
}

/// Form of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// For reading, cut to `width` columns.
    Table {
        /// Columns of the terminal.
        width: usize,
    },
    /// One JSON object a line.
    Jsonl,
    /// For spreadsheets.
    Csv {
        /// Begin with a byte-order mark.
        excel: bool,
        /// With a column `why`.
        why: bool,
    },
}

/// Writes rows one by one.
#[derive(Debug)]
pub struct PredictionSink<W: Write>(Sink<W>);

#[derive(Debug)]
enum Sink<W: Write> {
    Table {
        out: W,
        width: usize,
        begun: bool,
    },
    Jsonl(W),
    Csv {
        out: Box<csv::Writer<W>>,
        columns: Vec<Column>,
        why: bool,
    },
}

/// A CSV column after the fixed ones.
#[derive(Debug, Clone)]
enum Column {
    /// Given labels of a task.
    Answer(usize),
    /// Probability of one label of a task.
    Probability(usize, usize),
}

impl<W: Write> PredictionSink<W> {
    /// Writes the header where the form has one.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn new(mut out: W, format: RowFormat, heads: &[Head]) -> io::Result<Self> {
        Ok(Self(match format {
            RowFormat::Table { width } => Sink::Table {
                out,
                width,
                begun: false,
            },
            RowFormat::Jsonl => Sink::Jsonl(out),
            RowFormat::Csv { excel, why } => {
                if excel {
                    out.write_all("\u{feff}".as_bytes())?;
                }
                let columns = csv_columns(heads);
                let mut out = csv::Writer::from_writer(out);
                out.write_record(csv_header(heads, &columns, why))?;
                Sink::Csv {
                    out: Box::new(out),
                    columns,
                    why,
                }
            }
        }))
    }

    /// Writes one row.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn write(&mut self, row: &PredictionRow) -> io::Result<()> {
        match &mut self.0 {
            Sink::Jsonl(out) => {
                serde_json::to_writer(&mut *out, row)?;
                out.write_all(b"\n")
            }
            Sink::Csv { out, columns, why } => Ok(out.write_record(csv_row(row, columns, *why))?),
            Sink::Table { out, width, begun } => {
                if !std::mem::replace(begun, true) {
                    let head = table_line("file", "lang", "answer", "because of");
                    writeln!(out, "{}", super::columns::cut(&head, *width))?;
                }
                table_row(row)
                    .iter()
                    .try_for_each(|line| writeln!(out, "{}", super::columns::cut(line, *width)))
            }
        }
    }

    /// Flushes what is buffered.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Sink::Table { mut out, .. } | Sink::Jsonl(mut out) => out.flush(),
            Sink::Csv { mut out, .. } => out.flush(),
        }
    }
}

fn csv_columns(heads: &[Head]) -> Vec<Column> {
    let of_head = |(h, head): (usize, &Head)| {
        let labels = (0..head.task.labels.len()).map(move |k| Column::Probability(h, k));
        std::iter::once(Column::Answer(h)).chain(labels)
    };
    heads.iter().enumerate().flat_map(of_head).collect()
}

fn csv_header(heads: &[Head], columns: &[Column], why: bool) -> Vec<String> {
    let name = |column: &Column| match column {
        Column::Answer(h) => heads[*h].task.name.clone(),
        Column::Probability(h, k) => {
            format!("{}.{}", heads[*h].task.name, heads[*h].task.labels[*k])
        }
    };
    let fixed = ["id", "path", "title", "lang", "date", "agency", "place"]
        .map(str::to_owned)
        .into_iter();
    let last = ["evidence", "flags", "error"].map(str::to_owned);
    fixed
        .chain(columns.iter().map(name))
        .chain(last)
        .chain(why.then(|| "why".to_owned()))
        .map(|cell| safe_cell(&cell))
        .collect()
}

fn csv_row(row: &PredictionRow, columns: &[Column], why: bool) -> Vec<String> {
    let cells: Vec<String> = match row {
        PredictionRow::Unreadable { id, path, error } => {
            let empty = std::iter::repeat_n(String::new(), columns.len() + FIXED);
            [id.clone(), path.clone()]
                .into_iter()
                .chain(empty)
                .chain([error.clone()])
                .chain(why.then(String::new))
                .collect()
        }
        PredictionRow::Ok(p) => {
            let cell = |column: &Column| match column {
                Column::Answer(h) => answer(&p.tasks[*h]),
                Column::Probability(h, k) => format!("{:.4}", p.tasks[*h].labels[*k].probability),
            };
            let fixed = [
                p.id.clone(),
                p.path.clone(),
                p.title.clone(),
                p.lang.to_string(),
                p.date.clone().unwrap_or_default(),
                p.agency.clone().unwrap_or_default(),
                p.place.clone().unwrap_or_default(),
            ]
            .into_iter();
            let last = [
                evidence_words(&p.evidence),
                p.flags.join("; "),
                String::new(),
            ];
            let why = why.then(|| why_words(&p.why, WHY_PIECES));
            let cells = fixed.chain(columns.iter().map(cell)).chain(last);
            cells.chain(why).collect()
        }
    };
    cells.iter().map(|cell| safe_cell(cell)).collect()
}

/// A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe makes it text again.
pub(super) fn safe_cell(cell: &str) -> String {
    let formula = cell.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if formula && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Given labels as in `labels.csv`.
fn answer(task: &TaskPrediction) -> String {
    let given: Vec<&str> = task
        .labels
        .iter()
        .filter(|l| l.given)
        .map(|l| l.label.as_str())
        .collect();
    if given.is_empty() {
        "none".to_owned()
    } else {
        given.join("|")
    }
}

fn evidence_words(evidence: &[Evidence]) -> String {
    let mut labels: Vec<&str> = evidence.iter().map(|e| e.label.as_str()).collect();
    labels.dedup();
    let words = |label: &&str| format!("{label}: {}", because(evidence, label));
    labels.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// `pipeline «خط لوله», «گاز»`: concept names let a reader of English follow.
fn because(evidence: &[Evidence], label: &str) -> String {
    let piece = |e: &Evidence| match &e.concept {
        Some(concept) => format!("{concept} «{}»", e.text),
        None => format!("«{}»", e.text),
    };
    evidence
        .iter()
        .filter(|e| e.label == label)
        .map(piece)
        .collect::<Vec<_>>()
        .join(", ")
}

fn table_line(file: &str, lang: &str, answer: &str, because: &str) -> String {
    let pad = |text: &str, width: usize| {
        format!(
            "{text}{}",
            " ".repeat(width.saturating_sub(columns_of(text)))
        )
    };
    let line = format!(
        "{}  {}  {}  {because}",
        pad(file, NAME_WIDTH),
        pad(lang, 5),
        pad(answer, 28)
    );
    line.trim_end().to_owned()
}

fn table_row(row: &PredictionRow) -> Vec<String> {
    match row {
        PredictionRow::Unreadable { path, error, .. } => {
            vec![table_line(
                &short_name(path),
                "",
                "not read",
                &printable(error),
            )]
        }
        PredictionRow::Ok(p) => answered(p),
    }
}

/// One line an answer; file and language stand on the first.
fn answered(p: &Prediction) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut file, mut lang) = (short_name(&p.path), p.lang.to_string());
    let mut push = |answer: &str, because: &str| {
        lines.push(table_line(
            &std::mem::take(&mut file),
            &std::mem::take(&mut lang),
            answer,
            &printable(because),
        ));
    };
    for task in &p.tasks {
        let mut none = true;
        for label in task.labels.iter().filter(|l| l.given) {
            none = false;
            push(
                &format!("{} {:.2}", label.label, label.probability),
                &because(&p.evidence, &label.label),
            );
        }
        if none && task.kind == TaskKind::Multi {
            push(&format!("no {}", task.task), "");
        }
    }
    if !p.flags.is_empty() {
        push(&format!("[{}]", p.flags.join(", ")), "");
    }
    let why = why_lines(&p.why, WHY_PIECES);
    lines.extend(why.iter().map(|line| format!("    {}", printable(line))));
    lines
}

/// The end of a path is what tells files apart.
fn short_name(path: &str) -> String {
    let name = Path::new(path)
        .file_name()
        .map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned());
    super::columns::cut(&printable(&name), NAME_WIDTH)
}
