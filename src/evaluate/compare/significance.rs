//! Tests of a paired difference: McNemar mid-p, Holm's correction.

use super::super::random::ln_factorial;

/// Two-sided McNemar mid-p (Lancaster 1961; Fagerland, Lydersen, Laake 2013): `won` and `lost` answers that changed.
///
/// 1 where nothing changed. Exact binomial sum, no approximation at any size.
#[must_use]
pub fn mcnemar_mid_p(won: u64, lost: u64) -> f64 {
    let n = won + lost;
    let fewer = won.min(lost);
    if won == lost {
        return 1.0;
    }
    let mut term = (ln_choose(n, fewer) - n as f64 * std::f64::consts::LN_2).exp();
    let mut sum = term / 2.0;
    for i in (1..=fewer).rev() {
        term *= i as f64 / (n - i + 1) as f64;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (2.0 * sum).min(1.0)
}

/// Natural logarithm of the binomial coefficient.
fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n as f64) - ln_factorial(k as f64) - ln_factorial((n - k) as f64)
}

/// Holm's step-down correction (Holm 1979) of the p values that are there; order is kept.
#[must_use]
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p
        .iter()
        .enumerate()
        .filter_map(|(at, p)| p.map(|p| (at, p)))
        .collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut corrected = vec![None; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &(at, p)) in order.iter().enumerate() {
        largest = largest.max((p * (order.len() - rank) as f64).min(1.0));
        corrected[at] = Some(largest);
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mid_p_of_one_sided_changes_is_a_power_of_two() {
        assert!((mcnemar_mid_p(5, 0) - 0.03125).abs() < 1e-15);
        assert!((mcnemar_mid_p(0, 4) - 0.0625).abs() < 1e-15);
    }

    #[test]
    fn agreement_has_p_one_instead_of_a_division_by_zero() {
        assert_eq!(mcnemar_mid_p(0, 0), 1.0);
        assert_eq!(mcnemar_mid_p(300_000, 300_000), 1.0);
    }

    #[test]
    fn holm_keeps_order_and_skips_what_is_missing() {
        assert_eq!(
            holm(&[Some(0.04), None, Some(0.01)]),
            [Some(0.04), None, Some(0.02)]
        );
        assert_eq!(
            holm(&[Some(0.01), Some(0.04), Some(0.03)]),
            [Some(0.03), Some(0.06), Some(0.06)]
        );
    }
}
