//! The HTML page of one report.

use maud::{Markup, html};

use crate::article::TaskKind;
use crate::evaluate::words::plural;
use crate::evaluate::{LabelReport, Metric, Report, SliceReport, TaskReport};

use super::data::report_data;
use super::parts::{
    article_table, card, estimate_card, estimate_cells, range, reading, scrolled, settings_table,
    short, slices_section,
};
use super::plots::{self, BARS};
use crate::render::text::{baseline_headlines, shown_metrics};

/// Labels that get plots of their own, most frequent first; more would bury the page.
const PLOTTED: usize = 12;

/// Labels whose plots are open at first.
const OPENED: usize = 4;

/// Pairs of confused labels listed.
const PAIRS: usize = 12;

/// A report as one self-contained HTML file: tables, plots and every article with its answers and evidence.
///
/// `texts` are the texts of its articles in its order, for reading an article where its answers stand; an empty slice
/// leaves them out. Of more than 24 MB the page carries those of wrong answers first.
#[must_use]
pub fn report_html(report: &Report, texts: &[&str]) -> String {
    let body = html! {
        (header(report))
        main {
            @for (at, task) in report.tasks.iter().enumerate() { (task_section(report, at, task)) }
            (curve_section(report))
            (article_table("Articles", &articles_note(report)))
            (settings_section(report))
        }
    };
    super::page(&report.title, &body, Some(&report_data(report, texts)))
}

fn articles_note(report: &Report) -> String {
    let mut note =
        "Wrong answers, most confident mistake first. − missed, + decided and not gold, ✓ right. \
        Open one to see what carried it."
            .to_owned();
    if report.method == "cross_validation" {
        note.push_str(
            " Answers are those of models that never saw the article; the words are those of the model trained on all of them.",
        );
    }
    note
}

fn header(report: &Report) -> Markup {
    let headline = &report.headline;
    let name = format!("{} {}", headline.task, headline.metric.title());
    html! {
        header {
            p class="kind" { "Evaluation report" }
            h1 dir="auto" { (report.title) }
            p class="facts" {
                (plural(report.articles.len() as u64, "article", "articles")) " · " span dir="auto" { (report.method) }
                " · test set " code { (report.fingerprint.test_set.chars().take(12).collect::<String>()) }
            }
            div class="cards" {
                (card(&name, &short(headline.estimate.value), &range(headline.estimate), "headline"))
                @for (name, estimate) in baseline_headlines(report) {
                    (card(&format!("baseline: {name}"), &short(estimate.value), &range(estimate), ""))
                }
            }
            @for check in &report.noise_check {
                p class="note" { "Noise check, " bdi { (check.task) } " " (check.words) }
            }
            nav aria-label="sections" {
                @for (at, task) in report.tasks.iter().enumerate() {
                    a href=(format!("#task-{at}")) dir="auto" { (task.outcomes.task.name) }
                }
                a href="#articles" { "Articles" }
                a href="#settings" { "Settings" }
            }
        }
    }
}

fn task_section(report: &Report, at: usize, task: &TaskReport) -> Markup {
    html! {
        section id=(format!("task-{at}")) {
            h2 dir="auto" { (task.outcomes.task.name) }
            p class="note" { (task_facts(task)) }
            div class="cards" {
                @for (name, metric) in shown_metrics(task.outcomes.task.kind) {
                    @if let Some(estimate) = task.overall.get(metric) { (estimate_card(name, *estimate)) }
                }
            }
            h3 { "Labels" }
            (labels_table(task))
            (reading(&report.resampling))
            (confusion_table(task))
            (pairs_list(task))
            (slices_section(&task.slices, slice_rows))
            (label_plots(task))
        }
    }
}

fn task_facts(task: &TaskReport) -> String {
    let kind = match task.outcomes.task.kind {
        TaskKind::Multi => "any number of labels an article",
        TaskKind::Single => "exactly one label an article",
    };
    let annotated = plural(task.annotated, "annotated article", "annotated articles");
    if task.groups < task.annotated {
        return format!(
            "{annotated} in {} groups of near-duplicates, {kind}",
            task.groups
        );
    }
    format!("{annotated}, {kind}")
}

fn labels_table(task: &TaskReport) -> Markup {
    let columns = [
        Metric::Precision,
        Metric::Recall,
        Metric::AveragePrecision,
        Metric::RocAuc,
        Metric::Mcc,
    ];
    scrolled(&html! {
        table {
            thead { tr {
                th scope="col" { "label" } th scope="col" class="number" { "articles" }
                th scope="col" colspan="2" { "F1 with interval, 0 to 1" }
                @for metric in columns { th scope="col" class="number" { (metric.title()) } }
                th scope="col" { "trust" }
            } }
            tbody { @for label in &task.labels { (label_row(label, &columns)) } }
        }
    })
}

fn label_row(label: &LabelReport, columns: &[Metric]) -> Markup {
    let estimate = |metric: Metric| label.metrics.get(&metric).copied().unwrap_or_default();
    let trust = label.words.split_once(": ").map_or("", |(_, trust)| trust);
    html! {
        tr {
            th scope="row" dir="auto" { (label.label) }
            td class="number" { (label.support) }
            (estimate_cells(estimate(Metric::F1)))
            @for metric in columns {
                td class="number" { (short(estimate(*metric).value)) span class="beneath" { (range(estimate(*metric))) } }
            }
            td { @if trust.is_empty() { "" } @else { span class="chip warn" { (trust) } } }
        }
    }
}

fn confusion_table(task: &TaskReport) -> Markup {
    let labels = &task.outcomes.task.labels;
    html! {
        @if !task.confusion.is_empty() {
            h3 { "Confusion" }
            (scrolled(&html! {
                table class="confusion" {
                    caption { "Rows are gold, columns are decisions; shade is the share of the row." }
                    thead { tr { th { "gold" } @for label in labels { th scope="col" dir="auto" { (label) } } } }
                    tbody {
                        @for (label, row) in labels.iter().zip(&task.confusion) {
                            tr {
                                th scope="row" dir="auto" { (label) }
                                @for count in row { td class=(format!("number {}", heat(*count, row.iter().sum()))) { (count) } }
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// One of five shades; styles inside elements would need a weaker content policy.
fn heat(count: u64, all: u64) -> &'static str {
    const SHADES: [&str; 6] = ["heat-0", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5"];
    if count == 0 || all == 0 {
        return SHADES[0];
    }
    SHADES[(1 + (count * 4 / all) as usize).min(5)]
}

fn pairs_list(task: &TaskReport) -> Markup {
    html! {
        @if !task.error_pairs.is_empty() && task.confusion.is_empty() {
            h3 { "Errors that occur together" }
            (scrolled(&html! {
                table class="narrow" {
                    thead { tr { th scope="col" { "missed" } th scope="col" { "decided instead" } th scope="col" class="number" { "articles" } } }
                    tbody { @for pair in task.error_pairs.iter().take(PAIRS) {
                        tr { td dir="auto" { (pair.missed) } td dir="auto" { (pair.invented) } td class="number" { (pair.articles) } }
                    } }
                }
            }))
        }
    }
}

fn slice_rows(slices: &[&SliceReport]) -> Markup {
    scrolled(&html! {
        table {
            thead { tr {
                th scope="col" { "slice" } th scope="col" { "value" } th scope="col" class="number" { "articles" }
                th scope="col" colspan="2" { "macro F1 with interval, 0 to 1" } th scope="col" { "all labels right" } th scope="col" { "trust" }
            } }
            tbody { @for slice in slices { (slice_row(slice)) } }
        }
    })
}

fn slice_row(slice: &SliceReport) -> Markup {
    let trust = crate::evaluate::words::slice_trust(slice.articles);
    let estimate = |metric: Metric| slice.metrics.get(&metric).copied().unwrap_or_default();
    html! {
        tr {
            th scope="row" dir="auto" { (slice.key) }
            td dir="auto" class="value" { (slice.value) }
            td class="number" { (slice.articles) }
            (estimate_cells(estimate(Metric::MacroF1)))
            td class="said" { (crate::evaluate::words::estimate(estimate(Metric::SubsetAccuracy))) }
            td { @if !trust.is_empty() { span class="chip warn" { (trust) } } }
        }
    }
}

fn label_plots(task: &TaskReport) -> Markup {
    let mut order: Vec<usize> = (0..task.labels.len()).collect();
    order.sort_by_key(|&label| std::cmp::Reverse(task.labels[label].support));
    let left = order.len().saturating_sub(PLOTTED);
    html! {
        h3 { "Scores, label by label" }
        @if left > 0 { p class="note" { "The " (PLOTTED) " most frequent labels; " (left) " more are in the table above." } }
        @for (place, label) in order.into_iter().take(PLOTTED).enumerate() { (plots_of_label(task, label, place < OPENED)) }
    }
}

fn plots_of_label(task: &TaskReport, at: usize, open: bool) -> Markup {
    let label = &task.labels[at];
    let cut = task.outcomes.thresholds.get(at).copied();
    let point = label.counts.recall().zip(label.counts.precision());
    let (yes, no) = histogram(task, at);
    html! {
        details open[open] {
            summary { bdi { (label.label) } }
            div class="figure-row" {
                @if !label.cuts.is_empty() {
                    figure { (plots::precision_recall(&label.label, &label.cuts, point)) figcaption { "precision and recall; the dot is the model's cut" } }
                }
                figure { (plots::histogram(&label.label, &yes, &no, cut)) figcaption { "scores; heights are square roots of counts" } }
                figure { (plots::reliability(&label.label, &label.calibration)) figcaption { "calibration; on the diagonal a score means what it says" } }
            }
        }
    }
}

fn histogram(task: &TaskReport, label: usize) -> ([u64; BARS], [u64; BARS]) {
    let (mut yes, mut no) = ([0; BARS], [0; BARS]);
    for (_, gold, score, _) in task.outcomes.known(label) {
        let at = ((score * BARS as f64) as usize).min(BARS - 1);
        if gold { yes[at] += 1 } else { no[at] += 1 }
    }
    (yes, no)
}

fn curve_section(report: &Report) -> Markup {
    let name = report.headline.metric.title();
    html! {
        @if !report.learning_curve.is_empty() {
            section id="curve" {
                h2 { "Learning curve" }
                div class="figure-row" {
                    figure { (plots::learning_curve(name, &report.learning_curve)) figcaption { "would more articles help?" } }
                }
            }
        }
    }
}

fn settings_section(report: &Report) -> Markup {
    let mut facts = report.settings.clone();
    facts.insert("toolkit version".into(), report.version.clone());
    facts.insert("test set".into(), report.fingerprint.test_set.clone());
    if !report.model.is_empty() {
        facts.insert("model".into(), report.model.clone());
    }
    html! {
        section id="settings" { h2 { "Settings" } (settings_table(&facts)) }
    }
}
