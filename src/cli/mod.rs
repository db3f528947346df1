//! The command line: arguments as typed become configuration as built. The only place that knows clap, anyhow and stdout.

mod check;
mod clean;
mod compare;
mod drift;
mod edit;
mod evaluate;
mod explain;
mod glossary;
mod glossary_check;
mod golden;
mod input;
mod inspect;
mod output;
mod predict;
mod size;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Learn topics and stance from a labelled list of news articles, tag new ones, compare reports.
#[derive(Debug, Parser)]
#[command(name = "toolkit", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done; 1 the answer is \"worse\", \"changed\" or \"problems found\"; 2 an error, or something was skipped; 130 interrupted."
)]
pub(crate) struct Command {
    #[command(subcommand)]
    verb: Verb,
    /// Worker threads; the result is the same with any number.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Learn from a labels file; writes model, report and model card.
    Train(train::TrainArgs),
    /// Tag articles: files, folders, or - for standard input.
    Predict(predict::PredictArgs),
    Evaluate(evaluate::EvaluateArgs),
    Compare(compare::CompareArgs),
    /// Lay two batches side by side: words, languages, label rates, probabilities.
    Drift(drift::DriftArgs),
    /// Show how each label's score of one article came about.
    Explain(explain::ExplainArgs),
    /// Show what is in a model file.
    Inspect(inspect::InspectArgs),
    Check(check::CheckArgs),
    /// Cut boilerplate from articles.
    Clean(clean::CleanArgs),
    /// Look into the glossary: what fires where, what is wrong with it.
    Glossary(glossary::GlossaryArgs),
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    if let Some(threads) = command.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()?;
    }
    match &command.verb {
        Verb::Train(args) => train::run(args),
        Verb::Predict(args) => predict::run(args),
        Verb::Evaluate(args) => evaluate::run(args),
        Verb::Compare(args) => compare::run(args),
        Verb::Drift(args) => drift::run(args),
        Verb::Explain(args) => explain::run(args),
        Verb::Inspect(args) => inspect::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Clean(args) => clean::run(args),
        Verb::Glossary(args) => glossary::run(args),
    }
}

/// Turns the outcome into an exit code; a reader that went away (`| head`) is success.
pub(crate) fn finish(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("toolkit: {}", chain(&error)));
            ExitCode::from(2)
        }
    }
}

/// All causes in one sentence; a cause whose words stand there already is not said twice.
fn chain(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    kinds
        .map(std::io::Error::kind)
        .any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}
