//! Figures on real data (`../shared/data`; skipped, saying so, where it is absent). They stand in docs/benchmarks.md.
//!
//! `cargo test --release --test text_measured -- --ignored --nocapture`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout
)]

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use article_toolkit::{
    article::{Cleaner, Cut, Repeated},
    text::{Lang, guess_language},
};

fn shared(path: &str) -> Option<File> {
    let path = Path::new("../shared/data").join(path);
    File::open(&path)
        .inspect_err(|_| eprintln!("skipped: {} is absent", path.display()))
        .ok()
}

fn json_texts(lines: impl BufRead) -> Vec<String> {
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
    rows.map(|row| row["text"].as_str().unwrap().to_owned())
        .collect()
}

fn raw(lang: Lang) -> Vec<String> {
    let file = shared(&format!("raw/{lang}.jsonl.zst"));
    file.map(|file| json_texts(BufReader::new(zstd::Decoder::new(file).unwrap())))
        .unwrap_or_default()
}

fn sentences() -> BTreeMap<String, Vec<String>> {
    let mut by_lang: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(file) = shared("topic/sib200.csv.zst") else {
        return by_lang;
    };
    for row in csv::Reader::from_reader(zstd::Decoder::new(file).unwrap()).records() {
        let row = row.unwrap();
        by_lang
            .entry(row[3].to_owned())
            .or_default()
            .push(row[0].to_owned());
    }
    by_lang
}

fn right(texts: &[String], lang: Lang) -> f64 {
    texts
        .iter()
        .filter(|text| guess_language(text).lang == lang)
        .count() as f64
        / texts.len() as f64
}

#[test]
#[ignore = "reads 90 MB"]
fn language() {
    let sentences = sentences();
    for lang in Lang::ALL {
        let documents = raw(lang);
        if !documents.is_empty() {
            let share = right(&documents, lang);
            println!(
                "raw {lang}: {:.2} % of {} documents",
                100.0 * share,
                documents.len()
            );
            assert!(share >= 0.99, "{lang}");
        }
        if let Some(texts) = sentences.get(lang.code()) {
            let share = right(texts, lang);
            println!(
                "SIB-200 {lang}: {:.2} % of {} sentences",
                100.0 * share,
                texts.len()
            );
            assert!(share >= 0.97, "{lang}");
        }
    }
}

/// A document of one language with a document of another behind it, cut to about half its length.
fn mixtures(texts: &[String], quoted: &[String]) -> Vec<String> {
    let half = |text: &str, length: usize| -> String { text.chars().take(length / 2).collect() };
    texts
        .iter()
        .zip(quoted.iter().filter(|text| text.chars().count() > 600))
        .filter(|(text, _)| (600..6000).contains(&text.chars().count()))
        .map(|(text, quote)| format!("{text}\n\n{}\n", half(quote, text.chars().count())))
        .collect()
}

#[test]
#[ignore = "reads 90 MB"]
fn mixed() {
    let marked = |texts: &[String]| {
        texts
            .iter()
            .filter(|text| guess_language(text).mixed)
            .count()
    };
    for lang in [Lang::Fa, Lang::Ar, Lang::Ru, Lang::Tr, Lang::En] {
        let texts = raw(lang);
        println!("raw {lang}: {} of {} marked", marked(&texts), texts.len());
    }
    for (lang, quoted) in [
        (Lang::Fa, Lang::Ar),
        (Lang::Ar, Lang::Fa),
        (Lang::Tr, Lang::En),
        (Lang::En, Lang::Tr),
    ] {
        let texts = mixtures(&raw(lang), &raw(quoted));
        println!(
            "{lang} with {quoted} behind it: {} of {} marked",
            marked(&texts),
            texts.len()
        );
    }
}

/// What is cut out of `texts`, read as one input; `SHOW=1` prints every cut with the lines around it.
fn cuts(name: &str, texts: &[String]) {
    let repeated = Repeated::in_texts(texts.iter().map(String::as_str));
    let cleaner = Cleaner::default().with_repeated(repeated);
    let (mut cut_texts, mut bytes, mut rules) = (0, 0, BTreeMap::<String, usize>::new());
    for text in texts {
        let cleaned = cleaner.clean(text);
        cut_texts += usize::from(!cleaned.cuts.is_empty());
        for cut in cleaned.cuts {
            bytes += cut.bytes.len();
            *rules.entry(cut.rule.clone()).or_default() += 1;
            if std::env::var_os("SHOW").is_some() {
                show(text, &cut);
            }
        }
    }
    let all: usize = texts.iter().map(String::len).sum();
    println!(
        "{name}: {cut_texts} of {} texts, {:.2} % of bytes, {rules:?}",
        texts.len(),
        100.0 * bytes as f64 / all as f64
    );
}

fn show(text: &str, cut: &Cut) {
    let end: String = text[..cut.bytes.start]
        .trim_end()
        .chars()
        .rev()
        .take(60)
        .collect();
    let before: String = end.chars().rev().collect();
    let after: String = text[cut.bytes.end..]
        .trim_start()
        .chars()
        .take(60)
        .collect();
    let flat = |text: &str| text.replace('\n', " / ");
    println!("[{}] … {}", cut.rule, flat(&before));
    println!("  - {}", flat(text[cut.bytes.clone()].trim()));
    println!("  {} …", flat(&after));
}

/// 300 texts by a shuffle that `seed` decides: SplitMix64 of the index.
fn sample(texts: Vec<String>, seed: u64) -> Vec<String> {
    let place = |index: u64| {
        let mut x = (index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x = x.wrapping_add(seed.wrapping_mul(0xBF58_476D_1CE4_E5B9));
        x = (x ^ (x >> 31)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 29)
    };
    let mut numbered: Vec<(u64, String)> = (0..).zip(texts).collect();
    numbered.sort_by_key(|(index, _)| place(*index));
    numbered.truncate(300);
    numbered.sort_by_key(|(index, _)| *index);
    numbered.into_iter().map(|(_, text)| text).collect()
}

/// `SEED` draws another sample; `ALL=1` takes all raw texts.
#[test]
#[ignore = "to be read by eye: SHOW=1 prints every cut"]
fn boilerplate() {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    for lang in Lang::ALL {
        let texts = raw(lang);
        if texts.is_empty() {
            continue;
        }
        let texts = match std::env::var_os("ALL") {
            Some(_) => texts,
            None => sample(texts, seed.unwrap_or(7)),
        };
        cuts(lang.code(), &texts);
    }
    if let Some(file) = shared("real-news/articles.jsonl") {
        cuts("real-news", &json_texts(BufReader::new(file)));
    }
}
