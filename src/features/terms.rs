//! Terms of the training articles: numbered as they are met, then those frequent enough get a column.
//!
//! An article is read once. Words and character n-grams keep their spelling; a longer word n-gram, of which a large corpus
//! has too many to spell, is its beginning and its last word.

use std::cmp::Reverse;
use std::collections::HashMap;

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

use super::count::Numbering;
use super::{Block, Vocabulary};

/// The terms met in a part of the articles.
#[derive(Debug, Default)]
pub(super) struct Terms {
    numbers: HashMap<u64, u32, FxBuildHasher>,
    /// By number.
    met: Vec<Met>,
    texts: String,
}

#[derive(Debug)]
struct Met {
    hash: u64,
    spelling: Spelling,
    /// Documents that hold it.
    df: u32,
    block: Block,
    /// Gets a column however few documents hold it.
    always: bool,
}

#[derive(Debug, Clone, Copy)]
enum Spelling {
    /// Start and length in the texts.
    Text(usize, u32),
    /// Numbers of the term without its last word, and of that word.
    Phrase(u32, u32),
}

impl Terms {
    /// Number of terms met.
    pub(super) fn len(&self) -> usize {
        self.met.len()
    }

    /// Takes the terms of a document, each once. Those of the glossary are known before any article is read, the words of what is no
    /// article (the description of a label) are wanted: for them one document is enough.
    pub(super) fn counted(&mut self, counts: &[(u32, u32)], article: bool) {
        for &(number, _) in counts {
            let met = &mut self.met[number as usize];
            met.df += 1;
            met.always |= match met.block {
                Block::Words => !article,
                Block::Characters => false,
                Block::Concepts | Block::LeadConcepts | Block::Subjects => true,
            };
        }
    }

    /// Column of each term, by number; none for those without.
    pub(super) fn columns(&self, vocabulary: &Vocabulary) -> Vec<Option<u32>> {
        let slots = vocabulary.slots();
        let columns = self.met.iter().map(|met| slots.column(met.hash));
        columns.collect()
    }

    fn number(&mut self, block: Block, hash: u64, text: &str) -> u32 {
        let next = self.met.len() as u32;
        let number = *self.numbers.entry(hash).or_insert(next);
        if number == next {
            let spelling = Spelling::Text(self.texts.len(), text.len() as u32);
            self.texts.push_str(text);
            self.add(block, hash, spelling);
        }
        number
    }

    fn add(&mut self, block: Block, hash: u64, spelling: Spelling) {
        self.met.push(Met {
            hash,
            spelling,
            df: 0,
            block,
            always: false,
        });
    }

    fn spell(&self, number: u32, out: &mut String) {
        match self.met[number as usize].spelling {
            Spelling::Text(start, len) => out.push_str(&self.texts[start..start + len as usize]),
            Spelling::Phrase(beginning, last) => {
                self.spell(beginning, out);
                out.push(' ');
                self.spell(last, out);
            }
        }
    }
}

impl Numbering for Terms {
    fn term(&mut self, block: Block, hash: u64, text: &str) -> Option<u32> {
        Some(self.number(block, hash, text))
    }

    fn phrase(&mut self, hash: u64, beginning: Option<u32>, last: Option<u32>) -> Option<u32> {
        let spelling = Spelling::Phrase(beginning?, last?);
        let next = self.met.len() as u32;
        let number = *self.numbers.entry(hash).or_insert(next);
        if number == next {
            self.add(Block::Words, hash, spelling);
        }
        Some(number)
    }
}

/// A term that gets a column.
#[derive(Debug, Clone, Copy)]
struct Frequent {
    df: u32,
    always: bool,
    /// A part that holds it, and its number there.
    part: usize,
    number: u32,
}

/// Ranges of hashes merged apart: no two share a term.
const SHARDS: u64 = 16;

/// Every term of all `parts` in at least `min_df` documents, or wanted always, by block; within a block those that most documents
/// hold first, then by bytes. What nearly every row holds stands together, and so do the weights that a solver asks for most.
pub(super) fn frequent(parts: &[&Terms], min_df: u32) -> Vec<Vec<Box<str>>> {
    let shard = |shard: u64| {
        let mut found: HashMap<u64, Frequent, FxBuildHasher> = HashMap::default();
        for (part, terms) in parts.iter().enumerate() {
            for (number, met) in (0..).zip(&terms.met) {
                if met.hash % SHARDS != shard {
                    continue;
                }
                let term = found.entry(met.hash).or_insert(Frequent {
                    df: 0,
                    always: false,
                    part,
                    number,
                });
                term.df += met.df;
                term.always |= met.always;
            }
        }
        let kept = found.into_values();
        kept.filter(move |term| term.df >= min_df || term.always)
    };
    let kept: Vec<Frequent> = (0..SHARDS).into_par_iter().flat_map_iter(shard).collect();
    let mut blocks = vec![Vec::new(); Block::ALL.len()];
    for term in kept {
        let terms = parts[term.part];
        let mut text = String::new();
        terms.spell(term.number, &mut text);
        let block = terms.met[term.number as usize].block as usize;
        blocks[block].push((Reverse(term.df), text.into_boxed_str()));
    }
    let common_first = |mut terms: Vec<(Reverse<u32>, Box<str>)>| {
        terms.par_sort_unstable();
        terms.into_iter().map(|(_, term)| term).collect()
    };
    blocks.into_iter().map(common_first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(documents: &[&[(Block, u64, &str)]]) -> Terms {
        let mut terms = Terms::default();
        for document in documents {
            let number = |&(block, hash, text)| (terms.number(block, hash, text), 1);
            let counts: Vec<(u32, u32)> = document.iter().map(number).collect();
            terms.counted(&counts, true);
        }
        terms
    }

    fn words(parts: &[&Terms], min_df: u32) -> Vec<Box<str>> {
        frequent(parts, min_df).swap_remove(Block::Words as usize)
    }

    #[test]
    fn frequent_terms_of_all_parts_come_first() {
        let word = |hash, text| (Block::Words, hash, text);
        let one = part(&[&[word(1, "نفت"), word(7, "گاز")], &[word(7, "گاز")]]);
        let two = part(&[&[word(u64::MAX, "بندر"), word(1, "نفت"), word(7, "گاز")]]);
        let parts = [&one, &two];
        assert_eq!(
            words(&parts, 1),
            ["گاز".into(), "نفت".into(), Box::from("بندر")]
        );
        assert_eq!(words(&parts, 2), ["گاز".into(), Box::from("نفت")]);
        assert_eq!(words(&parts, 4), []);
    }

    #[test]
    fn glossary_and_descriptions_need_one_document() {
        let mut terms = part(&[&[(Block::Concepts, 1, "pipeline"), (Block::Words, 2, "لوله")]]);
        let concepts = frequent(&[&terms], 2).swap_remove(Block::Concepts as usize);
        assert_eq!(concepts, [Box::from("pipeline")]);
        assert_eq!(words(&[&terms], 3), []);
        terms.counted(&[(1, 1)], false);
        assert_eq!(words(&[&terms], 3), [Box::from("لوله")]);
    }

    #[test]
    fn a_phrase_is_spelled_from_its_parts() {
        let mut terms = part(&[&[(Block::Words, 1, "خط"), (Block::Words, 2, "لوله")]]);
        let two = terms.phrase(10, Some(0), Some(1));
        assert_eq!(
            (two, terms.phrase(10, Some(0), Some(1))),
            (Some(2), Some(2))
        );
        terms.phrase(11, two, Some(0));
        terms.counted(&[(2, 1), (3, 1)], true);
        let phrases = words(&[&terms], 1);
        assert!(phrases.contains(&"خط لوله".into()), "{phrases:?}");
        assert!(phrases.contains(&"خط لوله خط".into()), "{phrases:?}");
    }
}
