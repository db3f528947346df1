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

/// Classes this large are drawn by their binomial count, smaller ones group by group.
const COUNTED: u32 = 16;

/// Draws as many groups as there are, with replacement, counted by class: a multinomial draw.
///
/// Large classes take one binomial number each, given what is left; the small rest takes one index a draw.
#[derive(Debug, Clone)]
pub(crate) struct Sampler<'c> {
    sizes: &'c [u32],
    counted: usize,
    /// Class of every group that is drawn by index.
    rest: Vec<u32>,
}

impl<'c> Sampler<'c> {
    /// A sampler of classes of these sizes, largest first.
    pub(crate) fn new(sizes: &'c [u32]) -> Self {
        let counted = sizes.partition_point(|size| *size >= COUNTED);
        let classes = (0u32..).zip(sizes).skip(counted);
        let rest = classes
            .flat_map(|(class, size)| std::iter::repeat_n(class, *size as usize))
            .collect();
        Self {
            sizes,
            counted,
            rest,
        }
    }

    /// Groups of each class in resample `index`.
    pub(crate) fn draw(&self, times: &mut [u32], seed: u64, index: u64) {
        times.fill(0);
        let mut random = SplitMix64::stream(seed, index);
        let mut groups: u64 = self.sizes.iter().map(|size| u64::from(*size)).sum();
        let mut draws = groups;
        for (times, size) in times.iter_mut().zip(self.sizes).take(self.counted) {
            let size = u64::from(*size);
            let drawn = if size == groups {
                draws
            } else {
                random.binomial(draws, size as f64 / groups as f64)
            };
            *times = drawn as u32;
            (draws, groups) = (draws - drawn, groups - size);
        }
        for _ in 0..draws {
            times[self.rest[random.below(self.rest.len())] as usize] += 1;
        }
    }
}

/// Statistics of every resample, in resample order; `statistics` writes one number (NaN: undefined) a slot.
pub(crate) fn bootstrap<F>(sizes: &[u32], settings: &Resampling, statistics: F) -> Vec<Vec<f64>>
where
    F: Fn(&[u32], &mut Vec<f64>) + Sync,
{
    let sampler = Sampler::new(sizes);
    (0..u64::from(settings.resamples))
        .into_par_iter()
        .map_init(
            || vec![0u32; sizes.len()],
            |times, index| {
                sampler.draw(times, settings.seed, index);
                let mut row = Vec::new();
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
        for sizes in [
            &[1u32][..],
            &[5, 1, 1],
            &[4000, 300, 20, 16, 15, 2, 1],
            &[64],
            &[],
        ] {
            let mut times = vec![0; sizes.len()];
            Sampler::new(sizes).draw(&mut times, 5, 9);
            assert_eq!(times.iter().sum::<u32>(), sizes.iter().sum::<u32>());
        }
    }

    /// Mean and variance of a multinomial count: `n p` and `n p (1 - p)`, whichever way the class is drawn.
    #[test]
    fn class_counts_have_the_moments_of_the_multinomial() {
        let sizes = [500u32, 60, 20, 10, 1];
        let groups: f64 = sizes.iter().map(|size| f64::from(*size)).sum();
        let settings = Resampling {
            resamples: 20_000,
            ..Resampling::default()
        };
        let rows = bootstrap(&sizes, &settings, |times, row| {
            row.extend(times.iter().map(|n| f64::from(*n)))
        });
        for (class, size) in sizes.iter().enumerate() {
            let (mean, variance) = moments(slot(&rows, class).collect());
            let expected = f64::from(*size);
            let spread = expected * (1.0 - expected / groups);
            assert!(
                (mean - expected).abs() < 5.0 * (spread / 20_000.0).sqrt(),
                "{size}: {mean}"
            );
            assert!(
                (variance / spread - 1.0).abs() < 0.06,
                "{size}: {variance} {spread}"
            );
        }
    }

    fn moments(values: Vec<f64>) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (
            mean,
            values
                .iter()
                .map(|value| (value - mean).powi(2))
                .sum::<f64>()
                / n,
        )
    }
}
