//! `toolkit clean`: articles without their boilerplate, and what was cut.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use article_toolkit::article::{Cleaned, Cleaner, CleanerSpec, Repeated, find_articles};
use article_toolkit::atomic;
use article_toolkit::render;
use clap::Args;

use super::input::one_article;
use super::output::{complain, say};

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    /// Files, folders, or - for standard input.
    #[arg(required = true, value_name = "ARTICLE")]
    paths: Vec<PathBuf>,
    /// Show what was cut and why instead of the clean text.
    #[arg(long)]
    explain: bool,
    /// Write each clean article into this folder: under its own name, below a folder given also with the folders between.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// One article to clean.
struct Source {
    path: PathBuf,
    /// Where its clean text goes.
    target: Option<PathBuf>,
}

/// What was done, for the last line.
#[derive(Default)]
struct Totals {
    articles: usize,
    with_cuts: usize,
    skipped: usize,
    read: usize,
    cut: usize,
    by_rule: BTreeMap<String, usize>,
}

pub(crate) fn run(args: &CleanArgs) -> anyhow::Result<ExitCode> {
    let sources = sources(args)?;
    if args.output.is_some() {
        check_targets(&sources)?;
    }
    let files: Vec<&Path> = sources.iter().filter_map(Source::file).collect();
    let cleaner = Cleaner::new(&CleanerSpec::default())?.with_repeated(Repeated::in_files(&files));
    let mut totals = Totals::default();
    for source in &sources {
        if let Err(error) = clean(args, source, &cleaner, sources.len() > 1, &mut totals)? {
            complain(&format!("skipped: {}", super::chain(&error)));
            totals.skipped += 1;
        }
    }
    totals.say(args)?;
    Ok(ExitCode::from(if totals.skipped > 0 { 2 } else { 0 }))
}

impl Source {
    fn file(&self) -> Option<&Path> {
        Some(self.path.as_path()).filter(|path| *path != Path::new("-"))
    }
}

fn sources(args: &CleanArgs) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in &args.paths {
        if path == Path::new("-") {
            ensure!(
                args.output.is_none(),
                "an article from standard input has no file name; leave out --output"
            );
            sources.push(Source {
                path: path.clone(),
                target: None,
            });
            continue;
        }
        for file in find_articles(std::slice::from_ref(path))? {
            let target = args
                .output
                .as_deref()
                .map(|folder| target(folder, path, &file));
            sources.push(Source { path: file, target });
        }
    }
    Ok(sources)
}

/// `news/a/1.html` below the folder `news` goes to `DIR/a/1.txt`, a file given by itself to `DIR/1.txt`.
fn target(folder: &Path, given: &Path, file: &Path) -> PathBuf {
    let below = file.strip_prefix(given).ok();
    let own = || Path::new(file.file_name().unwrap_or_default());
    let name = below.filter(|name| !name.as_os_str().is_empty());
    folder.join(name.unwrap_or_else(own)).with_extension("txt")
}

/// Before anything is written: no clean text may replace its source or that of another article.
fn check_targets(sources: &[Source]) -> anyhow::Result<()> {
    let mut taken: BTreeMap<&Path, &Path> = BTreeMap::new();
    for source in sources {
        let Some(target) = source.target.as_deref() else {
            continue;
        };
        if let Some(other) = taken.insert(target, &source.path) {
            bail!(
                "{} and {} would both be written to {}; clean them into folders of their own",
                other.display(),
                source.path.display(),
                target.display()
            );
        }
    }
    for source in sources {
        let real = source.path.canonicalize().ok();
        if let Some(target) = source.target.as_deref().filter(|target| target.exists()) {
            ensure!(
                target.canonicalize().ok() != real,
                "{} would overwrite its source; name another folder with --output",
                target.display()
            );
        }
    }
    Ok(())
}

/// Cleans one article; the inner error is the article's, the outer one ends the work.
fn clean(
    args: &CleanArgs,
    source: &Source,
    cleaner: &Cleaner,
    several: bool,
    totals: &mut Totals,
) -> anyhow::Result<anyhow::Result<()>> {
    let article = match one_article(&source.path) {
        Ok(article) => article,
        Err(error) => return Ok(Err(error)),
    };
    let cleaned = cleaner.clean(&article.text);
    totals.add(&article.text, &cleaned);
    if let Some(target) = &source.target {
        write(target, &cleaned.text(&article.text))?;
    }
    if args.explain {
        say(&render::cuts_text(&article, &cleaned))?;
    } else if source.target.is_none() {
        if several {
            say(&format!("==> {} <==\n", source.path.display()))?;
        }
        say(&with_line_end(cleaned.text(&article.text)))?;
    }
    Ok(Ok(()))
}

fn write(target: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    atomic::write(target, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", target.display()))
}

fn with_line_end(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

impl Totals {
    fn add(&mut self, text: &str, cleaned: &Cleaned) {
        self.articles += 1;
        self.with_cuts += usize::from(!cleaned.cuts.is_empty());
        self.read += text.chars().count();
        for cut in &cleaned.cuts {
            let source = text.get(cut.bytes.clone()).unwrap_or("");
            self.cut += source.chars().count();
            let lines = source.lines().filter(|line| !line.trim().is_empty());
            *self.by_rule.entry(cut.rule.clone()).or_default() += lines.count();
        }
    }

    /// The last line of an explanation of several articles, and of what was written to a folder.
    fn say(&self, args: &CleanArgs) -> anyhow::Result<()> {
        let several = args.explain && self.articles > 1;
        if several {
            let share = 100.0 * self.cut as f64 / self.read.max(1) as f64;
            let rules: Vec<String> = self
                .by_rule
                .iter()
                .map(|(rule, lines)| format!("{rule} {lines}"))
                .collect();
            say(&format!(
                "\n{} articles, {} with cuts, {share:.1} % of the text cut; lines by rule: {}\n",
                self.articles,
                self.with_cuts,
                if rules.is_empty() {
                    "none".to_owned()
                } else {
                    rules.join(", ")
                }
            ))?;
        }
        if let Some(folder) = &args.output {
            say(&format!(
                "Written: {} clean articles to {}\n",
                self.articles,
                folder.display()
            ))?;
        }
        Ok(())
    }
}
