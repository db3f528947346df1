//! Terms, their columns, and the hash table that finds a column.

use std::ops::Range;

use super::Block;
use super::hash::hash_term;

/// All columns: terms sorted by block and bytes, found by hash.
///
/// The table is open addressing with linear probing over a power of two of at least twice the number of terms. It is
/// stored in the model file as it is, so loading builds nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    /// UTF-8 of all terms, end to end in column order.
    pub(crate) terms: Vec<u8>,
    /// Where each term ends in `terms`, length n_features.
    pub(crate) term_ends: Vec<u32>,
    /// First column of each block and, last, n_features.
    pub(crate) block_starts: Vec<u32>,
    /// Hash of each slot, zero where empty.
    pub(crate) slot_hashes: Vec<u64>,
    /// Column of each slot.
    pub(crate) slot_columns: Vec<u32>,
}

impl Vocabulary {
    /// Builds the table from `terms[b]`, the sorted, unique terms of block `b`.
    pub(crate) fn new(terms: &[Vec<Box<str>>]) -> Self {
        let n_features: usize = terms.iter().map(Vec::len).sum();
        let n_slots = (2 * n_features).next_power_of_two().max(2);
        let mut vocabulary = Self {
            terms: Vec::new(),
            term_ends: Vec::with_capacity(n_features),
            block_starts: vec![0],
            slot_hashes: vec![0; n_slots],
            slot_columns: vec![0; n_slots],
        };
        for (block, terms) in terms.iter().enumerate() {
            terms
                .iter()
                .for_each(|term| vocabulary.push(block as u8, term));
            vocabulary
                .block_starts
                .push(vocabulary.term_ends.len() as u32);
        }
        vocabulary
    }

    fn push(&mut self, block: u8, term: &str) {
        let column = self.term_ends.len() as u32;
        self.terms.extend_from_slice(term.as_bytes());
        self.term_ends.push(self.terms.len() as u32);
        let hash = hash_term(block, term);
        let slot = self.slot(hash);
        self.slot_hashes[slot] = hash;
        self.slot_columns[slot] = column;
    }

    /// The slot that holds `hash`, or the empty one where it would go.
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slot_hashes.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slot_hashes[slot] != 0 && self.slot_hashes[slot] != hash {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Column of a term's hash.
    #[inline]
    #[must_use]
    pub fn column(&self, hash: u64) -> Option<u32> {
        let slot = self.slot(hash);
        (self.slot_hashes[slot] != 0).then(|| self.slot_columns[slot])
    }

    /// Number of columns.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.term_ends.len()
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
        let column = column as usize;
        let start = if column == 0 {
            0
        } else {
            self.term_ends[column - 1] as usize
        };
        std::str::from_utf8(&self.terms[start..self.term_ends[column] as usize]).unwrap_or("")
    }
}
