//! What the page's script reads: every article, in short rows.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::article::TaskKind;
use crate::evaluate::{
    ChangedArticle, Comparison, Evidence, Outcome, Report, Sentence, TaskOutcomes,
};

/// Script data of a report.
pub(crate) fn report_data(report: &Report) -> String {
    let tasks: Vec<Value> = report
        .tasks
        .iter()
        .map(|task| task_data(&task.outcomes))
        .collect();
    let rows: Vec<Value> = (0..report.articles.len())
        .map(|row| article_row(report, row))
        .collect();
    in_script(&json!({ "mode": "report", "tasks": tasks, "articles": rows }))
}

fn task_data(outcomes: &TaskOutcomes) -> Value {
    json!({
        "name": outcomes.task.name,
        "single": outcomes.task.kind == TaskKind::Single,
        "labels": outcomes.task.labels,
        "cuts": outcomes.thresholds.iter().map(|cut| shortened(*cut)).collect::<Vec<_>>(),
    })
}

/// `[id, title, slices, [[gold, decided, scores] a task], evidence, sentences]`.
fn article_row(report: &Report, row: usize) -> Value {
    let article = &report.articles[row];
    let answers: Vec<Value> = report
        .tasks
        .iter()
        .map(|task| answer(&task.outcomes, row))
        .collect();
    json!([
        article.id,
        article.title,
        article.slices,
        answers,
        article.evidence.iter().map(evidence).collect::<Vec<_>>(),
        article.sentences.iter().map(sentence).collect::<Vec<_>>(),
    ])
}

/// Gold and decisions as letters a label (`1`, `0`, `-`), scores in thousandths: a quarter of the size of booleans.
fn answer(outcomes: &TaskOutcomes, row: usize) -> Value {
    let gold: String = outcomes.gold[row]
        .iter()
        .map(|cell| cell.map_or('-', bit))
        .collect();
    let decided: String = outcomes.decided[row]
        .iter()
        .map(|cell| bit(*cell))
        .collect();
    let scores: Vec<u32> = outcomes.scores[row]
        .iter()
        .map(|score| (score * 1000.0).round() as u32)
        .collect();
    json!([gold, decided, scores])
}

fn bit(cell: bool) -> char {
    if cell { '1' } else { '0' }
}

fn evidence(one: &Evidence) -> Value {
    json!([one.label, one.text, shortened(one.weight), one.concept])
}

fn sentence(one: &Sentence) -> Value {
    json!([one.label, one.text])
}

/// Script data of comparisons with one baseline.
pub(crate) fn comparison_data(comparisons: &[Comparison]) -> String {
    let several = comparisons.len() > 1;
    let rows: Vec<Value> = comparisons
        .iter()
        .flat_map(|comparison| {
            comparison
                .changed
                .iter()
                .map(move |article| changed_row(article, &comparison.candidate.title, several))
        })
        .collect();
    let mut labels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for task in comparisons
        .first()
        .iter()
        .flat_map(|comparison| &comparison.tasks)
    {
        labels.insert(
            &task.task,
            task.labels
                .iter()
                .map(|label| label.label.as_str())
                .collect(),
        );
    }
    let tasks: Vec<Value> = labels
        .into_iter()
        .map(|(name, labels)| json!({ "name": name, "labels": labels }))
        .collect();
    in_script(&json!({ "mode": "comparison", "tasks": tasks, "articles": rows }))
}

fn changed_row(article: &ChangedArticle, candidate: &str, several: bool) -> Value {
    let outcome = match article.outcome {
        Outcome::Lost => "lost",
        Outcome::Won => "won",
        Outcome::Mixed => "mixed",
    };
    let labels: Vec<Value> = article
        .labels
        .iter()
        .map(|label| {
            json!([
                label.label,
                label.right,
                shortened(label.baseline),
                shortened(label.candidate)
            ])
        })
        .collect();
    json!({
        "id": article.id,
        "title": article.title,
        "task": article.task,
        "outcome": outcome,
        "gold": article.gold,
        "before": article.baseline,
        "after": article.candidate,
        "labels": labels,
        "slices": article.slices,
        "beforeEvidence": article.baseline_evidence.iter().map(evidence).collect::<Vec<_>>(),
        "afterEvidence": article.candidate_evidence.iter().map(evidence).collect::<Vec<_>>(),
        "sentences": article.sentences.iter().map(sentence).collect::<Vec<_>>(),
        "model": several.then_some(candidate),
    })
}

fn shortened(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// JSON in which no character can end or open markup, nor a line of script.
fn in_script(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
    let mut safe = String::with_capacity(json.len() + json.len() / 64);
    for letter in json.chars() {
        match letter {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_leave_its_element() {
        let safe = in_script(&"</script><!-- \u{2028} & ");
        assert_eq!(safe, "\"\\u003c/script\\u003e\\u003c!-- \\u2028 \\u0026 \"");
    }
}
