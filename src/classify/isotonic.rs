//! Isotonic calibration: the non-descending step function of the score nearest to the answers.
//!
//! Pool adjacent violators (Ayer, Brunk, Ewing, Reid, Silverman, "An Empirical Distribution Function for Sampling with
//! Incomplete Information", 1955), as calibration by Zadrozny and Elkan, "Transforming Classifier Scores into Accurate
//! Multiclass Probability Estimates", KDD 2002. Minimises `sum (y_i - p_i)^2` over `p` that do not descend with the
//! score. Between the steps the probability is interpolated; outside the first and last score it stays as there.

use serde::{Deserialize, Serialize};

/// The curve of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isotonic {
    /// Column of the label.
    pub label: usize,
    /// Scores at the ends of the steps, ascending.
    pub scores: Vec<f64>,
    /// Probability at each of them, not descending.
    pub probabilities: Vec<f64>,
}

/// Neighbouring articles with one probability.
struct Step {
    first: f64,
    last: f64,
    positives: f64,
    n: f64,
}

impl Step {
    fn mean(&self) -> f64 {
        self.positives / self.n
    }
}

impl Isotonic {
    /// The curve of `label` from scores and answers of the same length.
    pub(super) fn fit(label: usize, scores: &[f64], gold: &[bool]) -> Self {
        let mut sorted: Vec<(f64, bool)> =
            scores.iter().copied().zip(gold.iter().copied()).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut steps: Vec<Step> = Vec::new();
        for (score, gold) in sorted {
            steps.push(Step {
                first: score,
                last: score,
                positives: f64::from(u8::from(gold)),
                n: 1.0,
            });
            pool(&mut steps);
        }
        let mut curve = Self {
            label,
            scores: Vec::new(),
            probabilities: Vec::new(),
        };
        for step in &steps {
            curve.push(step.first, step.mean());
            if step.last > step.first {
                curve.push(step.last, step.mean());
            }
        }
        curve
    }

    fn push(&mut self, score: f64, probability: f64) {
        self.scores.push(score);
        self.probabilities.push(probability);
    }

    /// Probability of a score.
    pub(super) fn at(&self, score: f64) -> f64 {
        let above = self.scores.partition_point(|s| *s <= score);
        let (Some(&before), Some(&after)) = (
            self.probabilities.get(above.saturating_sub(1)),
            self.probabilities.get(above),
        ) else {
            return self.probabilities.last().copied().unwrap_or(0.5);
        };
        if above == 0 {
            return after;
        }
        let (low, high) = (self.scores[above - 1], self.scores[above]);
        before + (after - before) * (score - low) / (high - low)
    }

    /// True where every promise holds: at least one step, scores ascending, probabilities not descending, all in range.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let in_range = |p: &f64| (0.0..=1.0).contains(p);
        !self.scores.is_empty()
            && self.scores.len() == self.probabilities.len()
            && self.scores.iter().all(|s| s.is_finite())
            && self.probabilities.iter().all(in_range)
            && self.scores.windows(2).all(|w| w[0] < w[1])
            && self.probabilities.windows(2).all(|w| w[0] <= w[1])
    }
}

/// Joins the last steps while they share a score or descend.
fn pool(steps: &mut Vec<Step>) {
    while let [.., before, last] = steps.as_mut_slice() {
        if before.last < last.first && before.mean() < last.mean() {
            return;
        }
        before.last = last.last;
        before.positives += last.positives;
        before.n += last.n;
        steps.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_are_pooled_and_scores_between_interpolated() {
        let scores = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let gold = [false, true, false, false, true, true];
        let curve = Isotonic::fit(0, &scores, &gold);
        assert_eq!(curve.scores, [1.0, 2.0, 4.0, 5.0, 6.0]);
        let third = 1.0 / 3.0;
        assert_eq!(curve.probabilities, [0.0, third, third, 1.0, 1.0]);
        assert!((curve.at(4.5) - (third + 1.0) / 2.0).abs() < 1e-12);
        assert_eq!((curve.at(-9.0), curve.at(9.0)), (0.0, 1.0));
        assert_eq!((curve.at(1.0), curve.at(6.0)), (0.0, 1.0));
        assert!(curve.is_sound());
    }

    #[test]
    fn one_score_is_one_step() {
        let curve = Isotonic::fit(3, &[0.5; 4], &[true, false, false, false]);
        assert_eq!((curve.label, curve.scores.len()), (3, 1));
        assert_eq!(
            (curve.at(0.0), curve.at(0.5), curve.at(1.0)),
            (0.25, 0.25, 0.25)
        );
    }

    #[test]
    fn broken_curves_are_not_sound() {
        let curve = |scores: &[f64], probabilities: &[f64]| Isotonic {
            label: 0,
            scores: scores.to_vec(),
            probabilities: probabilities.to_vec(),
        };
        let broken = [
            curve(&[], &[]),
            curve(&[1.0], &[]),
            curve(&[1.0, 1.0], &[0.1, 0.2]),
            curve(&[1.0, 2.0], &[0.3, 0.2]),
            curve(&[1.0, 2.0], &[0.3, 1.2]),
            curve(&[1.0, f64::INFINITY], &[0.3, 0.4]),
            curve(&[1.0, 2.0], &[f64::NAN, 0.4]),
        ];
        assert!(broken.iter().all(|c| !c.is_sound()));
        assert!(curve(&[1.0, 2.0], &[0.2, 0.2]).is_sound());
    }
}
