//! The cut on a label's probability above which it is given.
//!
//! The best F1 cut of a label with few positives is mostly noise, and an own cut for a label with one positive ruins
//! the micro average. So each label's cut is shrunk, on the logit scale, toward the cut that is best for all labels
//! together: with `n` positives the own cut counts `n / (n + SHRINK)`, and below `MIN_POSITIVES` not at all.

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::calibrate::sigmoid;

/// Positives at which the own cut and the shared cut count the same.
const SHRINK: f64 = 10.0;
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
}

/// Cuts of all labels from out-of-fold probabilities of shape (n_samples, n_labels).
#[must_use]
pub fn best_cuts(probabilities: &Array2<f64>, gold: &Array2<Option<bool>>) -> Vec<Cut> {
    let labels: Vec<Vec<(f64, bool)>> = (0..gold.ncols())
        .map(|k| annotated(probabilities.column(k), gold.column(k)))
        .collect();
    let all: Vec<(f64, bool)> = labels.iter().flatten().copied().collect();
    let shared = logit(best_f1_cut(&all));
    let cut = |label: &Vec<(f64, bool)>| {
        let n_positives = label.iter().filter(|(_, g)| *g).count();
        let share = if n_positives < MIN_POSITIVES {
            0.0
        } else {
            n_positives as f64 / (n_positives as f64 + SHRINK)
        };
        let own = logit(best_f1_cut(label));
        Cut {
            probability: sigmoid(share * own + (1.0 - share) * shared),
            n_positives,
        }
    };
    labels.iter().map(cut).collect()
}

fn annotated(
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
    let n_positives = label.iter().filter(|(_, g)| *g).count();
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
    let mut sorted = label.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut cuts = Vec::new();
    let mut true_positives = 0;
    for (i, (probability, gold)) in sorted.iter().enumerate() {
        true_positives += usize::from(*gold);
        let next = sorted.get(i + 1).map_or(0.0, |(p, _)| *p);
        if next == *probability {
            continue;
        }
        let f1 = 2.0 * true_positives as f64 / (i + 1 + n_positives) as f64;
        // Inside the gap, as near to half the F1 as the gap allows; its very edges would be unsafe.
        let margin = 0.1 * (probability - next);
        cuts.push((f1, (0.5 * f1).clamp(next + margin, probability - margin)));
    }
    cuts
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
mod tests {
    use super::*;

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
        let cuts = best_cuts(&p, &gold);
        assert!((cuts[0].probability - 0.6).abs() < 0.03, "{cuts:?}");
        assert!((cuts[1].probability - 0.6).abs() < 0.05, "{cuts:?}");
    }

    #[test]
    fn ties_are_never_cut_apart() {
        let label = [(0.5, true), (0.5, false), (0.5, true), (0.1, false)];
        assert!((best_f1_cut(&label) - 0.4).abs() < 1e-12);
    }
}
