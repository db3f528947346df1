//! Articles whose labels must not change: looked at before a batch, so that a wrong model costs no night.

use std::path::Path;

use article_toolkit::article::{Article, Corpus, GoldTask, LabelsOptions};
use article_toolkit::pipeline::{Pipeline, Prediction};

use super::evaluate::align;

/// Says which labels of the golden articles the model does not give, or gives and should not; empty where all are kept.
pub(crate) fn changed(pipeline: &Pipeline, path: &Path) -> anyhow::Result<Vec<String>> {
    let corpus = Corpus::read(path, &LabelsOptions::default())?;
    let gold = align(pipeline, &corpus)?;
    let mut changed = Vec::new();
    for (i, article) in corpus.articles.iter().enumerate() {
        let prediction = pipeline.predict(article);
        for task in &gold {
            changed.extend(difference(task, i, article, &prediction));
        }
    }
    Ok(changed)
}

fn difference(
    gold: &GoldTask,
    i: usize,
    article: &Article,
    prediction: &Prediction,
) -> Option<String> {
    let task = prediction.tasks.iter().find(|t| t.task == gold.task.name)?;
    let annotated = gold.gold.row(i);
    let labels = task.labels.iter().zip(annotated);
    let lists = |wrong: &dyn Fn(bool, bool) -> bool| -> Vec<&str> {
        let wrong = labels
            .clone()
            .filter(|(l, gold)| gold.is_some_and(|gold| wrong(l.given, gold)));
        wrong.map(|(l, _)| l.label.as_str()).collect()
    };
    let (lost, new) = (lists(&|g, gold| gold && !g), lists(&|g, gold| g && !gold));
    if lost.is_empty() && new.is_empty() {
        return None;
    }
    let list = |labels: Vec<&str>| match labels.is_empty() {
        true => "nothing".to_owned(),
        false => labels.join(", "),
    };
    let name = &gold.task.name;
    Some(format!(
        "{}: {name}: lost {}, new {}",
        article.id,
        list(lost),
        list(new)
    ))
}
