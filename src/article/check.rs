//! Problems of a labels file that no single row shows.

use std::collections::BTreeMap;

use super::nearest::nearest;
use super::{Corpus, GoldTask, Problem};

/// Fewer examples of a label than this are too few to learn it well.
const FEW: usize = 20;
/// Labels with fewer examples are compared with the others: they may be misspelt.
const RARE: usize = 3;

/// One thing to look at in a labels file.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// True where the file contradicts itself; false where a look is worth while.
    pub wrong: bool,
    /// Where and what.
    pub problem: Problem,
    /// Id of the article; empty where no single one is meant.
    pub id: String,
    /// The label, or the column where no single label is meant.
    pub label: String,
    /// The cell as it is.
    pub given: String,
    /// The cell as it may have to be; empty where only the reader can know.
    pub suggested: String,
    /// How sure: probability of what is given, or the score named in the message.
    pub score: Option<f64>,
}

/// What was found, and a table of what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Findings in file order.
    pub findings: Vec<Finding>,
    /// Counts in words.
    pub summary: String,
}

/// Looks for misspelt and rare labels, for copies of one article with different labels, and for copies on both sides
/// of a split. `groups` numbers near-duplicate groups, length n_samples.
#[must_use]
pub fn check_corpus(corpus: &Corpus, groups: &[u32]) -> Findings {
    let mut findings = leaks(corpus, groups);
    for task in &corpus.tasks {
        findings.extend(rare(corpus, task));
        findings.extend(contradictions(corpus, task, groups));
    }
    findings.sort_by_key(|one| one.problem.line);
    Findings {
        findings,
        summary: summary(corpus),
    }
}

impl Finding {
    /// Something about a label column in row `row`.
    #[must_use]
    pub fn of_row(corpus: &Corpus, row: usize, column: &str, message: String) -> Self {
        Self {
            wrong: false,
            problem: Problem {
                path: corpus.source.clone(),
                line: corpus.lines[row],
                column: format!("column \"{column}\""),
                message,
            },
            id: corpus.articles[row].id.clone(),
            label: column.to_owned(),
            given: String::new(),
            suggested: String::new(),
            score: None,
        }
    }

    /// Something about a label; it points at the first row that carries it.
    #[must_use]
    pub fn of_label(corpus: &Corpus, task: &GoldTask, k: usize, message: String) -> Self {
        let carries = |gold: &Option<bool>| *gold == Some(true);
        let first = task.gold.column(k).iter().position(carries);
        let mut finding = Self::of_row(corpus, first.unwrap_or(0), &task.task.name, message);
        finding.problem.line = first.map_or(0, |row| corpus.lines[row]);
        finding.id.clear();
        finding.label.clone_from(&task.task.labels[k]);
        finding
    }
}

fn support(task: &GoldTask, k: usize) -> usize {
    task.gold
        .column(k)
        .iter()
        .filter(|g| **g == Some(true))
        .count()
}

/// A misspelt label is wrong, a rare one is a hint.
fn rare(corpus: &Corpus, task: &GoldTask) -> Vec<Finding> {
    let finding = |(k, label): (usize, &String)| {
        let n = support(task, k);
        if n >= FEW {
            return None;
        }
        let others = task.task.labels.iter().enumerate();
        let others = others.filter(|(j, _)| *j != k && support(task, *j) > n);
        let near = nearest(label, others.map(|(_, l)| l.as_str())).filter(|_| n < RARE);
        let hint = near.map_or(String::new(), |l| format!("; did you mean \"{l}\"?"));
        let articles = if n == 1 { "article" } else { "articles" };
        let message = format!(
            "label \"{label}\" has {n} {articles}: {FEW} or more are needed to learn it well{hint}"
        );
        Some(Finding {
            wrong: near.is_some(),
            given: label.clone(),
            suggested: near.unwrap_or_default().to_owned(),
            ..Finding::of_label(corpus, task, k, message)
        })
    };
    let labels = task.task.labels.iter().enumerate();
    labels.filter_map(finding).collect()
}

fn contradictions(corpus: &Corpus, task: &GoldTask, groups: &[u32]) -> Vec<Finding> {
    let mut first: BTreeMap<u32, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        if task.gold.row(i).iter().all(Option::is_none) {
            continue;
        }
        let original = *first.entry(*group).or_insert(i);
        let same_text = corpus.articles[i].meta.group.is_none();
        if same_text && task.gold.row(original) != task.gold.row(i) {
            let (there, here) = (task.cell(original), task.cell(i));
            let message = format!(
                "a copy of the article in line {}, but labelled {there} there and {here} here",
                corpus.lines[original]
            );
            findings.push(Finding {
                wrong: true,
                given: here,
                suggested: there,
                ..Finding::of_row(corpus, i, &task.task.name, message)
            });
        }
    }
    findings
}

/// Copies, and articles of one group, in two splits: a model is judged on what it has learnt by heart.
fn leaks(corpus: &Corpus, groups: &[u32]) -> Vec<Finding> {
    let mut first: BTreeMap<u32, (usize, &str)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        let Some(here) = corpus.articles[i].meta.split.as_deref() else {
            continue;
        };
        let (original, there) = *first.entry(*group).or_insert((i, here));
        if there != here {
            let message = format!(
                "\"{here}\", but the article in line {} is a copy of it or in one group with it, and in \"{there}\": keep \
                 them in one split",
                corpus.lines[original]
            );
            findings.push(Finding {
                wrong: true,
                given: here.to_owned(),
                suggested: there.to_owned(),
                ..Finding::of_row(corpus, i, "split", message)
            });
        }
    }
    findings
}

fn summary(corpus: &Corpus) -> String {
    let mut text = format!(
        "{}: {} articles\n",
        corpus.source.display(),
        corpus.articles.len()
    );
    for task in &corpus.tasks {
        let rows = task.gold.rows().into_iter();
        let annotated = rows
            .clone()
            .filter(|r| r.iter().any(Option::is_some))
            .count();
        let none = rows.filter(|r| r.iter().all(|g| *g == Some(false))).count();
        let labels: Vec<String> = task
            .task
            .labels
            .iter()
            .enumerate()
            .map(|(k, l)| format!("{l} {}", support(task, k)))
            .collect();
        text.push_str(&format!(
            "  {}: {annotated} annotated, none {none}, {}\n",
            task.task.name,
            labels.join(", ")
        ));
    }
    text
}
