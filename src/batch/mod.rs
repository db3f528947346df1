//! Many articles to many rows: inputs of any size, in bounded memory, in order, and nothing lost when the machine stops.
//!
//! [`Inputs`] yields items (`reader`, `frame`, `record`, `kind`, `parquet_in`), [`Batch`] answers them on all cores
//! (`run`), and rows go to a stream or to a file with a journal beside it (`output`, `journal`). The same answers for
//! Arrow record batches: [`Pipeline::predict_batch`](crate::pipeline::Pipeline::predict_batch). `docs/batch.md` is the
//! long form.

mod columns;
mod drift;
mod duplicates;
mod frame;
mod item;
mod journal;
mod kernel;
mod kind;
mod output;
mod parquet_in;
mod parquet_out;
mod reader;
mod record;
mod run;
mod summary;
mod words;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use drift::{Change, Drift};
pub use duplicates::Duplicates;
pub use item::{Broken, Content, Item, RecordFields};
pub use journal::Request;
pub use kernel::{SCHEMA_VERSION, answer_schema};
pub use kind::{Form, Packing, kind_of};
pub use output::{Ended, FileFormat, Unfinished};
pub use reader::Inputs;
pub use record::{Fields, Header, Places, RecordError};
pub use run::Batch;
pub use summary::Summary;
pub use words::{drift_text, summary_text};

/// Why a batch cannot be run to its end. A broken article is not among the reasons: it is a row.
#[derive(Debug, Error)]
pub enum BatchError {
    /// A file of the output cannot be written or read.
    #[error("{path}: {source}")]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The stream of rows cannot be written.
    #[error("{0}")]
    Stream(#[from] io::Error),
    /// An earlier run has left its work.
    #[error(
        "{target}: an unfinished run with {rows} rows is here; go on with --resume, or throw it away with --restart"
    )]
    Unfinished {
        /// File to be written.
        target: PathBuf,
        /// Rows done.
        rows: u64,
    },
    /// The earlier run was asked for something else.
    #[error(
        "{target}: the unfinished run was asked for something else ({difference}); ask the same, or throw it away with --restart"
    )]
    OtherRequest {
        /// File to be written.
        target: PathBuf,
        /// What differs.
        difference: String,
    },
    /// The articles are not those the earlier run has read.
    #[error(
        "the first {rows} articles are not those the unfinished run has read; begin again with --restart"
    )]
    InputsChanged {
        /// Articles looked at.
        rows: u64,
    },
    /// The output of an earlier run is shorter than its journal says.
    #[error("{part}: {found} bytes, but the journal says {expected}; begin again with --restart")]
    PartLost {
        /// File concerned.
        part: PathBuf,
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// The reader stopped without reaching the end of the input.
    #[error("internal error: the reader stopped before the end of the input; what is done is kept")]
    ReaderStopped,
    /// A record batch without a column of articles.
    #[error("no column \"{column}\" in the record batch (there are {found})")]
    NoColumn {
        /// Column looked for.
        column: String,
        /// Columns there are.
        found: String,
    },
    /// A column of a type that is no text.
    #[error("column \"{column}\" is of type {found}; expected text")]
    ColumnType {
        /// Column.
        column: String,
        /// Its type.
        found: String,
    },
    /// Arrow cannot put the columns together.
    #[error(transparent)]
    Arrow(#[from] arrow_schema::ArrowError),
}

impl BatchError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    fn other_request(target: &Path, then: &Request, now: &Request) -> Self {
        let difference = if then.toolkit != now.toolkit {
            format!("by toolkit {}, this is {}", then.toolkit, now.toolkit)
        } else if then.model != now.model {
            "with another model".to_owned()
        } else {
            format!(
                "then: {}; now: {}",
                then.options.join(" "),
                now.options.join(" ")
            )
        };
        Self::OtherRequest {
            target: target.to_owned(),
            difference,
        }
    }
}
