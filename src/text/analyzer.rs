//! The whole text path: ranges of an article to tokens.

use std::{
    fmt,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    AnalyzerSpec, Joining, Lang, Masking, Stemming, TextError, Token,
    join::join,
    lexicon::Lexicon,
    mask::{Masks, Outlet, Scraps},
    scan::{Line, Raw, Scanner, gap, kind},
    spec::RULES,
    stem::Stemmers,
    words::{Slot, Words},
};

/// Turns the kept ranges of an article into tokens; built once from a spec, shared by all threads.
pub struct Analyzer {
    /// Tells the analyzers of a process apart: a scratch must not serve one the stems of another.
    id: u64,
    spec: AnalyzerSpec,
    lexicon: Lexicon,
    masks: Masks,
    stemmers: Stemmers,
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analyzer")
            .field("rules", &self.spec.rules)
            .finish_non_exhaustive()
    }
}

/// Buffers of one thread, reused from article to article.
#[derive(Debug, Default)]
pub struct Scratch {
    line: Line,
    scraps: Scraps,
    stem: String,
    /// Words met before, by language: words repeat, stemmers are slow.
    words: [Words; Lang::ALL.len() + 1],
}

impl Scratch {
    /// The first agency that the text read last names as its source.
    pub(crate) fn first_outlet(&self) -> Option<Outlet> {
        self.scraps.agencies.first().cloned()
    }

    /// Key of a word of the text read last, by [`Token::word`].
    #[inline]
    pub(crate) fn key(&self, lang: Lang, word: u32) -> &str {
        self.words[lang as usize].key(word)
    }

    /// Stem of a word of the text read last.
    #[inline]
    pub(crate) fn stem(&self, lang: Lang, word: u32) -> &str {
        self.words[lang as usize].stem(word)
    }

    /// The numbers of words mean the same as long as this stays as it is.
    pub(crate) fn generation(&self, lang: Lang) -> u64 {
        self.words[lang as usize].generation()
    }
}

/// The place of the cut in a word with digits, which has no stem of its own.
const NUMBER: u16 = u16::MAX;

impl Analyzer {
    /// Builds the analyzer a spec describes.
    ///
    /// # Errors
    /// [`TextError::UnknownRules`] for a spec of a newer program, [`TextError::BadTable`] for a malformed table.
    pub fn new(spec: &AnalyzerSpec) -> Result<Self, TextError> {
        if spec.rules == 0 || spec.rules > RULES {
            return Err(TextError::UnknownRules {
                found: spec.rules,
                known: RULES,
            });
        }
        let lexicon = Lexicon::new(&spec.tables)?;
        let masks = Masks::new(&spec.tables, &lexicon)?;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            id,
            spec: spec.clone(),
            lexicon,
            masks,
            stemmers: Stemmers::new(),
        })
    }

    /// The spec this analyzer was built from.
    pub fn spec(&self) -> &AnalyzerSpec {
        &self.spec
    }

    /// Calls `sink` for every token of the `kept` byte ranges of `text`, in order.
    ///
    /// `kept` must be sorted and not overlap (as `Cleaned::kept` is); ranges off a character boundary are skipped.
    /// `Token::bytes` points into `text`.
    pub fn for_each_token(
        &self,
        text: &str,
        kept: &[Range<usize>],
        lang: Lang,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(Token<'_>),
    ) {
        scratch.scraps.agencies.clear();
        scratch.words[lang as usize].make_room(self.id);
        let mut position = 0;
        for range in kept
            .iter()
            .filter(|range| text.get((*range).clone()).is_some())
        {
            let mut scanner = Scanner::new(text, range.clone(), lang);
            let mut line = std::mem::take(&mut scratch.line);
            while scanner.next_line(&mut line) {
                if self.spec.joining == Joining::Affixes {
                    join(&mut line, lang, &self.lexicon);
                }
                if self.spec.masking == Masking::Outlet {
                    self.masks.apply(&mut line, lang, text, &mut scratch.scraps);
                }
                position = self.emit(&line, lang, scratch, position, sink);
            }
            scratch.line = line;
        }
    }

    /// The agencies that the kept ranges of a text name as their source, in order; empty where masking is off.
    pub fn outlets(
        &self,
        text: &str,
        kept: &[Range<usize>],
        lang: Lang,
        scratch: &mut Scratch,
    ) -> Vec<Outlet> {
        scratch.scraps.agencies.clear();
        self.for_each_token(text, kept, lang, scratch, &mut |_| {});
        std::mem::take(&mut scratch.scraps.agencies)
    }

    /// Hands the words of a line to the sink; returns the first position of the next line.
    fn emit(
        &self,
        line: &Line,
        lang: Lang,
        scratch: &mut Scratch,
        mut position: u32,
        sink: &mut dyn FnMut(Token<'_>),
    ) -> u32 {
        for word in &line.words {
            if word.gap & gap::SENTENCE != 0 {
                position = position.saturating_add(1);
            }
            let key = line.key(word);
            let number = self.number(key, word, lang, scratch);
            let masked = word.is(kind::MASKED | kind::DATE | kind::ADDRESS);
            sink(Token {
                key,
                stem: scratch.stem(lang, number),
                word: number,
                bytes: word.from..word.to,
                position,
                masked,
            });
            position = position.saturating_add(1);
        }
        position.saturating_add(u32::from(!line.words.is_empty()))
    }

    /// The number of a word; one not met before is stemmed.
    #[inline]
    fn number(&self, key: &str, word: &Raw, lang: Lang, scratch: &mut Scratch) -> u32 {
        // What stands after an apostrophe is inflection.
        let cut = match lang {
            _ if word.is(kind::DIGITS) => NUMBER,
            Lang::Tr | Lang::Az => word.joint,
            _ => 0,
        };
        match scratch.words[lang as usize].find(key, cut) {
            Slot::Known(number) => number,
            Slot::Free { slot, tag } => {
                self.stem(key, cut, lang, &mut scratch.stem);
                scratch.words[lang as usize].add(slot, tag, key, cut, &scratch.stem)
            }
        }
    }

    fn stem(&self, key: &str, cut: u16, lang: Lang, out: &mut String) {
        if self.spec.stemming == Stemming::Off || cut == NUMBER || lang == Lang::Other {
            out.clear();
            return out.push_str(key);
        }
        let inflected = key.get(..usize::from(cut)).filter(|_| cut > 0);
        self.stemmers
            .stem(inflected.unwrap_or(key), lang, &self.lexicon, out);
    }

    /// The keys of a text: one space between neighbours, a comma where a mark stood between them (so that they are not joined
    /// later), a new line after every sentence and line.
    ///
    /// Normalising the result again in the same language changes nothing.
    pub fn normalize(&self, text: &str, lang: Lang) -> String {
        let mut out = String::new();
        let mut line = Line::default();
        let mut scanner = Scanner::new(text, 0..text.len(), lang);
        while scanner.next_line(&mut line) {
            if self.spec.joining == Joining::Affixes {
                join(&mut line, lang, &self.lexicon);
            }
            for (index, word) in line.words.iter().enumerate() {
                if !out.is_empty() {
                    out.push_str(separator(index, word.gap));
                }
                out.push_str(line.key(word));
            }
        }
        out
    }
}

fn separator(index: usize, before: u8) -> &'static str {
    match before {
        _ if index == 0 => "\n",
        gap::SPACE => " ",
        before if before & gap::SENTENCE != 0 => "\n",
        _ => ", ",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    fn keys(text: &str, lang: Lang) -> Vec<String> {
        tokens(text, lang).into_iter().map(|(key, _)| key).collect()
    }

    fn stems(text: &str, lang: Lang) -> Vec<String> {
        tokens(text, lang)
            .into_iter()
            .map(|(_, stem)| stem)
            .collect()
    }

    fn tokens(text: &str, lang: Lang) -> Vec<(String, String)> {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let mut out = Vec::new();
        analyzer.for_each_token(
            text,
            &[0..text.len()],
            lang,
            &mut Scratch::default(),
            &mut |token| {
                assert!(
                    text.get(token.bytes.clone())
                        .is_some_and(|source| !source.is_empty())
                );
                out.push((token.key.to_owned(), token.stem.to_owned()));
            },
        );
        out
    }

    #[test]
    fn three_spellings_are_one_key() {
        for forms in [
            ["همکاری\u{200c}های", "همکاریهای", "همکاری های"],
            ["می\u{200c}کنند", "میکنند", "می کنند"],
            ["کرده\u{200c}اند", "کردهاند", "کرده اند"],
            ["نخست\u{200c}وزیر", "نخستوزیر", "نخست وزیر"],
            ["علی\u{200c}اف", "علیاف", "علی اف"],
            ["منطقه\u{200c}ای", "منطقهای", "منطقه ای"],
            ["گفت\u{200c}و\u{200c}گوی", "گفتوگوی", "گفت و گوی"],
            ["گفتگوی", "گفتوگوی", "گفت‌وگوی"],
            ["چشم\u{200c}اندازهای", "چشماندازهای", "چشم اندازهای"],
        ] {
            let all: Vec<_> = forms
                .iter()
                .map(|form| (keys(form, Lang::Fa), stems(form, Lang::Fa)))
                .collect();
            assert_eq!(all[0].0.len(), 1, "{forms:?} {all:?}");
            assert!(all.iter().all(|one| one == &all[0]), "{forms:?} {all:?}");
        }
    }

    #[test]
    fn letters_and_digits_fold() {
        assert_eq!(
            keys("كتابي تأكيد رؤسای مسئله", Lang::Fa),
            ["کتابی", "تاکید", "روسای", "مساله"]
        );
        assert_eq!(
            keys("۲۲٫۵ ٢٢.٥ 1,200 ۳+۳ 3 + 3", Lang::Fa),
            ["22.5", "22.5", "1200", "3+3", "3+3"]
        );
        assert_eq!(
            keys("لافتًا بـ أذربيجان لـ الطاقة", Lang::Ar),
            ["لافتا", "باذربیجان", "للطاقه"]
        );
        assert_eq!(keys("\u{FEFB}زم", Lang::Ar), ["لازم"]);
    }

    #[test]
    fn dotted_i_goes_by_language() {
        assert_eq!(keys("İSTANBUL IRAK", Lang::Tr), ["istanbul", "ırak"]);
        assert_eq!(keys("I\u{307}stanbul", Lang::Tr), ["istanbul"]);
        assert_eq!(
            keys("İstanbul IRAQ Erdoğan", Lang::En),
            ["istanbul", "iraq", "erdogan"]
        );
        assert_eq!(
            keys("Ankara'nın Iran's U.S. F-16 G20", Lang::En),
            ["ankaranin", "iran", "us", "f16", "g20"]
        );
    }

    #[test]
    fn names_of_one_country_share_a_stem() {
        let stems = stems("أذربيجان الأذربيجاني والأذربيجاني", Lang::Ar);
        assert!(stems.iter().all(|stem| stem == &stems[0]), "{stems:?}");
    }

    #[test]
    fn positions_skip_at_sentence_and_line_ends() {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let mut positions = Vec::new();
        let text = "one two. three\nfour";
        analyzer.for_each_token(
            text,
            &[0..text.len()],
            Lang::En,
            &mut Scratch::default(),
            &mut |token| positions.push(token.position),
        );
        assert_eq!(positions, [0, 1, 3, 5]);
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let once = analyzer.normalize("گفت‌و‌گوی علی اف، ۳+۳ نشست. می کنند\nدوم ۲۲/۵", Lang::Fa);
        assert_eq!(analyzer.normalize(&once, Lang::Fa), once);
    }

    fn masked(text: &str, lang: Lang) -> String {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let mut out = Vec::new();
        analyzer.for_each_token(
            text,
            &[0..text.len()],
            lang,
            &mut Scratch::default(),
            &mut |token| {
                if token.masked {
                    out.push(token.key.to_owned());
                }
            },
        );
        out.join(" ")
    }

    #[test]
    fn outlets_and_dates_are_masked() {
        for (text, lang, expected) in [
            ("تهران - ایرنا - وزرای امور خارجه", Lang::Fa, "تهران ایرنا"),
            (
                "به گزارش آران نیوز به نقل از اسپوتنیک، کاخ",
                Lang::Fa,
                "به گزارش اران نیوز به نقل از اسپوتنیک",
            ),
            (
                "به گزارش ایرنا از تی.آر.تی، مولود",
                Lang::Fa,
                "به گزارش ایرنا از تیارتی",
            ),
            ("واکسن اسپوتنیک وی در خلیج فارس", Lang::Fa, ""),
            (
                "روز جمعه یکم شهریور ۱۴۰۴ اعلام کرد",
                Lang::Fa,
                "یکم شهریور 1404",
            ),
            ("دوشنبه ۱۷ مهر ماه با", Lang::Fa, "17 مهر ماه"),
            (
                "عرب وعالم19-8-2024 | 15:40",
                Lang::Ar,
                "عرب وعالم 19-8-2024 15:40",
            ),
            (
                "TEHRAN – The minister told Reuters on May 5, 2020 that it may go",
                Lang::En,
                "tehran told reuters may 5 2020",
            ),
            (
                "БАКУ, 5 авг — РИА Новости. Президент",
                Lang::Ru,
                "баку 5 авг риа новости",
            ),
            (
                "Bakı, 5 avqust, AZƏRTAC - Prezident",
                Lang::Az,
                "bakı 5 avqust azərtac",
            ),
            ("ANKARA (AA) - Bakan", Lang::Tr, "ankara aa"),
            ("see www.isna.ir/news here", Lang::En, "www isna ir news"),
        ] {
            assert_eq!(masked(text, lang), expected, "{text}");
        }
    }

    #[test]
    fn an_unknown_version_is_an_error() {
        let spec = AnalyzerSpec {
            rules: 99,
            ..AnalyzerSpec::default()
        };
        assert!(matches!(
            Analyzer::new(&spec),
            Err(TextError::UnknownRules { found: 99, .. })
        ));
    }

    #[test]
    fn the_spec_goes_through_json() {
        let spec = AnalyzerSpec::default();
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<AnalyzerSpec>(&json).unwrap(), spec);
        assert!(
            serde_json::from_str::<AnalyzerSpec>(&json.replacen("\"rules\"", "\"rule\"", 1))
                .is_err()
        );
    }
}
