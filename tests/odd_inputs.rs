//! Inputs of `predict` that nobody plans for: damaged Parquet, names that are no text, folders in folders in folders.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use common::{Run, Sandbox};
use parquet::arrow::ArrowWriter;

type Json = serde_json::Value;

const TEXT: &str = "Gas flows through the pipeline again, the ministry of energy said.";

fn predict(sandbox: &Sandbox, input: &str, options: &[&str]) -> Run {
    let model =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/format2/model.safetensors");
    let model = model.to_str().unwrap();
    let mut args = vec!["predict", input, "--model", model, "--format", "jsonl"];
    args.extend(options);
    sandbox.run(&args)
}

fn rows(run: &Run) -> Vec<Json> {
    let out = run.out();
    out.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// A Parquet file of `n` articles with title, text and lang.
fn parquet(path: &Path, n: usize) {
    let column = |value: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new((0..n).map(|i| Some(value(i))).collect::<StringArray>())
    };
    let batch = RecordBatch::try_from_iter([
        ("title", column(&|i| format!("Pipeline {i} opens"))),
        ("text", column(&|i| format!("{TEXT} Number {i}."))),
        ("lang", column(&|_| "en".to_owned())),
    ])
    .unwrap();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn titles_can_be_read_as_the_texts() {
    let sandbox = Sandbox::new();
    parquet(&sandbox.path("a.parquet"), 3);
    sandbox.write(
        "a.jsonl",
        r#"{"title": "Pipeline 0 opens", "text": "other", "lang": "en"}"#,
    );
    sandbox.write("a.csv", "title,text,lang\nPipeline 0 opens,other,en\n");
    for input in ["a.parquet", "a.jsonl", "a.csv"] {
        let run = predict(&sandbox, input, &["--text-column", "title"]).ok();
        assert_eq!(rows(&run)[0]["words"], 3, "{input}: each word counts once");
    }
}

#[test]
fn damaged_parquet_is_an_answer_or_a_reason_and_never_a_panic() {
    let sandbox = Sandbox::new();
    parquet(&sandbox.path("good.parquet"), 40);
    assert_eq!(rows(&predict(&sandbox, "good.parquet", &[]).ok()).len(), 40);
    let good = fs::read(sandbox.path("good.parquet")).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..good.len())
        .step_by(good.len() / 20)
        .map(|length| good[..length].to_vec())
        .collect();
    // A prime stride meets header, pages and footer; the bit changes with the place.
    damaged.extend((0..good.len()).step_by(31).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        bytes
    }));
    let mut refused = 0;
    for bytes in &damaged {
        sandbox.write("bad.parquet", bytes);
        let run = predict(&sandbox, "bad.parquet", &[]);
        let rows = rows(&run);
        match run.code() {
            0 => assert_eq!(rows.len(), 40),
            2 => {
                refused += 1;
                let reason = rows.iter().find_map(|row| row["error"].as_str());
                let reason =
                    reason.unwrap_or_else(|| panic!("no reason: {}\n{}", run.out(), run.err()));
                assert!(reason.starts_with("bad.parquet"), "{reason}");
            }
            code => panic!("exit code {code}: {}", run.err()),
        }
    }
    assert!(refused > 20, "{refused} of {} refused", damaged.len());
}

#[test]
fn names_that_are_no_text_and_folders_200_deep_are_read() {
    let sandbox = Sandbox::new();
    let deep = format!("in/{}", "d/".repeat(200));
    sandbox.write(&format!("{deep}article.txt"), TEXT);
    let longest = format!("in/{}.txt", "n".repeat(251));
    for name in [
        "in/-leading.txt",
        "in/two words.txt",
        "in/line\nbreak.txt",
        &longest,
    ] {
        sandbox.write(name, TEXT);
    }
    fs::write(
        sandbox
            .path("in")
            .join(OsStr::from_bytes(b"no-utf8-\xff.txt")),
        TEXT,
    )
    .unwrap();
    let run = predict(&sandbox, "in", &[]).ok();
    let rows = rows(&run);
    assert_eq!(rows.len(), 6);
    assert!(
        rows.iter()
            .all(|row| row["error"].is_null() && row["words"] == rows[0]["words"])
    );
}
