//! The baseline every model must beat: it looks at no text.

use ndarray::{Array1, Array2};

use crate::article::TaskKind;

use super::Linear;

/// Scores every article by the share of each label in the training targets: log-odds for a multi-label task, log
/// share for a single-label one. As a [`Linear`] with zero weights it saves, loads and predicts like any other model.
#[must_use]
pub fn majority(targets: &Array2<Option<bool>>, n_features: usize, kind: TaskKind) -> Linear {
    let share = |k: usize| {
        let annotated = targets.column(k).iter().flatten().count() as f64;
        let positive = targets
            .column(k)
            .iter()
            .filter(|t| **t == Some(true))
            .count() as f64;
        (positive + 0.5) / (annotated + 1.0)
    };
    let score = |p: f64| {
        if kind == TaskKind::Multi {
            (p / (1.0 - p)).ln()
        } else {
            p.ln()
        }
    };
    let bias: Array1<f32> = (0..targets.ncols())
        .map(|k| score(share(k)) as f32)
        .collect();
    Linear {
        weights: Array2::zeros((n_features, targets.ncols())),
        bias,
        objective: Vec::new(),
    }
}
