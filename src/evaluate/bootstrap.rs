//! The bootstrap over groups of articles (Efron and Tibshirani 1993, chapter 6; groups as clusters, Davison and Hinkley 1997, 3.8).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::random::SplitMix64;

/// How intervals and tests are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resampling {
    /// Confidence level of every interval: 0.95.
    pub level: f64,
    /// Resamples of the bootstrap, and random swaps of the randomisation test.
    pub resamples: u32,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            level: 0.95,
            resamples: 2000,
            seed: 1,
        }
    }
}

impl Resampling {
    /// What is wrong with these settings, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(self.level > 0.5 && self.level < 1.0) {
            return Err(format!("level {} is not between 0.5 and 1", self.level));
        }
        if !(100..=1_000_000).contains(&self.resamples) {
            return Err(format!(
                "{} resamples: take 100 to 1,000,000",
                self.resamples
            ));
        }
        Ok(())
    }
}

/// How often each of `groups` groups is drawn in resample `index`.
pub(crate) fn draw(times: &mut [u32], seed: u64, index: u64) {
    times.fill(0);
    let mut random = SplitMix64::stream(seed, index);
    let groups = times.len() as u64;
    let mut left = times.len();
    while left > 0 {
        let bits = random.next_u64();
        // Two draws from one number: 32 bits each are plenty to pick a group (bias below groups / 2^32).
        for half in [bits >> 32, bits & 0xFFFF_FFFF].into_iter().take(left) {
            times[((half * groups) >> 32) as usize] += 1;
        }
        left = left.saturating_sub(2);
    }
}

/// Statistics of every resample, in resample order; `statistics` writes one number (NaN: undefined) a slot.
pub(crate) fn bootstrap<F>(
    groups: usize,
    slots: usize,
    settings: &Resampling,
    statistics: F,
) -> Vec<Vec<f64>>
where
    F: Fn(&[u32], &mut Vec<f64>) + Sync,
{
    (0..u64::from(settings.resamples))
        .into_par_iter()
        .map_init(
            || vec![0u32; groups],
            |times, index| {
                draw(times, settings.seed, index);
                let mut row = Vec::with_capacity(slots);
                statistics(times, &mut row);
                row
            },
        )
        .collect()
}

/// The values of one slot over all resamples.
pub(crate) fn slot(rows: &[Vec<f64>], slot: usize) -> impl Iterator<Item = f64> + '_ {
    rows.iter()
        .map(move |row| row.get(slot).copied().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resample_draws_as_many_groups_as_there_are() {
        for groups in [1usize, 2, 7, 1000] {
            let mut times = vec![0; groups];
            draw(&mut times, 5, 9);
            assert_eq!(times.iter().sum::<u32>() as usize, groups);
        }
    }

    #[test]
    fn the_mean_of_resampled_means_is_the_mean() {
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        let settings = Resampling {
            resamples: 4000,
            ..Resampling::default()
        };
        let rows = bootstrap(50, 1, &settings, |times, row| {
            row.push(
                times
                    .iter()
                    .zip(&values)
                    .map(|(n, v)| f64::from(*n) * v)
                    .sum::<f64>()
                    / 50.0,
            );
        });
        let mean = slot(&rows, 0).sum::<f64>() / 4000.0;
        assert!((mean - 24.5).abs() < 0.1, "{mean}");
    }
}
