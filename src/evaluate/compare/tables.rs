//! Both sides of a task turned for resampling.

use std::collections::BTreeMap;

use super::super::groups::{Classes, Groups, Patterns};
use super::super::outcome::{ArticleOutcome, TaskOutcomes};
use super::super::table::{Table, Tally};
use super::pairing::PairedTask;

/// One task of both reports, with what its articles have in common.
pub(crate) struct Sides<'t> {
    pub(crate) task: &'t PairedTask<'t>,
    pub(crate) groups: Groups,
    both: Patterns,
    baseline: Patterns,
    candidate: Patterns,
}

impl<'t> Sides<'t> {
    /// Groups and patterns of `articles`, whose rows are those of `task`.
    pub(crate) fn of(articles: &[&ArticleOutcome], task: &'t PairedTask<'t>) -> Self {
        Self {
            task,
            groups: Groups::of(articles.iter().copied(), &task.baseline),
            both: Patterns::of(&[&task.baseline, &task.candidate]),
            baseline: Patterns::of(&[&task.baseline]),
            candidate: Patterns::of(&[&task.candidate]),
        }
    }
}

/// The classes of groups that are drawn, and what each side makes of them.
pub(crate) struct Tables {
    pub(crate) classes: Classes,
    pub(crate) baseline: Side,
    pub(crate) candidate: Side,
}

impl Tables {
    /// Tables of the groups that have an article in `rows`.
    pub(crate) fn of(sides: &Sides<'_>, rows: &[usize]) -> Self {
        let classes = Classes::of(&sides.both, &sides.groups, rows);
        Self {
            baseline: Side::of(&sides.task.baseline, &sides.baseline, &classes),
            candidate: Side::of(&sides.task.candidate, &sides.candidate, &classes),
            classes,
        }
    }
}

/// One side over the classes of both: most of them differ in the other side's answers only, so that a tenth of the
/// sums is left.
pub(crate) struct Side {
    /// Place in `table` of every class of both.
    places: Vec<u32>,
    classes: usize,
    table: Table,
}

impl Side {
    fn of(task: &TaskOutcomes, patterns: &Patterns, both: &Classes) -> Self {
        let mut known: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut own = Classes::default();
        let mut places = Vec::with_capacity(both.sizes.len());
        for (rows, size) in both.rows.iter().zip(&both.sizes) {
            let place = *known.entry(patterns.of_rows(rows)).or_insert_with(|| {
                own.rows.push(rows.clone());
                own.sizes.push(0);
                own.sizes.len() as u32 - 1
            });
            own.sizes[place as usize] += size;
            places.push(place);
        }
        Self {
            places,
            classes: own.sizes.len(),
            table: Table::of(task, &own),
        }
    }

    /// What the side adds up to when groups of class `k` of both are taken `times[k]` times in all.
    pub(crate) fn tally(&self, times: &[u32]) -> Tally {
        let mut own = vec![0; self.classes];
        for (place, times) in self.places.iter().zip(times) {
            own[*place as usize] += times;
        }
        self.table.tally(&own)
    }

    /// What the side adds up to as it is.
    pub(crate) fn whole(&self) -> Tally {
        self.table.whole()
    }
}
