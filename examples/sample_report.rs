//! Writes two reports of invented articles and their comparison, to look at: `cargo run --example sample_report -- FOLDER [ARTICLES]`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use article_toolkit::article::{Task, TaskKind};
use article_toolkit::evaluate::{
    ArticleOutcome, CompareOptions, Evidence, Report, ReportInput, ReportOptions, Sentence,
    SplitMix64, TaskOutcomes,
};
use article_toolkit::render;

/// Title, sentence, words that speak for `energy` or `transport`, language.
const NEWS: [(&str, &str, &[&str], &str); 6] = [
    (
        "افتتاح خط لوله گاز میان دو کشور",
        "وزیر نفت گفت که خط لوله تازه تا پایان سال به بهره‌برداری می‌رسد.",
        &["خط لوله", "گاز"],
        "fa",
    ),
    (
        "گفت‌وگو درباره کریدور ترانزیتی در قالب ۳+۳",
        "دو طرف درباره کریدور ترانزیتی و راه‌آهن گفت‌وگو کردند.",
        &["کریدور ترانزیتی", "راه‌آهن"],
        "fa",
    ),
    (
        "اتفاق جديد لتصدير الغاز عبر خط أنابيب",
        "وقّع الجانبان اتفاقًا لتصدير الغاز الطبيعي عبر خط أنابيب جديد.",
        &["الغاز", "خط أنابيب"],
        "ar",
    ),
    (
        "Министры обсудили транспортный коридор",
        "Министры обсудили железную дорогу и транспортный коридор.",
        &["транспортный коридор"],
        "ru",
    ),
    (
        "Ministers discuss <b>rail</b> & road links",
        "Ministers discussed rail and road links \"through the valley\".",
        &["rail", "road"],
        "en",
    ),
    (
        "Qaz kəməri ilə bağlı görüş keçirildi",
        "Tərəflər qaz kəməri ilə bağlı razılığa gəldilər.",
        &["qaz kəməri"],
        "az",
    ),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".into()));
    let articles: usize = arguments.next().map_or(412, |count| count.parse().unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    let first = write(&folder, "words", articles, 1, 0.5);
    let second = write(&folder, "words + glossary", articles, 2, 0.44);
    let third = write(&folder, "characters", articles, 3, 0.48);
    let start = Instant::now();
    let comparison = first.compare(&second, &CompareOptions::default()).unwrap();
    println!("compare: {:?}", start.elapsed());
    render::save(
        &folder.join("comparison.html"),
        &render::comparison_html(&comparison),
    )
    .unwrap();
    let json = serde_json::to_string(&comparison).unwrap();
    render::save(&folder.join("comparison.json"), &json).unwrap();
    render::save(
        &folder.join("comparison.md"),
        &render::comparison_markdown(&comparison),
    )
    .unwrap();
    let ranking = first
        .rank(&[&second, &third], &CompareOptions::default())
        .unwrap();
    render::save(
        &folder.join("ranking.html"),
        &render::ranking_html(&ranking),
    )
    .unwrap();
    println!(
        "{}\n{}",
        render::report_text(&first, 110),
        render::comparison_text(&comparison, 120)
    );
}

fn write(folder: &std::path::Path, name: &str, articles: usize, seed: u64, noise: f64) -> Report {
    let start = Instant::now();
    let mut report = Report::build(
        input(name, articles, seed, noise),
        &ReportOptions::default(),
    )
    .unwrap();
    println!("build: {:?}", start.elapsed());
    for (count, more) in [(50, 0.5), (100, 0.3), (200, 0.1), (330, 0.0)] {
        let answers = input(name, articles, seed, noise + more).tasks;
        report.add_curve_point(count, &answers).unwrap();
    }
    report.add_noise_check_of_decisions();
    let mut guesses: Vec<TaskOutcomes> = report
        .tasks
        .iter()
        .map(|task| task.outcomes.clone())
        .collect();
    for task in &mut guesses {
        let single = task.task.kind == TaskKind::Single;
        task.decided.iter_mut().for_each(|row| {
            row.iter_mut()
                .enumerate()
                .for_each(|(at, cell)| *cell = single && at == 0)
        });
    }
    report.add_baseline("majority", &guesses).unwrap();
    let start = Instant::now();
    let path = folder.join(format!("{}.report.json", name.replace([' ', '+'], "")));
    report.save(&path).unwrap();
    println!("save: {:?}", start.elapsed());
    let start = Instant::now();
    Report::load(&path).unwrap();
    println!("load: {:?}", start.elapsed());
    let texts: Vec<String> = report.articles.iter().map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    render::save(
        &path.with_extension("html"),
        &render::report_html(&report, &texts),
    )
    .unwrap();
    report
}

/// Title and sentence as an article of two paragraphs.
fn text(article: &ArticleOutcome) -> String {
    format!("{}\n\n{}\n", article.title, article.sentences[0].text)
}

fn input(name: &str, articles: usize, seed: u64, noise: f64) -> ReportInput {
    let mut world = SplitMix64::new(11);
    let mut random = SplitMix64::new(seed);
    let mut topics = empty(
        "topics",
        TaskKind::Multi,
        &["diplomacy", "energy", "security", "transport", "انتخابات"],
    );
    topics.thresholds = vec![0.5, 0.45, 0.55, 0.5, 0.6];
    let mut stance = empty("stance", TaskKind::Single, &["against", "for", "neutral"]);
    let mut outcomes = Vec::new();
    for row in 0..articles {
        let news = &NEWS[world.below(NEWS.len())];
        let gold: Vec<bool> = [0.3, 0.35, 0.15, 0.3, 0.02]
            .iter()
            .map(|rate| world.next_f64() < *rate)
            .collect();
        push_topics(
            &mut topics,
            &gold,
            &mut random,
            noise,
            world.next_f64() < 0.03,
        );
        push_stance(&mut stance, world.below(3), &mut random, noise);
        outcomes.push(article(row, news, &mut world, &mut random));
    }
    ReportInput {
        title: format!("{name}: cross-validation of data/labels.csv, 5 folds"),
        method: "cross_validation".into(),
        articles: outcomes,
        tasks: vec![topics, stance],
        settings: BTreeMap::from([
            ("features".into(), name.into()),
            ("c".into(), "10".into()),
            ("folds".into(), "5".into()),
            ("seed".into(), seed.to_string()),
        ]),
        model: String::new(),
    }
}

fn empty(name: &str, kind: TaskKind, labels: &[&str]) -> TaskOutcomes {
    TaskOutcomes {
        task: Task {
            name: name.into(),
            kind,
            labels: labels.iter().map(|label| (*label).into()).collect(),
        },
        thresholds: vec![],
        gold: vec![],
        scores: vec![],
        decided: vec![],
    }
}

fn push_topics(
    topics: &mut TaskOutcomes,
    gold: &[bool],
    random: &mut SplitMix64,
    noise: f64,
    unknown: bool,
) {
    let mut score = |yes: &bool| {
        let near = (random.next_f64() + random.next_f64()) / 2.0;
        let pull = if *yes { 0.8 } else { 0.12 };
        (pull * (1.0 - noise) + near * noise * 1.3 + (random.next_f64() - 0.5) * noise)
            .clamp(0.0, 1.0)
    };
    let scores: Vec<f64> = gold.iter().map(&mut score).collect();
    topics.decided.push(
        scores
            .iter()
            .zip(&topics.thresholds)
            .map(|(score, cut)| score >= cut)
            .collect(),
    );
    topics
        .gold
        .push(gold.iter().map(|yes| (!unknown).then_some(*yes)).collect());
    topics.scores.push(scores);
}

fn push_stance(stance: &mut TaskOutcomes, gold: usize, random: &mut SplitMix64, noise: f64) {
    let raw: Vec<f64> = (0..3)
        .map(|class| random.next_f64() + if class == gold { 1.0 - noise } else { 0.1 })
        .collect();
    let sum: f64 = raw.iter().sum();
    let best = (0..3).max_by(|a, b| raw[*a].total_cmp(&raw[*b])).unwrap();
    stance
        .gold
        .push((0..3).map(|class| Some(class == gold)).collect());
    stance
        .scores
        .push(raw.iter().map(|score| score / sum).collect());
    stance
        .decided
        .push((0..3).map(|class| class == best).collect());
}

fn article(
    row: usize,
    news: &(&str, &str, &[&str], &str),
    world: &mut SplitMix64,
    random: &mut SplitMix64,
) -> ArticleOutcome {
    let label = if news.1.contains("غ") || news.0.contains("گاز") || news.0.contains("Qaz") {
        "energy"
    } else {
        "transport"
    };
    let evidence = news.2.iter().enumerate().map(|(at, words)| Evidence {
        task: None,
        label: label.into(),
        text: (*words).into(),
        concept: (at == 0).then(|| {
            if label == "energy" {
                "pipeline"
            } else {
                "corridor"
            }
            .into()
        }),
        weight: (0.9 - 0.3 * at as f64 + random.next_f64() * 0.2)
            * if random.next_f64() < 0.15 { -1.0 } else { 1.0 },
    });
    ArticleOutcome {
        id: format!("news/{row:05}.txt"),
        title: news.0.into(),
        digest: format!("{row:064x}"),
        group: row as u32 - u32::from(row % 17 == 3),
        slices: BTreeMap::from([
            ("lang".into(), news.3.into()),
            ("month".into(), format!("2024-{:02}", 1 + world.below(4))),
            (
                "length".into(),
                ["under 100", "100-199", "200-499"][world.below(3)].into(),
            ),
        ]),
        evidence: evidence.collect(),
        sentences: vec![Sentence {
            task: None,
            label: label.into(),
            text: news.1.into(),
        }],
    }
}
