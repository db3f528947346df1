//! Metrics and statistics against scikit-learn, scipy and statsmodels; `tests/oracle/metrics.py` made the numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use article_toolkit::article::{Task, TaskKind};
use article_toolkit::evaluate::interval::{
    Interval, normal_quantile, quantile, t_quantile, wilson,
};
use article_toolkit::evaluate::{
    ArticleOutcome, CompareOptions, Estimate, Metric, Report, ReportInput, ReportOptions,
    Resampling, TaskOutcomes, holm, label_issues, mcnemar_mid_p,
};
use serde::Deserialize;

/// Largest distance from the oracle: the last digits of sums in another order.
const CLOSE: f64 = 1e-12;

type Expected = BTreeMap<Metric, Option<f64>>;

#[derive(Deserialize)]
struct Oracle {
    multi: Vec<MultiCase>,
    single: Vec<SingleCase>,
    mcnemar: Vec<(u64, u64, f64)>,
    wilson: Vec<(f64, f64, f64, f64)>,
    holm: Vec<(Vec<f64>, Vec<f64>)>,
    normal: Vec<(f64, f64)>,
    student: Vec<(f64, u64, f64)>,
    quantile: Vec<(Vec<f64>, f64, f64)>,
    delong: Vec<DelongCase>,
    resampling: ResamplingCase,
}

#[derive(Deserialize)]
struct MultiCase {
    gold: Vec<String>,
    decided: Vec<String>,
    scores: Vec<Vec<u32>>,
    overall: Expected,
    labels: Vec<Option<Expected>>,
}

#[derive(Deserialize)]
struct SingleCase {
    classes: usize,
    gold: Vec<usize>,
    raw: Vec<Vec<u32>>,
    overall: Expected,
    confusion: Vec<Vec<u64>>,
}

#[derive(Deserialize)]
struct DelongCase {
    gold: Vec<String>,
    scores: Vec<u32>,
    interval: [f64; 2],
    precision_interval: [f64; 2],
}

#[derive(Deserialize)]
struct ResamplingCase {
    gold: String,
    baseline: String,
    candidate: String,
    difference: f64,
    interval: [f64; 2],
    exact_p: f64,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/metrics.json")).unwrap()
}

fn report(task: TaskOutcomes, resamples: u32) -> Report {
    let article = |row: usize| ArticleOutcome {
        id: row.to_string(),
        title: String::new(),
        digest: String::new(),
        group: row as u32,
        slices: BTreeMap::new(),
        evidence: vec![],
        sentences: vec![],
    };
    let input = ReportInput {
        title: String::new(),
        method: String::new(),
        articles: (0..task.gold.len()).map(article).collect(),
        tasks: vec![task],
        settings: BTreeMap::new(),
        model: String::new(),
    };
    let resampling = Resampling {
        resamples,
        ..Resampling::default()
    };
    Report::build(
        input,
        &ReportOptions {
            resampling,
            headline: None,
        },
    )
    .unwrap()
}

fn cells(row: &str) -> Vec<Option<bool>> {
    row.chars()
        .map(|cell| (cell != '-').then_some(cell == '1'))
        .collect()
}

fn multi(gold: &[String], decided: &[String], scores: Vec<Vec<f64>>) -> TaskOutcomes {
    let labels = gold[0].len();
    TaskOutcomes {
        task: Task {
            name: "t".into(),
            kind: TaskKind::Multi,
            labels: (0..labels).map(|label| format!("l{label}")).collect(),
        },
        thresholds: vec![0.5; labels],
        gold: gold.iter().map(|row| cells(row)).collect(),
        scores,
        decided: decided
            .iter()
            .map(|row| row.chars().map(|cell| cell == '1').collect())
            .collect(),
    }
}

fn hundredths(scores: &[u32]) -> Vec<f64> {
    scores
        .iter()
        .map(|score| f64::from(*score) / 100.0)
        .collect()
}

fn assert_close(expected: &Expected, found: &BTreeMap<Metric, Estimate>, place: &str) {
    for (metric, expected) in expected {
        let found = found[metric].value;
        let close = match (expected, found) {
            (Some(expected), Some(found)) => {
                (expected - found).abs() <= CLOSE * expected.abs().max(1.0)
            }
            (expected, found) => *expected == found,
        };
        assert!(
            close,
            "{place}: {metric} is {found:?}, the oracle says {expected:?}"
        );
    }
}

#[test]
fn a_thousand_label_matrices_equal_scikit_learn() {
    let cases = oracle().multi;
    assert_eq!(cases.len(), 1000);
    for (at, case) in cases.into_iter().enumerate() {
        let scores = case.scores.iter().map(|row| hundredths(row)).collect();
        let report = report(multi(&case.gold, &case.decided, scores), 100);
        let task = &report.tasks[0];
        assert_close(&case.overall, &task.overall, &format!("case {at}"));
        for (expected, found) in case.labels.iter().zip(&task.labels) {
            match expected {
                Some(expected) => assert_close(
                    expected,
                    &found.metrics,
                    &format!("case {at} {}", found.label),
                ),
                None => assert!(found.metrics.values().all(|one| one.value.is_none())),
            }
        }
    }
}

#[test]
fn exclusive_tasks_equal_scikit_learn() {
    for (at, case) in oracle().single.into_iter().enumerate() {
        let one_hot = |class: usize| (0..case.classes).map(move |k| k == class);
        let best = |row: &Vec<u32>| {
            row.iter()
                .position(|raw| raw == row.iter().max().unwrap())
                .unwrap()
        };
        let outcomes = TaskOutcomes {
            task: Task {
                name: "t".into(),
                kind: TaskKind::Single,
                labels: (0..case.classes).map(|label| format!("l{label}")).collect(),
            },
            thresholds: vec![],
            gold: case
                .gold
                .iter()
                .map(|class| one_hot(*class).map(Some).collect())
                .collect(),
            scores: case.raw.iter().map(|row| shares(row)).collect(),
            decided: case
                .raw
                .iter()
                .map(|row| one_hot(best(row)).collect())
                .collect(),
        };
        let report = report(outcomes, 100);
        assert_close(
            &case.overall,
            &report.tasks[0].overall,
            &format!("case {at}"),
        );
        assert_eq!(report.tasks[0].confusion, case.confusion, "case {at}");
    }
}

fn shares(row: &[u32]) -> Vec<f64> {
    let sum: u32 = row.iter().sum();
    row.iter()
        .map(|raw| f64::from(*raw) / f64::from(sum))
        .collect()
}

#[test]
fn mcnemar_mid_p_equals_scipy() {
    for (won, lost, expected) in oracle().mcnemar {
        let found = mcnemar_mid_p(won, lost);
        assert!(
            (found - expected).abs() <= 1e-9 * expected.max(1e-3),
            "{won} {lost}: {found} {expected}"
        );
    }
}

#[test]
fn wilson_holm_quantiles_equal_statsmodels_scipy_numpy() {
    let oracle = oracle();
    let z = normal_quantile(0.95);
    for (hits, n, low, high) in oracle.wilson {
        let found = wilson(hits / n, n, z).unwrap();
        assert!(
            (found.low - low).abs() < CLOSE && (found.high - high).abs() < CLOSE,
            "{hits}/{n}"
        );
    }
    for (p, expected) in oracle.holm {
        let found = holm(&p.into_iter().map(Some).collect::<Vec<_>>());
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(f, e)| (f.unwrap() - e).abs() < CLOSE)
        );
    }
    for (level, expected) in oracle.normal {
        assert!((normal_quantile(level) - expected).abs() < CLOSE, "{level}");
    }
    for (level, degrees, expected) in oracle.student {
        let found = t_quantile(level, degrees);
        assert!(
            (found / expected - 1.0).abs() < 1e-10,
            "{level} {degrees}: {found} {expected}"
        );
    }
    for (mut values, q, expected) in oracle.quantile {
        values.sort_by(f64::total_cmp);
        assert!((quantile(&values, q) - expected).abs() < CLOSE);
    }
}

#[test]
fn intervals_of_rankings_equal_their_definitions() {
    for case in oracle().delong {
        let scores: Vec<Vec<f64>> = case
            .scores
            .iter()
            .map(|score| hundredths(&[*score]))
            .collect();
        let report = report(multi(&case.gold, &case.gold, scores), 100);
        let found = |metric| report.tasks[0].labels[0].metrics[&metric].interval.unwrap();
        assert_ends(found(Metric::RocAuc), case.interval, CLOSE);
        // The oracle differentiates numerically.
        let found = found(Metric::AveragePrecision);
        assert_ends(found, case.precision_interval, 1e-8);
    }
}

fn assert_ends(found: Interval, [low, high]: [f64; 2], distance: f64) {
    assert!(
        (found.low - low).abs() < distance && (found.high - high).abs() < distance,
        "{found:?} {low} {high}"
    );
}

/// Both sides draw at random: 100,000 draws leave an error of about 0.002 in an end and in p.
#[test]
fn the_paired_bootstrap_equals_scipys_and_the_randomisation_the_exact_permutation() {
    let case = oracle().resampling;
    let rows = |text: &str| text.chars().map(String::from).collect::<Vec<String>>();
    let side = |decided: &str| {
        let scores = decided
            .chars()
            .map(|cell| vec![if cell == '1' { 0.9 } else { 0.1 }])
            .collect();
        report(multi(&rows(&case.gold), &rows(decided), scores), 100)
    };
    let resampling = Resampling {
        resamples: 100_000,
        ..Resampling::default()
    };
    let options = CompareOptions {
        resampling,
        common: false,
    };
    let comparison = side(&case.baseline)
        .compare(&side(&case.candidate), &options)
        .unwrap();
    let delta = comparison.delta("t/l0/f1").unwrap();
    let interval = delta.interval.unwrap();
    assert!((delta.difference.unwrap() - case.difference).abs() < CLOSE);
    assert_ends(interval, case.interval, 0.004);
    assert!(
        (delta.p.unwrap() - case.exact_p).abs() < 0.008,
        "{:?} {}",
        delta.p,
        case.exact_p
    );
}

#[derive(Deserialize)]
struct QualityCase {
    classes: usize,
    gold: Vec<usize>,
    raw: Vec<Vec<u32>>,
    issues: Vec<usize>,
}

/// Two classes are also put as one label of a multi task: the same problem in other words.
#[test]
fn likely_label_errors_equal_cleanlab() {
    let cases: Vec<QualityCase> =
        serde_json::from_str(include_str!("oracle/label_quality.json")).unwrap();
    for (at, case) in cases.iter().enumerate() {
        for kind in [TaskKind::Single, TaskKind::Multi] {
            if kind == TaskKind::Multi && case.classes != 2 {
                continue;
            }
            let mut found: Vec<usize> = label_issues(&quality_outcomes(case, kind))
                .iter()
                .map(|issue| issue.row)
                .collect();
            found.sort_unstable();
            assert_eq!(found, case.issues, "case {at} {kind:?}");
        }
    }
}

fn quality_outcomes(case: &QualityCase, kind: TaskKind) -> TaskOutcomes {
    let columns = if kind == TaskKind::Multi {
        1..2
    } else {
        0..case.classes
    };
    let scores = |row: &Vec<u32>| shares(row)[columns.clone()].to_vec();
    let gold = |class: &usize| {
        columns
            .clone()
            .map(|column| Some(column == *class))
            .collect()
    };
    TaskOutcomes {
        task: Task {
            name: "t".into(),
            kind,
            labels: columns.clone().map(|label| format!("l{label}")).collect(),
        },
        thresholds: vec![],
        gold: case.gold.iter().map(gold).collect(),
        scores: case.raw.iter().map(scores).collect(),
        decided: vec![vec![false; columns.len()]; case.gold.len()],
    }
}
