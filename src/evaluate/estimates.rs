//! The numbers of one task, each with its interval.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::article::TaskKind;

use super::bootstrap::{Resampling, bootstrap, slot};
use super::build::label_counts;
use super::calibration::{bins, calibration_estimate};
use super::counts::{Counts, ratio};
use super::groups::{Classes, Groups, Patterns};
use super::interval::{Estimate, Interval, average_interval, normal_quantile, percentile, wilson};
use super::losses::{Costs, LOSSES, not_negative};
use super::metric::{Metric, PER_LABEL};
use super::outcome::{ArticleOutcome, TaskOutcomes};
use super::ranking::{Ranked, Scored};
use super::report::LabelReport;
use super::table::{Cluster, Part, Table, Tally, resampled};
use super::words;

/// One task over some articles, turned for resampling.
pub(crate) struct TestPart<'o> {
    outcomes: &'o TaskOutcomes,
    pub(crate) groups: Groups,
    pub(crate) patterns: Patterns,
    pub(crate) classes: Classes,
    table: Table,
}

impl<'o> TestPart<'o> {
    /// Turns `rows` of a task.
    pub(crate) fn of(
        articles: &[ArticleOutcome],
        outcomes: &'o TaskOutcomes,
        rows: &[usize],
    ) -> Self {
        let groups = Groups::of(articles.iter(), outcomes);
        let patterns = Patterns::of(&[outcomes]);
        let classes = Classes::of(&patterns, &groups, rows);
        let table = Table::of(outcomes, &classes);
        Self {
            outcomes,
            groups,
            patterns,
            classes,
            table,
        }
    }
}

/// Numbers over all labels, and label by label.
pub(crate) fn estimates(
    part: &TestPart<'_>,
    settings: &Resampling,
) -> (BTreeMap<Metric, Estimate>, Vec<LabelReport>) {
    let metrics: Vec<Metric> = resampled().collect();
    let resamples = bootstrap(&part.classes.sizes, settings, |times, row| {
        let tally = part.table.tally(times);
        row.extend(
            metrics
                .iter()
                .map(|metric| tally.overall(*metric).unwrap_or(f64::NAN)),
        );
        row.extend(
            tally
                .counts
                .iter()
                .map(|counts| counts.mcc().unwrap_or(f64::NAN)),
        );
    });
    let interval = |at: usize| percentile(slot(&resamples, at), settings.level);
    let overall = overall(part, &metrics, &resamples, settings);
    let counts = label_counts(part.outcomes);
    let labels = (0..counts.len()).into_par_iter().map(|label| {
        label_report(
            part,
            label,
            counts[label],
            interval(metrics.len() + label),
            settings,
        )
    });
    (overall, labels.collect())
}

fn overall(
    part: &TestPart<'_>,
    metrics: &[Metric],
    resamples: &[Vec<f64>],
    settings: &Resampling,
) -> BTreeMap<Metric, Estimate> {
    let whole = part.table.whole();
    let of_decisions = metrics.iter().enumerate().map(|(at, metric)| {
        let value = whole.overall(*metric);
        let groups = part.classes.groups();
        let interval = average_interval(value, slot(resamples, at), groups, settings.level);
        (*metric, Estimate::new(value, interval))
    });
    let mut estimates: BTreeMap<Metric, Estimate> = of_decisions.collect();
    estimates.insert(
        Metric::SubsetAccuracy,
        exact_estimate(&part.table, &whole, settings),
    );
    let z = normal_quantile(settings.level);
    for metric in LOSSES {
        let costs = Costs::of_task(part.outcomes, &part.groups, metric);
        estimates.insert(metric, not_negative(costs.estimate(z)));
    }
    let single = part.outcomes.task.kind == TaskKind::Single;
    let group = |row: usize| part.groups.of_article[row];
    let cells = (0..part.outcomes.gold.len()).flat_map(|row| {
        let cells = part
            .outcomes
            .row(row)
            .filter(|cell| !single || cell.decided);
        cells.filter_map(move |cell| Some((cell.score, cell.gold?, group(row)?)))
    });
    let scored = |(score, gold, group)| Scored { score, gold, group };
    let cells: Vec<Scored> = cells.map(scored).collect();
    estimates.insert(
        Metric::CalibrationError,
        calibration_estimate(&cells, settings),
    );
    estimates
}

/// A proportion: Wilson instead of the bootstrap, which says "exactly 1" of three right articles.
pub(crate) fn exact_estimate(table: &Table, whole: &Tally, settings: &Resampling) -> Estimate {
    let value = whole.overall(Metric::SubsetAccuracy);
    let z = normal_quantile(settings.level);
    Estimate::new(
        value,
        value.and_then(|share| clustered_wilson(share, &table.exact(), z)),
    )
}

/// Cells the calibration speaks of: all known cells of a multi task, the decided label of a single one.
pub(crate) fn calibration_cells(outcomes: &TaskOutcomes) -> impl Iterator<Item = (f64, bool)> + '_ {
    let single = outcomes.task.kind == TaskKind::Single;
    (0..outcomes.gold.len())
        .flat_map(|row| outcomes.row(row))
        .filter(move |cell| !single || cell.decided)
        .filter_map(|cell| cell.gold.map(|gold| (cell.score, gold)))
}

fn label_report(
    part: &TestPart<'_>,
    label: usize,
    counts: Counts,
    mcc: Option<Interval>,
    settings: &Resampling,
) -> LabelReport {
    let z = normal_quantile(settings.level);
    let cells = || {
        part.outcomes
            .known(label)
            .map(|(_, gold, score, _)| (score, gold))
    };
    let (ranked, calibration) = (Ranked::new(cells()), bins(cells(), z));
    let mut metrics: BTreeMap<Metric, Estimate> = PER_LABEL
        .iter()
        .map(|metric| (*metric, Estimate::default()))
        .collect();
    metrics.extend(count_estimates(counts, &part.table, label, z));
    metrics.extend(score_estimates(part, label, &ranked, settings));
    metrics.insert(Metric::Mcc, Estimate::new(counts.mcc(), mcc));
    let multi = part.outcomes.task.kind == TaskKind::Multi;
    LabelReport {
        label: part.outcomes.task.labels[label].clone(),
        known: counts.known(),
        support: counts.support(),
        counts,
        words: words::label(metrics[&Metric::F1], counts),
        cuts: if multi { ranked.cuts() } else { Vec::new() },
        metrics,
        calibration,
    }
}

fn count_estimates(counts: Counts, table: &Table, label: usize, z: f64) -> [(Metric, Estimate); 3] {
    let interval = |value: Option<f64>, part| {
        value.and_then(|share| clustered_wilson(share, &table.hits(label, part), z))
    };
    let jaccard = ratio(counts.tp, counts.tp + counts.errors());
    let f1 = interval(jaccard, Part::Jaccard).map(|of| Interval {
        low: from_jaccard(of.low),
        high: from_jaccard(of.high),
    });
    let (precision, recall) = (counts.precision(), counts.recall());
    [
        (Metric::F1, Estimate::new(counts.f1(), f1)),
        (
            Metric::Precision,
            Estimate::new(precision, interval(precision, Part::Precision)),
        ),
        (
            Metric::Recall,
            Estimate::new(recall, interval(recall, Part::Recall)),
        ),
    ]
}

/// `F1 = 2 J / (1 + J)`: monotone, so the ends of an interval for J are the ends of one for F1 (Lam, Gopal, Qian 2023).
fn from_jaccard(jaccard: f64) -> f64 {
    2.0 * jaccard / (1.0 + jaccard)
}

fn score_estimates(
    part: &TestPart<'_>,
    label: usize,
    ranked: &Ranked,
    settings: &Resampling,
) -> [(Metric, Estimate); 5] {
    let level = settings.level;
    let z = normal_quantile(level);
    let group = |row: usize| part.groups.of_article[row];
    let cells = part.outcomes.known(label);
    let cells: Vec<Scored> = cells
        .filter_map(|(row, gold, score, _)| group(row).map(|group| Scored { score, gold, group }))
        .collect();
    let precision = Estimate::new(
        ranked.average_precision(),
        ranked.average_precision_interval(&cells, level),
    );
    let auc = Estimate::new(ranked.roc_auc(), ranked.roc_auc_interval(&cells, level));
    let loss = |metric| {
        not_negative(Costs::of_label(part.outcomes, &part.groups, label, metric).estimate(z))
    };
    [
        (
            Metric::CalibrationError,
            calibration_estimate(&cells, settings),
        ),
        (Metric::AveragePrecision, precision),
        (Metric::RocAuc, auc),
        (Metric::LogLoss, loss(Metric::LogLoss)),
        (Metric::Brier, loss(Metric::Brier)),
    ]
}

/// Wilson interval of a share of hits whose trials come in groups: trials are divided by the design effect (Kish 1965).
///
/// Groups of one article have design effect 1 exactly; it is never taken below 1.
fn clustered_wilson(share: f64, clusters: &[Cluster], z: f64) -> Option<Interval> {
    let trials: f64 = clusters.iter().map(|one| one.trials * one.groups).sum();
    let off = |one: &Cluster| one.groups * (one.hits - share * one.trials).powi(2);
    let between: f64 = clusters.iter().map(off).sum();
    let within = trials * share * (1.0 - share);
    let effect = if within > 0.0 {
        (between / within).max(1.0)
    } else {
        1.0
    };
    wilson(share, trials / effect, z)
}
