//! `toolkit evaluate`: a model judged on labelled articles.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use article_toolkit::article::{Corpus, GoldTask};
use article_toolkit::evaluate::{Report, ReportOptions};
use article_toolkit::pipeline::Pipeline;
use article_toolkit::render;
use article_toolkit::store::model_digest;
use clap::Args;

use super::input::{LabelsArg, ModelArg};
use super::output::{complain, folder_for, say, width};

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    #[command(flatten)]
    labels: LabelsArg,
    #[command(flatten)]
    model: ModelArg,
    /// Where the report goes; by default beside the model, named after model and labels file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    let corpus = args.labels.read()?;
    let pipeline = args.model.load()?;
    let gold = align(&pipeline, &corpus)?;
    let title = format!(
        "{} on {}",
        args.model.model.display(),
        args.labels.labels.display()
    );
    let input = pipeline.evaluate(&corpus, &gold, title, model_digest(&args.model.model)?);
    let report = Report::build(input, &ReportOptions::default())?;
    let output = args.output.clone().unwrap_or_else(|| default_output(args));
    folder_for(&output)?;
    report.save(&output)?;
    let html = output.with_extension("html");
    render::save(&html, &render::report_html(&report))?;
    say(&format!(
        "{}\nWritten: {}, {}\n",
        render::report_text(&report, width()),
        output.display(),
        html.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn default_output(args: &EvaluateArgs) -> PathBuf {
    let stem = args
        .labels
        .labels
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    super::output::beside(&args.model.model, &format!("{stem}.report.json"))
}

/// Lays the gold columns into the label order of the model. A label the model has never seen cannot be judged.
pub(crate) fn align(pipeline: &Pipeline, corpus: &Corpus) -> anyhow::Result<Vec<GoldTask>> {
    let mut aligned = Vec::new();
    for gold in &corpus.tasks {
        match pipeline
            .heads()
            .iter()
            .find(|h| h.task.name == gold.task.name)
        {
            Some(head) => aligned.push(gold.aligned(&head.task)?),
            None => complain(&format!(
                "warning: the model does not know \"{}\"; the column is left out",
                gold.task.name
            )),
        }
    }
    if aligned.is_empty() {
        let known: Vec<&str> = pipeline
            .heads()
            .iter()
            .map(|h| h.task.name.as_str())
            .collect();
        bail!(
            "no label column in common; the model knows {}",
            known.join(", ")
        );
    }
    Ok(aligned)
}
