//! `topics.csv`: what each label is about, in the user's own words.
//!
//! Columns: `label`, `description`; `name`, `task` and `lang` where wanted. A label may have several rows, one a language.

use std::collections::BTreeSet;
use std::path::Path;

use ndarray::{Array2, Axis, concatenate};

use super::labels::{Corpus, LabelsError, LabelsOptions, Problem, read_file, uneven};
use super::{Article, GoldTask, Meta, Task};

/// Known columns.
const COLUMNS: [&str; 5] = ["task", "label", "name", "description", "lang"];

/// What a label is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Name of the label column.
    pub task: String,
    /// Label.
    pub label: String,
    /// Name and description as an article: title and text.
    pub article: Article,
}

impl Corpus {
    /// Reads descriptions of labels. A label that no article carries joins its task, annotated nowhere; so does a task.
    ///
    /// # Errors
    /// [`LabelsError`] with every problem of the file.
    pub fn describe(&mut self, path: &Path, options: &LabelsOptions) -> Result<(), LabelsError> {
        let text = read_file(path)?;
        let mut rows = Rows {
            path,
            problems: Vec::new(),
        };
        let descriptions = rows.read(&text, options);
        if descriptions.is_empty() && rows.problems.is_empty() {
            rows.problem(0, "", "no rows below the header");
        }
        if !rows.problems.is_empty() {
            return Err(LabelsError {
                problems: rows.problems,
            });
        }
        for description in &descriptions {
            self.add_label(description, options);
        }
        let both = format!("{}{}", self.digest, blake3::hash(text.as_bytes()).to_hex());
        self.digest = blake3::hash(both.as_bytes()).to_hex().to_string();
        self.descriptions = descriptions;
        Ok(())
    }

    fn add_label(&mut self, description: &Description, options: &LabelsOptions) {
        let n = self.articles.len();
        let own = self
            .tasks
            .iter()
            .position(|t| t.task.name == description.task);
        let at = own.unwrap_or_else(|| {
            let column = options
                .columns
                .iter()
                .find(|c| c.column == description.task);
            self.tasks.extend(column.map(|column| GoldTask {
                task: Task {
                    name: column.column.clone(),
                    kind: column.kind,
                    labels: Vec::new(),
                },
                gold: Array2::from_elem((n, 0), None),
            }));
            self.tasks.len() - 1
        });
        let GoldTask { task, gold } = &mut self.tasks[at];
        let Err(place) = task.labels.binary_search(&description.label) else {
            return;
        };
        task.labels.insert(place, description.label.clone());
        let none = Array2::from_elem((n, 1), None);
        let (before, after) = gold.view().split_at(Axis(1), place);
        if let Ok(wider) = concatenate(Axis(1), &[before, none.view(), after]) {
            *gold = wider;
        }
    }
}

struct Rows<'p> {
    path: &'p Path,
    problems: Vec<Problem>,
}

impl Rows<'_> {
    fn problem(&mut self, line: u64, column: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            path: self.path.to_owned(),
            line,
            column: column.to_owned(),
            message: message.into(),
        });
    }

    fn read(&mut self, text: &str, options: &LabelsOptions) -> Vec<Description> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let header = reader.headers().cloned().unwrap_or_default();
        self.header(&header);
        let mut descriptions = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) => descriptions.extend(self.row(&header, &record, options)),
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line);
                    self.problem(line, "", e.to_string());
                }
            }
        }
        let labels: BTreeSet<String> = descriptions.iter().map(|d| d.label.clone()).collect();
        let folded: BTreeSet<String> = labels.iter().map(|l| l.to_lowercase()).collect();
        if folded.len() < labels.len() {
            self.problem(0, "column \"label\"", "two labels differ only in case");
        }
        descriptions
    }

    fn header(&mut self, header: &csv::StringRecord) {
        for name in header.iter().map(str::trim) {
            if !COLUMNS.contains(&name) {
                let known = COLUMNS.join(", ");
                self.problem(
                    1,
                    "",
                    format!("unknown column \"{name}\"; known are {known}"),
                );
            }
        }
        for needed in ["label", "description"] {
            if !header.iter().any(|h| h.trim() == needed) {
                self.problem(1, "", format!("no column \"{needed}\""));
            }
        }
    }

    fn row(
        &mut self,
        header: &csv::StringRecord,
        record: &csv::StringRecord,
        options: &LabelsOptions,
    ) -> Option<Description> {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            self.problem(line, "", uneven(record.len(), header.len()));
        }
        let cell = |name: &str| {
            let at = header.iter().position(|h| h.trim() == name);
            at.and_then(|i| record.get(i)).map_or("", str::trim)
        };
        let columns: Vec<&str> = options.columns.iter().map(|c| c.column.as_str()).collect();
        let named = Some(cell("task")).filter(|name| !name.is_empty());
        let task = named.or(columns.first().copied()).unwrap_or_default();
        if !columns.contains(&task) {
            let known = columns.join(", ");
            let message = format!("\"{task}\" is no label column; known are {known}");
            self.problem(line, "column \"task\"", message);
        }
        for needed in ["label", "description"] {
            if cell(needed).is_empty() {
                self.problem(line, &format!("column \"{needed}\""), "empty cell");
            }
        }
        let label = cell("label");
        if label.contains('|') || label == super::labels::NONE {
            let message = format!("\"{label}\" is no name of one label");
            self.problem(line, "column \"label\"", message);
        }
        let article = Article {
            id: format!("{task}/{label}, line {line}"),
            text: Article::with_title(cell("name"), cell("description").to_owned()),
            path: self.path.to_owned(),
            meta: Meta {
                lang: Some(cell("lang").to_owned()).filter(|lang| !lang.is_empty()),
                ..Meta::default()
            },
            flags: Vec::new(),
        };
        Some(Description {
            task: task.to_owned(),
            label: label.to_owned(),
            article,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn described(text: &str) -> Result<Corpus, LabelsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("topics.csv");
        std::fs::write(&path, text).unwrap();
        let labels = folder.path().join("labels.csv");
        std::fs::write(&labels, "text,topics\nGas.,energy\nOil.,energy\n").unwrap();
        let mut corpus = Corpus::read(&labels, &LabelsOptions::default()).unwrap();
        corpus.describe(&path, &LabelsOptions::default())?;
        Ok(corpus)
    }

    #[test]
    fn a_described_label_joins_its_task_annotated_nowhere() {
        let corpus =
            described("label,description\nsport,Football.\nart,Paintings.\nart,Museums.\n")
                .unwrap();
        let task = &corpus.tasks[0];
        assert_eq!(task.task.labels, ["art", "energy", "sport"]);
        assert_eq!(task.gold.row(1).to_vec(), [None, Some(true), None]);
        assert_eq!(corpus.descriptions.len(), 3);
    }

    #[test]
    fn another_column_becomes_a_task_of_its_kind() {
        let corpus = described("task,label,description\nstance,favor,Praise.\n").unwrap();
        assert_eq!(corpus.tasks[1].task.kind, crate::article::TaskKind::Single);
        assert_eq!(corpus.tasks[1].gold.dim(), (2, 1));
    }

    #[test]
    fn all_problems_are_told_with_their_place() {
        let error = described("label,description,colour\n,Football.,red\na|b,\n").unwrap_err();
        let said = error.to_string();
        for part in [
            "line 1: unknown column \"colour\"; known are task, label, name, description, lang",
            "line 2, column \"label\": empty cell",
            "line 3, column \"description\": empty cell",
            "line 3, column \"label\": \"a|b\" is no name of one label",
            "line 3: 2 cells where the header has 3",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
        let said = described("task,label,description\nmood,x,y\n")
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("\"mood\" is no label column; known are topics, stance"),
            "{said}"
        );
        assert!(
            described("label,description\n")
                .unwrap_err()
                .to_string()
                .contains("no rows")
        );
    }
}
