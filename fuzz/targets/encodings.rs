//! Any bytes as a text file: decoded to valid UTF-8; UTF-8 comes back as it was.
#![no_main]
use article_toolkit::article::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let decoded = decode(data);
    if decoded.encoding == "UTF-8"
        && let Ok(text) = std::str::from_utf8(data)
    {
        assert_eq!(
            decoded.text.trim_start_matches('\u{feff}'),
            text.trim_start_matches('\u{feff}')
        );
    }
});
