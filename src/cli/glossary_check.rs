//! `toolkit glossary check`: what is wrong with glossary files, and what a corpus says about them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use article_toolkit::article::{Article, Corpus, LabelsOptions, find_articles, read_article};
use article_toolkit::features::{
    Glossary, GlossaryFile, GlossaryFinding, Severity, check_forms, check_use,
};
use article_toolkit::pipeline::{TextSpec, form_use};
use article_toolkit::render::{coverage_text, findings_csv, findings_text};
use article_toolkit::text::Analyzer;
use clap::{Args, ValueEnum};

use super::output::{complain, say, width};

#[derive(Debug, Args)]
pub(crate) struct GlossaryCheckArgs {
    /// Glossary files, in the order they are used; without any, the built-in glossary.
    #[arg(value_name = "FILE.csv")]
    files: Vec<PathBuf>,
    /// Check the files together with the built-in glossary, as --glossary uses them.
    #[arg(long, requires = "files")]
    with_builtin: bool,
    /// Labels file or folder of articles: also report forms that never fire in it or fire too often.
    #[arg(long, value_name = "LABELS.csv|DIR")]
    corpus: Option<PathBuf>,
    /// A form that fires in more than this share of the articles of its language is a warning.
    #[arg(long, value_name = "N%", default_value = "20%", value_parser = parse_share)]
    max_share: f64,
    /// Form of the findings; the table sums up forms that never fire, the CSV lists them.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading.
    Table,
    /// For spreadsheets: severity,check,path,line,column,concept,form,message.
    Csv,
}

fn parse_share(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| format!("\"{text}\" is not a percentage such as 20%"))?;
    if (0.0..=100.0).contains(&number) {
        Ok(number / 100.0)
    } else {
        Err(format!("\"{text}\" is not between 0% and 100%"))
    }
}

/// Exit code 1 where there is an error or a warning.
pub(crate) fn run(args: &GlossaryCheckArgs) -> anyhow::Result<ExitCode> {
    let files = args.glossary_files()?;
    let analyzer = Analyzer::new(&TextSpec::default().analyzer)?;
    let mut findings = check_forms(&files, &analyzer);
    let mut coverage = String::new();
    if let Some(corpus) = &args.corpus {
        let glossary = Glossary::of_rows(&files);
        let used = form_use(&TextSpec::default(), &glossary, &articles(corpus)?)?;
        findings.extend(check_use(&files, &used, args.max_share));
        findings.sort_by_key(|finding| finding.severity);
        coverage = coverage_text(&glossary, &used);
    }
    match args.format {
        Format::Csv => {
            say(&findings_csv(&findings))?;
            complain(coverage.trim_end());
        }
        Format::Table => say(&format!(
            "{}{coverage}",
            findings_text(&files, &findings, width())
        ))?,
    }
    let problem = |finding: &GlossaryFinding| finding.severity != Severity::Info;
    Ok(ExitCode::from(u8::from(findings.iter().any(problem))))
}

impl GlossaryCheckArgs {
    fn glossary_files(&self) -> anyhow::Result<Vec<GlossaryFile>> {
        let mut files = if self.files.is_empty() || self.with_builtin {
            GlossaryFile::built_in()
        } else {
            Vec::new()
        };
        for path in &self.files {
            files.push(GlossaryFile::read(path)?);
        }
        Ok(files)
    }
}

fn articles(path: &Path) -> anyhow::Result<Vec<Article>> {
    if !path.is_dir() {
        return Ok(Corpus::read(path, &LabelsOptions::default())?.articles);
    }
    let found = find_articles(&[path.to_owned()])?;
    ensure!(
        !found.is_empty(),
        "{}: no articles (.txt, .html) in this folder",
        path.display()
    );
    let read = |file: &PathBuf| read_article(file, &file.display().to_string());
    Ok(found.iter().map(read).collect::<Result<_, _>>()?)
}
