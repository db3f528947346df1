//! Near-duplicate groups: wire copies must not stand on both sides of a split.
//!
//! MinHash (Broder, "On the resemblance and containment of documents", 1997) over 4-word shingles with 64 permutations
//! in 16 bands of 4: two articles that share most of their shingles meet in some band and are then compared.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::article::{Article, MetaColumn};

const PERMUTATIONS: usize = 64;
const BAND: usize = 4;
const SHINGLE: usize = 4;
/// Share of equal minima from which two articles count as copies of one another: estimates their Jaccard similarity.
const THRESHOLD: f64 = 0.5;

type Signature = [u64; PERMUTATIONS];

/// Group number of every article: those that name the same `group`, and near-duplicates, share one. Numbers are dense
/// and ascend with the first member.
#[must_use]
pub fn near_duplicate_groups(articles: &[Article]) -> Vec<u32> {
    let signatures: Vec<Option<Signature>> =
        articles.par_iter().map(|a| signature(&a.text)).collect();
    let mut sets = DisjointSets::new(articles.len());
    join_equal(articles.iter().map(|a| a.meta.group.as_deref()), &mut sets);
    for band in 0..PERMUTATIONS / BAND {
        let mut buckets: BTreeMap<&[u64], usize> = BTreeMap::new();
        for (i, signature) in signatures.iter().enumerate() {
            let Some(signature) = signature else { continue };
            let first = *buckets
                .entry(&signature[band * BAND..(band + 1) * BAND])
                .or_insert(i);
            if first != i
                && signatures[first]
                    .as_ref()
                    .is_some_and(|s| similarity(s, signature) >= THRESHOLD)
            {
                sets.join(first, i);
            }
        }
    }
    sets.dense()
}

/// Coarser groups: those of `groups`, joined where articles share a value of `column`; numbered alike. An article whose
/// cell is empty stays in its own group.
#[must_use]
pub fn groups_by(articles: &[Article], groups: &[u32], column: MetaColumn) -> Vec<u32> {
    let mut sets = DisjointSets::new(articles.len());
    join_equal(groups.iter().map(Some), &mut sets);
    join_equal(articles.iter().map(|a| column.of(&a.meta)), &mut sets);
    sets.dense()
}

/// Joins every row with the first one of the same value.
fn join_equal<T: Ord>(values: impl Iterator<Item = Option<T>>, sets: &mut DisjointSets) {
    let mut first: BTreeMap<T, usize> = BTreeMap::new();
    for (i, value) in values.enumerate() {
        if let Some(value) = value {
            sets.join(*first.entry(value).or_insert(i), i);
        }
    }
}

fn similarity(a: &Signature, b: &Signature) -> f64 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / PERMUTATIONS as f64
}

/// `None` for a text shorter than one shingle.
fn signature(text: &str) -> Option<Signature> {
    let words: Vec<u64> = text.split_whitespace().map(hash_word).collect();
    let mut minima = [u64::MAX; PERMUTATIONS];
    for shingle in words.windows(SHINGLE) {
        let hash = shingle
            .iter()
            .fold(0x9e37_79b9_7f4a_7c15, |h: u64, w| mix(h ^ w));
        for (p, minimum) in minima.iter_mut().enumerate() {
            *minimum = (*minimum).min(mix(hash ^ mix(p as u64 + 1)));
        }
    }
    (words.len() >= SHINGLE).then_some(minima)
}

fn hash_word(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn mix(mut h: u64) -> u64 {
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

struct DisjointSets(Vec<usize>);

impl DisjointSets {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    /// The lower root stays root, so numbering follows the file.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    fn dense(mut self) -> Vec<u32> {
        let roots: Vec<usize> = (0..self.0.len()).map(|i| self.root(i)).collect();
        let mut numbers: BTreeMap<usize, u32> = BTreeMap::new();
        for &root in &roots {
            let next = numbers.len() as u32;
            numbers.entry(root).or_insert(next);
        }
        roots.iter().map(|root| numbers[root]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(text: &str, group: Option<&str>) -> Article {
        let mut article = Article {
            text: text.to_owned(),
            ..Article::default()
        };
        article.meta.group = group.map(str::to_owned);
        article
    }

    #[test]
    fn copies_and_named_groups_share_a_number() {
        let long: String = (0..60).map(|i| format!("word{i} ")).collect();
        let copy = format!("Agency: {long} end");
        let other: String = (100..160).map(|i| format!("word{i} ")).collect();
        let articles = [
            article(&long, None),
            article("short", Some("x")),
            article(&copy, None),
            article(&other, Some("x")),
        ];
        assert_eq!(near_duplicate_groups(&articles), [0, 1, 0, 1]);
    }

    #[test]
    fn a_column_joins_groups_and_empty_cells_join_nothing() {
        let sources = ["a", "b", "", "b", "", "a"];
        let articles: Vec<Article> = sources
            .iter()
            .map(|source| {
                let mut article = article("x", None);
                article.meta.source = Some((*source).to_owned()).filter(|s| !s.is_empty());
                article
            })
            .collect();
        let groups = [0, 1, 2, 3, 3, 4];
        let joined = groups_by(&articles, &groups, MetaColumn::Source);
        assert_eq!(joined, [0, 1, 2, 1, 1, 0]);
    }
}
