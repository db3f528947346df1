//! Any text as a web page: text or a reason, never a panic.
#![no_main]
use article_toolkit::article::{decode, extract};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let decoded = decode(data);
    if let Ok(page) = extract(&decoded.text) {
        assert!(
            page.text.len() <= 4 * decoded.text.len() + 64,
            "text out of nothing"
        );
    }
});
