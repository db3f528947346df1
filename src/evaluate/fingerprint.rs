//! Digests that tell whether two reports speak of the same test set.

use serde::{Deserialize, Serialize};

use super::outcome::{ArticleOutcome, TaskOutcomes};

/// BLAKE3 digests (hex) of a test set; they do not depend on the order of articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Everything below together.
    pub test_set: String,
    /// Ids and text digests.
    pub articles: String,
    /// Ids and gold of every task.
    pub gold: String,
    /// Names, kinds and labels of the tasks.
    pub labels: String,
}

/// Digests `articles` with their gold.
pub(crate) fn fingerprint(articles: &[ArticleOutcome], tasks: &[&TaskOutcomes]) -> Fingerprint {
    let mut order: Vec<usize> = (0..articles.len()).collect();
    order.sort_unstable_by(|&a, &b| articles[a].id.cmp(&articles[b].id));
    let texts = digest_articles(articles, &order);
    let gold = digest_gold(articles, tasks, &order);
    let labels = digest_labels(tasks);
    let mut all = blake3::Hasher::new();
    for part in [&texts, &gold, &labels] {
        field(&mut all, part.as_bytes());
    }
    Fingerprint {
        test_set: all.finalize().to_hex().to_string(),
        articles: texts,
        gold,
        labels,
    }
}

fn digest_articles(articles: &[ArticleOutcome], order: &[usize]) -> String {
    let mut hasher = blake3::Hasher::new();
    for &row in order {
        field(&mut hasher, articles[row].id.as_bytes());
        field(&mut hasher, articles[row].digest.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn digest_gold(articles: &[ArticleOutcome], tasks: &[&TaskOutcomes], order: &[usize]) -> String {
    let mut hasher = blake3::Hasher::new();
    for &row in order {
        field(&mut hasher, articles[row].id.as_bytes());
        for task in tasks {
            let cells: Vec<u8> = task.gold[row]
                .iter()
                .map(|cell| cell.map_or(2, u8::from))
                .collect();
            field(&mut hasher, &cells);
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn digest_labels(tasks: &[&TaskOutcomes]) -> String {
    let mut hasher = blake3::Hasher::new();
    for task in tasks {
        field(&mut hasher, task.task.name.as_bytes());
        field(&mut hasher, format!("{:?}", task.task.kind).as_bytes());
        field(&mut hasher, &(task.task.labels.len() as u64).to_le_bytes());
        for label in &task.task.labels {
            field(&mut hasher, label.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Length first, so that no two lists of fields run together to the same bytes.
fn field(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}
