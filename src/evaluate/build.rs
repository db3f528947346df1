//! From outcomes to a report.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::article::TaskKind;

use super::bootstrap::{Resampling, bootstrap, slot};
use super::calibration::{bins, calibration_error};
use super::counts::Counts;
use super::error::EvaluateError;
use super::fingerprint::fingerprint;
use super::interval::{Estimate, Interval, normal_quantile, percentile, wilson};
use super::metric::{Metric, PER_LABEL};
use super::outcome::{ArticleOutcome, ReportInput, TaskOutcomes};
use super::ranking::Ranked;
use super::report::{
    Baseline, CurvePoint, ErrorPair, Headline, LabelReport, REPORT_SCHEMA, Report, ReportOptions,
    SliceReport, TaskReport,
};
use super::table::{Groups, Part, Table, Tally, resampled, squared_error, surprise};
use super::{validate, words};

/// Metrics of a slice.
pub(crate) const SLICED: [Metric; 3] = [Metric::MacroF1, Metric::MicroF1, Metric::SubsetAccuracy];

impl Report {
    /// Computes every number of a report from outcomes.
    ///
    /// # Errors
    /// [`EvaluateError::Invalid`] where the outcomes contradict themselves: ids or labels twice, rows of other lengths,
    /// scores that are no probabilities, or settings out of range.
    pub fn build(input: ReportInput, options: &ReportOptions) -> Result<Self, EvaluateError> {
        let outcomes: Vec<&TaskOutcomes> = input.tasks.iter().collect();
        validate::check(&input.articles, &outcomes).map_err(EvaluateError::Invalid)?;
        options.resampling.check().map_err(EvaluateError::Invalid)?;
        let fingerprint = fingerprint(&input.articles, &outcomes);
        let tasks: Vec<TaskReport> = input
            .tasks
            .into_iter()
            .map(|task| task_report(&input.articles, task, &options.resampling))
            .collect();
        let headline = headline(&tasks, options)?;
        Ok(Self {
            schema: REPORT_SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            title: input.title,
            method: input.method,
            model: input.model,
            settings: input.settings,
            fingerprint,
            resampling: options.resampling,
            headline,
            tasks,
            learning_curve: Vec::new(),
            baselines: Vec::new(),
            articles: input.articles,
        })
    }

    /// Adds what a simple answer scores on the same articles; `tasks` run parallel to the report's.
    ///
    /// # Errors
    /// [`EvaluateError::Invalid`] where the outcomes do not fit the report's articles or tasks.
    pub fn add_baseline(
        &mut self,
        name: &str,
        tasks: &[TaskOutcomes],
    ) -> Result<(), EvaluateError> {
        let outcomes: Vec<&TaskOutcomes> = tasks.iter().collect();
        validate::check(&self.articles, &outcomes).map_err(EvaluateError::Invalid)?;
        if !self
            .tasks
            .iter()
            .map(|task| &task.outcomes.task)
            .eq(tasks.iter().map(|task| &task.task))
        {
            return Err(EvaluateError::Invalid(format!(
                "baseline '{name}' has other tasks than the report"
            )));
        }
        let overall = tasks.iter().map(|task| {
            let groups = Groups::of(self.articles.iter(), task);
            overall(
                task,
                &Table::of(task, &groups, 0..self.articles.len()),
                &self.resampling,
            )
        });
        self.baselines.push(Baseline {
            name: name.into(),
            tasks: overall.collect(),
        });
        Ok(())
    }

    /// Adds one point of a learning curve: the headline of `report`, made by a model that saw `articles` articles.
    pub fn add_curve_point(&mut self, articles: u64, estimate: Estimate) {
        self.learning_curve.push(CurvePoint { articles, estimate });
        self.learning_curve.sort_by_key(|point| point.articles);
    }
}

fn headline(tasks: &[TaskReport], options: &ReportOptions) -> Result<Headline, EvaluateError> {
    let first = || {
        tasks
            .first()
            .map(|task| (task.outcomes.task.name.clone(), Metric::MacroF1))
    };
    let (name, metric) = options
        .headline
        .clone()
        .or_else(first)
        .unwrap_or((String::new(), Metric::MacroF1));
    let task = tasks.iter().find(|task| task.outcomes.task.name == name);
    let estimate = task.and_then(|task| task.overall.get(&metric)).copied();
    let missing = || {
        EvaluateError::Invalid(format!(
            "no overall metric '{name}/{metric}' to be the headline"
        ))
    };
    let estimate = estimate.ok_or_else(missing)?;
    Ok(Headline {
        task: name,
        metric,
        estimate,
    })
}

fn task_report(
    articles: &[ArticleOutcome],
    outcomes: TaskOutcomes,
    settings: &Resampling,
) -> TaskReport {
    let groups = Groups::of(articles.iter(), &outcomes);
    let table = Table::of(&outcomes, &groups, 0..articles.len());
    TaskReport {
        annotated: table.articles(),
        groups: table.groups(),
        overall: overall(&outcomes, &table, settings),
        labels: label_reports(&outcomes, &table, settings),
        confusion: confusion(&outcomes),
        error_pairs: error_pairs(&outcomes),
        slices: slices(articles, &outcomes, &groups, settings),
        calibration: bins(
            calibration_cells(&outcomes),
            normal_quantile(settings.level),
        ),
        outcomes,
    }
}

/// Counts of every label over its known cells.
pub(crate) fn label_counts(outcomes: &TaskOutcomes) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); outcomes.task.labels.len()];
    for row in 0..outcomes.gold.len() {
        for (counts, cell) in counts.iter_mut().zip(outcomes.row(row)) {
            if let Some(gold) = cell.gold {
                counts.add(gold, cell.decided, 1);
            }
        }
    }
    counts
}

fn overall(
    outcomes: &TaskOutcomes,
    table: &Table,
    settings: &Resampling,
) -> BTreeMap<Metric, Estimate> {
    let metrics: Vec<Metric> = resampled().collect();
    let groups = table.group_slots();
    let rows = bootstrap(groups, metrics.len(), settings, |times, row| {
        let tally = table.tally(times);
        row.extend(
            metrics
                .iter()
                .map(|metric| tally.overall(*metric).unwrap_or(f64::NAN)),
        );
    });
    let whole = table.whole();
    let mut estimates: BTreeMap<Metric, Estimate> = BTreeMap::new();
    for (at, metric) in metrics.into_iter().enumerate() {
        let interval = percentile(slot(&rows, at), settings.level);
        estimates.insert(metric, Estimate::new(whole.overall(metric), interval));
    }
    estimates.insert(
        Metric::SubsetAccuracy,
        exact_estimate(table, &whole, settings),
    );
    let error = calibration_error(&bins(calibration_cells(outcomes), 1.0));
    estimates.insert(Metric::CalibrationError, Estimate::new(error, None));
    estimates
}

/// A proportion: Wilson instead of the bootstrap, which says "exactly 1" of three right articles.
fn exact_estimate(table: &Table, whole: &Tally, settings: &Resampling) -> Estimate {
    let value = whole.overall(Metric::SubsetAccuracy);
    let z = normal_quantile(settings.level);
    Estimate::new(
        value,
        value.and_then(|share| clustered_wilson(share, &table.exact_per_group(), z)),
    )
}

/// Cells the calibration speaks of: all known cells of a multi task, the decided label of a single one.
fn calibration_cells(outcomes: &TaskOutcomes) -> impl Iterator<Item = (f64, bool)> + '_ {
    let single = outcomes.task.kind == TaskKind::Single;
    (0..outcomes.gold.len())
        .flat_map(|row| outcomes.row(row))
        .filter(move |cell| !single || cell.decided)
        .filter_map(|cell| cell.gold.map(|gold| (cell.score, gold)))
}

fn label_reports(
    outcomes: &TaskOutcomes,
    table: &Table,
    settings: &Resampling,
) -> Vec<LabelReport> {
    let counts = label_counts(outcomes);
    let mcc = mcc_intervals(table, settings);
    (0..counts.len())
        .into_par_iter()
        .map(|label| {
            label_report(
                outcomes,
                table,
                label,
                (counts[label], mcc[label]),
                settings,
            )
        })
        .collect()
}

/// MCC has no simple interval: percentile bootstrap.
fn mcc_intervals(table: &Table, settings: &Resampling) -> Vec<Option<Interval>> {
    let labels = table.labels();
    let rows = bootstrap(table.group_slots(), labels, settings, |times, row| {
        row.extend(
            table
                .tally(times)
                .counts
                .iter()
                .map(|counts| counts.mcc().unwrap_or(f64::NAN)),
        );
    });
    (0..labels)
        .map(|label| percentile(slot(&rows, label), settings.level))
        .collect()
}

fn label_report(
    outcomes: &TaskOutcomes,
    table: &Table,
    label: usize,
    (counts, mcc): (Counts, Option<Interval>),
    settings: &Resampling,
) -> LabelReport {
    let z = normal_quantile(settings.level);
    let mut metrics: BTreeMap<Metric, Estimate> = PER_LABEL
        .iter()
        .map(|metric| (*metric, Estimate::default()))
        .collect();
    metrics.extend(count_estimates(counts, table, label, z));
    metrics.insert(Metric::Mcc, Estimate::new(counts.mcc(), mcc));
    let ranked = Ranked::new(
        outcomes
            .known(label)
            .map(|(_, gold, score, _)| (score, gold)),
    );
    metrics.extend(score_estimates(outcomes, label, &ranked, z));
    let calibration = bins(
        outcomes
            .known(label)
            .map(|(_, gold, score, _)| (score, gold)),
        z,
    );
    metrics.insert(
        Metric::CalibrationError,
        Estimate::new(calibration_error(&calibration), None),
    );
    LabelReport {
        label: outcomes.task.labels[label].clone(),
        known: counts.known(),
        support: counts.support(),
        counts,
        words: words::label(metrics[&Metric::F1], counts),
        cuts: if outcomes.task.kind == TaskKind::Multi {
            ranked.cuts()
        } else {
            Vec::new()
        },
        metrics,
        calibration,
    }
}

fn count_estimates(counts: Counts, table: &Table, label: usize, z: f64) -> [(Metric, Estimate); 3] {
    let interval = |value: Option<f64>, part| {
        value.and_then(|share| clustered_wilson(share, &table.hits_per_group(label, part), z))
    };
    let jaccard = super::counts::ratio(counts.tp, counts.tp + counts.errors());
    let f1 = interval(jaccard, Part::Jaccard).map(|of| Interval {
        low: from_jaccard(of.low),
        high: from_jaccard(of.high),
    });
    [
        (Metric::F1, Estimate::new(counts.f1(), f1)),
        (
            Metric::Precision,
            Estimate::new(
                counts.precision(),
                interval(counts.precision(), Part::Precision),
            ),
        ),
        (
            Metric::Recall,
            Estimate::new(counts.recall(), interval(counts.recall(), Part::Recall)),
        ),
    ]
}

/// `F1 = 2 J / (1 + J)`: monotone, so the ends of an interval for J are the ends of one for F1 (Lam, Gopal, Qian 2023).
fn from_jaccard(jaccard: f64) -> f64 {
    2.0 * jaccard / (1.0 + jaccard)
}

fn score_estimates(
    outcomes: &TaskOutcomes,
    label: usize,
    ranked: &Ranked,
    z: f64,
) -> [(Metric, Estimate); 4] {
    let loss = |cost: fn(bool, f64) -> f64| {
        mean_estimate(
            outcomes
                .known(label)
                .map(|(_, gold, score, _)| cost(gold, score)),
            z,
        )
    };
    [
        (
            Metric::AveragePrecision,
            Estimate::new(
                ranked.average_precision(),
                ranked.average_precision_interval(z),
            ),
        ),
        (
            Metric::RocAuc,
            Estimate::new(ranked.roc_auc(), ranked.roc_auc_interval(z)),
        ),
        (Metric::LogLoss, loss(surprise)),
        (Metric::Brier, loss(squared_error)),
    ]
}

/// Mean of non-negative costs with the normal interval of its standard error.
fn mean_estimate(costs: impl Iterator<Item = f64>, z: f64) -> Estimate {
    let costs: Vec<f64> = costs.collect();
    let n = costs.len() as f64;
    if costs.is_empty() {
        return Estimate::default();
    }
    let mean = costs.iter().sum::<f64>() / n;
    let variance = costs.iter().map(|cost| (cost - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = z * (variance / n).sqrt();
    let interval = (n > 1.0).then(|| Interval {
        low: (mean - half).max(0.0),
        high: mean + half,
    });
    Estimate::new(Some(mean), interval)
}

/// Wilson interval of a share of hits whose trials come in groups: trials are divided by the design effect (Kish 1965).
///
/// `per_group` holds (hits, trials). Groups of one article have design effect 1 exactly; it is never taken below 1.
pub(crate) fn clustered_wilson(share: f64, per_group: &[(f64, f64)], z: f64) -> Option<Interval> {
    let trials: f64 = per_group.iter().map(|group| group.1).sum();
    let between: f64 = per_group
        .iter()
        .map(|(hits, trials)| (hits - share * trials).powi(2))
        .sum();
    let within = trials * share * (1.0 - share);
    let effect = if within > 0.0 {
        (between / within).max(1.0)
    } else {
        1.0
    };
    wilson(share, trials / effect, z)
}

fn confusion(outcomes: &TaskOutcomes) -> Vec<Vec<u64>> {
    if outcomes.task.kind == TaskKind::Multi {
        return Vec::new();
    }
    let labels = outcomes.task.labels.len();
    let mut matrix = vec![vec![0; labels]; labels];
    for row in 0..outcomes.gold.len() {
        let gold = outcomes.gold[row]
            .iter()
            .position(|cell| *cell == Some(true));
        let decided = outcomes.decided[row].iter().position(|cell| *cell);
        if let (Some(gold), Some(decided)) = (gold, decided) {
            matrix[gold][decided] += 1;
        }
    }
    matrix
}

fn error_pairs(outcomes: &TaskOutcomes) -> Vec<ErrorPair> {
    let mut counted: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for row in 0..outcomes.gold.len() {
        let wrong = |gold| {
            let cells = outcomes.row(row).enumerate();
            cells
                .filter(move |(_, cell)| cell.gold == Some(gold) && cell.decided != gold)
                .map(|(label, _)| label)
        };
        for missed in wrong(true) {
            for invented in wrong(false) {
                *counted.entry((missed, invented)).or_default() += 1;
            }
        }
    }
    let name = |label: usize| outcomes.task.labels[label].clone();
    let pair = |((missed, invented), articles)| ErrorPair {
        missed: name(missed),
        invented: name(invented),
        articles,
    };
    let mut pairs: Vec<ErrorPair> = counted.into_iter().map(pair).collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.articles));
    pairs
}

/// Rows of every slice, by key and value; articles without gold are left out.
pub(crate) fn slice_rows<'a>(
    articles: impl Iterator<Item = (usize, &'a ArticleOutcome)>,
    groups: &Groups,
) -> BTreeMap<(&'a str, &'a str), Vec<usize>> {
    let mut rows: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (row, article) in articles.filter(|(row, _)| groups.of_article[*row].is_some()) {
        for (key, value) in &article.slices {
            rows.entry((key, value)).or_default().push(row);
        }
    }
    rows
}

fn slices(
    articles: &[ArticleOutcome],
    outcomes: &TaskOutcomes,
    groups: &Groups,
    settings: &Resampling,
) -> Vec<SliceReport> {
    let rows = slice_rows(articles.iter().enumerate(), groups);
    rows.into_iter()
        .map(|((key, value), rows)| SliceReport {
            key: key.into(),
            value: value.into(),
            articles: rows.len() as u64,
            metrics: slice_metrics(outcomes, groups, &rows, settings),
        })
        .collect()
}

/// A slice is a test set of its own: only its groups are resampled.
fn slice_metrics(
    outcomes: &TaskOutcomes,
    groups: &Groups,
    rows: &[usize],
    settings: &Resampling,
) -> BTreeMap<Metric, Estimate> {
    let groups = groups.only(rows);
    let table = Table::of(outcomes, &groups, rows.iter().copied());
    let values = bootstrap(groups.count, SLICED.len(), settings, |times, row| {
        let tally = table.tally(times);
        row.extend(
            SLICED
                .iter()
                .map(|metric| tally.overall(*metric).unwrap_or(f64::NAN)),
        );
    });
    let whole = table.whole();
    let estimate = |(at, metric): (usize, &Metric)| {
        let interval = percentile(slot(&values, at), settings.level);
        (*metric, Estimate::new(whole.overall(*metric), interval))
    };
    let mut metrics: BTreeMap<Metric, Estimate> = SLICED.iter().enumerate().map(estimate).collect();
    metrics.insert(
        Metric::SubsetAccuracy,
        exact_estimate(&table, &whole, settings),
    );
    metrics
}
