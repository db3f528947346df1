//! A report for a pull request or a wiki.

use crate::evaluate::words::{estimate, plural, slice_trust};
use crate::evaluate::{Metric, Report, TaskReport};

use super::markdown::{escape, head};
use super::slices::worth_showing;
use super::text::{baseline_headlines, shown_metrics, smaller};

/// A report as GitHub-flavoured Markdown: the numbers, not the articles.
#[must_use]
pub fn report_markdown(report: &Report) -> String {
    let headline = &report.headline;
    let (task, metric) = (escape(&headline.task), headline.metric.title());
    let mut out = format!("### {task} {metric} {}\n\n", estimate(headline.estimate));
    out += &format!("- {}\n", escape(&report.title));
    let articles = plural(report.articles.len() as u64, "article", "articles");
    let test_set: String = report.fingerprint.test_set.chars().take(12).collect();
    out += &format!(
        "- {articles}, {}, test set {test_set}\n",
        escape(&report.method)
    );
    out += &format!("- {:.0} % intervals\n", report.resampling.level * 100.0);
    for check in &report.noise_check {
        out += &format!("- noise check, {} {}\n", escape(&check.task), check.words);
    }
    out += &beside(report);
    report
        .tasks
        .iter()
        .for_each(|task| out += &task_markdown(task));
    out
}

/// Baselines and learning curve.
fn beside(report: &Report) -> String {
    if report.baselines.is_empty() && report.learning_curve.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "\n{}",
        head(&["compared with", report.headline.metric.title()])
    );
    for (name, value) in baseline_headlines(report) {
        out += &format!("| baseline {} | {} |\n", escape(name), estimate(value));
    }
    for point in &report.learning_curve {
        let articles = plural(point.articles, "article", "articles");
        out += &format!("| trained on {articles} | {} |\n", estimate(point.estimate));
    }
    out
}

fn task_markdown(task: &TaskReport) -> String {
    let annotated = plural(task.annotated, "annotated article", "annotated articles");
    let mut out = format!(
        "\n#### {}: {annotated}\n\n",
        escape(&task.outcomes.task.name)
    );
    out += &head(&["label", "articles", "F1", "precision", "recall", "AP", ""]);
    for label in &task.labels {
        let metric = |metric| label.metrics.get(&metric).copied().unwrap_or_default();
        let trust = label.words.split_once(": ").map_or("", |(_, trust)| trust);
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {trust} |\n",
            escape(&label.label),
            label.support,
            estimate(metric(Metric::F1)),
            estimate(metric(Metric::Precision)),
            estimate(metric(Metric::Recall)),
            estimate(metric(Metric::AveragePrecision)),
        );
    }
    out += &format!("\n{}", head(&["all labels", ""]));
    for (name, metric) in shown_metrics(task.outcomes.task.kind) {
        if let Some(value) = task.overall.get(metric) {
            out += &format!("| {name} | {} |\n", estimate(*value));
        }
    }
    out + &slices(task)
}

fn slices(task: &TaskReport) -> String {
    if task.slices.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n<details><summary>slices</summary>\n\n");
    out += &head(&["slice", "articles", "macro F1", "all labels right", ""]);
    let (shown, rest) = worth_showing(&task.slices);
    for slice in shown {
        let metric = |metric| slice.metrics.get(&metric).copied().unwrap_or_default();
        out += &format!(
            "| {} {} | {} | {} | {} | {} |\n",
            escape(&slice.key),
            escape(&slice.value),
            slice.articles,
            estimate(metric(Metric::MacroF1)),
            estimate(metric(Metric::SubsetAccuracy)),
            slice_trust(slice.articles)
        );
    }
    if !rest.is_empty() {
        out += &format!("\n{}", smaller(rest.len()));
    }
    out + "\n</details>\n"
}
