//! A task's outcomes turned for resampling: what each class of groups adds to every count.

use super::counts::{self, Counts};
use super::groups::Classes;
use super::metric::{Metric, OVERALL};
use super::outcome::TaskOutcomes;

/// One label: how often each class hits and errs. Sparse, because most cells are right and negative.
#[derive(Debug, Clone, Default)]
struct Column {
    tp: Vec<(u32, u32)>,
    fp: Vec<(u32, u32)>,
    fneg: Vec<(u32, u32)>,
    unknown: Vec<(u32, u32)>,
}

/// A sum and what it is divided by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    sum: f64,
    weight: f64,
}

impl Share {
    fn value(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }

    fn minus(self, part: Self) -> Self {
        Self {
            sum: self.sum - part.sum,
            weight: self.weight - part.weight,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            weight: self.weight + other.weight,
        }
    }
}

/// What a table adds up to when each class is taken some number of times; two tallies can be added.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) counts: Vec<Counts>,
    article_f1: Share,
    exact: Share,
}

impl Tally {
    /// One number of the whole task.
    pub(crate) fn overall(&self, metric: Metric) -> Option<f64> {
        let total = || counts::total(&self.counts);
        match metric {
            Metric::MacroF1 => counts::macro_f1(&self.counts),
            Metric::MicroF1 => total().f1(),
            Metric::MicroPrecision => total().precision(),
            Metric::MicroRecall => total().recall(),
            Metric::WeightedF1 => counts::weighted_f1(&self.counts),
            Metric::HammingLoss => counts::ratio(total().errors(), total().known()),
            Metric::ArticleF1 => self.article_f1.value(),
            Metric::SubsetAccuracy => self.exact.value(),
            _ => None,
        }
    }

    /// Both tallies together.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            counts: self
                .counts
                .iter()
                .zip(&other.counts)
                .map(|(a, b)| a.plus(*b))
                .collect(),
            article_f1: self.article_f1.plus(other.article_f1),
            exact: self.exact.plus(other.exact),
        }
    }

    /// This tally without a part of it.
    pub(crate) fn minus(&self, part: &Self) -> Self {
        let counts = self.counts.iter().zip(&part.counts);
        Self {
            counts: counts.map(|(all, part)| all.minus(*part)).collect(),
            article_f1: self.article_f1.minus(part.article_f1),
            exact: self.exact.minus(part.exact),
        }
    }
}

/// Everything a resample needs to know of a task: classes on one side, what they add on the other.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<Column>,
    sizes: Vec<u32>,
    articles: Vec<f64>,
    article_f1: Vec<f64>,
    exact: Vec<f64>,
}

impl Table {
    /// The table of one task over classes of groups.
    pub(crate) fn of(task: &TaskOutcomes, classes: &Classes) -> Self {
        let zeros = vec![0.0; classes.sizes.len()];
        let mut table = Self {
            columns: vec![Column::default(); task.task.labels.len()],
            sizes: classes.sizes.clone(),
            articles: zeros.clone(),
            article_f1: zeros.clone(),
            exact: zeros,
        };
        for (class, rows) in classes.rows.iter().enumerate() {
            for &row in rows {
                table.add_cells(task, row, class as u32);
                table.add_article(task, row, class);
            }
        }
        table
    }

    fn add_cells(&mut self, task: &TaskOutcomes, row: usize, class: u32) {
        for (column, cell) in self.columns.iter_mut().zip(task.row(row)) {
            match (cell.gold, cell.decided) {
                (None, _) => count(&mut column.unknown, class),
                (Some(true), true) => count(&mut column.tp, class),
                (Some(false), true) => count(&mut column.fp, class),
                (Some(true), false) => count(&mut column.fneg, class),
                (Some(false), false) => {}
            }
        }
    }

    fn add_article(&mut self, task: &TaskOutcomes, row: usize, class: usize) {
        let counts = article_counts(task, row);
        self.articles[class] += 1.0;
        self.article_f1[class] += counts.f1().unwrap_or(1.0);
        self.exact[class] += f64::from(u8::from(counts.errors() == 0));
    }

    /// What the table adds up to when groups of class `k` are taken `times[k]` times in all.
    pub(crate) fn tally(&self, times: &[u32]) -> Tally {
        let articles = dot(&self.articles, times);
        let share = |sum: &[f64]| Share {
            sum: dot(sum, times),
            weight: articles,
        };
        Tally {
            counts: self
                .columns
                .iter()
                .map(|column| column.counts(times, articles as u64))
                .collect(),
            article_f1: share(&self.article_f1),
            exact: share(&self.exact),
        }
    }

    /// What the table adds up to as it is.
    pub(crate) fn whole(&self) -> Tally {
        self.tally(&self.sizes)
    }

    /// Hits and trials of `label` in a group of each class that has any, and the groups of the class.
    pub(crate) fn hits(&self, label: usize, part: Part) -> Vec<Cluster> {
        let column = &self.columns[label];
        let mut sums = vec![(0.0, 0.0); self.sizes.len()];
        let mut add = |cells: &[(u32, u32)], hit: f64| {
            for &(class, cells) in cells {
                let sum = &mut sums[class as usize];
                *sum = (sum.0 + hit * f64::from(cells), sum.1 + f64::from(cells));
            }
        };
        add(&column.tp, 1.0);
        if part != Part::Recall {
            add(&column.fp, 0.0);
        }
        if part != Part::Precision {
            add(&column.fneg, 0.0);
        }
        self.clusters(sums.into_iter())
    }

    /// Articles with every label right, and articles, in a group of each class.
    pub(crate) fn exact(&self) -> Vec<Cluster> {
        self.clusters(
            self.exact
                .iter()
                .copied()
                .zip(self.articles.iter().copied()),
        )
    }

    fn clusters(&self, sums: impl Iterator<Item = (f64, f64)>) -> Vec<Cluster> {
        let all = sums
            .zip(&self.sizes)
            .map(|((hits, trials), groups)| Cluster {
                hits,
                trials,
                groups: f64::from(*groups),
            });
        all.filter(|cluster| cluster.trials > 0.0).collect()
    }
}

/// Hits and trials of one group, and how many groups are like it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cluster {
    pub(crate) hits: f64,
    pub(crate) trials: f64,
    pub(crate) groups: f64,
}

/// The proportion a Wilson interval is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Hits among decisions.
    Precision,
    /// Hits among gold.
    Recall,
    /// Hits among decisions and gold: the Jaccard index, of which F1 is a monotone function.
    Jaccard,
}

impl Column {
    fn counts(&self, times: &[u32], articles: u64) -> Counts {
        let take = |cells: &[(u32, u32)]| -> u64 {
            cells
                .iter()
                .map(|&(class, cells)| u64::from(times[class as usize]) * u64::from(cells))
                .sum()
        };
        let (tp, fp, fneg) = (take(&self.tp), take(&self.fp), take(&self.fneg));
        Counts {
            tp,
            fp,
            fneg,
            tn: articles - tp - fp - fneg - take(&self.unknown),
        }
    }
}

/// Classes come in order: a cell of the same class as the one before is counted with it.
fn count(cells: &mut Vec<(u32, u32)>, class: u32) {
    match cells.last_mut() {
        Some(last) if last.0 == class => last.1 += 1,
        _ => cells.push((class, 1)),
    }
}

fn dot(values: &[f64], times: &[u32]) -> f64 {
    values
        .iter()
        .zip(times)
        .map(|(value, times)| value * f64::from(*times))
        .sum()
}

/// Metrics that follow from decisions, so that resampling classes gives their intervals.
pub(crate) fn resampled() -> impl Iterator<Item = Metric> {
    let of_scores = [Metric::CalibrationError, Metric::LogLoss, Metric::Brier];
    OVERALL
        .into_iter()
        .filter(move |metric| !of_scores.contains(metric))
}

/// Counts of one article's known cells.
pub(crate) fn article_counts(task: &TaskOutcomes, row: usize) -> Counts {
    let mut counts = Counts::default();
    for cell in task.row(row) {
        if let Some(gold) = cell.gold {
            counts.add(gold, cell.decided, 1);
        }
    }
    counts
}
