//! Words that spaces cut apart become one key: Persian affixes and compounds, Arabic clitics.

use super::{
    Lang,
    filter::mark,
    lexicon::{Affix, Lexicon, MAX_PARTS},
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
        let start = line.arena.len();
        line.arena.extend_from_within(word.place());
        line.arena.extend_from_within(next.place());
        rekey(line, into, start);
    }
    let word = &mut line.words[into];
    word.joint = joint;
    word.to = next.to;
    word.kind |= next.kind & !kind::CLITIC;
}

fn persian(line: &mut Line, lexicon: &Lexicon) {
    let (mut written, mut at) = (0, 0);
    let mut ahead = marks(line, 0, lexicon);
    while at < line.words.len() {
        let here = std::mem::replace(&mut ahead, marks(line, at + 1, lexicon));
        line.words[written] = line.words[at];
        // Four words of five: nothing to join, nothing to rewrite.
        if here == 0 && ahead & mark::AFFIX == 0 {
            at += 1;
        } else {
            at = persian_word(line, written, at, [here, ahead], lexicon);
            ahead = marks(line, at, lexicon);
        }
        written += 1;
    }
    line.words.truncate(written);
}

fn marks(line: &Line, at: usize, lexicon: &Lexicon) -> u8 {
    let word = line.words.get(at);
    word.map_or(0, |word| lexicon.marks(&line.arena, word))
}

/// Takes into the word at `written`, a copy of the one at `at`, what belongs to it; gives the place of the next word.
fn persian_word(
    line: &mut Line,
    written: usize,
    at: usize,
    [mut here, mut ahead]: [u8; 2],
    lexicon: &Lexicon,
) -> usize {
    let compound = here & mark::OPENS != 0;
    let parts = if compound {
        compound_at(line, at, lexicon)
    } else {
        1
    };
    let mut next = at + 1;
    while next < at + parts {
        merge(line, written, line.words[next]);
        next += 1;
    }
    if parts > 1 {
        (here, ahead) = (marks(line, written, lexicon), marks(line, next, lexicon));
    }
    while next < line.words.len() && joins_persian(line, written, next, [here, ahead], lexicon) {
        merge(line, written, line.words[next]);
        next += 1;
        (here, ahead) = (marks(line, written, lexicon), marks(line, next, lexicon));
    }
    canonical(line, written, lexicon);
    next
}

/// How many words from `at` make a compound of the lexicon; 1 for none.
fn compound_at(line: &Line, at: usize, lexicon: &Lexicon) -> usize {
    let first = &line.words[at];
    if !first.is(kind::ARABIC) || !lexicon.starts_compound(line.key(first)) {
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
    if marks(line, index, lexicon) & mark::REWRITTEN == 0 {
        return;
    }
    let Some((canonical, ending)) = lexicon.compound(key) else {
        return;
    };
    if key.len() == canonical.len() + ending && key.starts_with(canonical) {
        return;
    }
    let (start, end) = (line.arena.len(), line.words[index].end as usize);
    line.arena.push_str(canonical);
    line.arena.extend_from_within(end - ending..end);
    rekey(line, index, start);
}

/// Gives a word the key that stands from `start` to the end of the arena.
fn rekey(line: &mut Line, index: usize, start: usize) {
    let end = line.arena.len() as u32;
    if let Some(word) = line.words.get_mut(index) {
        (word.start, word.end, word.joint) = (start as u32, end, 0);
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
    let (start, word) = (line.arena.len(), line.words[index]);
    line.arena.push_str("لل");
    line.arena
        .extend_from_within(word.start as usize + "لال".len()..word.end as usize);
    rekey(line, index, start);
}
