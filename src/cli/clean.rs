//! `toolkit clean`: articles without their boilerplate, and what was cut.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use article_toolkit::article::{Article, Cleaned, Cleaner, CleanerSpec, find_articles};
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
    /// Write each clean article into this folder under its own name.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &CleanArgs) -> anyhow::Result<ExitCode> {
    let cleaner = Cleaner::new(&CleanerSpec::default())?;
    let mut skipped = false;
    for path in files(&args.paths)? {
        match one_article(&path) {
            Ok(article) => emit(args, &article, &cleaner.clean(&article.text))?,
            Err(error) => {
                complain(&format!("skipped: {}", super::chain(&error)));
                skipped = true;
            }
        }
    }
    Ok(ExitCode::from(if skipped { 2 } else { 0 }))
}

fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            files.push(path.clone());
        } else {
            files.extend(find_articles(std::slice::from_ref(path))?);
        }
    }
    Ok(files)
}

fn emit(args: &CleanArgs, article: &Article, cleaned: &Cleaned) -> anyhow::Result<()> {
    let text = cleaned.text(&article.text);
    if let Some(folder) = &args.output {
        let name = article
            .path
            .file_name()
            .context("an article from standard input has no file name; leave out --output")?;
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let target = folder.join(name);
        ensure!(
            target != article.path,
            "{} would overwrite its source",
            target.display()
        );
        atomic::write(&target, |file| file.write_all(text.as_bytes()))
            .with_context(|| target.display().to_string())?;
    }
    if args.explain {
        return say(&render::cuts_text(article, cleaned));
    }
    if args.output.is_none() {
        say(&text)?;
    }
    Ok(())
}
