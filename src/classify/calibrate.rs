//! Scores to probabilities, learnt on out-of-fold scores only.
//!
//! Multi-label: Platt scaling, `P(y | s) = 1 / (1 + exp(a s + b))` with smoothed targets (Platt, "Probabilistic Outputs for
//! Support Vector Machines", 1999; the Newton method of Lin, Lin, Weng, 2007, as in linfa). A label with enough examples takes isotonic calibration ([`Isotonic`]) where that has the
//! lower cross-validated log loss; a tenth of Platt's probability stays in it, so that scores of one step keep their order
//! and no answer is a certainty. Single-label: temperature
//! scaling, `softmax(t s)` with one `t > 0` for all labels (Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern
//! Neural Networks", ICML 2017).

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{Platt, platt_newton_method};
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::article::TaskKind;

use super::multinomial::softmax;
use super::{Isotonic, Linear};

/// Part of Platt's probability in an isotonic one.
const PLATT_SHARE: f64 = 0.1;
/// With fewer examples or counterexamples of a label isotonic calibration is not tried: its steps are mostly noise, and
/// where it wins on the folds it wins by chance.
const MIN_SIDE: usize = 50;
/// With fewer, scores that descriptions of the labels carry are taken as they are.
const FEW: usize = 10;

/// How the raw scores of a task become probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// `1 / (1 + exp(a s + b))` with one `(a, b)` a label.
    Platt {
        /// Slope and intercept of each label; the slope is negative.
        coefficients: Vec<(f64, f64)>,
        /// Curves of the labels that take isotonic calibration, ascending by label.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        isotonic: Vec<Isotonic>,
    },
    /// `softmax(t s)`.
    Temperature {
        /// Factor of the scores, above 0.
        t: f64,
    },
}

impl Calibration {
    /// Probabilities of one row of raw scores.
    #[must_use]
    pub fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        match self {
            Self::Platt {
                coefficients,
                isotonic,
            } => {
                let pairs = scores.iter().zip(coefficients);
                let mut p: Vec<f64> = pairs.map(|(s, line)| platt_at(*s, *line)).collect();
                for curve in isotonic {
                    p[curve.label] = mixed(curve, scores[curve.label], p[curve.label]);
                }
                p
            }
            Self::Temperature { t } => {
                let mut scaled: Vec<f64> = scores.iter().map(|s| s * t).collect();
                softmax(&mut scaled);
                scaled
            }
        }
    }

    /// The calibration of labels put together from those of other tasks of one kind, each given with the label's column.
    /// Empty for no labels.
    pub(crate) fn of_labels(labels: &[(&Self, usize)]) -> Self {
        let (mut lines, mut curves) = (Vec::new(), Vec::new());
        for (label, (from, k)) in labels.iter().enumerate() {
            match from {
                Self::Platt {
                    coefficients,
                    isotonic,
                } => {
                    lines.push(coefficients[*k]);
                    let own = isotonic.iter().filter(|curve| curve.label == *k);
                    curves.extend(own.map(|curve| Isotonic {
                        label,
                        ..curve.clone()
                    }));
                }
                Self::Temperature { t } => return Self::Temperature { t: *t },
            }
        }
        Self::Platt {
            coefficients: lines,
            isotonic: curves,
        }
    }

    /// The identity for a task without usable out-of-fold scores.
    #[must_use]
    pub fn identity(kind: TaskKind, n_labels: usize) -> Self {
        match kind {
            TaskKind::Multi => Self::Platt {
                coefficients: vec![(-1.0, 0.0); n_labels],
                isotonic: Vec::new(),
            },
            TaskKind::Single => Self::Temperature { t: 1.0 },
        }
    }

    /// Takes scores as log-odds where there are too few examples or counterexamples of a label to say otherwise; `gold`
    /// is what it was learnt from.
    pub(crate) fn trust_few(&mut self, gold: &Array2<Option<bool>>) {
        let Self::Platt { coefficients, .. } = self else {
            return;
        };
        for (line, column) in coefficients.iter_mut().zip(gold.columns()) {
            let side = |wanted: bool| column.iter().filter(|g| **g == Some(wanted)).count();
            if side(true).min(side(false)) < FEW {
                *line = (-1.0, 0.0);
            }
        }
    }

    /// True where nothing was learnt: [`Calibration::identity`].
    pub(crate) fn is_identity(&self) -> bool {
        match self {
            Self::Platt {
                coefficients,
                isotonic,
            } => isotonic.is_empty() && coefficients.iter().all(|line| *line == (-1.0, 0.0)),
            Self::Temperature { t } => *t == 1.0,
        }
    }

    /// True where it fits a task with so many labels and every number in it is in range.
    #[must_use]
    pub fn is_sound(&self, n_labels: usize) -> bool {
        match self {
            Self::Platt {
                coefficients,
                isotonic,
            } => {
                let finite = |(a, b): &(f64, f64)| a.is_finite() && b.is_finite();
                let known = |curve: &Isotonic| curve.label < n_labels && curve.is_sound();
                coefficients.len() == n_labels
                    && coefficients.iter().all(finite)
                    && isotonic.iter().all(known)
                    && isotonic.windows(2).all(|w| w[0].label < w[1].label)
            }
            Self::Temperature { t } => t.is_finite() && *t > 0.0,
        }
    }
}

fn platt_at(score: f64, (a, b): (f64, f64)) -> f64 {
    sigmoid(-(a * score + b))
}

fn mixed(curve: &Isotonic, score: f64, platt: f64) -> f64 {
    (1.0 - PLATT_SHARE) * curve.at(score) + PLATT_SHARE * platt
}

/// `1 / (1 + exp(-x))` without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

/// Calibration of every label from scores of shape (n_samples, n_labels); rows not annotated are left out. Isotonic
/// calibration is tried where `folds` says which fold each row is in, length n_samples.
#[must_use]
pub fn calibrate_multi(
    scores: &Array2<f64>,
    gold: &Array2<Option<bool>>,
    folds: Option<&[usize]>,
) -> Calibration {
    let label = |k: usize| {
        let samples = samples(scores.column(k), gold.column(k), folds);
        let curve = folds.and_then(|_| samples.isotonic(k));
        (samples.platt(), curve)
    };
    let labels: Vec<_> = (0..gold.ncols()).into_par_iter().map(label).collect();
    let (coefficients, curves): (Vec<_>, Vec<_>) = labels.into_iter().unzip();
    Calibration::Platt {
        coefficients,
        isotonic: curves.into_iter().flatten().collect(),
    }
}

/// The annotated rows of one label.
#[derive(Default)]
struct Samples {
    scores: Vec<f64>,
    gold: Vec<bool>,
    /// All 0 where there are no folds.
    folds: Vec<usize>,
}

fn samples(
    scores: ArrayView1<'_, f64>,
    gold: ArrayView1<'_, Option<bool>>,
    folds: Option<&[usize]>,
) -> Samples {
    let mut samples = Samples::default();
    for (i, (score, gold)) in scores.iter().zip(gold).enumerate() {
        if let Some(gold) = gold {
            samples.push(*score, *gold, folds.map_or(0, |f| f[i]));
        }
    }
    samples
}

impl Samples {
    fn push(&mut self, score: f64, gold: bool, fold: usize) {
        self.scores.push(score);
        self.gold.push(gold);
        self.folds.push(fold);
    }

    /// Where a side is missing or the fit turns the order around, the plain sigmoid stands in.
    fn platt(&self) -> (f64, f64) {
        let positives = self.positives();
        if positives == 0 || positives == self.gold.len() {
            return (-1.0, 0.0);
        }
        let scores = ArrayView1::from(&self.scores);
        let gold = ArrayView1::from(&self.gold);
        let fitted = Platt::<f64, Linear>::params()
            .check()
            .and_then(|params| platt_newton_method(scores, gold, &params));
        fitted
            .ok()
            .filter(|(a, b)| *a < 0.0 && a.is_finite() && b.is_finite())
            .unwrap_or((-1.0, 0.0))
    }

    fn positives(&self) -> usize {
        self.gold.iter().filter(|g| **g).count()
    }

    /// The curve of label `k`, where it tells more about articles held out than Platt's.
    fn isotonic(&self, k: usize) -> Option<Isotonic> {
        let positives = self.positives();
        if positives.min(self.gold.len() - positives) < MIN_SIDE {
            return None;
        }
        let last = self.folds.iter().max()?;
        let (platt, isotonic) = (0..=*last)
            .map(|fold| self.losses(fold))
            .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (isotonic < platt).then(|| Isotonic::fit(k, &self.scores, &self.gold))
    }

    /// Log loss on one fold of what the other folds teach, by Platt and by isotonic calibration.
    fn losses(&self, fold: usize) -> (f64, f64) {
        let (mut others, mut own) = (Self::default(), Self::default());
        for i in 0..self.gold.len() {
            let side = if self.folds[i] == fold {
                &mut own
            } else {
                &mut others
            };
            side.push(self.scores[i], self.gold[i], self.folds[i]);
        }
        let (line, curve) = (
            others.platt(),
            Isotonic::fit(0, &others.scores, &others.gold),
        );
        let mut losses = (0.0, 0.0);
        for (&score, &gold) in own.scores.iter().zip(&own.gold) {
            let platt = platt_at(score, line);
            losses.0 += log_loss(platt, gold);
            losses.1 += log_loss(mixed(&curve, score, platt), gold);
        }
        losses
    }
}

fn log_loss(probability: f64, gold: bool) -> f64 {
    let p = if gold { probability } else { 1.0 - probability };
    -p.max(1e-12).ln()
}

/// The temperature with the lowest log loss, by golden-section search on `ln t` in `[-4, 4]`.
#[must_use]
pub fn calibrate_single(scores: &Array2<f64>, gold: &Array2<Option<bool>>) -> Calibration {
    let label = |i: usize| gold.row(i).iter().position(|g| *g == Some(true));
    let samples: Vec<(usize, usize)> = (0..gold.nrows())
        .filter_map(|i| Some((i, label(i)?)))
        .collect();
    if samples.is_empty() {
        return Calibration::Temperature { t: 1.0 };
    }
    // As in Platt's targets, the gold label is believed a little less than fully: perfectly separated scores would
    // otherwise ask for an infinite factor and give certainties that no later article deserves.
    let n_labels = gold.ncols() as f64;
    let doubt = 1.0 / (samples.len() as f64 + n_labels);
    let loss = |ln_t: f64| -> f64 {
        let t = ln_t.exp();
        let one = |&(i, k): &(usize, usize)| {
            let mut scaled: Vec<f64> = scores.row(i).iter().map(|s| s * t).collect();
            let expected =
                (1.0 - n_labels * doubt) * scaled[k] + doubt * scaled.iter().sum::<f64>();
            softmax(&mut scaled) - expected
        };
        samples.iter().map(one).sum()
    };
    Calibration::Temperature {
        t: golden_section(loss, -4.0, 4.0).exp(),
    }
}

fn golden_section(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..60 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if f(a) < f(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::SplitMix64;

    /// Scores spread evenly, the answer drawn with the probability that `truth` gives for each.
    fn drawn(n: usize, truth: impl Fn(f64) -> f64) -> (Array2<f64>, Array2<Option<bool>>) {
        let mut random = SplitMix64::new(7);
        let scores = Array2::from_shape_fn((n, 1), |(i, _)| 4.0 * i as f64 / n as f64 - 2.0);
        let gold = scores.mapv(|s| Some(random.next_f64() < truth(s)));
        (scores, gold)
    }

    fn curves(calibration: &Calibration) -> usize {
        match calibration {
            Calibration::Platt { isotonic, .. } => isotonic.len(),
            Calibration::Temperature { .. } => 0,
        }
    }

    fn folds(n: usize) -> Vec<usize> {
        (0..n).map(|i| i % 5).collect()
    }

    #[test]
    fn a_plateau_takes_isotonic_and_a_sigmoid_with_few_does_not() {
        let plateau = |s: f64| {
            if s < -0.5 {
                0.02
            } else if s < 1.0 {
                0.4
            } else {
                0.98
            }
        };
        let (scores, gold) = drawn(2000, plateau);
        let calibration = calibrate_multi(&scores, &gold, Some(&folds(2000)));
        assert_eq!(curves(&calibration), 1);
        assert!(calibration.is_sound(1));
        for (score, truth) in [(-1.5, 0.02), (0.0, 0.4), (1.5, 0.98)] {
            let p = calibration.probabilities(&[score])[0];
            assert!((p - truth).abs() < 0.08, "{score}: {p} {truth}");
        }
        assert_eq!(curves(&calibrate_multi(&scores, &gold, None)), 0);
        let (scores, gold) = drawn(90, plateau);
        assert_eq!(
            curves(&calibrate_multi(&scores, &gold, Some(&folds(90)))),
            0
        );
    }

    #[test]
    fn few_examples_leave_described_scores_as_they_are() {
        let calibrated = |n: usize| {
            let (scores, gold) = drawn(n, |s| sigmoid(4.0 * s + 1.0));
            let mut calibration = calibrate_multi(&scores, &gold, None);
            calibration.trust_few(&gold);
            calibration.probabilities(&[0.5])[0]
        };
        assert!((calibrated(12) - sigmoid(0.5)).abs() < 1e-12);
        assert!(calibrated(200) > 0.8, "{}", calibrated(200));
    }

    #[test]
    fn the_order_of_scores_is_the_order_of_probabilities() {
        let (scores, gold) = drawn(2000, |s| if s < 0.0 { 0.1 } else { 0.9 });
        let calibration = calibrate_multi(&scores, &gold, Some(&folds(2000)));
        assert_eq!(curves(&calibration), 1);
        let p: Vec<f64> = scores
            .iter()
            .map(|s| calibration.probabilities(&[*s])[0])
            .collect();
        assert!(p.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn a_curve_of_an_unknown_label_is_not_sound() {
        let curve = Isotonic::fit(2, &[0.0, 1.0], &[false, true]);
        let calibration = |curves: &[&Isotonic]| Calibration::Platt {
            coefficients: vec![(-1.0, 0.0); 3],
            isotonic: curves.iter().map(|c| (*c).clone()).collect(),
        };
        assert!(calibration(&[&curve]).is_sound(3));
        assert!(!calibration(&[&curve]).is_sound(2));
        assert!(!calibration(&[&curve, &curve]).is_sound(3));
    }
}
