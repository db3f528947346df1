//! Paths as typed to articles to come, one after the other, in the order of the input. A broken place is an item too.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs_io::DecodeReaderBytesBuilder;
use globset::GlobSet;

use crate::article::{InputError, read_limited, walk};

use super::frame::{Ending, Frame, Frames};
use super::item::{Content, Item};
use super::kind::{Form, Packing, TAKEN, kind_of, unpacked};
use super::parquet_in::parquet_items;
use super::record::{Fields, Header};

/// What is read and how.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Files, folders, or `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// In folders, only files whose path below the folder, or whose name, matches.
    pub glob: Option<GlobSet>,
    /// Which columns hold what.
    pub fields: Fields,
    /// Largest article in bytes: of a file once unpacked, of a line, of a record.
    pub max_article: u64,
    /// What stands on standard input.
    pub stdin: Form,
}

type Items = Box<dyn Iterator<Item = Item>>;

impl Inputs {
    /// Looks at every path before the work begins: a path that does not exist or a folder without articles is a slip.
    ///
    /// # Errors
    /// [`InputError`] for the first such path.
    pub fn check(&self) -> Result<(), InputError> {
        for path in self.paths.iter().filter(|path| path.as_os_str() != "-") {
            let metadata = std::fs::metadata(path).map_err(|source| InputError::Io {
                path: path.clone(),
                source,
            })?;
            if metadata.is_dir() && self.files(path).next().transpose()?.is_none() {
                return Err(InputError::NoArticles {
                    path: path.clone(),
                    looked_for: match &self.glob {
                        Some(_) => "--glob".to_owned(),
                        None => TAKEN.to_owned(),
                    },
                });
            }
        }
        Ok(())
    }

    /// Bytes of all input files, for a progress bar; standard input counts nothing.
    #[must_use]
    pub fn size(&self) -> u64 {
        let files = self.paths.iter().flat_map(|path| self.files(path));
        files
            .filter_map(|file| std::fs::metadata(file.ok()?).ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    /// A file as typed, or what is wanted below a folder.
    fn files(&self, path: &Path) -> Box<dyn Iterator<Item = Result<PathBuf, InputError>> + '_> {
        if !path.is_dir() {
            return Box::new(std::iter::once(Ok(path.to_owned())));
        }
        let folder = path.to_owned();
        Box::new(walk(path, move |file| self.wants(&folder, file)))
    }

    fn wants(&self, folder: &Path, file: &Path) -> bool {
        match &self.glob {
            None => kind_of(file).is_some(),
            Some(glob) => {
                let below = file.strip_prefix(folder).unwrap_or(file);
                glob.is_match(below) || file.file_name().is_some_and(|name| glob.is_match(name))
            }
        }
    }

    /// Every article to come. `consumed` grows by the bytes of input files as they are read.
    pub fn items(self: Arc<Self>, consumed: &Arc<AtomicU64>) -> impl Iterator<Item = Item> + use<> {
        let consumed = Arc::clone(consumed);
        let mut paths: VecDeque<PathBuf> = self.paths.iter().cloned().collect();
        let typed = std::iter::from_fn(move || paths.pop_front());
        typed.flat_map(move |path| items_of_path(&self, &path, &consumed))
    }
}

fn items_of_path(inputs: &Arc<Inputs>, path: &Path, consumed: &Arc<AtomicU64>) -> Items {
    if path.as_os_str() == "-" {
        return form_items(inputs, path, inputs.stdin, Box::new(io::stdin()));
    }
    let (inputs, consumed) = (Arc::clone(inputs), Arc::clone(consumed));
    if !path.is_dir() {
        return file_items(&inputs, path, true, &consumed);
    }
    let (folder, wanting) = (path.to_owned(), Arc::clone(&inputs));
    let files = walk(path, move |file| wanting.wants(&folder, file));
    Box::new(files.flat_map(move |file| match file {
        Ok(file) => file_items(&inputs, &file, false, &consumed),
        Err(error) => one(unlisted(&error)),
    }))
}

fn one(item: Item) -> Items {
    Box::new(std::iter::once(item))
}

fn unlisted(error: &InputError) -> Item {
    let (InputError::Io { path, .. } | InputError::NoArticles { path, .. }) = error;
    Item::broken(
        path.display().to_string(),
        path,
        "unreadable",
        error.to_string(),
    )
}

/// `typed`: the user named this very file, so a name that says nothing is a text and a pipe is read.
fn file_items(inputs: &Arc<Inputs>, path: &Path, typed: bool, consumed: &Arc<AtomicU64>) -> Items {
    let id = path.display().to_string();
    let broken = |flag, reason| one(Item::broken(id.clone(), path, flag, reason));
    let bytes = match std::fs::metadata(path) {
        Ok(metadata) if typed || metadata.is_file() => metadata.len(),
        Ok(_) => return broken("unreadable", format!("{id}: not a regular file")),
        Err(error) => return broken("unreadable", format!("{id}: {error}")),
    };
    let (form, packing) = kind_of(path).unwrap_or((Form::Text, Packing::Plain));
    match form {
        Form::Archive => broken(
            "archive",
            format!("{id}: archives are not opened; unpack it and name the folder"),
        ),
        Form::Text | Form::Html => {
            consumed.fetch_add(bytes, Ordering::Relaxed);
            one(Item {
                id,
                path: path.to_owned(),
                content: Content::File(form, packing, bytes),
            })
        }
        Form::Parquet => {
            let items = parquet_items(path, &inputs.fields, inputs.max_article);
            let consumed = Arc::clone(consumed);
            let end = std::iter::from_fn(move || {
                consumed.fetch_add(bytes, Ordering::Relaxed);
                None
            });
            Box::new(items.chain(end))
        }
        Form::Csv | Form::Jsonl => match counted(path, packing, consumed) {
            Ok(file) => form_items(inputs, path, form, file),
            Err(error) => broken("unreadable", format!("{id}: {error}")),
        },
    }
}

fn counted(path: &Path, packing: Packing, consumed: &Arc<AtomicU64>) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    let consumed = Arc::clone(consumed);
    unpacked(Counted { file, consumed }, packing)
}

/// Counts the bytes read from a file, packed as they are.
struct Counted {
    file: File,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.consumed.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Items of a stream: one article, or many records.
fn form_items(inputs: &Arc<Inputs>, path: &Path, form: Form, from: Box<dyn Read>) -> Items {
    let ending = match form {
        Form::Jsonl => Ending::Line,
        Form::Csv => Ending::Csv(b','),
        _ => return one(whole(inputs, path, form, from)),
    };
    // UTF-16 has no byte that ends a line; a mark at the beginning tells it, and anything else passes as it is.
    let text = DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .build(from);
    let limit = usize::try_from(inputs.max_article).unwrap_or(usize::MAX - 2);
    Box::new(Records {
        frames: Frames::new(BufReader::with_capacity(1 << 16, text), ending, limit),
        inputs: Arc::clone(inputs),
        json_fields: Arc::new(inputs.fields.clone()),
        path: path.to_owned(),
        header: None,
        ended: false,
    })
}

fn whole(inputs: &Inputs, path: &Path, form: Form, from: Box<dyn Read>) -> Item {
    let id = path.display().to_string();
    match read_limited(from, path, inputs.max_article) {
        Ok(bytes) => Item {
            id,
            path: path.to_owned(),
            content: Content::Bytes(bytes, form == Form::Html),
        },
        Err(error) => Item {
            id,
            path: path.to_owned(),
            content: Content::Broken(error.into()),
        },
    }
}

/// Records of one table or JSONL stream.
struct Records<R> {
    frames: Frames<R>,
    inputs: Arc<Inputs>,
    json_fields: Arc<Fields>,
    path: PathBuf,
    header: Option<Arc<Header>>,
    ended: bool,
}

impl<R: io::BufRead> Iterator for Records<R> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        while !self.ended {
            match self.frames.next() {
                Ok(None) => self.ended = true,
                Ok(Some((line, frame))) => {
                    if let Some(item) = self.item(line, frame) {
                        return Some(item);
                    }
                }
                Err(error) => {
                    self.ended = true;
                    let id = format!("{}:end", self.path.display());
                    let reason = format!(
                        "{}: {error}; what follows in this file is not read",
                        self.path.display()
                    );
                    return Some(Item::broken(id, &self.path, "unreadable", reason));
                }
            }
        }
        None
    }
}

impl<R: io::BufRead> Records<R> {
    /// `None` for a header, which is no article.
    fn item(&mut self, line: u64, frame: Frame) -> Option<Item> {
        let place = format!("{}:{line}", self.path.display());
        let broken = |flag, reason: String| {
            Some(Item::broken(
                place.clone(),
                &self.path,
                flag,
                format!("{place}: {reason}"),
            ))
        };
        let bytes = match frame {
            Frame::Record(bytes) => bytes,
            Frame::TooLarge => {
                let limit = self.inputs.max_article;
                return broken(
                    "too_large",
                    format!("larger than the limit of {limit} bytes for one article"),
                );
            }
            Frame::OpenQuote => {
                return broken(
                    "malformed",
                    "a quote is opened in this line and never closed; the next line is read as a new record".to_owned(),
                );
            }
        };
        let content = match (self.frames.ending, &self.header) {
            (Ending::Line, _) => Content::Json(bytes, Arc::clone(&self.json_fields)),
            (Ending::Csv(_), Some(header)) => Content::Csv(bytes, Arc::clone(header)),
            (Ending::Csv(_), None) => {
                return match Header::read(&String::from_utf8_lossy(&bytes), &self.inputs.fields) {
                    Ok(header) => {
                        self.frames.ending = Ending::Csv(header.separator);
                        self.header = Some(Arc::new(header));
                        None
                    }
                    Err(error) => {
                        self.ended = true;
                        broken("malformed", error.to_string())
                    }
                };
            }
        };
        Some(Item {
            id: place,
            path: self.path.clone(),
            content,
        })
    }
}
