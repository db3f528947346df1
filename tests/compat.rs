//! Models of every format ever written load and answer as they did.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

type Json = serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat")
}

/// The rows without what names the file they came from.
fn rows(text: &str) -> Vec<Json> {
    let row = |line: &str| {
        let mut row: Json = serde_json::from_str(line).unwrap();
        row.as_object_mut().unwrap().remove("path");
        row
    };
    text.lines().map(row).collect()
}

fn answers(model: &Path) -> Vec<Json> {
    let model = model.to_str().unwrap();
    let run = common::run_in(&folder(), &["predict", "articles.jsonl", "--model", model]);
    rows(&run.ok().out())
}

#[test]
fn models_of_every_format_answer_as_they_did() {
    for format in ["format1", "format2", "format3"] {
        let own = folder().join(format);
        let expected = rows(&std::fs::read_to_string(own.join("expected.jsonl")).unwrap());
        assert_eq!(expected.len(), 18, "{format}");
        let given = |row: &Json| !row["evidence"].as_array().unwrap().is_empty();
        assert!(
            expected.iter().any(given),
            "{format}: answers with evidence"
        );
        assert_eq!(
            answers(&own.join("model.safetensors")),
            expected,
            "{format}"
        );
    }
}
