//! `toolkit evaluate` through the real binary: every way to hold articles out, what stands beside the score, refusals.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use article_toolkit::evaluate::{Metric, Report};
use common::{Sandbox, topic_and_text};

/// Words of a topic, a stance and an outlet each: what a model can learn of 48 articles.
fn labels(sandbox: &Sandbox) {
    let stances = [
        ("favor", "praised welcomed success"),
        ("against", "condemned blamed failure"),
    ];
    let mut csv = "id,text,topics,stance,source,date,split\n".to_owned();
    for i in 0..48 {
        let (topic, text) = topic_and_text(i);
        let (stance, tone) = stances[i / 3 % 2];
        let text = format!("{tone} {text}");
        let (outlet, day, split) = (i % 8, 1 + i / 2, ["train", "train", "test", "dev"][i / 12]);
        csv += &format!("a{i},{text},{topic},{stance},outlet{outlet},2024-01-{day:02},{split}\n");
    }
    sandbox.write("labels.csv", csv);
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    labels(&sandbox);
    sandbox
}

/// A model of all rows, made once.
fn with_model() -> &'static Sandbox {
    static TRAINED: OnceLock<Sandbox> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let sandbox = sandbox();
        sandbox.run(&["train", "labels.csv", "--folds", "2"]).ok();
        sandbox
    })
}

fn report(sandbox: &Sandbox, name: &str) -> Report {
    Report::load(&sandbox.path(name)).unwrap()
}

fn headline(report: &Report) -> f64 {
    report.headline.estimate.value.unwrap()
}

#[test]
fn cross_validation_carries_all_it_is_asked_for() {
    let sandbox = sandbox();
    let args = [
        "evaluate",
        "labels.csv",
        "--cross-validate",
        "3",
        "--learning-curve",
        "--noise-check=3",
        "--baseline",
        "majority,glossary",
        "-o",
        "all.report.json",
    ];
    let said = sandbox.run(&args).ok().out();
    let report = report(&sandbox, "all.report.json");
    assert_eq!(report.method, "cross_validation");
    assert_eq!(report.articles.len(), 48);
    assert!(headline(&report) > 0.9, "{said}");
    let names: Vec<&str> = report
        .baselines
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["majority", "glossary"]);
    let majority = report.baselines[0].tasks[0][&Metric::MacroF1]
        .value
        .unwrap();
    assert!(majority < headline(&report), "{majority}");
    let sizes: Vec<u64> = report
        .learning_curve
        .iter()
        .map(|point| point.articles)
        .collect();
    assert!(
        sizes.is_sorted() && sizes.len() >= 2 && sizes.last() == Some(&32),
        "{sizes:?}"
    );
    assert_eq!(
        report.learning_curve.last().unwrap().estimate.value,
        report.headline.estimate.value
    );
    for check in &report.noise_check {
        assert!(check.retrained && check.shuffles == 3);
        assert!(
            check.value.unwrap() > check.shuffled.value.unwrap() + 0.2,
            "{}",
            check.words
        );
        assert!(
            check.words.ends_with("the score comes from the articles"),
            "{}",
            check.words
        );
    }
    for part in [
        "baseline majority: ",
        "baseline glossary: ",
        "trained on 32 articles: ",
        "noise check, topics",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    for file in ["all.report.html", "all.report.md"] {
        let page = fs::read_to_string(sandbox.path(file)).unwrap();
        let lower = page.to_lowercase();
        assert!(
            lower.contains("noise check") && lower.contains("majority"),
            "{file}"
        );
    }
}

#[test]
fn a_report_without_texts_has_none_of_their_sentences() {
    let sandbox = with_model();
    let (_, text) = topic_and_text(4);
    for (option, name, there) in [
        (None, "open.report.json", true),
        (Some("--no-texts"), "closed.report.json", false),
    ] {
        let mut args = vec!["evaluate", "labels.csv", "-o", name];
        args.extend(option);
        sandbox.run(&args).ok();
        let page = sandbox.path(name).with_extension("html");
        let page = fs::read_to_string(page).unwrap();
        assert_eq!(page.contains(&text), there, "{name}");
        let kept = report(sandbox, name);
        let quoted = kept.articles.iter().any(|one| !one.sentences.is_empty());
        assert_eq!(quoted, there, "{name}");
        assert!(kept.articles.iter().any(|one| !one.evidence.is_empty()));
    }
}

#[test]
fn held_out_articles_carry_evidence_and_slices() {
    let sandbox = sandbox();
    sandbox
        .run(&[
            "evaluate",
            "labels.csv",
            "--cross-validate",
            "2",
            "-o",
            "r.json",
        ])
        .ok();
    let report = report(&sandbox, "r.json");
    let decided = |row: usize| {
        report
            .tasks
            .iter()
            .any(|task| task.outcomes.decided[row].contains(&true))
    };
    let bare = (0..48).filter(|&row| decided(row) && report.articles[row].evidence.is_empty());
    assert_eq!(bare.count(), 0);
    let energy = report.articles[0]
        .evidence
        .iter()
        .find(|one| one.label == "energy")
        .unwrap();
    let text = fs::read_to_string(sandbox.path("labels.csv")).unwrap();
    assert!(
        energy.weight > 0.0 && text.contains(&energy.text),
        "{energy:?}"
    );
    let keys: BTreeSet<&str> = report.tasks[0]
        .slices
        .iter()
        .map(|slice| slice.key.as_str())
        .collect();
    let expected = ["boilerplate", "lang", "length", "month", "source", "title"];
    assert_eq!(keys, BTreeSet::from(expected));
}

#[test]
fn a_group_never_stands_on_both_sides() {
    let sandbox = sandbox();
    let by_source = |folds: &str, name: &str| {
        sandbox.run(&[
            "evaluate",
            "labels.csv",
            "--cross-validate",
            folds,
            "--group",
            "source",
            "-o",
            name,
        ])
    };
    by_source("4", "grouped.json").ok();
    assert_eq!(
        report(&sandbox, "grouped.json").settings["kept together"],
        "source"
    );
    by_source("9", "never.json").fails(&[
        "9 folds",
        "8 parts that share no source",
        "take fewer folds",
    ]);
    assert!(!sandbox.path("never.json").exists());
}

/// Each outlet has one label of its own and nothing else to tell it by but the outlet's name in the text: a model that
/// saw the outlet knows the label, one that did not cannot.
#[test]
fn a_group_takes_away_what_the_outlet_gave_away() {
    let sandbox = Sandbox::new();
    let outlets = [
        "granite", "walnut", "comet", "harvest", "lantern", "meadow", "orchid", "pepper", "quartz",
        "saffron", "timber", "velvet",
    ];
    let mut csv = "text,topics,source\n".to_owned();
    for i in 0..60 {
        let outlet = outlets[i / 5];
        let topic = ["energy", "security"][i / 5 % 2];
        let own: Vec<String> = (0..12)
            .map(|k| format!("word{}", (i * i * 31 + k * k * 7 + i * k * 13) % 997))
            .collect();
        csv += &format!("{outlet} {outlet} {},{topic},{outlet}\n", own.join(" "));
    }
    sandbox.write("labels.csv", csv);
    sandbox
        .run(&[
            "evaluate",
            "labels.csv",
            "--cross-validate",
            "3",
            "-o",
            "mixed.json",
        ])
        .ok();
    sandbox
        .run(&[
            "evaluate",
            "labels.csv",
            "--cross-validate",
            "3",
            "--group",
            "source",
            "-o",
            "apart.json",
        ])
        .ok();
    let (mixed, apart) = (
        report(&sandbox, "mixed.json"),
        report(&sandbox, "apart.json"),
    );
    assert!(
        headline(&mixed) > headline(&apart) + 0.1,
        "{} {}",
        headline(&mixed),
        headline(&apart)
    );
}

#[test]
fn a_day_parts_training_from_test() {
    let sandbox = sandbox();
    let run = sandbox.run(&[
        "evaluate",
        "labels.csv",
        "--time-split",
        "2024-01-17",
        "--baseline",
        "majority",
        "--learning-curve",
        "--noise-check=2",
        "-o",
        "time.json",
    ]);
    let said = run.ok().out();
    let report = report(&sandbox, "time.json");
    assert_eq!(report.method, "time_split");
    let ids: Vec<&str> = report.articles.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids.first(), Some(&"a32"));
    assert_eq!(ids.len(), 16);
    assert_eq!(report.settings["training articles"], "32");
    assert_eq!(
        report.learning_curve.last().map(|point| point.articles),
        Some(32)
    );
    assert_eq!((report.baselines.len(), report.noise_check.len()), (1, 2));
    assert!(
        said.contains("trained on articles before 2024-01-17"),
        "{said}"
    );
    for (day, parts) in [
        ("2024-01", &["is not a day", "YYYY-MM-DD"]),
        ("2030-01-01", &["2030-01-01", "no article to judge"]),
        ("1990-01-01", &["1990-01-01", "no article to train on"]),
    ] {
        sandbox
            .run(&["evaluate", "labels.csv", "--time-split", day])
            .fails(parts);
    }
}

#[test]
fn splits_part_training_from_test_and_copies_stay_out() {
    let sandbox = sandbox();
    let judged = |args: &[&str], name: &str| {
        let run = sandbox.run(&[&["evaluate", "labels.csv", "-o", name], args].concat());
        let said = run.err();
        run.ok();
        (report(&sandbox, name), said)
    };
    let (test, _) = judged(&["--train-split", "train", "--split", "test"], "test.json");
    assert_eq!(
        (test.method.as_str(), test.articles.len()),
        ("hold_out", 12)
    );
    let (others, _) = judged(&["--train-split", "train"], "others.json");
    assert_eq!(others.articles.len(), 24);
    // Copies of judged articles are not learnt from.
    let all = fs::read_to_string(sandbox.path("labels.csv")).unwrap();
    let copy = all.lines().find(|line| line.starts_with("a40,")).unwrap();
    let copy = copy
        .replacen("a40", "copy", 1)
        .replacen(",dev", ",train", 1);
    sandbox.write("labels.csv", format!("{all}{copy}\n"));
    let (copied, said) = judged(&["--train-split", "train"], "copied.json");
    assert_eq!(copied.settings["training articles"], "24");
    assert!(
        said.contains("1 article of the training part left out"),
        "{said}"
    );
    sandbox
        .run(&[
            "evaluate",
            "labels.csv",
            "--train-split",
            "train",
            "--group",
            "source",
        ])
        .fails(&["no article is left to train on", "source"]);
}

#[test]
fn a_report_of_training_carries_its_baseline_and_evidence() {
    let report = report(with_model(), "models/model.report.json");
    let names: Vec<&str> = report
        .baselines
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["majority"]);
    assert_eq!(report.baselines[0].tasks.len(), report.tasks.len());
    let majority = report.baselines[0].tasks[0][&Metric::MacroF1]
        .value
        .unwrap();
    assert!(majority < headline(&report), "{majority}");
    assert!(report.articles.iter().any(|one| !one.evidence.is_empty()));
}

#[test]
fn a_model_that_saw_the_articles_says_so() {
    let sandbox = with_model();
    let run = sandbox.run(&["evaluate", "labels.csv", "--noise-check", "-o", "seen.json"]);
    assert!(
        run.err().contains("trained on these very articles"),
        "{}",
        run.err()
    );
    run.ok();
    let report = report(sandbox, "seen.json");
    assert_eq!(report.method, "training_data");
    assert!(
        report
            .noise_check
            .iter()
            .all(|check| !check.retrained && check.shuffles == 200 && check.p < 0.01)
    );
}

#[test]
fn what_cannot_be_is_refused_with_a_way_out() {
    let sandbox = with_model();
    let model = "models/model.safetensors";
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--cross-validate", "3", "--model", model],
            &["--cross-validate trains", "leave out --model"],
        ),
        (
            &["--cross-validate", "3", "--time-split", "2024-01-10"],
            &["--cross-validate and --time-split", "one of them"],
        ),
        (
            &["--baseline", "majority"],
            &["--baseline needs", "--cross-validate 5"],
        ),
        (
            &["--learning-curve", "--model", model],
            &["--learning-curve needs", "--train-split"],
        ),
        (&["--group", "source"], &["--group needs"]),
        (
            &["--train-split", "train", "--split", "train"],
            &["both \"train\""],
        ),
        (
            &["--train-split", "trian"],
            &["no row of split \"trian\"", "dev, test, train"],
        ),
        (
            &["--group", "outlet", "--cross-validate", "3"],
            &["source, target, date or lang"],
        ),
        (
            &["--cross-validate", "20", "--split", "dev"],
            &["20 folds cannot be made", "take fewer folds"],
        ),
    ];
    for (args, parts) in cases {
        sandbox
            .run(&[&["evaluate", "labels.csv"], *args].concat())
            .fails(parts);
    }
    let nothing = sandbox.run(&["evaluate", "labels.csv", "--model", "no.safetensors"]);
    nothing.fails(&["no model at no.safetensors", "toolkit train"]);
}

#[test]
fn the_report_is_the_same_at_any_number_of_threads() {
    let sandbox = sandbox();
    let mut written: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for threads in ["1", "3"] {
        let args = [
            "evaluate",
            "labels.csv",
            "--threads",
            threads,
            "--cross-validate",
            "2",
            "--noise-check=2",
            "--learning-curve",
            "-o",
            "same.json",
        ];
        sandbox.run(&args).ok();
        written.insert(threads, fs::read(sandbox.path("same.json")).unwrap());
    }
    assert!(written["1"] == written["3"]);
}
