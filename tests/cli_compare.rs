//! `toolkit compare` from its arguments to its exit code.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code)]

#[path = "../src/cli/compare.rs"]
mod compare;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use article_toolkit::article::{Task, TaskKind};
use article_toolkit::evaluate::{
    ArticleOutcome, Evidence, Report, ReportInput, ReportOptions, SplitMix64, TaskOutcomes,
};
use clap::Parser;

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    compare: compare::CompareArgs,
}

fn run(folder: &Path, arguments: &[&str]) -> Result<ExitCode, String> {
    let output = folder.join("out");
    let fixed = [
        "compare",
        "--resamples",
        "300",
        "--output",
        output.to_str().unwrap(),
    ];
    let command =
        Command::try_parse_from([&fixed, arguments].concat()).map_err(|error| error.to_string())?;
    compare::run(&command.compare).map_err(|error| format!("{error:#}"))
}

/// A report of 200 articles on one topic, wrong on `share` of them.
fn report(folder: &Path, name: &str, articles: usize, share: f64) -> PathBuf {
    let mut random = SplitMix64::new(3);
    let gold: Vec<bool> = (0..articles).map(|row| row % 3 == 0).collect();
    let decided: Vec<bool> = gold
        .iter()
        .map(|yes| (random.next_f64() < share) != *yes)
        .collect();
    let task = TaskOutcomes {
        task: Task {
            name: "topics".into(),
            kind: TaskKind::Multi,
            labels: vec!["energy".into()],
        },
        thresholds: vec![0.5],
        gold: gold.iter().map(|yes| vec![Some(*yes)]).collect(),
        scores: decided
            .iter()
            .map(|yes| vec![if *yes { 0.9 } else { 0.1 }])
            .collect(),
        decided: decided.iter().map(|yes| vec![*yes]).collect(),
    };
    let article = |row: usize| ArticleOutcome {
        id: row.to_string(),
        title: String::new(),
        digest: String::new(),
        group: row as u32,
        slices: BTreeMap::new(),
        evidence: vec![Evidence {
            task: None,
            label: "energy".into(),
            text: format!("gas|{name}"),
            concept: Some("natural_gas".into()),
            weight: 0.4,
        }],
        sentences: vec![],
    };
    let input = ReportInput {
        title: name.into(),
        method: "holdout".into(),
        articles: (0..articles).map(article).collect(),
        tasks: vec![task],
        settings: BTreeMap::new(),
        model: String::new(),
    };
    let path = folder.join(name);
    Report::build(input, &ReportOptions::default())
        .unwrap()
        .save(&path)
        .unwrap();
    path
}

#[test]
fn the_gate_decides_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let [good, bad, close] =
        [("good", 0.02), ("bad", 0.3), ("close", 0.03)].map(|(name, share)| {
            report(folder.path(), name, 200, share)
                .to_str()
                .unwrap()
                .to_owned()
        });
    let code = |arguments: &[&str]| run(folder.path(), arguments).unwrap();
    assert_eq!(code(&[&good, &bad]), ExitCode::SUCCESS);
    assert_eq!(code(&[&good, &bad, "--fail-if-worse"]), ExitCode::from(1));
    assert_eq!(code(&[&bad, &good, "--fail-if-worse"]), ExitCode::SUCCESS);
    assert_eq!(
        code(&[&good, &close, "--fail-if-worse=macro_f1"]),
        ExitCode::SUCCESS
    );
    assert_eq!(
        code(&[&good, &close, "--fail-if-worse=macro_f1:0.5"]),
        ExitCode::SUCCESS
    );
    assert_eq!(
        code(&[&good, &close, "--fail-if-worse=topics/energy/f1:0"]),
        ExitCode::from(1)
    );
    assert_eq!(
        code(&[&good, &bad, "--fail-if-worse=brier:0.01"]),
        ExitCode::from(1)
    );
    assert!(run(folder.path(), &[&good, &bad, "--fail-if-worse=politics/f1"]).is_err());
}

#[test]
fn every_format_is_written_for_two_and_for_three() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [0.02, 0.1, 0.3].map(|share| {
        report(folder.path(), &format!("model {share}"), 200, share)
            .to_str()
            .unwrap()
            .to_owned()
    });
    for (format, sign) in [
        ("text", "candidate"),
        ("markdown", "|---|"),
        ("json", "\"schema\": 1"),
        ("html", "<!DOCTYPE html>"),
    ] {
        for count in [2, 3] {
            let mut arguments = vec!["--format", format];
            arguments.extend(paths.iter().take(count).map(String::as_str));
            run(folder.path(), &arguments).unwrap();
            let text = std::fs::read_to_string(folder.path().join("out")).unwrap();
            assert!(text.contains(sign), "{format} {count}: {text}");
            assert!(text.contains("model 0.1"), "{format} {count}");
            for side in ["model 0.02", "model 0.1"] {
                let shown = match format {
                    "text" => format!("energy «gas|{side}» (natural_gas) +0.40"),
                    "markdown" => format!("energy «gas\\|{side}» (natural\\_gas) +0.40"),
                    _ => format!("gas|{side}"),
                };
                assert!(text.contains(&shown), "{format} {count}: {shown}\n{text}");
            }
            if count == 3 && format != "json" && format != "html" {
                assert!(text.contains("topics energy F1"), "{format}: {text}");
            }
        }
    }
}

#[test]
fn refusals_name_both_files_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let one = report(folder.path(), "one", 200, 0.1);
    let other = report(folder.path(), "other", 150, 0.1);
    let paths = [one.to_str().unwrap(), other.to_str().unwrap()];
    let error = run(folder.path(), &paths).unwrap_err();
    assert!(
        error.contains("50 articles stand only in the first") && error.contains("--common"),
        "{error}"
    );
    assert_eq!(
        run(folder.path(), &[paths[0], paths[1], "--common"]),
        Ok(ExitCode::SUCCESS)
    );
    let missing = run(folder.path(), &[paths[0], "nowhere.json"]).unwrap_err();
    assert!(missing.contains("nowhere.json"), "{missing}");
}

#[test]
fn the_gate_takes_an_optional_metric() {
    let parse = |args: &[&str]| Command::try_parse_from([&["compare"], args].concat());
    assert_eq!(parse(&["a", "b"]).unwrap().compare.fail_if_worse, None);
    let bare = parse(&["--fail-if-worse", "a", "b"]).unwrap();
    assert_eq!(bare.compare.fail_if_worse.as_deref(), Some(""));
    let given = parse(&["a", "b", "--fail-if-worse=macro_f1:0.01"]).unwrap();
    assert_eq!(
        given.compare.fail_if_worse.as_deref(),
        Some("macro_f1:0.01")
    );
    assert!(parse(&["a"]).is_err());
}
