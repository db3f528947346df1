//! What names the outlet or the day instead of the topic: agency attributions, datelines, dates, web addresses.
//!
//! Agency names alone are not masked: `اسپوتنیک` is a vaccine and `فارس` a gulf. They need an attribution (`به گزارش`), an
//! agency word (`خبرگزاری`), brackets or the place of a dateline beside them.

use std::ops::Range;

use super::{
    Lang, RuleTables, TextError,
    filter::{Filter, Print},
    join::join,
    lexicon::{Lexicon, Map},
    scan::{Line, Raw, Scanner, gap, kind},
};

/// Parts of speech of a mask, as bits.
mod part {
    pub(super) const AGENCY: u16 = 1;
    pub(super) const AGENCY_WORD: u16 = 2;
    pub(super) const ATTRIBUTION: u16 = 4;
    pub(super) const FILLER: u16 = 8;
    pub(super) const CHAIN: u16 = 16;
    pub(super) const MONTH: u16 = 32;
    pub(super) const WEAK_MONTH: u16 = 64;
    pub(super) const AFTER_MONTH: u16 = 128;
    pub(super) const DAY: u16 = 256;
    pub(super) const YEAR_WORD: u16 = 512;
    pub(super) const FORMULA: u16 = 1024;

    pub(super) fn parse(name: &str) -> Option<u16> {
        Some(match name {
            "agency" => AGENCY,
            "agency_word" => AGENCY_WORD,
            "attribution" => ATTRIBUTION,
            "filler" => FILLER,
            "chain" => CHAIN,
            "month" => MONTH,
            "weak_month" => WEAK_MONTH,
            "after_month" => AFTER_MONTH,
            "day" => DAY,
            "year_word" => YEAR_WORD,
            "formula" => FORMULA,
            _ => return None,
        })
    }
}

/// Longest attribution before a dateline's agency, in words.
const DATELINE_WORDS: usize = 8;
/// Ends of web addresses.
const DOMAINS: [&str; 14] = [
    "com", "org", "net", "info", "ir", "ru", "az", "tr", "am", "ge", "tv", "io", "me", "eu",
];

/// The phrases of one language by their first word.
#[derive(Debug, Default)]
struct Phrases {
    by_head: Map<String, Vec<(Vec<String>, u16)>>,
    heads: Filter,
}

/// The phrases of all languages.
#[derive(Debug)]
pub(super) struct Masks {
    by_lang: Vec<Phrases>,
}

/// A phrase found in a line.
#[derive(Debug, Clone, Copy)]
struct Found {
    at: usize,
    end: usize,
    part: u16,
}

impl Masks {
    pub(super) fn new(tables: &RuleTables, lexicon: &Lexicon) -> Result<Self, TextError> {
        let mut masks = Self {
            by_lang: Lang::ALL.iter().map(|_| Phrases::default()).collect(),
        };
        for (index, line) in tables
            .masks
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            masks
                .add(line, lexicon)
                .map_err(|problem| TextError::BadTable {
                    table: "masks",
                    line: index + 1,
                    problem,
                })?;
        }
        Ok(masks)
    }

    fn add(&mut self, line: &str, lexicon: &Lexicon) -> Result<(), String> {
        let mut fields = line.split('\t');
        let (Some(code), Some(name), Some(phrase), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err("expected three fields: language, kind, phrase".to_owned());
        };
        let lang: Lang = code.parse().map_err(|error: TextError| error.to_string())?;
        let part = part::parse(name).ok_or_else(|| format!("unknown kind {name:?}"))?;
        let mut words = keys_of(phrase, lang, lexicon);
        let slot = self
            .by_lang
            .get_mut(lang as usize)
            .ok_or("phrases need one of the six languages")?;
        if words.is_empty() {
            return Err("the phrase has no word".to_owned());
        }
        let head = words.remove(0);
        slot.heads.add(Print::alone(&head).whole());
        slot.by_head.entry(head).or_default().push((words, part));
        Ok(())
    }

    /// Marks the words of a line that name the outlet or the day.
    pub(super) fn apply(&self, line: &mut Line, lang: Lang, text: &str, found: &mut Scraps) {
        addresses(line);
        let Some(phrases) = self.by_lang.get(lang as usize) else {
            return;
        };
        found.parts.clear();
        for at in 0..line.words.len() {
            phrases.find(line, at, &mut found.parts);
        }
        capital_dateline(line, text);
        let Scraps { parts, agencies } = found;
        for hit in parts.iter() {
            match hit.part {
                part::AGENCY => agencies.extend(agency(line, parts, *hit)),
                part::MONTH | part::WEAK_MONTH => month(line, parts, *hit),
                part::YEAR_WORD => year(line, *hit),
                part::FORMULA => mask(line, hit.at, hit.end),
                _ => {}
            }
        }
        date_line(line);
    }
}

/// Buffer of one thread.
#[derive(Debug, Default)]
pub(super) struct Scraps {
    parts: Vec<Found>,
    /// The agencies named as such, and the place of the dateline, in bytes of the text.
    pub(super) agencies: Vec<Outlet>,
}

/// An agency that a text names as its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlet {
    /// The agency's name, in bytes of the text.
    pub agency: Range<usize>,
    /// The place before it in a dateline, in bytes of the text.
    pub place: Option<Range<usize>>,
}

fn keys_of(phrase: &str, lang: Lang, lexicon: &Lexicon) -> Vec<String> {
    let mut line = Line::default();
    Scanner::new(phrase, 0..phrase.len(), lang).next_line(&mut line);
    join(&mut line, lang, lexicon);
    line.words
        .iter()
        .map(|word| line.key(word).to_owned())
        .collect()
}

/// The key up to an apostrophe: `Reuters'ın` is Reuters.
fn base<'l>(line: &'l Line, word: &Raw) -> &'l str {
    let key = line.key(word);
    match word.joint as usize {
        0 => key,
        _ if word.is(kind::ARABIC) => key,
        joint => key.get(..joint).unwrap_or(key),
    }
}

impl Phrases {
    fn find(&self, line: &Line, at: usize, out: &mut Vec<Found>) {
        let Some(word) = line.words.get(at) else {
            return;
        };
        let head = base(line, word);
        let start = word.start as usize;
        let print = Print::of(&line.arena, start..start + head.len());
        if !self.heads.may_hold(print.whole()) {
            return;
        }
        for (rest, part) in self.by_head.get(head).into_iter().flatten() {
            let end = at + 1 + rest.len();
            let tail = line.words.get(at + 1..end);
            let same = tail.is_some_and(|tail| {
                tail.iter()
                    .zip(rest)
                    .all(|(word, key)| base(line, word) == key && word.gap & gap::SENTENCE == 0)
            });
            if same {
                out.push(Found {
                    at,
                    end,
                    part: *part,
                });
            }
        }
    }
}

fn mask(line: &mut Line, from: usize, to: usize) {
    let to = to.min(line.words.len());
    for word in line.words.get_mut(from..to).into_iter().flatten() {
        word.kind |= kind::MASKED;
    }
}

fn gap_at(line: &Line, at: usize) -> u8 {
    line.words.get(at).map_or(gap::SENTENCE, |word| word.gap)
}

/// The start of a phrase of one of `parts` that ends at `end`, the longest; no sentence ends between.
fn ending_at(line: &Line, found: &[Found], end: usize, parts: u16) -> Option<usize> {
    if gap_at(line, end) & gap::SENTENCE != 0 && end < line.words.len() {
        return None;
    }
    found
        .iter()
        .filter(|hit| hit.end == end && hit.part & parts != 0)
        .map(|hit| hit.at)
        .min()
}

/// The end of a phrase of one of `parts` that starts at `at`, the longest; no sentence ends before it.
fn starting_at(line: &Line, found: &[Found], at: usize, parts: u16) -> Option<usize> {
    if gap_at(line, at) & gap::SENTENCE != 0 {
        return None;
    }
    found
        .iter()
        .filter(|hit| hit.at == at && hit.part & parts != 0)
        .map(|hit| hit.end)
        .max()
}

/// An agency with what speaks for it on its sides.
fn agency(line: &mut Line, found: &[Found], hit: Found) -> Option<Outlet> {
    let (mut from, mut to, mut proof) = (hit.at, hit.end, false);
    while let Some(at) = ending_at(line, found, from, part::AGENCY_WORD | part::FILLER) {
        proof |= is_part(found, at, from, part::AGENCY_WORD);
        from = at;
    }
    while let Some(end) = starting_at(line, found, to, part::AGENCY_WORD | part::FILLER) {
        proof |= is_part(found, to, end, part::AGENCY_WORD);
        to = end;
    }
    if let Some(at) = ending_at(line, found, from, part::ATTRIBUTION) {
        (from, proof) = (at, true);
    }
    if let Some(end) = starting_at(line, found, to, part::ATTRIBUTION) {
        (to, proof) = (end, true);
    }
    let chained = ending_at(line, found, from, part::CHAIN)
        .filter(|&at| at > 0 && line.words[at - 1].is(kind::MASKED));
    let dateline = is_dateline(line, hit);
    if dateline {
        mask(line, 0, hit.end);
    } else if proof || is_bracketed(line, hit) {
        mask(line, from, to);
    } else {
        mask(line, chained?, to);
    }
    let place = (dateline && hit.at > 0)
        .then(|| span(line, 0, place_end(line, hit.at)))
        .flatten();
    Some(Outlet {
        agency: span(line, hit.at, hit.end)?,
        place,
    })
}

/// The place of a dateline ends at its first comma, dash or bracket, or before a number.
fn place_end(line: &Line, agency: usize) -> usize {
    let parted = gap::DASH | gap::COMMA | gap::BRACKET | gap::COLON;
    let ends = |at: &usize| {
        gap_at(line, *at) & parted != 0
            || line
                .words
                .get(*at)
                .is_some_and(|word| word.is(kind::DIGITS))
    };
    (1..agency).find(ends).unwrap_or(agency)
}

/// The source bytes of the words from `from` to `to`.
fn span(line: &Line, from: usize, to: usize) -> Option<Range<usize>> {
    let last = line.words.get(to.checked_sub(1)?)?;
    Some(line.words.get(from)?.from..last.to)
}

fn is_part(found: &[Found], at: usize, end: usize, part: u16) -> bool {
    found
        .iter()
        .any(|hit| hit.at == at && hit.end == end && hit.part == part)
}

/// `(Reuters)`, also at the end of a line.
fn is_bracketed(line: &Line, hit: Found) -> bool {
    let closes = hit.end >= line.words.len() || gap_at(line, hit.end) & gap::BRACKET != 0;
    gap_at(line, hit.at) & gap::BRACKET != 0 && closes
}

/// `تهران - ایرنا -`, `BAKU, May 5 (AZERTAC) —`, `ایرنا:` at the start of a line.
fn is_dateline(line: &Line, hit: Found) -> bool {
    let parted = gap::DASH | gap::COLON | gap::BRACKET;
    let before = hit.at == 0 || gap_at(line, hit.at) & (parted | gap::COMMA) != 0;
    let after = gap_at(line, hit.end) & parted != 0
        || (hit.at > 0 && gap_at(line, hit.at) & gap::DASH != 0);
    let no_stop = (1..hit.end).all(|at| gap_at(line, at) & gap::SENTENCE == 0);
    hit.at < DATELINE_WORDS && before && after && no_stop && hit.end < line.words.len()
}

/// `TEHRAN – `: at most three words in capitals before a dash at the start of a line.
fn capital_dateline(line: &mut Line, text: &str) {
    let dash = (1..=3).find(|&at| {
        at < line.words.len()
            && gap_at(line, at) & (gap::DASH | gap::SPACE) == gap::DASH | gap::SPACE
    });
    let Some(end) = dash else { return };
    let capitals = line.words[..end].iter().all(|word| {
        let source = text.get(word.from..word.to).unwrap_or("");
        source.chars().count() > 1 && source.chars().all(char::is_uppercase)
    });
    if capitals {
        mask(line, 0, end);
    }
}

/// A month with its day and year; a weak month needs one of them or a word such as `ماه`.
fn month(line: &mut Line, found: &[Found], hit: Found) {
    let mut from = hit.at;
    if let Some(at) = ending_at(line, found, from, part::DAY) {
        from = at;
    }
    while from > 0 && is_day(line, from - 1) && gap_at(line, from) & gap::SENTENCE == 0 {
        from -= 1;
    }
    let mut to = hit.end;
    if is_day(line, to) && gap_at(line, to) & (gap::SENTENCE | gap::DASH) == 0 {
        to += 1;
    }
    while let Some(end) = starting_at(line, found, to, part::AFTER_MONTH) {
        to = end;
    }
    if is_year(line, to) {
        to += 1;
    }
    if let Some(end) = starting_at(line, found, to, part::AFTER_MONTH) {
        to = end;
    }
    if hit.part == part::MONTH || from < hit.at || to > hit.end {
        mask(line, from, to);
    }
}

/// Most words of a line that is a date line.
const DATE_LINE_WORDS: usize = 8;
/// Most words beside the date in it: the section's name.
const SECTION_WORDS: usize = 4;

/// `عرب وعالم19-8-2024 | 15:40`: a line of a date, a time and few words more names the section, not the topic.
fn date_line(line: &mut Line) {
    if line.words.len() > DATE_LINE_WORDS {
        return;
    }
    let time = |word: &&Raw| word.is(kind::DATE) && line.key(word).contains(':');
    let hidden = |word: &&Raw| word.is(kind::DATE | kind::MASKED);
    let times = line.words.iter().filter(time).count();
    let dates = line.words.iter().filter(hidden).count();
    let one_part = line
        .words
        .iter()
        .skip(1)
        .all(|word| word.gap & gap::SENTENCE == 0);
    let few = line.words.len() - dates <= SECTION_WORDS;
    if times == 1 && dates > 1 && one_part && few {
        mask(line, 0, line.words.len());
    }
}

fn year(line: &mut Line, hit: Found) {
    if is_year(line, hit.end) && gap_at(line, hit.end) == gap::SPACE {
        mask(line, hit.end, hit.end + 1);
    }
    if hit.at > 0 && is_year(line, hit.at - 1) && gap_at(line, hit.at) == gap::SPACE {
        mask(line, hit.at - 1, hit.at);
    }
}

/// A day of the month in digits, with an ordinal ending or without.
fn is_day(line: &Line, at: usize) -> bool {
    let key = line.key_at(at);
    let digits = key.trim_end_matches(|c: char| c.is_alphabetic());
    digits.len() <= 2
        && key.len() <= digits.len() + 4
        && digits
            .parse::<u8>()
            .is_ok_and(|day| (1..=31).contains(&day))
}

fn is_year(line: &Line, at: usize) -> bool {
    let key = line.key_at(at);
    let plausible = |year: u16| (1300..1500).contains(&year) || (1900..2100).contains(&year);
    key.len() == 4
        && gap_at(line, at) & gap::SENTENCE == 0
        && key.parse::<u16>().is_ok_and(plausible)
}

/// Masks `www.isna.ir` and `https://t.me/x`: Latin words with stops and no space between them.
fn addresses(line: &mut Line) {
    for at in 1..line.words.len() {
        let ends_domain = gap_at(line, at) == gap::DOT && DOMAINS.contains(&line.key_at(at));
        let scheme = matches!(line.key_at(at - 1), "http" | "https" | "www")
            && gap_at(line, at) & gap::SPACE == 0;
        if !ends_domain && !scheme {
            continue;
        }
        let from = (1..at)
            .rev()
            .find(|&word| gap_at(line, word) & gap::SPACE != 0)
            .unwrap_or(0);
        let to = (at + 1..line.words.len())
            .find(|&word| gap_at(line, word) & (gap::SPACE | gap::SENTENCE) != 0);
        let to = to.unwrap_or(line.words.len());
        for word in &mut line.words[from..to] {
            word.kind |= kind::ADDRESS;
        }
    }
}
