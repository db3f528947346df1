//! Which slices are worth a row: months and sources come by the hundred, most with an article or two.

use std::collections::BTreeMap;

use crate::evaluate::words::FEW;
use crate::evaluate::{SliceComparison, SliceReport};

/// Values of one slice key shown at first.
const SHOWN: usize = 12;

/// A slice's key and articles.
pub(crate) trait Slice {
    fn key(&self) -> &str;
    fn articles(&self) -> u64;
}

impl Slice for SliceReport {
    fn key(&self) -> &str {
        &self.key
    }

    fn articles(&self) -> u64 {
        self.articles
    }
}

impl Slice for SliceComparison {
    fn key(&self) -> &str {
        &self.key
    }

    fn articles(&self) -> u64 {
        self.articles
    }
}

/// Slices to show and the rest, both in their order: of each key the largest values that can be judged. A key none of
/// whose values can be judged shows the largest ones all the same.
pub(crate) fn worth_showing<S: Slice>(slices: &[S]) -> (Vec<&S>, Vec<&S>) {
    let mut of_key: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for slice in slices {
        of_key
            .entry(slice.key())
            .or_default()
            .push(slice.articles());
    }
    let least: BTreeMap<&str, u64> = of_key
        .into_iter()
        .map(|(key, sizes)| (key, least_shown(sizes)))
        .collect();
    slices.iter().partition(|slice| {
        least
            .get(slice.key())
            .is_some_and(|least| slice.articles() >= *least)
    })
}

fn least_shown(mut sizes: Vec<u64>) -> u64 {
    sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
    let largest = sizes.first().copied().unwrap_or(0);
    let last = sizes.get(SHOWN - 1).copied().unwrap_or(0);
    if sizes.len() <= SHOWN {
        return 0;
    }
    // Ties at the edge would let a hundred single articles in.
    let tied = sizes.iter().filter(|size| **size == last).count() > SHOWN;
    let edge = if tied { last + 1 } else { last };
    edge.max(FEW.min(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Part(&'static str, u64);

    impl Slice for Part {
        fn key(&self) -> &str {
            self.0
        }

        fn articles(&self) -> u64 {
            self.1
        }
    }

    #[test]
    fn a_few_values_are_all_shown() {
        let slices = [Part("lang", 40), Part("lang", 3)];
        assert_eq!(worth_showing(&slices).0.len(), 2);
    }

    #[test]
    fn of_many_values_the_large_ones_are_shown() {
        let mut slices: Vec<Part> = (0..300).map(|_| Part("source", 1)).collect();
        slices.extend([Part("source", 50), Part("source", 12), Part("lang", 4)]);
        let (shown, rest) = worth_showing(&slices);
        assert_eq!(
            shown.iter().map(|slice| slice.1).collect::<Vec<_>>(),
            [50, 12, 4]
        );
        assert_eq!(rest.len(), 300);
    }
}
