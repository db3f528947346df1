//! More than two reports: every candidate against one baseline, and their order.

use serde::{Deserialize, Serialize};

use super::super::error::EvaluateError;
use super::super::metric::Metric;
use super::super::report::{REPORT_SCHEMA, Report};
use super::comparison::{CompareOptions, Comparison, Delta, Verdict};
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
    /// Each candidate against the baseline, in the order given.
    pub comparisons: Vec<Comparison>,
}

/// One report among several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// Its title.
    pub title: String,
    /// 1 is best; equal values share the lower rank; null where undefined.
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
        Self {
            schema: REPORT_SCHEMA,
            baseline: baseline.title.clone(),
            headline,
            rows,
            comparisons,
        }
    }

    /// `topics macro F1`.
    #[must_use]
    pub fn metric_title(&self) -> String {
        format!("{} {}", self.headline.0, self.headline.1.title())
    }
}

fn candidate_rows(comparisons: &[Comparison], (task, metric): &(String, Metric)) -> Vec<Ranked> {
    let path = format!("{task}/{metric}");
    let deltas: Vec<Option<Delta>> = comparisons
        .iter()
        .map(|comparison| comparison.delta(&path))
        .collect();
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
    (task, metric): &(String, Metric),
) -> Option<f64> {
    let first = comparisons
        .first()
        .and_then(|comparison| comparison.delta(&format!("{task}/{metric}")));
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
    let sign = if metric.lower_is_better() { 1.0 } else { -1.0 };
    let key = |row: &Ranked| row.value.map_or(f64::INFINITY, |value| sign * value);
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
    let mut before: Option<(f64, u32)> = None;
    for (at, row) in (1u32..).zip(rows) {
        let Some(value) = row.value else { continue };
        let rank = before
            .filter(|before| before.0 == value)
            .map_or(at, |before| before.1);
        row.rank = Some(rank);
        before = Some((value, rank));
    }
}
