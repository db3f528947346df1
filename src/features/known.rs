//! The terms of one document that have a column: where each stands, and how often each is there.

use std::ops::Range;

/// Occurrences of known terms, in the order they were met; reused from document to document.
///
/// Terms that stand in one place are one set, and so are the character n-grams of one word wherever it stands.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Running number of the document; begins anew after 2^32, by when no word remembers the one it had then.
    document: u32,
    /// Columns of all sets; once counted, their places in `counts`.
    terms: Vec<u32>,
    sets: Vec<Set>,
    places: Vec<Place>,
    /// Column and count of each term, columns ascending.
    pub(crate) counts: Vec<(u32, u32)>,
    tally: Tally,
}

/// Terms that always stand together.
#[derive(Debug)]
struct Set {
    terms: (u32, u32),
    /// In how many places.
    times: u32,
}

#[derive(Debug)]
struct Place {
    tokens: (u32, u32),
    set: u32,
}

impl Known {
    /// Begins a document.
    pub(super) fn begin(&mut self) {
        self.document = self.document.wrapping_add(1);
        self.terms.clear();
        self.sets.clear();
        self.places.clear();
    }

    /// Adds a term that stands at `tokens`.
    pub(super) fn add(&mut self, column: u32, tokens: Range<usize>) {
        let tokens = (tokens.start as u32, tokens.end as u32);
        self.terms.push(column);
        let end = self.terms.len() as u32;
        let last = self.sets.len() as u32;
        if let (Some(place), Some(set)) = (self.places.last(), self.sets.last_mut())
            && (place.tokens, place.set + 1, set.times) == (tokens, last, 1)
        {
            set.terms.1 = end;
            return;
        }
        self.new_set((end - 1, end));
        self.put(last, tokens);
    }

    /// Adds terms that always stand together, at `tokens`. `met` is what the last call for them gave.
    pub(super) fn add_all(
        &mut self,
        met: (u32, u32),
        columns: &[u32],
        tokens: Range<usize>,
    ) -> (u32, u32) {
        if columns.is_empty() {
            return met;
        }
        let tokens = (tokens.start as u32, tokens.end as u32);
        let (document, set) = met;
        if document == self.document {
            self.sets[set as usize].times += 1;
            self.put(set, tokens);
            return met;
        }
        let set = self.sets.len() as u32;
        let start = self.terms.len() as u32;
        self.terms.extend_from_slice(columns);
        self.new_set((start, self.terms.len() as u32));
        self.put(set, tokens);
        (self.document, set)
    }

    fn new_set(&mut self, terms: (u32, u32)) {
        self.sets.push(Set { terms, times: 1 });
    }

    fn put(&mut self, set: u32, tokens: (u32, u32)) {
        self.places.push(Place { tokens, set });
    }

    /// Counts the terms into `counts`, once all are there; a vocabulary has `n_columns`.
    pub(super) fn count(&mut self, n_columns: usize) {
        self.tally.begin(n_columns, &self.counts);
        for set in &self.sets {
            let terms = &self.terms[set.terms.0 as usize..set.terms.1 as usize];
            terms
                .iter()
                .for_each(|&column| self.tally.add(column, set.times));
        }
        self.tally.counts(&mut self.counts);
        let tally = &self.tally;
        self.terms
            .iter_mut()
            .for_each(|term| *term = tally.slots[*term as usize]);
    }

    /// Every place in the order met, with its terms as places in `counts`.
    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = (Range<usize>, &[u32])> {
        self.places.iter().map(|place| {
            let (start, end) = self.sets[place.set as usize].terms;
            let tokens = place.tokens.0 as usize..place.tokens.1 as usize;
            (tokens, &self.terms[start as usize..end as usize])
        })
    }
}

/// Counts columns and gives them in ascending order without sorting: a bit for each column met, and one for each word
/// of 64 such bits that has any.
#[derive(Debug, Default)]
struct Tally {
    /// Count of each column; once given, its place in the counts.
    slots: Vec<u32>,
    met: Vec<u64>,
    any: Vec<u64>,
}

impl Tally {
    /// Clears what an earlier document, of these `counts`, has left.
    fn begin(&mut self, n_columns: usize, counts: &[(u32, u32)]) {
        for (column, _) in counts {
            self.slots[*column as usize] = 0;
        }
        if self.slots.len() < n_columns {
            self.slots.resize(n_columns, 0);
            self.met.resize(n_columns.div_ceil(64), 0);
            self.any.resize(n_columns.div_ceil(64 * 64), 0);
        }
    }

    #[inline]
    fn add(&mut self, column: u32, times: u32) {
        let (slot, word) = (column as usize, column as usize / 64);
        if self.slots[slot] == 0 {
            self.met[word] |= 1 << (slot % 64);
            self.any[word / 64] |= 1 << (word % 64);
        }
        self.slots[slot] += times;
    }

    fn counts(&mut self, counts: &mut Vec<(u32, u32)>) {
        counts.clear();
        for (block, any) in self.any.iter_mut().enumerate() {
            for word in ones(std::mem::take(any)) {
                let word = 64 * block + word;
                for bit in ones(std::mem::take(&mut self.met[word])) {
                    let column = 64 * word + bit;
                    let place = counts.len() as u32;
                    let count = std::mem::replace(&mut self.slots[column], place);
                    counts.push((column as u32, count));
                }
            }
        }
    }
}

/// Numbers of the bits of a word that are set, ascending.
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_counted_in_order_and_keep_their_places() {
        let mut known = Known::default();
        for round in 1..3 {
            known.begin();
            known.add(9, 0..1);
            known.add(4000, 0..1);
            known.add(9, 1..2);
            let met = known.add_all((round - 1, 7), &[5, 9, 70], 0..1);
            known.add_all(met, &[5, 9, 70], 1..2);
            known.count(10_000);
            assert_eq!(known.counts, [(5, 2), (9, 4), (70, 2), (4000, 1)]);
            let places: Vec<_> = known.places().collect();
            let grams: &[u32] = &[0, 1, 2];
            assert_eq!(
                places,
                [
                    (0..1, &[1, 3][..]),
                    (1..2, &[1]),
                    (0..1, grams),
                    (1..2, grams)
                ]
            );
        }
    }
}
