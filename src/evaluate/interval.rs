//! Intervals: Wilson with a design effect for groups, logit, quantiles of resamples.

use serde::{Deserialize, Serialize};

/// Two-sided interval at the report's level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies inside, ends included.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A number with its interval; both are absent where undefined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The number; `None` (JSON null) where it is undefined.
    pub value: Option<f64>,
    /// Its interval; `None` where it cannot be computed.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// A number with the interval that belongs to it.
    #[must_use]
    pub fn new(value: Option<f64>, interval: Option<Interval>) -> Self {
        Self {
            value,
            interval: value.and(interval),
        }
    }
}

/// Standard normal quantile of the two-sided `level`: 1.96 at 0.95.
///
/// Acklam's rational approximation with one Newton step on `erfc`; the error is below 1e-12 for levels in use.
#[must_use]
pub fn normal_quantile(level: f64) -> f64 {
    let p = 0.5 + level / 2.0;
    let start = acklam_upper(p);
    // One Halley step against the exact distribution function.
    let error = normal_cdf(start) - p;
    let step = error * (2.0 * std::f64::consts::PI).sqrt() * (start * start / 2.0).exp();
    start - step / (1.0 + start * step / 2.0)
}

/// Degrees of freedom from which Student's distribution is taken as normal: the quantiles differ by less than 0.002.
const NORMAL_FROM: u64 = 1500;

/// Quantile of Student's t for the two-sided `level`: 12.7 with one degree of freedom at 0.95, 1.96 with many.
///
/// Bisection on the closed form of the distribution (Abramowitz and Stegun 26.7.3 and 26.7.4).
#[must_use]
pub fn t_quantile(level: f64, degrees: u64) -> f64 {
    if degrees >= NORMAL_FROM {
        return normal_quantile(level);
    }
    let degrees = degrees.max(1);
    let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if t_within(middle, degrees) < level {
            low = middle
        } else {
            high = middle
        }
    }
    low.tan() * (degrees as f64).sqrt()
}

/// Chance that `|t|` stays below `tan(angle) sqrt(degrees)`.
fn t_within(angle: f64, degrees: u64) -> f64 {
    let (sine, cosine) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    let mut k = if odd { 3 } else { 2 };
    while k < degrees {
        term *= cosine * cosine * (k - 1) as f64 / k as f64;
        sum += term;
        k += 2;
    }
    if odd {
        (angle + sine * sum) * std::f64::consts::FRAC_2_PI
    } else {
        sine * sum
    }
}

fn acklam_upper(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    if p <= 0.97575 {
        let q = p - 0.5;
        let r = q * q;
        return horner(&A, r) * q / (horner(&B, r) * r + 1.0);
    }
    let q = (-2.0 * (1.0 - p).ln()).sqrt();
    -horner(&C, q) / (horner(&D, q) * q + 1.0)
}

fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// Standard normal distribution function, by the continued fraction and series of `erfc`.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    let z = x.abs();
    let tail = if z < 3.0 {
        0.5 - series(z)
    } else {
        density(z) * mills(z)
    };
    if x > 0.0 { 1.0 - tail } else { tail }
}

fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// `Phi(z) - 1/2 = density(z) * (z + z^3/3 + z^5/(3*5) + ...)` (Abramowitz and Stegun 26.2.11).
fn series(z: f64) -> f64 {
    let (mut term, mut sum, mut k) = (z, z, 1.0);
    while term > sum * 1e-17 && k < 400.0 {
        k += 2.0;
        term *= z * z / k;
        sum += term;
    }
    density(z) * sum
}

/// Mills ratio by its continued fraction (Abramowitz and Stegun 26.2.14), backward from term 200.
fn mills(z: f64) -> f64 {
    1.0 / (1..=200).rev().fold(z, |below, k| z + f64::from(k) / below)
}

/// Wilson score interval of a proportion (Wilson 1927) with `n` trials; `n` may be an effective, fractional number.
#[must_use]
pub fn wilson(proportion: f64, n: f64, z: f64) -> Option<Interval> {
    if n <= 0.0 {
        return None;
    }
    let z2 = z * z / n;
    let centre = (proportion + z2 / 2.0) / (1.0 + z2);
    let half = (proportion * (1.0 - proportion) * z2 + z2 * z2 / 4.0).sqrt() / (1.0 + z2);
    Some(Interval {
        low: (centre - half).max(0.0),
        high: (centre + half).min(1.0),
    })
}

/// Linear interpolation between order statistics (R type 7, numpy's default); `sorted` must not be empty.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len().saturating_sub(1)) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len().saturating_sub(1));
    let (Some(low), Some(high)) = (sorted.get(below), sorted.get(above)) else {
        return f64::NAN;
    };
    low + (at - below as f64) * (high - low)
}

/// Percentile interval of resampled values (Efron 1981); NaN marks a resample where the value is undefined.
///
/// `None` where more than half of the resamples are undefined: such an interval would speak of other data.
pub(crate) fn percentile(values: impl Iterator<Item = f64>, level: f64) -> Option<Interval> {
    let (mut defined, mut total) = (Vec::new(), 0usize);
    for value in values {
        total += 1;
        if value.is_finite() {
            defined.push(value);
        }
    }
    if defined.is_empty() || defined.len() * 2 < total {
        return None;
    }
    defined.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Interval {
        low: quantile(&defined, tail),
        high: quantile(&defined, 1.0 - tail),
    })
}

/// Percentile interval of an average of shares; where every resample says the same, Wilson's with `groups` trials.
///
/// A bootstrap of three right articles is sure of 1: it never saw a wrong one.
pub(crate) fn average_interval(
    value: Option<f64>,
    resampled: impl Iterator<Item = f64>,
    groups: u64,
    level: f64,
) -> Option<Interval> {
    let interval = percentile(resampled, level)?;
    if interval.low < interval.high {
        return Some(interval);
    }
    wilson(value?, groups as f64, normal_quantile(level))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantile_is_exact_to_twelve_digits() {
        assert!((normal_quantile(0.95) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((normal_quantile(0.99) - 2.575_829_303_548_901).abs() < 1e-12);
        assert!((normal_quantile(0.5) - 0.674_489_750_196_081_7).abs() < 1e-12);
    }

    #[test]
    fn quantile_interpolates_like_numpy() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[1.0], 0.975), 1.0);
    }

    #[test]
    fn three_right_articles_are_not_sure_to_be_right_for_ever() {
        let sure = average_interval(Some(1.0), std::iter::repeat_n(1.0, 100), 3, 0.95).unwrap();
        assert!(
            (sure.low - 0.4385).abs() < 1e-3 && sure.high == 1.0,
            "{sure:?}"
        );
    }

    #[test]
    fn undefined_resamples_give_no_interval() {
        assert_eq!(
            percentile([f64::NAN, f64::NAN, 0.5].into_iter(), 0.95),
            None
        );
        assert_eq!(percentile(std::iter::empty(), 0.95), None);
    }
}
