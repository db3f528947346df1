//! Any text as a glossary file: concepts that compile and match, or problems with lines, never a panic.
#![no_main]
use std::path::Path;
use std::sync::LazyLock;

use article_toolkit::features::{Document, FeatureTables, Glossary, Matcher};
use article_toolkit::text::{Analyzer, AnalyzerSpec, Lang};
use libfuzzer_sys::fuzz_target;

static ANALYZER: LazyLock<Analyzer> =
    LazyLock::new(|| Analyzer::new(&AnalyzerSpec::default()).expect("the rules"));

fuzz_target!(|text: &str| {
    let mut glossary = Glossary::default();
    if glossary.append(Path::new("fuzz.csv"), text).is_err() {
        return;
    }
    let matcher = Matcher::new(&glossary, &ANALYZER, &FeatureTables::default().affixes);
    for lang in Lang::ALL {
        let kept = std::iter::once(0..text.len()).collect();
        let document = Document {
            text,
            kept,
            lang,
            mixed: false,
        };
        for (_, bytes) in matcher.hits(&ANALYZER, &document) {
            assert!(text.get(bytes).is_some(), "offsets off the text");
        }
    }
});
