//! The rule tables, parsed: Persian affixes, compounds and he-words.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{RuleTables, TextError, fold::squeeze};

/// Hash maps of the text room: no random seed, fast on short keys; their order is never looked at.
pub(super) type Map<K, V> = FxHashMap<K, V>;
type Set<K> = FxHashSet<K>;

/// Tells most words that are not in a set apart from those that may be, without hashing them.
#[derive(Debug, Clone)]
pub(super) struct Filter([u64; 64]);

impl Default for Filter {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Filter {
    pub(super) fn add(&mut self, key: &str) {
        let bit = Self::bit(key);
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    #[inline]
    pub(super) fn may_hold(&self, key: &str) -> bool {
        let bit = Self::bit(key);
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }

    /// From the length and three bytes: the second (the first of a Cyrillic or Arabic letter says little), the middle, the last.
    #[inline]
    fn bit(key: &str) -> usize {
        let bytes = key.as_bytes();
        let at = |index: usize| bytes.get(index).map_or(0, |byte| *byte as usize);
        let length = bytes.len();
        (at(1) ^ at(length.wrapping_sub(1)) << 3 ^ at((length / 4) * 2 + 1) << 6 ^ length << 8)
            % 4096
    }
}

/// Most words in a compound.
pub(super) const MAX_PARTS: usize = 4;

/// How a parted affix joins the word beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affix {
    Plural,
    Comparative,
    AfterHe,
    Possessive,
    Surname,
    Derived,
}

/// Persian words, affixes and compounds by key.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    affixes: Map<String, Affix>,
    affix_filter: Filter,
    prefixes: Vec<String>,
    prefix_filter: Filter,
    inflections: Vec<String>,
    /// First parts of compounds.
    first: Set<String>,
    first_filter: Filter,
    /// First parts with the two letters that follow them.
    opening_filter: Filter,
    /// Compound written together to its canonical key.
    compounds: Map<String, String>,
    compound_filter: Filter,
    /// First three letters of the compounds whose canonical key is another one.
    rewritten: Filter,
    /// Words that end in a silent he.
    he_words: Set<String>,
    /// Beginnings of Arabic words whose first letter is no clitic, sorted.
    whole: Vec<String>,
    /// Azerbaijani words that end in n.
    n_words: Set<String>,
}

impl Lexicon {
    pub(super) fn new(tables: &RuleTables) -> Result<Self, TextError> {
        let mut lexicon = Lexicon::default();
        each_line("fa_affixes", &tables.fa_affixes, |line| {
            lexicon.add_affixes(line)
        })?;
        each_line("fa_compounds", &tables.fa_compounds, |line| {
            lexicon.add_compound(line)
        })?;
        each_line("fa_he_words", &tables.fa_he_words, |line| {
            lexicon.he_words.extend(line.split_whitespace().map(key_of));
            Ok(())
        })?;
        each_line("ar_whole", &tables.ar_whole, |line| {
            lexicon.whole.extend(line.split_whitespace().map(key_of));
            Ok(())
        })?;
        lexicon.whole.sort_unstable();
        each_line("az_n_words", &tables.az_n_words, |line| {
            lexicon
                .n_words
                .extend(line.split_whitespace().map(str::to_owned));
            Ok(())
        })?;
        Ok(lexicon)
    }

    fn add_affixes(&mut self, line: &str) -> Result<(), String> {
        let (name, affixes) = line
            .split_once('\t')
            .ok_or("expected two fields: kind, affixes")?;
        let affixes = affixes.split_whitespace().map(key_of);
        let kind = match name {
            "plural" => Affix::Plural,
            "comparative" => Affix::Comparative,
            "after_he" => Affix::AfterHe,
            "possessive" => Affix::Possessive,
            "surname" => Affix::Surname,
            "derived" => Affix::Derived,
            "prefix" => {
                self.prefixes.extend(affixes);
                self.prefixes
                    .iter()
                    .for_each(|prefix| self.prefix_filter.add(prefix));
                return Ok(());
            }
            "inflection" => {
                self.inflections.extend(affixes);
                return Ok(());
            }
            other => return Err(format!("unknown kind {other:?}")),
        };
        for affix in affixes {
            self.affix_filter.add(&affix);
            self.affixes.insert(affix, kind);
        }
        Ok(())
    }

    fn add_compound(&mut self, line: &str) -> Result<(), String> {
        let (parts, canonical) = line.split_once('\t').unwrap_or((line, ""));
        let parts: Vec<String> = parts.split_whitespace().map(key_of).collect();
        if parts.len() > MAX_PARTS || parts.iter().any(String::is_empty) || parts.is_empty() {
            return Err(format!(
                "expected 1 to {MAX_PARTS} parts, found {}",
                parts.len()
            ));
        }
        let joined = parts.concat();
        let canonical = if canonical.is_empty() {
            joined.clone()
        } else {
            key_of(canonical)
        };
        if canonical != joined {
            self.rewritten.add(three_letters(&joined));
        }
        if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
            self.first_filter.add(first);
            self.opening_filter.add(opening(&joined, first.len()));
            self.first.insert(first.clone());
        }
        self.compound_filter.add(&joined);
        self.compounds.insert(joined, canonical);
        Ok(())
    }

    pub(super) fn affix(&self, key: &str) -> Option<Affix> {
        if !self.affix_filter.may_hold(key) {
            return None;
        }
        self.affixes.get(key).copied()
    }

    pub(super) fn is_prefix(&self, key: &str) -> bool {
        self.prefix_filter.may_hold(key) && self.prefixes.iter().any(|prefix| prefix == key)
    }

    pub(super) fn starts_compound(&self, key: &str) -> bool {
        self.first_filter.may_hold(key) && self.first.contains(key)
    }

    /// Some compound may begin with the first `first` bytes of `joined` as its first part and go on as `joined` does.
    pub(super) fn may_open(&self, joined: &str, first: usize) -> bool {
        self.opening_filter.may_hold(opening(joined, first))
    }

    /// Some compound that begins like `key` has another canonical key.
    pub(super) fn may_be_rewritten(&self, key: &str) -> bool {
        self.rewritten.may_hold(three_letters(key))
    }

    /// The canonical key of a compound with or without an inflection, and the inflection.
    pub(super) fn compound<'a>(&'a self, joined: &'a str) -> Option<(&'a str, &'a str)> {
        if let Some(canonical) = self.whole_compound(joined) {
            return Some((canonical, ""));
        }
        self.inflections.iter().find_map(|ending| {
            let base = joined.strip_suffix(ending.as_str())?;
            Some((self.whole_compound(base)?, ending.as_str()))
        })
    }

    fn whole_compound(&self, joined: &str) -> Option<&str> {
        let maybe = self.compound_filter.may_hold(joined);
        maybe
            .then(|| self.compounds.get(joined).map(String::as_str))
            .flatten()
    }

    /// Begins like an Arabic word whose first letter is its own.
    pub(super) fn is_whole(&self, key: &str) -> bool {
        let after = self.whole.partition_point(|word| word.as_str() <= key);
        // A beginning of `key` sorts before it, and only other beginnings and shorter words stand between.
        self.whole
            .get(after.saturating_sub(8)..after)
            .is_some_and(|near| near.iter().any(|word| key.starts_with(word.as_str())))
    }

    /// An Azerbaijani word whose last n is no ending.
    pub(super) fn ends_in_n(&self, key: &str) -> bool {
        self.n_words.contains(key)
    }

    /// Ends in a silent he and takes `ای` where others take `های`.
    pub(super) fn is_he_word(&self, key: &str) -> bool {
        self.he_words.contains(key)
    }
}

/// Calls `read` for every line of a table that is no comment.
fn each_line(
    table: &'static str,
    text: &str,
    mut read: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), TextError> {
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        read(line).map_err(|problem| TextError::BadTable {
            table,
            line: index + 1,
            problem,
        })?;
    }
    Ok(())
}

/// The first part of a compound with two letters more.
fn opening(joined: &str, first: usize) -> &str {
    joined.get(..first + 4).unwrap_or(joined)
}

/// The first three letters of a word in the Arabic script.
fn three_letters(key: &str) -> &str {
    key.get(..6).unwrap_or(key)
}

fn key_of(word: &str) -> String {
    let mut key = String::new();
    squeeze(word, &mut key);
    key
}
