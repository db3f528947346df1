//! Any bytes as a labels file: a corpus or problems with lines, never a panic.
#![no_main]
use std::cell::RefCell;
use std::io::Write;

use article_toolkit::article::{Corpus, LabelsOptions};
use libfuzzer_sys::fuzz_target;
use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new().expect("a temporary file"));
}

fuzz_target!(|data: &[u8]| {
    FILE.with_borrow_mut(|file| {
        file.as_file().set_len(0).expect("truncates");
        std::io::Seek::rewind(file).expect("rewinds");
        file.write_all(data).expect("writes");
        if let Ok(corpus) = Corpus::read(file.path(), &LabelsOptions::default()) {
            assert_eq!(corpus.articles.len(), corpus.lines.len());
            for task in &corpus.tasks {
                assert_eq!(task.gold.nrows(), corpus.articles.len());
            }
        }
    });
});
