//! Light stems: inflection off, the word itself stays readable.

use snowball_stemmers_rs::{Algorithm, Stemmer};

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
            Lang::Ar => out.push_str(arabic(key, lexicon)),
            Lang::Ru => out.push_str(&self.russian.stem(key)),
            Lang::Tr => out.push_str(&self.turkish.stem(key)),
            Lang::En => out.push_str(&self.english.stem(key)),
            Lang::Az => out.push_str(azerbaijani(key, lexicon)),
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
/// Endings of words with a silent he: indefinite, possessive, copula, ezafe.
const FA_AFTER_HE: [&str; 13] = [
    "است", "ایی", "اند", "ایم", "اید", "مان", "تان", "شان", "ای", "ام", "ات", "اش", "ی",
];

fn persian<'k>(key: &'k str, lexicon: &Lexicon) -> &'k str {
    // `نه‌تنها` is no plural.
    if lexicon.is_compound(key) {
        return key;
    }
    let he_word = |ending: &&str| {
        key.strip_suffix(*ending)
            .filter(|base| lexicon.is_he_word(base) || lexicon.is_participle(base))
    };
    if let Some(base) = FA_AFTER_HE.iter().find_map(he_word) {
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

/// The article with what stands before it; two letters must stay.
const AR_ARTICLES: [&str; 10] = [
    "وبال", "وکال", "ولل", "وال", "بال", "کال", "فال", "فلل", "ال", "لل",
];
/// Endings and the letters that must stay.
const AR_SUFFIXES: [(&str, usize); 18] = [
    ("اتها", 3),
    ("اتهم", 3),
    ("اتنا", 3),
    ("اته", 3),
    ("تهما", 3),
    ("تها", 3),
    ("تهم", 3),
    ("ها", 4),
    ("هم", 4),
    ("نا", 4),
    ("ات", 3),
    ("ون", 4),
    ("ین", 4),
    ("یه", 3),
    ("ته", 3),
    ("ه", 3),
    ("ی", 3),
    ("یا", 4),
];

fn arabic<'k>(key: &'k str, lexicon: &Lexicon) -> &'k str {
    if key == "الله" {
        return key;
    }
    let mut base = without_clitics(key, lexicon);
    for _ in 0..2 {
        match AR_SUFFIXES
            .iter()
            .find_map(|(ending, least)| strip(base, ending, *least))
        {
            Some(shorter) => base = shorter,
            None => break,
        }
    }
    base
}

/// Takes off و, then the س of the future or ب ل ك ف from long words, unless the lexicon says the letter is the word's own; or
/// the article.
fn without_clitics<'k>(key: &'k str, lexicon: &Lexicon) -> &'k str {
    if lexicon.is_whole(key) {
        return key;
    }
    if let Some(base) = AR_ARTICLES.iter().find_map(|article| {
        key.strip_prefix(article)
            .filter(|base| base.chars().count() >= 2)
    }) {
        return base;
    }
    let base = key
        .strip_prefix('و')
        .filter(|base| base.chars().count() >= 3)
        .unwrap_or(key);
    if lexicon.is_whole(base) {
        return base;
    }
    future(base).or_else(|| preposition(base)).unwrap_or(base)
}

/// `سیتصل` is `یتصل`: the س of the future stands before the letter of the person.
fn future(key: &str) -> Option<&str> {
    let verb = key.strip_prefix('س')?;
    let person = verb.starts_with(['ی', 'ت', 'ن']);
    (person && verb.chars().count() >= 4).then_some(verb)
}

fn preposition(key: &str) -> Option<&str> {
    let base = key.strip_prefix(['ب', 'ل', 'ک', 'ف'])?;
    (base.chars().count() >= 6).then_some(base)
}

/// Cases, then possessives, then the plural; four letters must stay.
const AZ_CASES: [&str; 26] = [
    "nın", "nin", "nun", "nün", "ndan", "ndən", "nda", "ndə", "dan", "dən", "tan", "tən", "da",
    "də", "ta", "tə", "ya", "yə", "ın", "in", "un", "ün", "nı", "ni", "nu", "nü",
];
const AZ_POSSESSIVES: [&str; 8] = ["sı", "si", "su", "sü", "ı", "i", "u", "ü"];
const AZ_PLURALS: [&str; 2] = ["lar", "lər"];

fn azerbaijani<'k>(key: &'k str, lexicon: &Lexicon) -> &'k str {
    let own_n = |base: &&str| !lexicon.ends_in_n(base);
    let case = AZ_CASES
        .iter()
        .find_map(|ending| strip(key, ending, 3).filter(|_| lexicon_allows(key, ending, lexicon)));
    let base = case.unwrap_or(key);
    let base = AZ_POSSESSIVES
        .iter()
        .find_map(|ending| strip(base, ending, 5).filter(own_n))
        .unwrap_or(base);
    AZ_PLURALS
        .iter()
        .find_map(|ending| strip(base, ending, 3))
        .unwrap_or(base)
}

/// An ending that begins with n may take it from a word that ends in n.
fn lexicon_allows(key: &str, ending: &str, lexicon: &Lexicon) -> bool {
    let whole = lexicon.ends_in_n(key);
    let takes_n = ending.starts_with('n') && key.len() > ending.len() && {
        let with_n = key.get(..key.len() - ending.len() + 1).unwrap_or("");
        lexicon.ends_in_n(with_n)
    };
    !whole && !takes_n
}
