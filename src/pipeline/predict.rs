//! One article to an answer.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::article::{Article, Corpus, GoldTask, TaskKind};
use crate::classify::{decide, unsure};
use crate::evaluate::{Evidence, ReportInput, Sentence, TaskOutcomes};
use crate::features::{Document, Occurrences};
use crate::text::Lang;

use super::evidence::{Mark, Piece, SentenceSum, Trace};
use super::outcomes::{add_candidate, article_outcome, task_outcomes};
use super::{Head, Pipeline, facts, facts_seen, near_duplicate_groups, prepare};

/// An article with fewer words than this is answered, but flagged.
const SHORT: usize = 20;
/// Pieces of evidence shown for each label.
pub(super) const PIECES: usize = 4;

/// One label's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelScore {
    /// Label.
    pub label: String,
    /// Calibrated probability.
    pub probability: f64,
    /// True where the label is given.
    pub given: bool,
}

/// One task's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPrediction {
    /// Task.
    pub task: String,
    /// Any subset or exactly one.
    pub kind: TaskKind,
    /// Every label in column order.
    pub labels: Vec<LabelScore>,
}

/// One article's answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Id of the article.
    pub id: String,
    /// Where it was read from.
    pub path: String,
    /// First line.
    pub title: String,
    /// Language used.
    pub lang: Lang,
    /// Publication date read from the text, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Agency the text names as its source.
    pub agency: Option<String>,
    /// Place of the dateline.
    pub place: Option<String>,
    /// Answers, one a task.
    pub tasks: Vec<TaskPrediction>,
    /// What carried the given labels, strongest first within a label.
    pub evidence: Vec<Evidence>,
    /// Warnings, first about the input: `short`, `other_language`, `untrained_language`,
    /// `mixed_language`, `boilerplate 36%`; then what is unsure in the answers:
    /// `unsure topics/energy`, `unsure stance`; and which probabilities no labelled article stands behind:
    /// `uncalibrated topics`, `uncalibrated topics/energy`.
    pub flags: Vec<String>,
    /// Words that count.
    pub words: u32,
    /// Those that training does not know.
    pub unknown_words: u32,
    /// First 16 hex digits of BLAKE3 over the text keys of what is left after cleaning: equal for exact duplicates.
    pub text_key: String,
    /// How the score of every given label came about, where it was asked for ([`Pipeline::why`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Explanation>,
}

/// A term and its signed contribution to a label's raw score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Feature block.
    pub block: String,
    /// The term.
    pub term: String,
    /// Signed contribution.
    pub contribution: f64,
}

/// How one label's raw score came about. `bias` and all `terms` add up to `score`; so do `bias` and all `evidence`, and
/// `bias` and all `marks`, but for the rounding of the last digits of a double.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Task.
    pub task: String,
    /// Label.
    pub label: String,
    /// Raw score.
    pub score: f64,
    /// Constant part of it.
    pub bias: f64,
    /// Calibrated probability.
    pub probability: f64,
    /// Cut on the probability, for a label of a set.
    pub cut: Option<f64>,
    /// True where the label is given.
    pub given: bool,
    /// Contributions of every term of the article, largest size first; left out of predictions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
    /// The same grouped by the words and concepts of the article, as spelled, largest size first.
    pub evidence: Vec<Piece>,
    /// The sentence with the largest sum, where one speaks for the label.
    pub sentence: Option<SentenceSum>,
    /// The same by place in the text; not written to files.
    #[serde(skip)]
    pub marks: Vec<Mark>,
}

impl Pipeline {
    /// Answers one article.
    #[must_use]
    pub fn predict(&self, article: &Article) -> Prediction {
        let document = prepare(&self.cleaner, article);
        let length = article.text.len();
        let answer = |seen: &mut Occurrences| self.answer(article, &document, seen);
        self.buffers.with(length, answer)
    }

    fn answer(
        &self,
        article: &Article,
        document: &Document<'_>,
        seen: &mut Occurrences,
    ) -> Prediction {
        let answering = self.answering(document.lang);
        let row = answering.tfidf.row(document, seen);
        let own = std::ptr::eq(answering, self);
        let wording = self.tfidf.wording(seen, f32::INFINITY, own);
        let scores = answering.scores(&row);
        let tasks: Vec<TaskPrediction> = (0..answering.heads.len())
            .map(|h| task_prediction(&answering.heads[h], &scores[answering.outputs(h)]))
            .collect();
        let given = answering.given_outputs(&tasks);
        let evidence = match given.is_empty() {
            true => Vec::new(),
            false => Trace::new(answering, document, seen, &row).evidence(&given),
        };
        let mut flags = flags(article, document);
        if self.untrained(document.lang) {
            flags.push("untrained_language".to_owned());
        }
        let pairs = answering.heads.iter().zip(&tasks);
        for (head, task) in pairs {
            flags.extend(doubts(head, task));
            flags.extend(uncalibrated(head, task));
        }
        let facts = facts_seen(document, self.tfidf.analyzer(), seen);
        Prediction {
            id: article.id.clone(),
            path: article.path.display().to_string(),
            title: article.title().to_owned(),
            lang: document.lang,
            date: facts.date.map(|d| d.to_string()),
            agency: facts.agency,
            place: facts.place,
            evidence,
            tasks,
            flags,
            words: wording.words,
            unknown_words: wording.unknown,
            text_key: wording.key,
            why: Vec::new(),
        }
    }

    /// Raw scores of a row, in output order.
    pub(crate) fn scores(&self, row: &[(u32, f32)]) -> Vec<f64> {
        let mut scores: Vec<f64> = self.bias.iter().map(|&b| f64::from(b)).collect();
        self.weights.add_row(row, &mut scores);
        scores
    }

    fn given_outputs(&self, tasks: &[TaskPrediction]) -> Vec<usize> {
        let labels = tasks.iter().flat_map(|t| &t.labels).enumerate();
        labels
            .filter(|(_, l)| l.given)
            .map(|(output, _)| output)
            .collect()
    }

    /// Name of the label of an output, and of its task where another task has a label of that name.
    pub(crate) fn names(&self, output: usize) -> (Option<&str>, &str) {
        let names = || {
            let heads = self.heads.iter().map(|head| &head.task);
            heads.flat_map(|task| task.labels.iter().map(|label| (&task.name, label)))
        };
        let Some((task, label)) = names().nth(output) else {
            return (None, "");
        };
        let twice = names().filter(|other| other.1 == label).count() > 1;
        (twice.then_some(task), label)
    }

    /// What carried the labels of `outputs`, and where `with_sentences` says so the sentence that carried each.
    pub(super) fn carried(
        &self,
        document: &Document<'_>,
        outputs: &[usize],
        with_sentences: bool,
    ) -> (Vec<Evidence>, Vec<Sentence>) {
        if outputs.is_empty() {
            return Default::default();
        }
        let mut seen = Occurrences::default();
        let row = self.tfidf.row(document, &mut seen);
        let trace = Trace::new(self, document, &seen, &row);
        let mut sentences = Vec::new();
        if with_sentences {
            let all = trace.sentences();
            sentences.extend(outputs.iter().filter_map(|&k| trace.carrying(&all, k)));
        }
        (trace.evidence(outputs), sentences)
    }

    /// How every label's score of an article came about.
    #[must_use]
    pub fn explain(&self, article: &Article) -> Vec<Explanation> {
        let document = prepare(&self.cleaner, article);
        self.answering(document.lang).explained(&document)
    }

    fn explained(&self, document: &Document<'_>) -> Vec<Explanation> {
        let mut seen = Occurrences::default();
        let row = self.tfidf.row(document, &mut seen);
        let scores = self.scores(&row);
        let trace = Trace::new(self, document, &seen, &row);
        let sentences = trace.sentences();
        let mut explanations = Vec::new();
        for (h, head) in self.heads.iter().enumerate() {
            let outputs = self.outputs(h);
            let answer = task_prediction(head, &scores[outputs.clone()]);
            for (k, (output, label)) in outputs.zip(answer.labels).enumerate() {
                explanations.push(Explanation {
                    task: head.task.name.clone(),
                    label: label.label,
                    score: scores[output],
                    bias: f64::from(self.bias[output]),
                    probability: label.probability,
                    cut: head.cuts.get(k).map(|c| c.probability),
                    given: label.given,
                    terms: self.terms(&row, output),
                    evidence: trace.pieces(output),
                    sentence: trace.sentence(&sentences, output),
                    marks: trace.marks(output),
                });
            }
        }
        explanations
    }

    /// The explanations of the given labels alone, without their terms: what stands in [`Prediction::why`].
    #[must_use]
    pub fn why(&self, article: &Article) -> Vec<Explanation> {
        let mut given = self.explain(article);
        given.retain(|one| one.given);
        for one in &mut given {
            one.terms.clear();
            one.marks.clear();
        }
        given
    }

    /// Byte ranges of the article's own words: what boilerplate cutting leaves.
    #[must_use]
    pub fn kept(&self, article: &Article) -> Vec<Range<usize>> {
        self.cleaner.clean(&article.text).kept
    }

    /// A concept in English, as the glossary has it, without the remark in brackets behind it.
    pub(crate) fn gloss(&self, concept: &str) -> Option<&str> {
        let gloss = self.tfidf.matcher().gloss(concept)?;
        let gloss = gloss.split(" (").next().unwrap_or_default().trim();
        (!gloss.is_empty()).then_some(gloss)
    }

    fn terms(&self, row: &[(u32, f32)], output: usize) -> Vec<Term> {
        let vocabulary = self.tfidf.vocabulary();
        let term = |&(column, value): &(u32, f32)| Term {
            block: vocabulary.block(column).name().to_owned(),
            term: vocabulary.term(column).to_owned(),
            contribution: f64::from(value) * f64::from(self.weights.get(column, output)),
        };
        let mut terms: Vec<Term> = row.iter().map(term).collect();
        terms.sort_by(|a, b| {
            b.contribution
                .abs()
                .total_cmp(&a.contribution.abs())
                .then_with(|| a.term.cmp(&b.term))
        });
        terms
    }

    /// Answers every article of a labelled corpus and lays gold beside it. Tasks the corpus lacks are left out.
    #[must_use]
    pub fn evaluate(
        &self,
        corpus: &Corpus,
        gold: &[GoldTask],
        title: String,
        model: String,
    ) -> ReportInput {
        let groups = near_duplicate_groups(&corpus.articles);
        let prepared = |article| prepare(&self.cleaner, article);
        let documents: Vec<Document<'_>> = corpus.articles.par_iter().map(prepared).collect();
        let predictions: Vec<Prediction> = corpus
            .articles
            .par_iter()
            .map(|a| self.predict(a))
            .collect();
        let rows = corpus.articles.iter().zip(&documents).zip(&groups);
        let articles = rows.map(|((article, document), group)| {
            let facts = facts(document, self.tfidf.analyzer());
            article_outcome(article, document, &facts, *group)
        });
        let tasks = gold.iter().filter_map(|task| {
            let h = self.heads.iter().position(|head| head.task == task.task)?;
            let shape = (predictions.len(), task.task.labels.len());
            let probability =
                |(i, k): (usize, usize)| predictions[i].tasks[h].labels[k].probability;
            let given = |(i, k): (usize, usize)| predictions[i].tasks[h].labels[k].given;
            Some(task_outcomes(
                task,
                &self.heads[h].cuts,
                &Array2::from_shape_fn(shape, probability),
                &Array2::from_shape_fn(shape, given),
            ))
        });
        let mut input = ReportInput {
            title,
            method: "held_out".to_owned(),
            articles: articles.collect(),
            tasks: tasks.collect(),
            settings: self.settings(),
            model,
        };
        self.lay_evidence(&documents, &mut input);
        input
    }

    /// Lays beside every article what speaks for the labels it was given and for those it should have been given.
    ///
    /// `documents` are the articles of `input`, in its order.
    pub(super) fn lay_evidence(&self, documents: &[Document<'_>], input: &mut ReportInput) {
        let tasks = &input.tasks;
        let articles = input.articles.par_iter_mut().zip(documents).enumerate();
        articles.for_each(|(row, (article, document))| {
            let outputs = self.outputs_in_question(tasks, row);
            let answering = self.answering(document.lang);
            (article.evidence, article.sentences) = answering.carried(document, &outputs, true);
        });
    }

    /// Outputs that are decided or gold in a row of `tasks`.
    fn outputs_in_question(&self, tasks: &[TaskOutcomes], row: usize) -> Vec<usize> {
        let head = |task: &TaskOutcomes| self.heads.iter().position(|h| h.task == task.task);
        let of_task = |task: &TaskOutcomes| {
            let outputs = head(task).map_or(0..0, |h| self.outputs(h));
            let asked = task.decided[row].iter().zip(&task.gold[row]);
            let asked = asked.map(|(decided, gold)| *decided || *gold == Some(true));
            let both = outputs.zip(asked).filter(|(_, asked)| *asked);
            both.map(|(output, _)| output).collect::<Vec<_>>()
        };
        tasks.iter().flat_map(of_task).collect()
    }

    fn settings(&self) -> std::collections::BTreeMap<String, String> {
        let mut settings = std::collections::BTreeMap::from([
            (
                "glossary".to_owned(),
                self.glossary().digest()[..16].to_owned(),
            ),
            ("toolkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            (
                "training data".to_owned(),
                self.data_digest.chars().take(16).collect(),
            ),
            ("training articles".to_owned(), self.n_articles.to_string()),
        ]);
        for head in &self.heads {
            add_candidate(&mut settings, &head.task.name, &head.candidate);
        }
        settings
    }
}

fn task_prediction(head: &Head, scores: &[f64]) -> TaskPrediction {
    let probabilities = head.calibration.probabilities(scores);
    let given = decide(&probabilities, &head.cuts, head.task.kind);
    let labels = head.task.labels.iter().zip(probabilities).zip(given);
    let score = |((label, probability), given): ((&String, f64), bool)| LabelScore {
        label: label.clone(),
        probability,
        given,
    };
    TaskPrediction {
        task: head.task.name.clone(),
        kind: head.task.kind,
        labels: labels.map(score).collect(),
    }
}

/// `unsure TASK/LABEL` for every unsure label of a set, `unsure TASK` for the one label of a task.
fn doubts(head: &Head, task: &TaskPrediction) -> Vec<String> {
    let p: Vec<f64> = task.labels.iter().map(|l| l.probability).collect();
    let from = head.certainty.and_then(|c| c.from);
    let labels = unsure(&p, &head.cuts, from).into_iter().zip(&task.labels);
    let name = |label: &LabelScore| match head.task.kind {
        TaskKind::Multi => format!("unsure {}/{}", task.task, label.label),
        TaskKind::Single => format!("unsure {}", task.task),
    };
    let doubtful = labels.filter(|(unsure, _)| *unsure);
    doubtful.map(|(_, label)| name(label)).collect()
}

/// `uncalibrated TASK` where no article was held out to learn probabilities from, `uncalibrated TASK/LABEL` for a label
/// that is given but was carried by no article.
fn uncalibrated(head: &Head, task: &TaskPrediction) -> Vec<String> {
    if head.calibration.is_identity() {
        return vec![format!("uncalibrated {}", task.task)];
    }
    let given = task.labels.iter().zip(&head.support);
    let unseen = given.filter(|(label, support)| label.given && **support == 0);
    let name = |label: &LabelScore| format!("uncalibrated {}/{}", task.task, label.label);
    unseen.map(|(label, _)| name(label)).collect()
}

fn flags(article: &Article, document: &Document<'_>) -> Vec<String> {
    let mut flags = article.flags.clone();
    let kept: usize = document.kept.iter().map(ExactSizeIterator::len).sum();
    let words: usize = document
        .kept
        .iter()
        .filter_map(|r| article.text.get(r.clone()))
        .flat_map(str::split_whitespace)
        .take(SHORT)
        .count();
    if words < SHORT {
        flags.push("short".to_owned());
    }
    if document.lang == Lang::Other {
        flags.push("other_language".to_owned());
    }
    if document.mixed {
        flags.push("mixed_language".to_owned());
    }
    let cut = 100 * (article.text.len() - kept) / article.text.len().max(1);
    if cut > 0 {
        flags.push(format!("boilerplate {cut}%"));
    }
    flags
}
