//! One contract for every learner: `toolkit train --classifier NAME` for all that `--list-classifiers` names, and the
//! options that pass through to cuts and search.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;

use article_toolkit::article::Article;
use article_toolkit::pipeline::Pipeline;
use common::Sandbox;

/// Themes told by their words; some articles carry two, some none.
fn labels(n: usize) -> String {
    let themes = [
        ("energy", "gas pipeline oil pumping barrel"),
        ("sport", "match goal football referee league"),
        ("trade", "export tariff customs market goods"),
    ];
    let mut csv = "text,topics,stance\n".to_owned();
    for i in 0..n {
        let (label, words) = themes[i % 3];
        let (other, more) = themes[(i / 3) % 3];
        let two = i % 5 == 0 && label != other;
        let topics = match i % 11 {
            10 => "none".to_owned(),
            _ if two => format!("{label}|{other}"),
            _ => label.to_owned(),
        };
        let words = match i % 11 {
            10 => "weather cloud rain quiet evening".to_owned(),
            _ if two => format!("{words} {more}"),
            _ => words.to_owned(),
        };
        let (stance, mood) = [("favor", "welcome praise"), ("against", "blame refuse")][i % 2];
        csv += &format!(
            "{words} number{i} {mood} paper{},{topics},{stance}\n",
            i % 7
        );
    }
    csv
}

fn train(sandbox: &Sandbox, csv: &str, more: &[&str]) -> common::Run {
    sandbox.write("labels.csv", csv);
    let args = [
        "train",
        "labels.csv",
        "-o",
        "m.safetensors",
        "--no-builtin-glossary",
    ];
    sandbox.run(&[&args, more].concat())
}

/// The learners that this build has.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run(&["train", "--list-classifiers"]).ok().out();
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let built = lines.filter(|line| !line.contains("(not in this build"));
    let lines = built.map(|line| {
        let (name, about) = line.split_once(' ').expect("a name and a line about it");
        assert!(!about.trim().is_empty(), "{line}");
        name.to_owned()
    });
    lines.collect()
}

fn answers(sandbox: &Sandbox, texts: &[&str]) -> Vec<BTreeMap<String, (f64, bool)>> {
    answers_of("m.safetensors", sandbox, texts)
}

fn answers_of(
    model: &str,
    sandbox: &Sandbox,
    texts: &[&str],
) -> Vec<BTreeMap<String, (f64, bool)>> {
    let model = Pipeline::load(&sandbox.path(model)).unwrap();
    let answer = |text: &&str| {
        let article = Article {
            text: (*text).to_owned(),
            ..Article::default()
        };
        let tasks = model.predict(&article).tasks.into_iter();
        tasks
            .flat_map(|task| task.labels)
            .map(|l| (l.label, (l.probability, l.given)))
            .collect()
    };
    texts.iter().map(answer).collect()
}

#[test]
fn every_classifier_keeps_the_contract() {
    let sandbox = Sandbox::new();
    let all = names(&sandbox);
    for name in [
        "logistic",
        "svm",
        "multinomial",
        "complement-bayes",
        "multinomial-bayes",
    ] {
        assert!(all.iter().any(|n| n == name), "{name} in {all:?}");
    }
    for name in &all {
        // Shapes and order of labels, through the file: sorted, one probability each.
        train(&sandbox, &labels(66), &["--classifier", name]).ok();
        let found = answers(
            &sandbox,
            &["gas pipeline oil praise", "goal football blame", ""],
        );
        for answer in &found {
            let labels: Vec<&str> = answer.keys().map(String::as_str).collect();
            assert_eq!(
                labels,
                ["against", "energy", "favor", "sport", "trade"],
                "{name}"
            );
            assert!(
                answer.values().all(|(p, _)| (0.0..=1.0).contains(p)),
                "{name}"
            );
        }
        if !["majority", "glossary"].contains(&name.as_str()) {
            assert!(
                found[0]["energy"].1 && !found[0]["sport"].1,
                "{name}: {found:?}"
            );
            assert!(
                found[1]["sport"].1 && found[1]["against"].1,
                "{name}: {found:?}"
            );
        }
    }
}

/// A model read and written again is the same file, so reading loses nothing, and answers with the same bits.
#[test]
fn every_classifier_is_saved_and_loaded_whole() {
    let sandbox = Sandbox::new();
    let texts = ["gas pipeline oil praise", "goal football blame", ""];
    for name in &names(&sandbox) {
        train(&sandbox, &labels(66), &["--classifier", name]).ok();
        let (first, second) = (
            sandbox.path("m.safetensors"),
            sandbox.path("again.safetensors"),
        );
        Pipeline::load(&first).unwrap().save(&second).unwrap();
        let bytes = |path| std::fs::read(path).unwrap();
        assert!(bytes(&first) == bytes(&second), "{name}");
        let bits = |model| {
            let all = answers_of(model, &sandbox, &texts).into_iter().flatten();
            let bits = all.map(|(label, (p, given))| (label, p.to_bits(), given));
            bits.collect::<Vec<_>>()
        };
        assert_eq!(bits("m.safetensors"), bits("again.safetensors"), "{name}");
    }
}

#[test]
fn what_linfa_offers_is_listed_with_what_it_needs() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run(&["train", "--list-classifiers"]).ok().out();
    let own = listed.lines().find(|line| line.starts_with("linfa-svm "));
    let built = cfg!(feature = "linfa-classifiers");
    assert_eq!(own.unwrap().contains("(not in this build"), !built);
    assert!(listed.contains("Not offered: linfa-bayes"), "{listed}");
    assert!(listed.contains("linfa-trees"), "{listed}");
    let run = train(&sandbox, &labels(66), &["--classifier", "linfa-svm"]);
    if built {
        run.ok();
    } else {
        run.fails(&["not in this build", "--features linfa-classifiers"]);
        assert!(!sandbox.path("m.safetensors").exists());
    }
}

#[test]
fn every_classifier_refuses_one_answer_for_all() {
    let sandbox = Sandbox::new();
    let csv: String = (0..9).map(|i| format!("word{i} text,energy\n")).collect();
    for name in names(&sandbox) {
        let run = train(
            &sandbox,
            &format!("text,topics\n{csv}"),
            &["--classifier", &name],
        );
        assert_eq!(run.code(), 2);
        assert!(run.err().contains("same answer"), "{name}: {}", run.err());
    }
}

#[test]
fn cut_rules_stand_in_the_report() {
    let sandbox = Sandbox::new();
    let csv = labels(66);
    let rule = |more: &[&str]| {
        train(
            &sandbox,
            &csv,
            &[&["--classifier", "complement-bayes"], more].concat(),
        )
        .ok();
        let json = std::fs::read_to_string(sandbox.path("m.report.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["settings"]["cuts"].as_str().unwrap().to_owned()
    };
    assert_eq!(rule(&[]), "best F1");
    assert_eq!(rule(&["--cost", "1:4"]), "lowest cost, wrong to missed 1:4");
    assert_eq!(rule(&["--precision", "0.9"]), "precision at least 0.9");
    for bad in [
        ["--precision", "1.5"],
        ["--cost", "1:0"],
        ["--cost", "1"],
        ["--budget", "9"],
    ] {
        assert_eq!(train(&sandbox, &csv, &bad).code(), 2, "{bad:?}");
    }
}

#[test]
fn a_spent_budget_still_gives_a_model_and_says_so() {
    let sandbox = Sandbox::new();
    let run = train(&sandbox, &labels(66), &["--budget", "0s"]).ok();
    assert!(
        run.err().contains("the search was stopped"),
        "{}",
        run.err()
    );
    let card = std::fs::read_to_string(sandbox.path("m.card.md")).unwrap();
    assert!(card.contains("budget of 0 s was spent"), "{card}");
    assert!(card.contains("Sure of "), "{card}");
}

/// Descriptions of two of the themes of [`labels`], and of one that no article has.
const TOPICS: &str = "label,description\nenergy,Oil and gas and pipeline and pumping and barrel.\nsport,\"Football, match, goal, referee.\"\nfarming,\"Harvest, wheat, cattle.\"\n";

fn probability(answers: &[BTreeMap<String, (f64, bool)>], row: usize, label: &str) -> f64 {
    answers[row][label].0
}

#[test]
fn descriptions_alone_rank_articles_and_say_that_they_are_uncalibrated() {
    let sandbox = Sandbox::new();
    sandbox.write("topics.csv", TOPICS);
    train(&sandbox, "text,topics\n", &["--topics", "topics.csv"]).ok();
    let texts = [
        "gas pipeline oil praise",
        "goal football blame",
        "wheat harvest",
    ];
    let found = answers(&sandbox, &texts);
    for (row, label) in ["energy", "sport", "farming"].iter().enumerate() {
        for other in ["energy", "sport", "farming"] {
            let (own, p) = (
                probability(&found, row, label),
                probability(&found, row, other),
            );
            assert!(
                own > p || *label == other,
                "{row} {label} {own} {other} {p}"
            );
        }
    }
    let article = Article {
        text: texts[0].to_owned(),
        ..Article::default()
    };
    let model = Pipeline::load(&sandbox.path("m.safetensors")).unwrap();
    let flags = model.predict(&article).flags;
    assert!(
        flags.contains(&"uncalibrated topics".to_owned()),
        "{flags:?}"
    );
}

#[test]
fn articles_not_yet_labelled_are_ranked_and_a_label_without_one_keeps_its_description() {
    let sandbox = Sandbox::new();
    sandbox.write("topics.csv", TOPICS);
    let unlabelled = "text,topics\ngas pipeline oil,\nfootball goal,\nwheat harvest cattle,\n";
    train(&sandbox, unlabelled, &["--no-topics"]).fails(&["no label at all"]);
    let run = train(&sandbox, unlabelled, &[]).ok();
    assert!(
        run.err().contains("\"farming\" has no article"),
        "{}",
        run.err()
    );
    // Enough articles of the others: they are calibrated, it is not.
    train(&sandbox, &labels(66), &[]).ok();
    let found = answers(&sandbox, &["wheat harvest cattle", "goal football match"]);
    assert!(probability(&found, 0, "farming") > probability(&found, 1, "farming"));
    assert!(probability(&found, 1, "sport") > probability(&found, 0, "sport"));
    let report = std::fs::read_to_string(sandbox.path("m.report.json")).unwrap();
    assert!(report.contains("\"topics.family\""));
}

#[test]
fn a_broken_description_is_told_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("topics.csv", "label,description\nenergy,\n");
    train(&sandbox, &labels(30), &[]).fails(&["topics.csv, line 2", "description", "empty cell"]);
}
