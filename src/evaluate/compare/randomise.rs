//! Approximate randomisation (Noreen 1989; Yeh 2000): what differences arise if the two models were one?

use rayon::prelude::*;

use super::super::bootstrap::Resampling;
use super::super::random::SplitMix64;
use super::super::table::Tally;
use super::statistics::{Statistic, same_decisions};
use super::tables::{Sides, Tables};

/// Keeps the random swaps apart from the bootstrap's draws under the same seed.
const STREAM: u64 = 0x5741_5053;

/// Slack for sums in another order: a swap as extreme as what was seen must count.
const SLACK: f64 = 1e-12;

/// The groups whose decisions differ, and what the others add up to; swapping equal groups changes nothing.
pub(crate) struct Swaps {
    differing: Tables,
    /// The baseline's tally of the groups that do not differ.
    rest: Tally,
    /// Both sides of all groups together: what one side gains by a swap the other loses.
    both: Tally,
}

impl Swaps {
    /// Splits `rows` into groups that differ and the rest.
    pub(crate) fn of(sides: &Sides<'_>, rows: &[usize]) -> Self {
        let (task, groups) = (sides.task, &sides.groups);
        let mut differs = vec![false; groups.count];
        for &row in rows {
            if let Some(group) = groups.of_article[row] {
                differs[group as usize] |= !same_decisions(&task.baseline, &task.candidate, row);
            }
        }
        let (differing, rest): (Vec<usize>, Vec<usize>) = rows
            .iter()
            .copied()
            .partition(|&row| groups.of_article[row].is_some_and(|group| differs[group as usize]));
        let rest = Tables::of(sides, &rest);
        let differing = Tables::of(sides, &differing);
        let others = [&rest.candidate, &differing.baseline, &differing.candidate];
        let rest = rest.baseline.whole();
        let both = others
            .iter()
            .fold(rest.clone(), |sum, side| sum.plus(&side.whole()));
        Self {
            differing,
            rest,
            both,
        }
    }

    /// Two-sided p of every statistic: share of random swaps at least as far apart, the seen one included.
    pub(crate) fn p_values(
        &self,
        statistics: &[Statistic],
        settings: &Resampling,
    ) -> Vec<Option<f64>> {
        let sizes = &self.differing.classes.sizes;
        let seen = self.differences(statistics, sizes);
        let swaps = if sizes.is_empty() {
            0
        } else {
            settings.resamples
        };
        let extreme = (0..u64::from(swaps))
            .into_par_iter()
            .map(|index| {
                let swapped = self.differences(statistics, &keep(sizes, settings.seed, index));
                seen.iter()
                    .zip(swapped)
                    .map(|(seen, swapped)| u32::from(as_far(*seen, swapped)))
                    .collect()
            })
            .reduce(|| vec![0; statistics.len()], add);
        let p = |count: u32| f64::from(count + 1) / f64::from(swaps + 1);
        extreme
            .into_iter()
            .zip(seen)
            .map(|(count, seen)| seen.map(|_| p(count)))
            .collect()
    }

    /// Differences when `keep` groups of each class stay on their side and the others change it.
    fn differences(&self, statistics: &[Statistic], keep: &[u32]) -> Vec<Option<f64>> {
        let swap: Vec<u32> = self
            .differing
            .classes
            .sizes
            .iter()
            .zip(keep)
            .map(|(size, keep)| size - keep)
            .collect();
        let kept = self.differing.baseline.tally(keep);
        let a = self
            .rest
            .plus(&kept)
            .plus(&self.differing.candidate.tally(&swap));
        let b = self.both.minus(&a);
        statistics
            .iter()
            .map(|statistic| statistic.difference(&a, &b))
            .collect()
    }
}

fn add(a: Vec<u32>, b: Vec<u32>) -> Vec<u32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// An undefined swap counts as extreme: it cannot speak against chance.
fn as_far(seen: Option<f64>, swapped: Option<f64>) -> bool {
    let Some(seen) = seen else { return true };
    swapped.is_none_or(|swapped| swapped.abs() >= seen.abs() - SLACK)
}

/// How many groups of each class stay: one fair coin a group, 64 to a random number.
fn keep(sizes: &[u32], seed: u64, index: u64) -> Vec<u32> {
    let mut random = SplitMix64::stream(seed ^ STREAM, index);
    let mut heads = |coins: u32| (random.next_u64() & (u64::MAX >> (64 - coins))).count_ones();
    sizes
        .iter()
        .map(|&size| {
            (0..size)
                .step_by(64)
                .map(|from| heads((size - from).min(64)))
                .sum()
        })
        .collect()
}
