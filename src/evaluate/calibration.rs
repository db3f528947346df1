//! How well probabilities mean what they say: bins and the expected calibration error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::Resampling;
use super::interval::{Estimate, Interval, normal_quantile, quantile, wilson};
use super::random::SplitMix64;
use super::ranking::Scored;

/// Equal-width bins of a calibration table.
const BINS: usize = 10;

/// One bin of a calibration table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// Lower end of the bin; it belongs to the bin. The upper end is a tenth above.
    pub from: f64,
    /// Cells in the bin; bins without cells are left out.
    pub cells: u64,
    /// Mean probability in the bin.
    pub score: f64,
    /// Share of the bin's cells whose gold is yes.
    pub positive: f64,
    /// Wilson interval of that share.
    pub interval: Option<Interval>,
}

/// Bins of `(score, gold)` pairs, lowest first.
pub(crate) fn bins(cells: impl Iterator<Item = (f64, bool)>, z: f64) -> Vec<Bin> {
    let mut sums = [(0u64, 0.0f64, 0u64); BINS];
    for (score, gold) in cells {
        let at = place(score);
        let (cells, scores, positive) = sums[at];
        sums[at] = (cells + 1, scores + score, positive + u64::from(gold));
    }
    let filled = sums.iter().enumerate().filter(|(_, sum)| sum.0 > 0);
    filled.map(|(at, &sum)| bin(at, sum, z)).collect()
}

fn place(score: f64) -> usize {
    ((score * BINS as f64) as usize).min(BINS - 1)
}

fn bin(at: usize, (cells, scores, positive): (u64, f64, u64), z: f64) -> Bin {
    let n = cells as f64;
    let share = positive as f64 / n;
    Bin {
        from: at as f64 / BINS as f64,
        cells,
        score: scores / n,
        positive: share,
        interval: wilson(share, n, z),
    }
}

/// Expected calibration error (Naeini, Cooper, Hauskrecht 2015): mean distance of score and share, weighted by cells.
pub(crate) fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let cells: u64 = bins.iter().map(|bin| bin.cells).sum();
    let gap: f64 = bins
        .iter()
        .map(|bin| bin.cells as f64 * (bin.score - bin.positive).abs())
        .sum();
    (cells > 0).then(|| gap / cells as f64)
}

/// The calibration error and an interval that covers the true one at least as often as `settings.level` says.
///
/// Every bin's distance of score and share, `d`, is off by noise with standard error `s`; so, by the triangle
/// inequality, the error `sum w |d|` is off by at most `sum w s |z|` with `z` standard normal. The interval is the error
/// plus and minus the quantile of that sum, drawn `settings.resamples` times.
pub(crate) fn calibration_estimate(cells: &[Scored], settings: &Resampling) -> Estimate {
    let z = normal_quantile(settings.level);
    let value = calibration_error(&bins(cells.iter().map(|one| (one.score, one.gold)), z));
    let spreads = spreads(cells);
    let draw = |index: u64| -> f64 {
        let mut random = SplitMix64::stream(settings.seed, index);
        spreads
            .iter()
            .map(|spread| spread * random.normal().abs())
            .sum()
    };
    let mut drawn: Vec<f64> = (0..u64::from(settings.resamples)).map(draw).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let off = quantile(&drawn, settings.level);
    let around = |value: f64| Interval {
        low: (value - off).max(0.0),
        high: (value + off).min(1.0),
    };
    Estimate::new(value, value.map(around))
}

/// `w s` of every bin: standard error of its sum of `score - gold`, cells of one group together, over all cells; never
/// below that of independent cells whose probabilities are right.
fn spreads(cells: &[Scored]) -> Vec<f64> {
    let mut sums = [(0.0, 0.0, 0.0); BINS];
    for cell in cells {
        let (n, scores, off) = &mut sums[place(cell.score)];
        *n += 1.0;
        *scores += cell.score;
        *off += cell.score - f64::from(u8::from(cell.gold));
    }
    let mut of_group: BTreeMap<(usize, u32), f64> = BTreeMap::new();
    for cell in cells {
        let at = place(cell.score);
        let (n, _, off) = sums[at];
        *of_group.entry((at, cell.group)).or_default() +=
            cell.score - f64::from(u8::from(cell.gold)) - off / n;
    }
    let mut squares = [0.0; BINS];
    for ((at, _), sum) in of_group {
        squares[at] += sum * sum;
    }
    let filled = sums.iter().zip(squares).filter(|((n, ..), _)| *n > 0.0);
    filled
        .map(|((n, scores, _), squares)| {
            let chance = scores / n * (1.0 - scores / n) * n;
            f64::max(squares, chance).sqrt() / cells.len() as f64
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 300 test sets of scores that are `off` too far from one half; the binned error of endless data is `off`.
    #[test]
    fn intervals_cover_the_true_error() {
        for (articles, off) in [(100, 0.0), (100, 0.1), (1000, 0.02), (1000, 0.1)] {
            let settings = Resampling {
                resamples: 400,
                ..Resampling::default()
            };
            let covered = (0..300).filter(|set| {
                let mut random = SplitMix64::stream(7, *set);
                let cell = |group: u32| {
                    let score = 0.1 + 0.8 * random.next_f64();
                    let chance = if score < 0.5 {
                        score + off
                    } else {
                        score - off
                    };
                    Scored {
                        score,
                        gold: random.next_f64() < chance,
                        group,
                    }
                };
                let cells: Vec<Scored> = (0..articles).map(cell).collect();
                calibration_estimate(&cells, &settings)
                    .interval
                    .unwrap()
                    .contains(off)
            });
            let share = covered.count() as f64 / 300.0;
            assert!(share >= 0.93, "{articles} articles, {off}: {share}");
        }
    }

    #[test]
    fn copies_widen_the_interval() {
        let cells = |copies: u32| -> Vec<Scored> {
            let cell = |i: u32| Scored {
                score: 0.75,
                gold: (i / copies).is_multiple_of(2),
                group: i / copies,
            };
            (0..400).map(cell).collect()
        };
        let width = |cells: &[Scored]| {
            let interval = calibration_estimate(cells, &Resampling::default())
                .interval
                .unwrap();
            interval.high - interval.low
        };
        let (single, fourfold) = (width(&cells(1)), width(&cells(4)));
        assert!(
            (fourfold / single - 2.0).abs() < 0.01,
            "{single} {fourfold}"
        );
    }

    #[test]
    fn a_bin_holds_its_lower_end_and_one_belongs_to_the_last() {
        let made = bins(
            [(0.1, true), (0.0999, false), (1.0, true)].into_iter(),
            1.96,
        );
        let from: Vec<(f64, u64)> = made.iter().map(|bin| (bin.from, bin.cells)).collect();
        assert_eq!(from, [(0.0, 1), (0.1, 1), (0.9, 1)]);
    }

    #[test]
    fn error_is_zero_where_shares_equal_scores() {
        let made = bins([(0.5, true), (0.5, false)].into_iter(), 1.96);
        assert_eq!(calibration_error(&made), Some(0.0));
        assert_eq!(calibration_error(&[]), None);
    }
}
