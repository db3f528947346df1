//! What the page's script reads: every article, in short rows.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::article::TaskKind;
use crate::evaluate::ChangedLabel;
use crate::evaluate::{
    ChangedArticle, Comparison, Evidence, Outcome, Report, Sentence, TaskOutcomes,
};

/// Bytes of article texts a page carries at most: a browser opens this without a pause.
const TEXT_BYTES: usize = 24_000_000;

/// Script data of a report. `texts` are those of its articles in order, or none.
pub(crate) fn report_data(report: &Report, texts: &[&str]) -> String {
    let tasks: Vec<Value> = report
        .tasks
        .iter()
        .map(|task| task_data(&task.outcomes))
        .collect();
    let complete = texts.len() == report.articles.len();
    let carried = carried_texts(report, if complete { texts } else { &[] });
    let rows: Vec<_> = (0..report.articles.len())
        .map(|row| article_row(report, row, carried.get(row).copied().flatten()))
        .collect();
    in_script(&Page {
        mode: "report",
        tasks,
        articles: rows,
    })
}

fn task_data(outcomes: &TaskOutcomes) -> Value {
    json!({
        "name": outcomes.task.name,
        "single": outcomes.task.kind == TaskKind::Single,
        "labels": outcomes.task.labels,
        "cuts": outcomes.thresholds.iter().map(|cut| shortened(*cut)).collect::<Vec<_>>(),
    })
}

/// Gold and decisions as letters a label (`1`, `0`, `-`), scores in thousandths: a quarter of the size of booleans.
type Answer = (String, String, Vec<u32>);

/// Label, words, weight, concept, task.
type EvidenceRow<'a> = (&'a str, &'a str, f64, Option<&'a str>, Option<&'a str>);

/// Label, sentence, task.
type SentenceRow<'a> = (&'a str, &'a str, Option<&'a str>);

/// The texts a page carries: those of wrong answers first, until there are [`TEXT_BYTES`].
fn carried_texts<'t>(report: &Report, texts: &[&'t str]) -> Vec<Option<&'t str>> {
    let wrong = |row: &usize| {
        let cells = report.tasks.iter().flat_map(|t| t.outcomes.row(*row));
        let mut known = cells.filter_map(|cell| cell.gold.map(|gold| gold != cell.decided));
        known.any(|wrong| wrong)
    };
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|row| !wrong(row));
    let mut carried = vec![None; order.len()];
    let mut bytes = 0;
    for row in order {
        bytes += texts[row].len();
        if bytes > TEXT_BYTES {
            break;
        }
        carried[row] = Some(texts[row]);
    }
    carried
}

/// `[id, title, slices, answers a task, evidence, sentences, text]`.
#[derive(Serialize)]
struct ArticleRow<'a>(
    &'a str,
    &'a str,
    &'a BTreeMap<String, String>,
    Vec<Answer>,
    Vec<EvidenceRow<'a>>,
    Vec<SentenceRow<'a>>,
    Option<&'a str>,
);

fn article_row<'a>(report: &'a Report, row: usize, text: Option<&'a str>) -> ArticleRow<'a> {
    let article = &report.articles[row];
    ArticleRow(
        &article.id,
        &article.title,
        &article.slices,
        report
            .tasks
            .iter()
            .map(|task| answer(&task.outcomes, row))
            .collect(),
        article.evidence.iter().map(evidence).collect(),
        article.sentences.iter().map(sentence).collect(),
        text,
    )
}

fn answer(outcomes: &TaskOutcomes, row: usize) -> Answer {
    let gold = outcomes.gold[row]
        .iter()
        .map(|cell| cell.map_or('-', bit))
        .collect();
    let decided = outcomes.decided[row]
        .iter()
        .map(|cell| bit(*cell))
        .collect();
    let scores = outcomes.scores[row]
        .iter()
        .map(|score| (score * 1000.0).round() as u32)
        .collect();
    (gold, decided, scores)
}

fn bit(cell: bool) -> char {
    if cell { '1' } else { '0' }
}

fn evidence(one: &Evidence) -> EvidenceRow<'_> {
    (
        &one.label,
        &one.text,
        shortened(one.weight),
        one.concept.as_deref(),
        one.task.as_deref(),
    )
}

fn sentence(one: &Sentence) -> SentenceRow<'_> {
    (&one.label, &one.text, one.task.as_deref())
}

/// Script data of comparisons with one baseline.
pub(crate) fn comparison_data(comparisons: &[Comparison]) -> String {
    let several = comparisons.len() > 1;
    let rows: Vec<ChangedRow<'_>> = comparisons
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
    in_script(&Page {
        mode: "comparison",
        tasks,
        articles: rows,
    })
}

/// What the script reads.
#[derive(Serialize)]
struct Page<Row> {
    mode: &'static str,
    tasks: Vec<Value>,
    articles: Vec<Row>,
}

/// One changed answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedRow<'a> {
    id: &'a str,
    title: &'a str,
    task: &'a str,
    outcome: Outcome,
    gold: &'a [String],
    before: &'a [String],
    after: &'a [String],
    labels: Vec<(&'a str, bool, f64, f64)>,
    slices: &'a BTreeMap<String, String>,
    before_evidence: Vec<EvidenceRow<'a>>,
    after_evidence: Vec<EvidenceRow<'a>>,
    sentences: Vec<SentenceRow<'a>>,
    model: Option<&'a str>,
}

fn changed_row<'a>(
    article: &'a ChangedArticle,
    candidate: &'a str,
    several: bool,
) -> ChangedRow<'a> {
    let label = |label: &'a ChangedLabel| {
        (
            label.label.as_str(),
            label.right,
            shortened(label.baseline),
            shortened(label.candidate),
        )
    };
    ChangedRow {
        id: &article.id,
        title: &article.title,
        task: &article.task,
        outcome: article.outcome,
        gold: &article.gold,
        before: &article.baseline,
        after: &article.candidate,
        labels: article.labels.iter().map(label).collect(),
        slices: &article.slices,
        before_evidence: article.baseline_evidence.iter().map(evidence).collect(),
        after_evidence: article.candidate_evidence.iter().map(evidence).collect(),
        sentences: article.sentences.iter().map(sentence).collect(),
        model: several.then_some(candidate),
    }
}

fn shortened(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// JSON in which no character can end or open markup, nor a line of script.
fn in_script(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
    let escapes = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    escapes.iter().fold(json, |json, (letter, escape)| {
        if json.contains(*letter) {
            json.replace(*letter, escape)
        } else {
            json
        }
    })
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
