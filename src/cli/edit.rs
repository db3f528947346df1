//! `toolkit train --keep-label`, `--drop-label` and `--add`: labels out of a model, or into it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use article_toolkit::pipeline::Pipeline;
use clap::Args;

use super::input::{DEFAULT_MODEL, load_model};

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Add the labels of LABELS.csv that the model --from has not; all it answers already stays the same, bit for bit.
    #[arg(long, conflicts_with_all = ["keep_label", "drop_label"])]
    pub(crate) add: bool,
    /// Keep only this label of the model --from (LABEL or COLUMN/LABEL), as often as needed; no labels file.
    #[arg(long, value_name = "LABEL", conflicts_with = "labels")]
    keep_label: Vec<String>,
    /// Take this label out of the model --from (LABEL or COLUMN/LABEL), as often as needed; no labels file.
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["keep_label", "labels"])]
    drop_label: Vec<String>,
    /// Model that --add, --keep-label and --drop-label start from, by default models/model.safetensors; it stays as it is
    /// unless --output names it too.
    #[arg(long, value_name = "MODEL")]
    from: Option<PathBuf>,
}

impl EditArgs {
    /// Labels are to be taken out.
    pub(crate) fn takes_out(&self) -> bool {
        !self.keep_label.is_empty() || !self.drop_label.is_empty()
    }

    /// The model to add labels to, where that is asked for.
    pub(crate) fn model(&self) -> anyhow::Result<Option<Pipeline>> {
        if self.from.is_some() && !self.add {
            bail!("--from goes with --add, --keep-label or --drop-label");
        }
        self.add.then(|| self.load()).transpose()
    }

    fn load(&self) -> anyhow::Result<Pipeline> {
        let path = self.from();
        if !path.exists() {
            bail!("no model at {}; name one with --from", path.display());
        }
        load_model(path)
    }

    fn from(&self) -> &Path {
        self.from.as_deref().unwrap_or(Path::new(DEFAULT_MODEL))
    }

    /// The same without the labels that are to go.
    pub(crate) fn fewer(&self) -> anyhow::Result<Pipeline> {
        let model = self.load()?;
        let named = |wanted: &[String]| -> anyhow::Result<Vec<(String, String)>> {
            wanted.iter().map(|label| find(&model, label)).collect()
        };
        let (kept, dropped) = (named(&self.keep_label)?, named(&self.drop_label)?);
        let keep = |task: &str, label: &str| {
            let one_of =
                |list: &[(String, String)]| list.iter().any(|(t, l)| t == task && l == label);
            (kept.is_empty() || one_of(&kept)) && !one_of(&dropped)
        };
        let from = || self.from().display().to_string();
        model.keep_labels(&keep).with_context(from)
    }
}

/// Task and label that `name` stands for: `energy`, or `topics/energy` where two tasks have an `energy`.
fn find(model: &Pipeline, name: &str) -> anyhow::Result<(String, String)> {
    let heads = model.heads().iter();
    let all: Vec<(String, String)> = heads
        .flat_map(|h| {
            let task = &h.task.name;
            h.task.labels.iter().map(move |l| (task.clone(), l.clone()))
        })
        .collect();
    let meant =
        |(task, label): &&(String, String)| label == name || format!("{task}/{label}") == name;
    let found: Vec<&(String, String)> = all.iter().filter(meant).collect();
    let list = |labels: &mut dyn Iterator<Item = &(String, String)>| {
        let names: Vec<String> = labels
            .map(|(task, label)| format!("{task}/{label}"))
            .collect();
        names.join(", ")
    };
    match found[..] {
        [one] => Ok(one.clone()),
        [] => bail!(
            "the model has no label \"{name}\"; it has {}",
            list(&mut all.iter())
        ),
        _ => bail!(
            "\"{name}\" may be {}; name one of them",
            list(&mut found.into_iter())
        ),
    }
}
