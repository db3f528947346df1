//! Articles in a language that training had none or next to none of.
//!
//! The words and characters of a model say nothing about a language it never saw, and the weights they took leave its
//! concepts less to say. So where the articles to learn from lack a language of the glossary, a second model learns from
//! their concepts alone, and answers the articles of that language.

use crate::features::Block;
use crate::text::Lang;

use super::{Pipeline, PipelineError, Progress, Statistics, TrainConfig, Trained};
use crate::article::Corpus;
use crate::classify::{BlockWeights, Family};

/// Sets of block factors that a glossary carries from one language to another, the usual first.
const CARRIED: [BlockWeights; 5] = [
    [0.0, 0.0, 1.0, 0.5, 1.0],
    [0.0, 0.0, 1.0, 0.0, 1.0],
    [0.0, 0.0, 1.0, 0.0, 0.5],
    [0.0, 0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 1.0],
];
/// So many training articles make a language known ...
const KNOWN: f64 = 10.0;
/// ... and so does this share of them, where there are few at all.
const KNOWN_SHARE: f64 = 0.1;

/// A model for the languages that the training articles lack.
#[derive(Debug)]
pub(crate) struct Transfer {
    /// Languages it answers for.
    pub(crate) languages: Vec<Lang>,
    /// It has no transfer of its own.
    pub(crate) pipeline: Box<Pipeline>,
}

impl Transfer {
    /// Learns the tasks of `trained` from concepts and puts the model into it; none where the training articles lack no
    /// language, the user chose the blocks, or there is nothing to carry over.
    pub(super) fn add_to(
        trained: &mut Trained,
        corpus: &Corpus,
        config: &TrainConfig,
        progress: Progress<'_>,
    ) -> Result<(), PipelineError> {
        let own = &trained.pipeline;
        let languages = own.untrained_languages();
        let chosen = config.blocks.is_some() || config.family == Some(Family::Majority);
        if languages.is_empty() || chosen || !reads_words(own) || !has_concepts(own) {
            return Ok(());
        }
        let config = TrainConfig {
            blocks: Some(CARRIED.to_vec()),
            fixed: config.fixed_transfer.clone(),
            ..config.clone()
        };
        progress("learning from concepts for other languages", 0, 1);
        let second = Pipeline::train_one(corpus, &config, &|_, _, _| ())?;
        trained.columns.extend(second.columns);
        trained.pipeline.transfer = Some(Self {
            languages,
            pipeline: Box::new(second.pipeline),
        });
        Ok(())
    }
}

impl Pipeline {
    /// The model that answers articles in `lang`: this one, or the one for languages its training articles lack.
    pub(crate) fn answering(&self, lang: Lang) -> &Self {
        let transfer = self.transfer.as_ref();
        transfer
            .filter(|transfer| transfer.languages.contains(&lang))
            .map_or(self, |transfer| &transfer.pipeline)
    }

    /// The training articles hold none or next to none in `lang`, one of the six: the answer rests on what languages share.
    pub(crate) fn untrained(&self, lang: Lang) -> bool {
        self.statistics().is_some_and(|s| lacks(s, lang))
    }

    /// Languages of the six that its training articles lack.
    #[must_use]
    pub fn untrained_languages(&self) -> Vec<Lang> {
        self.statistics().map_or_else(Vec::new, lacking)
    }

    /// Languages that its training articles lack, and the model that answers them from concepts alone.
    #[must_use]
    pub fn transfer(&self) -> Option<(&[Lang], &Self)> {
        let transfer = self.transfer.as_ref()?;
        Some((&transfer.languages, &transfer.pipeline))
    }
}

/// Languages of the glossary that the training articles lack.
fn lacking(statistics: &Statistics) -> Vec<Lang> {
    let all = Lang::ALL.into_iter();
    all.filter(|&lang| lacks(statistics, lang)).collect()
}

fn lacks(statistics: &Statistics, lang: Lang) -> bool {
    let enough = KNOWN.min(KNOWN_SHARE * statistics.articles as f64);
    let seen = statistics.languages.get(lang.code()).map_or(0, |n| *n);
    Lang::ALL.contains(&lang) && (seen as f64) < enough
}

/// Any task's answer rests on words or characters.
fn reads_words(pipeline: &Pipeline) -> bool {
    let blocks = |block: Block| {
        pipeline
            .heads()
            .iter()
            .any(|h| h.candidate.blocks[block as usize] > 0.0)
    };
    blocks(Block::Words) || blocks(Block::Characters)
}

/// Concepts fire in the training articles.
fn has_concepts(pipeline: &Pipeline) -> bool {
    !pipeline.glossary().concepts.is_empty()
}
