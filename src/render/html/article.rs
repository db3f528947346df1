//! The HTML page of one article: its text as spelled, with what spoke for and against each label marked in it.

use std::collections::BTreeMap;
use std::ops::Range;

use maud::{Markup, html};

use crate::article::Article;
use crate::pipeline::{Explanation, Mark, Piece};
use crate::render::explanation::equation;

use super::parts::{card, scrolled};
use super::plots::{score_bar, weight_bar};

/// Words weaker than this share of a label's strongest one are not marked: nearly every word moves a score a little.
const FAINTEST: f64 = 0.06;

/// Lower ends of the four strengths of a mark, as shares of the strongest.
const STRENGTHS: [f64; 4] = [FAINTEST, 0.2, 0.4, 0.7];

/// One article with every label's evidence marked in it, as one self-contained HTML file without any script.
///
/// `kept` are the byte ranges that counted, the rest is shown as cut; `top` is the number of pieces listed for and
/// against each label.
#[must_use]
pub fn explanation_html(
    article: &Article,
    kept: &[Range<usize>],
    explanations: &[Explanation],
    top: usize,
) -> String {
    let title = article.title();
    let body = html! {
        header {
            p class="kind" { "How the answers came about" }
            h1 dir="auto" { (title) }
            p class="facts" { bdi { (article.id) } }
            div class="cards" { @for one in explanations.iter().filter(|one| one.given) { (answer_card(one)) } }
        }
        main {
            (legend())
            @for (task, labels) in by_task(explanations) {
                section {
                    h2 dir="auto" { (task) }
                    @for one in labels { (label_details(article, kept, one, top)) }
                }
            }
        }
    };
    super::page(title, &body, None)
}

/// Tasks in the order of the model.
fn by_task(explanations: &[Explanation]) -> Vec<(&str, Vec<&Explanation>)> {
    let mut tasks: Vec<(&str, Vec<&Explanation>)> = Vec::new();
    for one in explanations {
        match tasks.last_mut().filter(|(task, _)| *task == one.task) {
            Some((_, labels)) => labels.push(one),
            None => tasks.push((&one.task, vec![one])),
        }
    }
    for (_, labels) in &mut tasks {
        labels.sort_by_key(|one| !one.given);
    }
    tasks
}

fn answer_card(one: &Explanation) -> Markup {
    let beside = one
        .cut
        .map_or("most probable".to_owned(), |cut| format!("cut {cut:.2}"));
    let name = format!("{}: {}", one.task, one.label);
    card(&name, &format!("{:.2}", one.probability), &beside, "")
}

fn legend() -> Markup {
    html! {
        p class="note" {
            "Underlined words moved the score: "
            mark class="pro s2" { "a solid line" } " speaks for the label, "
            mark class="con s2" { "a dotted line" } " against it; "
            "the thicker, the stronger, "
            mark class="pro s1" { "one" } " " mark class="pro s2" { "two" } " " mark class="pro s3" { "three" } " " mark class="pro s4" { "four" }
            ". " span class="cut-text" { "Small grey text" } " was cut as boilerplate and did not count."
        }
    }
}

fn label_details(
    article: &Article,
    kept: &[Range<usize>],
    one: &Explanation,
    top: usize,
) -> Markup {
    let (class, words) = if one.given {
        ("better", "given")
    } else {
        ("plain", "not given")
    };
    html! {
        details class="label" open[one.given] {
            summary {
                bdi { (one.label) } " " span class=(format!("chip {class}")) { (words) }
                " " span class="said" { (format!("{:.2}", one.probability)) @if let Some(cut) = one.cut { (format!(" (cut {cut:.2})")) } }
            }
            (score_bar(&one.label, one.probability, one.cut))
            p class="note" { (equation(one)) }
            @if let Some(sentence) = &one.sentence {
                h3 { "The sentence that speaks most for it " span class="said" { (format!("{:+.3}", sentence.weight)) } }
                blockquote dir="auto" { (sentence.text) }
            }
            h3 { "The article" }
            div class="article" { (marked_text(&article.text, kept, &one.marks)) }
            h3 { "Words and concepts" }
            (pieces_table(&one.evidence, top))
        }
    }
}

/// The text, a paragraph a line, each with a direction of its own.
fn marked_text(text: &str, kept: &[Range<usize>], marks: &[Mark]) -> Markup {
    let most = marks
        .iter()
        .map(|mark| mark.weight.abs())
        .fold(0.0, f64::max);
    let strong: Vec<&Mark> = marks
        .iter()
        .filter(|mark| strength(mark.weight, most) > 0)
        .collect();
    html! {
        @for line in lines(text) {
            p dir="auto" { @for piece in pieces_of(&line, kept, &strong) { (shown(text, &piece, most)) } }
        }
    }
}

/// Byte ranges of the lines that are not blank.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if end > start {
            lines.push(start..end);
        }
        start += line.len();
    }
    lines
}

/// What a stretch of a line is.
#[derive(Debug, PartialEq)]
enum Kind {
    Plain,
    Cut,
    Marked(f64),
}

/// A line in stretches of one kind each; marks win over cuts, which never meet.
fn pieces_of(
    line: &Range<usize>,
    kept: &[Range<usize>],
    marks: &[&Mark],
) -> Vec<(Range<usize>, Kind)> {
    let mut pieces = Vec::new();
    let mut at = line.start;
    let first = marks.partition_point(|mark| mark.bytes.end <= line.start);
    for mark in marks[first..]
        .iter()
        .take_while(|mark| mark.bytes.start < line.end)
    {
        plain(at..mark.bytes.start, kept, &mut pieces);
        let end = mark.bytes.end.min(line.end);
        pieces.push((at.max(mark.bytes.start)..end, Kind::Marked(mark.weight)));
        at = end;
    }
    plain(at..line.end, kept, &mut pieces);
    pieces
}

/// A stretch without marks, in what counted and what was cut.
fn plain(bytes: Range<usize>, kept: &[Range<usize>], pieces: &mut Vec<(Range<usize>, Kind)>) {
    let mut at = bytes.start;
    let mut push = |piece: Range<usize>, kind| {
        if !piece.is_empty() {
            pieces.push((piece, kind));
        }
    };
    for range in kept
        .iter()
        .filter(|k| k.start < bytes.end && bytes.start < k.end)
    {
        let (start, end) = (range.start.max(bytes.start), range.end.min(bytes.end));
        push(at..start, Kind::Cut);
        push(start..end, Kind::Plain);
        at = end;
    }
    push(at..bytes.end, Kind::Cut);
}

fn shown(text: &str, (bytes, kind): &(Range<usize>, Kind), most: f64) -> Markup {
    let words = text.get(bytes.clone()).unwrap_or("");
    html! {
        @match kind {
            Kind::Plain => (words),
            Kind::Cut => span class="cut-text" { (words) },
            Kind::Marked(weight) => {
                @let side = if *weight < 0.0 { "con" } else { "pro" };
                mark class=(format!("{side} s{}", strength(*weight, most))) title=(format!("{weight:+.3}")) { (words) }
            }
        }
    }
}

/// 0 for a word that is not marked, else 1 to 4.
fn strength(weight: f64, most: f64) -> usize {
    if most <= 0.0 {
        return 0;
    }
    STRENGTHS
        .iter()
        .filter(|from| weight.abs() / most >= **from)
        .count()
}

fn pieces_table(pieces: &[Piece], top: usize) -> Markup {
    let most = pieces
        .iter()
        .map(|piece| piece.weight.abs())
        .fold(1e-9, f64::max);
    let (shown, rest) = split(pieces, top);
    html! {
        (scrolled(&html! {
            table {
                thead { tr { th scope="col" { "words in the article" } th scope="col" { "concept" } th scope="col" class="number" { "adds" } th scope="col" { "against or for" } } }
                tbody {
                    @for piece in shown { (piece_row(piece, most)) }
                    @for (words, count, sum) in rest {
                        tr { th scope="row" { (count) " more " (words) } td {} td class="number" { (format!("{sum:+.3}")) } td {} }
                    }
                }
            }
        }))
    }
}

fn piece_row(piece: &Piece, most: f64) -> Markup {
    let concept = piece.gloss.as_ref().or(piece.concept.as_ref());
    html! {
        tr {
            th scope="row" dir="auto" { (piece.text) }
            td dir="auto" title=[piece.concept.as_ref()] { @if let Some(concept) = concept { (concept) } }
            td class="number" { (format!("{:+.3}", piece.weight)) }
            td class="plotted" { (weight_bar(piece.weight, most)) }
        }
    }
}

/// The `top` pieces of each sign, largest size first, and what the others of each sign add.
fn split(pieces: &[Piece], top: usize) -> (Vec<&Piece>, Vec<(&'static str, usize, f64)>) {
    let mut seen = BTreeMap::from([(true, 0), (false, 0)]);
    let mut shown = Vec::new();
    let mut rest = [("for", 0, 0.0), ("against", 0, 0.0)];
    for piece in pieces.iter().filter(|piece| piece.weight != 0.0) {
        let against = piece.weight < 0.0;
        let place = seen.entry(against).or_insert(0);
        *place += 1;
        if *place <= top {
            shown.push(piece);
        } else {
            let sum = &mut rest[usize::from(against)];
            sum.1 += 1;
            sum.2 += piece.weight;
        }
    }
    (
        shown,
        rest.into_iter()
            .filter(|(_, count, _)| *count > 0)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(text: &str, pieces: &[(Range<usize>, Kind)]) -> String {
        pieces
            .iter()
            .map(|(bytes, _)| &text[bytes.clone()])
            .collect()
    }

    #[test]
    fn a_line_in_pieces_is_the_line() {
        let text = "IRNA - گاز و نفت. [source]";
        let end = text.find('[').unwrap_or_default();
        let kept = 7..end;
        let mark = Mark {
            bytes: 7..13,
            weight: 1.0,
        };
        let pieces = pieces_of(&(0..text.len()), std::slice::from_ref(&kept), &[&mark]);
        assert_eq!(text_of(text, &pieces), text);
        let kinds: Vec<&Kind> = pieces.iter().map(|(_, kind)| kind).collect();
        assert_eq!(
            kinds,
            [&Kind::Cut, &Kind::Marked(1.0), &Kind::Plain, &Kind::Cut]
        );
    }

    #[test]
    fn a_mark_over_a_line_end_is_on_both_lines() {
        let text = "one two\nthree";
        let mark = Mark {
            bytes: 4..13,
            weight: 1.0,
        };
        let all = 0..text.len();
        let lines: Vec<String> = lines(text)
            .iter()
            .map(|line| text_of(text, &pieces_of(line, std::slice::from_ref(&all), &[&mark])))
            .collect();
        assert_eq!(lines, ["one two", "three"]);
    }

    #[test]
    fn markup_in_an_article_is_text() {
        let article = Article {
            id: "<i>".into(),
            text: "<script>alert(1)</script> & گاز".into(),
            ..Article::default()
        };
        let one = Explanation {
            task: "topics".into(),
            label: "<b>".into(),
            score: 1.0,
            bias: 0.0,
            probability: 0.7,
            cut: Some(0.5),
            given: true,
            terms: Vec::new(),
            evidence: Vec::new(),
            sentence: None,
            marks: vec![Mark {
                bytes: 0..8,
                weight: 1.0,
            }],
        };
        let page = explanation_html(
            &article,
            std::slice::from_ref(&(0..article.text.len())),
            &[one],
            5,
        );
        assert!(
            !page.contains("<script") && !page.contains("<b>") && !page.contains("<i>"),
            "{page}"
        );
        assert!(
            page.contains("title=\"+1.000\">&lt;script&gt;</mark>"),
            "{page}"
        );
    }
}
