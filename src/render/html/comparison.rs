//! The HTML page of a comparison, and of several with one baseline.

use maud::{Markup, html};

use crate::evaluate::words::plural;
use crate::evaluate::{
    Comparison, Delta, LabelComparison, Metric, Ranking, SliceComparison, TaskComparison, Verdict,
};
use crate::render::ranking::{candidates, cells, legend, mark, side_by_side};
use crate::render::text::{difference, number, p_value, shown_metrics, summary, won_lost};

use super::data::comparison_data;
use super::parts::{article_table, card, scrolled, slices_section};
use super::plots::interval_bar;

/// A comparison as one self-contained HTML file.
#[must_use]
pub fn comparison_html(comparison: &Comparison) -> String {
    let title = format!(
        "{} / {}",
        comparison.baseline.title, comparison.candidate.title
    );
    let body = html! {
        (header(comparison))
        main {
            (body_of(comparison, ""))
            (changed_table())
        }
    };
    super::page(
        &title,
        &body,
        Some(&comparison_data(std::slice::from_ref(comparison))),
    )
}

/// Several candidates against one baseline as one self-contained HTML file: the ranks first, then each comparison.
#[must_use]
pub fn ranking_html(ranking: &Ranking) -> String {
    let title = format!(
        "{} reports against {}",
        ranking.comparisons.len(),
        ranking.baseline
    );
    let body = html! {
        header {
            p class="kind" { "Comparison of reports" }
            h1 dir="auto" { (title) }
            p class="facts" { "ranked by " span dir="auto" { (ranking.metric_title()) } }
            nav aria-label="sections" {
                a href="#side-by-side" { "Side by side" }
                @for (at, title) in candidates(ranking).enumerate() { a href=(format!("#candidate-{at}")) dir="auto" { (title) } }
                a href="#articles" { "Changed articles" }
            }
        }
        main {
            section { h2 { "Ranks" } (ranks_table(ranking)) }
            section id="side-by-side" { h2 { "Side by side" } (side_by_side_table(ranking)) }
            @for (at, comparison) in ranking.comparisons.iter().enumerate() {
                section id=(format!("candidate-{at}")) {
                    h2 dir="auto" { (comparison.candidate.title) }
                    (verdict_line(comparison))
                }
                (body_of(comparison, &format!("{at}-")))
            }
            (changed_table())
        }
    };
    super::page(&title, &body, Some(&comparison_data(&ranking.comparisons)))
}

fn changed_table() -> Markup {
    article_table(
        "Changed articles",
        "Articles whose answer changed, lost ones first. ✓ gold, + not gold. Open one to see both scores and what carried them.",
    )
}

fn ranks_table(ranking: &Ranking) -> Markup {
    let reach = reach(ranking.rows.iter().filter_map(|row| row.delta.as_ref()));
    scrolled(&html! {
        table {
            thead { tr {
                th scope="col" class="number" { "rank" } th scope="col" { "report" } th scope="col" class="number" { "value" }
                th scope="col" colspan="2" { "difference from the baseline" } th scope="col" class="number" { "p (Holm)" } th scope="col" { "verdict" }
            } }
            tbody { @for row in &ranking.rows {
                tr {
                    td class="number" { (row.rank.map_or_else(|| "–".into(), |rank| rank.to_string())) }
                    th scope="row" dir="auto" { (row.title) }
                    td class="number strong" { (number(row.value)) }
                    @match &row.delta {
                        Some(delta) => {
                            td class="said" { (difference(delta)) }
                            td class="plotted" { (delta_bar(delta, reach, row.verdict)) }
                            td class="number" { (row.p_holm.map(p_value).unwrap_or_default()) }
                            td { (verdict_chip(row.verdict)) }
                        }
                        None => { td colspan="4" { "baseline" } }
                    }
                }
            } }
        }
    })
}

/// Every number of every report, with its rank; a task begins with a line of its own.
fn side_by_side_table(ranking: &Ranking) -> Markup {
    let rows: Vec<_> = side_by_side(ranking).collect();
    html! {
        (scrolled(&html! {
            table class="beside" {
                thead { tr {
                    th scope="col" {} th scope="col" class="number" { "baseline" }
                    @for title in candidates(ranking) { th scope="col" class="number" dir="auto" { (title) } }
                } }
                @for of_task in rows.chunk_by(|a, b| a.0.task == b.0.task) {
                    tbody {
                        tr { th scope="colgroup" colspan=(ranking.comparisons.len() + 2) class="task" dir="auto" { (of_task[0].0.task) } }
                        @for (_, name, row) in of_task { tr {
                            th scope="row" {
                                @match &row.label { Some(label) => { bdi { (label) } " F1" } None => (name) }
                            }
                            @for (value, rank, verdict) in cells(row) { (beside_cell(value, &rank, verdict)) }
                        } }
                    }
                }
            }
        }))
        p class="note" { (legend(ranking)) }
    }
}

fn beside_cell(value: Option<f64>, rank: &str, verdict: Verdict) -> Markup {
    html! {
        td class=(if rank == "(1)" { "number strong" } else { "number" }) {
            (number(value)) " " span class="rank" { (rank) }
            span class=(format!("sign {}", class_of(verdict))) { (mark(verdict)) }
        }
    }
}

fn header(comparison: &Comparison) -> Markup {
    html! {
        header {
            p class="kind" { "Comparison of reports" }
            h1 { span dir="auto" { (comparison.candidate.title) } small { " against " } span dir="auto" { (comparison.baseline.title) } }
            p class="facts" {
                (plural(comparison.articles, "article", "articles")) " in pairs · test set "
                code { (comparison.baseline.test_set.chars().take(12).collect::<String>()) }
            }
            (verdict_line(comparison))
            nav aria-label="sections" {
                @for (at, task) in comparison.tasks.iter().enumerate() { a href=(format!("#task-{at}")) dir="auto" { (task.task) } }
                a href="#differences" { "What differs" }
                a href="#articles" { "Changed articles" }
            }
        }
    }
}

fn verdict_line(comparison: &Comparison) -> Markup {
    let (task, metric) = &comparison.headline;
    let delta = comparison.delta(&format!("{task}/{metric}"));
    let name = format!("{task} {}", metric.title());
    let of_kind = |kind| {
        comparison
            .changed
            .iter()
            .filter(|one| one.outcome == kind)
            .count()
    };
    let won = of_kind(crate::evaluate::Outcome::Won);
    let lost = of_kind(crate::evaluate::Outcome::Lost);
    html! {
        @if let Some(delta) = delta {
            div class="cards" {
                (card(&name, &delta.difference.map_or_else(|| "–".into(), |value| format!("{value:+.3}")), delta.verdict.words(), &format!("headline {}", class_of(delta.verdict))))
                (card("baseline", &number(delta.baseline), "", ""))
                (card("candidate", &number(delta.candidate), "", ""))
                (card("articles won", &won.to_string(), "fewer labels wrong than before", ""))
                (card("articles lost", &lost.to_string(), "more labels wrong than before", ""))
            }
        }
        p class="facts" dir="auto" { (summary(comparison)) }
        @for reason in &comparison.left_out {
            p class="warning" dir="auto" { "Only the common part is compared: " (reason) }
        }
    }
}

fn body_of(comparison: &Comparison, prefix: &str) -> Markup {
    html! {
        @for (at, task) in comparison.tasks.iter().enumerate() {
            section id=(format!("{prefix}task-{at}")) {
                h2 dir="auto" { (task.task) }
                p class="note" { (plural(task.annotated, "annotated article", "annotated articles")) " in " (plural(task.groups, "group", "groups")) }
                (overall_table(task))
                h3 { "Labels" }
                (labels_table(task))
                (slices_section(&task.slices, slice_rows))
            }
        }
        section id=(format!("{prefix}differences")) { h2 { "What differs" } (differences_table(comparison)) }
        p class="note" {
            "Differences are candidate less baseline, with " (format!("{:.0}", comparison.resampling.level * 100.0))
            " % paired bootstrap intervals over near-duplicate groups. p is by approximate randomisation; those of labels and of slices are corrected after Holm, also McNemar's. Won and lost count articles. "
            "Better or worse stands only where interval and test agree."
        }
    }
}

fn overall_table(task: &TaskComparison) -> Markup {
    // Log loss has no upper end: it would squeeze the shares to dots.
    let bounded = task
        .overall
        .iter()
        .filter(|(metric, _)| **metric != Metric::LogLoss);
    let reach = reach(bounded.map(|(_, delta)| delta));
    scrolled(&html! {
        table {
            thead { tr {
                th scope="col" { "all labels" } (delta_heads("p"))
            } }
            tbody { @for (name, metric) in shown_metrics(task.kind) { @if let Some(delta) = task.overall.get(metric) {
                tr { th scope="row" { (name) } (delta_cells(delta, reach, delta.p, delta.verdict)) }
            } } }
        }
    })
}

fn labels_table(task: &TaskComparison) -> Markup {
    let reach = reach(
        task.labels
            .iter()
            .filter_map(|label| label.metrics.get(&Metric::F1)),
    );
    scrolled(&html! {
        table {
            thead { tr {
                th scope="col" { "F1 of" } (delta_heads("p (Holm)"))
                th scope="col" class="number" { "articles" } th scope="col" class="number" { "won/lost" } th scope="col" class="number" { "McNemar p" }
            } }
            tbody { @for label in &task.labels { (label_row(label, reach)) } }
        }
    })
}

fn label_row(label: &LabelComparison, reach: f64) -> Markup {
    html! {
        @if let Some(f1) = label.metrics.get(&Metric::F1) {
            tr {
                th scope="row" dir="auto" { (label.label) }
                (delta_cells(f1, reach, label.f1_holm, label.verdict))
                td class="number" { (label.support) }
                td class="number" { (won_lost(label)) }
                td class="number" { (p_value(label.mcnemar_holm)) }
            }
        }
    }
}

fn slice_rows(slices: &[&SliceComparison]) -> Markup {
    let of = |slice: &SliceComparison| slice.metrics.get(&Metric::MacroF1).copied();
    let deltas: Vec<Delta> = slices.iter().filter_map(|slice| of(slice)).collect();
    let reach = reach(deltas.iter());
    scrolled(&html! {
        table {
            thead { tr { th scope="col" { "macro F1 of" } (delta_heads("p (Holm)")) th scope="col" class="number" { "articles" } } }
            tbody { @for slice in slices { @if let Some(delta) = of(slice) {
                tr {
                    th scope="row" dir="auto" { (slice.key) ": " bdi { (slice.value) } }
                    (delta_cells(&delta, reach, slice.f1_holm, delta.verdict))
                    td class="number" { (slice.articles) }
                }
            } } }
        }
    })
}

/// The answer first: on a telephone the columns behind it are a swipe away.
fn delta_heads(p: &str) -> Markup {
    html! {
        th scope="col" { "difference" } th scope="col" { "verdict" } th scope="col" { "interval around 0" }
        th scope="col" class="number" { "baseline" } th scope="col" class="number" { "candidate" }
        th scope="col" class="number" { (p) }
    }
}

fn delta_cells(delta: &Delta, reach: f64, p: Option<f64>, verdict: Verdict) -> Markup {
    html! {
        td class="said strong" { (difference(delta)) }
        td { (verdict_chip(verdict)) }
        td class="plotted" { (delta_bar(delta, reach, verdict)) }
        td class="number" { (number(delta.baseline)) }
        td class="number" { (number(delta.candidate)) }
        td class="number" { (p.map(p_value).unwrap_or_default()) }
    }
}

fn delta_bar(delta: &Delta, reach: f64, verdict: Verdict) -> Markup {
    interval_bar(
        delta.difference,
        delta.interval,
        (-reach, reach),
        Some(0.0),
        class_of(verdict),
    )
}

/// Half the width of a table's difference axis: the farthest end of its intervals.
fn reach<'d>(deltas: impl Iterator<Item = &'d Delta>) -> f64 {
    let ends = deltas.flat_map(|delta| {
        delta
            .interval
            .map(|interval| interval.low.abs().max(interval.high.abs()))
    });
    ends.fold(0.01, f64::max)
}

fn verdict_chip(verdict: Verdict) -> Markup {
    html! { span class=(format!("chip {}", class_of(verdict))) { (verdict.words()) } }
}

fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::TooFew => "warn",
        Verdict::Unclear | Verdict::Same | Verdict::Undefined => "plain",
    }
}

fn differences_table(comparison: &Comparison) -> Markup {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not set)".into());
    html! {
        @if comparison.differences.is_empty() { p { "No setting differs." } }
        @else {
            (scrolled(&html! {
                table {
                    thead { tr { th scope="col" { "setting" } th scope="col" { "baseline" } th scope="col" { "candidate" } } }
                    tbody { @for one in &comparison.differences {
                        tr { th scope="row" dir="auto" { (one.name) } td dir="auto" class="code" { (shown(&one.baseline)) } td dir="auto" class="code" { (shown(&one.candidate)) } }
                    } }
                }
            }))
        }
    }
}
