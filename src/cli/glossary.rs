//! `toolkit glossary`: what fires where, and what is wrong with it.

use std::path::PathBuf;
use std::process::ExitCode;

use article_toolkit::pipeline::{TextSpec, concept_hits};
use article_toolkit::render;
use clap::{Args, Subcommand};

use super::glossary_check::{self, GlossaryCheckArgs};
use super::input::{GlossaryArg, one_article};
use super::output::say;

#[derive(Debug, Args)]
pub(crate) struct GlossaryArgs {
    #[command(subcommand)]
    verb: GlossaryVerb,
}

#[derive(Debug, Subcommand)]
enum GlossaryVerb {
    /// Show which concepts fire in an article, and on which words.
    Hits {
        /// Article file, or - for standard input.
        article: PathBuf,
        #[command(flatten)]
        glossary: GlossaryArg,
    },
    /// Look for problems in glossary files: forms no article can reach, short stems, missing languages.
    Check(GlossaryCheckArgs),
}

pub(crate) fn run(args: &GlossaryArgs) -> anyhow::Result<ExitCode> {
    match &args.verb {
        GlossaryVerb::Hits { article, glossary } => {
            let article = one_article(article)?;
            let hits = concept_hits(&TextSpec::default(), &glossary.read()?, &article)?;
            say(&render::hits_text(&article, &hits))?;
            Ok(ExitCode::SUCCESS)
        }
        GlossaryVerb::Check(args) => glossary_check::run(args),
    }
}
