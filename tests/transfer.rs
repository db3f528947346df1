//! Trained on Persian articles alone, a model answers the other languages of the glossary from concepts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::Sandbox;
use serde_json::Value;

/// Rows of data/labels.csv in a language, `n` of them, with paths that hold anywhere.
fn rows(lang: &str, n: usize) -> Vec<BTreeMap<String, String>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut reader = csv::Reader::from_path(data.join("labels.csv")).unwrap();
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    let own = rows.map(Result::unwrap).filter(|row| row["lang"] == lang);
    own.take(n)
        .map(|mut row| {
            let path = data.join(&row["path"]);
            row.insert("path".to_owned(), path.display().to_string());
            row
        })
        .collect()
}

fn labels(sandbox: &Sandbox, name: &str, rows: &[BTreeMap<String, String>]) {
    let mut csv = "path,topics,lang\n".to_owned();
    for row in rows {
        csv.push_str(&format!(
            "{},{},{}\n",
            row["path"], row["topics"], row["lang"]
        ));
    }
    sandbox.write(name, csv);
}

#[test]
fn other_languages_are_answered_from_concepts() {
    let sandbox = Sandbox::new();
    labels(&sandbox, "fa.csv", &rows("fa", 120));
    let other = ["ar", "ru", "en"].map(|lang| rows(lang, 40)).concat();
    labels(&sandbox, "other.csv", &other);
    sandbox
        .run(&["train", "fa.csv", "-o", "fa.safetensors"])
        .ok();

    let card = sandbox.run(&["inspect", "fa.safetensors"]).ok().out();
    assert!(
        card.contains("ar, ru, az, tr, en: no or next to no training articles"),
        "{card}"
    );

    sandbox
        .run(&[
            "evaluate",
            "other.csv",
            "-m",
            "fa.safetensors",
            "-o",
            "r.report.json",
        ])
        .ok();
    let report: Value =
        serde_json::from_slice(&fs::read(sandbox.path("r.report.json")).unwrap()).unwrap();
    let f1 = report["tasks"][0]["overall"]["macro_f1"]["value"]
        .as_f64()
        .unwrap();
    // Without a word in common chance is about 0.3: every article tagged with everything.
    assert!(f1 > 0.5, "macro-F1 {f1} on articles of other languages");

    fs::create_dir(sandbox.path("in")).unwrap();
    fs::copy(&other[0]["path"], sandbox.path("in/ar.txt")).unwrap();
    fs::copy(&rows("fa", 1)[0]["path"], sandbox.path("in/fa.txt")).unwrap();
    let answered = sandbox
        .run(&["predict", "in", "-m", "fa.safetensors", "--format", "jsonl"])
        .ok()
        .out();
    let flagged: Vec<bool> = answered
        .lines()
        .map(|row| row.contains("untrained_language"))
        .collect();
    assert_eq!(flagged, [true, false], "{answered}");

    // What is explained is what was answered.
    let why = sandbox
        .run(&[
            "explain",
            "in/ar.txt",
            "-m",
            "fa.safetensors",
            "--format",
            "json",
        ])
        .ok()
        .out();
    let why: Value = serde_json::from_str(&why).unwrap();
    let row: Value = serde_json::from_str(answered.lines().next().unwrap()).unwrap();
    assert!(why.to_string().contains("\"probability\""), "{why}");
    assert!(row.to_string().contains("ar"), "{row}");
}

#[test]
fn a_corpus_in_every_language_needs_no_second_model() {
    let sandbox = Sandbox::new();
    let all = ["fa", "ar", "ru", "az", "tr", "en"]
        .map(|lang| rows(lang, 12))
        .concat();
    labels(&sandbox, "all.csv", &all);
    sandbox
        .run(&["train", "all.csv", "-o", "all.safetensors"])
        .ok();
    let card = sandbox.run(&["inspect", "all.safetensors"]).ok().out();
    assert!(!card.contains("next to no training articles"), "{card}");
}
