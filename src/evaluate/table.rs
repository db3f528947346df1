//! A task's outcomes turned for resampling: per label the groups of its hits and errors, per group the sums.

use std::collections::BTreeMap;

use crate::article::TaskKind;

use super::counts::{self, Counts};
use super::metric::{Metric, OVERALL};
use super::outcome::{ArticleOutcome, TaskOutcomes};

/// Smallest distance of a probability from 0 and 1 in a logarithm (scikit-learn's for f64).
const EPSILON: f64 = f64::EPSILON;

/// Which resampling group each article belongs to, numbered from 0; articles without gold have none.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    pub(crate) of_article: Vec<Option<u32>>,
    pub(crate) count: usize,
}

impl Groups {
    /// Groups of the articles where at least one cell of `task` is known.
    pub(crate) fn of<'a>(
        articles: impl Iterator<Item = &'a ArticleOutcome>,
        task: &TaskOutcomes,
    ) -> Self {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let of_article = articles
            .zip(&task.gold)
            .map(|(article, gold)| {
                let annotated = gold.iter().any(Option::is_some);
                let next = numbers.len() as u32;
                annotated.then(|| *numbers.entry(article.group).or_insert(next))
            })
            .collect();
        Self {
            of_article,
            count: numbers.len(),
        }
    }

    /// The groups of `rows` only, numbered anew; other articles have none.
    pub(crate) fn only(&self, rows: &[usize]) -> Self {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let mut of_article = vec![None; self.of_article.len()];
        for &row in rows {
            let next = numbers.len() as u32;
            of_article[row] =
                self.of_article[row].map(|group| *numbers.entry(group).or_insert(next));
        }
        Self {
            of_article,
            count: numbers.len(),
        }
    }
}

/// One label: the group of every hit and every error. Sparse, because most cells are right and negative.
#[derive(Debug, Clone, Default)]
struct Column {
    tp: Vec<u32>,
    fp: Vec<u32>,
    fneg: Vec<u32>,
    tn: TrueNegatives,
}

#[derive(Debug, Clone, Default)]
enum TrueNegatives {
    /// Every article of the table is annotated: the rest of the articles.
    #[default]
    Rest,
    /// Groups of the cells known to be negative and decided so.
    Listed(Vec<u32>),
}

/// Sums of a per-article quantity and of what it is divided by, per group.
#[derive(Debug, Clone, Default)]
struct Mean {
    sum: Vec<f64>,
    weight: Vec<f64>,
}

impl Mean {
    fn sized(groups: usize) -> Self {
        Self {
            sum: vec![0.0; groups],
            weight: vec![0.0; groups],
        }
    }

    fn add(&mut self, group: u32, sum: f64, weight: f64) {
        self.sum[group as usize] += sum;
        self.weight[group as usize] += weight;
    }

    fn at(&self, times: &[u32]) -> Share {
        let mut share = Share::default();
        for ((sum, weight), &n) in self.sum.iter().zip(&self.weight).zip(times) {
            share.sum += sum * f64::from(n);
            share.weight += weight * f64::from(n);
        }
        share
    }
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

    fn plus(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            weight: self.weight + other.weight,
        }
    }
}

/// What a table adds up to for one choice of groups; two tallies can be added.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) counts: Vec<Counts>,
    article_f1: Share,
    exact: Share,
    log_loss: Share,
    brier: Share,
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
            Metric::LogLoss => self.log_loss.value(),
            Metric::Brier => self.brier.value(),
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
            log_loss: self.log_loss.plus(other.log_loss),
            brier: self.brier.plus(other.brier),
        }
    }
}

/// Everything a resample needs to know of a task over some of its articles.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<Column>,
    articles_per_group: Vec<u32>,
    article_f1: Mean,
    exact: Mean,
    log_loss: Mean,
    brier: Mean,
}

impl Table {
    /// The table of the articles in `rows`; articles without gold are left out.
    pub(crate) fn of(
        task: &TaskOutcomes,
        groups: &Groups,
        rows: impl Iterator<Item = usize> + Clone,
    ) -> Self {
        let mut table = Self::sized(task, groups, rows.clone());
        for row in rows {
            if let Some(group) = groups.of_article[row] {
                table.add_cells(task, row, group);
                table.add_article(task, row, group);
            }
        }
        table
    }

    fn sized(task: &TaskOutcomes, groups: &Groups, mut rows: impl Iterator<Item = usize>) -> Self {
        let complete = rows.all(|row| {
            groups.of_article[row].is_none() || task.gold[row].iter().all(Option::is_some)
        });
        let tn = if complete {
            TrueNegatives::Rest
        } else {
            TrueNegatives::Listed(Vec::new())
        };
        let mean = Mean::sized(groups.count);
        Self {
            columns: vec![
                Column {
                    tn,
                    ..Column::default()
                };
                task.task.labels.len()
            ],
            articles_per_group: vec![0; groups.count],
            article_f1: mean.clone(),
            exact: mean.clone(),
            log_loss: mean.clone(),
            brier: mean,
        }
    }

    fn add_cells(&mut self, task: &TaskOutcomes, row: usize, group: u32) {
        for (column, cell) in self.columns.iter_mut().zip(task.row(row)) {
            let Some(gold) = cell.gold else { continue };
            match (gold, cell.decided) {
                (true, true) => column.tp.push(group),
                (false, true) => column.fp.push(group),
                (true, false) => column.fneg.push(group),
                (false, false) => {
                    if let TrueNegatives::Listed(groups) = &mut column.tn {
                        groups.push(group);
                    }
                }
            }
        }
    }

    fn add_article(&mut self, task: &TaskOutcomes, row: usize, group: u32) {
        let counts = article_counts(task, row);
        self.articles_per_group[group as usize] += 1;
        self.article_f1.add(group, counts.f1().unwrap_or(1.0), 1.0);
        self.exact
            .add(group, f64::from(u8::from(counts.errors() == 0)), 1.0);
        let (loss, brier, cells) = article_losses(task, row);
        self.log_loss.add(group, loss, cells);
        self.brier.add(group, brier, cells);
    }

    /// What the table adds up to when group `g` is taken `times[g]` times.
    pub(crate) fn tally(&self, times: &[u32]) -> Tally {
        let articles: u64 = self
            .articles_per_group
            .iter()
            .zip(times)
            .map(|(n, t)| u64::from(*n) * u64::from(*t))
            .sum();
        Tally {
            counts: self
                .columns
                .iter()
                .map(|column| column.counts(times, articles))
                .collect(),
            article_f1: self.article_f1.at(times),
            exact: self.exact.at(times),
            log_loss: self.log_loss.at(times),
            brier: self.brier.at(times),
        }
    }

    /// What the table adds up to as it is.
    pub(crate) fn whole(&self) -> Tally {
        self.tally(&vec![1; self.group_slots()])
    }

    /// Labels of this table.
    pub(crate) fn labels(&self) -> usize {
        self.columns.len()
    }

    /// Length of a vector of times.
    pub(crate) fn group_slots(&self) -> usize {
        self.articles_per_group.len()
    }

    /// Articles of this table.
    pub(crate) fn articles(&self) -> u64 {
        self.articles_per_group.iter().map(|n| u64::from(*n)).sum()
    }

    /// Groups of this table that hold an article.
    pub(crate) fn groups(&self) -> u64 {
        self.articles_per_group.iter().filter(|n| **n > 0).count() as u64
    }

    /// Hits and union (hits and errors) of `label` per group that has any, for the design effect.
    pub(crate) fn hits_per_group(&self, label: usize, part: Part) -> Vec<(f64, f64)> {
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        let column = &self.columns[label];
        let mut add = |groups: &[u32], hit: f64| {
            for &group in groups {
                let sum = sums.entry(group).or_default();
                *sum = (sum.0 + hit, sum.1 + 1.0);
            }
        };
        add(&column.tp, 1.0);
        if part != Part::Recall {
            add(&column.fp, 0.0);
        }
        if part != Part::Precision {
            add(&column.fneg, 0.0);
        }
        sums.into_values().collect()
    }

    /// Articles with every label right, and articles, per group.
    pub(crate) fn exact_per_group(&self) -> Vec<(f64, f64)> {
        self.exact
            .sum
            .iter()
            .copied()
            .zip(self.exact.weight.iter().copied())
            .filter(|pair| pair.1 > 0.0)
            .collect()
    }
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
        let take = |groups: &[u32]| {
            groups
                .iter()
                .map(|&group| u64::from(times[group as usize]))
                .sum::<u64>()
        };
        let (tp, fp, fneg) = (take(&self.tp), take(&self.fp), take(&self.fneg));
        let tn = match &self.tn {
            TrueNegatives::Rest => articles - tp - fp - fneg,
            TrueNegatives::Listed(groups) => take(groups),
        };
        Counts { tp, fp, fneg, tn }
    }
}

/// Metrics of a task that resampling gives intervals for.
pub(crate) fn resampled() -> impl Iterator<Item = Metric> {
    OVERALL
        .into_iter()
        .filter(|metric| *metric != Metric::CalibrationError)
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

/// Log loss, Brier sum and the number both are divided by. Multi: cells. Single: one article.
fn article_losses(task: &TaskOutcomes, row: usize) -> (f64, f64, f64) {
    let (mut loss, mut brier, mut cells) = (0.0, 0.0, 0.0);
    for cell in task.row(row) {
        let Some(gold) = cell.gold else { continue };
        brier += squared_error(gold, cell.score);
        cells += 1.0;
        if gold || task.task.kind == TaskKind::Multi {
            loss += surprise(gold, cell.score);
        }
    }
    let divisor = match task.task.kind {
        TaskKind::Multi => cells,
        TaskKind::Single => 1.0,
    };
    (loss, brier, divisor)
}

/// Negative log-likelihood of one cell, in nats.
pub(crate) fn surprise(gold: bool, score: f64) -> f64 {
    let clipped = score.clamp(EPSILON, 1.0 - EPSILON);
    if gold {
        -clipped.ln()
    } else {
        -(1.0 - clipped).ln()
    }
}

/// Squared error of one cell.
pub(crate) fn squared_error(gold: bool, score: f64) -> f64 {
    (score - f64::from(u8::from(gold))).powi(2)
}
