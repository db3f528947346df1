//! `toolkit inspect`: what is in a model file.

use std::path::PathBuf;
use std::process::ExitCode;

use article_toolkit::pipeline::Pipeline;
use article_toolkit::render;
use article_toolkit::store::{model_digest, verify};
use clap::Args;

use super::output::say;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Model file.
    model: PathBuf,
    /// Strongest terms shown for each label.
    #[arg(long, default_value_t = 12, value_name = "N")]
    top: usize,
    /// Only check the file: checksum, every promise of the format, and that tables and compiled glossary are sound.
    #[arg(long)]
    verify: bool,
}

pub(crate) fn run(args: &InspectArgs) -> anyhow::Result<ExitCode> {
    let digest = model_digest(&args.model)?;
    if args.verify {
        verify(&args.model)?;
        say(&format!(
            "{}: sound, digest {digest}\n",
            args.model.display()
        ))?;
    } else {
        let pipeline = Pipeline::load(&args.model)?;
        let bytes = std::fs::metadata(&args.model)?.len();
        say(&render::model_text(&pipeline, &digest, bytes, args.top))?;
    }
    Ok(ExitCode::SUCCESS)
}
