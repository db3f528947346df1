//! Words that spaces cut apart become one key: Persian affixes and compounds, Arabic clitics.

use super::{
    Lang,
    lexicon::{Affix, Lexicon, MAX_PARTS, mark},
    scan::{Line, Raw, kind},
};

/// Joins what belongs together in a line of words.
pub(super) fn join(line: &mut Line, lang: Lang, lexicon: &Lexicon) {
    match lang {
        Lang::Fa => persian(line, lexicon),
        // A clitic may join what a clitic has joined: `و ب لبنان`.
        Lang::Ar => while arabic(line) {},
        _ => {}
    }
}

/// Takes word `next` into the last written one; as a rule their keys already stand side by side.
fn merge(line: &mut Line, into: usize, next: Raw) {
    let Some(word) = line.words.get(into).copied() else {
        return;
    };
    let joint = word.len().min(u16::MAX as usize) as u16;
    if word.end == next.start {
        line.words[into].end = next.end;
    } else {
        let whole = [line.key(&word), line.key(&next)].concat();
        rewrite(line, into, &whole);
    }
    let word = &mut line.words[into];
    word.joint = joint;
    word.to = next.to;
    word.kind |= next.kind & !kind::CLITIC;
}

fn persian(line: &mut Line, lexicon: &Lexicon) {
    let (mut written, mut at) = (0, 0);
    let mut ahead = lexicon.marks(line.key_at(0));
    while at < line.words.len() {
        let mut marks = ahead;
        let parts = if marks & mark::OPENS == 0 {
            1
        } else {
            compound_at(line, at, lexicon)
        };
        line.words[written] = line.words[at];
        for next in at + 1..at + parts {
            merge(line, written, line.words[next]);
            marks = lexicon.marks(line.key_at(written));
        }
        at += parts;
        ahead = lexicon.marks(line.key_at(at));
        while at < line.words.len() && joins_persian(line, written, at, [marks, ahead], lexicon) {
            merge(line, written, line.words[at]);
            at += 1;
            marks = lexicon.marks(line.key_at(written));
            ahead = lexicon.marks(line.key_at(at));
        }
        canonical(line, written, lexicon);
        written += 1;
    }
    line.words.truncate(written);
}

/// How many words from `at` make a compound of the lexicon; 1 for none.
fn compound_at(line: &Line, at: usize, lexicon: &Lexicon) -> usize {
    let first = &line.words[at];
    // The keys stand side by side: what follows the first part is what may belong to it.
    let ahead = line.arena.get(first.start as usize..).unwrap_or("");
    if !first.is(kind::ARABIC)
        || !lexicon.may_open(ahead, first.len())
        || !lexicon.starts_compound(line.key(first))
    {
        return 1;
    }
    let apart = |index: usize| {
        line.words
            .get(index)
            .is_some_and(|word| word.after_space() && word.is(kind::ARABIC))
    };
    let longest = (2..=MAX_PARTS)
        .take_while(|parts| apart(at + parts - 1))
        .count()
        + 1;
    let found = (2..=longest).rev().find(|parts| {
        let end = line.words[at + parts - 1].end as usize;
        let joined = line.arena.get(first.start as usize..end).unwrap_or("");
        lexicon.compound(joined).is_some()
    });
    found.unwrap_or(1)
}

/// Whether word `at` belongs to the one before it, which stands at `before`; `marks` are those of the two.
fn joins_persian(line: &Line, before: usize, at: usize, marks: [u8; 2], lexicon: &Lexicon) -> bool {
    let [prefix, affix] = [marks[0] & mark::PREFIX != 0, marks[1] & mark::AFFIX != 0];
    if !prefix && !affix {
        return false;
    }
    let (prev, next) = (&line.words[before], &line.words[at]);
    if !next.after_space() || !next.is(kind::ARABIC) || !prev.is(kind::ARABIC) {
        return false;
    }
    let stem = line.key(prev);
    if prefix && stem.len() <= 6 && lexicon.is_prefix(stem) {
        return true;
    }
    let affix = affix.then(|| lexicon.affix(line.key(next))).flatten();
    let Some(affix) = affix.filter(|_| stem.len() > 2) else {
        return false;
    };
    let plural = stem.ends_with("ها") || stem.ends_with("های");
    match affix {
        Affix::Plural | Affix::Comparative => true,
        Affix::AfterHe => stem.ends_with('ه'),
        Affix::Possessive => plural,
        Affix::Ezafe => stem.ends_with(['ه', 'ا', 'و']),
        Affix::Copula => stem.ends_with('ه') && lexicon.is_participle(stem),
        Affix::Surname => stem.len() > 4 && !is_letter_name(line, at + 1),
        Affix::Derived => stem.len() > 4 && !plural,
    }
}

/// `اف بی آی` and `اف ۱۶` spell letters, `زاده شد` is a verb: no surname before them.
fn is_letter_name(line: &Line, after: usize) -> bool {
    let apart = line.words.get(after).is_some_and(Raw::after_space);
    let key = line.key_at(after);
    apart
        && (matches!(key, "بی" | "ای" | "شد" | "شده" | "شدند")
            || key.starts_with(|c: char| c.is_ascii_digit()))
}

/// Rewrites a word that the lexicon knows under another spelling.
fn canonical(line: &mut Line, index: usize, lexicon: &Lexicon) {
    let key = line.key_at(index);
    if !lexicon.may_be_rewritten(key) {
        return;
    }
    let Some((canonical, ending)) = lexicon.compound(key) else {
        return;
    };
    if key.len() == canonical.len() + ending.len() && key.starts_with(canonical) {
        return;
    }
    let whole = [canonical, ending].concat();
    rewrite(line, index, &whole);
}

/// Gives a word another key, at the end of the arena.
fn rewrite(line: &mut Line, index: usize, key: &str) {
    let start = line.arena.len() as u32;
    line.arena.push_str(key);
    let end = line.arena.len() as u32;
    if let Some(word) = line.words.get_mut(index) {
        (word.start, word.end, word.joint) = (start, end, 0);
    }
}

/// Arabic one-letter clitics that a space cut off: `بـ أذربيجان`, `و قال`.
fn arabic(line: &mut Line) -> bool {
    let mut written = 0;
    let mut at = 0;
    while at < line.words.len() {
        line.words[written] = line.words[at];
        at += 1;
        if at < line.words.len() && joins_arabic(line, written, at) {
            let article =
                line.key(&line.words[written]) == "ل" && line.key_at(at).starts_with("ال");
            merge(line, written, line.words[at]);
            if article {
                elide_article(line, written);
            }
            at += 1;
        }
        written += 1;
    }
    let merged = written < line.words.len();
    line.words.truncate(written);
    merged
}

fn joins_arabic(line: &Line, before: usize, at: usize) -> bool {
    let (prev, next) = (&line.words[before], &line.words[at]);
    let clitic = matches!(line.key(prev), "ب" | "ل" | "ک" | "ف" | "و" | "س");
    clitic && prev.is(kind::ARABIC) && next.after_space() && next.is(kind::ARABIC) && next.len() > 2
}

/// `ل` + `ال…` is written `لل…`.
fn elide_article(line: &mut Line, index: usize) {
    let whole = line.key_at(index).replacen("لال", "لل", 1);
    rewrite(line, index, &whole);
}
