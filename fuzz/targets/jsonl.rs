//! Any bytes as JSON lines or as a table: one item after the other, each an article or a reason, never a panic.
#![no_main]
use std::cell::RefCell;
use std::io::{Seek, Write};
use std::sync::Arc;

use article_toolkit::batch::{Fields, Form, Inputs};
use libfuzzer_sys::fuzz_target;
use tempfile::NamedTempFile;

/// Longest record taken.
const LIMIT: u64 = 1 << 12;

thread_local! {
    static FILES: RefCell<[NamedTempFile; 2]> = RefCell::new([".jsonl", ".csv"].map(|ending| {
        tempfile::Builder::new().suffix(ending).tempfile().expect("a temporary file")
    }));
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    FILES.with_borrow_mut(|files| {
        let file = &mut files[usize::from(first % 2)];
        file.as_file().set_len(0).expect("truncates");
        file.rewind().expect("rewinds");
        file.write_all(rest).expect("writes");
        let inputs = Inputs {
            paths: vec![file.path().to_owned()],
            glob: None,
            fields: Fields::default(),
            max_article: LIMIT,
            stdin: Form::Text,
        };
        for item in Arc::new(inputs).items(&Arc::default()) {
            if let Ok(article) = item.article(LIMIT) {
                assert!(!article.text.trim().is_empty(), "an article without text");
            }
        }
    });
});
