//! Shared arguments: which model, which labels, which glossary.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use article_toolkit::article::{
    Article, Corpus, LabelColumn, LabelsOptions, TaskKind, decode, read_article,
};
use article_toolkit::evaluate::Report;
use article_toolkit::features::Glossary;
use article_toolkit::pipeline::Pipeline;
use clap::Args;

/// The model `train` writes and the others read where none is named.
pub(crate) const DEFAULT_MODEL: &str = "models/model.safetensors";

#[derive(Debug, Args)]
pub(crate) struct ModelArg {
    /// Model file.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_MODEL)]
    pub(crate) model: PathBuf,
}

impl ModelArg {
    pub(crate) fn load(&self) -> anyhow::Result<Pipeline> {
        load_model(&self.model)
    }
}

/// Loads a model, or says how to come by one.
pub(crate) fn load_model(path: &Path) -> anyhow::Result<Pipeline> {
    if !path.exists() {
        bail!(
            "no model at {}; train one with `toolkit train LABELS.csv` or name it with --model",
            path.display()
        );
    }
    Ok(Pipeline::load(path)?)
}

#[derive(Debug, Args)]
pub(crate) struct LabelsArg {
    /// Labels file (CSV; see data/README.md).
    #[arg(value_name = "LABELS.csv")]
    pub(crate) labels: PathBuf,
    /// Column with sets of labels separated by | (default: topics).
    #[arg(long, value_name = "COLUMN")]
    pub(crate) topics_column: Option<String>,
    /// Column with exactly one label (default: stance).
    #[arg(long, value_name = "COLUMN")]
    pub(crate) stance_column: Option<String>,
    /// Any other label column, as often as needed: COLUMN:multi or COLUMN:single.
    #[arg(long = "label", value_name = "COLUMN:KIND", value_parser = parse_column)]
    pub(crate) label: Vec<LabelColumn>,
    /// Only rows whose split column says so.
    #[arg(long, value_name = "NAME")]
    pub(crate) split: Option<String>,
}

/// What labels are about.
#[derive(Debug, Args)]
pub(crate) struct TopicsArg {
    /// Descriptions of labels (CSV: label, description); by default topics.csv beside the labels file, where there is one.
    /// With few articles they carry the model, with none they are all of it.
    #[arg(long, value_name = "FILE")]
    topics: Option<PathBuf>,
    /// Leave out topics.csv beside the labels file.
    #[arg(long, conflicts_with = "topics")]
    no_topics: bool,
}

impl TopicsArg {
    /// The rows of the split asked for, with the descriptions that go with them.
    pub(crate) fn read(&self, labels: &LabelsArg) -> anyhow::Result<Corpus> {
        let corpus = self.read_all(labels)?;
        match &labels.split {
            Some(split) => Ok(corpus.select(&of_split(&corpus, split)?)),
            None => Ok(corpus),
        }
    }

    /// The same with the rows of every split.
    pub(crate) fn read_all(&self, labels: &LabelsArg) -> anyhow::Result<Corpus> {
        let beside = labels.labels.with_file_name("topics.csv");
        let found = (!self.no_topics && beside.is_file()).then_some(beside);
        let topics = self.topics.clone().or(found);
        let options = LabelsOptions {
            unlabelled: topics.is_some(),
            ..labels.options()
        };
        let mut corpus = Corpus::read(&labels.labels, &options)?;
        if let Some(topics) = topics {
            corpus.describe(&topics, &options)?;
        }
        Ok(corpus)
    }
}

/// Whether reports carry the articles in their own words.
#[derive(Debug, Args)]
pub(crate) struct TextsArg {
    /// Leave the articles' texts and sentences out of the report: smaller, and fit to pass on. Ids, titles (cut to 80
    /// letters) and the words that carried an answer stay.
    #[arg(long)]
    no_texts: bool,
}

impl TextsArg {
    /// The texts for the page of `report`, which loses its sentences where they are not wanted.
    pub(crate) fn of<'c>(&self, corpus: &'c Corpus, report: &mut Report) -> Vec<&'c str> {
        if !self.no_texts {
            return corpus.texts();
        }
        report.drop_texts();
        Vec::new()
    }
}

fn parse_column(text: &str) -> Result<LabelColumn, String> {
    let (column, kind) = text
        .rsplit_once(':')
        .ok_or("expected COLUMN:multi or COLUMN:single")?;
    let kind = match kind {
        "multi" => TaskKind::Multi,
        "single" => TaskKind::Single,
        other => return Err(format!("\"{other}\" is neither multi nor single")),
    };
    Ok(LabelColumn {
        column: column.to_owned(),
        kind,
    })
}

impl LabelsArg {
    pub(crate) fn options(&self) -> LabelsOptions {
        let named =
            |name: &Option<String>, kind| name.clone().map(|column| LabelColumn { column, kind });
        let columns: Vec<LabelColumn> = named(&self.topics_column, TaskKind::Multi)
            .into_iter()
            .chain(named(&self.stance_column, TaskKind::Single))
            .chain(self.label.iter().cloned())
            .collect();
        if columns.is_empty() {
            LabelsOptions::default()
        } else {
            LabelsOptions {
                columns,
                required: true,
                unlabelled: false,
            }
        }
    }

    /// Reads the file and keeps the rows of the split asked for.
    pub(crate) fn read(&self) -> anyhow::Result<Corpus> {
        let corpus = self.read_all()?;
        match &self.split {
            Some(split) => Ok(corpus.select(&of_split(&corpus, split)?)),
            None => Ok(corpus),
        }
    }

    /// Reads the file with the rows of every split.
    pub(crate) fn read_all(&self) -> anyhow::Result<Corpus> {
        Ok(Corpus::read(&self.labels, &self.options())?)
    }
}

/// Rows whose split column says `split`; there is at least one.
pub(crate) fn of_split(corpus: &Corpus, split: &str) -> anyhow::Result<Vec<usize>> {
    let name = |row: usize| corpus.articles[row].meta.split.as_deref();
    let all = 0..corpus.articles.len();
    let rows: Vec<usize> = all
        .clone()
        .filter(|row| name(*row) == Some(split))
        .collect();
    if rows.is_empty() {
        let names: BTreeSet<&str> = all.filter_map(name).collect();
        let known = if names.is_empty() {
            "the column \"split\" is missing or empty".to_owned()
        } else {
            format!(
                "the column \"split\" has {}",
                Vec::from_iter(names).join(", ")
            )
        };
        bail!(
            "{}: no row of split \"{split}\"; {known}",
            corpus.source.display()
        );
    }
    Ok(rows)
}

#[derive(Debug, Args)]
pub(crate) struct GlossaryArg {
    /// Glossary file to add to the built-in one, as often as needed.
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) glossary: Vec<PathBuf>,
    /// Leave out the built-in glossary.
    #[arg(long)]
    pub(crate) no_builtin_glossary: bool,
}

impl GlossaryArg {
    pub(crate) fn read(&self) -> anyhow::Result<Glossary> {
        let mut glossary = if self.no_builtin_glossary {
            Glossary::default()
        } else {
            Glossary::built_in()?
        };
        for path in &self.glossary {
            glossary.read(path)?;
        }
        Ok(glossary)
    }
}

/// One article from a file, or from standard input where the path is `-`.
pub(crate) fn one_article(path: &Path) -> anyhow::Result<Article> {
    if path != Path::new("-") {
        return Ok(read_article(path, &path.display().to_string())?);
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("standard input")?;
    let decoded = decode(&bytes);
    anyhow::ensure!(
        !decoded.text.contains('\0'),
        "standard input is binary, not text"
    );
    let text = decoded.text;
    if text.trim().is_empty() {
        bail!("standard input is empty");
    }
    Ok(Article {
        id: "-".to_owned(),
        text,
        path: "-".into(),
        ..Article::default()
    })
}
