//! A model as text: its card, its content, and how it came to an answer.

use std::fmt::Write;

use crate::article::{Article, Cleaned};
use crate::classify::{Candidate, ClassWeight};
use crate::evaluate::{Metric, Report};
use crate::features::Block;
use crate::pipeline::{Head, Pipeline};
use crate::store::Pruned;

use super::columns::{cut, printable};

/// The model card, Markdown.
#[must_use]
pub fn model_card(
    pipeline: &Pipeline,
    report: Option<&Report>,
    pruned: Option<&Pruned>,
    digest: &str,
    rankings: &[Vec<(Candidate, f64)>],
) -> String {
    let mut card = format!(
        "# Model card\n\nTrained by toolkit {} on {} labelled articles (data digest `{}`).\nModel digest `{}`.\n\n",
        env!("CARGO_PKG_VERSION"),
        pipeline.n_articles(),
        short(pipeline.data_digest()),
        short(digest),
    );
    card.push_str("It tags news articles. It sees words, characters and glossary concepts, not meaning: read what it tags before you act on it.\n");
    if let Some(pruned) = pruned {
        let _ = write!(card, "\nFor a small file: {pruned}.\n");
    }
    for (i, head) in pipeline.heads().iter().enumerate() {
        let _ = write!(
            card,
            "\n## {}\n\n{}\n\n",
            head.task.name,
            head_sentence(head)
        );
        card.push_str(&certainty_line(head));
        card.push_str(&label_table(head, report));
        card.push_str(&ranking_lines(rankings.get(i).map_or(&[], Vec::as_slice)));
        let key = format!("{}.search", head.task.name);
        if let Some(search) = report.and_then(|r| r.settings.get(&key)) {
            let _ = writeln!(card, "\nThe search for settings was {search}.");
        }
    }
    card.push_str(&untrained_sentence(pipeline));
    card.push_str("\nHow the numbers were made: out-of-fold, each article scored by a model that never saw it, and each cut chosen on the other folds. docs/metrics.md has every formula.\n");
    card
}

fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}

fn head_sentence(head: &Head) -> String {
    let f1 = head.macro_f1.map_or(
        "not measured (too few articles, or labels were added or taken out)".to_owned(),
        |f| format!("{f:.3}"),
    );
    format!(
        "{} annotated articles; {}; cross-validated macro-F1 {f1}.",
        head.n_annotated,
        setting(&head.candidate)
    )
}

/// How many articles get a sure answer, and how good those are.
fn certainty_line(head: &Head) -> String {
    let Some(c) = head.certainty.filter(|c| c.n_articles > 0) else {
        return String::new();
    };
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    format!(
        "Sure of {} of {} articles (out of fold), and wholly right about {:.0} % of these; about {:.0} % of all. The others are flagged `unsure`.\n\n",
        c.n_sure,
        c.n_articles,
        percent(c.n_sure_right, c.n_sure),
        percent(c.n_right, c.n_articles)
    )
}

/// A setting in words.
fn setting(c: &Candidate) -> String {
    let blocks: Vec<String> = Block::ALL
        .iter()
        .filter(|b| c.blocks[**b as usize] > 0.0)
        .map(|b| format!("{} x{}", b.name(), c.blocks[*b as usize]))
        .collect();
    let blocks = if blocks.is_empty() {
        "no text".to_owned()
    } else {
        blocks.join(", ")
    };
    format!(
        "{} C={} on {blocks}, classes {}{}",
        c.family.name(),
        c.c,
        if c.class_weight == ClassWeight::Uniform {
            "as they are"
        } else {
            "balanced"
        },
        if c.prior > 0.0 {
            ", drawn to the descriptions of the labels"
        } else {
            ""
        }
    )
}

fn label_table(head: &Head, report: Option<&Report>) -> String {
    let mut table =
        "| label | articles | cut | F1 (95 % interval) |\n|---|---|---|---|\n".to_owned();
    for (k, label) in head.task.labels.iter().enumerate() {
        let cut = head.cuts.get(k).map_or("most probable".to_owned(), |c| {
            format!("{:.2}", c.probability)
        });
        let f1 = report
            .and_then(|r| r.estimate(&format!("{}/{label}/{}", head.task.name, Metric::F1.name())));
        let f1 = f1.map_or("not measured".to_owned(), crate::evaluate::words::estimate);
        let _ = writeln!(table, "| {label} | {} | {cut} | {f1} |", head.support[k]);
    }
    table
}

fn ranking_lines(ranking: &[(Candidate, f64)]) -> String {
    let mut lines = String::new();
    for (i, (candidate, f1)) in ranking.iter().take(2).enumerate() {
        let what = if i == 0 { "Chosen" } else { "Runner-up" };
        let _ = write!(
            lines,
            "\n{what}: {} (mean of out-of-fold macro-F1 and micro-F1: {f1:.3}).",
            setting(candidate)
        );
    }
    lines.push('\n');
    lines
}

/// What `toolkit inspect` prints.
#[must_use]
pub fn model_text(pipeline: &Pipeline, digest: &str, bytes: u64, top: usize) -> String {
    let vocabulary = pipeline.tfidf().vocabulary();
    let mut text = format!(
        "model {digest}\n{:.1} MB, trained on {} articles (data {})\n{} features:",
        bytes as f64 / 1e6,
        pipeline.n_articles(),
        short(pipeline.data_digest()),
        vocabulary.n_features()
    );
    for block in Block::ALL {
        let _ = write!(
            text,
            " {} {}",
            vocabulary.columns(block).len(),
            block.name()
        );
    }
    text.push('\n');
    for (h, head) in pipeline.heads().iter().enumerate() {
        let _ = write!(text, "\n{}: {}\n", head.task.name, head_sentence(head));
        for (k, output) in pipeline.outputs(h).enumerate() {
            let cut = head
                .cuts
                .get(k)
                .map_or(String::new(), |c| format!(", cut {:.2}", c.probability));
            let _ = writeln!(
                text,
                "  {} ({} articles{cut})",
                head.task.labels[k], head.support[k]
            );
            let terms: Vec<String> = pipeline
                .strongest(output, top)
                .iter()
                .map(|(c, _)| shown_term(pipeline, *c))
                .collect();
            let _ = writeln!(text, "    {}", terms.join("  "));
        }
    }
    text.push_str(&untrained_sentence(pipeline));
    text
}

/// Which languages the training articles lack and who answers them; empty where none.
fn untrained_sentence(pipeline: &Pipeline) -> String {
    let languages = pipeline.untrained_languages();
    if languages.is_empty() {
        return String::new();
    }
    let languages: Vec<&str> = languages.iter().map(|lang| lang.code()).collect();
    let mut text = format!(
        "\n{}: no or next to no training articles; flagged \"untrained_language\".\n",
        languages.join(", ")
    );
    if let Some((_, model)) = pipeline.transfer() {
        text.push_str("Answered by a second model, from glossary concepts alone.\n");
        for head in model.heads() {
            let _ = writeln!(text, "  {}: {}", head.task.name, head_sentence(head));
        }
    }
    text
}

fn shown_term(pipeline: &Pipeline, column: u32) -> String {
    let vocabulary = pipeline.tfidf().vocabulary();
    let term = printable(vocabulary.term(column));
    match vocabulary.block(column) {
        Block::Words => format!("«{term}»"),
        Block::Characters => format!("‹{}›", term.replace(' ', "_")),
        Block::Concepts | Block::Subjects => term,
        Block::LeadConcepts => format!("{term}@lead"),
    }
}

/// What `toolkit clean --explain` prints: every cut with its lines, its rule and the reason.
#[must_use]
pub fn cuts_text(article: &Article, cleaned: &Cleaned) -> String {
    let explained = cleaned.explain(&article.text);
    let name = article.path.display();
    if explained.receipts.is_empty() {
        return format!("{name}: nothing cut\n");
    }
    let mut text = format!(
        "{name}: {:.1} % of the text cut\n",
        100.0 * explained.cut_share
    );
    for receipt in &explained.receipts {
        let (first, last) = (receipt.first_line, receipt.last_line);
        let place = if first == last {
            format!("line {first}")
        } else {
            format!("lines {first}-{last}")
        };
        let _ = writeln!(text, "  {place} [{}] {}", receipt.rule, receipt.why);
        for line in receipt.lines.iter().take(SHOWN_LINES) {
            let _ = writeln!(text, "      {}", cut(&printable(line), 90));
        }
        if receipt.lines.len() > SHOWN_LINES {
            let _ = writeln!(
                text,
                "      ... and {} more lines",
                receipt.lines.len() - SHOWN_LINES
            );
        }
    }
    text
}

/// Lines shown of each receipt.
const SHOWN_LINES: usize = 4;

/// What `toolkit glossary hits` prints: each concept with the words it fired on.
#[must_use]
pub fn hits_text(article: &Article, hits: &[(String, std::ops::Range<usize>)]) -> String {
    let mut text = format!("{}: {} hits\n", article.path.display(), hits.len());
    for (concept, bytes) in hits {
        let line = article.text.as_bytes()[..bytes.start]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        let words = article.text.get(bytes.clone()).unwrap_or("");
        let _ = writeln!(
            text,
            "  line {line:>3}  {concept:<28}  «{}»",
            printable(words)
        );
    }
    text
}
