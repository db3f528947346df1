//! Simulation of the statistics: how often tests reject under the null, and how often intervals cover the truth.
//!
//! `cargo bench --bench simulation` prints the tables that stand in `docs/metrics.md`; the seeds are fixed.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use article_toolkit::article::{Task, TaskKind};
use article_toolkit::evaluate::interval::normal_cdf;
use article_toolkit::evaluate::{
    ArticleOutcome, CompareOptions, Comparison, Report, ReportInput, ReportOptions, Resampling,
    SplitMix64, TaskOutcomes,
};
use rayon::prelude::*;

/// Simulated pairs and test sets of each scenario.
const RUNS: u64 = 2000;

/// Chance of gold yes, of a hit given yes, and of a false alarm given no, label by label.
type World = &'static [(f64, f64, f64)];

const TOPICS: World = &[
    (0.35, 0.85, 0.08),
    (0.25, 0.8, 0.05),
    (0.2, 0.75, 0.06),
    (0.12, 0.7, 0.03),
];

struct Scenario {
    name: &'static str,
    articles: usize,
    /// Near-duplicates: groups of up to this many equal articles.
    largest_group: usize,
    world: World,
}

const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "120 articles",
        articles: 120,
        largest_group: 1,
        world: TOPICS,
    },
    Scenario {
        name: "422 articles",
        articles: 422,
        largest_group: 1,
        world: TOPICS,
    },
    Scenario {
        name: "2,000 articles",
        articles: 2000,
        largest_group: 1,
        world: TOPICS,
    },
    Scenario {
        name: "422 articles in groups of 1 to 3",
        articles: 422,
        largest_group: 3,
        world: TOPICS,
    },
];

const COVERED: [&str; 12] = [
    "t/macro_f1",
    "t/micro_f1",
    "t/micro_precision",
    "t/weighted_f1",
    "t/article_f1",
    "t/subset_accuracy",
    "t/l0/f1",
    "t/l3/f1",
    "t/l3/recall",
    "t/l3/average_precision",
    "t/l3/roc_auc",
    "t/brier",
];

/// Distance of the scores of gold yes from those of gold no, in standard deviations.
const APART: f64 = 1.5;

fn main() {
    println!(
        "Rejections at 5 % of {RUNS} pairs under the null; the two models err alike and independently.\n"
    );
    println!(
        "| scenario | macro F1 | micro F1 | per-article F1 | F1 of l0 | F1 of l3 | McNemar l0 | McNemar l3 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for scenario in &SCENARIOS {
        println!(
            "| {} | {} |",
            scenario.name,
            null_rates(scenario).join(" | ")
        );
    }
    println!("\nShare of {RUNS} test sets whose 95 % interval covers the true value.\n");
    println!(
        "| scenario | {} | difference of macro F1 |",
        COVERED.join(" | ").replace("t/", "")
    );
    println!("|---|{}---|", "---|".repeat(COVERED.len()));
    for scenario in &SCENARIOS {
        println!("| {} | {} |", scenario.name, coverage(scenario).join(" | "));
    }
}

fn percent(count: u64) -> String {
    format!("{:.1} %", 100.0 * count as f64 / RUNS as f64)
}

fn null_rates(scenario: &Scenario) -> Vec<String> {
    let rejected = (0..RUNS)
        .into_par_iter()
        .map(|run| rejections(&compare(scenario, run)))
        .reduce(
            || vec![0; 7],
            |a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect(),
        );
    rejected.into_iter().map(percent).collect()
}

fn rejections(comparison: &Comparison) -> Vec<u64> {
    let p = |path: &str| {
        comparison
            .delta(path)
            .and_then(|delta| delta.p)
            .unwrap_or(1.0)
    };
    let labels = &comparison.tasks[0].labels;
    let all = [
        p("t/macro_f1"),
        p("t/micro_f1"),
        p("t/article_f1"),
        p("t/l0/f1"),
        p("t/l3/f1"),
        labels[0].mcnemar,
        labels[3].mcnemar,
    ];
    all.iter().map(|p| u64::from(*p < 0.05)).collect()
}

fn coverage(scenario: &Scenario) -> Vec<String> {
    let truth = truth(scenario.world);
    let covered = (0..RUNS)
        .into_par_iter()
        .map(|run| covered(scenario, run, &truth))
        .reduce(
            || vec![0; COVERED.len() + 1],
            |a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect(),
        );
    covered.into_iter().map(percent).collect()
}

fn covered(scenario: &Scenario, run: u64, truth: &BTreeMap<String, f64>) -> Vec<u64> {
    let (report, other) = reports(scenario, run);
    let options = CompareOptions {
        resampling: settings(run),
        common: false,
    };
    let comparison = report.compare(&other, &options).unwrap();
    let inside = COVERED.iter().map(|path| {
        let estimate = report.estimate(path).unwrap();
        u64::from(
            estimate
                .interval
                .is_some_and(|interval| interval.contains(truth[*path])),
        )
    });
    let delta = comparison.delta("t/macro_f1").unwrap();
    inside
        .chain([u64::from(
            delta
                .interval
                .is_some_and(|interval| interval.contains(0.0)),
        )])
        .collect()
}

/// The value of every covered metric in an endless test set.
fn truth(world: World) -> BTreeMap<String, f64> {
    let cells: Vec<[f64; 3]> = world
        .iter()
        .map(|&(p, s, f)| [p * s, (1.0 - p) * f, p * (1.0 - s)])
        .collect();
    let f1 = |[tp, fp, fneg]: [f64; 3]| 2.0 * tp / (2.0 * tp + fp + fneg);
    let all = cells.iter().fold([0.0; 3], |sum, cell| {
        [sum[0] + cell[0], sum[1] + cell[1], sum[2] + cell[2]]
    });
    let support: f64 = world.iter().map(|label| label.0).sum();
    let weighted = cells
        .iter()
        .zip(world)
        .map(|(cell, label)| f1(*cell) * label.0)
        .sum::<f64>()
        / support;
    let (article_f1, exact) = by_article(&cells);
    let [average_precision, auc, brier] = of_scores(world, world[3].0);
    BTreeMap::from([
        (
            "t/macro_f1".into(),
            cells.iter().map(|cell| f1(*cell)).sum::<f64>() / cells.len() as f64,
        ),
        ("t/micro_f1".into(), f1(all)),
        ("t/micro_precision".into(), all[0] / (all[0] + all[1])),
        ("t/weighted_f1".into(), weighted),
        ("t/article_f1".into(), article_f1),
        ("t/subset_accuracy".into(), exact),
        ("t/l0/f1".into(), f1(cells[0])),
        ("t/l3/f1".into(), f1(cells[3])),
        ("t/l3/recall".into(), world[3].1),
        ("t/l3/average_precision".into(), average_precision),
        ("t/l3/roc_auc".into(), auc),
        ("t/brier".into(), brier),
    ])
}

/// Per-article F1 and subset accuracy, over every combination of hits, alarms and misses.
fn by_article(cells: &[[f64; 3]]) -> (f64, f64) {
    let (mut f1, mut exact) = (0.0, 0.0);
    for state in 0..4usize.pow(cells.len() as u32) {
        let (mut chance, mut counts) = (1.0, [0.0; 4]);
        for (label, cell) in cells.iter().enumerate() {
            let kind = state / 4usize.pow(label as u32) % 4;
            chance *= if kind == 3 {
                1.0 - cell.iter().sum::<f64>()
            } else {
                cell[kind]
            };
            counts[kind] += 1.0;
        }
        let union = 2.0 * counts[0] + counts[1] + counts[2];
        f1 += chance
            * if union > 0.0 {
                2.0 * counts[0] / union
            } else {
                1.0
            };
        exact += chance * f64::from(u8::from(counts[1] + counts[2] == 0.0));
    }
    (f1, exact)
}

fn settings(run: u64) -> Resampling {
    Resampling {
        resamples: 1000,
        seed: run,
        ..Resampling::default()
    }
}

fn compare(scenario: &Scenario, run: u64) -> Comparison {
    let (a, b) = reports(scenario, run);
    a.compare(
        &b,
        &CompareOptions {
            resampling: settings(run),
            common: false,
        },
    )
    .unwrap()
}

/// Two models of one world on one simulated test set.
fn reports(scenario: &Scenario, run: u64) -> (Report, Report) {
    let mut random = SplitMix64::stream(
        scenario.articles as u64 * 10 + scenario.largest_group as u64,
        run,
    );
    let (mut first, mut second) = (empty(scenario.world.len()), empty(scenario.world.len()));
    let mut articles = Vec::new();
    while articles.len() < scenario.articles {
        let gold: Vec<bool> = scenario
            .world
            .iter()
            .map(|label| random.next_f64() < label.0)
            .collect();
        let decide = |random: &mut SplitMix64| -> Vec<bool> {
            let chance = gold
                .iter()
                .zip(scenario.world)
                .map(|(yes, label)| if *yes { label.1 } else { label.2 });
            chance.map(|chance| random.next_f64() < chance).collect()
        };
        let (a, b) = (decide(&mut random), decide(&mut random));
        let scores = [score(&gold, &mut random), score(&gold, &mut random)];
        let group = articles.len() as u32;
        for _ in 0..1 + random.below(scenario.largest_group) {
            push(&mut first, &gold, &a, &scores[0]);
            push(&mut second, &gold, &b, &scores[1]);
            articles.push(article(articles.len(), group));
        }
    }
    let build = |task| {
        let input = ReportInput {
            title: String::new(),
            method: String::new(),
            articles: articles.clone(),
            tasks: vec![task],
            settings: BTreeMap::new(),
            model: String::new(),
        };
        Report::build(
            input,
            &ReportOptions {
                resampling: settings(run),
                headline: None,
            },
        )
        .unwrap()
    };
    (build(first), build(second))
}

/// A normal number through the logistic function; decisions are drawn apart, no metric looks at both.
fn score(gold: &[bool], random: &mut SplitMix64) -> Vec<f64> {
    let normal = |random: &mut SplitMix64| {
        let radius = (-2.0 * (1.0 - random.next_f64()).ln()).sqrt();
        radius * (std::f64::consts::TAU * random.next_f64()).cos()
    };
    let shift = |yes: &bool| if *yes { APART } else { 0.0 };
    gold.iter()
        .map(|yes| logistic(normal(random) + shift(yes)))
        .collect()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Average precision, ROC AUC of one label and Brier score of all, by sums over a fine grid of the normal densities.
fn of_scores(world: World, prevalence: f64) -> [f64; 3] {
    let step = 1e-3;
    let grid = (-7000..9000).map(|at| (f64::from(at) + 0.5) * step);
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * step;
    let mean = world.iter().map(|label| label.0).sum::<f64>() / world.len() as f64;
    let (mut precision, mut auc, mut brier) = (0.0, 0.0, 0.0);
    for x in grid {
        let (hits, alarms) = (
            prevalence * normal_cdf(APART - x),
            (1.0 - prevalence) * normal_cdf(-x),
        );
        precision += density(x - APART) * hits / (hits + alarms);
        auc += density(x - APART) * normal_cdf(x);
        brier += mean * density(x - APART) * (1.0 - logistic(x)).powi(2);
        brier += (1.0 - mean) * density(x) * logistic(x).powi(2);
    }
    [precision, auc, brier]
}

fn push(outcomes: &mut TaskOutcomes, gold: &[bool], decided: &[bool], scores: &[f64]) {
    outcomes
        .gold
        .push(gold.iter().map(|yes| Some(*yes)).collect());
    outcomes.scores.push(scores.to_vec());
    outcomes.decided.push(decided.to_vec());
}

fn empty(labels: usize) -> TaskOutcomes {
    TaskOutcomes {
        task: Task {
            name: "t".into(),
            kind: TaskKind::Multi,
            labels: (0..labels).map(|label| format!("l{label}")).collect(),
        },
        thresholds: vec![0.5; labels],
        gold: vec![],
        scores: vec![],
        decided: vec![],
    }
}

fn article(row: usize, group: u32) -> ArticleOutcome {
    ArticleOutcome {
        id: row.to_string(),
        title: String::new(),
        digest: String::new(),
        group,
        slices: BTreeMap::new(),
        evidence: vec![],
        sentences: vec![],
    }
}
