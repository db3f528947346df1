//! `toolkit train --max-model-size`: a file no larger than asked for, and what that costs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use article_toolkit::article::{Corpus, LabelsOptions};
use article_toolkit::features::Glossary;
use article_toolkit::pipeline::{Pipeline, TrainConfig};
use common::{Run, Sandbox, topic_and_text};

fn sandbox(n: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut csv = "text,topics,stance\n".to_owned();
    for i in 0..n {
        let (topic, text) = topic_and_text(i);
        let stance = ["favor", "against"][i / 3 % 2];
        csv += &format!("{text} they {stance}ed it,{topic},{stance}\n");
    }
    sandbox.write("labels.csv", csv);
    sandbox
}

/// Trains without the built-in glossary, whose size would hide that of the features.
fn train(sandbox: &Sandbox, model: &str, more: &[&str]) -> Run {
    let args = ["train", "labels.csv", "--no-builtin-glossary", "-o", model];
    sandbox.run(&[&args, more].concat())
}

fn size(sandbox: &Sandbox, model: &str) -> u64 {
    fs::metadata(sandbox.path(model)).unwrap().len()
}

fn read(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    fs::read(sandbox.path(name)).unwrap()
}

fn features(model: &Pipeline) -> usize {
    model.tfidf().vocabulary().n_features()
}

#[test]
fn the_file_is_as_small_as_asked_for_and_the_cost_is_told() {
    let sandbox = sandbox(60);
    train(&sandbox, "whole.safetensors", &[]).ok();
    let (whole, least) = (size(&sandbox, "whole.safetensors"), smallest(&sandbox));
    let limit = least + (whole - least) / 3;
    let bytes = limit.to_string();
    let run = train(&sandbox, "m.safetensors", &["--max-model-size", &bytes]).ok();
    let took = size(&sandbox, "m.safetensors");
    assert!(
        took <= limit && took > limit - limit / 20,
        "{took}, not {limit}"
    );

    let models = ["whole.safetensors", "m.safetensors"];
    let models = models.map(|name| Pipeline::load(&sandbox.path(name)).unwrap());
    let [before, after] = models.each_ref().map(features);
    assert!(after < before);
    let told = format!("pruned from {before} to {after} features, ");
    let cost = |task: usize| {
        let [before, after] = models.each_ref().map(|m| &m.heads()[task]);
        let (f, g) = (before.macro_f1.unwrap(), after.macro_f1.unwrap());
        format!("{} macro-F1 {f:.3} -> {g:.3}", before.task.name)
    };
    let out = run.out();
    let card = String::from_utf8(read(&sandbox, "m.card.md")).unwrap();
    let report = String::from_utf8(read(&sandbox, "m.report.json")).unwrap();
    for part in [told, cost(0), cost(1)] {
        assert!(out.contains(&part), "{part} is not in\n{out}");
        assert!(card.contains(&part) && report.contains(&part));
    }
    assert!(card.contains("Runner-up"), "{card}");

    sandbox.run(&["inspect", "m.safetensors", "--verify"]).ok();
    let rows = sandbox.run(&[
        "predict",
        "labels.csv",
        "-m",
        "m.safetensors",
        "--format",
        "jsonl",
    ]);
    assert_eq!(rows.ok().out().lines().count(), 60);
    sandbox
        .run(&["evaluate", "labels.csv", "-m", "m.safetensors"])
        .ok();
}

/// The smallest size in bytes, as the error on an impossible one gives it.
fn smallest(sandbox: &Sandbox) -> u64 {
    smallest_with(sandbox, &[])
}

fn smallest_with(sandbox: &Sandbox, more: &[&str]) -> u64 {
    let options = [&["--max-model-size", "1kB"], more].concat();
    let run = train(sandbox, "never.safetensors", &options);
    let run = run.fails(&["no model file of 1.0 kB is possible here", "give at least"]);
    assert!(!sandbox.path("never.safetensors").exists());
    let message = run.err();
    let (_, least) = message.split_once("the smallest takes ").unwrap();
    let (kilobytes, _) = least.split_once(" kB").unwrap();
    (kilobytes.parse::<f64>().unwrap() * 1000.0) as u64
}

#[test]
fn the_smallest_size_named_is_possible_and_no_smaller_one() {
    let sandbox = sandbox(24);
    let least = smallest(&sandbox);
    let given = least.to_string();
    train(&sandbox, "m.safetensors", &["--max-model-size", &given]).ok();
    assert!(size(&sandbox, "m.safetensors") <= least);
    let less = (least - 200).to_string();
    train(&sandbox, "n.safetensors", &["--max-model-size", &less]).fails(&["the smallest takes"]);
}

#[test]
fn a_limit_that_is_no_limit_changes_nothing_and_threads_change_nothing() {
    let sandbox = sandbox(36);
    train(&sandbox, "whole.safetensors", &[]).ok();
    let run = train(&sandbox, "m.safetensors", &["--max-model-size", "1GB"]).ok();
    assert!(!run.out().contains("pruned"), "{}", run.out());
    for name in ["safetensors", "card.md", "report.json"] {
        let [whole, limited] = ["whole", "m"].map(|m| read(&sandbox, &format!("{m}.{name}")));
        assert!(whole == limited, "{name}");
    }
    let limit = (smallest(&sandbox) + size(&sandbox, "whole.safetensors")) / 2;
    let limit = limit.to_string();
    for threads in ["1", "2"] {
        let options = ["--max-model-size", &limit, "--threads", threads];
        train(&sandbox, &format!("t{threads}.safetensors"), &options).ok();
    }
    for name in ["safetensors", "card.md", "report.json"] {
        let [one, two] = ["t1", "t2"].map(|m| read(&sandbox, &format!("{m}.{name}")));
        assert!(one == two, "{name}");
    }
}

#[test]
fn a_model_for_other_languages_is_pruned_too() {
    let sandbox = sandbox(24);
    let concepts = "gas,topic_term,natural gas,گاز,غاز,газ*,qaz,gaz,gas\narmy,topic_term,armed forces,ارتش,جيش,арми*,ordu,ordu,army\n";
    let glossary = format!("concept,kind,gloss,fa,ar,ru,az,tr,en\n{concepts}");
    sandbox.write("mine.csv", glossary);
    let mine = ["--glossary", "mine.csv"];
    train(&sandbox, "whole.safetensors", &mine).ok();
    let limit = smallest_with(&sandbox, &mine) + 4000;
    let limit = limit.to_string();
    let options = [&mine[..], &["--max-model-size", &limit]].concat();
    let run = train(&sandbox, "m.safetensors", &options).ok();
    assert!(run.out().contains("(second model: "), "{}", run.out());
    assert!(size(&sandbox, "m.safetensors") <= limit.parse().unwrap());
    sandbox.run(&["inspect", "m.safetensors", "--verify"]).ok();
    let [before, after] = ["whole", "m"].map(|name| {
        let path = sandbox.path(&format!("{name}.safetensors"));
        Pipeline::load(&path).unwrap()
    });
    let second = |model: &Pipeline| features(model.transfer().unwrap().1);
    assert!(second(&after) < second(&before));
}

#[test]
fn a_limit_below_the_glossary_says_that_it_is_the_glossary() {
    let sandbox = sandbox(24);
    let run = sandbox.run(&["train", "labels.csv", "--max-model-size", "1MB"]);
    run.fails(&["the glossary alone takes", "--no-builtin-glossary"]);
}

#[test]
fn what_is_no_size_or_no_training_is_refused() {
    let sandbox = sandbox(6);
    let run = |size: &str| train(&sandbox, "m.safetensors", &["--max-model-size", size]);
    run("small").fails(&["small", "kB, MB, GB, KiB, MiB, GiB"]);
    run("5,5MB").fails(&["such as 8MiB"]);
    let more = ["--max-model-size", "5MB", "--add"];
    train(&sandbox, "m.safetensors", &more).fails(&["--max-model-size", "--add"]);
}

/// Columns chosen with the labels of held-out articles would tell what nothing can tell.
#[test]
fn columns_are_chosen_without_the_articles_held_out() {
    let sandbox = Sandbox::new();
    let mut csv = "text,stance\n".to_owned();
    let mut state = 7_u64;
    let mut random = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % n
    };
    for _ in 0..80 {
        let words: Vec<String> = (0..60).map(|_| format!("w{}x", random(900))).collect();
        let stance = ["favor", "against"][random(2) as usize];
        csv += &format!("{},{stance}\n", words.join(" "));
    }
    let path = sandbox.write("labels.csv", csv);
    let corpus = Corpus::read(&path, &LabelsOptions::default()).unwrap();
    let mut config = TrainConfig::new(Glossary::default());
    config.blocks = Some(vec![[1.0, 0.0, 0.0, 0.0, 0.0]]);
    config.max_columns = Some(60);
    let trained = Pipeline::train(&corpus, &config, &|_, _, _| ()).unwrap();
    assert_eq!(features(&trained.pipeline), 60);
    let macro_f1 = trained.pipeline.heads()[0].macro_f1.unwrap();
    assert!(macro_f1 < 0.65, "{macro_f1}");
}
