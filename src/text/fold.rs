//! One character to its class and its folded form: a table over the scripts of news in the six languages, one for each way of folding.
//!
//! Folding a character does not look at its neighbours; what does (numbers, clitics, compounds) is in `scan` and `join`.

use std::sync::OnceLock;

use unicode_normalization::char::{compose, decompose_compatible};

use super::Lang;

/// What a character does to the word it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// Anything that ends a word and has no class of its own.
    Punct = 0,
    /// Part of a word.
    Letter,
    /// Decimal digit, folded to ASCII.
    Digit,
    /// Dropped wherever it stands: harakat, bidi marks, soft hyphen.
    Mark,
    /// Zero-width (non-)joiner and what old Persian systems wrote for it: dropped, the place is remembered.
    Joiner,
    /// Tatweel: dropped; at the end of a word it ties a clitic to the next one.
    Tatweel,
    /// Combining mark of Latin or Cyrillic: composed with the letter before.
    Combining,
    /// Presentation form or ligature: replaced by its compatibility decomposition.
    Compat,
    /// Space that separates words of one sentence.
    Space,
    /// End of a line.
    Newline,
    /// Full stop (may also be inside a number or an abbreviation).
    Dot,
    /// Other sentence ends.
    SentenceEnd,
    /// Comma.
    Comma,
    /// Apostrophe.
    Apostrophe,
    /// Hyphen or dash.
    Dash,
    /// Colon.
    Colon,
    /// Slash.
    Slash,
    /// Plus sign.
    Plus,
    /// Opening or closing bracket.
    Bracket,
    /// Quotation mark.
    Quote,
}

const CLASSES: [Class; 20] = [
    Class::Punct,
    Class::Letter,
    Class::Digit,
    Class::Mark,
    Class::Joiner,
    Class::Tatweel,
    Class::Combining,
    Class::Compat,
    Class::Space,
    Class::Newline,
    Class::Dot,
    Class::SentenceEnd,
    Class::Comma,
    Class::Apostrophe,
    Class::Dash,
    Class::Colon,
    Class::Slash,
    Class::Plus,
    Class::Bracket,
    Class::Quote,
];

/// The class of every character of one or two bytes and of the marks of news ([`MARKS`]), and its folded form; of the others
/// they are found out each time.
#[derive(Debug)]
pub(super) struct FoldTable {
    /// `class << 16 | folded character`.
    cells: Box<[u32; CELLS]>,
    /// What an ASCII character is to the fast way through words.
    ascii: [u8; 256],
    /// Characters of one and two bytes that are letters and fold to themselves: nearly all of a text.
    settled: Box<[bool; SHORT_CODES]>,
    how: How,
}

/// Dashes, quotes, joiners and signs. A larger table would take longer to build than a few articles to answer.
const MARKS: usize = 0x2000;
const MARKS_END: usize = 0x2100;
/// Characters of the table.
const CELLS: usize = SHORT_CODES + MARKS_END - MARKS;
/// Characters of one or two bytes in UTF-8.
const SHORT_CODES: usize = 0x800;

/// An ASCII letter that folds to its lower case.
pub(super) const ASCII_LETTER: u8 = 1;
/// An ASCII character that ends any word before it.
pub(super) const ASCII_ENDS: u8 = 2;

/// Languages that fold alike share one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Common,
    Turkic,
    English,
}

impl FoldTable {
    /// The table for a language; built once for the process.
    pub(super) fn of(lang: Lang) -> &'static FoldTable {
        static TABLES: [OnceLock<FoldTable>; 3] =
            [OnceLock::new(), OnceLock::new(), OnceLock::new()];
        let (index, how) = match lang {
            Lang::Tr | Lang::Az => (1, How::Turkic),
            Lang::En => (2, How::English),
            _ => (0, How::Common),
        };
        TABLES[index].get_or_init(|| FoldTable::build(how))
    }

    fn build(how: How) -> FoldTable {
        let cell = |code: u32| {
            let Some(c) = char::from_u32(code) else {
                return 0;
            };
            (classify(c) as u32) << 16 | (fold_letter(c, how) as u32).min(0xFFFF)
        };
        let mut cells = Box::new([0; CELLS]);
        (0..SHORT_CODES)
            .chain(MARKS..MARKS_END)
            .zip(cells.iter_mut())
            .for_each(|(code, slot)| *slot = cell(code as u32));
        let mut table = FoldTable {
            cells,
            ascii: [0; 256],
            settled: Box::new([false; SHORT_CODES]),
            how,
        };
        for code in 0..SHORT_CODES as u16 {
            table.settled[usize::from(code)] = table.letter(code) == Some(code);
        }
        for byte in 0..0x80 {
            table.ascii[usize::from(byte)] = table.ascii_kind(byte);
        }
        table
    }

    fn ascii_kind(&self, byte: u8) -> u8 {
        match self.get(char::from(byte)) {
            (Class::Letter, folded) if folded == char::from(byte.to_ascii_lowercase()) => {
                ASCII_LETTER
            }
            (Class::Letter | Class::Digit | Class::Apostrophe | Class::Dot | Class::Dash, _) => 0,
            _ => ASCII_ENDS,
        }
    }

    /// [`ASCII_LETTER`], [`ASCII_ENDS`], or 0 for what needs a closer look.
    #[inline(always)]
    pub(super) fn ascii(&self, byte: u8) -> u8 {
        self.ascii[usize::from(byte)]
    }

    /// The folded form of a character of one or two bytes if it is a plain letter.
    #[inline(always)]
    pub(super) fn letter(&self, code: u16) -> Option<u16> {
        let cell = self.cells[usize::from(code)];
        (cell >> 16 == Class::Letter as u32).then_some(cell as u16)
    }

    /// How many bytes from `at` on are letters that fold to themselves.
    #[inline(always)]
    pub(super) fn settled(&self, bytes: &[u8], mut at: usize) -> usize {
        let from = at;
        while let Some(&first) = bytes.get(at) {
            if first < 0x80 {
                if !self.settled[usize::from(first)] {
                    break;
                }
                at += 1;
            } else {
                let Some(&second) = bytes.get(at + 1).filter(|_| first < 0xE0) else {
                    break;
                };
                let code = usize::from(first & 0x1F) << 6 | usize::from(second & 0x3F);
                if !self.settled[code] {
                    break;
                }
                at += 2;
            }
        }
        at - from
    }

    /// Class and folded form of one character.
    #[inline(always)]
    pub(super) fn get(&self, c: char) -> (Class, char) {
        let code = c as usize;
        let at = match code {
            0..SHORT_CODES => code,
            MARKS..MARKS_END => code - MARKS + SHORT_CODES,
            _ => CELLS,
        };
        match self.cells.get(at) {
            Some(&cell) => (
                CLASSES[(cell >> 16) as usize],
                char::from_u32(cell & 0xFFFF).unwrap_or(c),
            ),
            None => (classify(c), fold_letter(c, self.how)),
        }
    }

    /// The folded form of a letter followed by a combining mark, if the two make one letter.
    pub(super) fn compose(&self, base: char, mark: char) -> Option<(char, char)> {
        compose(base, mark).map(|whole| (whole, self.get(whole).1))
    }
}

fn classify(c: char) -> Class {
    match c {
        ' '
        | '\t'
        | '\u{A0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200A}'
        | '\u{202F}'
        | '\u{205F}'
        | '\u{3000}' => Class::Space,
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Class::Newline,
        '0'..='9' | '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}' => Class::Digit,
        '\u{64B}'..='\u{65F}'
        | '\u{670}'
        | '\u{610}'..='\u{61A}'
        | '\u{6D6}'..='\u{6DC}'
        | '\u{6DF}'..='\u{6E8}' => Class::Mark,
        '\u{6EA}'..='\u{6ED}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' => Class::Mark,
        '\u{61C}' | '\u{FEFF}' | '\u{AD}' | '\u{FE00}'..='\u{FE0F}' => Class::Mark,
        '\u{200C}' | '\u{200D}' | '\u{200B}' | '\u{AC}' => Class::Joiner,
        '\u{640}' => Class::Tatweel,
        '\u{300}'..='\u{36F}' => Class::Combining,
        '\u{FB00}'..='\u{FB17}'
        | '\u{FB50}'..='\u{FDFB}'
        | '\u{FE70}'..='\u{FEFC}'
        | '\u{FF10}'..='\u{FF5A}' => Class::Compat,
        '\u{675}'..='\u{678}' => Class::Compat,
        c => classify_mark(c),
    }
}

fn classify_mark(c: char) -> Class {
    match c {
        '.' | '\u{66B}' => Class::Dot,
        '!' | '?' | '؟' | '…' | '۔' | '。' => Class::SentenceEnd,
        ',' | '،' | '\u{66C}' | ';' | '؛' => Class::Comma,
        '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '′' | '`' | '´' => Class::Apostrophe,
        '-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => Class::Dash,
        ':' => Class::Colon,
        '/' | '⁄' => Class::Slash,
        '+' => Class::Plus,
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => Class::Bracket,
        '"' | '“' | '”' | '„' | '«' | '»' | '‹' | '›' => Class::Quote,
        c if c.is_alphabetic() => Class::Letter,
        _ => Class::Punct,
    }
}

fn fold_letter(c: char, how: How) -> char {
    if let Some(digit) = digit_value(c) {
        return digit;
    }
    match c {
        'ي' | 'ى' | 'ئ' => 'ی',
        'ك' | 'ڪ' => 'ک',
        'ة' | 'ۀ' | 'ہ' | 'ۂ' | 'ۃ' | 'ھ' => 'ه',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ؤ' => 'و',
        c if c.is_alphabetic() => fold_case(c, how),
        c => c,
    }
}

fn digit_value(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6F0}'..='\u{6F9}' => 0x6F0,
        _ => return None,
    };
    char::from_digit(c as u32 - zero, 10)
}

/// Lower case by language: dotted and dotless I in Turkish and Azerbaijani; no diacritics in English, which writes
/// neighbours' names with and without them; `ё` is `е`.
fn fold_case(c: char, how: How) -> char {
    match (c, how) {
        ('I', How::Turkic) => return 'ı',
        ('İ', _) => return 'i',
        ('ё' | 'Ё', _) => return 'е',
        _ => {}
    }
    let mut lower = c.to_lowercase();
    let small = if lower.len() == 1 {
        lower.next().unwrap_or(c)
    } else {
        c
    };
    match (small, how) {
        ('ı', How::English) => 'i',
        ('â', How::Turkic) => 'a',
        ('î', How::Turkic) => 'i',
        ('û', How::Turkic) => 'u',
        (small, How::English) => without_diacritic(small),
        (small, _) => small,
    }
}

fn without_diacritic(c: char) -> char {
    let mut base = c;
    if matches!(c, '\u{E0}'..='\u{24F}') {
        let mut first = true;
        decompose_compatible(c, |part| {
            if std::mem::take(&mut first) {
                base = part;
            }
        });
    }
    base
}

/// Letters and digits only, folded and lower-cased, nothing between them: what lines and phrases are compared by.
pub(crate) fn squeeze(text: &str, out: &mut String) {
    let table = FoldTable::of(Lang::Other);
    let bytes = text.as_bytes();
    out.reserve(text.len());
    let dotless = memchr::memchr(DOTLESS_LEAD, bytes).is_some();
    let mut at = 0;
    while at < bytes.len() {
        let settled = table.settled(bytes, at);
        // All of a text but its spaces, marks and capitals.
        let run = text.get(at..at + settled).unwrap_or("");
        if dotless {
            out.extend(run.chars().map(dotted));
        } else {
            out.push_str(run);
        }
        at += settled;
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        at += c.len_utf8();
        squeeze_one(c, table, out);
    }
}

/// Turkish writes a name with it where others write `i`.
const DOTLESS: char = 'ı';
/// Its first byte.
const DOTLESS_LEAD: u8 = 0xC4;

fn dotted(c: char) -> char {
    if c == DOTLESS { 'i' } else { c }
}

fn squeeze_one(c: char, table: &FoldTable, out: &mut String) {
    match table.get(c) {
        (Class::Letter | Class::Digit, folded) => out.push(dotted(folded)),
        (Class::Compat, _) => decompose_compatible(c, |part| {
            let (class, folded) = table.get(part);
            if matches!(class, Class::Letter | Class::Digit) {
                out.push(folded);
            }
        }),
        _ => {}
    }
}
