//! Light stems: inflection off, the word itself stays readable.

use rust_stemmers::{Algorithm, Stemmer};

use super::{Lang, lexicon::Lexicon};

/// Stemmers of all languages.
pub(super) struct Stemmers {
    russian: Stemmer,
    turkish: Stemmer,
    english: Stemmer,
}

impl Stemmers {
    pub(super) fn new() -> Self {
        Self {
            russian: Stemmer::create(Algorithm::Russian),
            turkish: Stemmer::create(Algorithm::Turkish),
            english: Stemmer::create(Algorithm::English),
        }
    }

    /// Writes the stem of `key` into `out`.
    pub(super) fn stem(&self, key: &str, lang: Lang, lexicon: &Lexicon, out: &mut String) {
        out.clear();
        match lang {
            Lang::Fa => out.push_str(persian(key, lexicon)),
            Lang::Ar => out.push_str(arabic(key)),
            Lang::Ru => out.push_str(&self.russian.stem(key)),
            Lang::Tr => out.push_str(&self.turkish.stem(key)),
            Lang::En => out.push_str(&self.english.stem(key)),
            Lang::Az => out.push_str(azerbaijani(key)),
            Lang::Other => out.push_str(key),
        }
    }
}

/// Plural with what may follow it, longest first.
const FA_PLURALS: [&str; 9] = [
    "هایشان",
    "هایمان",
    "هایتان",
    "هایی",
    "هایم",
    "هایت",
    "هایش",
    "های",
    "ها",
];

fn persian<'k>(key: &'k str, lexicon: &Lexicon) -> &'k str {
    if let Some(base) = key
        .strip_suffix("ای")
        .filter(|base| lexicon.is_he_word(base))
    {
        return base;
    }
    let base = FA_PLURALS
        .iter()
        .find_map(|ending| strip(key, ending, 2))
        .unwrap_or(key);
    let base = ["ترین", "تر"]
        .iter()
        .find_map(|ending| strip(base, ending, 2))
        .unwrap_or(base);
    match base.strip_suffix('ی') {
        Some(open) if open.ends_with(['ا', 'و']) && open.chars().count() >= 3 => open,
        _ => base,
    }
}

/// `word` without `ending` if at least `least` letters stay.
fn strip<'k>(word: &'k str, ending: &str, least: usize) -> Option<&'k str> {
    word.strip_suffix(ending)
        .filter(|base| base.chars().count() >= least)
}

const AR_PREFIXES: [&str; 11] = [
    "وبال", "وال", "بال", "کال", "فال", "ولل", "ال", "لل", "و", "ب", "ل",
];
const AR_SUFFIXES: [&str; 10] = ["ها", "هم", "نا", "ات", "ون", "ین", "یه", "ته", "ه", "ی"];

fn arabic(key: &str) -> &str {
    let long = AR_PREFIXES[..8]
        .iter()
        .find_map(|p| key.strip_prefix(p).filter(|base| base.chars().count() >= 2));
    let short = || {
        key.strip_prefix('و')
            .filter(|base| base.chars().count() >= 3)
    };
    let mut base = long.or_else(short).unwrap_or(key);
    for _ in 0..2 {
        match AR_SUFFIXES.iter().find_map(|ending| strip(base, ending, 3)) {
            Some(shorter) => base = shorter,
            None => break,
        }
    }
    base
}

const AZ_SUFFIXES: [&str; 24] = [
    "lərinin",
    "larının",
    "lərində",
    "larında",
    "ləri",
    "ları",
    "lər",
    "lar",
    "nın",
    "nin",
    "nun",
    "nün",
    "dan",
    "dən",
    "ndə",
    "nda",
    "da",
    "də",
    "ın",
    "in",
    "un",
    "ün",
    "nı",
    "ni",
];

fn azerbaijani(key: &str) -> &str {
    AZ_SUFFIXES
        .iter()
        .find_map(|ending| strip(key, ending, 4))
        .unwrap_or(key)
}
