//! `toolkit explain`: one article, every label, what spoke for and against.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use article_toolkit::article::Article;
use article_toolkit::pipeline::{Explanation, Pipeline};
use article_toolkit::render;
use clap::{Args, ValueEnum};

use super::input::{ModelArg, one_article};
use super::output::{folder_for, say, width};

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Article file, or - for standard input.
    article: PathBuf,
    #[command(flatten)]
    model: ModelArg,
    /// Only this label.
    #[arg(long, value_name = "LABEL")]
    only: Option<String>,
    /// Pieces listed for and against each label; the rest is summed.
    #[arg(long, default_value_t = 6, value_name = "N")]
    top: usize,
    /// Output format; by default what the name of --output says, else text.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write here instead of to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// Everything, for programs: contributions and bias add up to the score.
    Json,
    /// For a browser: the article with its evidence marked, one file that needs no network.
    Html,
}

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let format = args.format()?;
    let pipeline = args.model.load()?;
    let article = one_article(&args.article)?;
    let explanations = chosen(args, &pipeline, &article)?;
    let text = match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&explanations)?),
        Format::Html => {
            render::explanation_html(&article, &pipeline.kept(&article), &explanations, args.top)
        }
        Format::Text => render::explanation_text(article.title(), &explanations, args.top, width()),
    };
    match &args.output {
        None => say(&text)?,
        Some(path) => {
            folder_for(path)?;
            render::save(path, &text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl ExplainArgs {
    fn format(&self) -> anyhow::Result<Format> {
        let ending = self.output.as_deref().and_then(Path::extension);
        let ending = ending.map(|e| e.to_string_lossy().to_lowercase());
        Ok(match (self.format, ending.as_deref()) {
            (Some(format), _) => format,
            (None, Some("html" | "htm")) => Format::Html,
            (None, Some("json")) => Format::Json,
            (None, Some("txt")) => Format::Text,
            (None, None) if self.output.is_none() => Format::Text,
            _ => bail!("the name of --output ends in neither .html, .json nor .txt; say --format"),
        })
    }
}

fn chosen(
    args: &ExplainArgs,
    pipeline: &Pipeline,
    article: &Article,
) -> anyhow::Result<Vec<Explanation>> {
    let mut explanations = pipeline.explain(article);
    let Some(label) = &args.only else {
        return Ok(explanations);
    };
    let known: Vec<String> = explanations.iter().map(|e| e.label.clone()).collect();
    explanations.retain(|e| e.label == *label);
    if explanations.is_empty() {
        let known = known.join(", ");
        bail!("the model has no label \"{label}\"; it knows {known}");
    }
    Ok(explanations)
}
