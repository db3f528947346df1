//! The rule tables, parsed: Persian affixes, compounds and he-words.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{RuleTables, TextError, fold::squeeze};

/// Hash maps of the text room: no random seed, fast on short keys; their order is never looked at.
pub(super) type Map<K, V> = FxHashMap<K, V>;
type Set<K> = FxHashSet<K>;

/// Tells most words that are not in a set apart from those that may be, in one look.
#[derive(Debug, Clone)]
pub(super) struct Filter(Box<[u64; FILTER_BITS / 64]>);

const FILTER_BITS: usize = 1 << 15;

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; FILTER_BITS / 64]))
    }
}

impl Filter {
    pub(super) fn add(&mut self, key: &str) {
        let bit = spread(key) as usize % FILTER_BITS;
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    #[inline]
    pub(super) fn may_hold(&self, key: &str) -> bool {
        let bit = spread(key) as usize % FILTER_BITS;
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }
}

/// A few mixed bits of a key: of its first and last bytes and its length.
#[inline]
fn spread(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => (
                u64::from(u32::from_le_bytes(*first)),
                u64::from(u32::from_le_bytes(*last)),
            ),
            _ => bytes.iter().fold((0, 0), |(first, last), byte| {
                (last, first << 8 | u64::from(*byte))
            }),
        },
    };
    let mixed =
        (first ^ last.rotate_left(23) ^ bytes.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed >> 40
}

/// What a word may be to its neighbours, as bits.
pub(super) mod mark {
    /// First part of a compound.
    pub(in crate::text) const OPENS: u8 = 1;
    /// Affix of the word before it.
    pub(in crate::text) const AFFIX: u8 = 2;
    /// Prefix of the word behind it.
    pub(in crate::text) const PREFIX: u8 = 4;
}

/// The marks of all words in one table: a word that no table of the lexicon knows mostly has none.
#[derive(Debug)]
struct Marks(Box<[u8; MARKS]>);

const MARKS: usize = 1 << 14;

impl Default for Marks {
    fn default() -> Self {
        Self(Box::new([0; MARKS]))
    }
}

impl Marks {
    fn add(&mut self, key: &str, mark: u8) {
        self.0[spread(key) as usize % MARKS] |= mark;
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
    Ezafe,
    Copula,
    Surname,
    Derived,
}

/// Persian words, affixes and compounds by key.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    affixes: Map<String, Affix>,
    prefixes: Vec<String>,
    marks: Marks,
    inflections: Vec<String>,
    /// Past participles, which take the copula.
    participles: Set<String>,
    /// First parts of compounds.
    first: Set<String>,
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
            "ezafe" => Affix::Ezafe,
            "copula" => Affix::Copula,
            "surname" => Affix::Surname,
            "derived" => Affix::Derived,
            "prefix" => {
                self.prefixes.extend(affixes);
                self.prefixes
                    .iter()
                    .for_each(|prefix| self.marks.add(prefix, mark::PREFIX));
                return Ok(());
            }
            "participle" => {
                self.participles.extend(affixes);
                return Ok(());
            }
            "inflection" => {
                self.inflections.extend(affixes);
                return Ok(());
            }
            other => return Err(format!("unknown kind {other:?}")),
        };
        for affix in affixes {
            self.marks.add(&affix, mark::AFFIX);
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
            self.marks.add(first, mark::OPENS);
            self.opening_filter.add(opening(&joined, first.len()));
            self.first.insert(first.clone());
        }
        self.compound_filter.add(&joined);
        self.compounds.insert(joined, canonical);
        Ok(())
    }

    /// What a word may be; each of the marks has to be proved.
    #[inline]
    pub(super) fn marks(&self, key: &str) -> u8 {
        self.marks.0[spread(key) as usize % MARKS]
    }

    pub(super) fn affix(&self, key: &str) -> Option<Affix> {
        self.affixes.get(key).copied()
    }

    pub(super) fn is_participle(&self, key: &str) -> bool {
        self.participles.contains(key)
    }

    pub(super) fn is_prefix(&self, key: &str) -> bool {
        self.prefixes.iter().any(|prefix| prefix == key)
    }

    pub(super) fn starts_compound(&self, key: &str) -> bool {
        self.first.contains(key)
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

    /// A compound of the lexicon without an inflection.
    pub(super) fn is_compound(&self, key: &str) -> bool {
        self.whole_compound(key).is_some()
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
