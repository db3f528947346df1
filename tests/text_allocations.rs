//! The text path allocates nothing for a token: buffers grow with the first articles of a thread and are used again.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{fs, path::Path};

use article_toolkit::text::{Analyzer, AnalyzerSpec, Lang, Scratch};

/// The inputs of the rule lines of a language: every rule, a line each.
fn text(lang: Lang) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/text/{lang}.tsv"));
    let rows = fs::read_to_string(path).unwrap();
    let inputs = rows.lines().filter_map(|row| row.split('\t').nth(1));
    inputs.map(|input| format!("{input}\n")).collect()
}

/// Allocations and tokens of a second pass over a text.
fn second_pass(text: &str, lang: Lang) -> (u64, usize) {
    let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
    let (mut scratch, mut tokens) = (Scratch::default(), 0);
    let whole = 0..text.len();
    let kept = std::slice::from_ref(&whole);
    let mut pass = || {
        tokens = 0;
        analyzer.for_each_token(text, kept, lang, &mut scratch, &mut |_| tokens += 1);
    };
    pass();
    let allocated = allocation_counter::measure(&mut pass).count_total;
    (allocated, tokens)
}

#[test]
fn no_token_allocates() {
    for lang in Lang::ALL {
        let text = text(lang);
        let (allocated, tokens) = second_pass(&text, lang);
        assert!(tokens > 150, "{lang}: {tokens} tokens");
        assert_eq!(allocated, 0, "{lang}: allocations in {tokens} tokens");
    }
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![1u8])));
    assert_eq!(counted.count_total, 1);
}
