//! Bytes to a pipeline: length, container, version, digest, then every promise the arrays make to each other.
//!
//! The file is mapped and its large arrays are used where they stand: nothing is parsed, copied or built but the text
//! rules. Only the checks read all of it, on all cores.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytemuck::Pod;
use linfa::ParamGuard;
use ndarray::Array1;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata as Header};

use crate::article::{Cleaner, Task};
use crate::features::{
    Block, Compiled, Glossary, Hashing, Idf, Matcher, TfIdfParams, Trie, Vocabulary,
};
use crate::mapped::{Array, FileBytes, Strings};
use crate::pipeline::{Head, Pipeline, PipelineError, Transfer, Weights};
use crate::text::{Analyzer, Lang};

use super::format::{
    DIGEST_LEN, FORMAT, MAX_FILE_BYTES, MAX_HEADER_BYTES, METADATA_KEY, Metadata, OLDEST,
    StoreError, Version,
};
use super::write::digest_position;

/// Bytes of a file from which its digest is computed on all cores.
const PARALLEL: usize = 1 << 20;

/// The digest a model file carries, hex: names the model in predictions and reports.
///
/// # Errors
/// When the file cannot be read or has no digest.
pub fn model_digest(path: &Path) -> Result<String, StoreError> {
    let bytes = open(path)?;
    let reader = Reader::new(path, &bytes);
    let at = reader.digest_place()?;
    Ok(String::from_utf8_lossy(&bytes[at]).into_owned())
}

impl Pipeline {
    /// Maps a model file. Nothing in it is believed before it is checked, and nothing in it is run. The file must stay
    /// as it is while the model is in use; to replace it, rename another one to its name, as [`Pipeline::save`] does.
    ///
    /// # Errors
    /// [`StoreError`] says which promise the file breaks, what was expected and what was found.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        Reader::new(path, &open(path)?).pipeline()
    }

    /// The same from the bytes of a model file, for a host that keeps models elsewhere than in files. `name` stands in
    /// the errors.
    ///
    /// # Errors
    /// As [`Pipeline::load`].
    pub fn from_bytes(bytes: &[u8], name: &Path) -> Result<Self, StoreError> {
        let bytes = Arc::new(FileBytes::Owned(bytes.to_vec()));
        Reader::new(name, &bytes).pipeline()
    }
}

fn open(path: &Path) -> Result<Arc<FileBytes>, StoreError> {
    let io = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    if length > MAX_FILE_BYTES {
        let reason = format!("{length} bytes, more than the limit of {MAX_FILE_BYTES}");
        return Err(StoreError::NotAModel {
            path: path.to_owned(),
            reason,
        });
    }
    Ok(Arc::new(FileBytes::of(&file, length).map_err(io)?))
}

/// A model file, its name for the messages.
pub(super) struct Reader<'b> {
    path: &'b Path,
    bytes: &'b Arc<FileBytes>,
    /// It stands in another model file.
    inner: bool,
}

/// The arrays of a file: their kinds, shapes and places.
struct Arrays<'r> {
    reader: &'r Reader<'r>,
    header: Header,
    /// Where the first array begins.
    start: usize,
}

impl<'b> Reader<'b> {
    fn new(path: &'b Path, bytes: &'b Arc<FileBytes>) -> Self {
        Self {
            path,
            bytes,
            inner: false,
        }
    }

    fn not_a_model(&self, reason: impl ToString) -> StoreError {
        StoreError::NotAModel {
            path: self.path.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn expect<T: PartialEq + std::fmt::Debug>(
        &self,
        what: &str,
        expected: T,
        found: T,
    ) -> Result<(), StoreError> {
        if expected == found {
            return Ok(());
        }
        Err(self.broken(what, format!("{expected:?}"), format!("{found:?}")))
    }

    pub(super) fn broken(
        &self,
        what: &str,
        expected: impl ToString,
        found: impl ToString,
    ) -> StoreError {
        StoreError::Inconsistent {
            path: self.path.to_owned(),
            what: what.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    fn pipeline(&self) -> Result<Pipeline, StoreError> {
        self.header_length()?;
        let (n, header) =
            SafeTensors::read_metadata(self.bytes).map_err(|e| self.not_a_model(e))?;
        let json = header.metadata().as_ref().and_then(|m| m.get(METADATA_KEY));
        let json =
            json.ok_or_else(|| self.not_a_model(format!("no metadata \"{METADATA_KEY}\"")))?;
        let version = self.version(json)?;
        self.digest()?;
        let metadata: Metadata = serde_json::from_str(json).map_err(|e| self.not_a_model(e))?;
        let arrays = Arrays {
            reader: self,
            start: n + 8,
            header,
        };
        arrays.pipeline(version, metadata)
    }

    /// Checked before the header is parsed.
    fn header_length(&self) -> Result<(), StoreError> {
        let length = self.bytes.first_chunk().map(|b| u64::from_le_bytes(*b));
        match length {
            Some(n) if n > MAX_HEADER_BYTES => Err(self.not_a_model(format!(
                "a header of {n} bytes, more than the limit of {MAX_HEADER_BYTES}"
            ))),
            _ => Ok(()),
        }
    }

    /// Checked before the digest, so that a file of another version says so instead of "damaged".
    fn version(&self, json: &str) -> Result<u32, StoreError> {
        let version: Version = serde_json::from_str(json).map_err(|e| self.not_a_model(e))?;
        if (OLDEST..=FORMAT).contains(&version.format) {
            return Ok(version.format);
        }
        Err(StoreError::Version {
            path: self.path.to_owned(),
            found: version.format,
            toolkit: version.toolkit,
        })
    }

    /// Where the digest stands; looked for in the header alone.
    fn digest_place(&self) -> Result<Range<usize>, StoreError> {
        self.header_length()?;
        let length = self.bytes.first_chunk().map(|b| u64::from_le_bytes(*b));
        let end = 8 + length.unwrap_or(0) as usize;
        let header = self.bytes.get(..end.min(self.bytes.len())).unwrap_or(&[]);
        let at = digest_position(header).ok_or_else(|| self.not_a_model("it has no digest"))?;
        Ok(at..at + DIGEST_LEN)
    }

    fn digest(&self) -> Result<(), StoreError> {
        let place = self.digest_place()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes[..place.start]);
        hasher.update(&[b'0'; DIGEST_LEN]);
        let rest = &self.bytes[place.end..];
        if rest.len() < PARALLEL {
            hasher.update(rest);
        } else {
            hasher.update_rayon(rest);
        }
        if hasher.finalize().to_hex().as_bytes() == &self.bytes[place] {
            return Ok(());
        }
        Err(StoreError::Checksum {
            path: self.path.to_owned(),
        })
    }
}

impl Arrays<'_> {
    fn pipeline(&self, version: u32, metadata: Metadata) -> Result<Pipeline, StoreError> {
        let reader = self.reader;
        let vocabulary = self.vocabulary(metadata.text.features.hashing)?;
        let n_features = vocabulary.n_features();
        let n_outputs: usize = metadata.heads.iter().map(|h| h.task.labels.len()).sum();
        metadata
            .heads
            .iter()
            .try_for_each(|head| reader.head(head))?;
        let idf = self.shaped("idf", &[n_features])?;
        let weights = self.shaped("weights", &[n_features, n_outputs])?;
        let bias = self.shaped("bias", &[n_outputs])?;
        let analyzer = || Analyzer::new(&metadata.text.analyzer).map_err(|e| reader.build(e));
        let (checked, text) = rayon::join(
            || {
                self.check(
                    &vocabulary,
                    [("weights", &weights), ("bias", &bias), ("idf", &idf)],
                )
            },
            || {
                let (analyzer, spec) = (analyzer()?, metadata.text.features.clone());
                let matcher = self.matcher(version, &analyzer, &spec.tables.affixes)?;
                let params = TfIdfParams::new(spec, analyzer, matcher).check();
                let cleaner = Cleaner::new(&metadata.text.cleaner).map_err(|e| reader.build(e))?;
                Ok((params.map_err(|e| reader.build(e))?, cleaner))
            },
        );
        checked?;
        let (params, cleaner) = text?;
        let transfer = self.transfer(metadata.transfer_languages, &metadata.heads)?;
        Ok(Pipeline {
            text: metadata.text,
            cleaner,
            tfidf: params.with_vocabulary(vocabulary, Idf(idf)),
            heads: metadata.heads,
            weights: Weights::new(weights, n_outputs),
            bias: Array1::from(bias.to_vec()),
            n_articles: metadata.n_articles,
            data_digest: metadata.data_digest,
            statistics: metadata.statistics,
            transfer,
            buffers: Default::default(),
        })
    }

    /// The model for languages that training lacked: a model file in the model file.
    fn transfer(
        &self,
        languages: Vec<Lang>,
        heads: &[Head],
    ) -> Result<Option<Transfer>, StoreError> {
        if languages.is_empty() {
            return Ok(None);
        }
        let reader = self.reader;
        reader.expect("models inside a model inside", 0, u8::from(reader.inner))?;
        let (_, bytes) = self.array::<u8>("transfer", Dtype::U8)?;
        let inner = Reader {
            path: reader.path,
            bytes: &Arc::new(FileBytes::Owned(bytes.to_vec())),
            inner: true,
        };
        let pipeline = inner.pipeline()?;
        let own: Vec<&Task> = heads.iter().map(|head| &head.task).collect();
        let found = pipeline.heads().iter().map(|head| &head.task).collect();
        reader.expect("tasks of the model inside", own, found)?;
        Ok(Some(Transfer {
            languages,
            pipeline: Box::new(pipeline),
        }))
    }

    /// All that has to look at every number.
    fn check(
        &self,
        vocabulary: &Vocabulary,
        floats: [(&str, &Array<f32>); 3],
    ) -> Result<(), StoreError> {
        let reader = self.reader;
        let finite = || {
            floats
                .iter()
                .try_for_each(|(name, values)| reader.finite(name, values))
        };
        let slots = || reader.slots(vocabulary);
        let terms = || reader.terms(vocabulary);
        let (numbers, (slots, terms)) = rayon::join(finite, || rayon::join(slots, terms));
        terms.and(slots).and(numbers)
    }

    fn array<T: Pod>(&self, name: &str, kind: Dtype) -> Result<(&[usize], Array<T>), StoreError> {
        let reader = self.reader;
        let missing = || reader.not_a_model(format!("array \"{name}\" is missing"));
        let info = self.header.info(name).ok_or_else(missing)?;
        reader.expect(&format!("type of {name}"), kind, info.dtype)?;
        let (from, to) = info.data_offsets;
        let place = self.start.checked_add(from).zip(self.start.checked_add(to));
        let place = place.filter(|(from, to)| from <= to && *to <= reader.bytes.len());
        let (from, to) = place.ok_or_else(|| {
            reader.broken(
                &format!("place of {name}"),
                "within the file",
                format!("{from} to {to}"),
            )
        })?;
        Ok((&info.shape, Array::new(reader.bytes, from..to)))
    }

    fn shaped(&self, name: &str, shape: &[usize]) -> Result<Array<f32>, StoreError> {
        let (found, array) = self.array(name, Dtype::F32)?;
        self.reader
            .expect(&format!("shape of {name}"), shape, found)?;
        Ok(array)
    }

    fn bytes(&self, name: &str) -> Result<Array<u8>, StoreError> {
        Ok(self.array(name, Dtype::U8)?.1)
    }

    fn integers(&self, name: &str) -> Result<Array<u32>, StoreError> {
        Ok(self.array(name, Dtype::U32)?.1)
    }

    fn strings(&self, text: &str, ends: &str) -> Result<Strings, StoreError> {
        Ok(Strings {
            text: self.bytes(text)?,
            ends: self.integers(ends)?,
        })
    }

    /// The vocabulary, but for what [`Arrays::check`] looks at.
    fn vocabulary(&self, hashing: Hashing) -> Result<Vocabulary, StoreError> {
        let vocabulary = Vocabulary {
            hashing,
            terms: self.strings("terms", "term_ends")?,
            block_starts: self.integers("block_starts")?.to_vec(),
            slot_hashes: self.array("slot_hashes", Dtype::U64)?.1,
            slot_columns: self.integers("slot_columns")?,
        };
        let (reader, starts) = (self.reader, &vocabulary.block_starts);
        reader.expect("number of blocks", Block::ALL.len() + 1, starts.len())?;
        let n_features = vocabulary.n_features() as u32;
        reader.expect("end of the last block", Some(&n_features), starts.last())?;
        reader.expect(
            "order of blocks",
            true,
            starts.is_sorted() && starts[0] == 0,
        )?;
        Ok(vocabulary)
    }

    fn matcher(
        &self,
        version: u32,
        analyzer: &Analyzer,
        affixes: &str,
    ) -> Result<Matcher, StoreError> {
        if version == 1 {
            let json = self.bytes("glossary")?;
            let glossary: Glossary =
                serde_json::from_slice(&json).map_err(|e| self.reader.not_a_model(e))?;
            return Ok(Matcher::new(&glossary, analyzer, affixes));
        }
        let compiled = Compiled {
            concepts: self.strings("concept_text", "concept_ends")?,
            cells: self.integers("concept_cells")?,
            form_ids: self.integers("form_ids")?,
            form_ends: self.integers("form_ends")?,
            words: self.strings("word_text", "word_ends")?,
            word_marks: self.bytes("word_marks")?,
            trie: Trie {
                bytes: self.bytes("trie_bytes")?,
                children: self.integers("trie_children")?,
                form_ends: self.integers("trie_form_ends")?,
                forms: self.integers("trie_forms")?,
            },
        };
        match compiled.fault() {
            None => Ok(Matcher::of(compiled, affixes)),
            Some((what, expected, found)) => Err(self.reader.broken(what, expected, found)),
        }
    }
}

impl Reader<'_> {
    fn build(&self, source: impl Into<PipelineError>) -> StoreError {
        StoreError::Build {
            path: self.path.to_owned(),
            source: source.into(),
        }
    }
}
