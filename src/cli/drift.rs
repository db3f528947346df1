//! `toolkit drift`: two summaries of `predict`, or one and the training of its model, side by side.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use article_toolkit::batch::{Drift, Summary, drift_text};
use clap::Args;

use super::output::{say, width};

#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    /// Summary of `predict --summary`.
    #[arg(value_name = "A.summary.json")]
    a: PathBuf,
    /// Summary to lay beside it; without it, A stands beside the training of its model.
    #[arg(value_name = "B.summary.json")]
    b: Option<PathBuf>,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
    /// Exit code 1 where something has changed.
    #[arg(long)]
    fail_if_changed: bool,
}

pub(crate) fn run(args: &DriftArgs) -> anyhow::Result<ExitCode> {
    let a = read(&args.a)?;
    let (before, now) = match &args.b {
        Some(b) => (a.batch, read(b)?.batch),
        None => match a.training {
            Some(training) => (training, a.batch),
            None => bail!(
                "{}: its model was saved without training statistics; name a second summary",
                args.a.display()
            ),
        },
    };
    let drift = Drift::between(&before, &now);
    if args.json {
        say(&(serde_json::to_string_pretty(&drift)? + "\n"))?;
    } else {
        say(&drift_text(&drift, width()))?;
    }
    let failed = args.fail_if_changed && drift.changed().next().is_some();
    Ok(ExitCode::from(u8::from(failed)))
}

fn read(path: &std::path::Path) -> anyhow::Result<Summary> {
    Summary::read(path).with_context(|| path.display().to_string())
}
