//! The promises of a model file that concern its numbers.

use rayon::prelude::*;

use crate::article::TaskKind;
use crate::classify::Calibration;
use crate::features::Vocabulary;
use crate::pipeline::Head;

use super::format::StoreError;
use super::read::Reader;

/// Numbers looked at by one core at a time.
const PART: usize = 1 << 16;

impl Reader<'_> {
    pub(super) fn finite(&self, name: &str, values: &[f32]) -> Result<(), StoreError> {
        // Without a branch for each number, so that the compiler looks at many at once.
        let all = |part: &[f32]| part.iter().fold(true, |all, v| all & v.is_finite());
        if values.par_chunks(PART).all(all) {
            return Ok(());
        }
        let i = values.iter().position(|v| !v.is_finite()).unwrap_or(0);
        Err(self.broken(&format!("{name}[{i}]"), "a finite number", values[i]))
    }

    pub(super) fn terms(&self, v: &Vocabulary) -> Result<(), StoreError> {
        match v.terms.fault() {
            None => Ok(()),
            Some((expected, found)) => Err(self.broken("terms, term_ends", expected, found)),
        }
    }

    /// An empty slot must be left, or the search for an unknown term would never end.
    pub(super) fn slots(&self, v: &Vocabulary) -> Result<(), StoreError> {
        let (hashes, columns) = (&*v.slot_hashes, &*v.slot_columns);
        self.expect("slots", hashes.len(), columns.len())?;
        let used: usize = hashes
            .par_chunks(PART)
            .map(|part| part.iter().filter(|hash| **hash != 0).count())
            .sum();
        if !hashes.len().is_power_of_two() || used >= hashes.len() || used > v.n_features() {
            let expected = "a power of two of slots, at least one of them empty";
            return Err(self.broken(
                "slots",
                expected,
                format!("{used} of {} used", hashes.len()),
            ));
        }
        let last = columns
            .par_chunks(PART)
            .map(|part| part.iter().fold(0, |max, column| max.max(*column)))
            .reduce(|| 0, u32::max);
        if (last as usize) < v.n_features().max(1) {
            return Ok(());
        }
        Err(self.broken("slot_columns", format!("below {}", v.n_features()), last))
    }

    pub(super) fn head(&self, head: &Head) -> Result<(), StoreError> {
        let (name, n) = (&head.task.name, head.task.labels.len());
        let sorted = head.task.labels.windows(2).all(|w| w[0] < w[1]);
        self.expect(
            &format!("{name}: labels sorted and unique, at least one"),
            true,
            sorted && n > 0,
        )?;
        self.expect(&format!("{name}: support"), n, head.support.len())?;
        let cuts = if head.task.kind == TaskKind::Multi {
            n
        } else {
            0
        };
        self.expect(&format!("{name}: cuts"), cuts, head.cuts.len())?;
        let finite = match &head.calibration {
            Calibration::Platt { coefficients } => {
                self.expect(&format!("{name}: calibrated labels"), n, coefficients.len())?;
                coefficients
                    .iter()
                    .all(|(a, b)| a.is_finite() && b.is_finite())
            }
            Calibration::Temperature { t } => t.is_finite() && *t > 0.0,
        };
        self.expect(&format!("{name}: finite calibration"), true, finite)?;
        let in_range = head
            .cuts
            .iter()
            .all(|c| (0.0..=1.0).contains(&c.probability));
        self.expect(&format!("{name}: cuts between 0 and 1"), true, in_range)
    }
}
