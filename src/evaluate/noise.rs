//! The noise check: what is left of a score once gold is shuffled.
//!
//! Permutation test of Ojala and Garriga, "Permutation Tests for Studying Classifier Performance" (2010), test 1. Where
//! a model can be trained again it is, on shuffled gold; a finished model's answers are held against shuffled gold.

use std::ops::RangeInclusive;

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::build::label_counts;
use super::counts::{self, Counts};
use super::error::EvaluateError;
use super::interval::{Estimate, percentile};
use super::metric::Metric;
use super::outcome::TaskOutcomes;
use super::random::SplitMix64;
use super::report::Report;
use super::words;

/// Shuffles a finished model is held against: nothing is trained, so they are cheap.
const CHEAP_SHUFFLES: u32 = 200;

/// Shuffles that say something and end within the day.
const SHUFFLES: RangeInclusive<u32> = 1..=10_000;

/// What is left of a task's score once gold is shuffled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseCheck {
    /// Task.
    pub task: String,
    /// Metric that was shuffled: macro F1.
    pub metric: Metric,
    /// True where every shuffle trained models of its own.
    pub retrained: bool,
    /// Shuffles.
    pub shuffles: u32,
    /// Value with true gold; null where undefined.
    pub value: Option<f64>,
    /// Mean over the shuffles, and the range that holds the report's level of them.
    pub shuffled: Estimate,
    /// `(1 + shuffles at least as high) / (1 + shuffles)`.
    pub p: f64,
    /// The same in words.
    pub words: String,
}

/// Gold with its annotated rows in another order, drawn from stream `index` of `seed`; shape (n_samples, n_labels).
///
/// Rows that are not annotated stay where they are: which articles are judged does not change.
#[must_use]
pub fn shuffled_gold(gold: &Array2<Option<bool>>, seed: u64, index: u64) -> Array2<Option<bool>> {
    let rows: Vec<usize> = (0..gold.nrows())
        .filter(|&row| gold.row(row).iter().any(Option::is_some))
        .collect();
    let mut shuffled = gold.clone();
    for (to, from) in rows.iter().zip(shuffle(&rows, seed, index)) {
        shuffled.row_mut(*to).assign(&gold.row(from));
    }
    shuffled
}

fn shuffle(rows: &[usize], seed: u64, index: u64) -> Vec<usize> {
    let mut rows = rows.to_vec();
    SplitMix64::stream(seed, index).shuffle(&mut rows);
    rows
}

impl Report {
    /// Adds what models trained on shuffled gold score: one entry of `shuffles` a shuffle, its tasks parallel to the
    /// report's, gold shuffled in training and test alike.
    ///
    /// # Errors
    /// [`EvaluateError::Invalid`] where there is no shuffle, or its tasks are not the report's.
    pub fn add_noise_check(&mut self, shuffles: &[Vec<TaskOutcomes>]) -> Result<(), EvaluateError> {
        check_number(shuffles.len() as u32)?;
        let names = |tasks: &[TaskOutcomes]| -> Vec<String> {
            tasks.iter().map(|one| one.task.name.clone()).collect()
        };
        let own: Vec<String> = self
            .tasks
            .iter()
            .map(|one| one.outcomes.task.name.clone())
            .collect();
        if shuffles.iter().any(|tasks| names(tasks) != own) {
            return Err(EvaluateError::Invalid(
                "a shuffle has other tasks than the report".into(),
            ));
        }
        let value = |outcomes: &TaskOutcomes| counts::macro_f1(&label_counts(outcomes));
        self.noise_check = (0..self.tasks.len())
            .map(|at| {
                let values = shuffles.iter().map(|tasks| value(&tasks[at])).collect();
                self.noise(at, values, true)
            })
            .collect();
        Ok(())
    }

    /// Adds what the report's own decisions score against shuffled gold: nothing is trained again.
    pub fn add_noise_check_of_decisions(&mut self) {
        let check = |at: usize| {
            let outcomes = &self.tasks[at].outcomes;
            let rows: Vec<usize> = (0..outcomes.gold.len())
                .filter(|&row| outcomes.gold[row].iter().any(Option::is_some))
                .collect();
            let values = (0..u64::from(CHEAP_SHUFFLES)).into_par_iter().map(|index| {
                against(
                    outcomes,
                    &rows,
                    &shuffle(&rows, self.resampling.seed, index),
                )
            });
            self.noise(at, values.collect(), false)
        };
        self.noise_check = (0..self.tasks.len()).map(check).collect();
    }

    fn noise(&self, at: usize, values: Vec<Option<f64>>, retrained: bool) -> NoiseCheck {
        let task = &self.tasks[at];
        let value = task.overall.get(&Metric::MacroF1).and_then(|one| one.value);
        let defined: Vec<f64> = values.iter().copied().flatten().collect();
        let mean =
            (!defined.is_empty()).then(|| defined.iter().sum::<f64>() / defined.len() as f64);
        let all = values.iter().map(|one| one.unwrap_or(f64::NAN));
        let interval = percentile(all, self.resampling.level);
        let reached = defined.iter().filter(|one| Some(**one) >= value).count();
        let p = (1 + reached) as f64 / (1 + values.len()) as f64;
        let shuffled = Estimate::new(mean, interval);
        NoiseCheck {
            task: task.outcomes.task.name.clone(),
            metric: Metric::MacroF1,
            retrained,
            shuffles: values.len() as u32,
            value,
            shuffled,
            p,
            words: in_words(value, shuffled, p, reached),
        }
    }
}

/// Macro F1 of the decisions on `rows` where gold is that of the rows `from`.
fn against(outcomes: &TaskOutcomes, rows: &[usize], from: &[usize]) -> Option<f64> {
    let mut counts = vec![Counts::default(); outcomes.task.labels.len()];
    for (&row, &from) in rows.iter().zip(from) {
        let cells = outcomes.gold[from].iter().zip(&outcomes.decided[row]);
        for (counts, (gold, decided)) in counts.iter_mut().zip(cells) {
            if let Some(gold) = gold {
                counts.add(*gold, *decided, 1);
            }
        }
    }
    counts::macro_f1(&counts)
}

fn check_number(shuffles: u32) -> Result<(), EvaluateError> {
    if SHUFFLES.contains(&shuffles) {
        return Ok(());
    }
    Err(EvaluateError::Invalid(format!(
        "{shuffles} shuffles: take 1 to 10,000"
    )))
}

/// `macro F1 0.95, with shuffled labels 0.31 (0.29 to 0.33): the score comes from the articles`.
fn in_words(value: Option<f64>, shuffled: Estimate, p: f64, reached: usize) -> String {
    let Some(value) = value else {
        return "macro F1 is undefined: nothing to check".into();
    };
    // A handful of shuffles cannot reach 5 %: then none of them may reach the score.
    let verdict = if reached == 0 || p < 0.05 {
        "the score comes from the articles"
    } else {
        "no better than chance"
    };
    format!(
        "macro F1 {value:.2}, with shuffled labels {}: {verdict}",
        words::estimate(shuffled)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffling_moves_annotated_rows_only() {
        let gold = Array2::from_shape_fn((40, 2), |(row, label)| {
            (row % 4 != 0).then_some((row / 4 + label) % 2 == 0)
        });
        let shuffled = shuffled_gold(&gold, 1, 0);
        let on =
            |gold: &Array2<Option<bool>>| gold.iter().filter(|cell| **cell == Some(true)).count();
        assert_ne!(shuffled, gold);
        assert_eq!(on(&shuffled), on(&gold));
        assert!((0..40).step_by(4).all(|row| shuffled[[row, 0]].is_none()));
        assert_eq!(shuffled, shuffled_gold(&gold, 1, 0));
        assert_ne!(shuffled, shuffled_gold(&gold, 1, 1));
    }

    #[test]
    fn words_follow_the_shuffles() {
        let shuffled = Estimate::new(Some(0.31), None);
        let sure = in_words(Some(0.95), shuffled, 0.25, 0);
        assert!(sure.contains("comes from the articles"), "{sure}");
        let chance = in_words(Some(0.32), shuffled, 0.5, 1);
        assert!(chance.contains("no better than chance"), "{chance}");
    }
}
