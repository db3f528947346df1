//! `toolkit train --add`, `--keep-label` and `--drop-label`: what the other labels answer stays the same, bit for bit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;

use article_toolkit::article::Article;
use article_toolkit::pipeline::Pipeline;
use common::{Run, Sandbox};

const ENERGY: (&str, &str) = ("energy", "the pipeline carries gas from the refinery");
const SPORT: (&str, &str) = ("sport", "the football match ended with a late goal");
const COURTS: (&str, &str) = ("courts", "the judge read the verdict in the trial");
const NONE: (&str, &str) = ("none", "a quiet evening with rain and low clouds");

fn labels(themes: &[(&str, &str)], stance: bool) -> String {
    let mut csv = format!("text,topics{}\n", if stance { ",stance" } else { "" });
    for i in 0..20 * themes.len() {
        let (label, words) = themes[i % themes.len()];
        let mood = ["favor", "against", "neutral"][(i / themes.len()) % 3];
        let verb = ["praised", "condemned", "noted"][(i / themes.len()) % 3];
        let answer = if stance {
            format!(",{mood}")
        } else {
            String::new()
        };
        csv += &format!("{words} and somebody {verb} it on page {i},{label}{answer}\n");
    }
    csv
}

fn trained() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("labels.csv", labels(&[ENERGY, SPORT, NONE], true));
    sandbox
        .run(&["train", "labels.csv", "-o", "m.safetensors"])
        .ok();
    sandbox
}

/// Every probability and decision, by `task/label` and article; Persian and Turkish are answered from concepts.
fn answers(sandbox: &Sandbox, model: &str) -> BTreeMap<(String, usize), (u64, bool)> {
    let model = Pipeline::load(&sandbox.path(model)).unwrap();
    let texts = [
        ENERGY.1,
        SPORT.1,
        COURTS.1,
        NONE.1,
        "خط لوله گاز و پالایشگاه",
        "Boru hattı ve doğal gaz",
    ];
    let mut answers = BTreeMap::new();
    for (i, text) in texts.iter().enumerate() {
        let article = Article {
            text: (*text).to_owned(),
            ..Article::default()
        };
        for task in model.predict(&article).tasks {
            for label in task.labels {
                let name = format!("{}/{}", task.task, label.label);
                answers.insert((name, i), (label.probability.to_bits(), label.given));
            }
        }
    }
    answers
}

fn edit(sandbox: &Sandbox, more: &[&str]) -> Run {
    let args = ["train", "--from", "m.safetensors", "-o", "n.safetensors"];
    sandbox.run(&[&args, more].concat())
}

#[test]
fn a_label_taken_out_leaves_the_others_as_they_are() {
    let sandbox = trained();
    let before = answers(&sandbox, "m.safetensors");
    edit(&sandbox, &["--drop-label", "sport"]).ok();
    let after = answers(&sandbox, "n.safetensors");
    assert!(after.keys().all(|(name, _)| name != "topics/sport"));
    assert_eq!(after.len(), before.len() - 6);
    assert!(after.iter().all(|(key, answer)| before[key] == *answer));
    let row = sandbox
        .run(&["predict", "labels.csv", "-m", "n.safetensors"])
        .ok();
    assert!(!row.out().contains("uncalibrated"));
    sandbox.run(&["inspect", "n.safetensors", "--verify"]).ok();
    let card = std::fs::read_to_string(sandbox.path("n.card.md")).unwrap();
    assert!(card.contains("labels were added or taken out"), "{card}");

    edit(&sandbox, &["--keep-label", "topics/energy"]).ok();
    let kept = answers(&sandbox, "n.safetensors");
    assert!(kept.keys().all(|(name, _)| name == "topics/energy"));
    assert!(kept.iter().all(|(key, answer)| before[key] == *answer));
}

#[test]
fn a_label_put_in_is_learnt_beside_the_others() {
    let sandbox = trained();
    let before = answers(&sandbox, "m.safetensors");
    sandbox.write("courts.csv", labels(&[COURTS, ENERGY, NONE], false));
    edit(&sandbox, &["--add", "courts.csv"]).ok();
    let after = answers(&sandbox, "n.safetensors");
    assert!(before.iter().all(|(key, answer)| after[key] == *answer));
    assert_eq!(after.len(), before.len() + 6);
    let given = |i: usize| after[&("topics/courts".to_owned(), i)].1;
    assert!(given(2) && !given(0) && !given(3), "{after:?}");
    let report = std::fs::read_to_string(sandbox.path("n.report.json")).unwrap();
    assert!(report.contains("\"courts\"") && !report.contains("\"sport\""));
    sandbox.run(&["inspect", "n.safetensors", "--verify"]).ok();

    // Taken out again, the model answers as it did.
    let back = [
        "train",
        "--from",
        "n.safetensors",
        "-o",
        "back.safetensors",
        "--drop-label",
        "courts",
    ];
    sandbox.run(&back).ok();
    assert_eq!(answers(&sandbox, "back.safetensors"), before);
}

#[test]
fn a_new_column_becomes_a_task_of_its_own() {
    let sandbox = trained();
    let before = answers(&sandbox, "m.safetensors");
    let csv = labels(&[COURTS, ENERGY, NONE], false).replace("text,topics", "text,desk");
    sandbox.write("desk.csv", &csv);
    edit(&sandbox, &["--add", "desk.csv", "--label", "desk:single"]).ok();
    let after = answers(&sandbox, "n.safetensors");
    assert!(before.iter().all(|(key, answer)| after[key] == *answer));
    assert!(after[&("desk/courts".to_owned(), 2)].1);
    assert!(after[&("desk/energy".to_owned(), 0)].1);
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let sandbox = trained();
    edit(&sandbox, &["--drop-label", "culture"]).fails(&[
        "no label \"culture\"",
        "topics/energy, topics/sport, stance/against",
    ]);
    let all_but_one = ["--drop-label", "favor", "--drop-label", "neutral"];
    edit(&sandbox, &all_but_one)
        .fails(&["stance: exactly one of its labels holds", "at least two"]);
    edit(&sandbox, &["labels.csv", "--drop-label", "sport"])
        .fails(&["cannot be used with", "LABELS.csv"]);
    edit(&sandbox, &["labels.csv", "--add"]).fails(&["the model has all labels of this file"]);
    edit(&sandbox, &["labels.csv"]).fails(&["--from goes with --add"]);
    let nowhere = ["train", "--from", "x.safetensors", "--drop-label", "sport"];
    sandbox
        .run(&nowhere)
        .fails(&["no model at x.safetensors", "--from"]);
    sandbox.write(
        "more.csv",
        "text,stance\nit was mocked,mocking\nit was sold,selling\nit was mocked twice,mocking\n",
    );
    edit(&sandbox, &["more.csv", "--add"]).fails(&["stance: "]);
    assert!(!sandbox.path("n.safetensors").exists());
}
