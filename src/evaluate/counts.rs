//! Counts of one label and the scores that follow from them.

use serde::{Deserialize, Serialize};

/// The four counts of one label over the cells whose gold is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Gold yes, decided yes.
    pub tp: u64,
    /// Gold no, decided yes.
    pub fp: u64,
    /// Gold yes, decided no.
    #[serde(rename = "fn")]
    pub fneg: u64,
    /// Gold no, decided no.
    pub tn: u64,
}

impl Counts {
    /// Counts one cell `times` times.
    pub fn add(&mut self, gold: bool, decided: bool, times: u64) {
        match (gold, decided) {
            (true, true) => self.tp += times,
            (false, true) => self.fp += times,
            (true, false) => self.fneg += times,
            (false, false) => self.tn += times,
        }
    }

    /// Articles whose gold says yes.
    #[must_use]
    pub fn support(self) -> u64 {
        self.tp + self.fneg
    }

    /// Articles the model said yes to.
    #[must_use]
    pub fn decided(self) -> u64 {
        self.tp + self.fp
    }

    /// Cells with known gold.
    #[must_use]
    pub fn known(self) -> u64 {
        self.tp + self.fp + self.fneg + self.tn
    }

    /// Cells that are wrong.
    #[must_use]
    pub fn errors(self) -> u64 {
        self.fp + self.fneg
    }

    /// `tp / (tp + fp)`; undefined where nothing was decided.
    #[must_use]
    pub fn precision(self) -> Option<f64> {
        ratio(self.tp, self.decided())
    }

    /// `tp / (tp + fn)`; undefined without support.
    #[must_use]
    pub fn recall(self) -> Option<f64> {
        ratio(self.tp, self.support())
    }

    /// `2 tp / (2 tp + fp + fn)`; undefined where nothing is gold and nothing was decided.
    #[must_use]
    pub fn f1(self) -> Option<f64> {
        ratio(2 * self.tp, 2 * self.tp + self.errors())
    }

    /// `(tp + tn) / known`.
    #[must_use]
    pub fn accuracy(self) -> Option<f64> {
        ratio(self.tp + self.tn, self.known())
    }

    /// Matthews correlation (Matthews 1975); undefined where a row or column of the 2x2 table is empty.
    #[must_use]
    pub fn mcc(self) -> Option<f64> {
        let [tp, fp, fneg, tn] = [self.tp, self.fp, self.fneg, self.tn].map(|count| count as f64);
        let spread = (tp + fp) * (tp + fneg) * (tn + fp) * (tn + fneg);
        (spread > 0.0).then(|| (tp * tn - fp * fneg) / spread.sqrt())
    }

    /// Both counts together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            tp: self.tp + other.tp,
            fp: self.fp + other.fp,
            fneg: self.fneg + other.fneg,
            tn: self.tn + other.tn,
        }
    }
}

impl Counts {
    /// These counts without a part of them.
    pub(crate) fn minus(self, part: Self) -> Self {
        Self {
            tp: self.tp - part.tp,
            fp: self.fp - part.fp,
            fneg: self.fneg - part.fneg,
            tn: self.tn - part.tn,
        }
    }
}

/// Sum over labels, for micro averages.
pub(crate) fn total(counts: &[Counts]) -> Counts {
    counts
        .iter()
        .fold(Counts::default(), |sum, one| sum.plus(*one))
}

/// Mean F1 over the labels where F1 is defined (scikit-learn: `zero_division=nan`).
pub(crate) fn macro_f1(counts: &[Counts]) -> Option<f64> {
    let (sum, defined) = counts
        .iter()
        .filter_map(|one| one.f1())
        .fold((0.0, 0u32), |(sum, defined), f1| (sum + f1, defined + 1));
    (defined > 0).then(|| sum / f64::from(defined))
}

/// Mean F1 over labels, weighted by support; undefined without any support.
pub(crate) fn weighted_f1(counts: &[Counts]) -> Option<f64> {
    let support: u64 = counts.iter().map(|one| one.support()).sum();
    let sum: f64 = counts
        .iter()
        .filter_map(|one| one.f1().map(|f1| f1 * one.support() as f64))
        .sum();
    (support > 0).then(|| sum / support as f64)
}

pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_counts_are_undefined_not_zero() {
        let none = Counts::default();
        assert_eq!(
            [
                none.precision(),
                none.recall(),
                none.f1(),
                none.mcc(),
                none.accuracy()
            ],
            [None; 5]
        );
        assert_eq!(macro_f1(&[none]), None);
        assert_eq!(weighted_f1(&[none]), None);
    }

    #[test]
    fn precision_and_recall_are_not_swapped() {
        let counts = Counts {
            tp: 2,
            fp: 3,
            fneg: 1,
            tn: 0,
        };
        assert_eq!(counts.precision(), Some(0.4));
        assert_eq!(counts.recall(), Some(2.0 / 3.0));
    }

    #[test]
    fn a_false_alarm_on_a_label_without_support_scores_zero() {
        let alarm = Counts {
            fp: 1,
            tn: 9,
            ..Counts::default()
        };
        let right = Counts {
            tp: 5,
            ..Counts::default()
        };
        assert_eq!(macro_f1(&[alarm, right]), Some(0.5));
    }
}
