//! Which articles, labels and gold cells two reports share, and why they may not be compared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::article::TaskKind;

use super::super::error::NotComparable;
use super::super::outcome::{ArticleOutcome, TaskOutcomes};
use super::super::report::{Report, TaskReport};
use super::super::words::plural;

/// Two reports cut to what they share; rows and labels run parallel.
pub(crate) struct Paired<'r> {
    /// Rows of the baseline and of the candidate, in the baseline's order.
    pub(crate) rows: Vec<(usize, usize)>,
    pub(crate) articles: Vec<&'r ArticleOutcome>,
    pub(crate) tasks: Vec<PairedTask<'r>>,
    /// Why this is not the whole of both; empty where it is.
    pub(crate) left_out: Vec<String>,
}

/// One task of both reports.
pub(crate) struct PairedTask<'r> {
    pub(crate) baseline: Cow<'r, TaskOutcomes>,
    pub(crate) candidate: Cow<'r, TaskOutcomes>,
}

/// Pairs two reports; with `common`, leaves out what they do not share instead of refusing.
pub(crate) fn pair<'r>(
    a: &'r Report,
    b: &'r Report,
    common: bool,
) -> Result<Paired<'r>, NotComparable> {
    let (rows, mut reasons) = pair_articles(a, b);
    reasons.extend(task_reasons(a, b));
    let same_rows = reasons.is_empty()
        && rows
            .iter()
            .enumerate()
            .all(|(row, pair)| *pair == (row, row));
    let mut tasks = Vec::new();
    for (left, right) in shared_tasks(a, b) {
        let (task, reason) = pair_task(left, right, &rows, same_rows);
        reasons.extend(reason);
        tasks.extend(task);
    }
    let possible = !rows.is_empty() && !tasks.is_empty();
    if !possible || !(reasons.is_empty() || common) {
        return Err(NotComparable {
            reasons,
            common_part: possible,
        });
    }
    let articles = rows.iter().map(|pair| &a.articles[pair.0]).collect();
    Ok(Paired {
        rows,
        articles,
        tasks,
        left_out: reasons,
    })
}

fn pair_articles(a: &Report, b: &Report) -> (Vec<(usize, usize)>, Vec<String>) {
    let by_id: BTreeMap<&str, usize> = b
        .articles
        .iter()
        .enumerate()
        .map(|(row, one)| (one.id.as_str(), row))
        .collect();
    let both: Vec<(usize, usize)> = a
        .articles
        .iter()
        .enumerate()
        .filter_map(|(row, one)| by_id.get(one.id.as_str()).map(|at| (row, *at)))
        .collect();
    let same_text = |pair: &(usize, usize)| a.articles[pair.0].digest == b.articles[pair.1].digest;
    let rows: Vec<(usize, usize)> = both.iter().copied().filter(same_text).collect();
    let mut reasons = Vec::new();
    let only = [a.articles.len() - both.len(), b.articles.len() - both.len()];
    if only != [0, 0] {
        let [first, second] =
            only.map(|count| plural(count as u64, "article stands", "articles stand"));
        reasons.push(format!(
            "other articles: {first} only in the first report, {second} only in the second"
        ));
    }
    if rows.len() < both.len() {
        let changed = plural(
            (both.len() - rows.len()) as u64,
            "article has",
            "articles have",
        );
        reasons.push(format!("{changed} another text under the same id"));
    }
    (rows, reasons)
}

fn shared_tasks<'r>(
    a: &'r Report,
    b: &'r Report,
) -> impl Iterator<Item = (&'r TaskReport, &'r TaskReport)> {
    a.tasks.iter().filter_map(|left| {
        let right = &b.tasks[b.task_index(&left.outcomes.task.name)?];
        (left.outcomes.task.kind == right.outcomes.task.kind).then_some((left, right))
    })
}

fn task_reasons(a: &Report, b: &Report) -> Vec<String> {
    let mut reasons = Vec::new();
    for (from, to, which) in [(a, b, "first"), (b, a, "second")] {
        for task in from.tasks.iter().map(|task| &task.outcomes.task) {
            match to.task_index(&task.name) {
                None => reasons.push(format!(
                    "task '{}' stands only in the {which} report",
                    task.name
                )),
                Some(at) if to.tasks[at].outcomes.task.kind != task.kind && which == "first" => {
                    reasons.push(format!(
                        "the labels of task '{}' exclude each other in one report only",
                        task.name
                    ));
                }
                Some(_) => {}
            }
        }
    }
    reasons
}

fn pair_task<'r>(
    left: &'r TaskReport,
    right: &'r TaskReport,
    rows: &[(usize, usize)],
    same_rows: bool,
) -> (Option<PairedTask<'r>>, Vec<String>) {
    let (a, b) = (&left.outcomes, &right.outcomes);
    if same_rows && a.task == b.task && a.gold == b.gold {
        let pair = PairedTask {
            baseline: Cow::Borrowed(a),
            candidate: Cow::Borrowed(b),
        };
        return (Some(pair), Vec::new());
    }
    let labels: Vec<(usize, usize)> = shared_labels(a, b);
    let mut reasons = label_reason(a, b, labels.len());
    if labels.is_empty() || rows.is_empty() {
        return (None, reasons);
    }
    let mut baseline = select(
        a,
        rows.iter().map(|pair| pair.0),
        &labels.iter().map(|l| l.0).collect::<Vec<_>>(),
    );
    let mut candidate = select(
        b,
        rows.iter().map(|pair| pair.1),
        &labels.iter().map(|l| l.1).collect::<Vec<_>>(),
    );
    let differing = agree_on_gold(&mut baseline, &mut candidate);
    if differing > 0 {
        let articles = plural(differing, "article", "articles");
        reasons.push(format!(
            "task '{}' has other gold for {articles}",
            a.task.name
        ));
    }
    (
        Some(PairedTask {
            baseline: Cow::Owned(baseline),
            candidate: Cow::Owned(candidate),
        }),
        reasons,
    )
}

fn shared_labels(a: &TaskOutcomes, b: &TaskOutcomes) -> Vec<(usize, usize)> {
    let at = |label: &String| b.task.labels.iter().position(|other| other == label);
    a.task
        .labels
        .iter()
        .enumerate()
        .filter_map(|(left, label)| at(label).map(|right| (left, right)))
        .collect()
}

fn label_reason(a: &TaskOutcomes, b: &TaskOutcomes, shared: usize) -> Vec<String> {
    let missing = |from: &TaskOutcomes, to: &TaskOutcomes| {
        let only: Vec<&str> = from
            .task
            .labels
            .iter()
            .filter(|label| !to.task.labels.contains(label))
            .map(String::as_str)
            .collect();
        if only.is_empty() {
            "nothing".to_owned()
        } else {
            only.join(", ")
        }
    };
    if shared == a.task.labels.len() && shared == b.task.labels.len() {
        return Vec::new();
    }
    let (first, second) = (missing(a, b), missing(b, a));
    vec![format!(
        "task '{}' has another label set: only first {first}; only second {second}",
        a.task.name
    )]
}

/// Rows and columns of `outcomes`, in the order given.
fn select(
    outcomes: &TaskOutcomes,
    rows: impl Iterator<Item = usize> + Clone,
    labels: &[usize],
) -> TaskOutcomes {
    let mut task = outcomes.task.clone();
    task.labels = labels
        .iter()
        .map(|&label| outcomes.task.labels[label].clone())
        .collect();
    TaskOutcomes {
        task,
        thresholds: labels
            .iter()
            .filter_map(|&label| outcomes.thresholds.get(label).copied())
            .collect(),
        gold: take(&outcomes.gold, rows.clone(), labels),
        scores: take(&outcomes.scores, rows.clone(), labels),
        decided: take(&outcomes.decided, rows, labels),
    }
}

fn take<T: Copy>(
    matrix: &[Vec<T>],
    rows: impl Iterator<Item = usize>,
    labels: &[usize],
) -> Vec<Vec<T>> {
    rows.map(|row| labels.iter().map(|&label| matrix[row][label]).collect())
        .collect()
}

/// Hides cells on which the two golds disagree; returns how many articles have such a cell.
fn agree_on_gold(a: &mut TaskOutcomes, b: &mut TaskOutcomes) -> u64 {
    let single = a.task.kind == TaskKind::Single;
    let mut differing = 0;
    for (left, right) in a.gold.iter_mut().zip(&mut b.gold) {
        let same: Vec<bool> = left.iter().zip(right.iter()).map(|(l, r)| l == r).collect();
        let all = same.iter().all(|same| *same);
        differing += u64::from(!all);
        // An exclusive row without its gold label, cut away or disputed, says nothing.
        let whole_row = single && (!all || !left.contains(&Some(true)));
        for (at, same) in same.into_iter().enumerate() {
            if whole_row || !same {
                (left[at], right[at]) = (None, None);
            }
        }
    }
    differing
}
