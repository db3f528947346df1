//! `toolkit evaluate`: a model, or what training would learn, judged on labelled articles.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use article_toolkit::article::{Corpus, GoldTask, MetaColumn, Repeated, TimeSplit};
use article_toolkit::evaluate::{Report, ReportOptions};
use article_toolkit::pipeline::{
    BaselineKind, Evaluated, Extras, Parts, Pipeline, TrainConfig, cross_validate, hold_out,
};
use article_toolkit::render;
use article_toolkit::store::model_digest;
use clap::{Args, ValueEnum};

use super::input::{
    DEFAULT_MODEL, GlossaryArg, LabelsArg, TextsArg, TopicsArg, load_model, of_split,
};
use super::output::{beside, complain, folder_for, say, steps, width};

/// Judge a model on a labels file, or judge what training on the file would learn; writes a report.
///
/// Without further options a model file answers the articles of the file. With --cross-validate, --time-split or
/// --train-split models are trained with the settings of `train` and answer articles they have not seen; no model file
/// is read or written.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct EvaluateArgs {
    #[command(flatten)]
    labels: LabelsArg,
    /// Model file to judge [default: models/model.safetensors].
    #[arg(long, short, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where the report goes (JSON); the same as .md and .html beside it. By default beside the model, or
    /// LABELS.WAY.report.json in the working folder where models are trained.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Train K times, each time judging the articles left out.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(2..=20))]
    cross_validate: Option<u8>,
    /// Train on articles dated before the day, judge those from that day on (column date).
    #[arg(long, value_name = "YYYY-MM-DD")]
    time_split: Option<String>,
    /// Train on the rows of this split, judge those of --split, or of all other splits.
    #[arg(long, value_name = "NAME")]
    train_split: Option<String>,
    /// Never train on and judge articles of one value of this column (source, target, date, lang), for example of one
    /// outlet; needs models that are trained here.
    #[arg(long, value_name = "COLUMN")]
    group: Option<MetaColumn>,
    /// Judge models that saw an eighth, a quarter, half of the articles too: would more articles help?
    #[arg(long)]
    learning_curve: bool,
    /// Judge simple answers on the same articles: majority (label shares, no text), glossary (concepts, no words).
    #[arg(long, value_name = "NAME,...", value_enum, value_delimiter = ',')]
    baseline: Vec<BaselineName>,
    /// Shuffle the labels N times (default 5 where models are trained, always 200 for a model file) and judge again:
    /// the score should fall to chance.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "5", require_equals = true,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    noise_check: Option<u32>,
    #[command(flatten)]
    topics: TopicsArg,
    #[command(flatten)]
    glossary: GlossaryArg,
    #[command(flatten)]
    texts: TextsArg,
}

/// Baselines by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BaselineName {
    Majority,
    Glossary,
}

impl From<BaselineName> for BaselineKind {
    fn from(name: BaselineName) -> Self {
        match name {
            BaselineName::Majority => Self::Majority,
            BaselineName::Glossary => Self::Glossary,
        }
    }
}

/// What is judged on what.
enum Way<'a> {
    Model(&'a Path),
    CrossValidate(u8),
    TimeSplit(&'a str),
    TrainSplit(&'a str),
}

pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    let way = way(args)?;
    let (mut report, corpus) = match way {
        Way::Model(path) => judge_model(args, path)?,
        Way::CrossValidate(folds) => judge_folds(args, folds)?,
        Way::TimeSplit(day) => judge_from(args, day)?,
        Way::TrainSplit(name) => judge_split(args, name)?,
    };
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| default_output(args, &way));
    let texts = args.texts.of(&corpus, &mut report);
    write(&report, &texts, &output)
}

/// The one way asked for; options that need another way are refused.
fn way(args: &EvaluateArgs) -> anyhow::Result<Way<'_>> {
    let trained = [
        args.cross_validate
            .map(|folds| ("--cross-validate", Way::CrossValidate(folds))),
        args.time_split
            .as_deref()
            .map(|day| ("--time-split", Way::TimeSplit(day))),
        args.train_split
            .as_deref()
            .map(|name| ("--train-split", Way::TrainSplit(name))),
    ];
    let mut asked: Vec<(&str, Way<'_>)> = trained.into_iter().flatten().collect();
    if let [(first, _), (second, _), ..] = asked.as_slice() {
        bail!("{first} and {second} are two ways to hold articles out; take one of them");
    }
    match (asked.pop(), &args.model) {
        (Some((option, _)), Some(model)) => bail!(
            "{option} trains models of its own, so there is nothing to judge {} by; leave out --model, or leave out \
             {option} to judge that model on the whole file (or on one --split of it)",
            model.display()
        ),
        (Some((_, way)), None) => Ok(way),
        (None, model) => model_way(args, model.as_deref()),
    }
}

fn model_way<'a>(args: &EvaluateArgs, model: Option<&'a Path>) -> anyhow::Result<Way<'a>> {
    let needs_training = [
        ("--group", args.group.is_some()),
        ("--learning-curve", args.learning_curve),
        ("--baseline", !args.baseline.is_empty()),
        ("--glossary", !args.glossary.glossary.is_empty()),
        ("--no-builtin-glossary", args.glossary.no_builtin_glossary),
    ];
    if let Some((option, _)) = needs_training.iter().find(|(_, given)| *given) {
        bail!(
            "{option} needs models that are trained here, and a model file is finished; add --cross-validate 5, \
             --time-split YYYY-MM-DD or --train-split NAME (without --model)"
        );
    }
    Ok(Way::Model(model.unwrap_or(Path::new(DEFAULT_MODEL))))
}

/// A report and the articles it judges, in its order.
type Judged = (Report, Corpus);

/// A finished model answers the file.
fn judge_model(args: &EvaluateArgs, path: &Path) -> anyhow::Result<Judged> {
    let corpus = args.labels.read_all()?;
    let pipeline = load_model(path)?;
    let seen =
        pipeline.data_digest() == corpus.digest && pipeline.n_articles() == corpus.articles.len();
    let corpus = match &args.labels.split {
        Some(split) => corpus.select(&of_split(&corpus, split)?),
        None => corpus,
    };
    let texts = corpus.articles.iter().map(|article| article.text.as_str());
    let pipeline = pipeline.with_repeated(Repeated::in_texts(texts));
    let gold = align(&pipeline, &corpus)?;
    let title = format!("{} on {}", path.display(), source(args));
    let mut input = pipeline.evaluate(&corpus, &gold, title, model_digest(path)?);
    if seen {
        complain(
            "warning: the model was trained on these very articles: its answers say nothing about others. Take \
             --cross-validate 5, or `train --split` and `evaluate --split`",
        );
        "training_data".clone_into(&mut input.method);
    }
    let mut report = Report::build(input, &ReportOptions::default())?;
    if args.noise_check.is_some() {
        report.add_noise_check_of_decisions();
    }
    Ok((report, corpus))
}

fn judge_folds(args: &EvaluateArgs, folds: u8) -> anyhow::Result<Judged> {
    let corpus = args.topics.read(&args.labels)?;
    let mut config = config(args)?;
    config.n_folds = folds.into();
    let report = with_progress(args, |extras, progress| {
        cross_validate(&corpus, &config, extras, progress)
    })?;
    Ok((report, corpus))
}

fn judge_from(args: &EvaluateArgs, day: &str) -> anyhow::Result<Judged> {
    let corpus = args.topics.read(&args.labels)?;
    let split = TimeSplit::at(&corpus.articles, day)
        .with_context(|| format!("--time-split: \"{day}\" is not a day, YYYY-MM-DD"))?;
    if !split.unclear.is_empty() {
        complain(&format!(
            "warning: {} left out: no date, or a year or month that holds {day} (column date)",
            plural(split.unclear.len() as u64)
        ));
    }
    let way = format!("trained on articles before {day}, judged on those from it");
    judge_parts(
        args,
        &corpus,
        (&split.before, &split.from),
        &way,
        "time_split",
    )
}

fn judge_split(args: &EvaluateArgs, name: &str) -> anyhow::Result<Judged> {
    let corpus = args.topics.read_all(&args.labels)?;
    let train = of_split(&corpus, name)?;
    let (test, judged) = match &args.labels.split {
        Some(split) if split == name => {
            bail!(
                "--train-split and --split are both \"{name}\"; articles are judged by models that have not seen them"
            )
        }
        Some(split) => (of_split(&corpus, split)?, split.as_str()),
        None => {
            let other = |row: &usize| {
                corpus.articles[*row]
                    .meta
                    .split
                    .as_deref()
                    .is_some_and(|own| own != name)
            };
            (
                (0..corpus.articles.len()).filter(other).collect(),
                "the others",
            )
        }
    };
    let way = format!("trained on split {name}, judged on {judged}");
    judge_parts(args, &corpus, (&train, &test), &way, "hold_out")
}

/// Learns from one part and judges the other.
fn judge_parts(
    args: &EvaluateArgs,
    corpus: &Corpus,
    (train, test): (&[usize], &[usize]),
    way: &str,
    method: &str,
) -> anyhow::Result<Judged> {
    for (part, rows) in [("train on", train), ("judge", test)] {
        if rows.is_empty() {
            bail!("{}: {way}: there is no article to {part}", source(args));
        }
    }
    let config = config(args)?;
    let parts = Parts::of(corpus, train, test, config.group_by);
    if parts.dropped > 0 {
        let shared = config
            .group_by
            .map_or_else(String::new, |column| format!(" or the same {column}"));
        complain(&format!(
            "{} of the training part left out: a judged article is a copy of them{shared}",
            plural(parts.dropped as u64)
        ));
    }
    if parts.train.articles.is_empty() {
        bail!(
            "{}: {way}: no article is left to train on, each shares its text or its --group with a judged one; split \
             the file otherwise, or leave out --group",
            source(args)
        );
    }
    let title = format!("{}, {way}", source(args));
    let report = with_progress(args, |extras, progress| {
        hold_out(&parts, &config, extras, (title, method), progress)
    })?;
    Ok((report, parts.test))
}

fn plural(articles: u64) -> String {
    article_toolkit::evaluate::words::plural(articles, "article", "articles")
}

fn config(args: &EvaluateArgs) -> anyhow::Result<TrainConfig> {
    let mut config = TrainConfig::new(args.glossary.read()?);
    config.group_by = args.group;
    Ok(config)
}

/// Runs an evaluation that trains, with its steps shown, and makes the report.
fn with_progress<E: Into<anyhow::Error>>(
    args: &EvaluateArgs,
    work: impl FnOnce(&Extras, &(dyn Fn(&str, u64, u64) + Sync)) -> Result<Evaluated, E>,
) -> anyhow::Result<Report> {
    let mut baselines: Vec<BaselineKind> =
        args.baseline.iter().map(|name| (*name).into()).collect();
    let mut known = Vec::new();
    baselines.retain(|kind| {
        !known.contains(kind) && {
            known.push(*kind);
            true
        }
    });
    let extras = Extras {
        baselines,
        learning_curve: args.learning_curve,
        shuffles: args.noise_check.unwrap_or(0),
    };
    let bar = steps();
    let show = |what: &str, _: u64, _: u64| bar.set_message(what.to_owned());
    let evaluated = work(&extras, &show);
    bar.finish_and_clear();
    let evaluated = evaluated
        .map_err(Into::into)
        .with_context(|| source(args))?;
    for warning in &evaluated.warnings {
        complain(&format!("warning: {warning}"));
    }
    Ok(evaluated.into_report(&ReportOptions::default())?)
}

/// The labels file, and the split of it.
fn source(args: &EvaluateArgs) -> String {
    let path = args.labels.labels.display().to_string();
    match &args.labels.split {
        Some(split) if args.train_split.is_none() => format!("{path}, split {split}"),
        _ => path,
    }
}

fn write(report: &Report, texts: &[&str], output: &Path) -> anyhow::Result<ExitCode> {
    folder_for(output)?;
    report.save(output)?;
    let (html, markdown) = (output.with_extension("html"), output.with_extension("md"));
    render::save(&html, &render::report_html(report, texts))?;
    render::save(&markdown, &render::report_markdown(report))?;
    say(&format!(
        "{}\nWritten: {}, {}, {}\n",
        render::report_text(report, width()),
        output.display(),
        html.display(),
        markdown.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn default_output(args: &EvaluateArgs, way: &Way<'_>) -> PathBuf {
    let stem = args.labels.labels.file_stem();
    let stem = stem
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    match way {
        Way::Model(path) => beside(path, &format!("{stem}.report.json")),
        Way::CrossValidate(_) => format!("{stem}.cross_validation.report.json").into(),
        Way::TimeSplit(_) => format!("{stem}.time_split.report.json").into(),
        Way::TrainSplit(_) => format!("{stem}.hold_out.report.json").into(),
    }
}

/// Lays the gold columns into the label order of the model. A label the model has never seen cannot be judged.
pub(crate) fn align(pipeline: &Pipeline, corpus: &Corpus) -> anyhow::Result<Vec<GoldTask>> {
    let mut aligned = Vec::new();
    let heads = pipeline.heads();
    for gold in &corpus.tasks {
        match heads.iter().find(|h| h.task.name == gold.task.name) {
            Some(head) => aligned.push(gold.aligned(&head.task)?),
            None => complain(&format!(
                "warning: the model does not know \"{}\"; the column is left out",
                gold.task.name
            )),
        }
    }
    if aligned.is_empty() {
        let known: Vec<&str> = heads.iter().map(|h| h.task.name.as_str()).collect();
        bail!(
            "no label column in common; the model knows {}",
            known.join(", ")
        );
    }
    Ok(aligned)
}
