//! `toolkit train`: labels file to model, report and model card.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use article_toolkit::atomic;
use article_toolkit::classify::Family;
use article_toolkit::evaluate::{Report, ReportOptions};
use article_toolkit::pipeline::{Pipeline, TrainConfig, Trained};
use article_toolkit::render;
use article_toolkit::store::model_digest;
use clap::{Args, ValueEnum};

use super::input::{DEFAULT_MODEL, GlossaryArg, LabelsArg};
use super::output::{beside, complain, folder_for, say, steps, width};

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    labels: LabelsArg,
    /// Where the model goes; report and card are written beside it.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_MODEL)]
    output: PathBuf,
    /// What is learnt; by default logistic or svm, whichever scores higher on articles held out.
    #[arg(long, value_enum)]
    classifier: Option<Classifier>,
    /// Folds of the cross-validation.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    #[command(flatten)]
    glossary: GlossaryArg,
}

/// Learners by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Classifier {
    /// L2-regularised logistic regression, one against the rest.
    Logistic,
    /// L2-loss linear support vector machine, one against the rest.
    Svm,
    /// Softmax regression.
    Multinomial,
    /// Baseline: label shares, no text.
    Majority,
    /// Baseline: glossary concepts alone, no words.
    Glossary,
}

impl Classifier {
    fn configure(self, config: &mut TrainConfig) {
        config.family = match self {
            Self::Logistic => Some(Family::Logistic),
            Self::Svm => Some(Family::LinearSvm),
            Self::Multinomial => Some(Family::Multinomial),
            Self::Majority => Some(Family::Majority),
            Self::Glossary => None,
        };
        if self == Self::Glossary {
            config.blocks = Some(vec![[0.0, 0.0, 1.0, 0.0, 1.0]]);
        }
    }
}

pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let corpus = args.labels.read()?;
    let mut config = TrainConfig::new(args.glossary.read()?);
    config.n_folds = args.folds.into();
    if let Some(classifier) = args.classifier {
        classifier.configure(&mut config);
    }
    folder_for(&args.output)?;
    let bar = steps();
    let show = |what: &str, _: u64, _: u64| bar.set_message(what.to_owned());
    let trained = Pipeline::train(&corpus, &config, &show);
    bar.finish_and_clear();
    let trained = trained.with_context(|| format!("{}", corpus.source.display()))?;
    write(args, trained)
}

fn write(args: &TrainArgs, trained: Trained) -> anyhow::Result<ExitCode> {
    for warning in &trained.warnings {
        complain(&format!("warning: {warning}"));
    }
    trained.pipeline.save(&args.output)?;
    let digest = model_digest(&args.output)?;
    let (report_path, card_path) = (
        beside(&args.output, "report.json"),
        beside(&args.output, "card.md"),
    );
    let mut written = vec![args.output.clone()];
    let mut summary = String::new();
    let report = trained
        .report
        .map(|input| Report::build(input, &ReportOptions::default()))
        .transpose()?;
    if let Some(report) = &report {
        report.save(&report_path)?;
        summary = render::report_text(report, width());
        let html = beside(&args.output, "report.html");
        render::save(&html, &render::report_html(report))?;
        written.extend([report_path, html]);
    }
    let card = render::model_card(
        &trained.pipeline,
        report.as_ref(),
        &digest,
        &trained.rankings,
    );
    atomic::write(&card_path, |file| file.write_all(card.as_bytes()))
        .with_context(|| card_path.display().to_string())?;
    written.push(card_path);
    let files: Vec<String> = written.iter().map(|p: &PathBuf| display(p)).collect();
    say(&format!("{summary}\nWritten: {}\n", files.join(", ")))?;
    Ok(ExitCode::SUCCESS)
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
