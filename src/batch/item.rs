//! What a reader hands over: an article that is still a file name or raw bytes, so that decoding is done by many workers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::article::{Article, Meta, ReadError, article_of, decode, decoding_flags, read_limited};

use super::kind::{Form, Packing, open};
use super::record::{Fields, Header, RecordError};

/// Why an article cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The kind of fault, in one word: `empty`, `binary`, `too_large`, `unreadable`, `archive`, `malformed`.
    pub flag: &'static str,
    /// The place, the fault and what to do.
    pub reason: String,
}

/// One article to come.
#[derive(Debug)]
pub struct Item {
    /// Id it has where its record names none.
    pub id: String,
    /// File it stands in.
    pub path: PathBuf,
    /// What is known of it.
    pub content: Content,
}

/// What is known of an article before it is decoded.
#[derive(Debug)]
pub enum Content {
    /// A file of one article, read by the worker.
    File(Form, Packing, u64),
    /// The bytes of one article, and whether they are a web page.
    Bytes(Vec<u8>, bool),
    /// A line of JSON.
    Json(Vec<u8>, Arc<Fields>),
    /// A record of a table.
    Csv(Vec<u8>, Arc<Header>),
    /// An article whose fields are known.
    Fields(Box<RecordFields>),
    /// Nothing but the reason.
    Broken(Broken),
}

/// The fields of a record that make an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFields {
    /// Id, where the record has one.
    pub id: Option<String>,
    /// Title, put in front of the text unless the text begins with it.
    pub title: Option<String>,
    /// Language code, where the record has one; else it is guessed.
    pub lang: Option<String>,
    /// Text.
    pub text: String,
    /// What had to be done to read it.
    pub flags: Vec<String>,
}

impl Item {
    /// An item that is only a reason.
    pub(super) fn broken(id: String, path: &Path, flag: &'static str, reason: String) -> Self {
        Self {
            id,
            path: path.to_owned(),
            content: Content::Broken(Broken { flag, reason }),
        }
    }

    /// Adds what tells this item from any other to `hasher`: id and bytes, or the size of a file not read yet.
    pub(super) fn trace(&self, hasher: &mut blake3::Hasher) {
        hasher.update(self.id.as_bytes());
        hasher.update(b"\0");
        match &self.content {
            Content::File(_, _, bytes) => hasher.update(&bytes.to_le_bytes()),
            Content::Bytes(bytes, _) | Content::Json(bytes, _) | Content::Csv(bytes, _) => {
                hasher.update(bytes)
            }
            Content::Fields(fields) => hasher.update(fields.text.as_bytes()),
            Content::Broken(broken) => hasher.update(broken.flag.as_bytes()),
        };
    }

    /// Bytes held in memory.
    pub(super) fn size(&self) -> usize {
        match &self.content {
            Content::Bytes(bytes, _) | Content::Json(bytes, _) | Content::Csv(bytes, _) => {
                bytes.len()
            }
            Content::Fields(fields) => fields.text.len(),
            Content::File(..) | Content::Broken(_) => 0,
        }
    }

    /// Reads and decodes the article; `limit` is the largest number of bytes of a file once unpacked.
    ///
    /// # Errors
    /// [`Broken`] with the place and the reason, and the id the row has.
    pub fn article(self, limit: u64) -> Result<Article, (String, PathBuf, Broken)> {
        let Self { id, path, content } = self;
        let fields = match content {
            Content::File(form, packing, _) => {
                return file(form, packing, &path, &id, limit)
                    .map_err(|error| (id, path, error.into()));
            }
            Content::Bytes(bytes, html) => {
                return article_of(&bytes, html, &path, &id)
                    .map_err(|error| (id, path, error.into()));
            }
            Content::Broken(broken) => return Err((id, path, broken)),
            Content::Json(line, fields) => decoded(&line, |text| fields.of_json(text)),
            Content::Csv(record, header) => decoded(&record, |text| header.fields(text)),
            Content::Fields(fields) => Ok(*fields),
        };
        match fields {
            Ok(fields) => fields.article(&id, path),
            Err(error) => {
                let reason = format!("{id}: {error}");
                Err((
                    id,
                    path,
                    Broken {
                        flag: "malformed",
                        reason,
                    },
                ))
            }
        }
    }
}

fn file(
    form: Form,
    packing: Packing,
    path: &Path,
    id: &str,
    limit: u64,
) -> Result<Article, ReadError> {
    let file = open(path, packing).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    article_of(
        &read_limited(file, path, limit)?,
        form == Form::Html,
        path,
        id,
    )
}

/// Finds the encoding of a record by itself: nothing says that all records of a file have the same.
fn decoded(
    bytes: &[u8],
    fields: impl FnOnce(&str) -> Result<RecordFields, RecordError>,
) -> Result<RecordFields, RecordError> {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return fields(text);
    }
    let decoded = decode(bytes);
    let mut fields = fields(&decoded.text)?;
    fields.flags = decoding_flags(&decoded);
    Ok(fields)
}

impl RecordFields {
    pub(super) fn article(
        self,
        place: &str,
        path: PathBuf,
    ) -> Result<Article, (String, PathBuf, Broken)> {
        let id = self.id.filter(|id| !id.trim().is_empty());
        let id = id.unwrap_or_else(|| place.to_owned());
        let text = Article::with_title(self.title.as_deref().unwrap_or(""), self.text);
        let fault = if text.trim().is_empty() {
            Some(("empty", "empty: no text in it"))
        } else if text.contains('\0') {
            Some(("binary", "binary: a zero byte in the text"))
        } else {
            None
        };
        if let Some((flag, reason)) = fault {
            let reason = format!("{place}: {reason}");
            return Err((id, path, Broken { flag, reason }));
        }
        Ok(Article {
            id,
            text,
            path,
            meta: Meta {
                lang: self.lang,
                ..Meta::default()
            },
            flags: self.flags,
        })
    }
}

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Self {
        let flag = match &error {
            ReadError::Io { .. } => "unreadable",
            ReadError::TooLarge { .. } => "too_large",
            ReadError::Binary { .. } => "binary",
            ReadError::Html { .. } => "malformed",
            ReadError::Empty { .. } => "empty",
        };
        Self {
            flag,
            reason: error.to_string(),
        }
    }
}
