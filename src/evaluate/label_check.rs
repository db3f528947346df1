//! Labels worth a second look, as findings with lines: likely errors, and labels that the source gives away.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::article::{Corpus, Finding, GoldTask, spelled};

use super::compare::holm;
use super::label_quality::{LabelIssue, label_issues};
use super::outcome::TaskOutcomes;
use super::random::SplitMix64;
use super::ranking::Ranked;

/// Gold that out-of-fold scores contradict, the surest first. `outcomes` have the rows of `corpus`.
#[must_use]
pub fn likely_errors(corpus: &Corpus, outcomes: &[TaskOutcomes]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for task in outcomes {
        let issues = label_issues(task);
        let fixed = fixed_rows(task, &issues);
        for issue in &issues {
            let gold = task.gold[issue.row].iter().copied();
            findings.push(Finding {
                label: named(issue).to_owned(),
                given: spelled(&task.task.labels, gold),
                suggested: spelled(&task.task.labels, fixed[&issue.row].iter().copied()),
                score: Some(issue.given_score),
                ..Finding::of_row(corpus, issue.row, &task.task.name, doubt(issue))
            });
        }
    }
    let sure = |one: &Finding| one.score.unwrap_or(1.0);
    findings.sort_by(|a, b| {
        sure(a)
            .total_cmp(&sure(b))
            .then(a.problem.line.cmp(&b.problem.line))
    });
    findings
}

/// The label an issue is about: the one given, or the one that is missing.
fn named(issue: &LabelIssue) -> &str {
    issue
        .given
        .as_deref()
        .or(issue.likely.as_deref())
        .unwrap_or("")
}

fn doubt(issue: &LabelIssue) -> String {
    let models = "models that have not seen the article";
    match (&issue.given, &issue.likely) {
        (Some(given), Some(likely)) => format!(
            "labelled {given}, but {models} say {likely} ({:.2}; {given} {:.2})",
            issue.likely_score, issue.given_score
        ),
        (Some(given), None) => {
            format!(
                "labelled {given}, but {models} give it {:.2}",
                issue.given_score
            )
        }
        (None, Some(likely)) => {
            format!(
                "not labelled {likely}, but {models} give it {:.2}",
                issue.likely_score
            )
        }
        (None, None) => String::new(),
    }
}

/// Gold of every row with an issue once all its issues are followed.
fn fixed_rows(task: &TaskOutcomes, issues: &[LabelIssue]) -> BTreeMap<usize, Vec<Option<bool>>> {
    let mut fixed: BTreeMap<usize, Vec<Option<bool>>> = BTreeMap::new();
    for issue in issues {
        let row = fixed
            .entry(issue.row)
            .or_insert_with(|| task.gold[issue.row].clone());
        for (label, cell) in task.task.labels.iter().zip(row.iter_mut()) {
            if Some(label) == issue.given.as_ref() {
                *cell = Some(false);
            }
            if Some(label) == issue.likely.as_ref() {
                *cell = Some(true);
            }
        }
    }
    fixed
}

/// Area under the ROC curve from which the source says more of a label than it should.
const TELLING: f64 = 0.7;
/// Positives and negatives below which nothing can be said.
const FEWEST: usize = 10;
/// Shuffles of the test, and how many as high as the true value end it early (Besag and Clifford 1991).
const SHUFFLES: u64 = 999;
const ENOUGH: u64 = 20;
/// Articles a source is believed to have had before its first one, all of the average kind.
const PRIOR: f64 = 1.0;
/// Sources named in a message.
const NAMED: usize = 2;

/// Labels that the source alone gives away, tested over the labels of all tasks together.
///
/// The score of an article is the share of the label among the other articles of its source, drawn towards the share
/// in the whole file; copies of one text (`groups`) count once. The p is of a permutation test, Holm-corrected.
#[must_use]
pub fn told_by_source(corpus: &Corpus, groups: &[u32]) -> Vec<Finding> {
    let labels = corpus
        .tasks
        .iter()
        .flat_map(|task| (0..task.task.labels.len()).map(move |k| (task, k)));
    let labels: Vec<(&GoldTask, usize)> = labels.collect();
    let test = |(task, k)| {
        let by_source = BySource::of(corpus, groups, task, k)?;
        let (auc, p) = by_source.test()?;
        Some((task, k, by_source, auc, p))
    };
    let tested: Vec<_> = labels.into_par_iter().filter_map(test).collect();
    let corrected = holm(&tested.iter().map(|one| Some(one.4)).collect::<Vec<_>>());
    let mut findings = Vec::new();
    for ((task, k, by_source, auc, _), p) in tested.iter().zip(corrected.into_iter().flatten()) {
        if *auc < TELLING || p >= 0.05 {
            continue;
        }
        let (label, examples) = (&task.task.labels[*k], by_source.examples(corpus));
        let message = format!(
            "label \"{label}\" can be told from the source alone (ROC AUC {auc:.2}, chance is 0.50, p {p:.3}): {examples}; \
             label articles of more sources, and judge with `evaluate --cross-validate 5 --group source`"
        );
        findings.push(Finding {
            score: Some(*auc),
            ..Finding::of_label(corpus, task, *k, message)
        });
    }
    findings
}

/// One label's articles by source; sources with one article say nothing and are left out.
struct BySource {
    /// Source of each article.
    source: Vec<usize>,
    gold: Vec<bool>,
    /// A row of the corpus of each source, for its name.
    example: Vec<usize>,
}

impl BySource {
    /// `None` where there are too few articles on either side, or fewer than two sources.
    fn of(corpus: &Corpus, groups: &[u32], task: &GoldTask, k: usize) -> Option<Self> {
        let mut by_name: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        for (row, gold) in task.gold.column(k).iter().enumerate() {
            if let (Some(gold), Some(name)) = (gold, corpus.articles[row].meta.source.as_deref())
                && seen.insert(groups[row])
            {
                by_name.entry(name).or_default().push((row, *gold));
            }
        }
        by_name.retain(|_, rows| rows.len() > 1);
        let numbered = by_name.values().enumerate();
        let cells = numbered.flat_map(|(at, rows)| rows.iter().map(move |(_, gold)| (at, *gold)));
        let (source, gold): (Vec<usize>, Vec<bool>) = cells.unzip();
        let positives = gold.iter().filter(|gold| **gold).count();
        let enough = positives >= FEWEST && gold.len() - positives >= FEWEST && by_name.len() > 1;
        let example = by_name
            .values()
            .filter_map(|rows| rows.first().map(|(row, _)| *row));
        enough.then(|| Self {
            source,
            gold,
            example: example.collect(),
        })
    }

    /// Value and p.
    fn test(&self) -> Option<(f64, f64)> {
        let value = self.auc(&self.gold)?;
        let (mut reached, mut drawn) = (0, 0);
        while drawn < SHUFFLES && reached < ENOUGH {
            let mut gold = self.gold.clone();
            SplitMix64::stream(1, drawn).shuffle(&mut gold);
            reached += u64::from(self.auc(&gold) >= Some(value));
            drawn += 1;
        }
        Some((value, (1 + reached) as f64 / (1 + drawn) as f64))
    }

    fn auc(&self, gold: &[bool]) -> Option<f64> {
        let counts = self.counts(gold);
        let share = gold.iter().filter(|gold| **gold).count() as f64 / gold.len() as f64;
        let score = |(source, gold): (&usize, &bool)| {
            let (articles, positives) = counts[*source];
            let others = positives - f64::from(u8::from(*gold)) + PRIOR * share;
            (others / (articles - 1.0 + PRIOR), *gold)
        };
        Ranked::new(self.source.iter().zip(gold).map(score)).roc_auc()
    }

    /// Articles and positives of each source.
    fn counts(&self, gold: &[bool]) -> Vec<(f64, f64)> {
        let mut counts = vec![(0.0, 0.0); self.example.len()];
        for (source, gold) in self.source.iter().zip(gold) {
            counts[*source].0 += 1.0;
            counts[*source].1 += f64::from(u8::from(*gold));
        }
        counts
    }

    /// The sources furthest from the average: `irna 14 of 15, mehr 0 of 20`.
    fn examples(&self, corpus: &Corpus) -> String {
        let counts = self.counts(&self.gold);
        let share = self.gold.iter().filter(|gold| **gold).count() as f64 / self.gold.len() as f64;
        let off = |at: &usize| (counts[*at].1 - share * counts[*at].0).abs();
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by(|a, b| off(b).total_cmp(&off(a)).then(a.cmp(b)));
        let say = |at: &usize| {
            let name = corpus.articles[self.example[*at]]
                .meta
                .source
                .as_deref()
                .unwrap_or("");
            format!("{name} {} of {}", counts[*at].1, counts[*at].0)
        };
        order
            .iter()
            .take(NAMED)
            .map(say)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::article::{Article, Task, TaskKind};

    /// 80 articles of four sources; `gold` says whether an article carries the label.
    fn corpus(gold: impl Fn(usize) -> bool) -> Corpus {
        let article = |row: usize| {
            let mut article = Article {
                id: row.to_string(),
                ..Article::default()
            };
            article.meta.source = Some(format!("outlet{}", row % 4));
            article
        };
        Corpus {
            source: "labels.csv".into(),
            articles: (0..80).map(article).collect(),
            lines: (2..82).collect(),
            tasks: vec![GoldTask {
                task: Task {
                    name: "topics".into(),
                    kind: TaskKind::Multi,
                    labels: vec!["energy".into()],
                },
                gold: Array2::from_shape_fn((80, 1), |(row, _)| Some(gold(row))),
            }],
            descriptions: Vec::new(),
            digest: String::new(),
        }
    }

    #[test]
    fn a_label_of_two_outlets_is_told_by_them_and_one_of_all_is_not() {
        let groups: Vec<u32> = (0..80).collect();
        let found = told_by_source(&corpus(|row| row % 4 < 2 && row % 10 != 0), &groups);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].problem.message.contains("outlet1 20 of 20"),
            "{}",
            found[0].problem.message
        );
        assert!(!found[0].wrong && found[0].problem.line == 3 && found[0].score.unwrap() > 0.9);
        assert!(told_by_source(&corpus(|row| row / 4 % 2 == 0), &groups).is_empty());
    }

    #[test]
    fn copies_count_once() {
        let groups: Vec<u32> = (0..80).map(|row| row % 4).collect();
        assert!(told_by_source(&corpus(|row| row % 4 < 2), &groups).is_empty());
    }
}
