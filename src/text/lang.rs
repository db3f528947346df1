//! Which of the six languages a text is written in.

use std::{fmt, ops::Range, str::FromStr, sync::OnceLock};

use serde::{Deserialize, Serialize};

use super::{TextError, fold};

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
    /// A second script or language holds at least a fifth of the text.
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
    evidence.decide()
}

/// What the letters and the commonest words of a text say.
#[derive(Debug, Default)]
struct Evidence {
    arabic: u32,
    cyrillic: u32,
    latin: u32,
    other: u32,
    /// Weight for each of [`Lang::ALL`], then for "none of them".
    votes: [f32; 7],
}

const OTHER: usize = 6;

impl Evidence {
    fn read(&mut self, text: &str) {
        let mut word = String::new();
        for c in text.chars() {
            if c.is_alphabetic() || (!word.is_empty() && fold::is_invisible(c)) {
                self.letter(c);
                word.push(c);
            } else if !word.is_empty() {
                self.word(&word);
                word.clear();
            }
        }
        self.word(&word);
    }

    fn letter(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | 'ə' => self.latin += 1,
            '\u{400}'..='\u{4FF}' => self.cyrillic += 1,
            '\u{600}'..='\u{6FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' => {
                self.arabic += 1
            }
            c if c.is_alphabetic() => self.other += 1,
            _ => {}
        }
        if let Some((index, weight)) = letter_vote(c) {
            self.votes[index] += weight;
        }
    }

    fn word(&mut self, word: &str) {
        if word.starts_with("ال") && word.chars().count() > 4 {
            self.votes[1] += 1.0;
        }
        let folded = word.to_lowercase();
        for (index, words) in common_words().iter().enumerate() {
            if words.binary_search(&folded.as_str()).is_ok() {
                self.votes[index] += 2.0;
            }
        }
    }

    fn decide(&self) -> LangGuess {
        let total = self.arabic + self.cyrillic + self.latin + self.other;
        let scripts = [
            (self.arabic, &[0, 1, OTHER][..]),
            (self.cyrillic, &[2, OTHER]),
            (self.latin, &[3, 4, 5, OTHER]),
        ];
        let Some(&(count, candidates)) = scripts.iter().max_by_key(|(count, _)| *count) else {
            return LangGuess {
                lang: Lang::Other,
                confidence: 0.0,
                mixed: false,
            };
        };
        if count == 0 || count < self.other {
            return LangGuess {
                lang: Lang::Other,
                confidence: share(self.other, total),
                mixed: false,
            };
        }
        let (best, best_votes, sum) = self.best_of(candidates);
        let mixed = (total - count) * 5 >= total;
        let lang = Lang::ALL
            .get(best)
            .copied()
            .filter(|_| best_votes > 0.0)
            .unwrap_or(Lang::Other);
        LangGuess {
            lang,
            confidence: share(count, total) * (best_votes + 0.5) / (sum + 1.0),
            mixed,
        }
    }

    fn best_of(&self, candidates: &[usize]) -> (usize, f32, f32) {
        let sum: f32 = candidates.iter().map(|&i| self.votes[i]).sum();
        let best = candidates.iter().copied().fold(candidates[0], |a, b| {
            if self.votes[b] > self.votes[a] { b } else { a }
        });
        (best, self.votes[best], sum)
    }
}

fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

/// Letters that only some of the candidates of a script use.
fn letter_vote(c: char) -> Option<(usize, f32)> {
    Some(match c {
        'پ' | 'چ' | 'ژ' | 'گ' => (0, 1.0),
        'ة' | 'أ' | 'إ' => (1, 1.0),
        'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ے' | 'ێ' | 'ۆ' | 'ڵ' | 'ڕ' | 'ە' => (OTHER, 1.5),
        'ы' | 'э' | 'ё' | 'ъ' => (2, 0.5),
        'і' | 'ї' | 'є' | 'ґ' | 'ў' | 'ә' | 'ғ' | 'қ' | 'ң' | 'ө' | 'ұ' | 'ү' | 'һ' => {
            (OTHER, 2.0)
        }
        'ə' | 'Ə' => (3, 1.5),
        'x' | 'q' => (3, 0.3),
        'ğ' | 'ş' | 'ı' | 'İ' => (4, 0.3),
        'w' => (5, 0.3),
        'ß' | 'ä' | 'é' | 'è' | 'ñ' | 'ã' | 'å' | 'ø' | 'ż' | 'ł' => (OTHER, 1.0),
        _ => return None,
    })
}

/// Commonest function words, sorted, in the order of [`Lang::ALL`]; from `data/text/v1/common_words.tsv`.
fn common_words() -> &'static [Vec<&'static str>; 7] {
    static WORDS: OnceLock<[Vec<&'static str>; 7]> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut lists: [Vec<&'static str>; 7] = Default::default();
        for line in include_str!("../../data/text/v1/common_words.tsv").lines() {
            let Some((code, words)) = line.split_once('\t') else {
                continue;
            };
            let index = Lang::ALL
                .iter()
                .position(|lang| lang.code() == code)
                .unwrap_or(OTHER);
            lists[index].extend(words.split_whitespace());
        }
        lists.iter_mut().for_each(|list| list.sort_unstable());
        lists
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
    fn codes_go_there_and_back() {
        for lang in Lang::ALL.into_iter().chain([Lang::Other]) {
            assert_eq!(lang.to_string().parse::<Lang>().ok(), Some(lang));
        }
        assert!("xx".parse::<Lang>().is_err());
    }
}
