//! The real binary on real files: train, predict, evaluate, compare, and every way the input can be wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{Run, Sandbox};

/// A small corpus in four languages whose labels are plain to see.
fn small_corpus(sandbox: &Sandbox) -> PathBuf {
    let subjects = [
        (
            "energy",
            "favor",
            "صادرات گاز و نفت از خط لوله تازه افزایش یافت و نیروگاه برق",
        ),
        (
            "energy",
            "against",
            "وزارت نفت از قطع گاز و خاموشی نیروگاه برق انتقاد کرد",
        ),
        (
            "security",
            "against",
            "ارتش و نیروهای نظامی در درگیری مرزی و رزمایش موشکی",
        ),
        (
            "security",
            "favor",
            "رزمایش مشترک ارتش دو کشور و همکاری نظامی و دفاعی موفق",
        ),
        (
            "energy|security",
            "against",
            "حمله پهپادی به پالایشگاه نفت و استقرار ارتش کنار خط لوله گاز",
        ),
        (
            "none",
            "favor",
            "جشنواره فیلم و نمایشگاه کتاب با استقبال هنرمندان گشایش یافت",
        ),
        (
            "none",
            "neutral",
            "تیم ملی فوتبال در دیدار دوستانه به تساوی رسید و سرمربی",
        ),
        (
            "none",
            "neutral",
            "بارش باران و برف در شهرها ادامه دارد و هوا سرد است",
        ),
    ];
    let mut csv = "path,topics,stance,source\n".to_owned();
    for i in 0..64 {
        let (topics, stance, text) = subjects[i % subjects.len()];
        sandbox.write(
            &format!("articles/{i}.txt"),
            format!("خبر {i}\n\n{text} شماره {i} در سال {}.\n", 1380 + i),
        );
        csv.push_str(&format!(
            "articles/{i}.txt,{topics},{stance},outlet{}\n",
            i % 3
        ));
    }
    sandbox.write("labels.csv", csv)
}

/// One trained model for all tests that only read it.
fn trained() -> &'static Sandbox {
    static TRAINED: OnceLock<Sandbox> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let sandbox = Sandbox::new();
        small_corpus(&sandbox);
        sandbox.run(&["train", "labels.csv"]).ok();
        sandbox
    })
}

fn rows(jsonl: &str) -> Vec<serde_json::Value> {
    jsonl
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn given(row: &serde_json::Value, task: usize) -> Vec<String> {
    let labels = row["tasks"][task]["labels"].as_array().unwrap().iter();
    labels
        .filter(|l| l["given"] == true)
        .map(|l| l["label"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn train_writes_model_report_and_card() {
    let sandbox = trained();
    for name in [
        "model.safetensors",
        "model.report.json",
        "model.report.html",
        "model.card.md",
    ] {
        assert!(sandbox.path("models").join(name).is_file(), "{name}");
    }
    let card = fs::read_to_string(sandbox.path("models/model.card.md")).unwrap();
    assert!(card.contains("| energy | 24 |"), "{card}");
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let sandbox = trained();
    let bytes = |threads: &str| {
        let name = format!("threads{threads}.safetensors");
        sandbox
            .run(&[
                "train",
                "labels.csv",
                "--output",
                &name,
                "--threads",
                threads,
            ])
            .ok();
        (
            fs::read(sandbox.path(&name)).unwrap(),
            fs::read(sandbox.path(&format!("threads{threads}.report.json"))).unwrap(),
        )
    };
    let (model, report) = bytes("1");
    let (model4, report4) = bytes("4");
    assert!(model == model4, "model bytes differ");
    assert!(report == report4, "report bytes differ");
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    let sandbox = trained();
    let all = rows(&sandbox.run(&["predict", "articles"]).ok().out());
    assert_eq!(all.len(), 64);
    let paths: Vec<&str> = all.iter().map(|r| r["path"].as_str().unwrap()).collect();
    assert!(paths.is_sorted(), "rows stand in path order");
    for row in all.iter().step_by(9) {
        let alone = rows(
            &sandbox
                .run(&["predict", row["path"].as_str().unwrap()])
                .ok()
                .out(),
        );
        assert_eq!(&alone[0], row);
    }
}

#[test]
fn predictions_are_right_and_quote_the_article() {
    let sandbox = trained();
    let path = sandbox.write(
        "new/a.txt",
        "صادرات نفت\n\nصادرات نفت و گاز از خط لوله تازه و ساخت نیروگاه برق آغاز شد.\n",
    );
    let row = &rows(&sandbox.run(&["predict", path.to_str().unwrap()]).ok().out())[0];
    assert_eq!(given(row, 0), ["energy"], "{row}");
    assert_eq!(row["lang"], "fa");
    let text = fs::read_to_string(&path).unwrap();
    for piece in row["evidence"].as_array().unwrap() {
        assert!(text.contains(piece["text"].as_str().unwrap()), "{piece}");
    }
}

/// What a sum of a few thousand doubles loses at most.
const EXACT: f64 = 1e-12;

fn sum_of(list: &serde_json::Value, field: &str) -> f64 {
    let all = list.as_array().unwrap().iter();
    all.map(|one| one[field].as_f64().unwrap()).sum()
}

#[test]
fn contributions_add_up_to_the_score() {
    let sandbox = trained();
    for file in ["articles/1.txt", "articles/4.txt", "articles/7.txt"] {
        let json = sandbox.run(&["explain", file, "--format", "json"]).ok();
        let explained: Vec<serde_json::Value> = serde_json::from_str(&json.out()).unwrap();
        assert!(explained.len() >= 5);
        for one in &explained {
            let expected = one["score"].as_f64().unwrap() - one["bias"].as_f64().unwrap();
            for (list, field) in [("terms", "contribution"), ("evidence", "weight")] {
                let sum = sum_of(&one[list], field);
                let lost = (sum - expected).abs();
                assert!(lost < EXACT, "{file}: {list}: {sum} is not {expected}");
            }
        }
    }
}

#[test]
fn marks_add_up_and_the_carrying_sentence_has_the_largest_sum() {
    use article_toolkit::{article::read_article, pipeline::Pipeline};
    let sandbox = trained();
    let pipeline = Pipeline::load(&sandbox.path("models/model.safetensors")).unwrap();
    let text = "صادرات گاز\n\nوزیر گفت: «هوا سرد است!» صادرات نفت و گاز از خط لوله آغاز شد. دیروز باران آمد؟\n";
    let path = sandbox.write("sentences.txt", text);
    let article = read_article(&path, "x").unwrap();
    for one in pipeline.explain(&article) {
        let sum: f64 = one.marks.iter().map(|mark| mark.weight).sum();
        let lost = (sum + one.bias - one.score).abs();
        assert!(lost < EXACT, "{}: {sum}", one.label);
        for pair in one.marks.windows(2) {
            assert!(pair[0].bytes.end <= pair[1].bytes.start, "{pair:?}");
        }
        let in_sentence = |sentence: &str| {
            let start = text.find(sentence).unwrap();
            let bytes = start..start + sentence.len();
            let inside = one.marks.iter().filter(|m| bytes.contains(&m.bytes.start));
            inside.map(|mark| mark.weight).sum::<f64>()
        };
        let sentences = [
            "صادرات گاز",
            "وزیر گفت: «هوا سرد است!»",
            "صادرات نفت و گاز از خط لوله آغاز شد.",
            "دیروز باران آمد؟",
        ];
        let best = sentences.map(in_sentence).into_iter().fold(0.0, f64::max);
        match &one.sentence {
            Some(sentence) => {
                assert!(sentences.contains(&sentence.text.as_str()), "{sentence:?}");
                assert!(
                    (sentence.weight - best).abs() < EXACT,
                    "{sentence:?} {best}"
                );
                assert!((in_sentence(&sentence.text) - best).abs() < EXACT);
            }
            None => assert!(best < EXACT, "{}: {best}", one.label),
        }
    }
}

#[test]
fn an_explanation_is_a_page_and_a_prediction_says_why() {
    let sandbox = trained();
    let text = "صادرات نفت\n\nصادرات نفت و گاز از خط لوله تازه و ساخت نیروگاه برق آغاز شد.\n";
    sandbox.write("new.txt", text);
    sandbox
        .run(&["explain", "new.txt", "--output", "out/a.html"])
        .ok();
    let page = fs::read_to_string(sandbox.path("out/a.html")).unwrap();
    for part in [
        "dir=\"auto\"",
        "<mark class=\"pro s4\"",
        "خط",
        "Content-Security-Policy",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script"));
    let said = sandbox
        .run(&["explain", "new.txt", "--only", "energy"])
        .ok()
        .out();
    assert!(
        said.contains(": «") && said.contains("bias") && said.contains(" more"),
        "{said}"
    );
    sandbox
        .run(&["explain", "new.txt", "--output", "a.pdf"])
        .fails(&[".html", "--format"]);
    let row = &rows(&sandbox.run(&["predict", "new.txt", "--why"]).ok().out())[0];
    let why = row["why"].as_array().unwrap();
    assert!(why.iter().any(|one| one["label"] == "energy"), "{row}");
    for one in why {
        assert_eq!(one["given"], true);
        let sum = sum_of(&one["evidence"], "weight") + one["bias"].as_f64().unwrap();
        assert!(
            (sum - one["score"].as_f64().unwrap()).abs() < EXACT,
            "{one}"
        );
    }
    let plain = &rows(&sandbox.run(&["predict", "new.txt"]).ok().out())[0];
    assert!(plain.get("why").is_none());
    let table = sandbox
        .run(&["predict", "new.txt", "--why", "--format", "table"])
        .ok()
        .out();
    assert!(
        table.contains("score ") && table.contains("sentence "),
        "{table}"
    );
    let csv = sandbox
        .run(&["predict", "new.txt", "--why", "--format", "csv"])
        .ok()
        .out();
    assert!(csv.lines().next().unwrap().ends_with(",model,why"), "{csv}");
    assert!(csv.contains("energy: score "), "{csv}");
}

#[test]
fn reports_carry_words_and_sentences_of_what_was_given_or_missed() {
    let sandbox = trained();
    sandbox
        .run(&["evaluate", "labels.csv", "--output", "e.report.json"])
        .ok();
    for file in ["e.report.json", "models/model.report.json"] {
        let json = fs::read_to_string(sandbox.path(file)).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let articles = report["articles"].as_array().unwrap();
        let all = |field: &str| {
            let has =
                |one: &&serde_json::Value| one[field].as_array().is_some_and(|l| !l.is_empty());
            articles.iter().filter(has).count()
        };
        assert!(all("evidence") * 2 > articles.len(), "{file}");
        assert!(all("sentences") * 2 > articles.len(), "{file}");
    }
    let page = fs::read_to_string(sandbox.path("e.report.html")).unwrap();
    let text = fs::read_to_string(sandbox.path("articles/4.txt")).unwrap();
    assert!(
        page.contains(text.lines().last().unwrap()),
        "the page holds the articles"
    );
}

#[test]
fn evaluate_and_compare_agree_with_each_other() {
    let sandbox = trained();
    sandbox
        .run(&["evaluate", "labels.csv", "--output", "a.report.json"])
        .ok();
    sandbox
        .run(&[
            "train",
            "labels.csv",
            "--classifier",
            "majority",
            "--output",
            "majority.safetensors",
        ])
        .ok();
    sandbox
        .run(&[
            "evaluate",
            "labels.csv",
            "--model",
            "majority.safetensors",
            "--output",
            "b.report.json",
        ])
        .ok();
    let same = sandbox.run(&[
        "compare",
        "a.report.json",
        "a.report.json",
        "--fail-if-worse",
    ]);
    assert_eq!(same.code(), 0, "{}", same.err());
    let worse = sandbox.run(&[
        "compare",
        "a.report.json",
        "b.report.json",
        "--fail-if-worse",
    ]);
    assert_eq!(worse.code(), 1, "{}", worse.out());
    let other: String = fs::read_to_string(sandbox.path("labels.csv"))
        .unwrap()
        .lines()
        .take(40)
        .map(|l| format!("{l}\n"))
        .collect();
    sandbox.write("fewer.csv", other);
    sandbox
        .run(&["evaluate", "fewer.csv", "--output", "c.report.json"])
        .ok();
    sandbox
        .run(&["compare", "a.report.json", "c.report.json"])
        .fails(&["not comparable"]);
}

#[test]
fn outputs_for_spreadsheets_and_programs() {
    let sandbox = trained();
    sandbox.write(
        "odd/=cmd.txt",
        "=cmd|' /C calc'!A0\n\nصادرات نفت و گاز از خط لوله\n",
    );
    sandbox
        .run(&["predict", "odd", "--output", "out/rows.csv", "--excel"])
        .ok();
    let csv = fs::read_to_string(sandbox.path("out/rows.csv")).unwrap();
    assert!(csv.starts_with('\u{feff}'));
    assert!(csv.contains("'=cmd"), "{csv}");
    assert_eq!(csv.lines().count(), 2);
    sandbox
        .run(&["predict", "articles", "--output", "out/rows.jsonl"])
        .ok();
    assert_eq!(
        rows(&fs::read_to_string(sandbox.path("out/rows.jsonl")).unwrap()).len(),
        64
    );
    sandbox
        .run(&["predict", "articles", "--output", "out/rows.xyz"])
        .fails(&[".csv"]);
    let table = sandbox
        .run(&["predict", "articles", "--format", "table"])
        .ok()
        .out();
    assert!(table.starts_with("file"), "{table}");
}

#[test]
fn a_bad_file_is_a_row_with_a_reason() {
    let sandbox = trained();
    sandbox.write("mixed/1.txt", "صادرات نفت و گاز\n");
    sandbox.write("mixed/2.txt", "");
    sandbox.write("mixed/3.txt", b"\0\x01binary");
    sandbox.write("mixed/deep/4.TXT", "ارتش و رزمایش نظامی\n");
    sandbox.write("mixed/ignored.pdf", "not an article");
    let run = sandbox.run(&["predict", "mixed"]);
    assert_eq!(run.code(), 2);
    let rows = rows(&run.out());
    assert_eq!(rows.len(), 4);
    let reasons: Vec<&str> = rows.iter().filter_map(|r| r["error"].as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(
        reasons[0].contains("empty") && reasons[1].contains("binary"),
        "{reasons:?}"
    );
    assert!(run.err().contains("2 of 4"), "{}", run.err());
}

#[test]
fn predict_says_what_is_wrong_with_its_arguments() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "text");
    sandbox
        .run(&["predict", "a.txt"])
        .fails(&["no model", "toolkit train"]);
    let model = trained().path("models/model.safetensors");
    let model = model.to_str().unwrap();
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox
        .run(&["predict", "empty", "--model", model])
        .fails(&["no article in this folder"]);
    sandbox
        .run(&["predict", "missing.txt", "--model", model])
        .fails(&["missing.txt"]);
    sandbox
        .run(&["predict", "-", "--model", model])
        .fails(&["could not be read", "-: empty"]);
}

/// Trains on `csv` with one good article beside it.
fn train_on(csv: &str) -> Run {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "صادرات نفت و گاز از خط لوله\n");
    sandbox.write("empty.txt", " \n");
    sandbox.write("binary.txt", b"\0\0\0");
    sandbox.write("labels.csv", csv);
    let run = sandbox.run(&["train", "labels.csv"]);
    assert!(
        run.code() == 0 || !sandbox.path("models/model.safetensors").exists(),
        "half a model was left"
    );
    run
}

#[test]
fn every_error_of_labels_csv_has_its_place() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["the file is empty"]),
        ("path,topics\n", &["no rows"]),
        ("path;topics\na.txt;x\n", &["line 1", "commas"]),
        ("topics\nx\n", &["no column \"path\""]),
        ("path,id\na.txt,1\n", &["no label column"]),
        (
            "path,topics,stanec\na.txt,x,y\n",
            &["line 1", "column 3 \"stanec\"", "did you mean \"stance\""],
        ),
        ("path,topics,topics\na.txt,x,y\n", &["stands twice"]),
        (
            "path,topics\na.txt,\"x\n",
            &["line 2", "character 7", "never closed"],
        ),
        (
            "path,topics\na.txt,\"x\"y\n",
            &["line 2", "text after a closing quote"],
        ),
        (
            "path,topics\na.txt,x,y\n",
            &["line 2", "3 cells where the header has 2"],
        ),
        (
            "path,topics\nmissing.txt,x\n",
            &["line 2", "column \"path\"", "missing.txt"],
        ),
        ("path,topics\nempty.txt,x\n", &["line 2", "empty"]),
        ("path,topics\nbinary.txt,x\n", &["line 2", "binary"]),
        (
            "path,text,topics\na.txt,words,x\n",
            &["line 2", "both a path and a text"],
        ),
        ("path,text,topics\n,,x\n", &["line 2", "neither"]),
        ("text,topics\nw,x||y\n", &["line 2", "empty label"]),
        (
            "text,topics\nw,x|none\n",
            &["\"none\" together with other labels"],
        ),
        ("text,topics\nw,x|x\n", &["label \"x\" stands twice"]),
        ("text,topics\nw,x\nv,X\n", &["differ only in case"]),
        (
            "id,text,topics\n1,w,x\n1,v,x\n",
            &["line 3", "id \"1\" stands in line 2 already"],
        ),
        (
            "text,topics,date\nw,x,2020-13-01\n",
            &["line 2", "column \"date\"", "2020-13-01"],
        ),
        ("text,topics\nw,\nv,none\n", &["no label at all"]),
        ("text,topics\nw,x\nv,none\n", &["only 2 annotated articles"]),
        (
            "text,stance\na,x\nb,x\nc,x\nd,x\n",
            &["every annotated article has the same answer"],
        ),
    ];
    for (csv, parts) in cases {
        train_on(csv).fails(parts);
    }
}

#[test]
fn all_errors_of_a_file_come_at_once() {
    let run = train_on("path,topics\nmissing1.txt,x||y\nmissing2.txt,x\n").fails(&[
        "line 2",
        "line 3",
        "missing1.txt",
        "empty label",
    ]);
    assert_eq!(run.err().lines().count(), 3, "{}", run.err());
    let many: String = (0..100).map(|i| format!("gone{i}.txt,x\n")).collect();
    train_on(&format!("path,topics\n{many}")).fails(&["and 80 more problems"]);
}

#[test]
fn a_label_seen_once_trains_with_a_warning() {
    let mut csv = "text,topics\n".to_owned();
    for i in 0..12 {
        csv.push_str(&format!(
            "نفت و گاز و برق شماره {i} یکی,energy\nفیلم و کتاب و جشنواره {i} دیگری,none\n"
        ));
    }
    csv.push_str("ارتش و رزمایش نظامی,security\n");
    let run = train_on(&csv).ok();
    assert!(
        run.err().contains("\"security\" has 1 article"),
        "{}",
        run.err()
    );
}

#[test]
fn wrong_files_are_refused_with_one_sentence() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["train", "nowhere.csv"])
        .fails(&["nowhere.csv"]);
    sandbox.write("latin.csv", b"path,topics\n\xff\xfe,x\n");
    sandbox
        .run(&["train", "latin.csv"])
        .fails(&["not UTF-8", "line 2"]);
    sandbox.write("zero.csv", b"path,topics\n\0,x\n");
    sandbox.run(&["train", "zero.csv"]).fails(&["zero bytes"]);
}

#[test]
fn a_damaged_model_is_never_used() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "text of an article");
    let good = fs::read(trained().path("models/model.safetensors")).unwrap();
    let refused = |bytes: &[u8], parts: &[&str]| {
        sandbox.write("m.safetensors", bytes);
        sandbox
            .run(&["predict", "a.txt", "--model", "m.safetensors"])
            .fails(parts);
    };
    for keep in [0, 1, 8, 100, good.len() / 2, good.len() - 1] {
        refused(&good[..keep], &["m.safetensors", "not a model file"]);
    }
    let mut longer = good.clone();
    longer.push(0);
    refused(&longer, &["m.safetensors"]);
    for at in (0..good.len()).step_by(good.len() / 40) {
        let mut flipped = good.clone();
        flipped[at] ^= 0x10;
        refused(&flipped, &["m.safetensors"]);
    }
    let newer = String::from_utf8_lossy(&good).replace("\\\"format\\\":3,", "\\\"format\\\":9,");
    assert!(newer.contains("\\\"format\\\":9,"));
    let at = good
        .windows(14)
        .position(|w| w == b"\\\"format\\\":3,\\")
        .unwrap();
    let mut other = good.clone();
    other[at + 11] = b'9';
    refused(&other, &["model format 9", "reads formats 1 to 3"]);
    refused(b"PK\x03\x04 a zip file, not a model", &["not a model file"]);
}

#[test]
fn nothing_is_left_where_the_target_cannot_be_written() {
    let sandbox = Sandbox::new();
    small_corpus(&sandbox);
    fs::create_dir(sandbox.path("folder.safetensors")).unwrap();
    sandbox
        .run(&["train", "labels.csv", "--output", "folder.safetensors"])
        .fails(&["folder.safetensors"]);
    let left = fs::read_dir(sandbox.path("")).unwrap().filter(|e| {
        e.as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .ends_with(".tmp")
    });
    assert_eq!(left.count(), 0);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success() {
    let sandbox = trained();
    let command = format!(
        "{} predict articles | head -n 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_toolkit")
    );
    let output = Command::new("bash")
        .args(["-c", &command])
        .current_dir(sandbox.path(""))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn inspect_and_check_and_clean() {
    let sandbox = trained();
    sandbox
        .run(&["inspect", "models/model.safetensors", "--verify"])
        .ok();
    let shown = sandbox
        .run(&["inspect", "models/model.safetensors"])
        .ok()
        .out();
    assert!(shown.contains("energy (24 articles"), "{shown}");
    let dirty = sandbox.write("d.txt", "Gas flows again\n\nThe pipeline was opened on Monday after long repairs.\n\nLeave a Reply\n");
    let cleaned = sandbox.run(&["clean", dirty.to_str().unwrap()]).ok().out();
    assert!(
        cleaned.contains("pipeline") && !cleaned.contains("Leave a Reply"),
        "{cleaned}"
    );
    let why = sandbox
        .run(&["clean", dirty.to_str().unwrap(), "--explain"])
        .ok()
        .out();
    assert!(why.contains("line 5"), "{why}");
    sandbox.write("copies.csv", "text,topics\n\"one two three four five six seven eight nine ten\",x\n\"one two three four five six seven eight nine ten\",none\n");
    let check = sandbox.run(&["check", "copies.csv"]);
    assert_eq!(check.code(), 1);
    assert!(
        check.out().contains("line 3") && check.out().contains("a copy of the article in line 2"),
        "{}",
        check.out()
    );
}

/// The five articles of the mission, where they are at hand.
#[test]
fn the_seeds_are_tagged_from_their_own_words() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds");
    if !seeds.is_dir() {
        eprintln!("skipped: ../shared/seeds is not here");
        return;
    }
    let sandbox = Sandbox::new();
    let labels = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/labels.csv");
    sandbox.run(&["train", labels.to_str().unwrap()]).ok();
    let rows = rows(
        &sandbox
            .run(&["predict", seeds.to_str().unwrap()])
            .ok()
            .out(),
    );
    let expected: [&[&str]; 5] = [
        &["transport_corridors"],
        &["energy", "transport_corridors"],
        &["transport_corridors", "consular"],
        &["energy", "transport_corridors"],
        &["security"],
    ];
    for (row, expected) in rows.iter().zip(expected) {
        let topics = given(row, 0);
        for label in expected {
            assert!(
                topics.iter().any(|t| t == label),
                "{}: {label} is not among {topics:?}",
                row["path"]
            );
        }
        for piece in row["evidence"].as_array().unwrap() {
            let text = piece["text"].as_str().unwrap();
            for form in [
                "دیدگاه",
                "نشانی ایمیل",
                "مطالب",
                "captcha",
                "أضف تعليق",
                "نظر شما",
                "ازبکستان",
                "کانادا",
            ] {
                assert!(!text.contains(form), "evidence from boilerplate: {text}");
            }
        }
    }
}

#[test]
fn glossary_check_says_what_is_wrong_and_where() {
    let sandbox = Sandbox::new();
    let header = "concept,kind,gloss,fa,ar,ru,az,tr,en,note\n";
    let row = |name: &str, english: &str| {
        format!("{name},topic_term,g,{name}a,{name}b,{name}c,{name}d,{name}e,{english},\n")
    };
    sandbox.write(
        "good.csv",
        format!(
            "{header}{}{}",
            row("gasword", "pipeline*"),
            row("oilword", "gasoline")
        ),
    );
    let good = sandbox.run(&["glossary", "check", "good.csv"]).ok();
    assert!(
        good.out()
            .contains("clean: 2 concepts in 1 files, 0 errors, 0 warnings"),
        "{}",
        good.out()
    );

    sandbox.write(
        "bad.csv",
        format!(
            "{header}{}{}x,nonsense,g,a,b,c,d,e,f,\n",
            row("gasword", "gas"),
            row("oilword", "oil|Gas")
        ),
    );
    let bad = sandbox.run(&["glossary", "check", "bad.csv", "--format", "csv"]);
    assert_eq!(bad.code(), 1);
    let out = bad.out();
    assert!(
        out.starts_with("severity,check,path,line,column,concept,form,message\n"),
        "{out}"
    );
    assert!(
        out.contains("error,taken-form,bad.csv,3,en,oilword,Gas,"),
        "{out}"
    );
    assert!(out.contains("error,format,bad.csv,4,kind,,,"), "{out}");

    sandbox.write(
        "articles/one.txt",
        "The pipeline and the gasoline price rose in the city on Monday, the ministry said.",
    );
    let used = sandbox.run(&[
        "glossary",
        "check",
        "good.csv",
        "--corpus",
        "articles",
        "--max-share",
        "50%",
    ]);
    assert_eq!(used.code(), 1, "{}", used.out());
    assert!(used.out().contains("warning: good.csv, line 2, en: gasword: \"pipeline*\" fires in 1 of 1 articles in en (100.0 %)"), "{}", used.out());

    assert_eq!(sandbox.run(&["glossary", "check", "absent.csv"]).code(), 2);
    assert_eq!(
        sandbox
            .run(&["glossary", "check", "good.csv", "--max-share", "many"])
            .code(),
        2
    );
}
