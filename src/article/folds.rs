//! Grouped, label-stratified k-fold.
//!
//! Iterative stratification (Sechidis, Tsoumakas, Vlahavas, "On the Stratification of Multi-Label Data", ECML PKDD 2011,
//! algorithm 1) over groups instead of rows: the label with the fewest remaining examples goes first, each of its groups
//! to the fold that still wants that label most. Deterministic: ties go to the emptier fold, then to the lower number.

use std::collections::BTreeMap;

use ndarray::Array2;
use thiserror::Error;

use super::Article;
use super::labels::is_date;

/// Why no folds can be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FoldError {
    /// Fewer groups than folds.
    #[error("{n_groups} independent articles cannot be split into {n_folds} folds")]
    TooFewGroups {
        /// Groups of articles that may be split from one another.
        n_groups: usize,
        /// Folds asked for.
        n_folds: usize,
    },
}

/// Fold number of every row, in `0..n_folds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// Fold of each row, length n_samples.
    pub fold: Vec<usize>,
    /// Number of folds.
    pub n_folds: usize,
}

impl Folds {
    /// Splits rows so that labels are spread evenly and rows with equal `groups` stay together.
    ///
    /// `labels` has shape (n_samples, n_labels) over all tasks; `groups` has length n_samples.
    ///
    /// # Errors
    /// [`FoldError::TooFewGroups`] when there are fewer distinct groups than folds.
    pub fn stratified(
        labels: &Array2<bool>,
        groups: &[u32],
        n_folds: usize,
    ) -> Result<Self, FoldError> {
        let members = members(groups);
        if members.len() < n_folds || n_folds < 2 {
            return Err(FoldError::TooFewGroups {
                n_groups: members.len(),
                n_folds,
            });
        }
        let counts: Vec<Vec<usize>> = members
            .iter()
            .map(|rows| label_counts(labels, rows))
            .collect();
        let of_group = Stratifier::new(&members, counts, n_folds).run();
        let mut fold = vec![0; groups.len()];
        for (rows, f) in members.iter().zip(&of_group) {
            rows.iter().for_each(|&r| fold[r] = *f);
        }
        Ok(Self { fold, n_folds })
    }

    /// Rows of all folds but `held_out`, and rows of `held_out`, each in file order.
    #[must_use]
    pub fn split(&self, held_out: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.fold.len()).partition(|&r| self.fold[r] != held_out)
    }
}

/// Rows of a corpus before and from a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeSplit {
    /// Rows dated before the day, in file order.
    pub before: Vec<usize>,
    /// Rows dated on that day or later.
    pub from: Vec<usize>,
    /// Rows without a date, or with a year or month that holds the day.
    pub unclear: Vec<usize>,
}

impl TimeSplit {
    /// Splits by the date column at `day`, `YYYY-MM-DD`; `None` where `day` is no day.
    #[must_use]
    pub fn at(articles: &[Article], day: &str) -> Option<Self> {
        if !is_date(day) || day.len() != "YYYY-MM-DD".len() {
            return None;
        }
        let mut split = Self::default();
        for (row, article) in articles.iter().enumerate() {
            let date = article.meta.date.as_deref().filter(|date| is_date(date));
            match date.map(|date| (last_day(date), first_day(date))) {
                Some((last, _)) if last.as_str() < day => split.before.push(row),
                Some((_, first)) if first.as_str() >= day => split.from.push(row),
                _ => split.unclear.push(row),
            }
        }
        Some(split)
    }
}

/// `2015-03` gives `2015-03-01`.
fn first_day(date: &str) -> String {
    format!("{date}{}", &"YYYY-01-01"[date.len()..])
}

/// `2015-03` gives `2015-03-31`: days are compared only, so a 31st of every month does no harm.
fn last_day(date: &str) -> String {
    format!("{date}{}", &"YYYY-12-31"[date.len()..])
}

fn members(groups: &[u32]) -> Vec<Vec<usize>> {
    let mut by_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &group) in groups.iter().enumerate() {
        by_group.entry(group).or_default().push(row);
    }
    by_group.into_values().collect()
}

fn label_counts(labels: &Array2<bool>, rows: &[usize]) -> Vec<usize> {
    (0..labels.ncols())
        .map(|l| rows.iter().filter(|&&r| labels[[r, l]]).count())
        .collect()
}

struct Stratifier {
    /// Label counts of each group, shape (n_groups, n_labels).
    counts: Vec<Vec<usize>>,
    sizes: Vec<usize>,
    /// Examples of each label in groups not placed yet.
    remaining: Vec<usize>,
    /// Examples of each label each fold still wants, (n_folds, n_labels).
    wanted: Vec<Vec<f64>>,
    /// Rows each fold still wants.
    room: Vec<f64>,
    fold: Vec<Option<usize>>,
}

impl Stratifier {
    fn new(members: &[Vec<usize>], counts: Vec<Vec<usize>>, n_folds: usize) -> Self {
        let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
        let n_labels = counts.first().map_or(0, Vec::len);
        let share = |total: usize| total as f64 / n_folds as f64;
        let remaining: Vec<usize> = (0..n_labels)
            .map(|l| counts.iter().map(|c| c[l]).sum())
            .collect();
        let per_label = remaining.iter().map(|&n| share(n)).collect();
        let room = vec![share(sizes.iter().sum()); n_folds];
        let fold = vec![None; members.len()];
        Self {
            counts,
            sizes,
            remaining,
            wanted: vec![per_label; n_folds],
            room,
            fold,
        }
    }

    fn run(mut self) -> Vec<usize> {
        while let Some(label) = self.rarest_label() {
            for group in self.open_groups(Some(label)) {
                self.place(group, Some(label));
            }
        }
        for group in self.open_groups(None) {
            self.place(group, None);
        }
        self.fold.into_iter().map(|f| f.unwrap_or(0)).collect()
    }

    /// The label with the fewest examples among groups not placed yet.
    fn rarest_label(&self) -> Option<usize> {
        let open = self.remaining.iter().enumerate().filter(|(_, n)| **n > 0);
        open.min_by_key(|(l, n)| (**n, *l)).map(|(l, _)| l)
    }

    /// Groups not placed yet that hold `label`, the largest first so that they still find room.
    fn open_groups(&self, label: Option<usize>) -> Vec<usize> {
        let holds = |g: &usize| label.is_none_or(|l| self.counts[*g][l] > 0);
        let mut open: Vec<usize> = (0..self.fold.len())
            .filter(|&g| self.fold[g].is_none())
            .filter(holds)
            .collect();
        open.sort_by_key(|&g| (std::cmp::Reverse(self.sizes[g]), g));
        open
    }

    fn place(&mut self, group: usize, label: Option<usize>) {
        let want = |f: usize| (label.map_or(0.0, |l| self.wanted[f][l]), self.room[f]);
        let best =
            (1..self.room.len()).fold(0, |best, f| if want(f) > want(best) { f } else { best });
        self.fold[group] = Some(best);
        self.room[best] -= self.sizes[group] as f64;
        for (l, &n) in self.counts[group].iter().enumerate() {
            self.wanted[best][l] -= n as f64;
            self.remaining[l] -= n;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(n: usize) -> Array2<bool> {
        Array2::from_shape_fn((n, 3), |(r, l)| [r % 2 == 0, r % 5 == 0, r % 10 == 3][l])
    }

    #[test]
    fn every_label_is_spread_evenly() {
        let y = labels(100);
        let groups: Vec<u32> = (0..100).collect();
        let folds = Folds::stratified(&y, &groups, 5).unwrap();
        for f in 0..5 {
            let (_, test) = folds.split(f);
            assert_eq!(label_counts(&y, &test), [10, 4, 2], "fold {f}");
            assert_eq!(test.len(), 20);
        }
    }

    #[test]
    fn groups_stay_together() {
        let groups: Vec<u32> = (0..100).map(|r| r / 3).collect();
        let folds = Folds::stratified(&labels(100), &groups, 4).unwrap();
        for r in 1..100 {
            assert!(groups[r] != groups[r - 1] || folds.fold[r] == folds.fold[r - 1]);
        }
    }

    #[test]
    fn a_day_splits_dates_and_leaves_out_what_holds_it() {
        let dates = [
            "2023-12-31",
            "2024-01-01",
            "2024",
            "2023",
            "2024-02",
            "",
            "2024-01",
        ];
        let article = |date: &&str| {
            let mut article = Article::default();
            article.meta.date = Some((*date).to_owned()).filter(|date| !date.is_empty());
            article
        };
        let articles: Vec<Article> = dates.iter().map(article).collect();
        let split = TimeSplit::at(&articles, "2024-01-01").unwrap();
        assert_eq!(split.before, [0, 3]);
        assert_eq!(split.from, [1, 2, 4, 6]);
        assert_eq!(split.unclear, [5]);
        let split = TimeSplit::at(&articles, "2024-01-15").unwrap();
        assert_eq!(split.unclear, [2, 5, 6]);
        assert_eq!(TimeSplit::at(&articles, "2024-01"), None);
        assert_eq!(TimeSplit::at(&articles, "soon"), None);
    }

    #[test]
    fn too_few_groups_is_an_error() {
        let error = Folds::stratified(&labels(10), &[7; 10], 5).unwrap_err();
        assert_eq!(
            error,
            FoldError::TooFewGroups {
                n_groups: 1,
                n_folds: 5
            }
        );
    }
}
