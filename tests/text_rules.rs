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

use std::{collections::BTreeMap, fs, path::PathBuf};

use article_toolkit::text::{Analyzer, AnalyzerSpec, Lang, Scratch};

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
    let whole = 0..input.len();
    analyzer.for_each_token(
        input,
        std::slice::from_ref(&whole),
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

#[test]
fn the_files_are_long_enough_and_cover_the_rules() {
    let mut by_rule: BTreeMap<u32, usize> = BTreeMap::new();
    for lang in Lang::ALL {
        let least = if lang.is_rtl() { 120 } else { 60 };
        let rows = rows(lang);
        assert!(rows.len() >= least, "{lang}: {} lines", rows.len());
        rows.iter()
            .for_each(|row| *by_rule.entry(row.rule).or_default() += 1);
    }
    // 12-17 are the cutter's, 28-30 the glossary's and the labels', 31 the reader's: see docs/text.md.
    for rule in (1..=11).chain(18..=27) {
        assert!(
            by_rule.get(&rule).is_some_and(|count| *count >= 3),
            "rule {rule} has too few lines"
        );
    }
}
