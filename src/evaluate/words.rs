//! Numbers in words: a reader should not have to know how wide is too wide.

use super::counts::Counts;
use super::interval::Estimate;

/// Positives below which a label's F1 says little: one article more or less moves recall by a tenth.
pub const FEW: u64 = 10;

/// Width of an interval above which a number is called uncertain.
const WIDE: f64 = 0.3;

/// `0.71 (0.48 to 0.86)`, `0.71` or `undefined`.
#[must_use]
pub fn estimate(estimate: Estimate) -> String {
    match (estimate.value, estimate.interval) {
        (Some(value), Some(interval)) => {
            format!("{value:.2} ({:.2} to {:.2})", interval.low, interval.high)
        }
        (Some(value), None) => format!("{value:.2}"),
        (None, _) => "undefined".into(),
    }
}

/// A label's F1 and how far to trust it: `F1 0.71 (0.48 to 0.86), 9 articles: too few to judge`.
#[must_use]
pub(crate) fn label(f1: Estimate, counts: Counts) -> String {
    let support = counts.support();
    let articles = if support == 1 { "article" } else { "articles" };
    format!(
        "F1 {}, {support} {articles}{}",
        estimate(f1),
        trust(f1, support)
    )
}

/// How far to trust the numbers of a slice: `too few to judge`, or nothing.
#[must_use]
pub fn slice_trust(articles: u64) -> &'static str {
    if articles < FEW {
        "too few to judge"
    } else {
        ""
    }
}

fn trust(f1: Estimate, support: u64) -> &'static str {
    match (support, f1.interval) {
        (0, _) => ": cannot be judged",
        (1..FEW, _) => ": too few to judge",
        (_, Some(interval)) if interval.high - interval.low > WIDE => ": uncertain",
        _ => "",
    }
}

/// `1 article`, `2 articles`.
#[must_use]
pub fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::interval::Interval;

    #[test]
    fn few_articles_are_called_too_few() {
        let f1 = Estimate::new(
            Some(0.714),
            Some(Interval {
                low: 0.48,
                high: 0.861,
            }),
        );
        let counts = Counts {
            tp: 6,
            fneg: 3,
            ..Counts::default()
        };
        assert_eq!(
            label(f1, counts),
            "F1 0.71 (0.48 to 0.86), 9 articles: too few to judge"
        );
    }

    #[test]
    fn no_articles_cannot_be_judged() {
        assert_eq!(
            label(Estimate::default(), Counts::default()),
            "F1 undefined, 0 articles: cannot be judged"
        );
    }
}
