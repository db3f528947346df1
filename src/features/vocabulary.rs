//! Terms, their columns, and the hash table that finds a column.

use std::ops::Range;

use crate::mapped::{Array, Strings};

use super::Block;
use super::count::Numbering;
use super::hash::Hashing;

/// All columns: terms by block, and within a block by the number of training documents that hold them, the most first,
/// then by bytes; found by hash.
///
/// The table is open addressing with linear probing over a power of two of at least twice the number of terms. It
/// stands in the model file as it is, so loading builds nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    /// How terms are hashed.
    pub(crate) hashing: Hashing,
    /// All terms in column order.
    pub(crate) terms: Strings,
    /// First column of each block and, last, n_features.
    pub(crate) block_starts: Vec<u32>,
    /// Hash of each slot, zero where empty.
    pub(crate) slot_hashes: Array<u64>,
    /// Column of each slot.
    pub(crate) slot_columns: Array<u32>,
}

/// The table of a [`Vocabulary`], taken once for many lookups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slots<'v> {
    hashes: &'v [u64],
    columns: &'v [u32],
}

impl Slots<'_> {
    /// Column of a term's hash.
    #[inline]
    pub(crate) fn column(self, hash: u64) -> Option<u32> {
        let slot = slot(self.hashes, hash);
        (self.hashes[slot] != 0).then(|| self.columns[slot])
    }
}

impl Numbering for Slots<'_> {
    #[inline]
    fn term(&mut self, _: Block, hash: u64, _: &str) -> Option<u32> {
        self.column(hash)
    }

    #[inline]
    fn phrase(&mut self, hash: u64, _: Option<u32>, _: Option<u32>) -> Option<u32> {
        self.column(hash)
    }

    /// Touches the slots of all `hashes` without looking at what they hold: a table that is larger than the cache answers many
    /// such reads at a time, but only one of those whose answer decides what is done next.
    fn fetch(&self, hashes: impl Iterator<Item = u64>) {
        let mask = self.hashes.len() - 1;
        let touch = |all, hash| {
            let slot = hash as usize & mask;
            all ^ self.hashes[slot] ^ u64::from(self.columns[slot])
        };
        std::hint::black_box(hashes.fold(0, touch));
    }
}

/// The slot that holds `hash`, or the empty one where it would go.
#[inline]
fn slot(hashes: &[u64], hash: u64) -> usize {
    let mask = hashes.len() - 1;
    let mut slot = hash as usize & mask;
    while hashes[slot] != 0 && hashes[slot] != hash {
        slot = (slot + 1) & mask;
    }
    slot
}

impl Vocabulary {
    /// Builds the table from `terms[b]`, the unique terms of block `b` in the order of their columns.
    pub(crate) fn new(hashing: Hashing, terms: &[Vec<Box<str>>]) -> Self {
        let n_features: usize = terms.iter().map(Vec::len).sum();
        let n_slots = (2 * n_features).next_power_of_two().max(2);
        let (mut hashes, mut columns) = (vec![0; n_slots], vec![0; n_slots]);
        let (mut block_starts, mut column) = (vec![0], 0);
        for (block, terms) in Block::ALL.into_iter().zip(terms) {
            for term in terms {
                let hash = hashing.term(block, term);
                let slot = slot(&hashes, hash);
                (hashes[slot], columns[slot]) = (hash, column);
                column += 1;
            }
            block_starts.push(column);
        }
        Self {
            hashing,
            terms: terms.iter().flatten().collect(),
            block_starts,
            slot_hashes: hashes.into(),
            slot_columns: columns.into(),
        }
    }

    /// The same with the columns `kept` alone, ascending; they are numbered anew.
    pub(crate) fn keep(&self, kept: &[u32]) -> Self {
        let mut terms = vec![Vec::new(); Block::ALL.len()];
        for &column in kept {
            terms[self.block(column) as usize].push(self.term(column).into());
        }
        Self::new(self.hashing, &terms)
    }

    /// The table that finds columns.
    #[inline]
    pub(crate) fn slots(&self) -> Slots<'_> {
        Slots {
            hashes: &self.slot_hashes,
            columns: &self.slot_columns,
        }
    }

    /// Column of a term's hash.
    #[must_use]
    pub fn column(&self, hash: u64) -> Option<u32> {
        self.slots().column(hash)
    }

    /// Number of columns.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.terms.len()
    }

    /// Columns of one block.
    #[must_use]
    pub fn columns(&self, block: Block) -> Range<u32> {
        self.block_starts[block as usize]..self.block_starts[block as usize + 1]
    }

    /// Block of a column.
    #[must_use]
    pub fn block(&self, column: u32) -> Block {
        let after = self.block_starts[1..]
            .iter()
            .position(|&start| column < start);
        Block::ALL[after.unwrap_or(0)]
    }

    /// The term of a column; a character n-gram shows word edges as spaces, a word 2-gram has one space inside.
    #[must_use]
    pub fn term(&self, column: u32) -> &str {
        self.terms.get(column as usize)
    }
}
