//! How well probabilities mean what they say: bins and the expected calibration error.

use serde::{Deserialize, Serialize};

use super::interval::{Interval, wilson};

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
        let at = ((score * BINS as f64) as usize).min(BINS - 1);
        let (cells, scores, positive) = sums[at];
        sums[at] = (cells + 1, scores + score, positive + u64::from(gold));
    }
    let filled = sums.iter().enumerate().filter(|(_, sum)| sum.0 > 0);
    filled.map(|(at, &sum)| bin(at, sum, z)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

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
