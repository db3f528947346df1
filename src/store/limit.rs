//! A model whose file is no larger than asked for.

use std::fmt::{Display, Formatter};

use thiserror::Error;

use crate::article::Corpus;
use crate::pipeline::{Pipeline, PipelineError, Progress, Shrinking, TrainConfig, Trained};

use super::write::glossary_bytes;

/// One part in so many of the limit stays free at first: calibrations learnt on fewer columns may take more room.
const FREE: u64 = 256;

/// Why no model of a size can be trained.
#[derive(Debug, Error)]
pub enum LimitError {
    /// As without a limit.
    #[error(transparent)]
    Train(#[from] PipelineError),
    /// The model cannot be written, whatever its size.
    #[error("{0}")]
    Encode(String),
    /// One column is too much.
    #[error(
        "no model file of {} is possible here: the smallest takes {}; {}",
        bytes_text(*.limit), rounded_up(*.smallest), advice(*.smallest, *.glossary)
    )]
    TooSmall {
        /// Bytes asked for.
        limit: u64,
        /// Bytes of the file with a single column.
        smallest: u64,
        /// Bytes of these that are glossary.
        glossary: u64,
    },
}

/// What fewer columns cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruned {
    /// Columns of the model before and after.
    pub columns: (usize, usize),
    /// The same of its second model, which answers languages that the training articles lack, where it lost any.
    pub second: Option<(usize, usize)>,
    /// Bytes of the file before and after.
    pub bytes: (u64, u64),
    /// Name and cross-validated macro-F1 of each task before and after, where there is enough to measure it.
    pub tasks: Vec<(String, Option<(f64, f64)>)>,
}

/// Trains a model whose file takes at most `limit` bytes. Where all columns take more, the best of them are learnt again with the
/// settings chosen ([`TrainConfig::max_columns`]), and [`Pruned`] says what that costs; else the model is the same as from
/// [`Pipeline::train`].
///
/// # Errors
/// As [`Pipeline::train`]; [`LimitError::TooSmall`] where no such file is possible.
pub fn train_within(
    corpus: &Corpus,
    config: &TrainConfig,
    limit: u64,
    progress: Progress<'_>,
) -> Result<(Trained, Option<Pruned>), LimitError> {
    let config = TrainConfig {
        max_columns: Some(usize::MAX),
        ..config.clone()
    };
    let first = Pipeline::train(corpus, &config, progress)?;
    let before = Measures::of(&first.pipeline)?;
    if before.bytes <= limit {
        return Ok((first, None));
    }
    let config = config.with_settings_of(&first.pipeline);
    let shrinking = Shrinking::of(first.pipeline, first.columns);
    let (trained, after) = train_again(corpus, config, limit, shrinking, progress)?;
    // Learning again chose nothing: the search is that of the first time.
    let mut trained = trained.with_stopped(first.stopped);
    trained.rankings = first.rankings;
    let pruned = before.against(after);
    if let Some(report) = &mut trained.report {
        let settings = &mut report.settings;
        settings.insert("pruned".to_owned(), pruned.to_string());
    }
    Ok((trained, Some(pruned)))
}

/// Learns on the best columns, so many that the model takes at most `limit` bytes. What else it holds may take more room
/// than beside all columns; then there are fewer columns the next time.
fn train_again(
    corpus: &Corpus,
    mut config: TrainConfig,
    limit: u64,
    mut shrinking: Shrinking,
    progress: Progress<'_>,
) -> Result<(Trained, Measures), LimitError> {
    let mut room = limit - limit / FREE;
    loop {
        let (n, planned) = most(&mut shrinking, room)?;
        config.max_columns = Some(n);
        let again = |what: &str, done, of| {
            progress(&format!("again from {n} features: {what}"), done, of);
        };
        let trained = Pipeline::train(corpus, &config, &again)?;
        let after = Measures::of(&trained.pipeline)?;
        if after.bytes <= limit {
            return Ok((trained, after));
        }
        if n <= 1 {
            return Err(too_small(&trained.pipeline, limit, after.bytes));
        }
        let grown = after.bytes.saturating_sub(planned);
        room = limit.saturating_sub(grown).min(planned - 1);
    }
}

/// The most columns whose model takes at most `room` bytes, and its bytes. Where none does it is one column: only learning on it
/// tells the size to ask for.
fn most(shrinking: &mut Shrinking, room: u64) -> Result<(usize, u64), LimitError> {
    let smallest = size(shrinking.at(1))?;
    let (mut fits, mut too_many) = ((1, smallest), shrinking.n_columns());
    while fits.0 + 1 < too_many {
        let n = fits.0.midpoint(too_many);
        let bytes = size(shrinking.at(n))?;
        if bytes <= room {
            fits = (n, bytes);
        } else {
            too_many = n;
        }
    }
    Ok(fits)
}

fn size(pipeline: &Pipeline) -> Result<u64, LimitError> {
    let bytes = pipeline.to_bytes().map_err(LimitError::Encode)?;
    Ok(bytes.len() as u64)
}

fn too_small(pipeline: &Pipeline, limit: u64, smallest: u64) -> LimitError {
    LimitError::TooSmall {
        limit,
        smallest,
        glossary: glossary_bytes(pipeline),
    }
}

/// What a model comes to.
struct Measures {
    columns: usize,
    second: Option<usize>,
    bytes: u64,
    tasks: Vec<(String, Option<f64>)>,
}

impl Measures {
    fn of(pipeline: &Pipeline) -> Result<Self, LimitError> {
        let columns = |pipeline: &Pipeline| pipeline.tfidf().vocabulary().n_features();
        let heads = pipeline.heads().iter();
        Ok(Self {
            columns: columns(pipeline),
            second: pipeline.transfer().map(|(_, second)| columns(second)),
            bytes: size(pipeline)?,
            tasks: heads.map(|h| (h.task.name.clone(), h.macro_f1)).collect(),
        })
    }

    /// What the way from here to `after` costs; both have the same tasks.
    fn against(self, after: Self) -> Pruned {
        let tasks = self.tasks.into_iter().zip(after.tasks);
        let second = self.second.zip(after.second);
        Pruned {
            columns: (self.columns, after.columns),
            second: second.filter(|(before, after)| before != after),
            bytes: (self.bytes, after.bytes),
            tasks: tasks.map(|((name, f), (_, g))| (name, f.zip(g))).collect(),
        }
    }
}

impl Pruned {
    /// The cost of each task.
    fn costs(&self) -> String {
        if self.tasks.iter().all(|(_, f1)| f1.is_none()) {
            return "too few articles to say what it costs".to_owned();
        }
        let cost = |(task, f1): &(String, Option<(f64, f64)>)| match f1 {
            Some((before, after)) => format!("{task} macro-F1 {before:.3} -> {after:.3}"),
            None => format!("{task} not measured"),
        };
        let costs: Vec<String> = self.tasks.iter().map(cost).collect();
        format!("{} (cross-validation)", costs.join(", "))
    }
}

/// `pruned from 158948 to 32768 features, 18.8 MB to 7.7 MB: topics macro-F1 0.949 -> 0.952 (cross-validation)`
impl Display for Pruned {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let ((before, after), bytes) = (self.columns, self.bytes);
        write!(f, "pruned from {before} to {after} features")?;
        if let Some((before, after)) = self.second {
            write!(f, " (second model: {before} to {after})")?;
        }
        let (before, after) = (bytes_text(bytes.0), bytes_text(bytes.1));
        write!(f, ", {before} to {after}: {}", self.costs())
    }
}

/// Size of a file for people.
fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// The same for a size that is at least needed.
fn rounded_up(bytes: u64) -> String {
    let step = if bytes < 1_000_000 { 100 } else { 100_000 };
    bytes_text(bytes.next_multiple_of(step))
}

/// Where most of the smallest file is glossary, so much, and what to do about it.
fn advice(smallest: u64, glossary: u64) -> String {
    if 2 * glossary < smallest {
        return "give at least that".to_owned();
    }
    let glossary = bytes_text(glossary);
    format!(
        "the glossary alone takes {glossary}; give at least that much, or leave the built-in glossary out (--no-builtin-glossary)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_each_task_is_told() {
        let pruned = Pruned {
            columns: (900, 80),
            second: Some((70, 60)),
            bytes: (18_754_639, 900_000),
            tasks: vec![
                ("topics".to_owned(), Some((0.8614, 0.857))),
                ("tone".to_owned(), None),
            ],
        };
        assert_eq!(
            pruned.to_string(),
            "pruned from 900 to 80 features (second model: 70 to 60), 18.8 MB to 900.0 kB: \
             topics macro-F1 0.861 -> 0.857, tone not measured (cross-validation)"
        );
        let tasks = vec![("tone".to_owned(), None)];
        let unmeasured = Pruned { tasks, ..pruned }.to_string();
        assert!(unmeasured.ends_with(": too few articles to say what it costs"));
    }

    #[test]
    fn a_size_at_least_needed_is_enough_as_it_is_told() {
        assert_eq!(rounded_up(5_500_001), "5.6 MB");
        assert_eq!(rounded_up(24_201), "24.3 kB");
        assert_eq!(rounded_up(999_999), "1.0 MB");
    }
}
