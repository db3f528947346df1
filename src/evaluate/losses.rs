//! Log loss and Brier score: means over cells, with the standard error of a ratio of group sums.

use crate::article::TaskKind;

use super::groups::Groups;
use super::interval::{Estimate, Interval};
use super::metric::Metric;
use super::outcome::TaskOutcomes;

/// Smallest distance of a probability from 0 and 1 in a logarithm (scikit-learn's for f64).
const EPSILON: f64 = f64::EPSILON;

/// Metrics that are means of a cost.
pub(crate) const LOSSES: [Metric; 2] = [Metric::LogLoss, Metric::Brier];

/// Cost and cells of every group.
#[derive(Debug, Clone)]
pub(crate) struct Costs(Vec<(f64, f64)>);

impl Costs {
    /// Costs of a whole task, group by group. Multi: over cells. Single: over articles.
    pub(crate) fn of_task(task: &TaskOutcomes, groups: &Groups, metric: Metric) -> Self {
        let costs = (0..task.gold.len()).map(|row| (row, article_cost(task, row, metric)));
        Self::gather(groups, costs)
    }

    /// Costs of one label, group by group.
    pub(crate) fn of_label(
        task: &TaskOutcomes,
        groups: &Groups,
        label: usize,
        metric: Metric,
    ) -> Self {
        let cells = task
            .known(label)
            .map(|(row, gold, score, _)| (row, (cell_cost(gold, score, metric), 1.0)));
        Self::gather(groups, cells)
    }

    fn gather(groups: &Groups, costs: impl Iterator<Item = (usize, (f64, f64))>) -> Self {
        let mut sums = vec![(0.0, 0.0); groups.count];
        for (row, (cost, cells)) in costs {
            if let Some(group) = groups.of_article[row] {
                let sum = &mut sums[group as usize];
                *sum = (sum.0 + cost, sum.1 + cells);
            }
        }
        Self(sums)
    }

    /// Candidate less baseline, group by group, over the same cells.
    pub(crate) fn less(&self, baseline: &Self) -> Self {
        Self(
            self.0
                .iter()
                .zip(&baseline.0)
                .map(|(a, b)| (a.0 - b.0, a.1))
                .collect(),
        )
    }

    /// Mean and the normal interval of its linearised, group-robust standard error (Cochran 1977, 6.3).
    pub(crate) fn estimate(&self, z: f64) -> Estimate {
        let (cost, cells) = self
            .0
            .iter()
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if cells == 0.0 {
            return Estimate::default();
        }
        let mean = cost / cells;
        let groups = self.0.iter().filter(|one| one.1 > 0.0).count() as f64;
        let spread: f64 = self
            .0
            .iter()
            .map(|one| (one.0 - mean * one.1).powi(2))
            .sum();
        let half = z * (spread * groups / (groups - 1.0)).sqrt() / cells;
        Estimate::new(
            Some(mean),
            (groups > 1.0).then_some(Interval {
                low: mean - half,
                high: mean + half,
            }),
        )
    }
}

/// A cost is never negative, nor is the lower end of its interval.
pub(crate) fn not_negative(estimate: Estimate) -> Estimate {
    let interval = estimate.interval.map(|interval| Interval {
        low: interval.low.max(0.0),
        ..interval
    });
    Estimate::new(estimate.value, interval)
}

/// Cost of one article and what it is divided by.
fn article_cost(task: &TaskOutcomes, row: usize, metric: Metric) -> (f64, f64) {
    let single = task.task.kind == TaskKind::Single;
    let (mut cost, mut cells) = (0.0, 0.0);
    for cell in task.row(row) {
        let Some(gold) = cell.gold else { continue };
        cells += 1.0;
        // The likelihood of an exclusive label is that of the gold one alone.
        if gold || !(single && metric == Metric::LogLoss) {
            cost += cell_cost(gold, cell.score, metric);
        }
    }
    (cost, if single { 1.0 } else { cells })
}

fn cell_cost(gold: bool, score: f64, metric: Metric) -> f64 {
    if metric == Metric::LogLoss {
        surprise(gold, score)
    } else {
        squared_error(gold, score)
    }
}

/// Negative log-likelihood of one cell, in nats.
fn surprise(gold: bool, score: f64) -> f64 {
    let clipped = score.clamp(EPSILON, 1.0 - EPSILON);
    if gold {
        -clipped.ln()
    } else {
        -(1.0 - clipped).ln()
    }
}

/// Squared error of one cell.
fn squared_error(gold: bool, score: f64) -> f64 {
    (score - f64::from(u8::from(gold))).powi(2)
}
