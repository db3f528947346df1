//! The cut on a label's probability above which it is given.
//!
//! What a cut is for is the user's to say ([`CutRule`]): the best F1, a precision, or costs. The best F1 cut of a label
//! with few positives is mostly noise, and an own cut for a label with one positive ruins the micro average. So each
//! label's cut is shrunk, on the logit scale, toward the cut that is best for all labels together: with `n` positives
//! the own cut counts `n / (n + SHRINK)`, and below `MIN_POSITIVES` not at all.

use std::fmt;

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::calibrate::sigmoid;
use super::{Band, ClassifyError};

/// What the cuts of a task are chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum CutRule {
    /// The highest F1 of every label.
    #[default]
    BestF1,
    /// The lowest cut whose answers are right at least so often; made by [`CutRule::precision`].
    Precision(f64),
    /// The lowest expected cost; made by [`CutRule::cost`].
    Cost {
        /// Cost of a label given wrongly.
        false_positive: f64,
        /// Cost of a label missed.
        false_negative: f64,
    },
}

impl CutRule {
    /// Every label given is right at least this often on articles held out.
    ///
    /// # Errors
    /// When `target` is not above 0 and at most 1.
    pub fn precision(target: f64) -> Result<Self, ClassifyError> {
        if target > 0.0 && target <= 1.0 {
            return Ok(Self::Precision(target));
        }
        let message = format!("the precision must be above 0 and at most 1, not {target}");
        Err(ClassifyError::Setting(message))
    }

    /// The lowest expected cost: the cut is `fp / (fp + fn)` on calibrated probabilities (Elkan, "The Foundations of
    /// Cost-Sensitive Learning", IJCAI 2001).
    ///
    /// # Errors
    /// When a cost is not above 0 and finite.
    pub fn cost(false_positive: f64, false_negative: f64) -> Result<Self, ClassifyError> {
        let positive = |cost: f64| cost.is_finite() && cost > 0.0;
        if positive(false_positive) && positive(false_negative) {
            return Ok(Self::Cost {
                false_positive,
                false_negative,
            });
        }
        let message = format!("costs must be above 0, not {false_positive}:{false_negative}");
        Err(ClassifyError::Setting(message))
    }

    /// The cut one set of answers asks for by itself.
    fn cut(self, label: &[(f64, bool)]) -> f64 {
        match self {
            Self::BestF1 => best_f1_cut(label),
            Self::Precision(target) => precision_cut(label, target),
            Self::Cost {
                false_positive,
                false_negative,
            } => false_positive / (false_positive + false_negative),
        }
    }
}

impl fmt::Display for CutRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BestF1 => f.write_str("best F1"),
            Self::Precision(target) => write!(f, "precision at least {target}"),
            Self::Cost {
                false_positive,
                false_negative,
            } => write!(
                f,
                "lowest cost, wrong to missed {false_positive}:{false_negative}"
            ),
        }
    }
}

/// Positives at which the own cut and the shared cut count the same.
const SHRINK: f64 = 10.0;
/// Positives of all labels at which the shared cut and the one before any article count the same.
const SHRINK_SHARED: f64 = 20.0;
/// A label with fewer positives takes the shared cut.
const MIN_POSITIVES: usize = 5;

/// A label's cut and how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Given where the probability is at least this.
    pub probability: f64,
    /// Positives it was learnt from.
    pub n_positives: usize,
    /// Where the answer is unsure; models of the first toolkit have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
}

impl Cut {
    /// True where every number is in range.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let inside = |p: f64| (0.0..=1.0).contains(&p);
        let around = |band: Band| {
            inside(band.low)
                && inside(band.high)
                && band.low <= self.probability
                && self.probability <= band.high
        };
        inside(self.probability) && self.band.is_none_or(around)
    }
}

/// Cuts of all labels from out-of-fold probabilities of shape (n_samples, n_labels).
#[must_use]
pub fn cuts_by(
    rule: CutRule,
    probabilities: &Array2<f64>,
    gold: &Array2<Option<bool>>,
) -> Vec<Cut> {
    cuts_from(None, rule, probabilities, gold)
}

/// The same where `start` is the cut before any article has its say: the shared cut is shrunk toward it.
pub(crate) fn cuts_from(
    start: Option<f64>,
    rule: CutRule,
    probabilities: &Array2<f64>,
    gold: &Array2<Option<bool>>,
) -> Vec<Cut> {
    let labels: Vec<Vec<(f64, bool)>> = (0..gold.ncols())
        .map(|k| annotated(probabilities.column(k), gold.column(k)))
        .collect();
    let together = labels.concat();
    let mut shared = rule.cut(&together);
    if let Some(start) = start.filter(|_| rule == CutRule::BestF1) {
        let n_positives = positives(&together) as f64;
        shared = mix(n_positives / (n_positives + SHRINK_SHARED), shared, start);
    }
    let cut = |label: &Vec<(f64, bool)>| {
        let n_positives = positives(label);
        let probability = shrunk(rule, label, n_positives, shared);
        Cut {
            probability,
            n_positives,
            band: None,
        }
    };
    labels.iter().map(cut).collect()
}

/// The label's own cut, shrunk toward the shared one. A precision that the own cut reaches is never shrunk away.
fn shrunk(rule: CutRule, label: &[(f64, bool)], n_positives: usize, shared: f64) -> f64 {
    let share = own_share(n_positives);
    let own = rule.cut(label);
    let mixed = mix(share, own, shared);
    if matches!(rule, CutRule::Precision(_)) && share > 0.0 {
        return mixed.max(own);
    }
    mixed
}

/// How much a label with so many positives is believed against all labels together.
pub(super) fn own_share(n_positives: usize) -> f64 {
    if n_positives < MIN_POSITIVES {
        return 0.0;
    }
    n_positives as f64 / (n_positives as f64 + SHRINK)
}

/// Between two probabilities, on the logit scale.
pub(super) fn mix(share: f64, own: f64, shared: f64) -> f64 {
    sigmoid(share * logit(own) + (1.0 - share) * logit(shared))
}

pub(super) fn positives(label: &[(f64, bool)]) -> usize {
    label.iter().filter(|(_, gold)| *gold).count()
}

/// Labels whose cut misses the precision `target` on the answers it was learnt from, with the precision it has there;
/// none where the label is given to no article.
#[must_use]
pub fn short_of_precision(
    target: f64,
    cuts: &[Cut],
    probabilities: &Array2<f64>,
    gold: &Array2<Option<bool>>,
) -> Vec<(usize, Option<f64>)> {
    let precision = |k: usize| {
        let mut given = annotated(probabilities.column(k), gold.column(k));
        given.retain(|(p, _)| *p >= cuts[k].probability);
        (!given.is_empty()).then(|| positives(&given) as f64 / given.len() as f64)
    };
    let labels = (0..cuts.len()).map(|k| (k, precision(k)));
    labels
        .filter(|(_, p)| p.is_none_or(|p| p < target))
        .collect()
}

pub(super) fn annotated(
    probabilities: ArrayView1<'_, f64>,
    gold: ArrayView1<'_, Option<bool>>,
) -> Vec<(f64, bool)> {
    probabilities
        .iter()
        .zip(gold)
        .filter_map(|(p, g)| g.map(|g| (*p, g)))
        .collect()
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}

/// Cuts this close to the best F1 count as equally good: on a few hundred articles the difference is chance.
const PLATEAU: f64 = 0.01;

/// The cut with the highest F1. Of all cuts about as good as the best, the one nearest to half
/// the best F1: the optimum for calibrated probabilities (Lipton, Elkan, Naryanaswamy, "Optimal Thresholding of
/// Classifiers to Maximize F1 Measure", ECML PKDD 2014), so a well-separated label is not cut at a random place of the
/// gap. 0.5 where there is no positive.
fn best_f1_cut(label: &[(f64, bool)]) -> f64 {
    let n_positives = positives(label);
    if n_positives == 0 {
        return 0.5;
    }
    let cuts = f1_by_cut(label, n_positives);
    let best = cuts.iter().fold(0.0_f64, |best, (f1, _)| best.max(*f1));
    let distance = |cut: &f64| (cut - 0.5 * best).abs();
    let plateau = cuts
        .into_iter()
        .filter(|(f1, _)| *f1 >= best - PLATEAU)
        .map(|(_, cut)| cut);
    plateau
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(0.5)
}

/// `(F1, cut)` of every cut that parts two different probabilities.
fn f1_by_cut(label: &[(f64, bool)], n_positives: usize) -> Vec<(f64, f64)> {
    let one = |gap: &Gap| {
        let f1 = 2.0 * gap.right as f64 / (gap.given + n_positives) as f64;
        // Inside the gap, as near to half the F1 as the gap allows; its very edges would be unsafe.
        let margin = 0.1 * (gap.above - gap.below);
        let cut = (0.5 * f1).clamp(gap.below + margin, gap.above - margin);
        (f1, cut)
    };
    gaps(label).iter().map(one).collect()
}

/// Where a cut can lie: between two neighbouring probabilities.
pub(super) struct Gap {
    above: f64,
    below: f64,
    /// Articles above it.
    given: usize,
    /// Those of them that carry the label.
    pub(super) right: usize,
}

impl Gap {
    pub(super) fn middle(&self) -> f64 {
        0.5 * (self.above + self.below)
    }

    pub(super) fn precision(&self) -> f64 {
        self.right as f64 / self.given as f64
    }
}

/// All places of a cut, from the highest; articles with one probability are never cut apart.
pub(super) fn gaps(label: &[(f64, bool)]) -> Vec<Gap> {
    let mut sorted = label.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut gaps = Vec::new();
    let mut right = 0;
    for (i, &(above, gold)) in sorted.iter().enumerate() {
        right += usize::from(gold);
        let below = sorted.get(i + 1).map_or(0.0, |(p, _)| *p);
        if below != above {
            gaps.push(Gap {
                above,
                below,
                given: i + 1,
                right,
            });
        }
    }
    gaps
}

/// The lowest cut with a precision of at least `target`; where there is none, the lowest of the cuts with the highest
/// precision. 0.5 where there is no positive.
fn precision_cut(label: &[(f64, bool)], target: f64) -> f64 {
    let gaps = gaps(label);
    let best = gaps.iter().fold(0.0_f64, |best, g| best.max(g.precision()));
    if best == 0.0 {
        return 0.5;
    }
    let enough = |gap: &&Gap| gap.precision() >= target.min(best);
    gaps.iter().rev().find(enough).map_or(0.5, Gap::middle)
}

/// Labels whose probability reaches their cut.
#[must_use]
pub fn decide_multi(probabilities: &[f64], cuts: &[Cut]) -> Vec<bool> {
    probabilities
        .iter()
        .zip(cuts)
        .map(|(p, cut)| *p >= cut.probability)
        .collect()
}

/// The most probable label, the first of equals.
#[must_use]
pub fn decide_single(probabilities: &[f64]) -> usize {
    (1..probabilities.len()).fold(0, |best, k| {
        if probabilities[k] > probabilities[best] {
            k
        } else {
            best
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evaluate::SplitMix64;

    #[test]
    fn the_cut_parts_positives_from_negatives() {
        let label = [(0.9, true), (0.6, true), (0.2, false), (0.1, false)];
        assert!((best_f1_cut(&label) - 0.5).abs() < 1e-12);
        let low = [(0.4, true), (0.3, true), (0.2, false)];
        assert!((best_f1_cut(&low) - 0.29).abs() < 1e-12);
        assert_eq!(best_f1_cut(&[(0.3, false)]), 0.5);
    }

    #[test]
    fn a_rare_label_takes_the_shared_cut() {
        let n = 100;
        let p = Array2::from_shape_fn((n, 2), |(i, k)| {
            if k == 0 {
                (i as f64 + 0.5) / n as f64
            } else {
                0.001
            }
        });
        let gold =
            Array2::from_shape_fn((n, 2), |(i, k)| Some(if k == 0 { i >= 60 } else { i == 3 }));
        let cuts = cuts_by(CutRule::BestF1, &p, &gold);
        assert!((cuts[0].probability - 0.6).abs() < 0.03, "{cuts:?}");
        assert!((cuts[1].probability - 0.6).abs() < 0.05, "{cuts:?}");
    }

    #[test]
    fn few_articles_leave_the_cut_near_where_it_starts() {
        let cut = |n: usize| {
            let p = Array2::from_shape_fn((n, 1), |(i, _)| 0.2 * (i % 2) as f64 + 0.05);
            let gold = p.mapv(|p| Some(p > 0.2));
            cuts_from(Some(0.5), CutRule::BestF1, &p, &gold)[0].probability
        };
        assert!((0.4..0.5).contains(&cut(8)), "{}", cut(8));
        assert!(cut(400) < 0.25, "{}", cut(400));
    }

    #[test]
    fn ties_are_never_cut_apart() {
        let label = [(0.5, true), (0.5, false), (0.5, true), (0.1, false)];
        assert!((best_f1_cut(&label) - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_precision_is_reached_at_the_lowest_cut() {
        let label = [
            (0.9, true),
            (0.8, true),
            (0.6, false),
            (0.4, true),
            (0.2, false),
        ];
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(precision_cut(&label, 0.9), 0.7);
        near(precision_cut(&label, 0.75), 0.3);
        // Never more than half right: the lowest of the best cuts.
        near(
            precision_cut(&[(0.9, false), (0.8, true), (0.1, false)], 0.9),
            0.45,
        );
        near(precision_cut(&[(0.9, false)], 0.9), 0.5);
    }

    #[test]
    fn costs_ask_for_the_bayes_cut_of_every_label() {
        let p = Array2::from_shape_fn((20, 2), |(i, _)| i as f64 / 20.0);
        let gold = Array2::from_shape_fn((20, 2), |(i, k)| Some(i > 10 + 5 * k));
        let rule = CutRule::cost(1.0, 4.0).unwrap();
        for cut in cuts_by(rule, &p, &gold) {
            assert!((cut.probability - 0.2).abs() < 1e-9, "{cut:?}");
        }
    }

    #[test]
    fn rules_out_of_range_are_refused() {
        for target in [0.0, -1.0, 1.1, f64::NAN] {
            assert!(CutRule::precision(target).is_err(), "{target}");
        }
        for (fp, fnn) in [(0.0, 1.0), (1.0, f64::INFINITY), (-1.0, 1.0)] {
            assert!(CutRule::cost(fp, fnn).is_err(), "{fp}:{fnn}");
        }
    }

    #[test]
    fn a_label_short_of_the_precision_is_named() {
        let p = Array2::from_shape_fn((20, 2), |(i, _)| (i as f64 + 0.5) / 20.0);
        let gold = Array2::from_shape_fn((20, 2), |(i, k)| {
            Some(if k == 0 { i >= 10 } else { i % 2 == 0 })
        });
        let cuts = cuts_by(CutRule::Precision(0.9), &p, &gold);
        let short = short_of_precision(0.9, &cuts, &p, &gold);
        assert_eq!(short.len(), 1, "{short:?}");
        assert_eq!(short[0].0, 1);
        assert!(short[0].1.is_some_and(|p| p < 0.9));
    }

    /// Noisy labels of calibrated probabilities; `n` positives of each on average.
    fn drawn(
        n_labels: usize,
        rows: usize,
        n: f64,
        salt: u64,
    ) -> (Array2<f64>, Array2<Option<bool>>) {
        let mut random = SplitMix64::new(salt);
        let mut uniform = || random.next_f64();
        // The mean of u^power is 1 / (power + 1).
        let power = rows as f64 / n - 1.0;
        let p = Array2::from_shape_fn((rows, n_labels), |_| uniform().powf(power));
        let gold = p.mapv(|p| Some(uniform() < p));
        (p, gold)
    }

    /// Nested: cuts are learnt on one half and judged on the other.
    #[test]
    fn cuts_of_rare_labels_hold_on_other_articles() {
        let (p, gold) = drawn(400, 200, 8.0, 1);
        let (other_p, other_gold) = drawn(400, 200, 8.0, 2);
        let own = |rule: CutRule| -> Vec<Cut> {
            let label = |k| annotated(p.column(k), gold.column(k));
            let cut = |k| Cut {
                probability: rule.cut(&label(k)),
                n_positives: 0,
                band: None,
            };
            (0..400).map(cut).collect()
        };
        let judged = |cuts: &[Cut]| {
            let rows = other_p.rows().into_iter();
            let decided: Vec<bool> = rows
                .flat_map(|row| decide_multi(&row.to_vec(), cuts))
                .collect();
            let gold: Vec<bool> = other_gold.iter().flatten().copied().collect();
            let both = decided
                .iter()
                .zip(&gold)
                .filter(|(d, g)| **d && **g)
                .count() as f64;
            let given = decided.iter().filter(|d| **d).count() as f64;
            let carried = gold.iter().filter(|g| **g).count() as f64;
            (both / given, 2.0 * both / (given + carried))
        };
        let target = CutRule::Precision(0.8);
        let (shrunk, alone) = (judged(&cuts_by(target, &p, &gold)), judged(&own(target)));
        assert!(
            shrunk.0 > 0.74 && shrunk.0 > alone.0 + 0.05,
            "{shrunk:?} {alone:?}"
        );
        let f1 = CutRule::BestF1;
        let (shrunk, alone) = (judged(&cuts_by(f1, &p, &gold)), judged(&own(f1)));
        assert!(shrunk.1 > alone.1, "{shrunk:?} {alone:?}");
    }
}
