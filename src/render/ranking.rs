//! Several candidates against one baseline.

use crate::evaluate::{Metric, Ranking};

use super::columns::{Align, Columns, cut};
use super::text::{comparison_text, difference, number, p_value};

/// Columns of a report's title over its numbers.
const TITLE: usize = 24;

/// Several candidates against one baseline for a terminal of `width` columns: ranks first, then each comparison.
#[must_use]
pub fn ranking_text(ranking: &Ranking, width: usize) -> String {
    use Align::{Left, Right};
    let heads = [
        "",
        "report",
        &ranking.metric_title(),
        "difference",
        "p (Holm)",
        "",
    ];
    let mut table = Columns::new(&heads, &[Right, Left, Right, Left, Left, Left]);
    for row in &ranking.rows {
        let baseline = row.delta.is_none();
        table.push(vec![
            row.rank.map(|rank| rank.to_string()).unwrap_or_default(),
            cut(&row.title, width / 2),
            number(row.value),
            row.delta.as_ref().map(difference).unwrap_or_default(),
            row.p_holm.map(p_value).unwrap_or_default(),
            if baseline {
                "baseline"
            } else {
                row.verdict.words()
            }
            .into(),
        ]);
    }
    let out = table.lines(width) + &side_by_side_text(ranking, width);
    let each = ranking
        .comparisons
        .iter()
        .map(|one| format!("\n{}", comparison_text(one, width)));
    out + &each.collect::<String>()
}

/// Every number of every report in one table.
fn side_by_side_text(ranking: &Ranking, width: usize) -> String {
    let titles: Vec<String> = candidates(ranking).map(|title| cut(title, TITLE)).collect();
    let mut heads = vec!["", "baseline"];
    heads.extend(titles.iter().map(String::as_str));
    let mut align = vec![Align::Right; heads.len()];
    align[0] = Align::Left;
    let mut table = Columns::new(&heads, &align);
    for (name, values) in side_by_side(ranking) {
        let cells = values.into_iter().map(number);
        table.push([name].into_iter().chain(cells).collect());
    }
    format!("\n{}", table.lines(width))
}

/// Titles of the candidates, in the order they were given.
pub(super) fn candidates(ranking: &Ranking) -> impl Iterator<Item = &str> {
    ranking
        .comparisons
        .iter()
        .map(|one| one.candidate.title.as_str())
}

/// Macro F1 of every task and F1 of every label: the baseline first, then the candidates in the order they were given.
pub(super) fn side_by_side(ranking: &Ranking) -> Vec<(String, Vec<Option<f64>>)> {
    let Some(first) = ranking.comparisons.first() else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for task in &first.tasks {
        paths.push((
            format!("{} {}", task.task, Metric::MacroF1.title()),
            format!("{}/macro_f1", task.task),
        ));
        for label in &task.labels {
            let (task, label) = (&task.task, &label.label);
            paths.push((format!("{task} {label} F1"), format!("{task}/{label}/f1")));
        }
    }
    let row = |(name, path): (String, String)| {
        let deltas = || ranking.comparisons.iter().map(|one| one.delta(&path));
        let baseline = deltas().next().flatten().and_then(|delta| delta.baseline);
        let candidates = deltas().map(|delta| delta.and_then(|delta| delta.candidate));
        (name, [baseline].into_iter().chain(candidates).collect())
    };
    paths.into_iter().map(row).collect()
}
