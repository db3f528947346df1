//! The promises of a model file that concern its numbers.

use std::path::Path;

use rayon::prelude::*;

use crate::article::TaskKind;
use crate::classify::Cut;
use crate::features::{Block, Matcher, Vocabulary};
use crate::pipeline::{Head, Pipeline};

use super::format::StoreError;
use super::read::Reader;

/// Loads a model file and looks also at what loading takes for granted because no answer can fail by it: that each
/// term is found at its column, so that none is there twice, and that the compiled glossary is what its concepts compile to.
///
/// # Errors
/// As [`Pipeline::load`].
pub fn verify(path: &Path) -> Result<Pipeline, StoreError> {
    let pipeline = Pipeline::load(path)?;
    match terms_fault(pipeline.tfidf.vocabulary()).or_else(|| glossary_fault(&pipeline)) {
        None => Ok(pipeline),
        Some((what, expected, found)) => Err(StoreError::Inconsistent {
            path: path.to_owned(),
            what: what.to_owned(),
            expected: expected.to_owned(),
            found,
        }),
    }
}

type Fault = (&'static str, &'static str, String);

fn terms_fault(v: &Vocabulary) -> Option<Fault> {
    for block in Block::ALL {
        let columns = v.columns(block);
        let lost = |c: &u32| v.column(v.hashing.term(block, v.term(*c))) != Some(*c);
        if let Some(c) = columns.clone().find(lost) {
            let found = format!("\"{}\" elsewhere", v.term(c));
            return Some(("slots", "every term at its column", found));
        }
    }
    None
}

fn glossary_fault(pipeline: &Pipeline) -> Option<Fault> {
    let (matcher, affixes) = (
        pipeline.tfidf.matcher(),
        &pipeline.text.features.tables.affixes,
    );
    let again = Matcher::new(&pipeline.glossary(), pipeline.tfidf.analyzer(), affixes);
    let same = again.compiled() == matcher.compiled();
    let expected = "what its concepts compile to";
    (!same).then(|| ("compiled glossary", expected, "something else".to_owned()))
}

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
        let calibrated = head.calibration.is_sound(n);
        self.expect(
            &format!("{name}: calibration that fits its labels"),
            true,
            calibrated,
        )?;
        let certain = head.certainty.and_then(|c| c.from);
        let in_range = head.cuts.iter().all(Cut::is_sound)
            && certain.is_none_or(|from| (0.0..=1.0).contains(&from));
        self.expect(
            &format!("{name}: cuts between 0 and 1, inside their bands"),
            true,
            in_range,
        )
    }
}
