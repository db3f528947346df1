//! From outcomes to a report.

use std::collections::BTreeMap;

use crate::article::TaskKind;

use super::bootstrap::{Resampling, bootstrap, slot};
use super::calibration::bins;
use super::counts::Counts;
use super::error::EvaluateError;
use super::estimates::{TestPart, calibration_cells, estimates, exact_estimate};
use super::fingerprint::fingerprint;
use super::groups::{Classes, Groups};
use super::interval::{Estimate, average_interval, normal_quantile};
use super::metric::Metric;
use super::outcome::{ArticleOutcome, ReportInput, TaskOutcomes};
use super::report::{
    Baseline, CurvePoint, ErrorPair, Headline, REPORT_SCHEMA, Report, ReportOptions, SliceReport,
    TaskReport,
};
use super::table::Table;
use super::validate;

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
            noise_check: Vec::new(),
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
        self.baselines.push(Baseline {
            name: name.into(),
            tasks: self.overall_of(&format!("baseline '{name}'"), tasks)?,
        });
        Ok(())
    }

    /// Adds one point of a learning curve: what a model that saw `articles` articles answers on the report's articles;
    /// `tasks` run parallel to the report's.
    ///
    /// # Errors
    /// [`EvaluateError::Invalid`] where the outcomes do not fit the report's articles or tasks.
    pub fn add_curve_point(
        &mut self,
        articles: u64,
        tasks: &[TaskOutcomes],
    ) -> Result<(), EvaluateError> {
        let overall = self.overall_of("a point of the learning curve", tasks)?;
        let headline = self.task_index(&self.headline.task).map(|at| &overall[at]);
        let estimate = headline
            .and_then(|task| task.get(&self.headline.metric))
            .copied();
        self.learning_curve.push(CurvePoint {
            articles,
            estimate: estimate.unwrap_or_default(),
        });
        self.learning_curve.sort_by_key(|point| point.articles);
        Ok(())
    }

    /// Overall numbers of other outcomes on the report's articles, which `what` names in errors.
    fn overall_of(
        &self,
        what: &str,
        tasks: &[TaskOutcomes],
    ) -> Result<Vec<BTreeMap<Metric, Estimate>>, EvaluateError> {
        let outcomes: Vec<&TaskOutcomes> = tasks.iter().collect();
        validate::check(&self.articles, &outcomes).map_err(EvaluateError::Invalid)?;
        let own = self.tasks.iter().map(|task| &task.outcomes.task);
        if !own.eq(tasks.iter().map(|task| &task.task)) {
            return Err(EvaluateError::Invalid(format!(
                "{what} has other tasks than the report"
            )));
        }
        let rows: Vec<usize> = (0..self.articles.len()).collect();
        let overall =
            |task| estimates(&TestPart::of(&self.articles, task, &rows), &self.resampling).0;
        Ok(tasks.iter().map(overall).collect())
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
    let rows: Vec<usize> = (0..articles.len()).collect();
    let part = TestPart::of(articles, &outcomes, &rows);
    let (overall, labels) = estimates(&part, settings);
    TaskReport {
        annotated: part.classes.articles(),
        groups: part.classes.groups(),
        overall,
        labels,
        confusion: confusion(&outcomes),
        error_pairs: error_pairs(&outcomes),
        slices: slices(articles, &outcomes, &part, settings),
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
    part: &TestPart<'_>,
    settings: &Resampling,
) -> Vec<SliceReport> {
    let rows = slice_rows(articles.iter().enumerate(), &part.groups);
    rows.into_iter()
        .map(|((key, value), rows)| SliceReport {
            key: key.into(),
            value: value.into(),
            articles: rows.len() as u64,
            metrics: slice_metrics(outcomes, part, &rows, settings),
        })
        .collect()
}

/// A slice is a test set of its own: only its groups are resampled.
fn slice_metrics(
    outcomes: &TaskOutcomes,
    part: &TestPart<'_>,
    rows: &[usize],
    settings: &Resampling,
) -> BTreeMap<Metric, Estimate> {
    let classes = Classes::of(&part.patterns, &part.groups, rows);
    let table = Table::of(outcomes, &classes);
    let values = bootstrap(&classes.sizes, settings, |times, row| {
        let tally = table.tally(times);
        row.extend(
            SLICED
                .iter()
                .map(|metric| tally.overall(*metric).unwrap_or(f64::NAN)),
        );
    });
    let whole = table.whole();
    let estimate = |(at, metric): (usize, &Metric)| {
        let value = whole.overall(*metric);
        let interval = average_interval(value, slot(&values, at), classes.groups(), settings.level);
        (*metric, Estimate::new(value, interval))
    };
    let mut metrics: BTreeMap<Metric, Estimate> = SLICED.iter().enumerate().map(estimate).collect();
    metrics.insert(
        Metric::SubsetAccuracy,
        exact_estimate(&table, &whole, settings),
    );
    metrics
}
