//! Words met before, numbered: each is looked up once where it stands, and whatever is known of it stands in arrays by its number.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Most words remembered when a text begins: bounds the memory of a thread to about 2 MB a language.
const REMEMBERED: usize = 24 << 10;

/// The words of one analyzer and language; a word is a key and the place where its inflection is cut off for the stemmer.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Analyzer the stems are of.
    analyzer: u64,
    /// How often all were forgotten.
    generation: u64,
    /// Upper half of the hash, number plus one, 0 where empty; a power of two, at most three of four taken.
    slots: Vec<(u32, u32)>,
    entries: Vec<Entry>,
    keys: String,
    stems: String,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key_end: u32,
    stem_end: u32,
    cut: u16,
}

/// Where a word is, or where it would go.
pub(super) enum Slot {
    Known(u32),
    Free { slot: usize, tag: u32 },
}

impl Words {
    /// Before a text: forgets all words where there are too many, or where they are of another analyzer.
    pub(super) fn make_room(&mut self, analyzer: u64) {
        if self.analyzer == analyzer && self.entries.len() < REMEMBERED {
            return;
        }
        self.analyzer = analyzer;
        self.generation += 1;
        self.slots.clear();
        self.entries.clear();
        self.keys.clear();
        self.stems.clear();
    }

    /// Numbers mean the same as long as this stays as it is.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Looks for a word.
    #[inline]
    pub(super) fn find(&mut self, key: &str, cut: u16) -> Slot {
        if 4 * (self.entries.len() + 1) > 3 * self.slots.len() {
            self.grow();
        }
        let (mut slot, tag, mask) = place(key, self.slots.len());
        loop {
            let (known, number) = self.slots[slot];
            if number == 0 {
                return Slot::Free { slot, tag };
            }
            let number = number - 1;
            if known == tag && self.cut(number) == cut && self.key(number) == key {
                return Slot::Known(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Takes a word where [`Words::find`] has said it would go.
    pub(super) fn add(&mut self, slot: usize, tag: u32, key: &str, cut: u16, stem: &str) -> u32 {
        let number = self.entries.len() as u32;
        self.keys.push_str(key);
        self.stems.push_str(stem);
        self.entries.push(Entry {
            key_end: self.keys.len() as u32,
            stem_end: self.stems.len() as u32,
            cut,
        });
        self.slots[slot] = (tag, number + 1);
        number
    }

    fn grow(&mut self) {
        let n = (2 * self.slots.len()).max(64);
        self.slots.clear();
        self.slots.resize(n, (0, 0));
        for number in 0..self.entries.len() as u32 {
            let (mut slot, tag, mask) = place(self.key(number), n);
            while self.slots[slot].1 != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = (tag, number + 1);
        }
    }

    fn cut(&self, number: u32) -> u16 {
        self.entries[number as usize].cut
    }

    /// Key of a word; empty for a number forgotten.
    #[inline]
    pub(super) fn key(&self, number: u32) -> &str {
        self.part(&self.keys, number, |entry| entry.key_end)
    }

    /// Stem of a word; empty for a number forgotten.
    #[inline]
    pub(super) fn stem(&self, number: u32) -> &str {
        self.part(&self.stems, number, |entry| entry.stem_end)
    }

    #[inline]
    fn part<'s>(&'s self, all: &'s str, number: u32, end: impl Fn(&Entry) -> u32) -> &'s str {
        let before = (number as usize).checked_sub(1);
        let start = before
            .and_then(|before| self.entries.get(before))
            .map_or(0, &end);
        let end = self.entries.get(number as usize).map_or(start, &end);
        all.get(start as usize..end as usize).unwrap_or("")
    }
}

/// First slot of a key in a table of `slots`, its tag, and the mask of the table.
#[inline]
fn place(key: &str, slots: usize) -> (usize, u32, usize) {
    let mut hasher = FxHasher::default();
    hasher.write(key.as_bytes());
    let hash = hasher.finish();
    (hash as usize & (slots - 1), (hash >> 32) as u32, slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(words: &mut Words, key: &str, cut: u16) -> u32 {
        match words.find(key, cut) {
            Slot::Known(number) => number,
            Slot::Free { slot, tag } => words.add(slot, tag, key, cut, &key[..1]),
        }
    }

    #[test]
    fn a_word_keeps_its_number_until_all_are_forgotten() {
        let mut words = Words::default();
        words.make_room(1);
        let keys: Vec<String> = (0..1000).map(|n| format!("w{n}")).collect();
        for _ in 0..2 {
            for (n, key) in (0..).zip(&keys) {
                assert_eq!(number(&mut words, key, 0), n);
            }
        }
        assert_eq!((words.key(7), words.stem(7)), ("w7", "w"));
        assert_eq!(number(&mut words, "w7", 1), 1000, "cut elsewhere");
        let before = words.generation();
        words.make_room(1);
        assert_eq!(words.generation(), before);
        words.make_room(2);
        assert_ne!(words.generation(), before);
        assert_eq!(words.key(7), "");
        assert_eq!(number(&mut words, "w7", 0), 0);
    }
}
