//! Where words go: results to standard output, everything about the work to standard error.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

/// Columns of a text that does not go to a terminal.
pub(crate) const WIDTH: usize = 120;

/// Says something about the work; standard error may be closed, and that is no reason to stop.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
}

/// Writes a result.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Columns of the terminal on standard output, of the variable `COLUMNS`, or [`WIDTH`].
pub(crate) fn width() -> usize {
    let terminal =
        terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns.into());
    let variable = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    terminal.or(variable).unwrap_or(WIDTH)
}

/// A line that shows the current step on a terminal and nothing in a pipe.
pub(crate) fn steps() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} [{elapsed}]")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A bar for `total` articles on a terminal, nothing in a pipe.
pub(crate) fn bar(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} articles, {per_sec}, {eta} left");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Creates the folder a file will stand in.
pub(crate) fn folder_for(path: &Path) -> anyhow::Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display())),
        None => Ok(()),
    }
}

/// `models/news.safetensors` and `report.json` give `models/news.report.json`.
pub(crate) fn beside(model: &Path, ending: &str) -> PathBuf {
    let stem = model
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stem = stem
        .strip_suffix(".safetensors")
        .unwrap_or(&stem)
        .to_owned();
    model.with_file_name(format!("{stem}.{ending}"))
}
