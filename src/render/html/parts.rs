//! Pieces both pages are made of.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::evaluate::words::{self, plural};
use crate::evaluate::{Estimate, Resampling};

use crate::render::slices::{Slice, worth_showing};

use super::plots::interval_bar;

/// A card with one number.
pub(crate) fn card(name: &str, value: &str, beside: &str, class: &str) -> Markup {
    html! {
        div class=(format!("card {class}")) {
            div class="card-name" { (name) }
            div class="card-value" { (value) }
            div class="card-beside" { (beside) }
        }
    }
}

/// A card with an estimate: the number large, its interval small.
pub(crate) fn estimate_card(name: &str, estimate: Estimate) -> Markup {
    card(name, &short(estimate.value), &range(estimate), "")
}

/// `0.71`, or a dash where undefined.
pub(crate) fn short(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.2}"))
}

/// `0.48 to 0.86`.
pub(crate) fn range(estimate: Estimate) -> String {
    match (estimate.value, estimate.interval) {
        (_, Some(interval)) => format!("{:.2} to {:.2}", interval.low, interval.high),
        (Some(_), None) => String::new(),
        (None, None) => "undefined".into(),
    }
}

/// A cell that says an estimate and one that draws it on a line from 0 to 1.
pub(crate) fn estimate_cells(estimate: Estimate) -> Markup {
    html! {
        td class="said strong" { (words::estimate(estimate)) }
        td class="plotted" { (interval_bar(estimate.value, estimate.interval, (0.0, 1.0), None, "")) }
    }
}

/// A table that scrolls inside its own box on small screens.
pub(crate) fn scrolled(table: &Markup) -> Markup {
    html! { div class="scroll" tabindex="0" role="region" aria-label="table" { (table) } }
}

/// Names and values in two columns.
pub(crate) fn settings_table(settings: &BTreeMap<String, String>) -> Markup {
    scrolled(&html! {
        table {
            thead { tr { th scope="col" { "setting" } th scope="col" { "value" } } }
            tbody {
                @for (name, value) in settings {
                    tr { th scope="row" dir="auto" { (name) } td dir="auto" class="code" { (value) } }
                }
            }
        }
    })
}

/// What the numbers beside numbers mean.
pub(crate) fn reading(resampling: &Resampling) -> Markup {
    html! {
        p class="note" {
            "Intervals are " (format!("{:.0}", resampling.level * 100.0)) " %: proportions by Wilson's method, averages by "
            (resampling.resamples) " resamples of near-duplicate groups. A dash is an undefined number: nothing was there to count."
        }
    }
}

/// Controls and table of articles; the script fills them.
pub(crate) fn article_table(heading: &str, note: &str) -> Markup {
    html! {
        section id="articles" {
            h2 { (heading) }
            p class="note" { (note) }
            noscript { p class="note" { "The list of articles needs JavaScript; everything above does not." } }
            form id="filters" class="filters" hidden {
                label { span { "Search title, id, words" } input id="search" type="search" dir="auto" autocomplete="off"; }
                label { span { "Task" } select id="task" {} }
                label { span { "Label" } select id="label" {} }
                label { span { "Show" } select id="kind" {} }
                label { span { "Slice" } select id="slice" {} }
                button type="reset" { "Reset" }
            }
            p id="count" class="note" role="status" aria-live="polite" {}
            div class="scroll" tabindex="0" role="region" aria-label="articles" {
                table id="rows" class="rows" {}
            }
            div id="pager" class="pager" hidden {
                button id="previous" type="button" { "Previous" }
                span id="page" {}
                button id="next" type="button" { "Next" }
            }
            dialog id="article" aria-labelledby="article-title" {}
        }
    }
}

/// The slices of a task as a table, small ones folded away; `rows` makes the table.
pub(super) fn slices_section<S: Slice>(slices: &[S], rows: impl Fn(&[&S]) -> Markup) -> Markup {
    let (shown, rest) = worth_showing(slices);
    html! {
        @if !shown.is_empty() {
            h3 { "Slices" }
            (rows(&shown))
        }
        @if !rest.is_empty() {
            details { summary { (plural(rest.len() as u64, "smaller slice", "smaller slices")) } (rows(&rest)) }
        }
    }
}
