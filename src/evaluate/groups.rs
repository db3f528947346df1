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
    /// Classes of the groups that have an article in `rows`; equal in every task of `tasks`.
    pub(crate) fn of(tasks: &[&TaskOutcomes], groups: &Groups, rows: &[usize]) -> Self {
        // Only looked up, never walked through: its order does not matter.
        let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut classes: Vec<(u32, Vec<u8>, Vec<usize>)> = Vec::new();
        for members in members(groups, rows) {
            let key = key(tasks, &members);
            let class = *known.entry(key.clone()).or_insert(classes.len());
            match classes.get_mut(class) {
                Some(class) => class.0 += 1,
                None => classes.push((1, key, members)),
            }
        }
        // By size and key, so that the order of articles in a file changes no interval.
        classes.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let (rows, sizes) = classes
            .into_iter()
            .map(|(size, _, rows)| (rows, size))
            .unzip();
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

/// Rows of each group, groups in order.
fn members(groups: &Groups, rows: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); groups.count];
    for &row in rows {
        if let Some(group) = groups.of_article[row] {
            members[group as usize].push(row);
        }
    }
    members.retain(|rows| !rows.is_empty());
    members
}

/// Bytes equal exactly where gold and decisions are.
fn key(tasks: &[&TaskOutcomes], rows: &[usize]) -> Vec<u8> {
    let mut articles: Vec<Vec<u8>> = rows.iter().map(|&row| article_key(tasks, row)).collect();
    articles.sort_unstable();
    articles.concat()
}

fn article_key(tasks: &[&TaskOutcomes], row: usize) -> Vec<u8> {
    let cells = tasks.iter().flat_map(|task| task.row(row));
    // A decision on a cell without gold changes no count.
    cells
        .map(|cell| {
            cell.gold
                .map_or(4, |gold| u8::from(gold) * 2 + u8::from(cell.decided))
        })
        .collect()
}
