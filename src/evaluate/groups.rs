//! Resampling groups, and classes of groups that add up to the same.

use std::collections::{BTreeMap, HashMap};

use super::outcome::{ArticleOutcome, TaskOutcomes};

/// Which resampling group each article belongs to, numbered from 0; articles without gold have none.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    pub(crate) of_article: Vec<Option<u32>>,
    pub(crate) count: usize,
}

impl Groups {
    /// Groups of the articles where at least one cell of `task` is known.
    pub(crate) fn of<'a>(
        articles: impl Iterator<Item = &'a ArticleOutcome>,
        task: &TaskOutcomes,
    ) -> Self {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let of_article = articles
            .zip(&task.gold)
            .map(|(article, gold)| {
                let annotated = gold.iter().any(Option::is_some);
                let next = numbers.len() as u32;
                annotated.then(|| *numbers.entry(article.group).or_insert(next))
            })
            .collect();
        Self {
            of_article,
            count: numbers.len(),
        }
    }
}

/// The pattern of gold and decisions of every article, numbered in the order of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Patterns {
    of_article: Vec<u32>,
    count: usize,
}

impl Patterns {
    /// Patterns over all of `tasks`, whose rows run parallel.
    pub(crate) fn of(tasks: &[&TaskOutcomes]) -> Self {
        let articles = tasks.first().map_or(0, |task| task.gold.len());
        // Only looked up; the numbers come from the sorted keys, so its order does not matter.
        let mut known: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut of_article = Vec::with_capacity(articles);
        for row in 0..articles {
            let next = known.len() as u32;
            of_article.push(*known.entry(key(tasks, row)).or_insert(next));
        }
        let ranks = ranks(&known);
        for pattern in &mut of_article {
            *pattern = ranks[*pattern as usize];
        }
        Self {
            of_article,
            count: ranks.len(),
        }
    }
}

impl Patterns {
    /// Patterns of `rows` in ascending order: groups with equal ones add up to the same.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Vec<u32> {
        let mut patterns: Vec<u32> = rows.iter().map(|&row| self.of_article[row]).collect();
        patterns.sort_unstable();
        patterns
    }
}

/// Place of every number when its keys are sorted.
fn ranks(known: &HashMap<Vec<u8>, u32>) -> Vec<u32> {
    let mut sorted: Vec<(&Vec<u8>, u32)> =
        known.iter().map(|(key, number)| (key, *number)).collect();
    sorted.sort_unstable();
    let mut ranks = vec![0; sorted.len()];
    for (rank, (_, number)) in (0u32..).zip(sorted) {
        ranks[number as usize] = rank;
    }
    ranks
}

/// Bytes equal exactly where gold and decisions are; a decision on a cell without gold changes no count.
fn key(tasks: &[&TaskOutcomes], row: usize) -> Vec<u8> {
    let cells = tasks.iter().flat_map(|task| task.row(row));
    cells
        .map(|cell| {
            cell.gold
                .map_or(4, |gold| u8::from(gold) * 2 + u8::from(cell.decided))
        })
        .collect()
}

/// Groups whose gold and decisions are equal, taken together.
///
/// Most articles of a test set are right in the same few ways: 100,000 of them fall into some hundred classes, and a
/// resample needs to know only how often each class was drawn. Classes stand in order of size, largest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Classes {
    /// Rows of one group of each class; it stands for all.
    pub(crate) rows: Vec<Vec<usize>>,
    /// Groups of each class.
    pub(crate) sizes: Vec<u32>,
}

impl Classes {
    /// Classes of the groups that have an article in `rows`.
    pub(crate) fn of(patterns: &Patterns, groups: &Groups, rows: &[usize]) -> Self {
        let mut alone: Vec<(u32, usize)> = vec![(0, 0); patterns.count];
        let mut together: BTreeMap<Vec<u32>, (u32, Vec<usize>)> = BTreeMap::new();
        for members in members(groups, rows).chunk_by(|a, b| a.0 == b.0) {
            if let [(_, row)] = members {
                let class = &mut alone[patterns.of_article[*row] as usize];
                *class = (class.0 + 1, *row);
            } else {
                let (key, rows) = pattern_of_group(patterns, members);
                together.entry(key).or_insert((0, rows)).0 += 1;
            }
        }
        let alone = alone
            .into_iter()
            .filter(|class| class.0 > 0)
            .map(|(size, row)| (size, vec![row]));
        let mut classes: Vec<(u32, Vec<usize>)> = alone.chain(together.into_values()).collect();
        // Stable: classes of one size stay in the order of their patterns, which no order of articles changes.
        classes.sort_by_key(|class| std::cmp::Reverse(class.0));
        let (sizes, rows) = classes.into_iter().unzip();
        Self { rows, sizes }
    }

    /// All groups.
    pub(crate) fn groups(&self) -> u64 {
        self.sizes.iter().map(|size| u64::from(*size)).sum()
    }

    /// All articles.
    pub(crate) fn articles(&self) -> u64 {
        self.rows
            .iter()
            .zip(&self.sizes)
            .map(|(rows, size)| rows.len() as u64 * u64::from(*size))
            .sum()
    }
}

/// Group and row of every article of `rows` that has gold, groups together.
fn members(groups: &Groups, rows: &[usize]) -> Vec<(u32, usize)> {
    let mut members: Vec<(u32, usize)> = rows
        .iter()
        .filter_map(|&row| groups.of_article[row].map(|group| (group, row)))
        .collect();
    members.sort_unstable();
    members
}

fn pattern_of_group(patterns: &Patterns, members: &[(u32, usize)]) -> (Vec<u32>, Vec<usize>) {
    let rows: Vec<usize> = members.iter().map(|member| member.1).collect();
    (patterns.of_rows(&rows), rows)
}
