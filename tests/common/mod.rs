//! What the tests of the command share.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Topic and text of invented article `i`: words that tell the topic, and a dozen of its own.
pub(crate) fn topic_and_text(i: usize) -> (&'static str, String) {
    let (topic, words) = [
        ("energy", "gas pipeline refinery crude barrel electricity"),
        ("security", "army border missile troops drill defence"),
        ("none", "football match coach stadium referee league"),
    ][i % 3];
    let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    words.rotate_left(i % 5);
    words.extend((0..12).map(|k| format!("word{}", (i * i * 31 + k * k * 7 + i * k * 13) % 997)));
    (topic, words.join(" "))
}

/// A folder of its own, and the real binary run in it.
pub(crate) struct Sandbox(TempDir);

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run_in(self.0.path(), args)
    }
}

/// The real binary, run in `folder`.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Run {
    Run(Command::new(env!("CARGO_BIN_EXE_toolkit"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap())
}

/// What a run of the binary left.
pub(crate) struct Run(pub(crate) Output);

impl Run {
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Exit code; a panic is never an answer.
    pub(crate) fn code(&self) -> i32 {
        assert!(!self.err().contains("panicked"), "{}", self.err());
        self.0.status.code().expect("not killed by a signal")
    }

    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code(), 0, "{}\n{}", self.out(), self.err());
        self
    }

    /// Exit code 2 with a message of at most one screen that holds every one of `parts`.
    pub(crate) fn fails(self, parts: &[&str]) -> Self {
        assert_eq!(self.code(), 2, "{}\n{}", self.out(), self.err());
        let message = self.err();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in:\n{message}");
        }
        assert!(
            message.lines().count() <= 24,
            "more than a screen:\n{message}"
        );
        self
    }
}
