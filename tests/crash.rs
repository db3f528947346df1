//! Kill -9 at random moments, read-only and full targets: a final name never holds half a file, and a run that is asked
//! again ends with the bytes of one that was never stopped. Twenty kills of each; the variable `KILLS` asks for more.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Run, Sandbox};

fn kills() -> usize {
    std::env::var("KILLS").map_or(20, |n| n.parse().unwrap())
}

/// SplitMix64: the moments differ from kill to kill and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, span: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        span.mul_f64((z >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

fn start(sandbox: &Sandbox, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_toolkit"))
        .args(args)
        .current_dir(sandbox.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the command after `after`; true where it was still at work.
fn killed(sandbox: &Sandbox, args: &[&str], after: Duration) -> bool {
    let mut child = start(sandbox, args);
    std::thread::sleep(after);
    let at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    at_work
}

/// A model trained on the labels of tests/compat, and articles for a run of some length.
fn workshop() -> Sandbox {
    let sandbox = Sandbox::new();
    let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat");
    for name in ["labels.csv", "mine.csv"] {
        fs::copy(compat.join(name), sandbox.path(name)).unwrap();
    }
    fs::create_dir(sandbox.path("models")).unwrap();
    fs::copy(
        compat.join("format2/model.safetensors"),
        sandbox.path("models/model.safetensors"),
    )
    .unwrap();
    let articles = fs::read_to_string(compat.join("articles.jsonl")).unwrap();
    let mut many = String::new();
    for round in 0..250 {
        for line in articles.lines() {
            let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = format!("{}-{round}", row["id"].as_str().unwrap());
            let text = format!("{} {round}. ", row["text"].as_str().unwrap()).repeat(3);
            (row["id"], row["text"]) = (id.into(), text.into());
            many.push_str(&(row.to_string() + "\n"));
        }
    }
    sandbox.write("many.jsonl", many);
    sandbox
}

fn read(sandbox: &Sandbox, name: &str) -> Option<Vec<u8>> {
    fs::read(sandbox.path(name)).ok()
}

#[test]
fn predict_killed_at_random_moments_ends_with_the_same_bytes() {
    let sandbox = workshop();
    let (mut random, mut met, mut rounds) = (Random(8), 0, 0);
    for (done, ending) in (1..).zip(["jsonl", "csv", "parquet"]) {
        let (whole, rows) = (format!("whole.{ending}"), format!("rows.{ending}"));
        let begun = Instant::now();
        sandbox.run(&["predict", "many.jsonl", "-o", &whole]).ok();
        let span = begun.elapsed();
        let whole = read(&sandbox, &whole).unwrap();
        let args = ["predict", "many.jsonl", "-o", &rows, "--resume"];
        while met < kills() * done / 3 {
            // Up to ten kills in a row, then the run may end.
            for _ in 0..10 {
                met += usize::from(killed(&sandbox, &args, random.below(span)));
                if let Some(rows) = read(&sandbox, &rows) {
                    assert!(rows == whole, "half a file under the final name");
                }
            }
            sandbox.run(&args).ok();
            assert!(
                read(&sandbox, &rows).unwrap() == whole,
                "{ending} after {met} kills"
            );
            assert!(read(&sandbox, &format!("{rows}.part")).is_none());
            assert!(read(&sandbox, &format!("{rows}.journal")).is_none());
            fs::remove_file(sandbox.path(&rows)).unwrap();
            rounds += 1;
        }
    }
    eprintln!("predict: {met} kills met a run at work, {rounds} runs went on to the same bytes");
}

#[test]
fn train_killed_at_random_moments_leaves_the_old_files_or_the_new() {
    let sandbox = workshop();
    let train = |csv| {
        [
            "train",
            csv,
            "--no-builtin-glossary",
            "--glossary",
            "mine.csv",
            "-o",
            "m/model.safetensors",
        ]
    };
    let names = [
        "m/model.safetensors",
        "m/model.report.json",
        "m/model.report.html",
        "m/model.card.md",
    ];
    let state = || names.map(|name| read(&sandbox, name));
    let begun = Instant::now();
    sandbox.run(&train("labels.csv")).ok();
    let (span, new) = (begun.elapsed(), state());
    let labels = fs::read_to_string(sandbox.path("labels.csv")).unwrap();
    let fewer: Vec<&str> = labels.lines().take(91).collect();
    sandbox.write("fewer.csv", fewer.join("\n") + "\n");
    sandbox.run(&train("fewer.csv")).ok();
    let old = state();
    assert!(new.iter().zip(&old).all(|(new, old)| new != old));
    let (mut random, mut met) = (Random(80), 0);
    while met < kills() {
        met += usize::from(killed(&sandbox, &train("labels.csv"), random.below(span)));
        for ((name, now), (old, new)) in names.iter().zip(state()).zip(old.iter().zip(&new)) {
            assert!(
                now == *old || now == *new,
                "{name} is neither the old one nor the new"
            );
        }
        for (name, old) in names.iter().zip(&old) {
            sandbox.write(name, old.as_ref().unwrap());
        }
    }
    sandbox.run(&train("labels.csv")).ok();
    assert!(state() == new, "the same bytes after {met} kills");
    eprintln!("train: {met} kills met a run at work");
}

#[test]
fn a_model_replaced_during_a_run_changes_nothing() {
    let sandbox = workshop();
    sandbox
        .run(&["predict", "many.jsonl", "-o", "whole.jsonl"])
        .ok();
    fs::copy(
        sandbox.path("models/model.safetensors"),
        sandbox.path("m.safetensors"),
    )
    .unwrap();
    sandbox.write("other", "not even a model");
    let mut child = start(
        &sandbox,
        &[
            "predict",
            "many.jsonl",
            "-o",
            "rows.jsonl",
            "-m",
            "m.safetensors",
        ],
    );
    while !sandbox.path("rows.jsonl.part").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    fs::rename(sandbox.path("other"), sandbox.path("m.safetensors")).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(read(&sandbox, "rows.jsonl") == read(&sandbox, "whole.jsonl"));
}

/// A folder that takes nothing, or at most `size`; its file system is unmounted when the test ends.
struct Mount(std::path::PathBuf);

impl Mount {
    fn new(sandbox: &Sandbox, name: &str, options: &str) -> Option<Self> {
        let path = sandbox.path(name);
        fs::create_dir_all(&path).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&path)
            .output();
        let mounted = mount.is_ok_and(|done| done.status.success());
        if !mounted {
            eprintln!("skipped: a file system of its own needs root");
        }
        mounted.then_some(Self(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_read_only_target_is_a_clear_error() {
    let sandbox = workshop();
    let Some(_mount) = Mount::new(&sandbox, "fixed", "ro,size=1m") else {
        return;
    };
    sandbox
        .run(&["predict", "many.jsonl", "-o", "fixed/rows.jsonl"])
        .fails(&["fixed/rows.jsonl", "Read-only file system"]);
    sandbox
        .run(&[
            "predict",
            "many.jsonl",
            "-o",
            "rows.jsonl",
            "--summary",
            "fixed/s.json",
        ])
        .fails(&["fixed/s.json", "Read-only file system"]);
    train_to(&sandbox, "fixed/model.safetensors")
        .fails(&["fixed/model.safetensors", "Read-only file system"]);
    assert_eq!(fs::read_dir(sandbox.path("fixed")).unwrap().count(), 0);
}

fn train_to(sandbox: &Sandbox, model: &str) -> Run {
    let words_only = "--no-builtin-glossary";
    sandbox.run(&["train", "labels.csv", words_only, "-o", model])
}

#[test]
fn a_disk_full_during_training_leaves_the_old_model() {
    let sandbox = workshop();
    let Some(_mount) = Mount::new(&sandbox, "small", "size=64k") else {
        return;
    };
    let old = "what stood here before";
    sandbox.write("small/model.safetensors", old);
    train_to(&sandbox, "small/model.safetensors")
        .fails(&["small/model.safetensors", "No space left"]);
    let names: Vec<_> = fs::read_dir(sandbox.path("small"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["model.safetensors"], "no temporary file stays");
    assert_eq!(
        fs::read_to_string(sandbox.path("small/model.safetensors")).unwrap(),
        old
    );
}

/// Peak memory of a run over a stream of `MEGABYTES` (24 unless told) is that of a short one and some more.
#[test]
fn memory_does_not_grow_with_the_stream() {
    let sandbox = workshop();
    let megabytes: usize = std::env::var("MEGABYTES").map_or(24, |n| n.parse().unwrap());
    let many = read(&sandbox, "many.jsonl").unwrap();
    let peak = |bytes: usize| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_toolkit"))
            .args(["predict", "-", "--stdin", "jsonl", "--threads", "2"])
            .current_dir(sandbox.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        for _ in 0..bytes.div_ceil(many.len()) {
            std::io::Write::write_all(&mut input, &many).unwrap();
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<usize>()
            .unwrap()
            / 1024
    };
    let (short, long) = (peak(8 << 20), peak(megabytes << 20));
    eprintln!("peak memory: {short} MiB for 8 MB, {long} MiB for {megabytes} MB");
    assert!(
        long < short + 64,
        "{short} MiB for 8 MB, {long} MiB for {megabytes} MB"
    );
}
