//! Which words carried a label: feature contributions laid back onto the words of the article, as spelled.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::evaluate::{Evidence, Sentence};
use crate::features::{Attribution, Block, Document};

use super::Pipeline;

/// A word or concept of an article with all it adds to one label's raw score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The words as the article spells them where they stand first.
    pub text: String,
    /// Glossary concept, where one fired: `pipeline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    /// The concept in English, as the glossary of the model has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gloss: Option<String>,
    /// Signed contribution to the label's raw score.
    pub weight: f64,
}

/// A sentence of an article with all its words add to one label's raw score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentenceSum {
    /// The sentence as the article spells it.
    pub text: String,
    /// Sum of the contributions of its words.
    pub weight: f64,
}

/// A stretch of the article's text with its share of one label's raw score; the marks of a label do not overlap and
/// add up to the score less the bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Bytes of the text as read.
    pub bytes: Range<usize>,
    /// Signed share.
    pub weight: f64,
}

/// Contributions of one place in the text or of one concept.
#[derive(Debug)]
struct Gathered {
    /// First place it stands at, for the spelling.
    bytes: Range<usize>,
    /// Column of the concept.
    concept: Option<u32>,
    weight: f64,
}

/// Every occurrence of every feature of one document, ready to be weighed for any label.
pub(super) struct Trace<'a> {
    pipeline: &'a Pipeline,
    document: &'a Document<'a>,
    attributions: Vec<Attribution>,
    /// Bytes covered by a concept, with its column; ascending.
    concepts: Vec<(Range<usize>, u32)>,
}

impl<'a> Trace<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, document: &'a Document<'a>) -> Self {
        let attributions = pipeline.tfidf.attribute(document);
        let columns = pipeline.tfidf.vocabulary().columns(Block::Concepts);
        let hits = attributions.iter().filter(|a| columns.contains(&a.column));
        Self {
            pipeline,
            document,
            concepts: hits.map(|a| (a.bytes.clone(), a.column)).collect(),
            attributions,
        }
    }

    /// The sentences of the document, for [`Trace::sentence`].
    pub(super) fn sentences(&self) -> Vec<Range<usize>> {
        self.pipeline.tfidf.sentences(self.document)
    }

    /// Every piece of the article, largest size first: they add up to the raw score of `output` less its bias.
    pub(super) fn pieces(&self, output: usize) -> Vec<Piece> {
        let pieces = self.gathered(output);
        pieces.iter().map(|piece| self.named(piece)).collect()
    }

    /// The `n` pieces that speak most for `output`.
    pub(super) fn strongest(&self, output: usize, n: usize) -> Vec<Evidence> {
        let pieces = self.gathered(output);
        let speaking = pieces.iter().filter(|piece| piece.weight > 0.0).take(n);
        let (task, label) = self.pipeline.names(output);
        let evidence = |piece: Piece| Evidence {
            task: task.to_owned(),
            label: label.to_owned(),
            text: piece.text,
            concept: piece.concept,
            weight: piece.weight,
        };
        speaking.map(|piece| evidence(self.named(piece))).collect()
    }

    /// The sentence with the largest sum for `output`, the first of equals; none where no sum is above zero.
    pub(super) fn sentence(
        &self,
        sentences: &[Range<usize>],
        output: usize,
    ) -> Option<SentenceSum> {
        let mut sums = vec![0.0; sentences.len()];
        for (attribution, weight) in self.contributions(output) {
            let at = sentences.partition_point(|s| s.start <= attribution.bytes.start);
            if let Some(sum) = at.checked_sub(1).and_then(|at| sums.get_mut(at)) {
                *sum += weight;
            }
        }
        let best = (0..sums.len())
            .rev()
            .max_by(|a, b| sums[*a].total_cmp(&sums[*b]))?;
        (sums[best] > 0.0).then(|| SentenceSum {
            text: self.spelled(&sentences[best]),
            weight: sums[best],
        })
    }

    /// What reports keep of [`Trace::sentence`].
    pub(super) fn carrying(&self, sentences: &[Range<usize>], output: usize) -> Option<Sentence> {
        let (task, label) = self.pipeline.names(output);
        self.sentence(sentences, output).map(|one| Sentence {
            task: task.to_owned(),
            label: label.to_owned(),
            text: one.text,
        })
    }

    /// Where in the text the score of `output` comes from: a contribution is shared out evenly among its words.
    pub(super) fn marks(&self, output: usize) -> Vec<Mark> {
        let mut shares: Vec<Mark> = Vec::new();
        for (attribution, weight) in self.contributions(output) {
            let words = words_in(self.document.text, &attribution.bytes);
            let weight = weight / words.len() as f64;
            shares.extend(words.into_iter().map(|bytes| Mark { bytes, weight }));
        }
        without_overlap(&shares)
    }

    fn contributions(&self, output: usize) -> impl Iterator<Item = (&Attribution, f64)> {
        let weights = self.pipeline.weights.column(output);
        self.attributions
            .iter()
            .map(move |a| (a, a.value * f64::from(weights[a.column as usize])))
    }

    fn gathered(&self, output: usize) -> Vec<Gathered> {
        let mut pieces: BTreeMap<(Option<u32>, String), Gathered> = BTreeMap::new();
        for (attribution, weight) in self.contributions(output) {
            let (concept, bytes) = self.place(attribution);
            let words = || self.spelled(bytes).to_lowercase();
            let key = (concept, concept.map_or_else(words, |_| String::new()));
            let piece = pieces.entry(key).or_insert_with(|| Gathered {
                bytes: bytes.clone(),
                concept,
                weight: 0.0,
            });
            piece.weight += weight;
        }
        let mut pieces: Vec<Gathered> = pieces.into_values().collect();
        pieces.sort_by(|a, b| {
            let larger = b.weight.abs().total_cmp(&a.weight.abs());
            larger.then(a.bytes.start.cmp(&b.bytes.start))
        });
        pieces
    }

    /// Where a contribution is shown: under the concept that covers it, else under its own words.
    fn place<'s>(&'s self, attribution: &'s Attribution) -> (Option<u32>, &'s Range<usize>) {
        let own = &attribution.bytes;
        // Places ascend: only the last one that starts at or before the contribution can cover it.
        let after = self.concepts.partition_point(|(r, _)| r.start <= own.start);
        match after.checked_sub(1).map(|i| &self.concepts[i]) {
            Some((bytes, column)) if own.end <= bytes.end => (Some(*column), bytes),
            _ => (None, own),
        }
    }

    fn named(&self, piece: &Gathered) -> Piece {
        let term = |column| self.pipeline.tfidf.vocabulary().term(column);
        let concept = piece.concept.map(|column| term(column).to_owned());
        let gloss = concept.as_deref().and_then(|id| self.pipeline.gloss(id));
        Piece {
            text: self.spelled(&piece.bytes),
            gloss: gloss.map(str::to_owned),
            concept,
            weight: piece.weight,
        }
    }

    /// The words of a place on one line.
    fn spelled(&self, bytes: &Range<usize>) -> String {
        let text = self.document.text.get(bytes.clone()).unwrap_or("");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Byte ranges of the words in `bytes`, without marks at their ends; `bytes` itself where there is none.
fn words_in(text: &str, bytes: &Range<usize>) -> Vec<Range<usize>> {
    let part = text.get(bytes.clone()).unwrap_or("");
    let trimmed = part.split_whitespace().map(|word| {
        let start = word.as_ptr() as usize - part.as_ptr() as usize;
        let head = word.len()
            - word
                .trim_start_matches(|c: char| !c.is_alphanumeric())
                .len();
        let tail = word.trim_matches(|c: char| !c.is_alphanumeric()).len();
        let start = bytes.start + start + head;
        start..start + tail
    });
    let words: Vec<Range<usize>> = trimmed.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return vec![bytes.clone()];
    }
    words
}

/// Adds up shares that lie on one another: a share that covers several pieces is divided by their lengths.
fn without_overlap(shares: &[Mark]) -> Vec<Mark> {
    let ends = shares.iter().flat_map(|s| [s.bytes.start, s.bytes.end]);
    let mut cuts: Vec<usize> = ends.collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut sums = vec![0.0; cuts.len()];
    let mut covered = vec![false; cuts.len()];
    for share in shares {
        let from = cuts.partition_point(|cut| *cut < share.bytes.start);
        let to = cuts.partition_point(|cut| *cut < share.bytes.end);
        for at in from..to {
            let length = (cuts[at + 1] - cuts[at]) as f64;
            sums[at] += share.weight * length / share.bytes.len() as f64;
            covered[at] = true;
        }
    }
    let pieces = cuts.windows(2).zip(sums).zip(covered);
    pieces
        .filter(|(_, covered)| *covered)
        .map(|((cut, weight), _)| Mark {
            bytes: cut[0]..cut[1],
            weight,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(bytes: Range<usize>, weight: f64) -> Mark {
        Mark { bytes, weight }
    }

    #[test]
    fn shares_that_lie_on_one_another_are_added_and_lose_nothing() {
        let shares = [
            mark(0..4, 1.0),
            mark(0..4, 0.5),
            mark(5..9, 2.0),
            mark(0..9, 0.9),
        ];
        let marks = without_overlap(&shares);
        assert_eq!(marks.len(), 3, "the blank is covered by the last one");
        assert_eq!(marks[0].bytes, 0..4);
        assert!((marks[0].weight - 1.9).abs() < 1e-12, "{marks:?}");
        let sum: f64 = marks.iter().map(|mark| mark.weight).sum();
        assert!((sum - 4.4).abs() < 1e-12, "{sum}");
    }

    #[test]
    fn words_lose_the_marks_at_their_ends_and_keep_those_inside() {
        let text = "«خط لوله»، حمل‌ونقل.";
        let words = words_in(text, &(0..text.len()));
        let words: Vec<&str> = words.into_iter().map(|word| &text[word]).collect();
        assert_eq!(words, ["خط", "لوله", "حمل‌ونقل"]);
        let marks = words_in("a ... b", &(2..5));
        assert_eq!((marks.len(), &marks[0]), (1, &(2..5)));
    }
}
