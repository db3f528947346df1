//! Where words go: results to standard output, everything about the work to standard error.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use article_toolkit::batch::Inputs;
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

/// How far a batch is: articles and their rate, and by bytes of input the time that is left. Nothing in a pipe.
#[derive(Debug)]
pub(crate) struct BatchBar {
    bar: ProgressBar,
    consumed: Arc<AtomicU64>,
    begun: Instant,
    articles: AtomicU64,
}

impl BatchBar {
    /// The size of the input is counted aside, so that nothing waits for it.
    pub(crate) fn new(inputs: &Arc<Inputs>, consumed: &Arc<AtomicU64>) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:30} {percent}%, {msg}, {eta} left");
            let bar = ProgressBar::no_length();
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            let (inputs, counted) = (Arc::clone(inputs), bar.clone());
            std::thread::spawn(move || counted.set_length(inputs.size()));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            consumed: Arc::clone(consumed),
            begun: Instant::now(),
            articles: AtomicU64::new(0),
        }
    }

    /// Counts finished articles.
    pub(crate) fn add(&self, articles: u64) {
        let done = self.articles.fetch_add(articles, Ordering::Relaxed) + articles;
        let rate = done as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        self.bar
            .set_message(format!("{done} articles, {rate:.0} a second"));
        self.bar.set_position(self.consumed.load(Ordering::Relaxed));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
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
