//! The rule tables, parsed: Persian affixes, compounds and he-words.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::{RuleTables, TextError, fold::squeeze};

/// Hash maps of the text room: fixed seed, fast on short keys; their order is never looked at.
pub(super) type Map<K, V> = HashMap<K, V, FixedState>;
type Set<K> = HashSet<K, FixedState>;

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
    prefixes: Set<String>,
    inflections: Vec<String>,
    /// First parts of compounds.
    first: Set<String>,
    /// Compound written together to its canonical key.
    compounds: Map<String, String>,
    /// First two letters of the compounds whose canonical key is another one.
    rewritten: Set<String>,
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
                return Ok(());
            }
            "inflection" => {
                self.inflections.extend(affixes);
                return Ok(());
            }
            other => return Err(format!("unknown kind {other:?}")),
        };
        self.affixes.extend(affixes.map(|affix| (affix, kind)));
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
            self.rewritten.insert(two_letters(&joined).to_owned());
        }
        self.first
            .extend(parts.first().filter(|_| parts.len() > 1).cloned());
        self.compounds.insert(joined, canonical);
        Ok(())
    }

    pub(super) fn affix(&self, key: &str) -> Option<Affix> {
        self.affixes.get(key).copied()
    }

    pub(super) fn is_prefix(&self, key: &str) -> bool {
        self.prefixes.contains(key)
    }

    pub(super) fn starts_compound(&self, key: &str) -> bool {
        self.first.contains(key)
    }

    /// Some compound that begins like `key` has another canonical key.
    pub(super) fn may_be_rewritten(&self, key: &str) -> bool {
        self.rewritten.contains(two_letters(key))
    }

    /// The canonical key of a compound with or without an inflection, and the inflection.
    pub(super) fn compound<'a>(&'a self, joined: &'a str) -> Option<(&'a str, &'a str)> {
        if let Some(canonical) = self.compounds.get(joined) {
            return Some((canonical, ""));
        }
        self.inflections.iter().find_map(|ending| {
            let base = joined.strip_suffix(ending.as_str())?;
            Some((self.compounds.get(base)?.as_str(), ending.as_str()))
        })
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

fn two_letters(key: &str) -> &str {
    let end = key.char_indices().nth(2).map_or(key.len(), |(at, _)| at);
    key.get(..end).unwrap_or(key)
}

fn key_of(word: &str) -> String {
    let mut key = String::new();
    squeeze(word, &mut key);
    key
}
