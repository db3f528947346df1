//! `toolkit check` through the real binary: what is wrong, what is worth a look, and the table to fix it in.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use common::{Sandbox, topic_and_text};

/// 60 articles of three outlets with plain labels; `stance` follows the outlet, and line 9 has the wrong topic.
fn labels(sandbox: &Sandbox) {
    let mut csv = "id,text,topics,stance,source\n".to_owned();
    for i in 0..60 {
        let (topic, text) = topic_and_text(i);
        let topic = if i == 7 { "energy" } else { topic };
        let (stance, outlet) = [("favor", "daily"), ("against", "weekly")][i / 3 % 2];
        csv += &format!("a{i},{text},{topic},{stance},{outlet}\n");
    }
    sandbox.write("labels.csv", csv);
}

fn table(sandbox: &Sandbox, name: &str) -> Vec<Vec<String>> {
    let text = fs::read(sandbox.path(name)).unwrap();
    // Without the mark a spreadsheet takes Persian and Russian names for Latin letters.
    assert!(text.starts_with("\u{feff}".as_bytes()));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_slice());
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

#[test]
fn doubtful_labels_are_named_with_their_line_and_exit_code_0() {
    let sandbox = Sandbox::new();
    labels(&sandbox);
    let run = sandbox.run(&["check", "labels.csv", "--output", "out/fixes.csv"]);
    let (said, err) = (run.out(), run.err());
    run.ok();
    assert!(err.contains("--quick leaves this out"), "{err}");
    assert!(
        said.contains("line 9, column \"topics\": labelled energy, but"),
        "{said}"
    );
    assert!(
        said.contains("line 9, column \"topics\": not labelled security, but"),
        "{said}"
    );
    assert!(
        said.contains("\"favor\" can be told from the source alone (ROC AUC 1.00"),
        "{said}"
    );
    assert!(said.contains("daily 30 of 30"), "{said}");
    assert!(!said.contains("\"energy\" can be told"), "{said}");
    let rows = table(&sandbox, "out/fixes.csv");
    assert_eq!(
        rows[0],
        [
            "line",
            "id",
            "label",
            "given",
            "suggested",
            "score",
            "reason"
        ]
    );
    let error = rows
        .iter()
        .find(|row| row[0] == "9" && row[2] == "energy")
        .unwrap();
    assert_eq!(
        error[1..5],
        ["a7", "energy", "energy", "security"].map(str::to_owned)
    );
    assert!(
        error[5].parse::<f64>().unwrap() < 0.5 && !error[6].is_empty(),
        "{error:?}"
    );
}

#[test]
fn quick_trains_nothing() {
    let sandbox = Sandbox::new();
    labels(&sandbox);
    let run = sandbox.run(&["check", "labels.csv", "--quick"]);
    let (said, err) = (run.out(), run.err());
    run.ok();
    assert!(
        !said.contains("likely label errors") && err.is_empty(),
        "{said}{err}"
    );
    assert!(said.contains("told by the source"), "{said}");
}

#[test]
fn leaks_and_contradicting_copies_are_problems() {
    let sandbox = Sandbox::new();
    let text = "one two three four five six seven eight nine ten";
    let other = "gas oil rail road port ship dock crane track train";
    sandbox.write(
        "labels.csv",
        format!(
            "text,topics,split\n{text},x,train\n{text},none,test\n{other},x,train\n{other},x,test\n\
             {other} again,x,train\n"
        ),
    );
    let run = sandbox.run(&["check", "labels.csv", "-o", "fixes.csv"]);
    assert_eq!(run.code(), 1);
    let said = run.out();
    assert!(
        said.contains("line 3, column \"topics\": a copy of the article in line 2"),
        "{said}"
    );
    for line in [3, 5] {
        let part = format!(
            "line {line}, column \"split\": \"test\", but the article in line {}",
            line - 1
        );
        assert!(said.contains(&part), "{part}\n{said}");
    }
    assert!(!said.contains("line 6, column \"split\""), "{said}");
    let rows = table(&sandbox, "fixes.csv");
    let leak = rows.iter().find(|row| row[0] == "5").unwrap();
    assert_eq!(leak[2..5], ["split", "test", "train"].map(str::to_owned));
}

#[test]
fn a_misspelt_label_is_a_problem_and_a_rare_one_is_not() {
    let sandbox = Sandbox::new();
    labels(&sandbox);
    let text = fs::read_to_string(sandbox.path("labels.csv")).unwrap();
    sandbox.write("labels.csv", text.replacen(",energy,", ",enregy,", 1));
    let run = sandbox.run(&["check", "labels.csv", "--quick", "-o", "fixes.csv"]);
    assert_eq!(run.code(), 1);
    assert!(
        run.out().contains("did you mean \"energy\"?"),
        "{}",
        run.out()
    );
    let rows = table(&sandbox, "fixes.csv");
    assert_eq!(
        rows[1][2..5],
        ["enregy", "enregy", "energy"].map(str::to_owned)
    );
    sandbox.write("labels.csv", text.replacen(",energy,", ",transport,", 1));
    let run = sandbox.run(&["check", "labels.csv", "--quick"]);
    assert_eq!(run.code(), 0);
    assert!(
        run.out().contains("worth a look, rare labels"),
        "{}",
        run.out()
    );
}

#[test]
fn a_file_too_small_to_train_on_is_checked_all_the_same() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "labels.csv",
        "text,topics\none two three,x\nfour five six,none\n",
    );
    let run = sandbox.run(&["check", "labels.csv"]);
    assert_eq!(run.code(), 0);
    assert!(
        run.err().contains("no likely label errors"),
        "{}",
        run.err()
    );
}

/// The corpus that is delivered has nothing wrong in it.
#[test]
fn our_own_corpus_is_clean() {
    let sandbox = Sandbox::new();
    let labels = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/labels.csv");
    sandbox
        .run(&["check", labels.to_str().unwrap(), "--quick"])
        .ok();
}
