//! `toolkit check`: what is wrong with a labels file, before an hour is spent on training with it.

use std::process::ExitCode;

use article_toolkit::article::check_corpus;
use article_toolkit::pipeline::near_duplicate_groups;
use clap::Args;

use super::input::LabelsArg;
use super::output::say;

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    labels: LabelsArg,
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
    let findings = check_corpus(&corpus, &near_duplicate_groups(&corpus.articles));
    let mut text: String = findings.problems.iter().map(|p| format!("{p}\n")).collect();
    text.push_str(&findings.summary);
    say(&text)?;
    Ok(ExitCode::from(u8::from(!findings.problems.is_empty())))
}
