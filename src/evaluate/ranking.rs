//! What the scores are worth before any cut: average precision, ROC AUC, and the table by cut.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::interval::{Interval, normal_quantile, t_quantile, wilson};

/// Cuts kept in a label's table at most; the ones between carry no news at the size of a plot.
const MOST_CUTS: usize = 101;

/// Precision, recall and F1 if every score at or above `cut` were decided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Lowest score decided yes.
    pub cut: f64,
    /// Precision at this cut.
    pub precision: f64,
    /// Recall at this cut.
    pub recall: f64,
    /// F1 at this cut.
    pub f1: f64,
}

/// One known cell of a label, and its group of near-duplicates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scored {
    pub(crate) score: f64,
    pub(crate) gold: bool,
    pub(crate) group: u32,
}

/// Scores of one label, highest first, equal ones merged: `(score, positives, negatives)`.
pub(crate) struct Ranked {
    steps: Vec<(f64, u64, u64)>,
    positives: u64,
    negatives: u64,
}

impl Ranked {
    /// Ranks `(score, gold)` pairs.
    pub(crate) fn new(cells: impl Iterator<Item = (f64, bool)>) -> Self {
        let mut sorted: Vec<(f64, bool)> = cells.collect();
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut steps: Vec<(f64, u64, u64)> = Vec::new();
        for (score, gold) in sorted {
            if steps.last().is_none_or(|step| step.0 != score) {
                steps.push((score, 0, 0));
            }
            if let Some(step) = steps.last_mut() {
                step.1 += u64::from(gold);
                step.2 += u64::from(!gold);
            }
        }
        let positives = steps.iter().map(|step| step.1).sum();
        let negatives = steps.iter().map(|step| step.2).sum();
        Self {
            steps,
            positives,
            negatives,
        }
    }

    /// Counts at every distinct score, highest cut first.
    fn counts(&self) -> impl Iterator<Item = (f64, Counts)> + '_ {
        self.steps
            .iter()
            .scan((0, 0), |(tp, fp), &(score, positives, negatives)| {
                (*tp, *fp) = (*tp + positives, *fp + negatives);
                let counts = Counts {
                    tp: *tp,
                    fp: *fp,
                    fneg: self.positives - *tp,
                    tn: self.negatives - *fp,
                };
                Some((score, counts))
            })
    }

    /// Sum of precision times the step in recall (scikit-learn's `average_precision_score`); undefined without positives.
    pub(crate) fn average_precision(&self) -> Option<f64> {
        if self.positives == 0 {
            return None;
        }
        let mut before = 0;
        let mut sum = 0.0;
        for (_, counts) in self.counts() {
            sum += counts.precision().unwrap_or(0.0) * (counts.tp - before) as f64;
            before = counts.tp;
        }
        Some(sum / self.positives as f64)
    }

    /// Interval of average precision on the logit scale: its variance is the sum over groups of squared influences
    /// (infinitesimal jackknife, Efron 1982, chapter 6), with Student's t of the groups that have a positive less one.
    ///
    /// A binomial variance over the positives (Boyd, Eng, Page 2013) is the most there can be; it stands where one group
    /// has all positives and nothing is known of how they vary.
    pub(crate) fn average_precision_interval(
        &self,
        cells: &[Scored],
        level: f64,
    ) -> Option<Interval> {
        let value = self.average_precision()?;
        let positives = self.positives as f64 / equal_groups_effect(cells);
        let z = normal_quantile(level);
        if value >= 1.0 {
            return wilson(1.0, positives, z);
        }
        let together = self.grouped_squares(cells, &self.precision_influences(value));
        let with_positives = groups_with_positives(cells);
        if with_positives < 2 || together <= 0.0 {
            return logit_interval(value, (value * (1.0 - value) / positives).sqrt(), z);
        }
        let free = with_positives as f64 / (with_positives - 1) as f64;
        let t = t_quantile(level, with_positives - 1);
        logit_interval(value, (together * free).sqrt(), t)
    }

    /// How much one more positive, and one more negative, at each distinct score moves average precision (times n).
    ///
    /// A positive brings its own precision and lifts that of every positive at or below it, a negative lowers them.
    fn precision_influences(&self, value: f64) -> Vec<(f64, f64)> {
        let n = self.positives as f64;
        let counts: Vec<Counts> = self.counts().map(|(_, counts)| counts).collect();
        let mut influences = vec![(0.0, 0.0); self.steps.len()];
        let (mut lifted, mut lowered) = (0.0, 0.0);
        for at in (0..self.steps.len()).rev() {
            let (tp, fp) = (counts[at].tp as f64, counts[at].fp as f64);
            let share = self.steps[at].1 as f64 / (tp + fp).powi(2);
            (lifted, lowered) = (lifted + share * fp, lowered + share * tp);
            influences[at] = ((tp / (tp + fp) - value + lifted) / n, -lowered / n);
        }
        influences
    }

    /// Mann-Whitney statistic, ties half; undefined where one side is empty.
    pub(crate) fn roc_auc(&self) -> Option<f64> {
        if self.positives == 0 || self.negatives == 0 {
            return None;
        }
        let (mut above, mut won) = (0u64, 0.0);
        for &(_, positives, negatives) in &self.steps {
            above += positives;
            won += negatives as f64 * (above as f64 - positives as f64 / 2.0);
        }
        Some(won / (self.positives as f64 * self.negatives as f64))
    }

    /// Interval of ROC AUC by the variance of DeLong, DeLong and Clarke-Pearson (1988), on the logit scale; groups of
    /// near-duplicates widen it as in Obuchowski (1997).
    pub(crate) fn roc_auc_interval(&self, cells: &[Scored], level: f64) -> Option<Interval> {
        let value = self.roc_auc()?;
        if self.positives < 2 || self.negatives < 2 {
            return None;
        }
        if value <= 0.0 || value >= 1.0 {
            let fewest = self.positives.min(self.negatives) as f64;
            let trials = fewest / equal_groups_effect(cells);
            return wilson(value, trials, normal_quantile(level));
        }
        let placements = self.placements();
        let variance =
            self.auc_variance(value, &placements) * self.auc_effect(value, &placements, cells);
        // The smaller side tells how well the variance is known.
        let t = t_quantile(level, self.positives.min(self.negatives) - 1);
        logit_interval(value, variance.sqrt(), t)
    }

    /// Share of negatives below and of positives above each distinct score, ties half.
    fn placements(&self) -> Vec<(f64, f64)> {
        let (p, n) = (self.positives as f64, self.negatives as f64);
        let (mut above_p, mut above_n) = (0.0, 0.0);
        let place = |&(_, positives, negatives): &(f64, u64, u64)| {
            let (positives, negatives) = (positives as f64, negatives as f64);
            let place = (
                (n - above_n - negatives / 2.0) / n,
                (above_p + positives / 2.0) / p,
            );
            (above_p, above_n) = (above_p + positives, above_n + negatives);
            place
        };
        self.steps.iter().map(place).collect()
    }

    fn auc_variance(&self, auc: f64, placements: &[(f64, f64)]) -> f64 {
        let (p, n) = (self.positives as f64, self.negatives as f64);
        let (mut of_positives, mut of_negatives) = (0.0, 0.0);
        for (&(_, positives, negatives), (below, above)) in self.steps.iter().zip(placements) {
            of_positives += positives as f64 * (below - auc).powi(2);
            of_negatives += negatives as f64 * (above - auc).powi(2);
        }
        of_positives / (p - 1.0) / p + of_negatives / (n - 1.0) / n
    }

    /// How much wider squared sums over groups are than sums of squares; 1 for groups of one.
    fn auc_effect(&self, auc: f64, placements: &[(f64, f64)], cells: &[Scored]) -> f64 {
        let (p, n) = (self.positives as f64, self.negatives as f64);
        let part = |(below, above): &(f64, f64)| ((below - auc) / p, (above - auc) / n);
        let parts: Vec<(f64, f64)> = placements.iter().map(part).collect();
        let alone: f64 = self
            .steps
            .iter()
            .zip(&parts)
            .map(|(step, part)| step.1 as f64 * part.0.powi(2) + step.2 as f64 * part.1.powi(2))
            .sum();
        let together = self.grouped_squares(cells, &parts);
        if alone > 0.0 {
            (together / alone).max(1.0)
        } else {
            1.0
        }
    }

    /// Sum over groups of the squared sum of their cells' parts; a cell's part is that of its score and side.
    fn grouped_squares(&self, cells: &[Scored], parts: &[(f64, f64)]) -> f64 {
        let mut groups = vec![0.0; group_slots(cells)];
        for cell in cells {
            let step = self.steps.partition_point(|step| step.0 > cell.score);
            let (positive, negative) = parts.get(step).copied().unwrap_or_default();
            groups[cell.group as usize] += if cell.gold { positive } else { negative };
        }
        groups.iter().map(|sum| sum * sum).sum()
    }

    /// The table by cut, highest cut first, thinned evenly to what a plot can show.
    pub(crate) fn cuts(&self) -> Vec<Cut> {
        let all: Vec<(f64, Counts)> = self.counts().collect();
        if self.positives == 0 || all.is_empty() {
            return Vec::new();
        }
        let last = all.len() - 1;
        let kept = all.len().min(MOST_CUTS);
        let at = |step: usize| {
            if kept > 1 {
                step * last / (kept - 1)
            } else {
                0
            }
        };
        (0..kept).map(|step| cut(all[at(step)])).collect()
    }
}

/// One more than the largest group number.
fn group_slots(cells: &[Scored]) -> usize {
    cells
        .iter()
        .map(|cell| cell.group as usize + 1)
        .max()
        .unwrap_or(0)
}

/// Design effect of positives if those of one group are copies of each other: `sum k^2 / sum k`.
fn equal_groups_effect(cells: &[Scored]) -> f64 {
    let mut groups = vec![0.0; group_slots(cells)];
    for cell in cells.iter().filter(|cell| cell.gold) {
        groups[cell.group as usize] += 1.0;
    }
    let positives: f64 = groups.iter().sum();
    if positives > 0.0 {
        groups.iter().map(|k| k * k).sum::<f64>() / positives
    } else {
        1.0
    }
}

/// Groups in which at least one cell is positive.
fn groups_with_positives(cells: &[Scored]) -> u64 {
    let mut groups = vec![0; group_slots(cells)];
    for cell in cells.iter().filter(|cell| cell.gold) {
        groups[cell.group as usize] = 1;
    }
    groups.iter().sum()
}

fn cut((cut, counts): (f64, Counts)) -> Cut {
    let shown = |value: Option<f64>| value.unwrap_or(0.0);
    Cut {
        cut,
        precision: shown(counts.precision()),
        recall: shown(counts.recall()),
        f1: shown(counts.f1()),
    }
}

/// `expit(logit(value) -+ z * error / (value (1 - value)))`; none at 0 and 1, where the scale has no end.
pub(crate) fn logit_interval(value: f64, error: f64, z: f64) -> Option<Interval> {
    let spread = value * (1.0 - value);
    if spread <= 0.0 || !error.is_finite() {
        return None;
    }
    let centre = (value / (1.0 - value)).ln();
    let half = z * error / spread;
    let back = |x: f64| 1.0 / (1.0 + (-x).exp());
    Some(Interval {
        low: back(centre - half),
        high: back(centre + half),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_ranking_scores_one_and_a_reversed_one_zero() {
        let perfect = Ranked::new([(0.9, true), (0.8, true), (0.1, false)].into_iter());
        assert_eq!(
            (perfect.average_precision(), perfect.roc_auc()),
            (Some(1.0), Some(1.0))
        );
        let reversed = Ranked::new([(0.1, true), (0.9, false)].into_iter());
        assert_eq!(reversed.roc_auc(), Some(0.0));
    }

    #[test]
    fn one_sided_gold_is_undefined() {
        let negative = Ranked::new([(0.9, false)].into_iter());
        assert_eq!(
            (negative.average_precision(), negative.roc_auc()),
            (None, None)
        );
        assert!(negative.cuts().is_empty());
    }

    #[test]
    fn ties_count_half() {
        let tied = Ranked::new([(0.5, true), (0.5, false)].into_iter());
        assert_eq!(
            (tied.roc_auc(), tied.average_precision()),
            (Some(0.5), Some(0.5))
        );
    }
}
