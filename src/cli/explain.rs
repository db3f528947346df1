//! `toolkit explain`: one article, every label, what spoke for and against.

use std::path::PathBuf;
use std::process::ExitCode;

use article_toolkit::render;
use clap::Args;

use super::input::{ModelArg, one_article};
use super::output::{say, width};

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Article file, or - for standard input.
    article: PathBuf,
    #[command(flatten)]
    model: ModelArg,
    /// Only this label.
    #[arg(long, value_name = "LABEL")]
    only: Option<String>,
    /// Pieces shown for and against each label.
    #[arg(long, default_value_t = 8, value_name = "N")]
    top: usize,
    /// Everything as JSON: contributions and bias add up to the score.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let pipeline = args.model.load()?;
    let article = one_article(&args.article)?;
    let mut explanations = pipeline.explain(&article);
    if let Some(label) = &args.only {
        let known: Vec<String> = explanations.iter().map(|e| e.label.clone()).collect();
        explanations.retain(|e| e.label == *label);
        anyhow::ensure!(
            !explanations.is_empty(),
            "the model has no label \"{label}\"; it knows {}",
            known.join(", ")
        );
    }
    if args.json {
        say(&format!(
            "{}\n",
            serde_json::to_string_pretty(&explanations)?
        ))?;
    } else {
        say(&render::explanation_text(
            article.title(),
            &explanations,
            args.top,
            width(),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
