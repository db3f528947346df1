//! Which words carried a label: feature contributions laid back onto the words of the article, as spelled.

use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::evaluate::{Evidence, Sentence};
use crate::features::{Attribution, Block, Document};

use super::Pipeline;
use super::predict::PIECES;

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

/// The places of one concept, or of the same words.
#[derive(Debug)]
struct Group {
    /// First place it stands at, for the spelling.
    bytes: Range<usize>,
    /// Column of the concept.
    concept: Option<u32>,
    /// The words in lower case; empty for a concept.
    words: String,
}

/// Contributions of a group to one label.
#[derive(Debug)]
struct Gathered<'t> {
    group: &'t Group,
    weight: f64,
}

/// Every occurrence of every feature of one document, ready to be weighed for any label.
pub(super) struct Trace<'a> {
    pipeline: &'a Pipeline,
    document: &'a Document<'a>,
    attributions: Vec<Attribution>,
    /// Group of each attribution.
    group_of: Vec<u32>,
    groups: Vec<Group>,
}

impl<'a> Trace<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, document: &'a Document<'a>) -> Self {
        Self::of(pipeline, document, pipeline.tfidf.attribute(document))
    }

    /// Of a document whose features are laid out already.
    pub(super) fn of(
        pipeline: &'a Pipeline,
        document: &'a Document<'a>,
        attributions: Vec<Attribution>,
    ) -> Self {
        let columns = pipeline.tfidf.vocabulary().columns(Block::Concepts);
        let hits = attributions.iter().filter(|a| columns.contains(&a.column));
        let concepts: Vec<(Range<usize>, u32)> =
            hits.map(|a| (a.bytes.clone(), a.column)).collect();
        let mut grouping = Grouping::new(document, &concepts);
        let group_of = attributions
            .iter()
            .map(|a| grouping.group(&a.bytes))
            .collect();
        Self {
            pipeline,
            document,
            group_of,
            groups: grouping.groups,
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

    /// The pieces that speak most for each of `outputs`.
    pub(super) fn evidence(&self, outputs: &[usize]) -> Vec<Evidence> {
        let strongest = outputs
            .iter()
            .flat_map(|&output| self.strongest(output, PIECES));
        strongest.collect()
    }

    /// The `n` pieces that speak most for `output`.
    fn strongest(&self, output: usize, n: usize) -> Vec<Evidence> {
        let pieces = self.gathered(output);
        let speaking = pieces.iter().filter(|piece| piece.weight > 0.0).take(n);
        let (task, label) = self.pipeline.names(output);
        let evidence = |piece: &Gathered<'_>| Evidence {
            task: task.map(str::to_owned),
            label: label.to_owned(),
            text: self.spelled(&piece.group.bytes),
            concept: self.concept(piece),
            weight: piece.weight,
        };
        speaking.map(evidence).collect()
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
            task: task.map(str::to_owned),
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
        let of_output = self.pipeline.weights.column(output);
        let weight = move |column| f64::from(of_output.get(column));
        self.attributions
            .iter()
            .map(move |a| (a, a.value * weight(a.column)))
    }

    /// The groups with what they add to the raw score of `output`, largest size first.
    fn gathered(&self, output: usize) -> Vec<Gathered<'_>> {
        let mut sums = vec![0.0; self.groups.len()];
        for ((_, weight), group) in self.contributions(output).zip(&self.group_of) {
            sums[*group as usize] += weight;
        }
        let pieces = self.groups.iter().zip(sums);
        let mut pieces: Vec<Gathered<'_>> = pieces
            .map(|(group, weight)| Gathered { group, weight })
            .collect();
        pieces.sort_unstable_by(|a, b| {
            let larger = b.weight.abs().total_cmp(&a.weight.abs());
            let first = larger.then(a.group.bytes.start.cmp(&b.group.bytes.start));
            let concept = || a.group.concept.cmp(&b.group.concept);
            first
                .then_with(concept)
                .then_with(|| a.group.words.cmp(&b.group.words))
        });
        pieces
    }

    fn named(&self, piece: &Gathered<'_>) -> Piece {
        let concept = self.concept(piece);
        let gloss = concept.as_deref().and_then(|id| self.pipeline.gloss(id));
        Piece {
            text: self.spelled(&piece.group.bytes),
            gloss: gloss.map(str::to_owned),
            concept,
            weight: piece.weight,
        }
    }

    /// Name of the concept of a piece.
    fn concept(&self, piece: &Gathered<'_>) -> Option<String> {
        let term = |column| self.pipeline.tfidf.vocabulary().term(column);
        piece.group.concept.map(|column| term(column).to_owned())
    }

    /// The words of a place on one line.
    fn spelled(&self, bytes: &Range<usize>) -> String {
        let text = self.document.text.get(bytes.clone()).unwrap_or("");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Finds the group of a place: that of the concept that covers it, else that of its own words. Many features stand in
/// one place, so each place is looked at once.
struct Grouping<'c> {
    text: &'c str,
    /// Bytes covered by a concept, with its column; ascending.
    concepts: &'c [(Range<usize>, u32)],
    groups: Vec<Group>,
    last: Option<(Range<usize>, u32)>,
    of_place: FxHashMap<(usize, usize), u32>,
    of_concept: FxHashMap<u32, u32>,
    of_words: FxHashMap<String, u32>,
}

impl<'c> Grouping<'c> {
    fn new(document: &Document<'c>, concepts: &'c [(Range<usize>, u32)]) -> Self {
        Self {
            text: document.text,
            concepts,
            groups: Vec::new(),
            last: None,
            of_place: FxHashMap::default(),
            of_concept: FxHashMap::default(),
            of_words: FxHashMap::default(),
        }
    }

    fn group(&mut self, bytes: &Range<usize>) -> u32 {
        if let Some((_, group)) = self.last.as_ref().filter(|(last, _)| last == bytes) {
            return *group;
        }
        let place = (bytes.start, bytes.end);
        let known = self.of_place.get(&place).copied();
        let group = known.unwrap_or_else(|| self.look(bytes));
        self.of_place.insert(place, group);
        self.last = Some((bytes.clone(), group));
        group
    }

    fn look(&mut self, own: &Range<usize>) -> u32 {
        let next = self.groups.len() as u32;
        // Places ascend: only the last one that starts at or before the feature can cover it.
        let after = self.concepts.partition_point(|(r, _)| r.start <= own.start);
        let before = after.checked_sub(1).map(|i| &self.concepts[i]);
        let (group, bytes, concept, words) = match before {
            Some((bytes, column)) if own.end <= bytes.end => {
                let group = *self.of_concept.entry(*column).or_insert(next);
                (group, bytes, Some(*column), String::new())
            }
            _ => {
                let words = lower_words(self.text.get(own.clone()).unwrap_or(""));
                let known = self.of_words.get(&words).copied();
                let group = known.unwrap_or(next);
                if known.is_none() {
                    self.of_words.insert(words.clone(), next);
                }
                (group, own, None, words)
            }
        };
        if group == next {
            let bytes = bytes.clone();
            self.groups.push(Group {
                bytes,
                concept,
                words,
            });
        }
        group
    }
}

/// The words in lower case with one space between.
fn lower_words(text: &str) -> String {
    let mut words = text.to_lowercase();
    let one_line = |c: char| c != ' ' && c.is_whitespace();
    if words.contains(one_line) || words.contains("  ") || words.trim().len() < words.len() {
        words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    words
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
