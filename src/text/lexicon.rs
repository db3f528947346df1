//! The rule tables, parsed: Persian affixes, compounds and he-words.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    RuleTables, TextError,
    filter::{Filter, Marks, Print, mark},
    fold::squeeze,
    scan::Raw,
};

/// Hash maps of the text room: no random seed, fast on short keys; their order is never looked at.
pub(super) type Map<K, V> = FxHashMap<K, V>;
type Set<K> = FxHashSet<K>;

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
    affix_marks: Marks,
    inflections: Vec<String>,
    /// In bytes, two a letter.
    longest_inflection: usize,
    /// Past participles, which take the copula.
    participles: Set<String>,
    /// First parts of compounds.
    first: Set<String>,
    /// First parts with the two letters that follow them.
    openings: Filter,
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
                let prints = self.prefixes.iter().map(|prefix| Print::alone(prefix));
                prints.for_each(|print| self.affix_marks.add(print.whole(), mark::PREFIX));
                return Ok(());
            }
            "participle" => {
                self.participles.extend(affixes);
                return Ok(());
            }
            "inflection" => {
                self.inflections.extend(affixes);
                let lengths = self.inflections.iter().map(String::len);
                self.longest_inflection = lengths.max().unwrap_or(0);
                return Ok(());
            }
            other => return Err(format!("unknown kind {other:?}")),
        };
        for affix in affixes {
            self.affix_marks
                .add(Print::alone(&affix).whole(), mark::AFFIX);
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
            self.rewritten.add(Print::alone(&joined).beginning());
        }
        if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
            if joined.len() < first.len() + 4 {
                return Err("the parts behind the first have less than two letters".to_owned());
            }
            let print = Print::alone(first).with_next(&joined, first.len());
            self.openings.add(print);
            self.first.insert(first.clone());
        }
        self.compound_filter.add(Print::alone(&joined).whole());
        self.compounds.insert(joined, canonical);
        Ok(())
    }

    /// What a word of `arena` may be; each of the marks has to be proved.
    #[inline]
    pub(super) fn marks(&self, arena: &str, word: &Raw) -> u8 {
        let print = Print::of(arena, word.place());
        // The keys stand side by side: what follows in the arena is the next word.
        let opens = self
            .openings
            .may_hold(print.with_next(arena, word.end as usize));
        let rewritten = self.rewritten.may_hold(print.beginning());
        self.affix_marks.of(print.whole())
            | (u8::from(opens) * mark::OPENS)
            | (u8::from(rewritten) * mark::REWRITTEN)
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

    /// The canonical key of a compound with or without an inflection, and the bytes of the inflection.
    pub(super) fn compound(&self, joined: &str) -> Option<(&str, usize)> {
        let cuts = (0..=self.longest_inflection).step_by(2);
        cuts.filter_map(|bytes| joined.split_at_checked(joined.len().checked_sub(bytes)?))
            .find_map(|(base, ending)| {
                let canonical = self.whole_compound(base)?;
                let known = ending.is_empty() || self.inflections.iter().any(|one| one == ending);
                known.then_some((canonical, ending.len()))
            })
    }

    fn whole_compound(&self, joined: &str) -> Option<&str> {
        let maybe = self.compound_filter.may_hold(Print::alone(joined).whole());
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

fn key_of(word: &str) -> String {
    let mut key = String::new();
    squeeze(word, &mut key);
    key
}
