//! More than two reports: every candidate against one baseline, and their order.

use serde::{Deserialize, Serialize};

use super::super::error::EvaluateError;
use super::super::metric::Metric;
use super::super::report::{REPORT_SCHEMA, Report};
use super::comparison::{CompareOptions, Comparison, Delta, TaskComparison, Verdict};
use super::significance::holm;

/// Several candidates against one baseline, ranked by the baseline's headline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// Shape of this file: [`REPORT_SCHEMA`].
    pub schema: u32,
    /// Title of the baseline.
    pub baseline: String,
    /// Task and metric of the ranks.
    pub headline: (String, Metric),
    /// All reports, best first; undefined ones last.
    pub rows: Vec<Ranked>,
    /// Every number of every report, task by task.
    pub table: Vec<SideBySide>,
    /// Each candidate against the baseline, in the order given.
    pub comparisons: Vec<Comparison>,
}

/// One report among several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// Its title.
    pub title: String,
    /// 1 is best; equal values share the lower rank; null where undefined, and where the reports were compared on
    /// different common parts.
    pub rank: Option<u32>,
    /// Its headline value.
    pub value: Option<f64>,
    /// Difference from the baseline; null for the baseline itself.
    pub delta: Option<Delta>,
    /// p after Holm's correction over the candidates.
    pub p_holm: Option<f64>,
    /// What follows, after correction.
    pub verdict: Verdict,
}

/// One number of all reports side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideBySide {
    /// Its task.
    pub task: String,
    /// Its label; null for a number over all labels.
    pub label: Option<String>,
    /// What is shown.
    pub metric: Metric,
    /// The value of the baseline, then of each candidate in the order given.
    pub values: Vec<Option<f64>>,
    /// Ranks of the values, as in [`Ranked`].
    pub ranks: Vec<Option<u32>>,
    /// What each candidate is beside the baseline; corrected over the labels for F1 of a label.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Compares every candidate with this report, the baseline, and ranks them all.
    ///
    /// # Errors
    /// As [`Report::compare`], for the first candidate that cannot be compared.
    pub fn rank(
        &self,
        candidates: &[&Self],
        options: &CompareOptions,
    ) -> Result<Ranking, EvaluateError> {
        let compare = |candidate: &&Self| self.compare(candidate, options);
        let comparisons = candidates
            .iter()
            .map(compare)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Ranking::of(self, comparisons))
    }
}

impl Ranking {
    /// Ranks finished comparisons with one baseline.
    #[must_use]
    pub fn of(baseline: &Report, comparisons: Vec<Comparison>) -> Self {
        let headline = (baseline.headline.task.clone(), baseline.headline.metric);
        let mut rows = candidate_rows(&comparisons, &headline);
        rows.push(Ranked {
            title: baseline.title.clone(),
            rank: None,
            value: baseline_value(baseline, &comparisons, &headline),
            delta: None,
            p_holm: None,
            verdict: Verdict::Same,
        });
        order(&mut rows, headline.1);
        let of_headline = deltas_of(&comparisons, &headline);
        if !one_part(of_headline.iter().flatten()) {
            rows.iter_mut().for_each(|row| row.rank = None);
        }
        Self {
            schema: REPORT_SCHEMA,
            baseline: baseline.title.clone(),
            headline,
            rows,
            table: table(&comparisons),
            comparisons,
        }
    }

    /// `topics macro F1`.
    #[must_use]
    pub fn metric_title(&self) -> String {
        format!("{} {}", self.headline.0, self.headline.1.title())
    }
}

/// Each candidate's difference in one metric of a task.
fn deltas_of(comparisons: &[Comparison], (task, metric): &(String, Metric)) -> Vec<Option<Delta>> {
    let path = format!("{task}/{metric}");
    comparisons.iter().map(|one| one.delta(&path)).collect()
}

fn candidate_rows(comparisons: &[Comparison], headline: &(String, Metric)) -> Vec<Ranked> {
    let deltas = deltas_of(comparisons, headline);
    let corrected = holm(
        &deltas
            .iter()
            .map(|delta| delta.and_then(|delta| delta.p))
            .collect::<Vec<_>>(),
    );
    let rows = comparisons.iter().zip(deltas).zip(corrected);
    rows.map(|((comparison, delta), p_holm)| Ranked {
        title: comparison.candidate.title.clone(),
        rank: None,
        value: delta.and_then(|delta| delta.candidate),
        delta,
        p_holm,
        verdict: corrected_verdict(delta, p_holm, 1.0 - comparison.resampling.level),
    })
    .collect()
}

/// On the common part where the comparisons speak of one, so that ranks compare like with like.
fn baseline_value(
    baseline: &Report,
    comparisons: &[Comparison],
    headline: &(String, Metric),
) -> Option<f64> {
    let first = deltas_of(comparisons, headline)
        .into_iter()
        .flatten()
        .next();
    first.map_or(baseline.headline.estimate.value, |delta| delta.baseline)
}

fn corrected_verdict(delta: Option<Delta>, p_holm: Option<f64>, alpha: f64) -> Verdict {
    let Some(delta) = delta else {
        return Verdict::Undefined;
    };
    match delta.verdict {
        Verdict::Better | Verdict::Worse if p_holm.is_some_and(|p| p >= alpha) => Verdict::Unclear,
        verdict => verdict,
    }
}

fn order(rows: &mut [Ranked], metric: Metric) {
    let sign = sign(metric);
    let key = |row: &Ranked| row.value.map_or(f64::INFINITY, |value| sign * value);
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
    let values: Vec<Option<f64>> = rows.iter().map(|row| row.value).collect();
    for (row, rank) in rows.iter_mut().zip(ranks(&values, metric)) {
        row.rank = rank;
    }
}

/// 1 for metrics of which less is better, else -1.
fn sign(metric: Metric) -> f64 {
    if metric.lower_is_better() { 1.0 } else { -1.0 }
}

/// One more than the number of better values.
fn ranks(values: &[Option<f64>], metric: Metric) -> Vec<Option<u32>> {
    let sign = sign(metric);
    let better = |than: f64| {
        let all = values.iter().flatten();
        all.filter(|value| sign * **value < sign * than).count() as u32
    };
    values
        .iter()
        .map(|value| value.map(|value| 1 + better(value)))
        .collect()
}

/// Whether every candidate was compared on the same part of the baseline: only then do ranks compare like with like.
fn one_part<'d>(mut deltas: impl Iterator<Item = &'d Delta>) -> bool {
    let first = deltas.next().and_then(|delta| delta.baseline);
    // The same sum in another order differs in its last digits.
    let same = |value: Option<f64>| match (value, first) {
        (Some(value), Some(first)) => (value - first).abs() < 1e-9,
        (value, first) => value == first,
    };
    deltas.all(|delta| same(delta.baseline))
}

/// Numbers of the tasks and labels of the first comparison.
fn table(comparisons: &[Comparison]) -> Vec<SideBySide> {
    let tasks = comparisons.first().into_iter().flat_map(|one| &one.tasks);
    let of_task = |task: &TaskComparison| {
        let overall = task.overall.keys().map(|metric| (None, *metric));
        let labels = task.labels.iter().flat_map(|label| {
            let metrics = label.metrics.keys();
            metrics.map(|metric| (Some(label.label.clone()), *metric))
        });
        let rows = overall.chain(labels);
        rows.map(|(label, metric)| side_by_side(comparisons, &task.task, label, metric))
            .collect::<Vec<_>>()
    };
    tasks.flat_map(of_task).collect()
}

fn side_by_side(
    comparisons: &[Comparison],
    task: &str,
    label: Option<String>,
    metric: Metric,
) -> SideBySide {
    let judged: Vec<Option<(Delta, Verdict)>> = comparisons
        .iter()
        .map(|one| judged_delta(one, task, label.as_deref(), metric))
        .collect();
    let deltas = || judged.iter().map(|one| one.as_ref().map(|one| &one.0));
    let baseline = deltas().flatten().next().and_then(|delta| delta.baseline);
    let candidates = deltas().map(|delta| delta.and_then(|delta| delta.candidate));
    let values: Vec<Option<f64>> = [baseline].into_iter().chain(candidates).collect();
    let ranks = if one_part(deltas().flatten()) {
        ranks(&values, metric)
    } else {
        vec![None; values.len()]
    };
    let verdict = |one: &Option<(Delta, Verdict)>| one.map_or(Verdict::Undefined, |one| one.1);
    SideBySide {
        task: task.into(),
        label,
        metric,
        values,
        ranks,
        verdicts: judged.iter().map(verdict).collect(),
    }
}

/// A difference with its verdict after correction.
fn judged_delta(
    comparison: &Comparison,
    task: &str,
    label: Option<&str>,
    metric: Metric,
) -> Option<(Delta, Verdict)> {
    let task = comparison.tasks.iter().find(|one| one.task == task)?;
    let Some(label) = label else {
        let delta = task.overall.get(&metric)?;
        return Some((*delta, delta.verdict));
    };
    let label = task.labels.iter().find(|one| one.label == label)?;
    let delta = label.metrics.get(&metric)?;
    let verdict = match metric {
        Metric::F1 => label.verdict,
        _ => delta.verdict,
    };
    Some((*delta, verdict))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_rank_and_undefined_ones_have_none() {
        let values = [Some(0.5), None, Some(0.7), Some(0.5), Some(0.1)];
        assert_eq!(
            ranks(&values, Metric::MacroF1),
            [Some(2), None, Some(1), Some(2), Some(4)]
        );
        assert_eq!(
            ranks(&values, Metric::LogLoss),
            [Some(2), None, Some(4), Some(2), Some(1)]
        );
    }
}
