//! `toolkit check`: what is wrong with a labels file, before an hour is spent on training with it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use article_toolkit::article::{Corpus, Finding, check_corpus};
use article_toolkit::atomic;
use article_toolkit::evaluate::{likely_errors, told_by_source};
use article_toolkit::pipeline::{TrainConfig, near_duplicate_groups, out_of_fold};
use article_toolkit::render;
use clap::Args;

use super::input::{GlossaryArg, LabelsArg};
use super::output::{complain, folder_for, say, steps};

/// Pieces of advice shown of each kind; a file takes them all.
const SHOWN: usize = 10;

/// Look for problems in a labels file.
///
/// Problems (exit code 1): rows that cannot be read, misspelt labels, copies of an article with different labels or in
/// different splits. Worth a look (exit code 0): rare labels, labels that the source alone gives away, and labels that
/// models trained on the other articles contradict. Those models are trained for the check and thrown away.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    labels: LabelsArg,
    /// Train nothing: no likely label errors.
    #[arg(long)]
    quick: bool,
    /// Write every finding as a table to fix them in: line, id, label, given, suggested, score, reason.
    #[arg(long, short, value_name = "FILE.csv")]
    output: Option<PathBuf>,
    #[command(flatten)]
    glossary: GlossaryArg,
}

/// Exit code 1 where a problem was found, also in a file that cannot be read as labels at all.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let corpus = match args.labels.read() {
        Ok(corpus) => corpus,
        Err(error) => {
            say(&format!("{}\n", super::chain(&error)))?;
            return Ok(ExitCode::from(1));
        }
    };
    let groups = near_duplicate_groups(&corpus.articles);
    let checked = check_corpus(&corpus, &groups);
    let (wrong, rare): (Vec<_>, Vec<_>) = checked.findings.into_iter().partition(|one| one.wrong);
    let told = told_by_source(&corpus, &groups);
    let doubted = if args.quick {
        Vec::new()
    } else {
        doubted(args, &corpus)?
    };
    let mut text: String = wrong
        .iter()
        .map(|one| format!("{}\n", one.problem))
        .collect();
    text += &advice("rare labels", &rare, args);
    text += &advice("told by the source", &told, args);
    text += &advice("likely label errors, the surest first", &doubted, args);
    text += &checked.summary;
    let found = !wrong.is_empty();
    if let Some(path) = &args.output {
        let all = [wrong, rare, told, doubted].concat();
        write(path, &all)?;
        text += &format!("Written: {}\n", path.display());
    }
    say(&text)?;
    Ok(ExitCode::from(u8::from(found)))
}

/// Labels that models trained on the other articles contradict; a file too small to train on has none.
fn doubted(args: &CheckArgs, corpus: &Corpus) -> anyhow::Result<Vec<Finding>> {
    complain("training on parts of the file to find likely label errors (--quick leaves this out)");
    let config = TrainConfig::new(args.glossary.read()?);
    let bar = steps();
    let show = |what: &str, _: u64, _: u64| bar.set_message(what.to_owned());
    let outcomes = out_of_fold(corpus, &config, &show);
    bar.finish_and_clear();
    match outcomes {
        Ok(Some(outcomes)) => Ok(likely_errors(corpus, &outcomes)),
        Ok(None) => {
            complain("no likely label errors: too few independent articles to hold any out");
            Ok(Vec::new())
        }
        Err(error) => {
            complain(&format!("no likely label errors: {error}"));
            Ok(Vec::new())
        }
    }
}

fn advice(title: &str, findings: &[Finding], args: &CheckArgs) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut text = format!("worth a look, {title}:\n");
    for one in findings.iter().take(SHOWN) {
        text += &format!("  {}\n", one.problem);
    }
    let more = findings.len().saturating_sub(SHOWN);
    if more > 0 {
        let all = if args.output.is_some() {
            "the file has them all"
        } else {
            "--output FILE.csv has them all"
        };
        text += &format!("  ... and {more} more; {all}\n");
    }
    text
}

fn write(path: &Path, findings: &[Finding]) -> anyhow::Result<()> {
    folder_for(path)?;
    let table = render::fixes_csv(findings)?;
    atomic::write(path, |file| file.write_all(&table)).with_context(|| path.display().to_string())
}
