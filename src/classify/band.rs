//! Where an answer is unsure: the band around a label's cut, and the top probability below which one label of many is a
//! guess. Both are learnt from out-of-fold probabilities.
//!
//! At or above `high` at least [`RIGHT`] of the articles given the label carry it; below `low` lie at most the rest of
//! those that carry it. As with cuts, few positives are not believed: a label with fewer than `MIN_POSITIVES` takes the
//! band of all labels together, and the band of any other is widened toward it, never narrowed.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::cut::{Cut, Gap, annotated, gaps, mix, own_share, positives};
use super::decide_single;

/// Share of sure answers that are right.
const RIGHT: f64 = 0.9;

/// Probabilities between which a label is neither surely given nor surely left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Surely left out below this; at most the cut.
    pub low: f64,
    /// Surely given from this on; at least the cut. 1 where no cut is right often enough.
    pub high: f64,
}

impl Band {
    /// True where an answer with this probability is unsure.
    #[must_use]
    pub fn holds(&self, probability: f64) -> bool {
        self.low <= probability && probability < self.high
    }

    fn of(label: &[(f64, bool)]) -> Self {
        let (gaps, n) = (gaps(label), positives(label) as f64);
        let missed = |gap: &&Gap| n - gap.right as f64 <= (1.0 - RIGHT) * n;
        let low = gaps.iter().find(missed).map_or(0.0, Gap::middle);
        Self {
            low: if n > 0.0 { low } else { 0.0 },
            high: lowest_right(&gaps),
        }
    }

    fn widened(self, shared: Self, share: f64) -> Self {
        if share == 0.0 {
            return shared;
        }
        Self {
            low: self.low.min(mix(share, self.low, shared.low)),
            high: self.high.max(mix(share, self.high, shared.high)),
        }
    }
}

/// The lowest cut above which answers are right often enough; 1 where there is none.
fn lowest_right(gaps: &[Gap]) -> f64 {
    let enough = |gap: &&Gap| gap.precision() >= RIGHT;
    gaps.iter().rev().find(enough).map_or(1.0, Gap::middle)
}

/// Gives every cut its band, from probabilities of shape (n_samples, n_labels).
pub(super) fn add_bands(
    cuts: &mut [Cut],
    probabilities: &Array2<f64>,
    gold: &Array2<Option<bool>>,
) {
    let label = |k: usize| annotated(probabilities.column(k), gold.column(k));
    let labels: Vec<Vec<(f64, bool)>> = (0..cuts.len()).map(label).collect();
    let shared = Band::of(&labels.concat());
    for (cut, label) in cuts.iter_mut().zip(&labels) {
        let band = Band::of(label).widened(shared, own_share(cut.n_positives));
        cut.band = Some(Band {
            low: band.low.min(cut.probability),
            high: band.high.max(cut.probability),
        });
    }
}

/// The top probability from which on the most probable label is right often enough; 1 where there is none. Rows without
/// a gold label are left out.
pub(super) fn sure_from(probabilities: &Array2<f64>, gold: &Array2<Option<bool>>) -> f64 {
    let answer = |i: usize| {
        let p = probabilities.row(i).to_vec();
        let best = decide_single(&p);
        let known = gold.row(i).iter().any(|g| *g == Some(true));
        known.then(|| (p[best], gold[[i, best]] == Some(true)))
    };
    let answers: Vec<(f64, bool)> = (0..gold.nrows()).filter_map(answer).collect();
    lowest_right(&gaps(&answers))
}

/// How sure a task's answers are, counted on articles held out; an article is right where all its labels are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certainty {
    /// For a single-label task the top probability from which on an answer is sure; sets of labels have a band at each cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Articles annotated.
    pub n_articles: usize,
    /// Those that are right.
    pub n_right: usize,
    /// Articles without an unsure label.
    pub n_sure: usize,
    /// Those that are right.
    pub n_sure_right: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{CutRule, cuts_by};

    /// Even probabilities; sure below 0.4 and from 0.8 on, every second one between.
    fn mixed_middle(n: usize) -> (Array2<f64>, Array2<Option<bool>>) {
        let p = Array2::from_shape_fn((n, 1), |(i, _)| (i as f64 + 0.5) / n as f64);
        let gold = Array2::from_shape_fn((n, 1), |(i, _)| {
            let share = i as f64 / n as f64;
            Some(share >= 0.8 || (share >= 0.4 && i % 2 == 0))
        });
        (p, gold)
    }

    #[test]
    fn the_band_keeps_its_promises() {
        let (p, gold) = mixed_middle(1000);
        let mut cuts = cuts_by(CutRule::BestF1, &p, &gold);
        add_bands(&mut cuts, &p, &gold);
        let band = cuts[0].band.unwrap_or(Band {
            low: 0.0,
            high: 0.0,
        });
        let share = |given: &dyn Fn(f64) -> bool| {
            let label = annotated(p.column(0), gold.column(0));
            let kept: Vec<_> = label.into_iter().filter(|(p, _)| given(*p)).collect();
            (positives(&kept), kept.len())
        };
        let (right, given) = share(&|p| p >= band.high);
        assert!(right as f64 >= 0.9 * given as f64 && given > 0, "{band:?}");
        let (missed, _) = share(&|p| p < band.low);
        assert!(missed as f64 <= 0.1 * positives(&annotated(p.column(0), gold.column(0))) as f64);
        // 200 right of 200, then every second one: 25 wrong of 250 are a tenth.
        assert!((band.high - 0.75).abs() < 0.01, "{band:?}");
        // 40 of 400 are the first tenth: every second one of 80; but the cut lies lower, and with it the band.
        let own = Band::of(&annotated(p.column(0), gold.column(0)));
        assert!((own.low - 0.48).abs() < 0.01, "{own:?}");
        assert_eq!(band.low, cuts[0].probability);
        assert!(band.holds(0.5) && !band.holds(0.3) && !band.holds(0.8));
    }

    #[test]
    fn a_rare_label_takes_the_shared_band() {
        let (p, gold) = mixed_middle(1000);
        let rare = Array2::from_shape_fn((1000, 1), |(i, _)| Some(i == 999));
        let p = ndarray::concatenate![ndarray::Axis(1), p, p];
        let gold = ndarray::concatenate![ndarray::Axis(1), gold, rare];
        let mut cuts = cuts_by(CutRule::BestF1, &p, &gold);
        add_bands(&mut cuts, &p, &gold);
        let shared = Band::of(
            &[
                annotated(p.column(0), gold.column(0)),
                annotated(p.column(1), gold.column(1)),
            ]
            .concat(),
        );
        assert_eq!(
            cuts[1].band.map(|b| b.high),
            Some(shared.high.max(cuts[1].probability))
        );
        assert_eq!(
            cuts[1].band.map(|b| b.low),
            Some(shared.low.min(cuts[1].probability))
        );
    }

    #[test]
    fn a_label_that_is_never_right_is_never_sure() {
        let band = Band::of(&[(0.9, false), (0.5, true), (0.3, false)]);
        assert_eq!(band.high, 1.0);
        assert_eq!(
            Band::of(&[(0.9, false)]),
            Band {
                low: 0.0,
                high: 1.0
            }
        );
    }

    #[test]
    fn one_label_of_many_is_sure_from_a_probability_on() {
        let n = 1000;
        // Even rows right, odd ones below 0.7 wrong.
        let p = Array2::from_shape_fn((n, 2), |(i, k)| {
            let top = 0.5 + 0.5 * i as f64 / n as f64;
            if k == 0 { top } else { 1.0 - top }
        });
        let gold =
            Array2::from_shape_fn((n, 2), |(i, k)| Some((k == 0) == (i >= 400 || i % 2 == 0)));
        // 600 right, then one of two: 66 wrong of 666 + 66 are just under a tenth.
        let from = sure_from(&p, &gold);
        assert!((from - 0.625).abs() < 0.01, "{from}");
    }
}
