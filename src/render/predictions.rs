//! Predictions as a table, JSON lines or CSV, one row an article, as they come.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::article::{Article, TaskKind};
use crate::evaluate::Evidence;
use crate::pipeline::{Head, Pipeline, Prediction, TaskPrediction};

use super::columns::{columns_of, printable};
use super::explanation::{why_lines, why_words};

/// Fixed columns that an unreadable article leaves empty: title to place, evidence.
const UNREAD: usize = 6;
/// Widest file-name column of the table.
const NAME_WIDTH: usize = 32;

/// Pieces for and against each label that `--why` shows in tables; JSON lines have them all.
const WHY_PIECES: usize = 5;

/// One row of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionRow {
    /// The answer, or why there is none.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Id of an earlier row with the same words.
    pub duplicate_of: Option<String>,
    /// First 16 hex digits of BLAKE3 of the text as read; none where nothing could be read.
    pub input: Option<String>,
    /// First 16 hex digits of the model's digest.
    pub model: String,
}

/// One article's outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was answered.
    Answered(Box<Prediction>),
    /// It could not be read.
    Unreadable {
        /// Id it would have had.
        id: String,
        /// File.
        path: String,
        /// Why.
        error: String,
        /// The same in one word: `empty`, `binary`, `too_large`, `unreadable`, `archive`, `malformed`.
        flags: Vec<String>,
    },
}

impl PredictionRow {
    /// Answers an article; `why` asks how every given label came about.
    #[must_use]
    pub fn answered(pipeline: &Pipeline, article: &Article, model: String, why: bool) -> Self {
        let input = blake3::hash(article.text.as_bytes()).to_hex()[..16].to_owned();
        let mut prediction = pipeline.predict(article);
        if why {
            prediction.why = pipeline.why(article);
        }
        Self {
            outcome: Outcome::Answered(Box::new(prediction)),
            duplicate_of: None,
            input: Some(input),
            model,
        }
    }

    /// The row of an article that could not be read: why, and the same in one word.
    #[must_use]
    pub fn unreadable(id: String, path: &Path, error: String, flag: &str, model: String) -> Self {
        Self {
            outcome: Outcome::Unreadable {
                id,
                path: path.display().to_string(),
                error,
                flags: vec![flag.to_owned()],
            },
            duplicate_of: None,
            input: None,
            model,
        }
    }

    /// Gives the row another id.
    pub(crate) fn rename(&mut self, name: String) {
        match &mut self.outcome {
            Outcome::Answered(prediction) => prediction.id = name,
            Outcome::Unreadable { id, .. } => *id = name,
        }
    }

    /// True where the article could not be read.
    #[must_use]
    pub fn is_err(&self) -> bool {
        matches!(self.outcome, Outcome::Unreadable { .. })
    }

    /// Id of the article.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.outcome {
            Outcome::Answered(p) => &p.id,
            Outcome::Unreadable { id, .. } => id,
        }
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

    /// Goes on where another sink was flushed: the same without the header.
    #[must_use]
    pub fn resumed(out: W, format: RowFormat, heads: &[Head]) -> Self {
        Self(match format {
            RowFormat::Table { width } => Sink::Table {
                out,
                width,
                begun: true,
            },
            RowFormat::Jsonl => Sink::Jsonl(out),
            RowFormat::Csv { why, .. } => Sink::Csv {
                out: Box::new(csv::Writer::from_writer(out)),
                columns: csv_columns(heads),
                why,
            },
        })
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
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Sink::Table { out, .. } | Sink::Jsonl(out) => out.flush(),
            Sink::Csv { out, .. } => out.flush(),
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
    let last = [
        "evidence",
        "flags",
        "error",
        "duplicate_of",
        "words",
        "unknown_words",
        "input",
        "model",
    ]
    .map(str::to_owned);
    fixed
        .chain(columns.iter().map(name))
        .chain(last)
        .chain(why.then(|| "why".to_owned()))
        .map(|cell| safe_cell(&cell))
        .collect()
}

fn csv_row(row: &PredictionRow, columns: &[Column], why: bool) -> Vec<String> {
    let cells = match &row.outcome {
        Outcome::Unreadable {
            id,
            path,
            error,
            flags,
        } => {
            let empty = std::iter::repeat_n(String::new(), columns.len() + UNREAD);
            [id.clone(), path.clone()]
                .into_iter()
                .chain(empty)
                .chain([flags.join("; "), error.clone()])
                .chain(provenance(row, None))
                .chain(why.then(String::new))
                .collect::<Vec<_>>()
        }
        Outcome::Answered(p) => answered_cells(p, columns)
            .into_iter()
            .chain(provenance(row, Some(p)))
            .chain(why.then(|| why_words(&p.why, WHY_PIECES)))
            .collect(),
    };
    cells.iter().map(|cell| safe_cell(cell)).collect()
}

/// Title to error.
fn answered_cells(p: &Prediction, columns: &[Column]) -> Vec<String> {
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
    ];
    let last = [
        evidence_words(&p.evidence),
        p.flags.join("; "),
        String::new(),
    ];
    let answers = columns.iter().map(cell);
    fixed.into_iter().chain(answers).chain(last).collect()
}

/// `duplicate_of` to `model`.
fn provenance(row: &PredictionRow, p: Option<&Prediction>) -> [String; 5] {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    [
        row.duplicate_of.clone().unwrap_or_default(),
        number(p.map(|p| p.words)),
        number(p.map(|p| p.unknown_words)),
        row.input.clone().unwrap_or_default(),
        row.model.clone(),
    ]
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
    let of_label = evidence.chunk_by(|a, b| (&a.task, &a.label) == (&b.task, &b.label));
    let words = |of_label: &[Evidence]| {
        let label = &of_label[0].label;
        format!("{label}: {}", because(of_label.iter()))
    };
    of_label.map(words).collect::<Vec<_>>().join("; ")
}

/// `pipeline «خط لوله», «گاز»`: concept names let a reader of English follow.
fn because<'e>(evidence: impl Iterator<Item = &'e Evidence>) -> String {
    let piece = |e: &Evidence| match &e.concept {
        Some(concept) => format!("{concept} «{}»", e.text),
        None => format!("«{}»", e.text),
    };
    evidence.map(piece).collect::<Vec<_>>().join(", ")
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
    match &row.outcome {
        Outcome::Unreadable { path, error, .. } => {
            vec![table_line(
                &short_name(path),
                "",
                "not read",
                &printable(error),
            )]
        }
        Outcome::Answered(p) => {
            let mut lines = answered(p);
            if let Some(first) = &row.duplicate_of {
                let note = format!("[same words as {}]", short_name(first));
                lines.push(table_line("", "", &note, ""));
            }
            lines
        }
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
            let of_label = |one: &&Evidence| one.speaks_of(&task.task, &label.label);
            push(
                &format!("{} {:.2}", label.label, label.probability),
                &because(p.evidence.iter().filter(of_label)),
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
