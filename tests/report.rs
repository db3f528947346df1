//! Reports and comparisons through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::Path;

use article_toolkit::article::{Task, TaskKind};
use article_toolkit::evaluate::{
    ArticleOutcome, CompareOptions, EvaluateError, Evidence, Metric, Report, ReportInput,
    ReportOptions, Resampling, Sentence, SideBySide, SplitMix64, TaskOutcomes, Verdict,
};
use article_toolkit::render;

/// `n` articles with two topics and a stance; `noise` is the share of cells decided at random.
fn input(n: usize, seed: u64, noise: f64) -> ReportInput {
    let mut gold_random = SplitMix64::new(99);
    let mut random = SplitMix64::new(seed);
    let labels = ["energy", "transport"].map(String::from).to_vec();
    let stances = ["for", "neutral"].map(String::from).to_vec();
    let mut topics = empty("topics", TaskKind::Multi, labels, vec![0.5, 0.5]);
    let mut stance = empty("stance", TaskKind::Single, stances, vec![]);
    for _ in 0..n {
        let gold: Vec<bool> = (0..2).map(|_| gold_random.next_f64() < 0.3).collect();
        let scores: Vec<f64> = gold
            .iter()
            .map(|&yes| {
                if random.next_f64() < noise {
                    random.next_f64()
                } else if yes {
                    0.9
                } else {
                    0.1
                }
            })
            .collect();
        topics
            .decided
            .push(scores.iter().map(|score| *score >= 0.5).collect());
        topics
            .gold
            .push(gold.iter().map(|&yes| Some(yes)).collect());
        topics.scores.push(scores);
        let first = random.next_f64();
        let truth = gold_random.next_f64() < 0.5;
        stance.gold.push(vec![Some(truth), Some(!truth)]);
        stance.decided.push(vec![first >= 0.5, first < 0.5]);
        stance.scores.push(vec![first, 1.0 - first]);
    }
    ReportInput {
        title: format!("model {seed}"),
        method: "holdout".into(),
        articles: (0..n).map(article).collect(),
        tasks: vec![topics, stance],
        settings: BTreeMap::from([("c".into(), seed.to_string())]),
        model: String::new(),
    }
}

fn empty(name: &str, kind: TaskKind, labels: Vec<String>, thresholds: Vec<f64>) -> TaskOutcomes {
    let task = Task {
        name: name.into(),
        kind,
        labels,
    };
    TaskOutcomes {
        task,
        thresholds,
        gold: vec![],
        scores: vec![],
        decided: vec![],
    }
}

fn article(row: usize) -> ArticleOutcome {
    ArticleOutcome {
        id: format!("a{row}"),
        title: format!("خبر {row} | <b>"),
        digest: format!("{row:064x}"),
        group: row as u32,
        slices: BTreeMap::from([(
            "lang".into(),
            if row.is_multiple_of(2) { "fa" } else { "ar" }.into(),
        )]),
        evidence: vec![],
        sentences: vec![],
    }
}

fn options() -> ReportOptions {
    ReportOptions {
        resampling: Resampling {
            resamples: 300,
            ..Resampling::default()
        },
        headline: None,
    }
}

fn comparing(common: bool) -> CompareOptions {
    CompareOptions {
        resampling: options().resampling,
        common,
    }
}

fn report(seed: u64, noise: f64) -> Report {
    Report::build(input(300, seed, noise), &options()).unwrap()
}

#[test]
fn a_saved_report_loads_equal_and_saves_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.json"), folder.path().join("b.json"));
    let report = report(1, 0.3);
    report.save(&first).unwrap();
    let loaded = Report::load(&first).unwrap();
    assert_eq!(loaded, report);
    loaded.save(&second).unwrap();
    assert_eq!(
        std::fs::read(&first).unwrap(),
        std::fs::read(&second).unwrap()
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn articles_without_labels_score_right_when_nothing_is_decided() {
    let mut topics = empty("topics", TaskKind::Multi, vec!["x".into()], vec![0.5]);
    for (gold, decided) in [(true, true), (false, false), (false, false)] {
        topics.gold.push(vec![Some(gold)]);
        topics.decided.push(vec![decided]);
        topics.scores.push(vec![0.5]);
    }
    let mut input = input(3, 1, 0.0);
    input.tasks = vec![topics];
    let report = Report::build(input, &options()).unwrap();
    for path in [
        "topics/article_f1",
        "topics/subset_accuracy",
        "topics/macro_f1",
    ] {
        assert_eq!(report.estimate(path).unwrap().value, Some(1.0), "{path}");
    }
}

#[test]
fn cells_without_gold_are_not_negatives() {
    let mut with = input(50, 1, 0.4);
    for row in 0..25 {
        with.tasks[0].gold[row] = vec![None, None];
    }
    let report = Report::build(with, &options()).unwrap();
    assert_eq!(report.tasks[0].annotated, 25);
    assert_eq!(report.tasks[0].labels[0].known, 25);
    assert_eq!(report.tasks[1].annotated, 50);
}

#[test]
fn contradictions_are_refused() {
    type Damage = fn(&mut ReportInput);
    let damages: [(&str, Damage); 7] = [
        ("twice", |input| {
            input.articles[1].id = input.articles[0].id.clone()
        }),
        ("probability", |input| {
            input.tasks[0].scores[3][0] = f64::NAN
        }),
        ("rows", |input| drop(input.tasks[0].gold.pop())),
        ("labels, but", |input| input.tasks[0].decided[2].push(true)),
        ("thresholds", |input| input.tasks[0].thresholds.clear()),
        ("exactly one", |input| {
            input.tasks[1].decided[0] = vec![true, true]
        }),
        ("one gold label", |input| {
            input.tasks[1].gold[0] = vec![Some(true), None]
        }),
    ];
    for (words, damage) in damages {
        let mut bad = input(10, 1, 0.2);
        damage(&mut bad);
        let error = Report::build(bad, &options()).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn damaged_files_are_errors_with_path_and_place() {
    let text = saved(&report(1, 0.3));
    let path = Path::new("x.report.json");
    let broken = [
        (text.replacen("\"schema\":1", "\"schema\":2", 1), "schema 2"),
        (text.replacen("\"tp\":", "\"tp\":1", 1), "counts"),
        (text.replacen("\"a7\"", "\"a8\"", 1), "twice"),
        (text[..text.len() / 2].to_owned(), "x.report.json:"),
        (text.replacen("\"title\"", "\"titel\"", 1), "unknown field"),
        (
            text.replacen("\"version\"", "\"title\"", 1),
            "duplicate field",
        ),
        (
            text.replacen("\"lang\":", "\"lang\":\"x\",\"lang\":", 1),
            "twice",
        ),
        (
            text.replacen("\"level\":0.95", "\"level\":NaN", 1),
            "x.report.json:",
        ),
        (
            text.replacen("\"level\":0.95", "\"level\":1e999", 1),
            "x.report.json:",
        ),
        (String::new(), "x.report.json:"),
    ];
    for (bytes, words) in broken {
        assert!(bytes != text, "{words}: nothing was damaged");
        let error = Report::parse(bytes.as_bytes(), path)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(words) && error.contains("x.report.json"),
            "{words}: {error}"
        );
    }
}

fn saved(report: &Report) -> String {
    let mut bytes = Vec::new();
    report.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_clearly_better_candidate_is_called_better() {
    let comparison = report(1, 0.8)
        .compare(&report(2, 0.1), &comparing(false))
        .unwrap();
    let delta = comparison.delta("topics/macro_f1").unwrap();
    assert_eq!(delta.verdict, Verdict::Better);
    assert!(delta.p.unwrap() < 0.01 && delta.interval.unwrap().low > 0.0);
    assert_eq!(
        comparison.delta("topics/hamming_loss").unwrap().verdict,
        Verdict::Better
    );
    let back = report(2, 0.1)
        .compare(&report(1, 0.8), &comparing(false))
        .unwrap();
    assert_eq!(back.delta("macro_f1").unwrap().verdict, Verdict::Worse);
    assert_eq!(
        back.delta("macro_f1").unwrap().difference,
        delta.difference.map(|d| -d)
    );
}

#[test]
fn a_report_equals_itself() {
    let one = report(1, 0.3);
    let comparison = one.compare(&one, &comparing(false)).unwrap();
    assert!(comparison.changed.is_empty() && comparison.differences.is_empty());
    for task in &comparison.tasks {
        assert!(
            task.overall
                .values()
                .all(|delta| delta.verdict == Verdict::Same)
        );
        assert!(
            task.labels
                .iter()
                .all(|label| label.mcnemar == 1.0 && label.verdict == Verdict::Same)
        );
    }
}

#[test]
fn other_articles_texts_labels_and_gold_are_not_comparable() {
    type Damage = fn(&mut ReportInput);
    let damages: [(&str, Damage); 5] = [
        ("other articles", |input| {
            input.articles[0].id = "new".into()
        }),
        ("another text", |input| {
            input.articles[0].digest = "f".repeat(64)
        }),
        ("another label set", |input| {
            input.tasks[0].task.labels[0] = "gas".into()
        }),
        ("other gold", |input| input.tasks[0].gold[0][0] = None),
        ("only in the first", |input| drop(input.tasks.pop())),
    ];
    let one = report(1, 0.3);
    for (words, damage) in damages {
        let mut other = input(300, 2, 0.3);
        damage(&mut other);
        let other = Report::build(other, &options()).unwrap();
        let Err(EvaluateError::NotComparable(refusal)) = one.compare(&other, &comparing(false))
        else {
            panic!("{words}: compared");
        };
        assert!(
            refusal.common_part && refusal.to_string().contains(words),
            "{words}: {refusal}"
        );
        let common = one.compare(&other, &comparing(true)).unwrap();
        assert!(!common.left_out.is_empty());
    }
}

#[test]
fn the_order_of_articles_does_not_matter() {
    let one = report(1, 0.3);
    let mut turned = input(300, 2, 0.3);
    turned.articles.reverse();
    for task in &mut turned.tasks {
        task.gold.reverse();
        task.scores.reverse();
        task.decided.reverse();
    }
    let turned = Report::build(turned, &options()).unwrap();
    assert_eq!(turned.fingerprint, report(2, 0.3).fingerprint);
    let straight = one.compare(&report(2, 0.3), &comparing(false)).unwrap();
    assert_eq!(one.compare(&turned, &comparing(false)).unwrap(), straight);
}

#[test]
fn the_same_at_any_number_of_threads() {
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    };
    let all: Vec<String> = [1, 2, 7]
        .map(|threads| pool(threads).install(|| saved(&report(1, 0.3))))
        .into();
    assert!(all.iter().all(|text| *text == all[0]));
}

#[test]
fn texts_name_the_numbers() {
    let (one, other) = (report(1, 0.8), report(2, 0.1));
    let text = render::report_text(&one, 100);
    assert!(
        text.contains("topics macro F1") && text.contains("energy"),
        "{text}"
    );
    let comparison = one.compare(&other, &comparing(false)).unwrap();
    let text = render::comparison_text(&comparison, 120);
    assert!(text.contains("better") && text.contains("won:"), "{text}");
    let markdown = render::comparison_markdown(&comparison);
    assert!(
        markdown.contains("**better**") && !markdown.contains("<b>"),
        "{markdown}"
    );
    assert_eq!(
        comparison.tasks[0].overall[&Metric::MacroF1].verdict,
        Verdict::Better
    );
}

#[test]
fn a_failed_save_names_the_path_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("report.json");
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("kept"), "x").unwrap();
    let error = report(1, 0.3).save(&target).unwrap_err().to_string();
    assert!(error.contains("report.json"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let missing = folder.path().join("nowhere/report.json");
    let error = report(1, 0.3).save(&missing).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_saved_report_is_for_others_to_read_and_replaces_the_old_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, "old").unwrap();
    report(1, 0.3).save(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    // Others may read it unless the umask says otherwise; nobody else may write it.
    assert_eq!(mode & 0o600, 0o600);
    assert_eq!(mode & 0o133, 0, "{mode:o}");
    assert!(Report::load(&path).is_ok());
}

/// Every byte turned into another: an error, or a report that is still consistent. Never a panic.
#[test]
fn a_damaged_byte_is_an_error_or_harmless() {
    let text = saved(&Report::build(input(12, 1, 0.3), &options()).unwrap());
    let mut random = SplitMix64::new(8);
    for _ in 0..5000 {
        let mut bytes = text.clone().into_bytes();
        let at = random.below(bytes.len());
        bytes[at] = random.next_u64() as u8;
        if let Ok(read) = Report::parse(&bytes, Path::new("x")) {
            let again = saved(&read);
            assert_eq!(
                Report::parse(again.as_bytes(), Path::new("x")).unwrap(),
                read
            );
        }
        bytes.truncate(at);
        assert!(Report::parse(&bytes, Path::new("x")).is_err());
    }
}

#[test]
fn parts_of_a_common_comparison_are_those_both_have() {
    let one = report(1, 0.3);
    let mut other = input(300, 2, 0.3);
    other.articles[0].id = "new".into();
    other.tasks[0].gold[1][0] = other.tasks[0].gold[1][0].map(|yes| !yes);
    other.tasks[0].task.labels[1] = "trains".into();
    let other = Report::build(other, &options()).unwrap();
    let common = one.compare(&other, &comparing(true)).unwrap();
    assert_eq!(common.articles, 299);
    assert_eq!(common.left_out.len(), 3);
    let topics = &common.tasks[0];
    let labels: Vec<&str> = topics
        .labels
        .iter()
        .map(|label| label.label.as_str())
        .collect();
    assert_eq!(labels, ["energy"]);
    // The disputed cell was the last known one of its article.
    assert_eq!(topics.annotated, 298);
}

#[test]
fn ranks_put_the_best_first_and_share_equal_places() {
    let reports = [report(1, 0.6), report(2, 0.1), report(1, 0.6)];
    let ranking = reports[0]
        .rank(&[&reports[1], &reports[2]], &comparing(false))
        .unwrap();
    let ranks: Vec<Option<u32>> = ranking.rows.iter().map(|row| row.rank).collect();
    assert_eq!(ranks, [Some(1), Some(2), Some(2)]);
    assert_eq!(ranking.rows[0].title, "model 2");
    assert_eq!(ranking.rows[0].verdict, Verdict::Better);
    let row = |row: &&SideBySide| row.label.is_none() && row.metric == Metric::MacroF1;
    let row = ranking.table.iter().find(row).unwrap();
    assert_eq!(row.task, "topics");
    assert_eq!(
        row.values[0],
        reports[0].tasks[0].overall[&Metric::MacroF1].value
    );
    assert_eq!(row.ranks, [Some(2), Some(1), Some(2)]);
    assert_eq!(row.verdicts, [Verdict::Better, Verdict::Same]);
    let best = format!("{:.3} (1) ▲", row.values[1].unwrap());
    assert!(render::ranking_markdown(&ranking).contains(&format!("| {best} |")));
    let page = render::ranking_html(&ranking);
    assert!(page.contains("id=\"side-by-side\"") && page.contains("<bdi>energy</bdi> F1"));
    let text = render::ranking_text(&ranking, 120);
    assert!(text.contains(&best), "{text}");
    assert!(
        text.contains("baseline") && text.contains("model 2"),
        "{text}"
    );
}

#[test]
fn evidence_stays_with_the_task_of_its_label() {
    let made = |seed| {
        let mut input = input(80, seed, 0.5);
        input.tasks[1].task.labels[1] = "energy".into();
        for article in &mut input.articles {
            for task in ["topics", "stance"] {
                let text = format!("words of {task}");
                let (task, label) = (Some(task.to_owned()), "energy".to_owned());
                article.sentences.push(Sentence {
                    task: task.clone(),
                    label: label.clone(),
                    text: text.clone(),
                });
                article.evidence.push(Evidence {
                    task,
                    label,
                    text,
                    concept: None,
                    weight: 1.0,
                });
            }
        }
        Report::build(input, &options()).unwrap()
    };
    let comparison = made(1).compare(&made(2), &comparing(false)).unwrap();
    let mut seen = BTreeMap::from([("topics", 0), ("stance", 0)]);
    for one in &comparison.changed {
        for evidence in one.baseline_evidence.iter().chain(&one.candidate_evidence) {
            assert_eq!(evidence.text, format!("words of {}", one.task));
            *seen.get_mut(one.task.as_str()).unwrap() += 1;
        }
        assert!(
            one.sentences
                .iter()
                .all(|sentence| sentence.is_of(&one.task, &["energy".into()]))
        );
    }
    assert!(seen.values().all(|times| *times > 0), "{seen:?}");
}

#[test]
fn near_duplicates_widen_intervals() {
    let mut copied = input(300, 1, 0.3);
    for (row, article) in copied.articles.iter_mut().enumerate() {
        article.group = (row / 3) as u32;
    }
    for task in &mut copied.tasks {
        for row in 0..300 {
            let first = row - row % 3;
            task.gold[row] = task.gold[first].clone();
            task.scores[row] = task.scores[first].clone();
            task.decided[row] = task.decided[first].clone();
        }
    }
    let mut alone = copied.clone();
    for (row, article) in alone.articles.iter_mut().enumerate() {
        article.group = row as u32;
    }
    let [grouped, alone] = [copied, alone].map(|input| Report::build(input, &options()).unwrap());
    assert_eq!(grouped.tasks[0].groups, 100);
    for path in [
        "topics/macro_f1",
        "topics/energy/f1",
        "topics/subset_accuracy",
        "topics/log_loss",
    ] {
        let width = |report: &Report| {
            let interval = report.estimate(path).unwrap().interval.unwrap();
            interval.high - interval.low
        };
        let ratio = width(&grouped) / width(&alone);
        assert!(
            (1.4..2.2).contains(&ratio),
            "{path}: {ratio}, the root of 3 is 1.73"
        );
    }
}

/// One to six articles with holes in gold, extreme scores and shared groups: the corners where divisors vanish.
fn tiny(random: &mut SplitMix64, n: usize, labels: usize) -> [ReportInput; 2] {
    let names: Vec<String> = (0..labels).map(|label| format!("l{label}")).collect();
    let mut gold = Vec::new();
    for _ in 0..n {
        let cell = |random: &mut SplitMix64| [None, Some(true), Some(false)][random.below(3)];
        gold.push((0..labels).map(|_| cell(random)).collect::<Vec<_>>());
    }
    let groups: Vec<u32> = (0..n).map(|_| random.below(n) as u32).collect();
    [0, 1].map(|_| {
        let mut task = empty("t", TaskKind::Multi, names.clone(), vec![0.5; labels]);
        task.gold.clone_from(&gold);
        for _ in 0..n {
            let scores: Vec<f64> = (0..labels)
                .map(|_| [0.0, 1.0, 0.5, random.next_f64()][random.below(4)])
                .collect();
            task.decided
                .push(scores.iter().map(|score| *score >= 0.5).collect());
            task.scores.push(scores);
        }
        let articles = groups
            .iter()
            .enumerate()
            .map(|(row, group)| ArticleOutcome {
                group: *group,
                ..article(row)
            });
        ReportInput {
            title: String::new(),
            method: String::new(),
            articles: articles.collect(),
            tasks: vec![task],
            settings: BTreeMap::new(),
            model: String::new(),
        }
    })
}

#[test]
fn tiny_test_sets_give_numbers_or_null_and_never_panic() {
    let mut random = SplitMix64::new(12);
    for run in 0..400 {
        let (n, labels) = (1 + random.below(6), 1 + random.below(3));
        let [one, other] = tiny(&mut random, n, labels).map(|input| {
            Report::build(
                input,
                &ReportOptions {
                    resampling: quick(),
                    headline: None,
                },
            )
            .unwrap()
        });
        let text = saved(&one);
        assert!(
            Report::parse(text.as_bytes(), Path::new("x")).unwrap() == one,
            "run {run}: {n} by {labels}"
        );
        for estimate in one.tasks[0].overall.values().chain(
            one.tasks[0]
                .labels
                .iter()
                .flat_map(|label| label.metrics.values()),
        ) {
            let Some(interval) = estimate.interval else {
                continue;
            };
            assert!(
                interval.low <= interval.high && interval.high.is_finite(),
                "run {run}: {estimate:?}"
            );
        }
        let options = CompareOptions {
            resampling: quick(),
            common: false,
        };
        let comparison = one.compare(&other, &options).unwrap();
        let json = serde_json::to_string(&comparison).unwrap();
        assert!(
            serde_json::from_str::<article_toolkit::evaluate::Comparison>(&json).unwrap()
                == comparison
        );
        assert!(
            !render::report_html(&one, &[]).is_empty()
                && !render::comparison_html(&comparison).is_empty()
        );
        assert!(
            !render::report_text(&one, 20).is_empty()
                && !render::comparison_text(&comparison, 20).is_empty()
        );
    }
}

fn quick() -> Resampling {
    Resampling {
        resamples: 100,
        ..Resampling::default()
    }
}
