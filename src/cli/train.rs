//! `toolkit train`: labels file to model, report and model card.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use article_toolkit::article::Corpus;
use article_toolkit::atomic;
use article_toolkit::classify::{Candidate, CutRule, Family};
use article_toolkit::evaluate::{Report, ReportOptions};
use article_toolkit::pipeline::{BaselineKind, Pipeline, Progress, TextSpec, TrainConfig, Trained};
use article_toolkit::render;
use article_toolkit::store::{Pruned, model_digest, train_within};
use article_toolkit::text::{Joining, Masking, Stemming};
use clap::{Args, ValueEnum};

use super::edit::EditArgs;
use super::input::{DEFAULT_MODEL, GlossaryArg, LabelsArg, TextsArg, TopicsArg};
use super::output::{beside, complain, folder_for, say, steps, width};
use super::size::size;

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    labels: Option<LabelsArg>,
    /// Where the model goes; report and card are written beside it.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_MODEL)]
    output: PathBuf,
    /// What is learnt; by default logistic or svm, whichever scores higher on articles held out
    /// (--list-classifiers names all).
    #[arg(long, value_enum)]
    classifier: Option<Classifier>,
    /// Say what there is to learn with, and end.
    #[arg(long, exclusive = true)]
    list_classifiers: bool,
    /// Folds of the cross-validation.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// Cut every label of a set where it is right at least this often on held-out articles, such as 0.9.
    #[arg(long, value_name = "SHARE", value_parser = precision, conflicts_with = "cost")]
    precision: Option<CutRule>,
    /// Cut where a label given wrongly and a label missed cost so much, such as 1:5; by default at the best F1.
    #[arg(long, value_name = "FP:FN", value_parser = cost)]
    cost: Option<CutRule>,
    /// Stop choosing settings after so long (30s, 2m, 1h) and keep the best so far; then the result may depend on the
    /// machine.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    /// Keep only the features that matter most, so many that the model file is no larger (5MB, 8MiB, 900kB), and say
    /// what that costs.
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with_all = ["add", "keep_label", "drop_label"])]
    max_model_size: Option<u64>,
    #[command(flatten)]
    edit: EditArgs,
    #[command(flatten)]
    topics: TopicsArg,
    #[command(flatten)]
    glossary: GlossaryArg,
    /// Leave out a step of the text path, to measure what it brings; as often as needed.
    #[arg(long, value_enum, value_name = "STEP")]
    without: Vec<Step>,
    #[command(flatten)]
    texts: TextsArg,
}

/// Stands behind a learner that this build lacks.
const NOT_BUILT: &str = " (not in this build: cargo build --release --features linfa-classifiers)";
/// What one might look for in vain; `docs/training.md`, "linfa's learners", has the reasons.
const NOT_OFFERED: &str = "
Not offered: linfa-bayes (prints its arrays at every fit) and linfa-trees (breaks ties in the order of a hash map,
so a model would differ from run to run).
";

/// Every learner with a line about it, and below a blank line those of linfa that are not offered.
fn classifiers() -> String {
    let all = Classifier::value_variants().iter();
    let line = |classifier: &Classifier| {
        let value = classifier.to_possible_value()?;
        let about = value.get_help().map(ToString::to_string);
        let missing = if classifier.is_built() { "" } else { NOT_BUILT };
        let (name, about) = (value.get_name(), about.unwrap_or_default());
        Some(format!("{name:<18}{about}{missing}\n"))
    };
    all.filter_map(line)
        .chain([NOT_OFFERED.to_owned()])
        .collect()
}

fn precision(text: &str) -> Result<CutRule, String> {
    let target = text
        .parse()
        .map_err(|_| format!("\"{text}\" is no number; expected one such as 0.9"))?;
    CutRule::precision(target).map_err(|e| e.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("\"{text}\" is no time; expected one such as 30s, 2m or 1h");
    let number = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[number.len()..] {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(expected()),
    };
    let seconds: f64 = number.trim().parse().map_err(|_| expected())?;
    Duration::try_from_secs_f64(unit * seconds).map_err(|_| expected())
}

fn cost(text: &str) -> Result<CutRule, String> {
    let costs = text.split_once(':').and_then(|(wrong, missed)| {
        Some((wrong.trim().parse().ok()?, missed.trim().parse().ok()?))
    });
    let (wrong, missed) = costs.ok_or("expected two numbers, such as 1:5")?;
    CutRule::cost(wrong, missed).map_err(|e| e.to_string())
}

/// Steps of the text path that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Cutting boilerplate.
    Cleaning,
    /// Taking inflection off words.
    Stems,
    /// Hiding agencies, datelines and dates.
    Masks,
    /// Joining parted affixes and compounds.
    Joins,
}

impl Step {
    fn leave_out(self, text: &mut TextSpec) {
        match self {
            Self::Cleaning => text.cleaner.phrases.clear(),
            Self::Stems => text.analyzer.stemming = Stemming::Off,
            Self::Masks => text.analyzer.masking = Masking::Off,
            Self::Joins => text.analyzer.joining = Joining::Off,
        }
    }
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
    /// Complement naive Bayes.
    ComplementBayes,
    /// Multinomial naive Bayes.
    MultinomialBayes,
    /// linfa's support vector machine on the 500 columns that tell labels apart best.
    LinfaSvm,
    /// Baseline: label shares, no text.
    Majority,
    /// Baseline: glossary concepts alone, no words.
    Glossary,
}

impl Classifier {
    fn configure(self, config: &mut TrainConfig) {
        match self {
            Self::Majority => BaselineKind::Majority.configure(config),
            Self::Glossary => BaselineKind::Glossary.configure(config),
            _ => config.family = self.family(),
        }
    }

    /// What it learns with; none for a baseline.
    fn family(self) -> Option<Family> {
        match self {
            Self::Logistic => Some(Family::Logistic),
            Self::Svm => Some(Family::LinearSvm),
            Self::Multinomial => Some(Family::Multinomial),
            Self::ComplementBayes => Some(Family::ComplementBayes),
            Self::MultinomialBayes => Some(Family::MultinomialBayes),
            Self::LinfaSvm => Some(Family::LinfaSvm),
            Self::Majority | Self::Glossary => None,
        }
    }

    fn is_built(self) -> bool {
        self.family().is_none_or(|f| f.check_built().is_ok())
    }
}

pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    if args.list_classifiers {
        say(&classifiers())?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.edit.takes_out() {
        return take_out(args);
    }
    if let Some(family) = args.classifier.and_then(Classifier::family) {
        family.check_built()?;
    }
    let labels = args.labels.as_ref().context("name a labels file")?;
    let corpus = if args.edit.add {
        labels.read()?
    } else {
        args.topics.read(labels)?
    };
    let model = args.edit.model()?;
    let mut config = TrainConfig::new(args.glossary.read()?);
    config.n_folds = args.folds.into();
    if let Some(classifier) = args.classifier {
        classifier.configure(&mut config);
    }
    config.budget = args.budget;
    config.cut_rule = args.precision.or(args.cost).unwrap_or_default();
    args.without
        .iter()
        .for_each(|step| step.leave_out(&mut config.text));
    folder_for(&args.output)?;
    let bar = steps();
    let show = |what: &str, _: u64, _: u64| bar.set_message(what.to_owned());
    let learnt = learn(model, &corpus, &config, args.max_model_size, &show);
    bar.finish_and_clear();
    let (trained, pruned) = learnt.with_context(|| format!("{}", corpus.source.display()))?;
    write(args, &corpus, trained, pruned.as_ref())
}

/// A model of all labels, no larger than `limit`; or `model` with more labels.
fn learn(
    model: Option<Pipeline>,
    corpus: &Corpus,
    config: &TrainConfig,
    limit: Option<u64>,
    show: Progress<'_>,
) -> anyhow::Result<(Trained, Option<Pruned>)> {
    match (model, limit) {
        (Some(model), _) => Ok((model.add_labels(corpus, config, show)?, None)),
        (None, Some(limit)) => Ok(train_within(corpus, config, limit, show)?),
        (None, None) => Ok((Pipeline::train(corpus, config, show)?, None)),
    }
}

/// A model with fewer labels, and its card; nothing is learnt, so there is no report.
fn take_out(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let model = args.edit.fewer()?;
    folder_for(&args.output)?;
    model.save(&args.output)?;
    let card = write_card(args, &model, None, None, &[])?;
    let report = beside(&args.output, "report.json");
    if report.exists() {
        complain(&format!(
            "note: {} is about the model as it was trained",
            report.display()
        ));
    }
    let written = [args.output.clone(), card];
    say(&format!("Written: {}\n", listed(&written)))?;
    Ok(ExitCode::SUCCESS)
}

fn write_card(
    args: &TrainArgs,
    model: &Pipeline,
    report: Option<&Report>,
    pruned: Option<&Pruned>,
    rankings: &[Vec<(Candidate, f64)>],
) -> anyhow::Result<PathBuf> {
    let path = beside(&args.output, "card.md");
    let digest = model_digest(&args.output)?;
    let card = render::model_card(model, report, pruned, &digest, rankings);
    atomic::write(&path, |file| file.write_all(card.as_bytes()))
        .with_context(|| path.display().to_string())?;
    Ok(path)
}

fn write(
    args: &TrainArgs,
    corpus: &Corpus,
    trained: Trained,
    pruned: Option<&Pruned>,
) -> anyhow::Result<ExitCode> {
    for warning in &trained.warnings {
        complain(&format!("warning: {warning}"));
    }
    trained.pipeline.save(&args.output)?;
    let report_path = beside(&args.output, "report.json");
    let mut written = vec![args.output.clone()];
    let mut summary = String::new();
    let mut report = trained
        .report
        .map(|input| Report::build(input, &ReportOptions::default()))
        .transpose()?;
    if let Some(report) = &mut report {
        if !trained.majority.is_empty() {
            report.add_baseline(BaselineKind::Majority.name(), &trained.majority)?;
        }
        let texts = args.texts.of(corpus, report);
        report.save(&report_path)?;
        summary = render::report_text(report, width());
        let html = beside(&args.output, "report.html");
        render::save(&html, &render::report_html(report, &texts))?;
        written.extend([report_path, html]);
    }
    let (model, rankings) = (&trained.pipeline, &trained.rankings);
    let report = report.as_ref();
    written.push(write_card(args, model, report, pruned, rankings)?);
    if let Some(pruned) = pruned {
        summary += &format!("\n{pruned}\n");
    }
    say(&format!("{summary}\nWritten: {}\n", listed(&written)))?;
    Ok(ExitCode::SUCCESS)
}

fn listed(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|p| p.display().to_string()).collect();
    files.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learners_have_one_name() {
        for classifier in Classifier::value_variants() {
            let named = classifier.to_possible_value();
            if let (Some(named), Some(family)) = (named, classifier.family()) {
                assert_eq!(named.get_name(), family.name());
            }
        }
    }
}
