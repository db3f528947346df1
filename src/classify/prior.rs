//! What the user's descriptions of labels say before any article is labelled: weights to start from.
//!
//! A description is a document. The prior score of an article `x` for label `k` is `s (d_k'x - t)` with `d_k` the sum of
//! the label's description rows, scaled to unit length: a dot product of TF-IDF rows, as in Rocchio, "Relevance Feedback in
//! Information Retrieval", 1971. Learning then minimises `1/2 ||w - w0||^2 + C sum loss` with `w0 = s d_k` and bias `-s t`:
//! articles move the weights only where they say something else (Evgeniou and Pontil, "Regularized Multi-Task Learning",
//! KDD 2004, have the same term with a mean in place of `w0`).

use std::collections::BTreeMap;

use crate::features::{SparseRows, Vocabulary};

use super::{BlockWeights, Candidate};

/// Part of each block in a description's row. Characters of a few words say nothing.
const BLOCKS: BlockWeights = [0.5, 0.0, 1.0, 0.5, 1.0];
/// Similarity from which on a label is more probable than not, where nothing else is known: logistic regression on the
/// similarities of the starter corpus with `data/topics.csv` alone.
const MIDDLE: f32 = 0.75;

/// Weights that learning starts from and is drawn to in place of 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prior {
    /// `(column, weight)` of each label, columns ascending; empty for a label without a description.
    pub(crate) weights: Vec<Vec<(u32, f32)>>,
    /// Length n_labels.
    pub(crate) bias: Vec<f32>,
}

impl Prior {
    /// The prior of rows scaled by the blocks of `candidate`: the score it gives does not depend on their factors.
    /// `described` are the rows of all descriptions, `of_label` those of each label of the task. None where the
    /// candidate wants none, or no label has a description.
    pub(crate) fn of(
        candidate: &Candidate,
        vocabulary: &Vocabulary,
        described: &SparseRows,
        of_label: &[Vec<usize>],
    ) -> Option<Self> {
        let scale = candidate.prior as f32;
        if scale <= 0.0 || of_label.iter().all(Vec::is_empty) {
            return None;
        }
        let start = |rows: &Vec<usize>| direction(described, rows, vocabulary);
        let mut prior = Self {
            weights: of_label.iter().map(start).collect(),
            bias: vec![0.0; of_label.len()],
        };
        for (weights, bias) in prior.weights.iter_mut().zip(&mut prior.bias) {
            *bias = if weights.is_empty() {
                0.0
            } else {
                -scale * MIDDLE
            };
            weights.retain_mut(|(column, weight)| {
                let factor = candidate.blocks[vocabulary.block(*column) as usize];
                *weight *= scale / factor;
                factor > 0.0
            });
        }
        Some(prior)
    }
}

/// The sum of some rows with unit length.
fn direction(described: &SparseRows, rows: &[usize], vocabulary: &Vocabulary) -> Vec<(u32, f32)> {
    let mut sum: BTreeMap<u32, f32> = BTreeMap::new();
    for &row in rows {
        let (columns, values) = described.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            *sum.entry(column).or_default() += value * BLOCKS[vocabulary.block(column) as usize];
        }
    }
    let norm = sum.values().map(|v| v * v).sum::<f32>().sqrt();
    let nonzero = sum.into_iter().filter(|(_, value)| *value > 0.0);
    nonzero
        .map(|(column, value)| (column, value / norm))
        .collect()
}
