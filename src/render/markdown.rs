//! A comparison for a pull request.

use crate::evaluate::words::plural;
use crate::evaluate::{
    ChangedArticle, Comparison, Delta, Metric, Outcome, Ranking, TaskComparison, Verdict,
};

use super::columns::printable;
use super::ranking::{candidates, cells, legend, mark, side_by_side};
use super::slices::worth_showing;
use super::text::{
    answers, difference, number, p_value, shown_metrics, sides, smaller, summary, won_lost,
};

/// Changed articles listed of each kind.
const SHOWN: usize = 20;

/// A comparison as GitHub-flavoured Markdown.
#[must_use]
pub fn comparison_markdown(comparison: &Comparison) -> String {
    let mut out = format!("### {}\n\n", escape(&summary(comparison)));
    out += &format!("- baseline: {}\n", escape(&comparison.baseline.title));
    out += &format!("- candidate: {}\n", escape(&comparison.candidate.title));
    out += &format!(
        "- {} in pairs\n",
        plural(comparison.articles, "article", "articles")
    );
    for reason in &comparison.left_out {
        out += &format!("- only the common part is compared: {}\n", escape(reason));
    }
    for task in &comparison.tasks {
        out += &task_markdown(task);
    }
    out += &differences_markdown(comparison);
    out += &changed_markdown(comparison);
    out
}

/// Several candidates against one baseline as Markdown: ranks first, then each comparison.
#[must_use]
pub fn ranking_markdown(ranking: &Ranking) -> String {
    let mut out = format!("### {}\n\n", escape(&ranking.metric_title()));
    out += &head(&["rank", "report", "value", "difference", "p (Holm)", ""]);
    for row in &ranking.rows {
        let rank = row.rank.map(|rank| rank.to_string()).unwrap_or_default();
        let difference = row.delta.as_ref().map(difference).unwrap_or_default();
        let p = row.p_holm.map(p_value).unwrap_or_default();
        let words = if row.delta.is_none() {
            "baseline"
        } else {
            row.verdict.words()
        };
        let (title, value) = (escape(&row.title), number(row.value));
        out += &format!("| {rank} | {title} | {value} | {difference} | {p} | {words} |\n");
    }
    out += &side_by_side_markdown(ranking);
    let each = ranking
        .comparisons
        .iter()
        .map(|one| format!("\n{}", comparison_markdown(one)));
    out + &each.collect::<String>()
}

/// Every number of every report in one table.
fn side_by_side_markdown(ranking: &Ranking) -> String {
    let titles: Vec<String> = candidates(ranking).map(escape).collect();
    let mut heads = vec!["", "baseline"];
    heads.extend(titles.iter().map(String::as_str));
    let mut out = format!("\n{}", head(&heads));
    for (task, name, row) in side_by_side(ranking) {
        let cells: Vec<String> = cells(row)
            .map(|(value, rank, verdict)| format!("{} {rank}{}", number(value), mark(verdict)))
            .collect();
        let name = escape(&format!("{} {name}", task.task));
        out += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    out + &format!("\n{}\n", legend(ranking))
}

fn task_markdown(task: &TaskComparison) -> String {
    let mut out = format!("\n#### {}\n\n", escape(&task.task));
    out += &head(&["all labels", "baseline", "candidate", "difference", "p", ""]);
    for (name, metric) in shown_metrics(task.kind) {
        if let Some(delta) = task.overall.get(metric) {
            out += &row(&[*name], delta, "", delta.p, delta.verdict);
        }
    }
    out += "\n";
    out += &head(&[
        "label F1",
        "articles",
        "baseline",
        "candidate",
        "difference",
        "won/lost",
        "p (Holm)",
        "",
    ]);
    for label in &task.labels {
        if let Some(f1) = label.metrics.get(&Metric::F1) {
            let support = label.support.to_string();
            let changes = format!(" | {}", won_lost(label));
            out += &row(
                &[&label.label, &support],
                f1,
                &changes,
                label.f1_holm,
                label.verdict,
            );
        }
    }
    out + &slices_markdown(task)
}

fn slices_markdown(task: &TaskComparison) -> String {
    if task.slices.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n<details><summary>slices</summary>\n\n");
    out += &head(&[
        "slice macro F1",
        "articles",
        "baseline",
        "candidate",
        "difference",
        "p (Holm)",
        "",
    ]);
    let (shown, rest) = worth_showing(&task.slices);
    for slice in shown {
        if let Some(delta) = slice.metrics.get(&Metric::MacroF1) {
            let name = format!("{} {}", slice.key, slice.value);
            out += &row(
                &[&name, &slice.articles.to_string()],
                delta,
                "",
                slice.f1_holm,
                delta.verdict,
            );
        }
    }
    if !rest.is_empty() {
        out += &format!("\n{}", smaller(rest.len()));
    }
    out + "\n</details>\n"
}

pub(super) fn head(cells: &[&str]) -> String {
    format!(
        "| {} |\n|{}\n",
        cells.join(" | "),
        "---|".repeat(cells.len())
    )
}

fn row(names: &[&str], delta: &Delta, changes: &str, p: Option<f64>, verdict: Verdict) -> String {
    let names: Vec<String> = names.iter().map(|name| escape(name)).collect();
    let verdict = match verdict {
        Verdict::Better | Verdict::Worse => format!("**{}**", verdict.words()),
        other => other.words().into(),
    };
    let values = format!(
        "{} | {} | {}",
        number(delta.baseline),
        number(delta.candidate),
        difference(delta)
    );
    format!(
        "| {} | {values}{changes} | {} | {verdict} |\n",
        names.join(" | "),
        p.map(p_value).unwrap_or_default()
    )
}

fn differences_markdown(comparison: &Comparison) -> String {
    if comparison.differences.is_empty() {
        return "\nNo setting differs.\n".into();
    }
    let mut out = format!("\n{}", head(&["what differs", "baseline", "candidate"]));
    for one in &comparison.differences {
        let shown =
            |value: &Option<String>| value.as_deref().map_or_else(|| "(not set)".into(), escape);
        out += &format!(
            "| {} | {} | {} |\n",
            escape(&one.name),
            shown(&one.baseline),
            shown(&one.candidate)
        );
    }
    out
}

fn changed_markdown(comparison: &Comparison) -> String {
    let kinds = [
        (Outcome::Lost, "lost"),
        (Outcome::Won, "won"),
        (Outcome::Mixed, "wrong in another way"),
    ];
    kinds
        .into_iter()
        .map(|(outcome, name)| changed_section(comparison, outcome, name))
        .collect()
}

fn changed_section(comparison: &Comparison, outcome: Outcome, name: &str) -> String {
    let all: Vec<&ChangedArticle> = comparison
        .changed
        .iter()
        .filter(|one| one.outcome == outcome)
        .collect();
    if all.is_empty() {
        return String::new();
    }
    let count = plural(all.len() as u64, "article", "articles");
    let mut out = format!("\n<details><summary>{name}: {count}</summary>\n\n");
    out += &head(&[
        "id",
        "title",
        "gold",
        "baseline",
        "candidate",
        "scores",
        "because of",
    ]);
    for article in all.iter().take(SHOWN) {
        let [gold, before, after, scores] = answers(article).map(|words| escape(&words));
        let words = sides(article)
            .into_iter()
            .map(|(side, words)| format!("{side}: {words}"));
        out += &format!(
            "| {} | {} | {gold} | {before} | {after} | {scores} | {} |\n",
            escape(&article.id),
            escape(&article.title),
            escape(&words.collect::<Vec<_>>().join("; "))
        );
    }
    if all.len() > SHOWN {
        out += &format!("\nand {} more\n", all.len() - SHOWN);
    }
    out + "\n</details>\n"
}

/// User text inside a table cell: no markup, no cell ends, no links, no mentions.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '$' | '!' => {
                out.push('\\');
                out.push(letter);
            }
            // "://" would be made a link.
            ':' => out.push_str("&#58;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_text_cannot_end_a_cell_or_start_markup() {
        assert_eq!(escape("a|b <img> @all"), "a\\|b &lt;img&gt; &#64;all");
        assert_eq!(escape("x\n| y"), "x \\| y");
    }
}
