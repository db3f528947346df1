//! The numbers of one task's comparison: paired bootstrap, randomisation, McNemar, Holm.

use std::collections::BTreeMap;

use super::super::bootstrap::{Resampling, bootstrap, slot};
use super::super::build::{SLICED, slice_rows};
use super::super::groups::Groups;
use super::super::interval::{Interval, normal_quantile, percentile};
use super::super::losses::{Costs, LOSSES};
use super::super::metric::Metric;
use super::super::outcome::{ArticleOutcome, TaskOutcomes};
use super::super::table::{Tally, resampled};
use super::super::words::FEW;
use super::comparison::{Delta, LabelComparison, SliceComparison, TaskComparison, Verdict};
use super::pairing::PairedTask;
use super::randomise::Swaps;
use super::significance::{holm, mcnemar_mid_p};
use super::tables::{Sides, Tables};

/// Metrics of a label that are compared.
const COMPARED: [Metric; 3] = [Metric::F1, Metric::Precision, Metric::Recall];

/// A number that follows from a tally: of the whole task, or of one label.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statistic {
    pub(crate) metric: Metric,
    label: Option<usize>,
}

impl Statistic {
    fn of(self, tally: &Tally) -> Option<f64> {
        let Some(label) = self.label else {
            return tally.overall(self.metric);
        };
        let counts = tally.counts[label];
        match self.metric {
            Metric::Precision => counts.precision(),
            Metric::Recall => counts.recall(),
            _ => counts.f1(),
        }
    }

    /// Candidate less baseline; undefined where either is.
    pub(crate) fn difference(self, baseline: &Tally, candidate: &Tally) -> Option<f64> {
        Some(self.of(candidate)? - self.of(baseline)?)
    }
}

/// Compares one task.
pub(crate) fn compare_task(
    articles: &[&ArticleOutcome],
    task: &PairedTask<'_>,
    settings: &Resampling,
) -> TaskComparison {
    let sides = Sides::of(articles, task);
    let rows: Vec<usize> = (0..articles.len()).collect();
    let overall: Vec<Statistic> = resampled()
        .map(|metric| Statistic {
            metric,
            label: None,
        })
        .collect();
    let per_label = (0..task.baseline.task.labels.len()).flat_map(|label| {
        COMPARED.map(|metric| Statistic {
            metric,
            label: Some(label),
        })
    });
    let statistics: Vec<Statistic> = overall.iter().copied().chain(per_label).collect();
    let deltas = deltas(&sides, &rows, &statistics, settings);
    let (first, rest) = deltas.split_at(overall.len());
    let of_decisions = overall
        .iter()
        .map(|statistic| statistic.metric)
        .zip(first.iter().copied());
    TaskComparison {
        task: task.baseline.task.name.clone(),
        kind: task.baseline.task.kind,
        annotated: sides.groups.of_article.iter().flatten().count() as u64,
        groups: sides.groups.count as u64,
        overall: of_decisions
            .chain(loss_deltas(task, &sides.groups, settings))
            .collect(),
        labels: label_comparisons(task, &sides.groups, rest, settings),
        slices: slice_comparisons(articles, &sides, settings),
    }
}

/// Both values, difference, interval, p and verdict of each statistic over `rows`.
fn deltas(
    sides: &Sides<'_>,
    rows: &[usize],
    statistics: &[Statistic],
    settings: &Resampling,
) -> Vec<Delta> {
    let tables = Tables::of(sides, rows);
    let resamples = bootstrap(&tables.classes.sizes, settings, |times, row| {
        let (a, b) = (tables.baseline.tally(times), tables.candidate.tally(times));
        row.extend(
            statistics
                .iter()
                .map(|statistic| statistic.difference(&a, &b).unwrap_or(f64::NAN)),
        );
    });
    let (a, b) = (tables.baseline.whole(), tables.candidate.whole());
    let p = Swaps::of(sides, rows).p_values(statistics, settings);
    let delta = |(at, statistic): (usize, &Statistic)| {
        let interval = percentile(slot(&resamples, at), settings.level);
        delta(
            statistic.metric,
            (statistic.of(&a), statistic.of(&b)),
            interval,
            p[at],
            settings,
        )
    };
    statistics.iter().enumerate().map(delta).collect()
}

fn delta(
    metric: Metric,
    (baseline, candidate): (Option<f64>, Option<f64>),
    interval: Option<Interval>,
    p: Option<f64>,
    settings: &Resampling,
) -> Delta {
    let difference = candidate
        .zip(baseline)
        .map(|(candidate, baseline)| candidate - baseline);
    let mut delta = Delta {
        baseline,
        candidate,
        difference,
        interval: difference.and(interval),
        p: difference.and(p),
        verdict: Verdict::Undefined,
    };
    delta.verdict = verdict(&delta, metric, delta.p, settings);
    delta
}

/// Differences of log loss and Brier score: paired means, with the interval of their standard error and no test.
fn loss_deltas(
    task: &PairedTask<'_>,
    groups: &Groups,
    settings: &Resampling,
) -> impl Iterator<Item = (Metric, Delta)> {
    let z = normal_quantile(settings.level);
    LOSSES
        .map(|metric| {
            let baseline = Costs::of_task(&task.baseline, groups, metric);
            let candidate = Costs::of_task(&task.candidate, groups, metric);
            let values = (baseline.estimate(z).value, candidate.estimate(z).value);
            let interval = candidate.less(&baseline).estimate(z).interval;
            (metric, delta(metric, values, interval, None, settings))
        })
        .into_iter()
}

/// Better or worse only where interval and test agree; metrics without a test go by the interval.
fn verdict(delta: &Delta, metric: Metric, p: Option<f64>, settings: &Resampling) -> Verdict {
    let (Some(difference), Some(interval)) = (delta.difference, delta.interval) else {
        return Verdict::Undefined;
    };
    if difference == 0.0 && interval.low == 0.0 && interval.high == 0.0 {
        return Verdict::Same;
    }
    let beyond_chance = !interval.contains(0.0) && p.is_none_or(|p| p < 1.0 - settings.level);
    match (
        beyond_chance,
        (difference > 0.0) != metric.lower_is_better(),
    ) {
        (false, _) => Verdict::Unclear,
        (true, true) => Verdict::Better,
        (true, false) => Verdict::Worse,
    }
}

fn label_comparisons(
    task: &PairedTask<'_>,
    groups: &Groups,
    deltas: &[Delta],
    settings: &Resampling,
) -> Vec<LabelComparison> {
    let labels = task.baseline.task.labels.len();
    let changes: Vec<Changes> = (0..labels)
        .map(|label| Changes::of(task, groups, label))
        .collect();
    let mcnemar: Vec<f64> = changes.iter().map(Changes::mid_p).collect();
    let corrected = holm(&mcnemar.iter().copied().map(Some).collect::<Vec<_>>());
    let per_label: Vec<&[Delta]> = deltas.chunks(COMPARED.len()).collect();
    let f1 = holm(
        &per_label
            .iter()
            .map(|deltas| deltas[0].p)
            .collect::<Vec<_>>(),
    );
    (0..labels)
        .map(|label| {
            let metrics: BTreeMap<Metric, Delta> = COMPARED
                .into_iter()
                .zip(per_label[label].iter().copied())
                .collect();
            LabelComparison {
                label: task.baseline.task.labels[label].clone(),
                support: changes[label].support,
                verdict: judged(
                    &metrics[&Metric::F1],
                    Metric::F1,
                    changes[label].support,
                    f1[label],
                    settings,
                ),
                metrics,
                won: changes[label].won,
                lost: changes[label].lost,
                mcnemar: mcnemar[label],
                mcnemar_holm: corrected[label].unwrap_or(1.0),
                f1_holm: f1[label],
            }
        })
        .collect()
}

/// The verdict on a part of the test set, with its corrected p; a handful of articles is never judged.
fn judged(
    delta: &Delta,
    metric: Metric,
    articles: u64,
    p: Option<f64>,
    settings: &Resampling,
) -> Verdict {
    match verdict(delta, metric, p, settings) {
        Verdict::Same => Verdict::Same,
        _ if articles < FEW => Verdict::TooFew,
        verdict => verdict,
    }
}

/// Articles on which exactly one side has a label right, and groups in which one side has more of them right.
struct Changes {
    support: u64,
    won: u64,
    lost: u64,
    groups_won: u64,
    groups_lost: u64,
}

impl Changes {
    fn of(task: &PairedTask<'_>, groups: &Groups, label: usize) -> Self {
        let mut changes = Self {
            support: 0,
            won: 0,
            lost: 0,
            groups_won: 0,
            groups_lost: 0,
        };
        let mut balance: BTreeMap<u32, i64> = BTreeMap::new();
        for (row, gold, _, decided) in task.baseline.known(label) {
            let (before, after) = (decided == gold, task.candidate.decided[row][label] == gold);
            changes.support += u64::from(gold);
            changes.won += u64::from(!before && after);
            changes.lost += u64::from(before && !after);
            if let (true, Some(group)) = (before != after, groups.of_article[row]) {
                *balance.entry(group).or_default() += i64::from(after) - i64::from(before);
            }
        }
        changes.groups_won = balance.values().filter(|sum| **sum > 0).count() as u64;
        changes.groups_lost = balance.values().filter(|sum| **sum < 0).count() as u64;
        changes
    }

    /// Near-duplicates are one observation: each group votes once.
    fn mid_p(&self) -> f64 {
        mcnemar_mid_p(self.groups_won, self.groups_lost)
    }
}

fn slice_comparisons(
    articles: &[&ArticleOutcome],
    sides: &Sides<'_>,
    settings: &Resampling,
) -> Vec<SliceComparison> {
    let mut slices: Vec<SliceComparison> =
        slice_rows(articles.iter().copied().enumerate(), &sides.groups)
            .into_iter()
            .map(|((key, value), rows)| SliceComparison {
                key: key.into(),
                value: value.into(),
                articles: rows.len() as u64,
                metrics: slice_deltas(sides, &rows, settings),
                f1_holm: None,
            })
            .collect();
    correct(&mut slices, settings);
    slices
}

fn slice_deltas(
    sides: &Sides<'_>,
    rows: &[usize],
    settings: &Resampling,
) -> BTreeMap<Metric, Delta> {
    let statistics = SLICED.map(|metric| Statistic {
        metric,
        label: None,
    });
    let deltas = deltas(sides, rows, &statistics, settings);
    SLICED.into_iter().zip(deltas).collect()
}

/// A dozen slices are a dozen chances to find something by accident; those too small to be judged take no chance.
fn correct(slices: &mut [SliceComparison], settings: &Resampling) {
    let delta = |slice: &SliceComparison| slice.metrics.get(&Metric::MacroF1).copied();
    let judged_at_all = |slice: &&SliceComparison| slice.articles >= FEW;
    let p = |slice| Some(slice).filter(judged_at_all).and_then(delta)?.p;
    let corrected = holm(&slices.iter().map(p).collect::<Vec<_>>());
    for (slice, p) in slices.iter_mut().zip(corrected) {
        slice.f1_holm = p;
        if let Some(delta) = slice.metrics.get_mut(&Metric::MacroF1) {
            delta.verdict = judged(delta, Metric::MacroF1, slice.articles, p, settings);
        }
    }
}

/// Whether two rows decide alike where gold is known.
pub(crate) fn same_decisions(
    baseline: &TaskOutcomes,
    candidate: &TaskOutcomes,
    row: usize,
) -> bool {
    baseline
        .row(row)
        .zip(candidate.row(row))
        .all(|(a, b)| a.gold.is_none() || a.decided == b.decided)
}
