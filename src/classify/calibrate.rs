//! Scores to probabilities, learnt on out-of-fold scores only.
//!
//! Multi-label: Platt scaling, `P(y | s) = 1 / (1 + exp(a s + b))` with smoothed targets (Platt, "Probabilistic Outputs for
//! Support Vector Machines", 1999; the Newton method of Lin, Lin, Weng, 2007, as in linfa). Single-label: temperature
//! scaling, `softmax(t s)` with one `t > 0` for all labels (Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern
//! Neural Networks", ICML 2017).

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{Platt, platt_newton_method};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::article::TaskKind;

use super::Linear;
use super::multinomial::softmax;

/// How the raw scores of a task become probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// `1 / (1 + exp(a s + b))` with one `(a, b)` a label.
    Platt {
        /// Slope and intercept of each label; the slope is negative.
        coefficients: Vec<(f64, f64)>,
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
            Self::Platt { coefficients } => scores
                .iter()
                .zip(coefficients)
                .map(|(s, (a, b))| sigmoid(-(a * s + b)))
                .collect(),
            Self::Temperature { t } => {
                let mut scaled: Vec<f64> = scores.iter().map(|s| s * t).collect();
                softmax(&mut scaled);
                scaled
            }
        }
    }

    /// The identity for a task without usable out-of-fold scores.
    #[must_use]
    pub fn identity(kind: TaskKind, n_labels: usize) -> Self {
        match kind {
            TaskKind::Multi => Self::Platt {
                coefficients: vec![(-1.0, 0.0); n_labels],
            },
            TaskKind::Single => Self::Temperature { t: 1.0 },
        }
    }
}

/// `1 / (1 + exp(-x))` without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

/// Platt coefficients of every label from scores of shape (n_samples, n_labels); rows not annotated are left out.
#[must_use]
pub fn calibrate_multi(scores: &Array2<f64>, gold: &Array2<Option<bool>>) -> Calibration {
    let coefficients = (0..gold.ncols())
        .map(|k| platt(scores.column(k), gold.column(k)))
        .collect();
    Calibration::Platt { coefficients }
}

/// One label. Where a side is missing or the fit turns the order around, the plain sigmoid stands in.
fn platt(scores: ArrayView1<'_, f64>, gold: ArrayView1<'_, Option<bool>>) -> (f64, f64) {
    let (scores, gold): (Vec<f64>, Vec<bool>) = scores
        .iter()
        .zip(gold)
        .filter_map(|(s, g)| g.map(|g| (*s, g)))
        .unzip();
    let positives = gold.iter().filter(|g| **g).count();
    if positives == 0 || positives == gold.len() {
        return (-1.0, 0.0);
    }
    let (scores, gold) = (Array1::from(scores), Array1::from(gold));
    let fitted = Platt::<f64, Linear>::params()
        .check()
        .and_then(|params| platt_newton_method(scores.view(), gold.view(), &params));
    fitted
        .ok()
        .filter(|(a, b)| *a < 0.0 && a.is_finite() && b.is_finite())
        .unwrap_or((-1.0, 0.0))
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
