//! Title, date, agency and place, where the plain text of an article states them.
//!
//! They go into prediction rows and report slices. A date inside a sentence is not the date of the article: only a date
//! that fills a line near the top, or stands in the first line's dateline, is taken.

use std::{ops::Range, sync::OnceLock};

use serde::{Deserialize, Serialize};

use crate::text::{Analyzer, Lang, Outlet, Scratch};

/// What the text says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The first line, if it reads like a title.
    pub title: Option<String>,
    /// The date of publication, in the Gregorian calendar.
    pub date: Option<Date>,
    /// The first agency named as source, as the text spells it.
    pub agency: Option<String>,
    /// The place of the dateline, as the text spells it.
    pub place: Option<String>,
}

/// A day of the Gregorian calendar, and the calendar it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Date {
    /// Year, Gregorian.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// The text wrote it in the Persian calendar.
    pub jalali: bool,
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Lines from the top that may hold the date of publication.
const DATE_LINES: usize = 6;
/// Words of a line that is a date line.
const DATE_LINE_WORDS: usize = 9;
/// A line of more words, as the spaces part them, is a paragraph.
const PARAGRAPH_WORDS: usize = 40;
/// Words of the longest title.
const TITLE_WORDS: usize = 30;

/// Reads the facts from the kept ranges of a text.
pub fn read_facts(
    text: &str,
    kept: &[Range<usize>],
    lang: Lang,
    analyzer: &Analyzer,
    scratch: &mut Scratch,
) -> Facts {
    let outlets = analyzer.outlets(text, kept, lang, scratch);
    facts_beside(
        text,
        kept,
        lang,
        analyzer,
        scratch,
        outlets.into_iter().next(),
    )
}

/// The same where the first outlet that the text names is known.
pub(crate) fn facts_beside(
    text: &str,
    kept: &[Range<usize>],
    lang: Lang,
    analyzer: &Analyzer,
    scratch: &mut Scratch,
    outlet: Option<Outlet>,
) -> Facts {
    let lines = || {
        kept.iter()
            .filter_map(|range| text.get(range.clone()))
            .flat_map(str::lines)
            .filter(|line| !line.trim().is_empty())
    };
    let slice = |range: Range<usize>| text.get(range).map(str::to_owned);
    Facts {
        title: title(lines()),
        date: lines()
            .take(DATE_LINES)
            .find_map(|line| date_line(line, lang, analyzer, scratch)),
        place: outlet
            .as_ref()
            .and_then(|outlet| outlet.place.clone())
            .and_then(slice),
        agency: outlet.and_then(|outlet| slice(outlet.agency)),
    }
}

/// The first line, if it is short, no sentence, and something follows it.
fn title<'t>(mut lines: impl Iterator<Item = &'t str>) -> Option<String> {
    let first = lines.next()?.trim();
    lines.next()?;
    let sentence = first.ends_with('.') && !first.ends_with("..");
    (!sentence && first.split_whitespace().count() <= TITLE_WORDS).then(|| first.to_owned())
}

/// The date of a line that holds little else.
fn date_line(line: &str, lang: Lang, analyzer: &Analyzer, scratch: &mut Scratch) -> Option<Date> {
    // A paragraph is no date line, and need not be read to see that.
    if line.split_whitespace().nth(PARAGRAPH_WORDS).is_some() {
        return None;
    }
    let mut keys: Vec<String> = Vec::new();
    analyzer.for_each_token(
        line,
        std::slice::from_ref(&(0..line.len())),
        lang,
        scratch,
        &mut |token| {
            // `یکم شهریور ماه ۱۴۰۴` says "month".
            if keys.len() <= DATE_LINE_WORDS && token.key != "ماه" {
                keys.push(token.key.to_owned());
            }
        },
    );
    if keys.len() > DATE_LINE_WORDS {
        return None;
    }
    // In Arabic 1446 is a year of the Hijri calendar, which goes by sight of the moon: no day of ours is certain.
    let known = |date: &Date| lang != Lang::Ar || !date.jalali;
    let numeric = keys.iter().find_map(|key| numeric_date(key).filter(known));
    numeric.or_else(|| keys.windows(3).find_map(|words| worded_date(words, lang)))
}

/// `2025-08-24`, `19-8-2024`, `24.08.2025`, `1404/06/02`.
fn numeric_date(key: &str) -> Option<Date> {
    let parts: Vec<i32> = key
        .split(['-', '/', '.'])
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    match *parts.as_slice() {
        [year, month, day] if year > 31 => date(year, month, day),
        [day, month, year] if year > 31 => date(year, month, day),
        _ => None,
    }
}

/// `یکم شهریور ۱۴۰۴`, `24 августа 2025`, `August 24 2025`.
fn worded_date(words: &[String], lang: Lang) -> Option<Date> {
    let [first, second, third] = words else {
        return None;
    };
    let year: i32 = third.parse().ok()?;
    let from = |day: &str, month: &str| {
        let digits = day.trim_end_matches(char::is_alphabetic).parse().ok();
        let day = digits.or_else(|| named(Name::Day, lang, day))?;
        let calendar = if year < 1600 {
            Name::Jalali
        } else {
            Name::Gregorian
        };
        date(year, named(calendar, lang, month)?, day)
    };
    from(first, second).or_else(|| from(second, first))
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    let plausible = (1..=12).contains(&month) && (1..=31).contains(&day);
    match year {
        _ if !plausible => None,
        1300..1500 => from_jalali(year, month, day),
        1900..2100 => Some(Date {
            year,
            month: month as u8,
            day: day as u8,
            jalali: false,
        }),
        _ => None,
    }
}

/// What a name of `data/text/v1/months.tsv` is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Jalali,
    Gregorian,
    /// Day of a month, written as a word.
    Day,
}

/// The names of `data/text/v1/months.tsv`: language, squeezed name, number.
fn names() -> &'static [(Name, String, String, i32)] {
    static NAMES: OnceLock<Vec<(Name, String, String, i32)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let lines = include_str!("../../data/text/v1/months.tsv").lines();
        let lines = lines.filter(|line| !line.starts_with('#'));
        lines.filter_map(names_of_line).flatten().collect()
    })
}

fn names_of_line(line: &str) -> Option<Vec<(Name, String, String, i32)>> {
    let mut fields = line.split('\t');
    let name = match fields.next()? {
        "jalali" => Name::Jalali,
        "gregorian" => Name::Gregorian,
        "day" => Name::Day,
        _ => return None,
    };
    let lang = fields.next()?;
    let numbered = (1..).zip(fields.next()?.split(' '));
    let each = numbered.flat_map(|(number, variants)| {
        variants
            .split('|')
            .map(move |variant| (name, lang.to_owned(), squeezed(variant), number))
    });
    Some(each.collect())
}

fn squeezed(word: &str) -> String {
    let mut out = String::new();
    crate::text::squeeze(word, &mut out);
    out
}

fn named(of: Name, lang: Lang, word: &str) -> Option<i32> {
    let word = squeezed(word);
    let mut names = names().iter();
    let known =
        names.find(|(name, code, known, _)| *name == of && code == lang.code() && *known == word);
    known.map(|(.., number)| *number)
}

/// The Persian calendar to the Gregorian by day numbers, with the 33-year cycle of leap years (right for 1206 to 1498; K. M.
/// Borkowski, "The Persian calendar for 3000 years", Earth, Moon, and Planets 74, 1996).
fn from_jalali(year: i32, month: i32, day: i32) -> Option<Date> {
    let cycle = year + 1595;
    let before = if month < 7 {
        (month - 1) * 31
    } else {
        (month - 7) * 30 + 186
    };
    let mut days = -355_668 + 365 * cycle + cycle / 33 * 8 + (cycle % 33 + 3) / 4 + day + before;
    let mut year = 400 * (days / 146_097);
    days %= 146_097;
    if days > 36_524 {
        days -= 1;
        year += 100 * (days / 36_524);
        days %= 36_524;
        if days >= 365 {
            days += 1;
        }
    }
    year += 4 * (days / 1461);
    days %= 1461;
    if days > 365 {
        year += (days - 1) / 365;
        days = (days - 1) % 365;
    }
    day_of_year(year, days + 1)
}

fn day_of_year(year: i32, mut day: i32) -> Option<Date> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [
        31,
        if leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    for (month, length) in (1..).zip(lengths) {
        if day <= length {
            return Some(Date {
                year,
                month,
                day: u8::try_from(day).ok()?,
                jalali: true,
            });
        }
        day -= length;
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;
    use crate::text::AnalyzerSpec;

    fn facts(text: &str, lang: Lang) -> Facts {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        read_facts(
            text,
            std::slice::from_ref(&(0..text.len())),
            lang,
            &analyzer,
            &mut Scratch::default(),
        )
    }

    #[test]
    fn the_persian_calendar_is_converted() {
        for (jalali, gregorian) in [
            ((1404, 6, 1), "2025-08-23"),
            ((1403, 12, 30), "2025-03-20"),
            ((1399, 1, 1), "2020-03-20"),
            ((1357, 11, 22), "1979-02-11"),
        ] {
            assert_eq!(
                from_jalali(jalali.0, jalali.1, jalali.2)
                    .unwrap()
                    .to_string(),
                gregorian
            );
        }
    }

    #[test]
    fn date_lines_are_read_and_dates_in_sentences_are_not() {
        for (line, lang, expected) in [
            ("  • 2025-08-24 19:02", Lang::Fa, "2025-08-24"),
            ("عرب وعالم19-8-2024 | 15:40", Lang::Ar, "2024-08-19"),
            ("۱ شهریور ۱۴۰۴", Lang::Fa, "2025-08-23"),
            ("شنبه یکم شهریور ماه ۱۴۰۴", Lang::Fa, "2025-08-23"),
            ("بیستم مرداد ۱۴۰۴ | ۱۰:۳۰", Lang::Fa, "2025-08-11"),
            ("1446/2/15 هـ - 19 أغسطس 2024", Lang::Ar, "2024-08-19"),
            ("24 августа 2025, 19:02", Lang::Ru, "2025-08-24"),
            ("August 24, 2025", Lang::En, "2025-08-24"),
            ("24 Ağustos 2025", Lang::Tr, "2025-08-24"),
            ("24.08.2025 19:02", Lang::Az, "2025-08-24"),
        ] {
            let found = facts(&format!("A title\n\n{line}\n\nBody text.\n"), lang);
            assert_eq!(found.date.unwrap().to_string(), expected, "{line}");
        }
        let sentence = "A title\n\nThe two sides met in the capital of the country on August 24 2025 and spoke.\n";
        assert_eq!(facts(sentence, Lang::En).date, None);
    }

    #[test]
    fn a_hijri_date_alone_gives_no_day() {
        let found = facts("عنوان الخبر\n\n15/2/1446\n\nنص الخبر.\n", Lang::Ar);
        assert_eq!(found.date, None);
    }

    #[test]
    fn the_seeds_say_what_they_say() {
        let seeds = std::path::Path::new("../shared/seeds");
        let Ok(dir) = std::fs::read_dir(seeds) else {
            return eprintln!("skipped: {} is absent", seeds.display());
        };
        let mut files: Vec<_> = dir.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        let said: Vec<_> = files
            .iter()
            .map(|file| {
                let text = std::fs::read_to_string(file).unwrap();
                let found = facts(&text, crate::text::guess_language(&text).lang);
                assert!(found.title.is_some(), "{}", file.display());
                let date = found.date.map(|date| date.to_string());
                (date, found.agency, found.place)
            })
            .collect();
        let fact = |text: &str| Some(text.to_owned());
        let expected = [
            (fact("2025-08-24"), fact("اندیشکده زاویه"), None),
            (None, fact("آران نیوز"), None),
            (None, fact("آران نیوز"), None),
            (fact("2024-08-19"), None, None),
            (None, fact("ایرنا"), fact("تهران")),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn datelines_give_agency_and_place() {
        let found = facts(
            "عنوان خبر\n\nتهران - ایرنا - وزرای امور خارجه دیدار کردند.\n",
            Lang::Fa,
        );
        assert_eq!(
            (
                found.title.as_deref(),
                found.agency.as_deref(),
                found.place.as_deref()
            ),
            (Some("عنوان خبر"), Some("ایرنا"), Some("تهران"))
        );
        let found = facts(
            "Заголовок\nБАКУ, 5 авг — РИА Новости. Президент заявил.\n",
            Lang::Ru,
        );
        assert_eq!(
            (found.agency.as_deref(), found.place.as_deref()),
            (Some("РИА Новости"), Some("БАКУ"))
        );
        for (text, lang, agency, place) in [
            (
                "عنوان الخبر\nالقاهرة (رويترز) - قال الوزير ذلك.\n",
                Lang::Ar,
                "رويترز",
                "القاهرة",
            ),
            (
                "Xəbərin adı\nBakı, 5 avqust, AZƏRTAC - Prezident gəldi.\n",
                Lang::Az,
                "AZƏRTAC",
                "Bakı",
            ),
            (
                "Haber başlığı\nANKARA (AA) - Bakan geldi.\n",
                Lang::Tr,
                "AA",
                "ANKARA",
            ),
            (
                "A title\nBAKU, Aug 5 (Reuters) - The minister came.\n",
                Lang::En,
                "Reuters",
                "BAKU",
            ),
        ] {
            let found = facts(text, lang);
            let said = (found.agency.as_deref(), found.place.as_deref());
            assert_eq!(said, (Some(agency), Some(place)), "{text}");
        }
        let found = facts("One line only", Lang::En);
        assert_eq!(found, Facts::default());
    }
}
