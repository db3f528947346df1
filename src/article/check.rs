//! Problems of a labels file that no single row shows.

use std::collections::BTreeMap;

use super::nearest::nearest;
use super::{Corpus, GoldTask, Problem};

/// Fewer examples of a label than this are too few to learn it well.
const FEW: usize = 20;
/// Labels with fewer examples are compared with the others: they may be misspelt.
const RARE: usize = 3;

/// What was found, and a table of what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Problems in file order.
    pub problems: Vec<Problem>,
    /// Counts in words.
    pub summary: String,
}

/// Looks for misspelt and rare labels and for copies of one article with different labels. `groups` numbers
/// near-duplicate groups, length n_samples.
#[must_use]
pub fn check_corpus(corpus: &Corpus, groups: &[u32]) -> Findings {
    let mut problems = Vec::new();
    for task in &corpus.tasks {
        rare(corpus, task, &mut problems);
        contradictions(corpus, task, groups, &mut problems);
    }
    problems.sort_by_key(|p| p.line);
    Findings {
        problems,
        summary: summary(corpus),
    }
}

fn problem(corpus: &Corpus, line: u64, task: &GoldTask, message: String) -> Problem {
    Problem {
        path: corpus.source.clone(),
        line,
        column: format!("column \"{}\"", task.task.name),
        message,
    }
}

fn support(task: &GoldTask, k: usize) -> usize {
    task.gold
        .column(k)
        .iter()
        .filter(|g| **g == Some(true))
        .count()
}

fn rare(corpus: &Corpus, task: &GoldTask, problems: &mut Vec<Problem>) {
    for (k, label) in task.task.labels.iter().enumerate() {
        let n = support(task, k);
        if n >= FEW {
            continue;
        }
        let first = task
            .gold
            .column(k)
            .iter()
            .position(|g| *g == Some(true))
            .map_or(0, |i| corpus.lines[i]);
        let others = task
            .task
            .labels
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != k && support(task, *j) > n);
        let hint = nearest(label, others.map(|(_, l)| l.as_str())).filter(|_| n < RARE);
        let hint = hint.map_or(String::new(), |l| format!("; did you mean \"{l}\"?"));
        let articles = if n == 1 { "article" } else { "articles" };
        let message = format!(
            "label \"{label}\" has {n} {articles}: {FEW} or more are needed to learn it well{hint}"
        );
        problems.push(problem(corpus, first, task, message));
    }
}

fn contradictions(corpus: &Corpus, task: &GoldTask, groups: &[u32], problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<u32, usize> = BTreeMap::new();
    for (i, group) in groups.iter().enumerate() {
        if task.gold.row(i).iter().all(Option::is_none) {
            continue;
        }
        let original = *first.entry(*group).or_insert(i);
        let same_text = corpus.articles[i].meta.group.is_none();
        if same_text && task.gold.row(original) != task.gold.row(i) {
            let message = format!(
                "a copy of the article in line {}, but labelled {} there and {} here",
                corpus.lines[original],
                cell(task, original),
                cell(task, i)
            );
            problems.push(problem(corpus, corpus.lines[i], task, message));
        }
    }
}

fn cell(task: &GoldTask, i: usize) -> String {
    let given = task
        .task
        .labels
        .iter()
        .enumerate()
        .filter(|(k, _)| task.gold[[i, *k]] == Some(true));
    let given: Vec<&str> = given.map(|(_, l)| l.as_str()).collect();
    if given.is_empty() {
        "none".to_owned()
    } else {
        given.join("|")
    }
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
