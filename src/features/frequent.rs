//! Which terms get a column, and in which order.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

/// `(hash, count)` of the terms of one document, hashes ascending.
pub(super) type HashCounts = Vec<(u64, u32)>;

/// A term that gets a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Frequent {
    /// The first document that holds it.
    pub(super) first: u32,
    pub(super) hash: u64,
    /// Documents that hold it.
    pub(super) df: u32,
}

/// A term with its number of documents. The order of columns is that of these: what nearly every row holds stands
/// together, and so do the weights that a solver asks for most.
pub(super) type Spelled = (Reverse<u32>, Box<str>);

/// Ranges of hashes counted apart: each table stays small, and no two share a term.
const SHARDS: u64 = 64;

/// Every term in at least `min_df` documents or in `always`, ascending.
pub(super) fn frequent(
    counted: &[HashCounts],
    min_df: u32,
    always: &HashSet<u64>,
) -> Vec<Frequent> {
    let width = u64::MAX / SHARDS + 1;
    let shard = |s: u64| {
        let mut df: HashMap<u64, (u32, u32), FxBuildHasher> = HashMap::default();
        for (document, counts) in (0_u32..).zip(counted) {
            let first = counts.partition_point(|(hash, _)| hash / width < s);
            for (hash, _) in counts[first..].iter().take_while(|(h, _)| h / width == s) {
                df.entry(*hash).or_insert((document, 0)).1 += 1;
            }
        }
        df.into_iter()
            .filter(|(hash, (_, n))| *n >= min_df || always.contains(hash))
            .map(|(hash, (first, df))| Frequent { first, hash, df })
            .collect::<Vec<_>>()
    };
    let mut kept: Vec<Frequent> = (0..SHARDS).into_par_iter().flat_map_iter(shard).collect();
    kept.par_sort_unstable();
    kept
}

/// Counts of equal hashes.
pub(super) fn run_lengths(mut hashes: Vec<u64>) -> HashCounts {
    hashes.sort_unstable();
    let mut counts: Vec<(u64, u32)> = Vec::new();
    for hash in hashes {
        match counts.last_mut() {
            Some((last, n)) if *last == hash => *n += 1,
            _ => counts.push((hash, 1)),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_terms_are_found_in_the_document_that_has_them_first() {
        let far = u64::MAX;
        let counted = [vec![(1, 1), (5, 2)], vec![(5, 1), (9, 1)], vec![(far, 3)]];
        let kept = |min_df, always: &[u64]| {
            let kept = frequent(&counted, min_df, &always.iter().copied().collect());
            let parts = |f: Frequent| (f.first, f.hash, f.df);
            kept.into_iter().map(parts).collect::<Vec<_>>()
        };
        assert_eq!(kept(2, &[]), [(0, 5, 2)]);
        assert_eq!(kept(2, &[far, 77]), [(0, 5, 2), (2, far, 1)]);
        assert_eq!(kept(1, &[]), [(0, 1, 1), (0, 5, 2), (1, 9, 1), (2, far, 1)]);
    }
}
