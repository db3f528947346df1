//! Checks that outcomes fit together before anything is computed from them.

use std::collections::BTreeSet;

use crate::article::{Task, TaskKind};

use super::outcome::{ArticleOutcome, TaskOutcomes};

/// The first contradiction found, in words.
pub(crate) fn check(articles: &[ArticleOutcome], tasks: &[&TaskOutcomes]) -> Result<(), String> {
    check_articles(articles)?;
    if tasks.is_empty() {
        return Err("there is no task".into());
    }
    let mut names = BTreeSet::new();
    for task in tasks {
        if !names.insert(task.task.name.as_str()) {
            return Err(format!("task '{}' stands there twice", task.task.name));
        }
        check_task(articles, task)
            .map_err(|reason| format!("task '{}': {reason}", task.task.name))?;
    }
    Ok(())
}

fn check_articles(articles: &[ArticleOutcome]) -> Result<(), String> {
    if articles.is_empty() {
        return Err("there are no articles".into());
    }
    let mut ids = BTreeSet::new();
    for article in articles {
        if !ids.insert(article.id.as_str()) {
            return Err(format!("article id '{}' stands there twice", article.id));
        }
        if article
            .evidence
            .iter()
            .any(|evidence| !evidence.weight.is_finite())
        {
            return Err(format!(
                "article '{}' has evidence whose weight is not a number",
                article.id
            ));
        }
    }
    Ok(())
}

fn check_task(articles: &[ArticleOutcome], outcomes: &TaskOutcomes) -> Result<(), String> {
    check_labels(&outcomes.task)?;
    check_thresholds(outcomes)?;
    let rows = [
        outcomes.gold.len(),
        outcomes.scores.len(),
        outcomes.decided.len(),
    ];
    if rows != [articles.len(); 3] {
        return Err(format!(
            "{} articles, but {rows:?} rows of gold, scores, decisions",
            articles.len()
        ));
    }
    for (row, article) in articles.iter().enumerate() {
        check_row(outcomes, row).map_err(|reason| format!("article '{}': {reason}", article.id))?;
    }
    Ok(())
}

fn check_labels(task: &Task) -> Result<(), String> {
    if task.labels.is_empty() {
        return Err("it has no labels".into());
    }
    let unique: BTreeSet<&String> = task.labels.iter().collect();
    if unique.len() != task.labels.len() {
        return Err("a label stands there twice".into());
    }
    Ok(())
}

fn check_thresholds(outcomes: &TaskOutcomes) -> Result<(), String> {
    let expected = match outcomes.task.kind {
        TaskKind::Multi => outcomes.task.labels.len(),
        TaskKind::Single => 0,
    };
    if outcomes.thresholds.len() != expected {
        return Err(format!(
            "{} thresholds where {expected} are due",
            outcomes.thresholds.len()
        ));
    }
    if outcomes
        .thresholds
        .iter()
        .any(|threshold| !threshold.is_finite())
    {
        return Err("a threshold is not a number".into());
    }
    Ok(())
}

fn check_row(outcomes: &TaskOutcomes, row: usize) -> Result<(), String> {
    let labels = outcomes.task.labels.len();
    let (gold, scores, decided) = (
        &outcomes.gold[row],
        &outcomes.scores[row],
        &outcomes.decided[row],
    );
    let widths = [gold.len(), scores.len(), decided.len()];
    if widths != [labels; 3] {
        return Err(format!(
            "{labels} labels, but {widths:?} cells of gold, scores, decisions"
        ));
    }
    if let Some(score) = scores.iter().find(|score| !(0.0..=1.0).contains(*score)) {
        return Err(format!("score {score} is not a probability"));
    }
    match outcomes.task.kind {
        TaskKind::Multi => Ok(()),
        TaskKind::Single => check_single_row(gold, decided),
    }
}

fn check_single_row(gold: &[Option<bool>], decided: &[bool]) -> Result<(), String> {
    let yes = gold.iter().filter(|cell| **cell == Some(true)).count();
    let unknown = gold.iter().filter(|cell| cell.is_none()).count();
    if yes > 1 || (yes == 0 && unknown != gold.len()) || (yes == 1 && unknown > 0) {
        return Err("an exclusive task takes one gold label an article, or none known".into());
    }
    if decided.iter().filter(|cell| **cell).count() != 1 {
        return Err("an exclusive task takes exactly one decision an article".into());
    }
    Ok(())
}
