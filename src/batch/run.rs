//! Readers, many workers, one writer. Rows come out in the order of the input whatever the number of workers.
//!
//! ```text
//! reader thread --chunks--> predicting thread (all cores, one chunk at a time) --rows--> writer (the caller)
//! ```
//!
//! Both queues are short and a chunk has limited size, so the memory does not depend on the size of the input.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use rayon::prelude::*;

use crate::article::Repeated;
use crate::pipeline::Pipeline;
use crate::render::PredictionRow;

use super::BatchError;
use super::item::{Broken, Content, Item};
use super::reader::Inputs;

/// Articles of a chunk: enough for every core, and little is lost or waited for when the run is stopped.
const CHUNK: usize = 128;
/// A chunk ends early when its articles take this many bytes.
const CHUNK_BYTES: usize = 4 << 20;
/// Chunks that wait in a queue.
const QUEUE: usize = 2;
/// How often a wait looks whether the run was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// A batch to be predicted.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Who answers.
    pub pipeline: &'a Pipeline,
    /// First 16 hex digits of the model's digest, for the rows.
    pub model: String,
    /// With every answer how it came about.
    pub why: bool,
    /// What is read.
    pub inputs: Arc<Inputs>,
    /// Set from outside to stop after the chunk in hand.
    pub stop: Arc<AtomicBool>,
    /// Bytes of input read so far.
    pub consumed: Arc<AtomicU64>,
}

/// Where a run begins: after `rows` articles, whose trace is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Start {
    pub(super) rows: u64,
    pub(super) trace: Option<String>,
}

/// Rows in input order, and the trace of all articles up to the last of them.
pub(super) struct Rows {
    pub(super) rows: Vec<PredictionRow>,
    pub(super) trace: String,
}

/// A piece, or `None` for the end: a thread that died sends no end.
type Message<T> = Result<Option<T>, BatchError>;

struct Chunk {
    items: Vec<Item>,
    trace: String,
}

impl Batch<'_> {
    /// Gives `write` all rows from `start` on, in order; returns true where nothing is left, false where it was stopped.
    pub(super) fn run(
        &self,
        start: &Start,
        mut write: impl FnMut(Rows) -> Result<(), BatchError>,
    ) -> Result<bool, BatchError> {
        let chunks = self.read(start.clone());
        let (sender, rows) = sync_channel::<Message<Rows>>(QUEUE);
        std::thread::scope(|scope| {
            scope.spawn(move || self.predict_all(&chunks, &sender));
            let complete = write_all(&rows, &mut write);
            if complete.is_err() {
                // The predicting thread may be waiting for standard input.
                self.stop.store(true, Ordering::Relaxed);
            }
            drop(rows);
            complete
        })
    }

    /// The thread is left to itself when the run stops: it may be waiting for standard input.
    fn read(&self, start: Start) -> Receiver<Message<Chunk>> {
        let (sender, receiver) = sync_channel(QUEUE);
        let (inputs, consumed) = (Arc::clone(&self.inputs), Arc::clone(&self.consumed));
        std::thread::spawn(move || {
            if let Err(error) = send_chunks(inputs.items(&consumed), start, &sender) {
                // Nobody listens any more only where the run is over.
                let _ = sender.send(Err(error));
            }
        });
        receiver
    }

    fn predict_all(&self, chunks: &Receiver<Message<Chunk>>, sender: &SyncSender<Message<Rows>>) {
        while !self.stop.load(Ordering::Relaxed) {
            let rows = match chunks.recv_timeout(LOOK) {
                Ok(chunk) => chunk.map(|chunk| chunk.map(|chunk| self.rows(chunk))),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => Err(BatchError::ReaderStopped),
            };
            let ended = !matches!(rows, Ok(Some(_)));
            if sender.send(rows).is_err() || ended {
                return;
            }
        }
    }

    fn rows(&self, chunk: Chunk) -> Rows {
        let row = |item| self.row(item);
        Rows {
            rows: chunk.items.into_par_iter().map(row).collect(),
            trace: chunk.trace,
        }
    }

    fn row(&self, item: Item) -> PredictionRow {
        let model = &self.model;
        if let Content::Fields(fields) = item.content {
            let (id, path) = (item.id, item.path);
            return self
                .pipeline
                .answer_record(*fields, &id, path, model, self.why);
        }
        match item.article(self.inputs.max_article) {
            Ok(article) => {
                PredictionRow::answered(self.pipeline, &article, model.clone(), self.why)
            }
            Err((id, path, Broken { flag, reason })) => {
                PredictionRow::unreadable(id, &path, reason, flag, model.clone())
            }
        }
    }
}

impl Inputs {
    /// The first pass: lines that stand in too many articles to be theirs. Standard input can be read only once and is
    /// left out. `None` where it was stopped.
    #[must_use]
    pub fn repeated(self: &Arc<Self>, stop: &AtomicBool) -> Option<Repeated> {
        let files = Self {
            paths: self
                .paths
                .iter()
                .filter(|p| p.as_os_str() != "-")
                .cloned()
                .collect(),
            ..Self::clone(self)
        };
        let mut items = Arc::new(files).items(&Arc::default());
        let chunks = std::iter::from_fn(|| {
            let mut chunk = Vec::new();
            let mut bytes = 0;
            while chunk.len() < CHUNK && bytes < CHUNK_BYTES && !stop.load(Ordering::Relaxed) {
                let Some(item) = items.next() else { break };
                bytes += item.size();
                chunk.push(item);
            }
            (!chunk.is_empty()).then_some(chunk)
        });
        let text = |item: Item| Some(item.article(self.max_article).ok()?.text);
        let repeated = Repeated::in_chunks(chunks, text);
        (!stop.load(Ordering::Relaxed)).then_some(repeated)
    }
}

/// Skips what is done, sees that it is what it was, and sends the rest in chunks.
fn send_chunks(
    mut items: impl Iterator<Item = Item>,
    start: Start,
    sender: &SyncSender<Message<Chunk>>,
) -> Result<(), BatchError> {
    let mut hasher = blake3::Hasher::new();
    for done in 0..start.rows {
        let item = items
            .next()
            .ok_or(BatchError::InputsChanged { rows: done })?;
        item.trace(&mut hasher);
    }
    if start.trace.is_some_and(|trace| trace != digits(&hasher)) {
        return Err(BatchError::InputsChanged { rows: start.rows });
    }
    let mut chunk = Vec::new();
    let mut bytes = 0;
    for item in items {
        item.trace(&mut hasher);
        bytes += item.size();
        chunk.push(item);
        if chunk.len() >= CHUNK || bytes >= CHUNK_BYTES {
            bytes = 0;
            if send(&mut chunk, &hasher, sender).is_err() {
                return Ok(());
            }
        }
    }
    if chunk.is_empty() || send(&mut chunk, &hasher, sender).is_ok() {
        // Nobody listens any more only where the run is over.
        let _ = sender.send(Ok(None));
    }
    Ok(())
}

/// True where the end was reached, false where the run was stopped before.
fn write_all(
    rows: &Receiver<Message<Rows>>,
    write: &mut impl FnMut(Rows) -> Result<(), BatchError>,
) -> Result<bool, BatchError> {
    for rows in rows {
        match rows? {
            Some(rows) => write(rows)?,
            None => return Ok(true),
        }
    }
    Ok(false)
}

fn send(
    chunk: &mut Vec<Item>,
    hasher: &blake3::Hasher,
    sender: &SyncSender<Message<Chunk>>,
) -> Result<(), ()> {
    let chunk = Chunk {
        items: std::mem::take(chunk),
        trace: digits(hasher),
    };
    sender.send(Ok(Some(chunk))).map_err(|_| ())
}

fn digits(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex().to_string()
}
