//! Which words carried a label: feature contributions laid back onto the words of the article, as spelled.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::evaluate::{Evidence, Sentence};
use crate::features::{Block, Document, Occurrences};

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
struct Group<'t> {
    /// First place it stands at, for the spelling.
    bytes: Range<usize>,
    /// Column of the concept.
    concept: Option<u32>,
    /// The words in lower case; empty for a concept.
    words: Cow<'t, str>,
}

/// Contributions of a group to one label.
#[derive(Debug)]
struct Gathered<'t> {
    group: &'t Group<'t>,
    weight: f64,
}

impl Gathered<'_> {
    /// Largest size first; of equals the first place.
    fn larger_first(&self, other: &Self) -> Ordering {
        let larger = other.weight.abs().total_cmp(&self.weight.abs());
        let first = larger.then(self.group.bytes.start.cmp(&other.group.bytes.start));
        first
            .then_with(|| self.group.concept.cmp(&other.group.concept))
            .then_with(|| self.group.words.cmp(&other.group.words))
    }
}

/// Every occurrence of every feature of one document, ready to be weighed for any label.
pub(super) struct Trace<'a> {
    pipeline: &'a Pipeline,
    document: &'a Document<'a>,
    seen: &'a Occurrences,
    /// What one occurrence of each counted feature has of its value in the row, in double precision, so that the shares of a
    /// frequent word lose nothing.
    shares: Vec<f64>,
    /// Group of each place of features.
    group_of: Vec<u32>,
    groups: Vec<Group<'a>>,
}

impl<'a> Trace<'a> {
    /// `seen` holds the document's features, `row` what they weigh.
    pub(super) fn new(
        pipeline: &'a Pipeline,
        document: &'a Document<'a>,
        seen: &'a Occurrences,
        row: &[(u32, f32)],
    ) -> Self {
        let mut trace = Self {
            pipeline,
            document,
            seen,
            shares: shares(&seen.known.counts, row),
            group_of: Vec::new(),
            groups: Vec::new(),
        };
        trace.lay_groups();
        trace
    }

    fn lay_groups(&mut self) {
        let mut grouping = Grouping::new(self.document, self.concepts());
        grouping.of_token.resize(self.seen.tokens.len(), None);
        grouping.of_words.reserve(self.seen.tokens.len());
        let places = self.seen.known.places();
        self.group_of = places
            .map(|(tokens, _)| grouping.group(&tokens, || self.bytes(&tokens)))
            .collect();
        self.groups = grouping.groups;
    }

    /// Bytes covered by a concept, with its column; ascending.
    fn concepts(&self) -> Vec<(Range<usize>, u32)> {
        let columns = self.pipeline.tfidf.vocabulary().columns(Block::Concepts);
        let counts = &self.seen.known.counts;
        let first = counts.partition_point(|(column, _)| *column < columns.start) as u32;
        let last = counts.partition_point(|(column, _)| *column < columns.end) as u32;
        let mut concepts = Vec::new();
        for (tokens, terms) in self.seen.known.places() {
            let own = terms.iter().filter(|term| (first..last).contains(term));
            concepts.extend(own.map(|term| (self.bytes(&tokens), counts[*term as usize].0)));
        }
        concepts
    }

    fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        let all = &self.seen.tokens;
        all.bytes(tokens.start).start..all.bytes(tokens.end - 1).end
    }

    /// The sentences of the document, for [`Trace::sentence`].
    pub(super) fn sentences(&self) -> Vec<Range<usize>> {
        self.pipeline.tfidf.sentences(self.document)
    }

    /// Every piece of the article, largest size first: they add up to the raw score of `output` less its bias.
    pub(super) fn pieces(&self, output: usize) -> Vec<Piece> {
        let mut pieces = self.gathered(output);
        pieces.sort_unstable_by(Gathered::larger_first);
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
        let mut pieces = self.gathered(output);
        pieces.retain(|piece| piece.weight > 0.0);
        if pieces.len() > n {
            pieces.select_nth_unstable_by(n, Gathered::larger_first);
            pieces.truncate(n);
        }
        pieces.sort_unstable_by(Gathered::larger_first);
        let (task, label) = self.pipeline.names(output);
        let evidence = |piece: &Gathered<'_>| Evidence {
            task: task.map(str::to_owned),
            label: label.to_owned(),
            text: self.spelled(&piece.group.bytes),
            concept: self.concept(piece),
            weight: piece.weight,
        };
        pieces.iter().map(evidence).collect()
    }

    /// The sentence with the largest sum for `output`, the first of equals; none where no sum is above zero.
    pub(super) fn sentence(
        &self,
        sentences: &[Range<usize>],
        output: usize,
    ) -> Option<SentenceSum> {
        let mut sums = vec![0.0; sentences.len()];
        for (bytes, weights) in self.contributions(&self.of_output(output)) {
            let at = sentences.partition_point(|s| s.start <= bytes.start);
            if let Some(sum) = at.checked_sub(1).and_then(|at| sums.get_mut(at)) {
                weights.for_each(|weight| *sum += weight);
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
        for (bytes, weights) in self.contributions(&self.of_output(output)) {
            let words = words_in(self.document.text, &bytes);
            for weight in weights {
                let weight = weight / words.len() as f64;
                let own = words.iter().cloned();
                shares.extend(own.map(|bytes| Mark { bytes, weight }));
            }
        }
        without_overlap(&shares)
    }

    /// What one occurrence of each counted feature adds to the raw score of `output`.
    fn of_output(&self, output: usize) -> Vec<f64> {
        let weights = self.pipeline.weights.column(output);
        let pairs = self.seen.known.counts.iter().zip(&self.shares);
        pairs
            .map(|((column, _), share)| share * f64::from(weights.get(*column)))
            .collect()
    }

    /// Every place of features with what each of them adds; `added` is that of [`Trace::of_output`].
    fn contributions<'s>(
        &'s self,
        added: &'s [f64],
    ) -> impl Iterator<Item = (Range<usize>, impl Iterator<Item = f64> + 's)> + 's {
        self.seen.known.places().map(|(tokens, terms)| {
            let weights = terms.iter().map(|term| added[*term as usize]);
            (self.bytes(&tokens), weights)
        })
    }

    /// The groups with what they add to the raw score of `output`.
    fn gathered(&self, output: usize) -> Vec<Gathered<'_>> {
        let added = self.of_output(output);
        let mut sums = vec![0.0; self.groups.len()];
        for ((_, terms), group) in self.seen.known.places().zip(&self.group_of) {
            let sum = &mut sums[*group as usize];
            terms.iter().for_each(|term| *sum += added[*term as usize]);
        }
        let pieces = self.groups.iter().zip(sums);
        pieces
            .map(|(group, weight)| Gathered { group, weight })
            .collect()
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

/// What one occurrence of each of `counts` has of its value in `row`: a column of no weight is not in the row.
fn shares(counts: &[(u32, u32)], row: &[(u32, f32)]) -> Vec<f64> {
    let mut values = row.iter().peekable();
    let share = |&(column, count): &(u32, u32)| {
        let value = values
            .next_if(|(c, _)| *c == column)
            .map_or(0.0, |(_, v)| *v);
        f64::from(value) / f64::from(count)
    };
    counts.iter().map(share).collect()
}

/// Finds the group of a place: that of the concept that covers it, else that of its own words. Many features stand in
/// one place, so each place is looked at once.
struct Grouping<'c> {
    text: &'c str,
    /// Bytes covered by a concept, with its column; ascending.
    concepts: Vec<(Range<usize>, u32)>,
    groups: Vec<Group<'c>>,
    of_token: Vec<Option<u32>>,
    of_concept: FxHashMap<u32, u32>,
    of_words: FxHashMap<Cow<'c, str>, u32>,
}

impl<'c> Grouping<'c> {
    fn new(document: &'c Document<'_>, concepts: Vec<(Range<usize>, u32)>) -> Self {
        Self {
            text: document.text,
            concepts,
            groups: Vec::new(),
            of_token: Vec::new(),
            of_concept: FxHashMap::default(),
            of_words: FxHashMap::default(),
        }
    }

    /// Group of a place, by its tokens and its bytes.
    fn group(&mut self, tokens: &Range<usize>, bytes: impl Fn() -> Range<usize>) -> u32 {
        if tokens.len() != 1 {
            return self.look(bytes());
        }
        if let Some(group) = self.of_token[tokens.start] {
            return group;
        }
        let group = self.look(bytes());
        self.of_token[tokens.start] = Some(group);
        group
    }

    fn look(&mut self, own: Range<usize>) -> u32 {
        // Places ascend: only the last one that starts at or before the feature can cover it.
        let after = self.concepts.partition_point(|(r, _)| r.start <= own.start);
        let before = after.checked_sub(1).map(|i| self.concepts[i].clone());
        match before {
            Some((bytes, column)) if own.end <= bytes.end => self.of_concept(column, bytes),
            _ => self.of_words(own),
        }
    }

    fn of_concept(&mut self, column: u32, bytes: Range<usize>) -> u32 {
        let next = self.groups.len() as u32;
        let group = *self.of_concept.entry(column).or_insert(next);
        if group == next {
            self.groups.push(Group {
                bytes,
                concept: Some(column),
                words: Cow::default(),
            });
        }
        group
    }

    fn of_words(&mut self, bytes: Range<usize>) -> u32 {
        let words = lower_words(self.text.get(bytes.clone()).unwrap_or(""));
        let next = self.groups.len() as u32;
        let group = *self.of_words.entry(words.clone()).or_insert(next);
        if group == next {
            self.groups.push(Group {
                bytes,
                concept: None,
                words,
            });
        }
        group
    }
}

/// The words in lower case with one space between.
fn lower_words(text: &str) -> Cow<'_, str> {
    if is_lower(text) {
        return Cow::Borrowed(text);
    }
    let words = text.to_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    Cow::Owned(words.join(" "))
}

/// True where nothing has to be changed for that: most words, and all in the Arabic script.
fn is_lower(text: &str) -> bool {
    let mut before = ' ';
    let stays = |c| {
        let stays = match c {
            ' ' => before != ' ',
            '!'..='@' | '['..='~' | 'а'..='џ' | '\u{600}'..='\u{6FF}' => true,
            c => !c.is_whitespace() && c.to_lowercase().eq([c]),
        };
        before = c;
        stays
    };
    text.chars().all(stays) && before != ' '
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
