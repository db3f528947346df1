//! Any bytes through decoder, cutter, language and analyzer: offsets in the text, ranges in order, never a panic.
#![no_main]
use std::sync::LazyLock;

use article_toolkit::article::{Cleaner, decode};
use article_toolkit::text::{Analyzer, AnalyzerSpec, Lang, Scratch, guess_language_in};
use libfuzzer_sys::fuzz_target;

static ANALYZER: LazyLock<Analyzer> =
    LazyLock::new(|| Analyzer::new(&AnalyzerSpec::default()).expect("the rules"));
static CLEANER: LazyLock<Cleaner> = LazyLock::new(Cleaner::default);

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let text = decode(rest).text;
    let kept = CLEANER.clean(&text).kept;
    for pair in kept.windows(2) {
        assert!(pair[0].end <= pair[1].start, "kept parts overlap");
    }
    let _ = guess_language_in(&text, &kept);
    let lang = Lang::ALL[usize::from(first) % Lang::ALL.len()];
    let mut at = 0;
    ANALYZER.for_each_token(&text, &kept, lang, &mut Scratch::default(), &mut |token| {
        assert!(
            text.get(token.bytes.clone()).is_some(),
            "offsets off the text"
        );
        assert!(token.bytes.start >= at, "tokens out of order");
        at = token.bytes.start;
    });
});
