//! The names of all metrics, their words and directions.

use serde::{Deserialize, Serialize};

/// A metric of a task or of one label; `docs/metrics.md` has every formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean F1 of the labels where it is defined.
    MacroF1,
    /// F1 of the counts summed over labels.
    MicroF1,
    /// Precision of the counts summed over labels.
    MicroPrecision,
    /// Recall of the counts summed over labels.
    MicroRecall,
    /// Mean F1 of the labels, weighted by support.
    WeightedF1,
    /// Mean over articles of the F1 of each article's label set; two empty sets score 1.
    ArticleF1,
    /// Share of articles with every label right.
    SubsetAccuracy,
    /// Share of wrong cells.
    HammingLoss,
    /// F1 of one label.
    F1,
    /// Precision of one label.
    Precision,
    /// Recall of one label.
    Recall,
    /// Area under the precision-recall steps.
    AveragePrecision,
    /// Chance that a positive article scores above a negative one.
    RocAuc,
    /// Matthews correlation.
    Mcc,
    /// Mean negative log-likelihood, in nats.
    LogLoss,
    /// Mean squared error of the probabilities.
    Brier,
    /// Expected calibration error over ten equal-width bins.
    CalibrationError,
}

/// Metrics of a task as a whole.
pub const OVERALL: [Metric; 11] = [
    Metric::MacroF1,
    Metric::MicroF1,
    Metric::MicroPrecision,
    Metric::MicroRecall,
    Metric::WeightedF1,
    Metric::ArticleF1,
    Metric::SubsetAccuracy,
    Metric::HammingLoss,
    Metric::LogLoss,
    Metric::Brier,
    Metric::CalibrationError,
];

/// Metrics of one label.
pub const PER_LABEL: [Metric; 9] = [
    Metric::F1,
    Metric::Precision,
    Metric::Recall,
    Metric::AveragePrecision,
    Metric::RocAuc,
    Metric::Mcc,
    Metric::LogLoss,
    Metric::Brier,
    Metric::CalibrationError,
];

impl Metric {
    /// Name in JSON and on the command line: `macro_f1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MacroF1 => "macro_f1",
            Self::MicroF1 => "micro_f1",
            Self::MicroPrecision => "micro_precision",
            Self::MicroRecall => "micro_recall",
            Self::WeightedF1 => "weighted_f1",
            Self::ArticleF1 => "article_f1",
            Self::SubsetAccuracy => "subset_accuracy",
            Self::HammingLoss => "hamming_loss",
            Self::F1 => "f1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::AveragePrecision => "average_precision",
            Self::RocAuc => "roc_auc",
            Self::Mcc => "mcc",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::CalibrationError => "calibration_error",
        }
    }

    /// Name for people: `macro F1`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::MacroF1 => "macro F1",
            Self::MicroF1 => "micro F1",
            Self::MicroPrecision => "micro precision",
            Self::MicroRecall => "micro recall",
            Self::WeightedF1 => "weighted F1",
            Self::ArticleF1 => "per-article F1",
            Self::SubsetAccuracy => "subset accuracy",
            Self::HammingLoss => "wrong cells",
            Self::F1 => "F1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::AveragePrecision => "average precision",
            Self::RocAuc => "ROC AUC",
            Self::Mcc => "MCC",
            Self::LogLoss => "log loss",
            Self::Brier => "Brier score",
            Self::CalibrationError => "calibration error",
        }
    }

    /// Whether a smaller number is the better one.
    #[must_use]
    pub fn lower_is_better(self) -> bool {
        matches!(
            self,
            Self::HammingLoss | Self::LogLoss | Self::Brier | Self::CalibrationError
        )
    }

    /// The metric of this name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        OVERALL
            .iter()
            .chain(&PER_LABEL)
            .copied()
            .find(|metric| metric.name() == name)
    }
}

impl std::fmt::Display for Metric {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn json_names_equal_the_command_line_names() {
        for metric in OVERALL.iter().chain(&PER_LABEL) {
            assert_eq!(
                serde_json::to_string(metric).unwrap(),
                format!("\"{}\"", metric.name())
            );
            assert_eq!(Metric::parse(metric.name()), Some(*metric));
        }
    }
}
