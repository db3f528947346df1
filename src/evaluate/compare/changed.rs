//! The articles whose answer changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::outcome::{Evidence, Sentence};
use super::super::report::Report;
use super::pairing::{Paired, PairedTask};
use super::statistics::same_decisions;

/// What a changed answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// More labels are wrong than before.
    Lost,
    /// As many labels are wrong, but others.
    Mixed,
    /// Fewer labels are wrong than before.
    Won,
}

/// One article whose answer to one task changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedArticle {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The task.
    pub task: String,
    /// Won or lost.
    pub outcome: Outcome,
    /// Gold labels.
    pub gold: Vec<String>,
    /// Labels the baseline decided.
    pub baseline: Vec<String>,
    /// Labels the candidate decided.
    pub candidate: Vec<String>,
    /// Scores of the labels that changed.
    pub labels: Vec<ChangedLabel>,
    /// Slice keys of the article.
    pub slices: BTreeMap<String, String>,
    /// What carried the baseline's decisions on the changed labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baseline_evidence: Vec<Evidence>,
    /// What carried the candidate's decisions on the changed labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidate_evidence: Vec<Evidence>,
    /// Sentences the candidate names for its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<Sentence>,
}

/// Both scores of one label of a changed article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedLabel {
    /// The label.
    pub label: String,
    /// Whether the candidate has it right (and the baseline wrong).
    pub right: bool,
    /// Probability of the baseline.
    pub baseline: f64,
    /// Probability of the candidate.
    pub candidate: f64,
}

/// Every article whose answer changed, lost ones first.
pub(crate) fn changed_articles(paired: &Paired<'_>, candidate: &Report) -> Vec<ChangedArticle> {
    let mut changed = Vec::new();
    for task in &paired.tasks {
        for row in 0..paired.rows.len() {
            if !same_decisions(&task.baseline, &task.candidate, row) {
                changed.push(changed_article(paired, task, row, candidate));
            }
        }
    }
    changed.sort_by_key(|article| article.outcome);
    changed
}

fn changed_article(
    paired: &Paired<'_>,
    task: &PairedTask<'_>,
    row: usize,
    candidate: &Report,
) -> ChangedArticle {
    let (before, after) = (
        paired.articles[row],
        &candidate.articles[paired.rows[row].1],
    );
    let name = &task.baseline.task.name;
    let labels = changed_labels(task, row);
    let of_label = |evidence: &[Evidence]| -> Vec<Evidence> {
        evidence
            .iter()
            .filter(|one| labels.iter().any(|label| one.speaks_of(name, &label.label)))
            .cloned()
            .collect()
    };
    let of_task = |sentences: &[Sentence]| -> Vec<Sentence> {
        let of_task = sentences
            .iter()
            .filter(|one| one.is_of(name, &task.baseline.task.labels));
        of_task.cloned().collect()
    };
    let sentences = of_task(&after.sentences);
    let names = |cells: Vec<bool>| {
        task.baseline
            .names(cells.into_iter())
            .map(str::to_owned)
            .collect()
    };
    ChangedArticle {
        id: before.id.clone(),
        title: before.title.clone(),
        task: name.clone(),
        outcome: outcome(task, row),
        gold: names(
            task.baseline.gold[row]
                .iter()
                .map(|cell| *cell == Some(true))
                .collect(),
        ),
        baseline: names(task.baseline.decided[row].clone()),
        candidate: names(task.candidate.decided[row].clone()),
        slices: before.slices.clone(),
        baseline_evidence: of_label(&before.evidence),
        candidate_evidence: of_label(&after.evidence),
        sentences: if sentences.is_empty() {
            of_task(&before.sentences)
        } else {
            sentences
        },
        labels,
    }
}

fn changed_labels(task: &PairedTask<'_>, row: usize) -> Vec<ChangedLabel> {
    let cells = task
        .baseline
        .row(row)
        .zip(task.candidate.row(row))
        .zip(&task.baseline.task.labels);
    cells
        .filter_map(|((before, after), label)| {
            let gold = before.gold?;
            (before.decided != after.decided).then(|| ChangedLabel {
                label: label.clone(),
                right: after.decided == gold,
                baseline: before.score,
                candidate: after.score,
            })
        })
        .collect()
}

fn outcome(task: &PairedTask<'_>, row: usize) -> Outcome {
    let errors = |cells: &super::super::outcome::TaskOutcomes| {
        super::super::table::article_counts(cells, row).errors()
    };
    match errors(&task.candidate).cmp(&errors(&task.baseline)) {
        std::cmp::Ordering::Less => Outcome::Won,
        std::cmp::Ordering::Equal => Outcome::Mixed,
        std::cmp::Ordering::Greater => Outcome::Lost,
    }
}
