//! A batch in words.

use crate::render::{Align, Columns, printable};

use super::{Change, Drift, Summary};

/// Changes named in the summary's drift line; `toolkit drift` shows all.
const NAMED: usize = 4;

/// What came in, what could not be read and why, what was answered, and whether it is like the training.
#[must_use]
pub fn summary_text(summary: &Summary, resumed: u64) -> String {
    let mut lines = vec![if summary.unreadable == 0 {
        format!("{} articles", summary.rows)
    } else {
        format!(
            "{} of {} articles could not be read; their rows say why",
            summary.unreadable, summary.rows
        )
    }];
    if resumed > 0 {
        lines.push(format!("{resumed} of them by an earlier run"));
    }
    lines.extend(
        summary
            .reasons
            .iter()
            .map(|r| format!("  {}", printable(r))),
    );
    if summary.unreadable > summary.reasons.len() as u64 && !summary.reasons.is_empty() {
        let left = summary.unreadable - summary.reasons.len() as u64;
        lines.push(format!("  and {left} more"));
    }
    if summary.duplicates > 0 {
        lines.push(format!(
            "{} have the words of an earlier one",
            summary.duplicates
        ));
    }
    lines.extend(answers(summary));
    lines.extend(drift_line(summary));
    lines.join("\n")
}

fn answers(summary: &Summary) -> Vec<String> {
    if summary.batch.articles == 0 {
        return Vec::new();
    }
    let counted = |(name, n): (&String, &u64)| format!("{name} {n}");
    let list = |counts: &mut dyn Iterator<Item = String>| counts.collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!(
        "languages: {}",
        list(&mut summary.batch.languages.iter().map(counted))
    )];
    for task in &summary.batch.tasks {
        let labels = task
            .labels
            .iter()
            .map(|l| format!("{} {}", l.label, l.given));
        let none = (task.none > 0).then(|| format!("none {}", task.none));
        lines.push(format!("{}: {}", task.task, list(&mut labels.chain(none))));
    }
    if !summary.flags.is_empty() {
        let flags = list(&mut summary.flags.iter().map(counted));
        lines.push(format!("flags: {flags}"));
    }
    lines
}

/// One line: like the training articles, or what is not.
fn drift_line(summary: &Summary) -> Option<String> {
    let training = summary.training.as_ref()?;
    if summary.batch.articles == 0 {
        return None;
    }
    let drift = Drift::between(training, &summary.batch);
    let changed: Vec<&Change> = drift.changed().collect();
    if changed.is_empty() {
        return Some("against training: no change that is more than chance".to_owned());
    }
    let named: Vec<String> = changed.iter().take(NAMED).map(|c| in_words(c)).collect();
    let more = match changed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Some(format!("against training: {}{more}", named.join("; ")))
}

fn in_words(change: &Change) -> String {
    match (change.before, change.now, change.stability_index) {
        (Some(before), Some(now), _) => {
            let (before, now) = (percent(before), percent(now));
            format!("{} {before} -> {now}", change.what)
        }
        (_, _, index) => format!("{} differ (index {:.2})", change.what, index.unwrap_or(0.0)),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// Everything that was looked at, changed or not.
#[must_use]
pub fn drift_text(drift: &Drift, width: usize) -> String {
    let right = Align::Right;
    let mut table = Columns::new(
        &["", "A", "B", "index", ""],
        &[Align::Left, right, right, right, Align::Left],
    );
    for change in &drift.changes {
        let cell = |share: Option<f64>| share.map(percent).unwrap_or_default();
        table.push(vec![
            change.what.clone(),
            cell(change.before),
            cell(change.now),
            change
                .stability_index
                .map(|i| format!("{i:.2}"))
                .unwrap_or_default(),
            if change.changed { "changed" } else { "" }.to_owned(),
        ]);
    }
    let n = drift.changed().count();
    format!(
        "{}\n{n} of {} changed\n",
        table.lines(width),
        drift.changes.len()
    )
}
