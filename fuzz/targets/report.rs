//! Any bytes as a report: a report that can be compared with itself, or a reason, never a panic.
#![no_main]
use std::path::Path;

use article_toolkit::evaluate::Report;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Report::parse(data, Path::new("fuzz.report.json"));
});
