//! What training is told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::article::MetaColumn;
use crate::classify::{BlockWeights, Candidate, CutRule, Family};
use crate::features::Glossary;

use super::{Head, Pipeline, TextSpec};

/// Settings of a training run.
#[derive(Debug, Clone)]
pub struct TrainConfig {
    /// Text rules and features.
    pub text: TextSpec,
    /// Concepts.
    pub glossary: Glossary,
    /// Learner of every task; `None` chooses between logistic regression and linear SVM, one label against the rest.
    pub family: Option<Family>,
    /// Block factors to try; `None` takes the defaults of each kind of task.
    pub blocks: Option<Vec<BlockWeights>>,
    /// Folds of the cross-validation, at least 2.
    pub n_folds: usize,
    /// Settings of a task by its name; nothing else is tried for it.
    pub fixed: BTreeMap<String, Candidate>,
    /// The same for the model that answers languages the training articles lack.
    pub fixed_transfer: BTreeMap<String, Candidate>,
    /// Articles of one value of this column are never trained on and held out at once.
    pub group_by: Option<MetaColumn>,
    /// No fit of a search for settings starts after this time; the usual setting is always tried. The one option whose
    /// result may depend on the machine. `None` tries everything.
    pub budget: Option<Duration>,
    /// What the cuts of sets of labels are chosen for.
    pub cut_rule: CutRule,
    /// Columns a model keeps, those its answers rest on most; so many again for the model that answers languages the
    /// training articles lack. `None` keeps all of them and says nothing about their order.
    pub max_columns: Option<usize>,
}

impl TrainConfig {
    /// Defaults with the glossary given.
    #[must_use]
    pub fn new(glossary: Glossary) -> Self {
        Self {
            text: TextSpec::default(),
            glossary,
            family: None,
            blocks: None,
            n_folds: 5,
            fixed: BTreeMap::new(),
            fixed_transfer: BTreeMap::new(),
            group_by: None,
            budget: None,
            cut_rule: CutRule::default(),
            max_columns: None,
        }
    }

    /// The same with the settings of a trained model: nothing is left to choose.
    #[must_use]
    pub fn with_settings_of(mut self, pipeline: &Pipeline) -> Self {
        let settings = |head: &Head| (head.task.name.clone(), head.candidate);
        self.fixed = pipeline.heads().iter().map(settings).collect();
        if let Some((_, transfer)) = pipeline.transfer() {
            self.fixed_transfer = transfer.heads().iter().map(settings).collect();
        }
        self
    }
}
