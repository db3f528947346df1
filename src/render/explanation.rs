//! How an answer came about, as text: score, bias, pieces for and against, the sentence that carried it.

use std::fmt::Write;

use crate::pipeline::{Explanation, Piece};

use super::columns::{cut, printable};

/// What `toolkit explain` prints: for every label its score, cut, and the pieces of text for and against. What stands
/// there adds up: pieces beyond `top` are summed on a line of their own.
#[must_use]
pub fn explanation_text(
    title: &str,
    explanations: &[Explanation],
    top: usize,
    width: usize,
) -> String {
    let mut text = format!("{}\n", cut(&printable(title), width));
    for one in explanations {
        text.push('\n');
        for line in label_lines(one, top) {
            let _ = writeln!(text, "{}", cut(&printable(&line), width));
        }
    }
    text
}

fn label_lines(one: &Explanation, top: usize) -> Vec<String> {
    let given = if one.given { "given" } else { "not given" };
    let bar = one.cut.map_or(String::new(), |c| format!(" (cut {c:.2})"));
    let (task, label, probability) = (&one.task, &one.label, one.probability);
    let mut lines = vec![
        format!("{task}: {label} {given}, probability {probability:.2}{bar}"),
        format!("  {}", equation(one)),
    ];
    if let Some(sentence) = &one.sentence {
        lines.push(format!(
            "  sentence {:+.3}  {}",
            sentence.weight, sentence.text
        ));
    }
    for (sign, heading) in [(1.0, "for"), (-1.0, "against")] {
        let sums = summed(&one.evidence, sign, top);
        let heads = std::iter::once(heading).chain(std::iter::repeat(""));
        let line = |(head, (weight, name)): (&str, (f64, String))| {
            format!("  {head:<8} {weight:+.3}  {name}")
        };
        lines.extend(heads.zip(sums).map(line));
    }
    lines
}

/// `score +2.310 = bias -0.500 + words +2.810`.
pub(crate) fn equation(one: &Explanation) -> String {
    let words = one.score - one.bias;
    format!(
        "score {:+.3} = bias {:+.3} + words {words:+.3}",
        one.score, one.bias
    )
}

/// The `top` pieces of one sign with their names, and the sum of the rest.
fn summed(pieces: &[Piece], sign: f64, top: usize) -> Vec<(f64, String)> {
    let of_sign: Vec<&Piece> = pieces.iter().filter(|p| p.weight * sign > 0.0).collect();
    let (shown, rest) = of_sign.split_at(top.min(of_sign.len()));
    let mut sums: Vec<(f64, String)> = shown.iter().map(|p| (p.weight, named(p))).collect();
    if !rest.is_empty() {
        let sum = rest.iter().map(|piece| piece.weight).sum();
        sums.push((sum, format!("{} more", rest.len())));
    }
    sums
}

/// `pipeline: «خط لوله»`.
pub(crate) fn named(piece: &Piece) -> String {
    match piece.gloss.as_ref().or(piece.concept.as_ref()) {
        Some(name) => format!("{name}: «{}»", piece.text),
        None => format!("«{}»", piece.text),
    }
}

/// Cell of a table of predictions: every given label with its equation, strongest pieces and sentence.
pub(crate) fn why_words(why: &[Explanation], top: usize) -> String {
    let label = |one: &Explanation| {
        let sums = [1.0, -1.0]
            .map(|sign| summed(&one.evidence, sign, top))
            .concat();
        let sums: Vec<String> = sums
            .iter()
            .map(|(w, name)| format!("{w:+.3} {name}"))
            .collect();
        let sentence = one.sentence.as_ref().map_or(String::new(), |s| {
            format!("; sentence {:+.3} «{}»", s.weight, s.text)
        });
        format!(
            "{}: {}: {}{sentence}",
            one.label,
            equation(one),
            sums.join(", ")
        )
    };
    why.iter().map(label).collect::<Vec<_>>().join(" | ")
}

/// Lines below a row of the table of predictions.
pub(crate) fn why_lines(why: &[Explanation], top: usize) -> Vec<String> {
    why.iter().flat_map(|one| label_lines(one, top)).collect()
}
