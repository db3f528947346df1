//! The journal of a run: how far the output beside it can be trusted.
//!
//! Lines of `CHECKSUM JSON`: first the request, then a checkpoint after each piece of output that is on disk. A line cut short
//! by a crash does not match its checksum; it and everything after it is forgotten.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{BatchError, Summary};

/// Digits of a line's checksum.
const DIGITS: usize = 16;

/// What a run was asked to do; a run goes on only if it is asked the same again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Version of the toolkit.
    pub toolkit: String,
    /// Digest of the model.
    pub model: String,
    /// Everything else that shapes the rows, as typed: paths, patterns, columns, limits, format.
    pub options: Vec<String>,
}

/// A state of the run that is safely on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// Articles done.
    pub(super) rows: u64,
    /// Bytes of output they take.
    pub(super) bytes: u64,
    /// Hash over the articles done, to see that the same come again.
    pub(super) trace: String,
    /// Text key and id of the articles since the last checkpoint that equal no earlier one.
    pub(super) new: Vec<(String, String)>,
    /// Counts over all articles done.
    pub(super) summary: Summary,
    /// Nothing is left to do.
    pub(super) complete: bool,
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

/// What stands in a journal.
pub(super) struct Found {
    pub(super) request: Request,
    /// Bytes of the journal that are sound.
    bytes: u64,
    /// The last checkpoint.
    pub(super) last: Option<Checkpoint>,
}

impl Journal {
    /// Begins a journal.
    pub(super) fn create(path: &Path, request: &Request) -> Result<Self, BatchError> {
        let file = File::create(path).map_err(|e| BatchError::io(path, e))?;
        let mut journal = Self {
            file,
            path: path.to_owned(),
        };
        journal.append(request)?;
        Ok(journal)
    }

    /// Cuts off what is not sound and goes on from there.
    pub(super) fn reopen(path: &Path, found: &Found) -> Result<Self, BatchError> {
        let io = |e| BatchError::io(path, e);
        let file = OpenOptions::new().append(true).open(path).map_err(io)?;
        file.set_len(found.bytes).map_err(io)?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Adds a line and waits until it is on disk.
    pub(super) fn append(&mut self, line: &impl Serialize) -> Result<(), BatchError> {
        let io = |e| BatchError::io(&self.path, e);
        let json = serde_json::to_string(line).map_err(|e| io(e.into()))?;
        let line = format!("{} {json}\n", checksum(&json));
        self.file.write_all(line.as_bytes()).map_err(io)?;
        self.file.sync_data().map_err(io)
    }

    /// Reads a journal; `seen` gets text key and id of every article that equals no earlier one, in order.
    pub(super) fn read(
        path: &Path,
        mut seen: impl FnMut(&str, &str),
    ) -> Result<Option<Found>, BatchError> {
        let io = |e| BatchError::io(path, e);
        let mut lines = BufReader::new(File::open(path).map_err(io)?);
        let Some((request, bytes)) = line::<Request>(&mut lines).map_err(io)? else {
            return Ok(None);
        };
        let mut found = Found {
            request,
            bytes,
            last: None,
        };
        while let Some((checkpoint, bytes)) = line::<Checkpoint>(&mut lines).map_err(io)? {
            checkpoint.new.iter().for_each(|(key, id)| seen(key, id));
            found.bytes += bytes;
            found.last = Some(checkpoint);
        }
        Ok(Some(found))
    }
}

/// The next sound line and its length.
fn line<T: for<'de> Deserialize<'de>>(lines: &mut impl BufRead) -> io::Result<Option<(T, u64)>> {
    let mut bytes = Vec::new();
    let length = lines.read_until(b'\n', &mut bytes)? as u64;
    let sound = std::str::from_utf8(&bytes).ok().and_then(|text| {
        let (sum, json) = text.strip_suffix('\n')?.split_once(' ')?;
        let value = serde_json::from_str(json).ok()?;
        (sum == checksum(json)).then_some(value)
    });
    Ok(sound.map(|value| (value, length)))
}

fn checksum(json: &str) -> String {
    blake3::hash(json.as_bytes()).to_hex()[..DIGITS].to_owned()
}
