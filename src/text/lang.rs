//! Which of the six languages a text is written in.

use std::{fmt, ops::Range, str::FromStr, sync::OnceLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    TextError,
    fold::{Class, FoldTable},
};

/// A language the rules know, or [`Lang::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Persian.
    Fa,
    /// Arabic.
    Ar,
    /// Russian.
    Ru,
    /// Azerbaijani in Latin script.
    Az,
    /// Turkish.
    Tr,
    /// English.
    En,
    /// None of the six, or too little text to say.
    Other,
}

impl Lang {
    /// The six languages with rules of their own, in the order used in every table.
    pub const ALL: [Lang; 6] = [Lang::Fa, Lang::Ar, Lang::Ru, Lang::Az, Lang::Tr, Lang::En];

    /// The two-letter code (`other` for [`Lang::Other`]).
    pub fn code(self) -> &'static str {
        match self {
            Lang::Fa => "fa",
            Lang::Ar => "ar",
            Lang::Ru => "ru",
            Lang::Az => "az",
            Lang::Tr => "tr",
            Lang::En => "en",
            Lang::Other => "other",
        }
    }

    /// Written from right to left.
    pub fn is_rtl(self) -> bool {
        matches!(self, Lang::Fa | Lang::Ar)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Lang {
    type Err = TextError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let known = Lang::ALL.into_iter().chain([Lang::Other]);
        known
            .into_iter()
            .find(|lang| lang.code() == code)
            .ok_or_else(|| TextError::UnknownLanguage(code.to_owned()))
    }
}

/// The language of one text and how sure the guess is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LangGuess {
    /// The likeliest language.
    pub lang: Lang,
    /// Between 0 and 1; the share of the evidence that speaks for `lang`, shrunk for short texts.
    pub confidence: f32,
    /// A second script holds at least a fifth of the text, or paragraphs of a second language of the same script do.
    pub mixed: bool,
}

/// Guesses the language of a whole text.
pub fn guess_language(text: &str) -> LangGuess {
    guess_language_in(text, std::slice::from_ref(&(0..text.len())))
}

/// Guesses the language of the kept byte ranges of a text; ranges off a character boundary are skipped.
pub fn guess_language_in(text: &str, kept: &[Range<usize>]) -> LangGuess {
    let mut evidence = Evidence::default();
    for part in kept.iter().filter_map(|range| text.get(range.clone())) {
        evidence.read(part);
    }
    let sample = kept.iter().find_map(|range| {
        text.get(range.clone())
            .filter(|part| !part.trim().is_empty())
    });
    evidence.decide(head(sample.unwrap_or(""), SAMPLE_BYTES / 4))
}

/// Share of words that are among the commonest of one of the six languages: the best language counts.
pub(crate) fn common_word_share(text: &str) -> f32 {
    let mut hits = [0u32; 7];
    let mut words = 1;
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        words += 1;
        for (index, _) in common_words()
            .get(word.to_lowercase().as_str())
            .into_iter()
            .flatten()
        {
            hits[*index] += 1;
        }
    }
    let best = hits[..OTHER].iter().copied().max().unwrap_or(0);
    best as f32 / words as f32
}

/// At most `limit` bytes of the start of a text, cut at a character boundary.
fn head(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    text.get(..end).unwrap_or("")
}

/// What the letters and the commonest words of a text say.
#[derive(Debug, Default)]
struct Evidence {
    arabic: u32,
    cyrillic: u32,
    latin: u32,
    other: u32,
    /// How often the letter ə stands, which Turkish has not.
    schwa: u32,
    /// How often x and q stand, which Turkish has in foreign names only.
    x_or_q: u32,
    bytes: usize,
    /// Weight for each of [`Lang::ALL`], then for "none of them".
    votes: [f32; 7],
    /// Votes of this paragraph that only one of [`GROUPS`] gets.
    paragraph: [f32; GROUPS],
    /// Letters before this paragraph.
    letters_before: u32,
    /// Letters of the paragraphs that are clearly of each of [`GROUPS`].
    by_paragraph: [u32; GROUPS],
}

/// Languages told apart by paragraphs: Azerbaijani and Turkish, too near for that, are one; the last is none of ours.
const GROUPS: usize = 6;

/// The group of an index of [`Lang::ALL`], then of "none of them".
const GROUP: [usize; 7] = [0, 1, 2, 3, 3, 4, 5];

const OTHER: usize = 6;
/// Enough text to know a language by; the rest is not read.
const SAMPLE_BYTES: usize = 12_000;
/// Below this share of the votes the letters and words do not decide.
const CLEAR: f32 = 0.7;

/// Fewest letters of a paragraph whose language is asked by itself.
const PARAGRAPH_LETTERS: u32 = 40;
/// Fewest votes for its language: three common words.
const PARAGRAPH_VOTES: f32 = 6.0;
/// Least share of its votes.
const PARAGRAPH_SHARE: f32 = 0.8;

/// A text of so many Latin letters without ə, q and x is not Azerbaijani.
const LETTERS_WITHOUT_SCHWA: u32 = 40;

impl Evidence {
    fn read(&mut self, text: &str) {
        let mut word = String::new();
        let text = head(text, SAMPLE_BYTES.saturating_sub(self.bytes));
        self.bytes += text.len();
        let sights = sights();
        for c in text.chars() {
            let owned;
            let seen = match sights.get(c as usize) {
                Some(sight) => sight,
                None => {
                    owned = Sight::of(c);
                    &owned
                }
            };
            match seen.role {
                Role::Letter => self.letter(c, seen, &mut word),
                Role::Inside => {}
                Role::Parts | Role::Newline => {
                    if !word.is_empty() {
                        self.word(&word);
                        word.clear();
                    }
                    if seen.role == Role::Newline {
                        self.end_paragraph();
                    }
                }
            }
        }
        self.word(&word);
        self.end_paragraph();
    }

    fn letters(&self) -> u32 {
        self.arabic + self.cyrillic + self.latin + self.other
    }

    /// Gives the paragraph to the language that has nearly all of its votes.
    fn end_paragraph(&mut self) {
        let now = self.letters();
        let letters = now - std::mem::replace(&mut self.letters_before, now);
        let votes = std::mem::take(&mut self.paragraph);
        let sum: f32 = votes.iter().sum();
        let clear = |group: &usize| votes[*group] >= PARAGRAPH_VOTES.max(PARAGRAPH_SHARE * sum);
        if letters >= PARAGRAPH_LETTERS
            && let Some(group) = (0..GROUPS - 1).find(clear)
        {
            self.by_paragraph[group] += letters;
        }
    }

    /// Paragraphs of a language that is safely told from `lang`, with which it shares a script, hold a fifth of the letters.
    fn has_two_languages(&self, lang: Option<Lang>) -> bool {
        let other = match lang {
            Some(Lang::Fa) => Lang::Ar,
            Some(Lang::Ar) => Lang::Fa,
            Some(Lang::Az | Lang::Tr) => Lang::En,
            Some(Lang::En) => Lang::Tr,
            _ => return false,
        };
        let letters = self.by_paragraph[GROUP[other as usize]];
        letters > 0 && letters * 5 >= self.letters()
    }

    /// Counts a vote for one language, or for several.
    fn vote(&mut self, votes: &[(usize, f32)]) {
        let Some((first, others)) = votes.split_first() else {
            return;
        };
        let group = GROUP[first.0];
        if others.iter().all(|(index, _)| GROUP[*index] == group) {
            let most = votes.iter().map(|(_, weight)| *weight).fold(0.0, f32::max);
            self.paragraph[group] += most;
        }
        votes
            .iter()
            .for_each(|(index, weight)| self.votes[*index] += weight);
    }

    fn letter(&mut self, c: char, seen: &Sight, word: &mut String) {
        match seen.script {
            Script::Latin => self.latin += 1,
            Script::Cyrillic => self.cyrillic += 1,
            Script::Arabic => self.arabic += 1,
            Script::Other => self.other += 1,
        }
        self.schwa += u32::from(matches!(c, 'ə' | 'Ə'));
        self.x_or_q += u32::from(matches!(c, 'q' | 'Q' | 'x' | 'X'));
        if !seen.votes.is_empty() {
            self.vote(seen.votes);
        }
        match seen.lower {
            Some(small) => word.push(small),
            None => word.extend(c.to_lowercase()),
        }
    }

    fn word(&mut self, word: &str) {
        if word.starts_with("ال") && word.len() > 8 {
            self.vote(&[(1, 1.0)]);
        }
        if let Some(votes) = common_words().get(word) {
            self.vote(votes);
        }
    }

    fn decide(&mut self, sample: &str) -> LangGuess {
        let total = self.letters();
        let (count, candidates): (u32, &[usize]) = [
            (self.arabic, &[0, 1, OTHER][..]),
            (self.cyrillic, &[2, OTHER]),
            (self.latin, &[3, 4, 5, OTHER]),
            (self.other, &[OTHER]),
        ]
        .into_iter()
        .fold(
            (0, &[OTHER]),
            |best, next| if next.0 > best.0 { next } else { best },
        );
        if self.schwa + self.x_or_q == 0 && self.latin >= LETTERS_WITHOUT_SCHWA {
            self.votes[3] = 0.0;
        }
        let (best, clear) = self.best_of(candidates);
        let foreign = total.saturating_sub(count);
        let lang = if best != OTHER && clear < CLEAR {
            self.by_trigrams(sample, candidates)
        } else {
            Lang::ALL.get(best).copied()
        };
        let short = total as f32 / (total as f32 + 8.0);
        LangGuess {
            lang: lang.unwrap_or(Lang::Other),
            confidence: share(count, total) * clear * short,
            mixed: (foreign * 5 >= total && foreign > 0) || self.has_two_languages(lang),
        }
    }

    /// The candidate with most votes and its share of them; without votes the first candidate, at an even share.
    fn best_of(&self, candidates: &[usize]) -> (usize, f32) {
        let sum: f32 = candidates.iter().map(|&i| self.votes[i] + 0.1).sum();
        let first = candidates.first().copied().unwrap_or(OTHER);
        let best = candidates.iter().copied().fold(first, |a, b| {
            if self.votes[b] > self.votes[a] { b } else { a }
        });
        (best, (self.votes[best] + 0.1) / sum)
    }

    /// The crate `whatlang` decides among the candidates when letters and words do not.
    fn by_trigrams(&self, sample: &str, candidates: &[usize]) -> Option<Lang> {
        use whatlang::Lang as W;
        let names = [W::Pes, W::Ara, W::Rus, W::Aze, W::Tur, W::Eng];
        // With ə a text is not Turkish.
        let ruled_out = match (self.schwa, self.x_or_q) {
            (0, 0) if self.latin >= LETTERS_WITHOUT_SCHWA => W::Aze,
            (0, _) => W::Epo,
            _ => W::Tur,
        };
        let named = candidates
            .iter()
            .filter_map(|&index| names.get(index).copied());
        let allowed: Vec<_> = named.filter(|name| *name != ruled_out).collect();
        let found = whatlang::Detector::with_allowlist(allowed).detect_lang(sample)?;
        Lang::ALL
            .get(names.iter().position(|name| *name == found)?)
            .copied()
    }
}

fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

/// What one character does to the evidence.
#[derive(Debug, Clone, Copy)]
struct Sight {
    role: Role,
    script: Script,
    /// Its lower case, where that is one character.
    lower: Option<char>,
    votes: &'static [(usize, f32)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Letter,
    /// Neither a letter nor the end of a word.
    Inside,
    Parts,
    Newline,
}

#[derive(Debug, Clone, Copy)]
enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Other,
}

impl Sight {
    fn of(c: char) -> Self {
        let role = match FoldTable::of(Lang::Other).get(c).0 {
            Class::Letter | Class::Compat => Role::Letter,
            Class::Mark | Class::Joiner | Class::Tatweel | Class::Combining => Role::Inside,
            Class::Newline => Role::Newline,
            _ => Role::Parts,
        };
        let script = match c {
            'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | 'ə' => Script::Latin,
            '\u{400}'..='\u{52F}' => Script::Cyrillic,
            '\u{600}'..='\u{6FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' => {
                Script::Arabic
            }
            _ => Script::Other,
        };
        let mut lower = c.to_lowercase();
        Self {
            role,
            script,
            lower: lower.next().filter(|_| lower.next().is_none()),
            votes: letter_votes(c),
        }
    }
}

/// The sights of all characters of one and two bytes.
fn sights() -> &'static [Sight] {
    static SIGHTS: OnceLock<Vec<Sight>> = OnceLock::new();
    SIGHTS.get_or_init(|| ('\0'..'\u{800}').map(Sight::of).collect())
}

/// Letters that only some of the candidates of a script use.
fn letter_votes(c: char) -> &'static [(usize, f32)] {
    match c {
        'a'..='p' | 'r'..='v' | 'y' | 'z' | 'ا' | 'و' | 'ر' | 'ن' | 'م' | 'د' | 'ه' => &[],
        'پ' | 'چ' | 'ژ' | 'گ' => &[(0, 1.0)],
        'ة' | 'أ' | 'إ' => &[(1, 1.0)],
        'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ے' | 'ێ' | 'ۆ' | 'ڵ' | 'ڕ' | 'ە' | 'ړ' | 'ډ' | 'ټ' | 'ښ' | 'ګ' => {
            &[(OTHER, 1.5)]
        }
        'ы' | 'э' | 'ё' | 'ъ' => &[(2, 0.5)],
        'а' | 'о' | 'е' | 'и' | 'в' => &[(2, 0.02)],
        'і' | 'ї' | 'є' | 'ґ' | 'ў' | 'ә' | 'ғ' | 'қ' | 'ң' | 'ө' | 'ұ' | 'ү' | 'һ' | 'ј' | 'љ'
        | 'њ' => &[(OTHER, 2.0)],
        'ə' | 'Ə' => &[(3, 1.5)],
        'x' | 'q' => &[(3, 0.6)],
        'ğ' | 'ş' | 'ı' | 'İ' => &[(3, 0.3), (4, 0.4)],
        'w' => &[(5, 0.3)],
        'ß' | 'ä' | 'é' | 'è' | 'ñ' | 'ã' | 'å' | 'ø' | 'ż' | 'ł' | 'ê' | 'ň' | 'ý' | 'ž' => {
            &[(OTHER, 0.8)]
        }
        _ => &[],
    }
}

/// Weight of a common word.
const COMMON: f32 = 2.0;

/// A word's votes.
type Votes = Vec<(usize, f32)>;

/// Commonest function words and whose they are, as indices of [`Lang::ALL`]; from `data/text/v1/common_words.tsv`.
fn common_words() -> &'static FxHashMap<&'static str, Votes> {
    static WORDS: OnceLock<FxHashMap<&'static str, Votes>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut map: FxHashMap<&'static str, Votes> = FxHashMap::default();
        for (code, words) in include_str!("../../data/text/v1/common_words.tsv")
            .lines()
            .filter_map(|line| line.split_once('\t'))
        {
            let index = Lang::ALL
                .iter()
                .position(|lang| lang.code() == code)
                .unwrap_or(OTHER);
            words
                .split_whitespace()
                .for_each(|word| map.entry(word).or_default().push((index, COMMON)));
        }
        map
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_one_line_of_each_language() {
        for (text, lang) in [
            (
                "وزیر خارجه در این دیدار درباره همکاریهای دو کشور گفتگو کرد",
                Lang::Fa,
            ),
            ("وزير خارجه در اين ديدار با او گفتگو كرد", Lang::Fa),
            ("قال الرئيس إن العلاقات مع أذربيجان تنمو", Lang::Ar),
            ("Президент заявил, что страны будут сотрудничать", Lang::Ru),
            ("Prezident bildirib ki, ölkələr əməkdaşlıq edəcək", Lang::Az),
            (
                "Cumhurbaşkanı iki ülke arasındaki ilişkiler için açıklama yaptı",
                Lang::Tr,
            ),
            (
                "The president said that the two countries will cooperate",
                Lang::En,
            ),
            ("საქართველოს პრემიერ მინისტრი", Lang::Other),
            ("", Lang::Other),
        ] {
            assert_eq!(guess_language(text).lang, lang, "{text}");
        }
    }

    #[test]
    fn marks_mixed_scripts() {
        let text = "The president said that the two countries will cooperate. وزیر خارجه در این دیدار درباره همکاری گفتگو کرد";
        assert!(guess_language(text).mixed);
        assert!(
            !guess_language("وزیر خارجه (Zakir) در این دیدار درباره همکاری های دو کشور گفتگو کرد")
                .mixed
        );
    }

    #[test]
    fn marks_paragraphs_of_another_language_of_the_script() {
        let persian = "وزیر خارجه در این دیدار درباره همکاری های دو کشور گفتگو کرد و گفت که این روابط برای هر دو طرف مهم است";
        let arabic = "قال الرئيس إن العلاقات مع أذربيجان تنمو في كل المجالات التي اتفق عليها الطرفان خلال الزيارة من أجل السلام";
        let english = "The president said that the two countries will cooperate and that this is good for all of them";
        let turkish = "Cumhurbaşkanı iki ülke arasındaki ilişkiler için çok önemli bir açıklama yaptı ve bu konuda daha fazla bilgi verdi";
        for (text, mixed) in [
            (format!("{persian}\n{arabic}\n"), true),
            (format!("{persian}\n{persian}\n"), false),
            (format!("{turkish}\n{english}\n"), true),
            (format!("{english}\n{english}\n"), false),
            (format!("{turkish}\n{turkish}\n"), false),
        ] {
            assert_eq!(guess_language(&text).mixed, mixed, "{text}");
        }
    }

    #[test]
    fn codes_go_there_and_back() {
        for lang in Lang::ALL.into_iter().chain([Lang::Other]) {
            assert_eq!(lang.to_string().parse::<Lang>().ok(), Some(lang));
        }
        assert!("xx".parse::<Lang>().is_err());
    }
}
