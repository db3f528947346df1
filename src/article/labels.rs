//! `labels.csv`: one row an article, gold labels beside it.
//!
//! The schema is in `data/README.md`. Gold is three-valued: a label is on, off, or not annotated. An empty cell of a
//! multi-label column means "not annotated"; the word `none` means "annotated, no label applies".
//! All problems of a file are collected before any is reported.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use thiserror::Error;

use super::csv_quotes::quote_faults;
use super::gold::GoldTask;
use super::nearest::nearest;
use super::read::read_text;
use super::{Article, Description, Meta, Task, TaskKind};

/// Columns with a fixed meaning, beside the label columns.
pub(crate) const PLAIN_COLUMNS: &[&str] = &[
    "path",
    "text",
    "id",
    "title",
    "lang",
    "target",
    "source",
    "date",
    "split",
    "annotator",
    "group",
    "note",
];
/// The word for "annotated, no label applies" in a multi-label cell.
pub(crate) const NONE: &str = "none";
const SHOWN_PROBLEMS: usize = 20;

/// A column that holds gold labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelColumn {
    /// Name in the header.
    pub column: String,
    /// Labels separated by `|`, or exactly one.
    pub kind: TaskKind,
}

/// Which columns hold labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelsOptions {
    /// Label columns; one that the header lacks is skipped when `required` is false for it.
    pub columns: Vec<LabelColumn>,
    /// True where the user named the columns: then each must be there.
    pub required: bool,
    /// Files without a single label or row are read too: descriptions of labels say what there is to learn.
    pub unlabelled: bool,
}

impl Default for LabelsOptions {
    /// `topics` (any subset) and `stance` (one), each where the header has it.
    fn default() -> Self {
        let column = |name: &str, kind| LabelColumn {
            column: name.to_owned(),
            kind,
        };
        let columns = vec![
            column("topics", TaskKind::Multi),
            column("stance", TaskKind::Single),
        ];
        Self {
            columns,
            required: false,
            unlabelled: false,
        }
    }
}

/// One thing wrong with a file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// 1-based line of the row; 0 where the whole file is meant.
    pub line: u64,
    /// Name of the column or `character N`; empty where the row as a whole is meant.
    pub column: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// A labels file that cannot be used, with every problem found in it.
#[derive(Debug, Error)]
#[error("{}", list(.problems))]
pub struct LabelsError {
    /// All problems, in file order.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems
        .iter()
        .take(SHOWN_PROBLEMS)
        .map(ToString::to_string)
        .collect();
    if problems.len() > SHOWN_PROBLEMS {
        lines.push(format!(
            "... and {} more problems",
            problems.len() - SHOWN_PROBLEMS
        ));
    }
    lines.join("\n")
}

/// Labelled articles, in file order.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The file they came from.
    pub source: PathBuf,
    /// Articles with their texts.
    pub articles: Vec<Article>,
    /// 1-based line of each article's row.
    pub lines: Vec<u64>,
    /// Gold of each label column.
    pub tasks: Vec<GoldTask>,
    /// What labels are about; empty unless [`Corpus::describe`] read any.
    pub descriptions: Vec<Description>,
    /// BLAKE3 of the labels file and of every article text, hex.
    pub digest: String,
}

impl Corpus {
    /// The articles' texts, in their order.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.articles.iter().map(|a| a.text.as_str()).collect()
    }

    /// Reads a labels file and every article it names; paths are relative to the file.
    ///
    /// # Errors
    /// [`LabelsError`] with every problem of the file, not only the first.
    pub fn read(path: &Path, options: &LabelsOptions) -> Result<Self, LabelsError> {
        let text = read_file(path)?;
        let mut reader = Reader::new(path);
        reader.quotes(&text);
        reader.stop_on_problems()?;
        let (header, records) = reader.records(&text);
        reader.header(&header, options);
        reader.stop_on_problems()?;
        let rows: Vec<Row> = records
            .iter()
            .map(|r| reader.row(&header, r, options))
            .collect();
        if rows.is_empty() && !options.unlabelled {
            reader.problem(0, "", "no rows below the header".to_owned());
        }
        reader.duplicate_ids(&rows);
        let tasks = reader.tasks(&rows, &header, options);
        reader.stop_on_problems()?;
        Ok(assemble(path, &text, rows, tasks))
    }

    /// The rows at `indices`, gold included.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let pick = |t: &GoldTask| GoldTask {
            task: t.task.clone(),
            gold: t.gold.select(ndarray::Axis(0), indices),
        };
        Self {
            source: self.source.clone(),
            articles: indices.iter().map(|&i| self.articles[i].clone()).collect(),
            lines: indices.iter().map(|&i| self.lines[i]).collect(),
            tasks: self.tasks.iter().map(pick).collect(),
            descriptions: self.descriptions.clone(),
            digest: self.digest.clone(),
        }
    }
}

/// A row of more or fewer cells than the header.
pub(super) fn uneven(cells: usize, header: usize) -> String {
    format!("{cells} cells where the header has {header}; put a cell that holds a comma in quotes")
}

pub(super) fn read_file(path: &Path) -> Result<String, LabelsError> {
    let fail = |message: String| LabelsError {
        problems: vec![Problem {
            path: path.to_owned(),
            line: 0,
            column: String::new(),
            message,
        }],
    };
    let mut bytes = fs::read(path).map_err(|e| fail(e.to_string()))?;
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    if bytes.contains(&0) {
        return Err(fail(
            "not a CSV text file (it holds zero bytes); save it as CSV, UTF-8".to_owned(),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()]
            .iter()
            .filter(|&&b| b == b'\n')
            .count()
            + 1;
        fail(format!(
            "not UTF-8 text (line {line}); save it as \"CSV UTF-8\""
        ))
    })?;
    if text.trim().is_empty() {
        return Err(fail(
            "the file is empty; it needs a header such as path,topics,stance".to_owned(),
        ));
    }
    Ok(text)
}

/// One row after its cells were checked.
struct Row {
    line: u64,
    article: Article,
    /// Labels of each label column, or `None` where not annotated.
    cells: Vec<Option<BTreeSet<String>>>,
}

struct Reader<'p> {
    path: &'p Path,
    problems: Vec<Problem>,
}

impl<'p> Reader<'p> {
    fn new(path: &'p Path) -> Self {
        Self {
            path,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, line: u64, column: &str, message: String) {
        self.problems.push(Problem {
            path: self.path.to_owned(),
            line,
            column: column.to_owned(),
            message,
        });
    }

    fn stop_on_problems(&mut self) -> Result<(), LabelsError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut problems = std::mem::take(&mut self.problems);
        problems.sort_by_key(|p| p.line);
        Err(LabelsError { problems })
    }

    fn quotes(&mut self, text: &str) {
        for fault in quote_faults(text) {
            self.problem(
                fault.line,
                &format!("character {}", fault.column),
                fault.message.to_owned(),
            );
        }
    }

    fn records(&mut self, text: &str) -> (Vec<String>, Vec<csv::StringRecord>) {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) => records.push(record),
                Err(e) => self.problem(
                    e.position().map_or(0, csv::Position::line),
                    "",
                    e.to_string(),
                ),
            }
        }
        let header: Vec<String> = records
            .first()
            .map(|r| r.iter().map(|c| c.trim().to_owned()).collect())
            .unwrap_or_default();
        (header, records.split_off(1.min(records.len())))
    }

    fn header(&mut self, header: &[String], options: &LabelsOptions) {
        if let [only] = header
            && (only.contains(';') || only.contains('\t'))
        {
            let message =
                "the columns are separated by \";\" or tabs; save the file with commas".to_owned();
            return self.problem(1, "", message);
        }
        let known = |name: &str| {
            PLAIN_COLUMNS.contains(&name) || options.columns.iter().any(|c| c.column == name)
        };
        for (i, name) in header.iter().enumerate() {
            if !known(name) {
                let message = format!(
                    "unknown column{}; known are {}",
                    nearest_column(name, options),
                    columns(options)
                );
                self.problem(1, &format!("column {} \"{name}\"", i + 1), message);
            }
            if header[..i].contains(name) {
                self.problem(
                    1,
                    &format!("column {} \"{name}\"", i + 1),
                    "this column stands twice".to_owned(),
                );
            }
        }
        self.missing_columns(header, options);
    }

    fn missing_columns(&mut self, header: &[String], options: &LabelsOptions) {
        let has = |name: &str| header.iter().any(|h| h == name);
        if !has("path") && !has("text") {
            self.problem(
                1,
                "",
                "no column \"path\" (a file beside this one) or \"text\" (the article itself)"
                    .to_owned(),
            );
        }
        let missing: Vec<&str> = options
            .columns
            .iter()
            .map(|c| c.column.as_str())
            .filter(|name| !has(name))
            .collect();
        if options.required && !missing.is_empty() {
            self.problem(1, "", format!("no column \"{}\"", missing.join("\", \"")));
        } else if missing.len() == options.columns.len() {
            self.problem(
                1,
                "",
                format!("no label column; expected {}", missing.join(" or ")),
            );
        }
    }

    fn row(
        &mut self,
        header: &[String],
        record: &csv::StringRecord,
        options: &LabelsOptions,
    ) -> Row {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            self.problem(line, "", uneven(record.len(), header.len()));
        }
        let cell = |name: &str| {
            header
                .iter()
                .position(|h| h == name)
                .and_then(|i| record.get(i))
                .map_or("", str::trim)
        };
        let article = self.article(line, &cell);
        let cells = options
            .columns
            .iter()
            .map(|c| self.labels(line, c, cell(&c.column)))
            .collect();
        Row {
            line,
            article,
            cells,
        }
    }

    fn article<'r>(&mut self, line: u64, cell: &dyn Fn(&str) -> &'r str) -> Article {
        let owned = |name: &str| Some(cell(name).to_owned()).filter(|v| !v.is_empty());
        let (text, flags) = self.text(line, cell("path"), cell("text"));
        let meta = Meta {
            lang: owned("lang"),
            source: owned("source"),
            date: owned("date"),
            target: owned("target"),
            split: owned("split"),
            group: owned("group"),
        };
        if let Some(date) = meta.date.as_deref().filter(|d| !is_date(d)) {
            self.problem(
                line,
                "column \"date\"",
                format!("\"{date}\" is not YYYY, YYYY-MM or YYYY-MM-DD"),
            );
        }
        let id = owned("id")
            .or_else(|| owned("path"))
            .unwrap_or_else(|| format!("line-{line}"));
        Article {
            id,
            text: Article::with_title(cell("title"), text),
            path: cell("path").into(),
            meta,
            flags,
        }
    }

    fn text(&mut self, line: u64, path: &str, text: &str) -> (String, Vec<String>) {
        match (path.is_empty(), text.is_empty()) {
            (false, false) => self.problem(
                line,
                "",
                "both a path and a text; keep one of them".to_owned(),
            ),
            (true, true) => self.problem(line, "", "neither a path nor a text".to_owned()),
            (true, false) => return (text.to_owned(), Vec::new()),
            (false, true) => {
                match read_text(&self.path.parent().unwrap_or(Path::new("")).join(path)) {
                    Ok(text) => return text,
                    Err(e) => self.problem(line, "column \"path\"", e.to_string()),
                }
            }
        }
        (String::new(), Vec::new())
    }

    fn labels(&mut self, line: u64, column: &LabelColumn, cell: &str) -> Option<BTreeSet<String>> {
        if cell.is_empty() {
            return None;
        }
        if column.kind == TaskKind::Single {
            return Some(BTreeSet::from([cell.to_owned()]));
        }
        if cell == NONE {
            return Some(BTreeSet::new());
        }
        let place = format!("column \"{}\"", column.column);
        let mut labels = BTreeSet::new();
        for label in cell.split('|').map(str::trim) {
            if label.is_empty() {
                self.problem(
                    line,
                    &place,
                    format!("empty label in \"{cell}\"; separate labels by one |"),
                );
            } else if label == NONE {
                self.problem(
                    line,
                    &place,
                    format!("\"{NONE}\" together with other labels in \"{cell}\""),
                );
            } else if !labels.insert(label.to_owned()) {
                self.problem(line, &place, format!("label \"{label}\" stands twice"));
            }
        }
        Some(labels)
    }

    fn duplicate_ids(&mut self, rows: &[Row]) {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for row in rows {
            if let Some(first) = seen.insert(&row.article.id, row.line) {
                let message = format!("id \"{}\" stands in line {first} already", row.article.id);
                self.problem(row.line, "column \"id\"", message);
            }
        }
    }

    fn tasks(&mut self, rows: &[Row], header: &[String], options: &LabelsOptions) -> Vec<GoldTask> {
        let present = options
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| header.contains(&c.column));
        let tasks: Vec<GoldTask> = present
            .map(|(i, column)| self.task(rows, i, column))
            .collect();
        if !options.unlabelled && !rows.is_empty() && tasks.iter().all(|t| t.task.labels.is_empty())
        {
            self.problem(
                0,
                "",
                "no label at all: every label cell is empty or \"none\"".to_owned(),
            );
        }
        tasks
            .into_iter()
            .filter(|t| !t.task.labels.is_empty())
            .collect()
    }

    fn task(&mut self, rows: &[Row], index: usize, column: &LabelColumn) -> GoldTask {
        let labels: BTreeSet<&String> = rows
            .iter()
            .filter_map(|r| r.cells[index].as_ref())
            .flatten()
            .collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        self.case_variants(&labels, column);
        let gold = Array2::from_shape_fn((rows.len(), labels.len()), |(r, l)| {
            rows[r].cells[index]
                .as_ref()
                .map(|set| set.contains(&labels[l]))
        });
        GoldTask {
            task: Task {
                name: column.column.clone(),
                kind: column.kind,
                labels,
            },
            gold,
        }
    }

    fn case_variants(&mut self, labels: &[String], column: &LabelColumn) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for label in labels {
            if let Some(other) = seen.insert(label.to_lowercase(), label) {
                let message = format!(
                    "\"{other}\" and \"{label}\" differ only in case: write one of them everywhere"
                );
                self.problem(0, &format!("column \"{}\"", column.column), message);
            }
        }
    }
}

fn assemble(path: &Path, text: &str, rows: Vec<Row>, tasks: Vec<GoldTask>) -> Corpus {
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.as_bytes());
    for row in &rows {
        hasher.update(&(row.article.text.len() as u64).to_le_bytes());
        hasher.update(row.article.text.as_bytes());
    }
    let digest = hasher.finalize().to_hex().to_string();
    let (lines, articles) = rows.into_iter().map(|r| (r.line, r.article)).unzip();
    Corpus {
        source: path.to_owned(),
        articles,
        lines,
        tasks,
        descriptions: Vec::new(),
        digest,
    }
}

pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let widths = [4, 2, 2];
    let digits = parts
        .iter()
        .zip(widths)
        .all(|(p, w)| p.len() == w && p.bytes().all(|b| b.is_ascii_digit()));
    let in_range = |i: usize, max: u32| {
        parts
            .get(i)
            .is_none_or(|p| p.parse().is_ok_and(|n: u32| (1..=max).contains(&n)))
    };
    parts.len() <= 3 && digits && in_range(1, 12) && in_range(2, 31)
}

fn columns(options: &LabelsOptions) -> String {
    let labels = options.columns.iter().map(|c| c.column.as_str());
    PLAIN_COLUMNS
        .iter()
        .copied()
        .chain(labels)
        .collect::<Vec<_>>()
        .join(", ")
}

fn nearest_column(name: &str, options: &LabelsOptions) -> String {
    let labels = options.columns.iter().map(|c| c.column.as_str());
    nearest(name, PLAIN_COLUMNS.iter().copied().chain(labels))
        .map(|known| format!(" (did you mean \"{known}\"?)"))
        .unwrap_or_default()
}
