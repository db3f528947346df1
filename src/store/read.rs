//! Bytes to a pipeline: length, container, version, digest, then every promise the arrays make to each other.

use std::fs;
use std::path::Path;

use linfa::ParamGuard;
use ndarray::{Array1, Array2};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::article::TaskKind;
use crate::classify::Cut;
use crate::features::{Block, Glossary, Idf, Vocabulary};
use crate::pipeline::{Head, Pipeline, PipelineError, build_text};

use super::format::{
    DIGEST_LEN, FORMAT, MAX_FILE_BYTES, METADATA_KEY, Metadata, StoreError, Version,
};
use super::write::digest_position;

/// The digest a model file carries, hex: names the model in predictions and reports.
///
/// # Errors
/// When the file cannot be read or has no digest.
pub fn model_digest(path: &Path) -> Result<String, StoreError> {
    let bytes = read_file(path)?;
    let digest = digest_position(&bytes)
        .and_then(|at| String::from_utf8(bytes[at..at + DIGEST_LEN].to_vec()).ok());
    digest.ok_or_else(|| StoreError::NotAModel {
        path: path.to_owned(),
        reason: "it has no digest".to_owned(),
    })
}

impl Pipeline {
    /// Reads a model file. Nothing in it is believed before it is checked, and nothing in it is run.
    ///
    /// # Errors
    /// [`StoreError`] says which promise the file breaks, what was expected and what was found.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        Self::from_bytes(&read_file(path)?, path)
    }

    /// The same from the bytes of a model file, for a host that keeps models elsewhere than in files. `name` stands in
    /// the errors.
    ///
    /// # Errors
    /// As [`Pipeline::load`].
    pub fn from_bytes(bytes: &[u8], name: &Path) -> Result<Self, StoreError> {
        Reader { path: name, bytes }.pipeline()
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, StoreError> {
    let io = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    let length = fs::metadata(path).map_err(io)?.len();
    if length > MAX_FILE_BYTES {
        let reason = format!("{length} bytes, more than the limit of {MAX_FILE_BYTES}");
        return Err(StoreError::NotAModel {
            path: path.to_owned(),
            reason,
        });
    }
    fs::read(path).map_err(io)
}

struct Reader<'b> {
    path: &'b Path,
    bytes: &'b [u8],
}

impl<'b> Reader<'b> {
    fn not_a_model(&self, reason: impl ToString) -> StoreError {
        StoreError::NotAModel {
            path: self.path.to_owned(),
            reason: reason.to_string(),
        }
    }

    fn expect<T: PartialEq + std::fmt::Debug>(
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

    fn broken(&self, what: &str, expected: impl ToString, found: impl ToString) -> StoreError {
        let (expected, found) = (expected.to_string(), found.to_string());
        StoreError::Inconsistent {
            path: self.path.to_owned(),
            what: what.to_owned(),
            expected,
            found,
        }
    }

    fn pipeline(&self) -> Result<Pipeline, StoreError> {
        let (_, header) =
            SafeTensors::read_metadata(self.bytes).map_err(|e| self.not_a_model(e))?;
        let tensors = SafeTensors::deserialize(self.bytes).map_err(|e| self.not_a_model(e))?;
        let json = header.metadata().as_ref().and_then(|m| m.get(METADATA_KEY));
        let json =
            json.ok_or_else(|| self.not_a_model(format!("no metadata \"{METADATA_KEY}\"")))?;
        self.version(json)?;
        self.digest()?;
        let metadata: Metadata = serde_json::from_str(json).map_err(|e| self.not_a_model(e))?;
        let glossary: Glossary =
            serde_json::from_slice(self.array(&tensors, "glossary", Dtype::U8)?.1)
                .map_err(|e| self.not_a_model(e))?;
        let vocabulary = self.vocabulary(&tensors)?;
        let n_features = vocabulary.n_features();
        let idf = self.finite("idf", &self.floats(&tensors, "idf", &[n_features])?)?;
        let n_outputs: usize = metadata.heads.iter().map(|h| h.task.labels.len()).sum();
        metadata.heads.iter().try_for_each(|head| self.head(head))?;
        let weights = self.finite(
            "weights",
            &self.floats(&tensors, "weights", &[n_features, n_outputs])?,
        )?;
        let bias = self.finite("bias", &self.floats(&tensors, "bias", &[n_outputs])?)?;
        let build = |source: PipelineError| StoreError::Build {
            path: self.path.to_owned(),
            source,
        };
        let (cleaner, params) = build_text(&metadata.text, &glossary).map_err(build)?;
        let params = params.check().map_err(|e| build(e.into()))?;
        Ok(Pipeline {
            text: metadata.text,
            glossary,
            cleaner,
            tfidf: params.with_vocabulary(vocabulary, Idf(idf)),
            heads: metadata.heads,
            weights: Array2::from_shape_vec((n_features, n_outputs), weights)
                .map_err(|e| self.not_a_model(e))?,
            bias: Array1::from(bias),
            n_articles: metadata.n_articles,
            data_digest: metadata.data_digest,
            statistics: metadata.statistics,
        })
    }

    /// Checked before the digest, so that a file of another version says so instead of "damaged".
    fn version(&self, json: &str) -> Result<(), StoreError> {
        let fields: serde_json::Value =
            serde_json::from_str(json).map_err(|e| self.not_a_model(e))?;
        let version: Version = serde_json::from_value(fields).map_err(|e| self.not_a_model(e))?;
        if version.format == FORMAT {
            return Ok(());
        }
        Err(StoreError::Version {
            path: self.path.to_owned(),
            found: version.format,
            toolkit: version.toolkit,
        })
    }

    fn digest(&self) -> Result<(), StoreError> {
        let at = digest_position(self.bytes).ok_or_else(|| self.not_a_model("it has no digest"))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes[..at]);
        hasher.update(&[b'0'; DIGEST_LEN]);
        hasher.update(&self.bytes[at + DIGEST_LEN..]);
        if hasher.finalize().to_hex().as_bytes() == &self.bytes[at..at + DIGEST_LEN] {
            return Ok(());
        }
        Err(StoreError::Checksum {
            path: self.path.to_owned(),
        })
    }

    fn array(
        &self,
        tensors: &SafeTensors<'b>,
        name: &str,
        dtype: Dtype,
    ) -> Result<(Vec<usize>, &'b [u8]), StoreError> {
        let view = tensors
            .tensor(name)
            .map_err(|e| self.not_a_model(format!("array \"{name}\": {e}")))?;
        self.expect(&format!("type of {name}"), dtype, view.dtype())?;
        Ok((view.shape().to_vec(), view.data()))
    }

    fn floats(
        &self,
        tensors: &SafeTensors<'b>,
        name: &str,
        shape: &[usize],
    ) -> Result<Vec<f32>, StoreError> {
        let (found, bytes) = self.array(tensors, name, Dtype::F32)?;
        self.expect(&format!("shape of {name}"), shape, found.as_slice())?;
        Ok(bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect())
    }

    fn integers(&self, tensors: &SafeTensors<'b>, name: &str) -> Result<Vec<u32>, StoreError> {
        let (_, bytes) = self.array(tensors, name, Dtype::U32)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect())
    }

    fn finite(&self, name: &str, values: &[f32]) -> Result<Vec<f32>, StoreError> {
        match values.iter().position(|v| !v.is_finite()) {
            None => Ok(values.to_vec()),
            Some(i) => Err(self.broken(&format!("{name}[{i}]"), "a finite number", values[i])),
        }
    }

    fn vocabulary(&self, tensors: &SafeTensors<'b>) -> Result<Vocabulary, StoreError> {
        let (_, hashes) = self.array(tensors, "slot_hashes", Dtype::U64)?;
        let word = |b: &[u8]| {
            b.iter()
                .rev()
                .fold(0_u64, |n, byte| n << 8 | u64::from(*byte))
        };
        let vocabulary = Vocabulary {
            terms: self.array(tensors, "terms", Dtype::U8)?.1.to_vec(),
            term_ends: self.integers(tensors, "term_ends")?,
            block_starts: self.integers(tensors, "block_starts")?,
            slot_hashes: hashes.chunks_exact(8).map(word).collect(),
            slot_columns: self.integers(tensors, "slot_columns")?,
        };
        self.check_terms(&vocabulary)?;
        self.check_slots(&vocabulary)?;
        Ok(vocabulary)
    }

    fn check_terms(&self, v: &Vocabulary) -> Result<(), StoreError> {
        let text = std::str::from_utf8(&v.terms).map_err(|e| self.broken("terms", "UTF-8", e))?;
        let ascending = |ends: &[u32]| ends.windows(2).all(|w| w[0] <= w[1]);
        let on_boundaries = v
            .term_ends
            .iter()
            .all(|&end| text.is_char_boundary(end as usize));
        if !ascending(&v.term_ends) || !on_boundaries {
            return Err(self.broken("term_ends", "ascending ends of terms", "others"));
        }
        self.expect(
            "end of the last term",
            v.terms.len(),
            v.term_ends.last().map_or(0, |&e| e as usize),
        )?;
        self.expect(
            "number of blocks",
            Block::ALL.len() + 1,
            v.block_starts.len(),
        )?;
        self.expect(
            "end of the last block",
            Some(&(v.n_features() as u32)),
            v.block_starts.last(),
        )?;
        self.expect(
            "order of blocks",
            true,
            ascending(&v.block_starts) && v.block_starts[0] == 0,
        )
    }

    /// An empty slot must be left, or the search for an unknown term would never end.
    fn check_slots(&self, v: &Vocabulary) -> Result<(), StoreError> {
        self.expect("slots", v.slot_hashes.len(), v.slot_columns.len())?;
        let used = v.slot_hashes.iter().filter(|h| **h != 0).count();
        if !v.slot_hashes.len().is_power_of_two()
            || used >= v.slot_hashes.len()
            || used > v.n_features()
        {
            let expected = "a power of two of slots, at least one of them empty";
            return Err(self.broken(
                "slots",
                expected,
                format!("{used} of {} used", v.slot_hashes.len()),
            ));
        }
        let outside = v
            .slot_columns
            .iter()
            .find(|&&c| c as usize >= v.n_features().max(1));
        outside.map_or(Ok(()), |c| {
            Err(self.broken("slot_columns", format!("below {}", v.n_features()), c))
        })
    }

    fn head(&self, head: &Head) -> Result<(), StoreError> {
        let (name, n) = (&head.task.name, head.task.labels.len());
        let sorted = head.task.labels.windows(2).all(|w| w[0] < w[1]);
        self.expect(
            &format!("{name}: labels sorted and unique, at least one"),
            true,
            sorted && n > 0,
        )?;
        self.expect(&format!("{name}: support"), n, head.support.len())?;
        let cuts = if head.task.kind == TaskKind::Multi {
            n
        } else {
            0
        };
        self.expect(&format!("{name}: cuts"), cuts, head.cuts.len())?;
        self.expect(
            &format!("{name}: calibration that fits its labels"),
            true,
            head.calibration.is_sound(n),
        )?;
        let certain = head.certainty.and_then(|c| c.from);
        let in_range = head.cuts.iter().all(Cut::is_sound)
            && certain.is_none_or(|from| (0.0..=1.0).contains(&from));
        self.expect(
            &format!("{name}: cuts and bands between 0 and 1"),
            true,
            in_range,
        )
    }
}
