//! Which words carried a label: feature contributions laid back onto the words of the article, as spelled.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::evaluate::Evidence;
use crate::features::{Attribution, Block, Document};

use super::Pipeline;

/// Contributions of one place in the text or of one concept.
#[derive(Debug, Default)]
struct Piece {
    /// First place it stands at, for the spelling.
    bytes: Range<usize>,
    concept: Option<String>,
    weight: f64,
}

/// The `n` pieces with the largest size for each of `outputs`, in the order of outputs. Only pieces that speak for a
/// label where `n` is limited; every contribution, for and against, where it is `usize::MAX`: then they add up to the
/// raw score less the bias.
pub(super) fn top_evidence(
    pipeline: &Pipeline,
    document: &Document<'_>,
    outputs: &[usize],
    n: usize,
) -> Vec<Evidence> {
    if outputs.is_empty() {
        return Vec::new();
    }
    let attributions = pipeline.tfidf.attribute(document);
    let places = concept_places(pipeline, &attributions);
    outputs
        .iter()
        .flat_map(|&output| label_evidence(pipeline, document, &attributions, &places, output, n))
        .collect()
}

/// Byte ranges covered by a concept, with its column.
fn concept_places(pipeline: &Pipeline, attributions: &[Attribution]) -> Vec<(Range<usize>, u32)> {
    let concepts = pipeline.tfidf.vocabulary().columns(Block::Concepts);
    let hits = attributions.iter().filter(|a| concepts.contains(&a.column));
    hits.map(|a| (a.bytes.clone(), a.column)).collect()
}

fn label_evidence(
    pipeline: &Pipeline,
    document: &Document<'_>,
    attributions: &[Attribution],
    places: &[(Range<usize>, u32)],
    output: usize,
    n: usize,
) -> Vec<Evidence> {
    let mut pieces: BTreeMap<String, Piece> = BTreeMap::new();
    for attribution in attributions {
        let weight = f64::from(pipeline.weights[[attribution.column as usize, output]]);
        let (key, bytes, concept) = place(pipeline, document, places, attribution);
        let piece = pieces.entry(key).or_insert_with(|| Piece {
            bytes,
            concept,
            weight: 0.0,
        });
        piece.weight += f64::from(attribution.value) * weight;
    }
    let mut pieces: Vec<Piece> = pieces
        .into_values()
        .filter(|p| n == usize::MAX || p.weight > 0.0)
        .collect();
    pieces.sort_by(|a, b| {
        b.weight
            .abs()
            .total_cmp(&a.weight.abs())
            .then(a.bytes.start.cmp(&b.bytes.start))
    });
    pieces.truncate(n);
    let label = pipeline.label(output).to_owned();
    let text = |bytes: &Range<usize>| {
        document
            .text
            .get(bytes.clone())
            .unwrap_or("")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    pieces
        .into_iter()
        .map(|p| Evidence {
            label: label.clone(),
            text: text(&p.bytes),
            concept: p.concept,
            weight: p.weight,
        })
        .collect()
}

/// Where a contribution is shown: under the concept that covers it, else under its own words.
fn place(
    pipeline: &Pipeline,
    document: &Document<'_>,
    places: &[(Range<usize>, u32)],
    attribution: &Attribution,
) -> (String, Range<usize>, Option<String>) {
    let covers =
        |r: &Range<usize>| r.start <= attribution.bytes.start && attribution.bytes.end <= r.end;
    // Places ascend: only the last one that starts at or before the contribution can cover it.
    let after = places.partition_point(|(r, _)| r.start <= attribution.bytes.start);
    if let Some((bytes, column)) = after
        .checked_sub(1)
        .map(|i| &places[i])
        .filter(|(r, _)| covers(r))
    {
        let concept = pipeline.tfidf.vocabulary().term(*column).to_owned();
        return (format!("concept {concept}"), bytes.clone(), Some(concept));
    }
    let words = document
        .text
        .get(attribution.bytes.clone())
        .unwrap_or("")
        .to_lowercase();
    (format!("words {words}"), attribution.bytes.clone(), None)
}
