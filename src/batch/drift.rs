//! Is this batch like that one? Words, languages, label rates and probabilities side by side.
//!
//! A share has changed where it differs by at least 0.05 and the difference of two proportions is beyond 3.29 standard
//! errors (two-sided p 0.001). Probabilities have changed where their population stability index over ten bins is at least
//! 0.25 (Siddiqi, Credit Risk Scorecards, 2006) and beyond the 99.9 % point of what chance gives: the index over
//! (1/n + 1/m) is about chi-squared with 9 degrees of freedom (Yurdakul and Naranjo, 2020).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::pipeline::{BINS, LabelStatistics, Statistics};

/// Smallest difference of shares that counts.
const SHARE: f64 = 0.05;
/// Two-sided 0.1 % point of the normal distribution.
const Z: f64 = 3.29;
/// Stability index from which a distribution is another one.
const INDEX: f64 = 0.25;
/// 99.9 % point of chi-squared with 9 degrees of freedom.
const CHI_SQUARED: f64 = 27.88;

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What: `unknown words`, `language fa`, `topics.energy given`, `topics.energy probabilities`.
    pub what: String,
    /// Share before; none for probabilities.
    pub before: Option<f64>,
    /// Share now; none for probabilities.
    pub now: Option<f64>,
    /// Population stability index; none for shares.
    pub stability_index: Option<f64>,
    /// It differs by more than chance and by enough to matter.
    pub changed: bool,
}

/// Everything looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// Words first, then languages, then labels in the order of the model.
    pub changes: Vec<Change>,
}

impl Drift {
    /// Lays `now` beside `before`. Labels that only one of them has are left out.
    #[must_use]
    pub fn between(before: &Statistics, now: &Statistics) -> Self {
        let words = share(
            "unknown words",
            (before.unknown_words, before.words),
            (now.unknown_words, now.words),
        );
        let languages: BTreeSet<&String> = before
            .languages
            .keys()
            .chain(now.languages.keys())
            .collect();
        let language = |lang: &String| {
            let of = |s: &Statistics| (s.languages.get(lang).copied().unwrap_or(0), s.articles);
            share(&format!("language {lang}"), of(before), of(now))
        };
        let mut changes = vec![words];
        changes.extend(languages.into_iter().map(language));
        for task in &now.tasks {
            let Some(old) = before.tasks.iter().find(|t| t.task == task.task) else {
                continue;
            };
            for label in &task.labels {
                let old = old.labels.iter().find(|l| l.label == label.label);
                let name = format!("{}.{}", task.task, label.label);
                changes.extend(old.into_iter().flat_map(|old| of_label(&name, old, label)));
            }
        }
        Self { changes }
    }

    /// Those that have changed.
    pub fn changed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.changed)
    }
}

fn of_label(name: &str, before: &LabelStatistics, now: &LabelStatistics) -> [Change; 2] {
    let (n, m) = (before.articles(), now.articles());
    let index = stability_index(&before.histogram, &now.histogram);
    let chance = CHI_SQUARED * (1.0 / n as f64 + 1.0 / m as f64);
    [
        share(&format!("{name} given"), (before.given, n), (now.given, m)),
        Change {
            what: format!("{name} probabilities"),
            before: None,
            now: None,
            stability_index: Some(index),
            changed: n > 0 && m > 0 && index >= INDEX.max(chance),
        },
    ]
}

/// Both as `(count, of)`.
fn share(what: &str, before: (u64, u64), now: (u64, u64)) -> Change {
    let ratio = |(k, n): (u64, u64)| if n == 0 { 0.0 } else { k as f64 / n as f64 };
    let (p, q) = (ratio(before), ratio(now));
    let pooled = ratio((
        before.0.saturating_add(now.0),
        before.1.saturating_add(now.1),
    ));
    let error = (pooled * (1.0 - pooled) * (1.0 / before.1 as f64 + 1.0 / now.1 as f64)).sqrt();
    let comparable = before.1 > 0 && now.1 > 0;
    Change {
        what: what.to_owned(),
        before: Some(p),
        now: Some(q),
        stability_index: None,
        changed: comparable && (p - q).abs() >= SHARE && (p - q).abs() > Z * error,
    }
}

/// Half an article is added to every bin, so that an empty one does not make it infinite.
fn stability_index(before: &[u64; BINS], now: &[u64; BINS]) -> f64 {
    let total = |bins: &[u64; BINS]| bins.iter().map(|&n| n as f64 + 0.5).sum::<f64>();
    let (n, m) = (total(before), total(now));
    let bins = before.iter().zip(now);
    bins.map(|(b, a)| {
        let (p, q) = ((*b as f64 + 0.5) / n, (*a as f64 + 0.5) / m);
        (q - p) * (q / p).ln()
    })
    .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_large_and_certain_difference_is_a_change() {
        assert!(!share("a", (50, 1000), (60, 1000)).changed);
        assert!(!share("a", (1, 10), (3, 10)).changed);
        assert!(share("a", (50, 1000), (150, 1000)).changed);
        assert!(!share("a", (0, 0), (5, 5)).changed);
    }

    /// By hand: shares 0.75 and 0.25 against 0.25 and 0.75 give 2 x 0.5 x ln 3.
    #[test]
    fn the_index_is_the_formula() {
        let mut before = [0; BINS];
        let mut now = [0; BINS];
        (before[0], before[1]) = (7_500_000, 2_500_000);
        (now[0], now[1]) = (2_500_000, 7_500_000);
        assert!((stability_index(&before, &now) - 3_f64.ln()).abs() < 1e-5);
        assert_eq!(stability_index(&before, &before), 0.0);
    }

    #[test]
    fn few_articles_prove_nothing() {
        let label = |histogram| LabelStatistics {
            label: "a".to_owned(),
            given: 0,
            histogram,
        };
        let few = of_label(
            "a",
            &label([2, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            &label([1, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
        );
        assert!(!few[1].changed);
        let many = of_label(
            "a",
            &label([200, 0, 0, 0, 0, 0, 0, 0, 0, 100]),
            &label([100, 0, 0, 0, 0, 0, 0, 0, 0, 200]),
        );
        assert!(many[1].changed);
    }
}
