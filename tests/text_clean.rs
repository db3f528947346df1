//! `toolkit clean` as an analyst uses it: folders, odd files, name clashes.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn clean(args: &[&Path], options: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolkit"));
    let done = command
        .arg("clean")
        .args(options)
        .args(args)
        .output()
        .unwrap();
    Ran {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

/// Articles of one outlet: each ends with the same line of its page.
fn outlet(folder: &Path, count: usize) {
    for n in 0..count {
        let body = format!(
            "Title number {n} of the day\n\nThe body of article {n} tells what happened in town {n} on that day.\n\nSign up for the evening letter\n"
        );
        write(folder, &format!("news/{n}.txt"), &body);
    }
}

#[test]
fn a_line_of_every_article_is_cut_and_the_receipt_says_how_often() {
    let dir = TempDir::new().unwrap();
    outlet(dir.path(), 6);
    let ran = clean(&[&dir.path().join("news")], &["--explain"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        ran.out
            .matches("line 5 [repeated] stands in 6 of the 6 articles")
            .count(),
        6,
        "{}",
        ran.out
    );
    assert!(
        ran.out.ends_with("lines by rule: repeated 6\n"),
        "{}",
        ran.out
    );
    let few = TempDir::new().unwrap();
    outlet(few.path(), 4);
    let ran = clean(&[&few.path().join("news")], &[]);
    assert_eq!(ran.out.matches("Sign up for").count(), 4);
    assert!(ran.out.starts_with("==> "), "{}", ran.out);
}

#[test]
fn folders_below_a_folder_are_kept_and_pages_become_text() {
    let dir = TempDir::new().unwrap();
    write(
        dir.path(),
        "in/a/1.txt",
        "Title\n\nBody one.\n\nLeave a comment\n",
    );
    write(dir.path(), "in/b/1.txt", "Title\n\nBody two.\n");
    let out = dir.path().join("out");
    let ran = clean(
        &[&dir.path().join("in")],
        &["--output", out.to_str().unwrap()],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        fs::read_to_string(out.join("a/1.txt")).unwrap(),
        "Title\n\nBody one.\n\n"
    );
    assert!(
        fs::read_to_string(out.join("b/1.txt"))
            .unwrap()
            .contains("two")
    );
    assert!(
        ran.out.starts_with("Written: 2 clean articles"),
        "{}",
        ran.out
    );
}

#[test]
fn a_name_for_two_articles_is_an_error_before_anything_is_written() {
    let dir = TempDir::new().unwrap();
    let one = write(dir.path(), "a/1.txt", "Title\n\nBody one.\n");
    let two = write(dir.path(), "b/1.txt", "Title\n\nBody two.\n");
    let out = dir.path().join("out");
    let ran = clean(&[&one, &two], &["--output", out.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("would both be written to"), "{}", ran.err);
    assert!(!out.exists());
    let own = clean(
        &[&one],
        &["--output", dir.path().join("a").to_str().unwrap()],
    );
    assert!(
        own.code == Some(2) && own.err.contains("would overwrite its source"),
        "{}",
        own.err
    );
}

#[test]
fn a_binary_or_empty_file_is_skipped_and_the_others_are_cleaned() {
    let dir = TempDir::new().unwrap();
    let bad = write(dir.path(), "bad.txt", "a\0b\0c");
    let empty = write(dir.path(), "empty.txt", " \n\n");
    let good = write(dir.path(), "good.txt", "Title\n\nBody of it.\n");
    let ran = clean(&[&bad, &empty, &good], &[]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("bad.txt: binary file") && ran.err.contains("empty.txt: empty"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("Body of it."));
    let missing = clean(&[&dir.path().join("none.txt")], &[]);
    assert!(
        missing.code == Some(2) && missing.err.contains("none.txt"),
        "{}",
        missing.err
    );
}
