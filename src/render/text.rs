//! Reports and comparisons for a terminal.

use crate::article::TaskKind;
use crate::evaluate::words::{estimate, plural, slice_trust};
use crate::evaluate::{
    Baseline, ChangedArticle, Comparison, Delta, Estimate, Evidence, LabelComparison, LabelReport,
    Metric, Outcome, Report, TaskComparison, TaskReport, Verdict,
};

use super::columns::{Align, Columns, cut, printable};
use super::slices::worth_showing;

/// Changed articles shown of each kind.
const SHOWN: usize = 10;

/// Pairs of confused labels shown.
const PAIRS: usize = 5;

/// Columns from which every number of a label's row has room for its interval.
const WIDE: usize = 110;

/// A report for a terminal of `width` columns.
#[must_use]
pub fn report_text(report: &Report, width: usize) -> String {
    let mut out = heading(&report.title, width);
    let annotated = plural(report.articles.len() as u64, "article", "articles");
    let test_set: String = report.fingerprint.test_set.chars().take(12).collect();
    out += &format!(
        "{annotated}, {}, test set {test_set}\n",
        printable(&report.method)
    );
    let headline = &report.headline;
    let level = report.resampling.level * 100.0;
    let (task, value) = (printable(&headline.task), estimate(headline.estimate));
    out += &format!(
        "{task} {}: {value}, {level:.0} % interval\n",
        headline.metric.title()
    );
    out += &beside_text(report, width);
    for task in &report.tasks {
        out += &task_text(task, width);
    }
    out
}

/// What the headline stands beside: baselines, learning curve, noise check.
fn beside_text(report: &Report, width: usize) -> String {
    let mut out = String::new();
    for (name, value) in baseline_headlines(report) {
        out += &format!("  baseline {}: {}\n", printable(name), estimate(value));
    }
    for point in &report.learning_curve {
        let articles = plural(point.articles, "article", "articles");
        out += &format!("  trained on {articles}: {}\n", estimate(point.estimate));
    }
    for check in &report.noise_check {
        let task = printable(&check.task);
        out += &format!("  noise check, {task} {}\n", check.words);
    }
    out.lines()
        .map(|line| format!("{}\n", cut(line, width)))
        .collect()
}

/// Every baseline's value of the headline metric.
pub(crate) fn baseline_headlines(report: &Report) -> Vec<(&str, Estimate)> {
    let headline = &report.headline;
    let Some(at) = report.task_index(&headline.task) else {
        return Vec::new();
    };
    let value = |baseline: &Baseline| baseline.tasks.get(at)?.get(&headline.metric).copied();
    let named = report
        .baselines
        .iter()
        .map(|one| Some((one.name.as_str(), value(one)?)));
    named.flatten().collect()
}

fn heading(title: &str, width: usize) -> String {
    format!("{}\n", cut(&printable(title), width))
}

fn task_text(task: &TaskReport, width: usize) -> String {
    let kind = match task.outcomes.task.kind {
        TaskKind::Multi => "any number of labels",
        TaskKind::Single => "exactly one label",
    };
    let annotated = plural(task.annotated, "annotated article", "annotated articles");
    let mut out = format!(
        "\n{} ({kind}): {annotated}",
        printable(&task.outcomes.task.name)
    );
    if task.groups < task.annotated {
        out += &format!(" in {} groups of near-duplicates", task.groups);
    }
    out.push('\n');
    out += &labels_text(task, width);
    out += &overall_text(task, width);
    if task.confusion.is_empty() {
        out += &pairs_text(task);
    }
    out += &slices_text(task, width);
    out
}

fn labels_text(task: &TaskReport, width: usize) -> String {
    use Align::{Left, Right};
    let heads = ["label", "articles", "F1", "precision", "recall", "AP", ""];
    let mut table = Columns::new(&heads, &[Left, Right, Left, Left, Left, Left, Left]);
    for label in &task.labels {
        let metric = |metric: Metric| {
            let one = label.metrics.get(&metric).copied().unwrap_or_default();
            if width >= WIDE {
                estimate(one)
            } else {
                number(one.value)
            }
        };
        table.push(vec![
            label.label.clone(),
            label.support.to_string(),
            label
                .metrics
                .get(&Metric::F1)
                .copied()
                .map(estimate)
                .unwrap_or_default(),
            metric(Metric::Precision),
            metric(Metric::Recall),
            metric(Metric::AveragePrecision),
            trust(label).to_owned(),
        ]);
    }
    table.lines(width)
}

/// What the label's words say after the numbers.
fn trust(label: &LabelReport) -> &str {
    label.words.split_once(": ").map_or("", |(_, trust)| trust)
}

/// Metrics worth showing of all labels, with their names; several coincide where labels exclude each other.
pub(crate) fn shown_metrics(kind: TaskKind) -> &'static [(&'static str, Metric)] {
    const MULTI: [(&str, Metric); 9] = [
        ("macro F1", Metric::MacroF1),
        ("micro F1", Metric::MicroF1),
        ("micro precision", Metric::MicroPrecision),
        ("micro recall", Metric::MicroRecall),
        ("weighted F1", Metric::WeightedF1),
        ("per-article F1", Metric::ArticleF1),
        ("all labels right", Metric::SubsetAccuracy),
        ("log loss", Metric::LogLoss),
        ("calibration error", Metric::CalibrationError),
    ];
    const SINGLE: [(&str, Metric); 6] = [
        ("macro F1", Metric::MacroF1),
        ("accuracy", Metric::SubsetAccuracy),
        ("weighted F1", Metric::WeightedF1),
        ("log loss", Metric::LogLoss),
        ("Brier score", Metric::Brier),
        ("calibration error", Metric::CalibrationError),
    ];
    match kind {
        TaskKind::Multi => &MULTI,
        TaskKind::Single => &SINGLE,
    }
}

fn overall_text(task: &TaskReport, width: usize) -> String {
    let mut table = Columns::new(&["all labels", ""], &[Align::Left, Align::Left]);
    for (name, metric) in shown_metrics(task.outcomes.task.kind) {
        if let Some(value) = task.overall.get(metric) {
            table.push(vec![(*name).into(), estimate(*value)]);
        }
    }
    table.lines(width)
}

fn pairs_text(task: &TaskReport) -> String {
    let pairs = task.error_pairs.iter().take(PAIRS).map(|pair| {
        let (missed, invented) = (printable(&pair.missed), printable(&pair.invented));
        format!(
            "  {invented} instead of {missed}: {}\n",
            plural(pair.articles, "article", "articles")
        )
    });
    pairs.collect()
}

fn slices_text(task: &TaskReport, width: usize) -> String {
    if task.slices.is_empty() {
        return String::new();
    }
    let heads = ["slice", "articles", "macro F1", "all labels right", ""];
    let mut table = Columns::new(
        &heads,
        &[
            Align::Left,
            Align::Right,
            Align::Left,
            Align::Left,
            Align::Left,
        ],
    );
    let (shown, rest) = worth_showing(&task.slices);
    for slice in shown {
        let metric = |metric: Metric| {
            slice
                .metrics
                .get(&metric)
                .copied()
                .map(estimate)
                .unwrap_or_default()
        };
        table.push(vec![
            format!("{} {}", slice.key, slice.value),
            slice.articles.to_string(),
            metric(Metric::MacroF1),
            metric(Metric::SubsetAccuracy),
            slice_trust(slice.articles).into(),
        ]);
    }
    table.lines(width) + &smaller(rest.len())
}

/// Says that slices are left out.
pub(crate) fn smaller(slices: usize) -> String {
    match slices {
        0 => String::new(),
        count => format!(
            "  and {}: the report has them all\n",
            plural(count as u64, "smaller slice", "smaller slices")
        ),
    }
}

/// A comparison for a terminal of `width` columns.
#[must_use]
pub fn comparison_text(comparison: &Comparison, width: usize) -> String {
    let mut out = heading(&format!("baseline   {}", comparison.baseline.title), width);
    out += &heading(&format!("candidate  {}", comparison.candidate.title), width);
    out += &format!(
        "{} in pairs\n",
        plural(comparison.articles, "article", "articles")
    );
    for reason in &comparison.left_out {
        out += &format!("only the common part is compared: {}\n", printable(reason));
    }
    out += &format!("{}\n", summary(comparison));
    for task in &comparison.tasks {
        out += &task_comparison_text(task, width);
    }
    out += &differences_text(comparison, width);
    out += &changed_text(comparison, width);
    out
}

/// The headline in one sentence: `topics macro F1 0.71 -> 0.75, +0.04 (+0.01 to +0.07): better`.
#[must_use]
pub(crate) fn summary(comparison: &Comparison) -> String {
    let (task, metric) = &comparison.headline;
    let Some(delta) = comparison.delta(&format!("{task}/{metric}")) else {
        return String::new();
    };
    let values = format!("{} -> {}", number(delta.baseline), number(delta.candidate));
    let task = printable(task);
    format!(
        "{task} {} {values}, {}: {}",
        metric.title(),
        difference(&delta),
        delta.verdict.words()
    )
}

fn task_comparison_text(task: &TaskComparison, width: usize) -> String {
    use Align::{Left, Right};
    let mut out = format!("\n{}\n", printable(&task.task));
    let heads = ["all labels", "baseline", "candidate", "difference", "p", ""];
    let mut table = Columns::new(&heads, &[Left, Right, Right, Left, Left, Left]);
    for (name, metric) in shown_metrics(task.kind) {
        if let Some(delta) = task.overall.get(metric) {
            table.push(delta_cells((*name).into(), delta, delta.p, delta.verdict));
        }
    }
    out += &table.lines(width);
    out += &label_deltas_text(task, width);
    out += &slice_deltas_text(task, width);
    out
}

fn delta_cells(name: String, delta: &Delta, p: Option<f64>, verdict: Verdict) -> Vec<String> {
    vec![
        name,
        number(delta.baseline),
        number(delta.candidate),
        difference(delta),
        p.map(p_value).unwrap_or_default(),
        verdict.words().into(),
    ]
}

fn label_deltas_text(task: &TaskComparison, width: usize) -> String {
    use Align::{Left, Right};
    let heads = [
        "label F1",
        "articles",
        "baseline",
        "candidate",
        "difference",
        "won/lost",
        "p (Holm)",
        "",
    ];
    let mut table = Columns::new(
        &heads,
        &[Left, Right, Right, Right, Left, Right, Left, Left],
    );
    for label in &task.labels {
        let Some(f1) = label.metrics.get(&Metric::F1) else {
            continue;
        };
        let mut cells = delta_cells(label.label.clone(), f1, label.f1_holm, label.verdict);
        cells.insert(1, label.support.to_string());
        cells.insert(5, won_lost(label));
        table.push(cells);
    }
    table.lines(width)
}

/// `12/3`: articles won and lost on a label.
pub(crate) fn won_lost(label: &LabelComparison) -> String {
    format!("{}/{}", label.won, label.lost)
}

fn slice_deltas_text(task: &TaskComparison, width: usize) -> String {
    if task.slices.is_empty() {
        return String::new();
    }
    use Align::{Left, Right};
    let heads = [
        "slice macro F1",
        "articles",
        "baseline",
        "candidate",
        "difference",
        "p (Holm)",
        "",
    ];
    let mut table = Columns::new(&heads, &[Left, Right, Right, Right, Left, Left, Left]);
    let (shown, rest) = worth_showing(&task.slices);
    for slice in shown {
        let Some(delta) = slice.metrics.get(&Metric::MacroF1) else {
            continue;
        };
        let mut cells = delta_cells(
            format!("{} {}", slice.key, slice.value),
            delta,
            slice.f1_holm,
            delta.verdict,
        );
        cells.insert(1, slice.articles.to_string());
        table.push(cells);
    }
    table.lines(width) + &smaller(rest.len())
}

fn differences_text(comparison: &Comparison, width: usize) -> String {
    if comparison.differences.is_empty() {
        return "\nno setting differs\n".into();
    }
    let mut table = Columns::new(
        &["what differs", "baseline", "candidate"],
        &[Align::Left; 3],
    );
    for one in &comparison.differences {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not set)".into());
        table.push(vec![
            one.name.clone(),
            shown(&one.baseline),
            shown(&one.candidate),
        ]);
    }
    format!("\n{}", table.lines(width))
}

fn changed_text(comparison: &Comparison, width: usize) -> String {
    let mut out = String::new();
    for (outcome, head) in [
        (Outcome::Lost, "lost"),
        (Outcome::Won, "won"),
        (Outcome::Mixed, "wrong in another way"),
    ] {
        let all: Vec<&ChangedArticle> = comparison
            .changed
            .iter()
            .filter(|one| one.outcome == outcome)
            .collect();
        if all.is_empty() {
            continue;
        }
        out += &format!(
            "\n{head}: {}\n",
            plural(all.len() as u64, "article", "articles")
        );
        for article in all.iter().take(SHOWN) {
            out += &changed_lines(article, width);
        }
        if all.len() > SHOWN {
            out += &format!(
                "  and {} more: --format html or json lists them all\n",
                all.len() - SHOWN
            );
        }
    }
    out
}

fn changed_lines(article: &ChangedArticle, width: usize) -> String {
    let [gold, before, after, scores] = answers(article).map(|words| printable(&words));
    let first = cut(
        &printable(&format!("  {}  {}", article.id, article.title)),
        width,
    );
    let answers = format!("    gold {gold}; {before} -> {after}; {scores}");
    let mut lines = vec![first, cut(&answers, width)];
    for (side, evidence) in sides(article) {
        let words = format!("    {side} because of {}", printable(&evidence));
        lines.push(cut(&words, width));
    }
    lines.join("\n") + "\n"
}

/// Labels of the gold, the baseline and the candidate, and how the scores of changed labels moved.
pub(crate) fn answers(article: &ChangedArticle) -> [String; 4] {
    let scores = article.labels.iter().map(|one| {
        let (before, after) = (one.baseline, one.candidate);
        format!("{} {before:.2} -> {after:.2}", one.label)
    });
    [
        listed(&article.gold),
        listed(&article.baseline),
        listed(&article.candidate),
        scores.collect::<Vec<_>>().join(", "),
    ]
}

fn listed(labels: &[String]) -> String {
    if labels.is_empty() {
        "none".into()
    } else {
        labels.join(", ")
    }
}

/// Pieces of evidence named of each side.
const PIECES: usize = 3;

/// What carried the changed labels on each side that has evidence: `energy «خط لوله» (pipeline) +0.41`.
pub(crate) fn sides(article: &ChangedArticle) -> Vec<(&'static str, String)> {
    let sides = [
        ("baseline", &article.baseline_evidence),
        ("candidate", &article.candidate_evidence),
    ];
    let piece = |one: &Evidence| {
        let concept = one
            .concept
            .as_ref()
            .map_or(String::new(), |concept| format!(" ({concept})"));
        format!("{} «{}»{concept} {:+.2}", one.label, one.text, one.weight)
    };
    let shown = sides
        .into_iter()
        .filter(|(_, evidence)| !evidence.is_empty());
    shown
        .map(|(side, evidence)| {
            let pieces: Vec<String> = evidence.iter().take(PIECES).map(piece).collect();
            (side, pieces.join(", "))
        })
        .collect()
}

/// `0.71`, or `-` where undefined.
pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.3}"))
}

/// `+0.04 (+0.01 to +0.07)`; with more digits where fewer would show no difference under a verdict that there is one.
pub(crate) fn difference(delta: &Delta) -> String {
    let Some(difference) = delta.difference else {
        return "-".into();
    };
    let interval = delta.interval.map(|interval| [interval.low, interval.high]);
    let digits = match delta.verdict {
        Verdict::Better | Verdict::Worse => {
            let shown = interval.into_iter().flatten().chain([difference]);
            digits(shown.map(f64::abs).fold(f64::INFINITY, f64::min))
        }
        _ => DIGITS,
    };
    match interval {
        Some([low, high]) => {
            format!("{difference:+.digits$} ({low:+.digits$} to {high:+.digits$})")
        }
        None => format!("{difference:+.digits$}"),
    }
}

/// Digits after the point.
const DIGITS: usize = 3;

/// The fewest digits from [`DIGITS`] to twice as many that show `size` as more than 0.
fn digits(size: f64) -> usize {
    let shows = |digits: &usize| size >= 0.5 * 0.1_f64.powi(*digits as i32);
    let mut enough = (DIGITS..2 * DIGITS).filter(shows);
    enough.next().unwrap_or(2 * DIGITS)
}

/// `0.012`, or `<0.001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "<0.001".into()
    } else {
        format!("{p:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_beyond_chance_shows() {
        assert_eq!(
            [0.2, 0.0006, 0.0004, 1e-5, 0.0].map(digits),
            [3, 3, 4, 5, 6]
        );
    }
}
