//! Several candidates against one baseline.

use crate::evaluate::{Metric, Ranking, SideBySide, TaskComparison, Verdict};

use super::columns::{Align, Columns, cut};
use super::text::{comparison_text, difference, number, p_value, shown_metrics};

/// Columns of a report's title over its numbers.
const TITLE: usize = 24;

/// Better and worse beyond chance, beside a value.
const SIGNS: [&str; 2] = ["▲", "▼"];

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
    let mut table = Columns::new(&heads, &vec![Align::Left; heads.len()]);
    for (task, name, row) in side_by_side(ranking) {
        let cells = cells(row)
            .map(|(value, rank, verdict)| format!("{} {rank}{}", number(value), mark(verdict)));
        let name = format!("{} {name}", task.task);
        table.push([name].into_iter().chain(cells).collect());
    }
    let legend = legend(ranking);
    format!("\n{}  {legend}\n", table.lines(width))
}

/// Titles of the candidates, in the order they were given.
pub(crate) fn candidates(ranking: &Ranking) -> impl Iterator<Item = &str> {
    ranking
        .comparisons
        .iter()
        .map(|one| one.candidate.title.as_str())
}

/// Task, name and numbers of what people are shown: the usual metrics of every task, F1 of every label.
pub(crate) fn side_by_side(
    ranking: &Ranking,
) -> impl Iterator<Item = (&TaskComparison, String, &SideBySide)> {
    let tasks = ranking.comparisons.first().into_iter();
    tasks.flat_map(|one| &one.tasks).flat_map(move |task| {
        let overall = shown_metrics(task.kind).iter();
        let overall = overall.map(|(name, metric)| ((*name).to_owned(), None, *metric));
        let f1 = |label: &str| format!("{label} {}", Metric::F1.title());
        let labels = task.labels.iter().map(|one| one.label.as_str());
        let labels = labels.map(move |label| (f1(label), Some(label), Metric::F1));
        overall
            .chain(labels)
            .filter_map(move |(name, label, metric)| {
                Some((task, name, row(ranking, task, label, metric)?))
            })
    })
}

fn row<'r>(
    ranking: &'r Ranking,
    task: &TaskComparison,
    label: Option<&str>,
    metric: Metric,
) -> Option<&'r SideBySide> {
    ranking
        .table
        .iter()
        .find(|row| row.task == task.task && row.label.as_deref() == label && row.metric == metric)
}

/// Value, ` (2)` and verdict of the baseline (always [`Verdict::Same`]) and of every candidate.
pub(crate) fn cells(row: &SideBySide) -> impl Iterator<Item = (Option<f64>, String, Verdict)> {
    let verdicts = [Verdict::Same]
        .into_iter()
        .chain(row.verdicts.iter().copied());
    let cells = row.values.iter().zip(&row.ranks).zip(verdicts);
    cells.map(|((value, rank), verdict)| {
        let rank = rank.map_or_else(String::new, |rank| format!("({rank})"));
        (*value, rank, verdict)
    })
}

/// The sign of a verdict that stands beyond chance.
pub(crate) fn mark(verdict: Verdict) -> String {
    let [better, worse] = SIGNS;
    match verdict {
        Verdict::Better => format!(" {better}"),
        Verdict::Worse => format!(" {worse}"),
        _ => String::new(),
    }
}

/// What the signs of the table mean, and why there are no ranks where there are none.
pub(crate) fn legend(ranking: &Ranking) -> String {
    let [better, worse] = SIGNS;
    let ranks = if ranking.rows.iter().any(|row| row.rank.is_some()) {
        "In brackets the rank"
    } else {
        "No ranks: the reports were compared on different parts"
    };
    format!("{ranks}. {better} better, {worse} worse than the baseline beyond chance.")
}
