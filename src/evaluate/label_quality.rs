//! Likely label errors: gold that contradicts confident out-of-fold scores.
//!
//! Confident learning (Northcutt, Jiang and Chuang 2021), label by label: a label of a multi task is a problem of two
//! classes of its own, a single task is one problem of all its labels. Scores must come from models that did not see
//! the article; scores of the training data only repeat its errors.

use serde::{Deserialize, Serialize};

use crate::article::TaskKind;

use super::outcome::TaskOutcomes;

/// One gold cell that is likely wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelIssue {
    /// Row of the article in the outcomes.
    pub row: usize,
    /// What gold says: a label; in a multi task `None` where gold says that `label` does not apply.
    pub given: Option<String>,
    /// What the scores say: a label; in a multi task `None` where they say that it does not apply.
    pub likely: Option<String>,
    /// Probability of what gold says.
    pub given_score: f64,
    /// Probability of what the scores say.
    pub likely_score: f64,
}

/// Gold cells of a task that are likely wrong, the surest first.
///
/// A class is confident about an article if its probability reaches the class's mean over the articles that gold puts
/// there. An article whose most probable confident class is not the one of its gold is a likely error.
#[must_use]
pub fn label_issues(outcomes: &TaskOutcomes) -> Vec<LabelIssue> {
    let mut issues = match outcomes.task.kind {
        TaskKind::Multi => (0..outcomes.task.labels.len())
            .flat_map(|label| binary_issues(outcomes, label))
            .collect(),
        TaskKind::Single => single_issues(outcomes),
    };
    let doubt = |issue: &LabelIssue| issue.given_score - issue.likely_score;
    issues.sort_by(|a: &LabelIssue, b| doubt(a).total_cmp(&doubt(b)).then(a.row.cmp(&b.row)));
    issues
}

/// An article as confident learning sees it.
struct Example {
    row: usize,
    class: usize,
    scores: Vec<f64>,
}

fn binary_issues(outcomes: &TaskOutcomes, label: usize) -> Vec<LabelIssue> {
    let name = &outcomes.task.labels[label];
    let examples: Vec<Example> = outcomes
        .known(label)
        .map(|(row, gold, score, _)| Example {
            row,
            class: usize::from(gold),
            scores: vec![1.0 - score, score],
        })
        .collect();
    issues(&examples, 2, |class| (class == 1).then(|| name.clone()))
}

fn single_issues(outcomes: &TaskOutcomes) -> Vec<LabelIssue> {
    let class = |row: usize| {
        outcomes.gold[row]
            .iter()
            .position(|cell| *cell == Some(true))
    };
    let examples: Vec<Example> = (0..outcomes.gold.len())
        .filter_map(|row| {
            class(row).map(|class| Example {
                row,
                class,
                scores: outcomes.scores[row].clone(),
            })
        })
        .collect();
    issues(&examples, outcomes.task.labels.len(), |class| {
        Some(outcomes.task.labels[class].clone())
    })
}

fn issues(
    examples: &[Example],
    classes: usize,
    name: impl Fn(usize) -> Option<String>,
) -> Vec<LabelIssue> {
    let thresholds = thresholds(examples, classes);
    let issue = |example: &Example| {
        let likely = confident_class(&example.scores, &thresholds)?;
        (likely != example.class).then(|| LabelIssue {
            row: example.row,
            given: name(example.class),
            likely: name(likely),
            given_score: example.scores[example.class],
            likely_score: example.scores[likely],
        })
    };
    examples.iter().filter_map(issue).collect()
}

/// Mean probability of every class over the articles gold puts there; none where gold puts nothing there.
fn thresholds(examples: &[Example], classes: usize) -> Vec<Option<f64>> {
    let mean = |class: usize| {
        let of_class = || {
            examples
                .iter()
                .filter(move |example| example.class == class)
        };
        let sum: f64 = of_class().map(|example| example.scores[class]).sum();
        let count = of_class().count();
        (count > 0).then(|| sum / count as f64)
    };
    (0..classes).map(mean).collect()
}

/// The most probable of the classes that are confident.
fn confident_class(scores: &[f64], thresholds: &[Option<f64>]) -> Option<usize> {
    /// Slack for a mean of equal scores, which rounding may lift above them.
    const SLACK: f64 = 1e-6;
    let confident = scores.iter().zip(thresholds).enumerate();
    confident
        .filter(|(_, (score, threshold))| {
            threshold.is_some_and(|threshold| **score >= threshold - SLACK)
        })
        .max_by(|a, b| a.1.0.total_cmp(b.1.0).then(b.0.cmp(&a.0)))
        .map(|(class, _)| class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Task;

    #[test]
    fn a_flipped_label_is_found_first() {
        let gold = [true, true, true, false, false, false, false, true];
        let scores = [0.9, 0.8, 0.85, 0.1, 0.05, 0.2, 0.97, 0.02];
        let outcomes = TaskOutcomes {
            task: Task {
                name: "t".into(),
                kind: TaskKind::Multi,
                labels: vec!["energy".into()],
            },
            thresholds: vec![0.5],
            gold: gold.iter().map(|yes| vec![Some(*yes)]).collect(),
            scores: scores.iter().map(|score| vec![*score]).collect(),
            decided: scores.iter().map(|score| vec![*score >= 0.5]).collect(),
        };
        let found: Vec<(usize, Option<String>)> = label_issues(&outcomes)
            .into_iter()
            .map(|issue| (issue.row, issue.likely))
            .collect();
        assert_eq!(found, [(7, None), (6, Some("energy".into()))]);
    }

    #[test]
    fn gold_on_one_side_only_gives_no_issue() {
        let outcomes = TaskOutcomes {
            task: Task {
                name: "t".into(),
                kind: TaskKind::Multi,
                labels: vec!["energy".into()],
            },
            thresholds: vec![0.5],
            gold: vec![vec![Some(true)], vec![None]],
            scores: vec![vec![0.1], vec![0.9]],
            decided: vec![vec![false], vec![true]],
        };
        assert!(label_issues(&outcomes).is_empty());
    }
}
