//! Every rule of `docs/text.md` on the lines of `tests/text/<lang>.tsv`.
//!
//! Columns: number of the rule, input (`\u{...}` and `\n` escaped), keys, stems, masked keys. `BLESS=1 cargo test --test
//! text_rules` writes the last three anew; read the difference before committing it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

use std::{
    collections::HashSet,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use article_toolkit::{
    article::{Cleaned, Cleaner, decode},
    text::{Analyzer, AnalyzerSpec, Lang, Scratch, guess_language},
};
use proptest::prelude::*;

struct Row {
    rule: u32,
    input: String,
    expected: [String; 3],
}

fn file(lang: Lang) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/text")
        .join(format!("{lang}.tsv"))
}

fn rows(lang: Lang) -> Vec<Row> {
    let text = fs::read_to_string(file(lang)).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            let rule = fields
                .next()
                .unwrap()
                .parse()
                .unwrap_or_else(|_| panic!("{lang}: no rule number in {line:?}"));
            let input = fields.next().unwrap();
            Row {
                rule,
                input,
                expected: std::array::from_fn(|_| fields.next().unwrap_or_default()),
            }
        })
        .collect()
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.replace("\\n", "\n");
    while let Some((before, after)) = rest.split_once("\\u{") {
        let (code, tail) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        rest = tail.to_owned();
    }
    out + &rest
}

fn analyse(analyzer: &Analyzer, input: &str, lang: Lang) -> [String; 3] {
    let (mut keys, mut stems, mut masked) = (vec![], vec![], vec![]);
    analyzer.for_each_token(
        input,
        &cleaner().clean(input).kept,
        lang,
        &mut Scratch::default(),
        &mut |token| {
            assert!(
                input
                    .get(token.bytes.clone())
                    .is_some_and(|source| !source.is_empty()),
                "{input:?} {token:?}"
            );
            keys.push(token.key.to_owned());
            stems.push(token.stem.to_owned());
            if token.masked {
                masked.push(token.key.to_owned());
            }
        },
    );
    [keys.join(" "), stems.join(" "), masked.join(" ")]
}

fn bless(lang: Lang, analyzer: &Analyzer) {
    let text = fs::read_to_string(file(lang)).unwrap();
    let mut out = String::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            out += line;
        } else {
            let mut fields = line.split('\t');
            let (rule, input) = (fields.next().unwrap(), fields.next().unwrap());
            out += &format!(
                "{rule}\t{input}\t{}",
                analyse(analyzer, &unescape(input), lang).join("\t")
            );
        }
        out.push('\n');
    }
    fs::write(file(lang), out).unwrap();
}

#[test]
fn every_line_gives_its_keys_stems_and_masks() {
    let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
    let mut wrong = Vec::new();
    for lang in Lang::ALL {
        if std::env::var_os("BLESS").is_some() {
            bless(lang, &analyzer);
        }
        for row in rows(lang) {
            let found = analyse(&analyzer, &unescape(&row.input), lang);
            if found != row.expected {
                wrong.push(format!(
                    "{lang} {} {:?}\n  found    {found:?}\n  expected {:?}",
                    row.rule, row.input, row.expected
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} lines:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn normalising_twice_changes_nothing() {
    let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
    for lang in Lang::ALL {
        for row in rows(lang) {
            let once = analyzer.normalize(&unescape(&row.input), lang);
            assert_eq!(
                analyzer.normalize(&once, lang),
                once,
                "{lang} {:?}",
                row.input
            );
        }
    }
}

/// Problems that every language has; the others are named in [`own_rules`].
const COMMON_RULES: RangeInclusive<u32> = 12..=32;

/// The problems of one language and not of all.
fn own_rules(lang: Lang) -> &'static [u32] {
    match lang {
        Lang::Fa => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        Lang::Ar => &[7, 8, 9, 10, 11],
        Lang::Ru | Lang::Tr | Lang::En => &[7, 9, 11],
        _ => &[7, 11],
    }
}

#[test]
fn every_problem_of_a_language_has_three_lines() {
    for lang in Lang::ALL {
        let least = if lang.is_rtl() { 120 } else { 60 };
        let rows = rows(lang);
        assert!(rows.len() >= least, "{lang}: {} lines", rows.len());
        for rule in own_rules(lang).iter().copied().chain(COMMON_RULES) {
            let lines = rows.iter().filter(|row| row.rule == rule).count();
            assert!(lines >= 3, "{lang}: rule {rule} has {lines} lines");
        }
    }
}

#[test]
fn no_line_stands_twice() {
    for lang in Lang::ALL {
        let mut seen = HashSet::new();
        for row in rows(lang) {
            assert!(
                seen.insert((row.rule, row.input.clone())),
                "{lang}: rule {} has {:?} twice",
                row.rule,
                row.input
            );
        }
    }
}

#[test]
fn every_rule_has_its_line_in_the_guide() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/text.md");
    let guide = fs::read_to_string(guide).unwrap();
    for rule in 1..=32 {
        let line = guide
            .lines()
            .find(|line| line.starts_with(&format!("| {rule} |")))
            .unwrap_or_else(|| panic!("docs/text.md has no line for rule {rule}"));
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(
            cells.len(),
            5,
            "docs/text.md, rule {rule}: number, problem, rule, why, example"
        );
        assert!(
            cells.iter().all(|cell| !cell.is_empty()),
            "docs/text.md, rule {rule}: an empty cell"
        );
    }
}

/// Texts of the letters, marks and affixes at which the rules look.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-zA-ZğşıİƏəçöüЁёЙйа-я]{1,6}",
        "[ابپتكکيیىئؤأإآةهوءلمن]{1,6}",
        "[0-9۰-۹٠-٩.,:/+\\-٫٬%]{1,6}",
        "[ \u{200C}\u{640}\u{A0}\u{64B}\u{301}\u{307}\n'’.\\-–()«»…]{1,3}",
        proptest::sample::select(vec![
            " ها ",
            " های",
            " می ",
            "نمی ",
            "نخست وزیر",
            "گفت و گو",
            "وگو",
            " ای ",
            " اف ",
            " تر ",
            "کرده اند",
            "به طور ",
            "رو به رو ",
            " بـ ",
            " و ",
            " ل ",
            "ال",
            "به گزارش ایرنا ",
            "TEHRAN – ",
            "U.S. ",
            "3 + 3",
            "19-8-2024",
            "www.a.ir",
            " سازی ",
            "هم ",
            "چند جانبه ",
            "بی بی سی",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn analyzer() -> &'static Analyzer {
    static ONE: OnceLock<Analyzer> = OnceLock::new();
    ONE.get_or_init(|| Analyzer::new(&AnalyzerSpec::default()).unwrap())
}

fn cleaner() -> &'static Cleaner {
    static ONE: OnceLock<Cleaner> = OnceLock::new();
    ONE.get_or_init(Cleaner::default)
}

fn check_tokens(analyzer: &Analyzer, text: &str, lang: Lang, scratch: &mut Scratch) {
    let (mut end, mut position) = (0, None);
    let whole = 0..text.len();
    analyzer.for_each_token(
        text,
        std::slice::from_ref(&whole),
        lang,
        scratch,
        &mut |token| {
            assert!(
                token.bytes.start >= end
                    && text
                        .get(token.bytes.clone())
                        .is_some_and(|source| !source.is_empty()),
                "{text:?} {token:?}"
            );
            assert!(
                !token.key.is_empty() && position.is_none_or(|before| before < token.position),
                "{text:?} {token:?}"
            );
            (end, position) = (token.bytes.end, Some(token.position));
        },
    );
}

fn check_cuts(text: &str, cleaned: &Cleaned) {
    let mut all: Vec<_> = cleaned
        .kept
        .iter()
        .cloned()
        .chain(cleaned.cuts.iter().map(|cut| cut.bytes.clone()))
        .collect();
    all.sort_by_key(|range| (range.start, range.end));
    let end = all.iter().fold(0, |at, range| {
        assert_eq!(at, range.start, "{text:?}");
        assert!(text.is_char_boundary(range.end), "{text:?}");
        range.end
    });
    assert_eq!(end, text.len(), "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { ..ProptestConfig::default() })]

    #[test]
    fn any_text_normalises_once_and_for_all(text in texts(), lang in proptest::sample::select(Lang::ALL.to_vec())) {
        let analyzer = analyzer();
        let once = analyzer.normalize(&text, lang);
        prop_assert_eq!(analyzer.normalize(&once, lang), once);
    }

    #[test]
    fn offsets_point_into_any_text(text in texts(), lang in proptest::sample::select(Lang::ALL.to_vec())) {
        check_tokens(analyzer(), &text, lang, &mut Scratch::default());
        guess_language(&text);
        check_cuts(&text, &cleaner().clean(&text));
    }

    #[test]
    fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let decoded = decode(&bytes);
        let found = decoded.text.matches(char::REPLACEMENT_CHARACTER).count();
        prop_assert_eq!(found, decoded.repaired);
    }
}

/// Ten million strings, half of them from broken UTF-8; run by hand, the figure stands in docs/benchmarks.md.
#[test]
#[ignore = "takes minutes: cargo test --release --test text_rules ten_million -- --ignored --nocapture"]
fn ten_million_random_strings() {
    let strings: u64 = std::env::var("STRINGS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(10_000_000);
    let (analyzer, cleaner) = (
        Analyzer::new(&AnalyzerSpec::default()).unwrap(),
        Cleaner::default(),
    );
    let pieces: Vec<String> = Lang::ALL
        .iter()
        .flat_map(|&lang| rows(lang))
        .map(|row| unescape(&row.input))
        .collect();
    const MARKS: &[u8] = b" \n.-:,'+0123(\"";
    let mut scratch = Scratch::default();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for index in 0..strings {
        let mut bytes = Vec::new();
        for _ in 0..next() % 6 {
            match next() % 4 {
                0 => bytes.extend(
                    char::from_u32((next() % 0x11_0000) as u32)
                        .unwrap_or('ی')
                        .to_string()
                        .bytes(),
                ),
                1 => bytes
                    .extend((0..next() % 4).map(|_| MARKS[(next() % MARKS.len() as u64) as usize])),
                _ => bytes.extend(pieces[(next() % pieces.len() as u64) as usize].bytes()),
            }
        }
        if index % 2 == 0 && !bytes.is_empty() {
            let at = (next() % bytes.len() as u64) as usize;
            bytes[at] = next() as u8;
        }
        let text = decode(&bytes).text;
        let lang = Lang::ALL[(next() % 6) as usize];
        check_tokens(&analyzer, &text, lang, &mut scratch);
        check_cuts(&text, &cleaner.clean(&text));
    }
    eprintln!("{strings} strings, no panic, every offset inside its text");
}
