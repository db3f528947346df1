//! The one source of randomness: a seeded, portable generator with independent streams.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
///
/// The same seed gives the same numbers on every machine and at any thread count; resample `i` always draws from
/// stream `i`, whichever thread runs it.
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator that starts at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The generator of stream `index` under `seed`.
    #[must_use]
    pub fn stream(seed: u64, index: u64) -> Self {
        Self::new(mix(seed ^ mix(index.wrapping_add(1))))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub fn next_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A standard normal number (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next_f64()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.next_f64()).cos()
    }

    /// A number in `0..n` by multiply and shift; the bias is below `n / 2^64`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }
}

impl SplitMix64 {
    /// Every order of `items` equally often (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Expected number from which rejection beats counting up from zero.
const COUNT_UP_TO: f64 = 10.0;

impl SplitMix64 {
    /// Number of successes in `n` trials of chance `p`, for `p` in `[0, 1]`.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        if n == 0 || p <= 0.0 {
            return 0;
        }
        if n as f64 * p < COUNT_UP_TO {
            self.binomial_by_counting(n, p)
        } else {
            self.binomial_by_rejection(n as f64, p)
        }
    }

    /// Inversion: adds up the chances of 0, 1, 2, ... until a uniform number is passed.
    fn binomial_by_counting(&mut self, n: u64, p: f64) -> u64 {
        let odds = p / (1.0 - p);
        loop {
            let mut chance = (n as f64 * (-p).ln_1p()).exp();
            let mut left = self.next_f64();
            for successes in 0..=n {
                if left <= chance {
                    return successes;
                }
                left -= chance;
                chance *= odds * (n - successes) as f64 / (successes + 1) as f64;
            }
        }
    }

    /// Transformed rejection with squeeze, algorithm BTRS (Hoermann 1993).
    fn binomial_by_rejection(&mut self, n: f64, p: f64) -> u64 {
        let spread = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let mode = ((n + 1.0) * p).floor();
        loop {
            let u = self.next_f64() - 0.5;
            let v = self.next_f64();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + n * p + 0.5).floor();
            if us >= 0.07 && v <= 0.92 - 4.2 / b {
                return k as u64;
            }
            if !(0.0..=n).contains(&k) {
                continue;
            }
            let height = (v * (2.83 + 5.1 / b) * spread / (a / (us * us) + b)).ln();
            let chance = |k: f64| ln_factorial(k) + ln_factorial(n - k);
            if height <= chance(mode) - chance(k) + (k - mode) * (p / (1.0 - p)).ln() {
                return k as u64;
            }
        }
    }
}

/// Natural logarithm of `n!` for a whole `n`: a sum up to 16, Stirling's series with five terms above (error below 1e-14).
pub(crate) fn ln_factorial(n: f64) -> f64 {
    if n <= 16.0 {
        return (2..=n as u32).map(|i| f64::from(i).ln()).sum();
    }
    let square = 1.0 / (n * n);
    let series = 1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0));
    n * n.ln() - n
        + 0.5 * (2.0 * std::f64::consts::PI * n).ln()
        + (1.0 / 12.0 - square * series) / n
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First outputs of the reference implementation (<https://prng.di.unimi.it/splitmix64.c>) at seed 1234567.
    #[test]
    fn equals_the_reference_implementation() {
        let mut random = SplitMix64::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(
            drawn,
            [
                6457827717110365317,
                3203168211198807973,
                9817491932198370423
            ]
        );
    }

    /// Pearson's statistic of 100,000 draws against the exact chances, both ways of drawing.
    #[test]
    fn binomial_draws_have_the_exact_chances() {
        for (n, p) in [(40u64, 0.1f64), (60, 0.4), (60, 0.6), (3, 0.5)] {
            let mut random = SplitMix64::new(4);
            let mut seen = vec![0.0; n as usize + 1];
            (0..100_000).for_each(|_| seen[random.binomial(n, p) as usize] += 1.0);
            let (mut statistic, mut cells) = (0.0, 0.0);
            for (k, seen) in seen.iter().enumerate() {
                let (n, k) = (n as f64, k as f64);
                let ln = ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
                    + k * p.ln()
                    + (n - k) * (1.0 - p).ln();
                let expected = 100_000.0 * ln.exp();
                if expected > 5.0 {
                    statistic += (seen - expected) * (seen - expected) / expected;
                    cells += 1.0;
                }
            }
            // Four standard deviations above the mean of chi-square.
            assert!(
                statistic < cells + 4.0 * f64::sqrt(2.0 * cells),
                "{n} {p}: {statistic} of {cells}"
            );
        }
    }

    #[test]
    fn draws_below_stay_below() {
        let mut random = SplitMix64::stream(7, 3);
        assert!((0..10_000).all(|_| random.below(13) < 13));
    }
}
