//! The model file: one safetensors container, written atomically, checked before it is believed. `models/README.md`
//! describes the format for readers in other languages.

mod check;
mod format;
mod limit;
mod read;
mod write;

pub use check::verify;
pub use format::StoreError;
pub use limit::{LimitError, Pruned, train_within};
pub use read::model_digest;
