//! Pipeline to bytes.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::atomic;
use crate::pipeline::Pipeline;

use super::format::{DIGEST_LEN, DIGEST_MARK, FORMAT, METADATA_KEY, Metadata, StoreError};

impl Pipeline {
    /// Writes the model file atomically: a reader sees the old file or the new one, never a part.
    ///
    /// # Errors
    /// When the file cannot be written; what stood there before stays.
    pub fn save(&self, path: &Path) -> Result<(), StoreError> {
        let bytes = self.to_bytes().map_err(|reason| StoreError::NotAModel {
            path: path.to_owned(),
            reason,
        })?;
        atomic::write(path, |file| file.write_all(&bytes)).map_err(|source| StoreError::Io {
            path: path.to_owned(),
            source,
        })
    }

    /// The model file as bytes; the same for the same model, wherever and whenever it is written.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let metadata = Metadata {
            digest: "0".repeat(DIGEST_LEN),
            format: FORMAT,
            toolkit: env!("CARGO_PKG_VERSION").to_owned(),
            text: self.text.clone(),
            heads: self.heads.clone(),
            n_articles: self.n_articles,
            data_digest: self.data_digest.clone(),
            statistics: self.statistics.clone(),
        };
        let json = serde_json::to_string(&metadata).map_err(|e| e.to_string())?;
        let glossary = serde_json::to_vec(&self.glossary).map_err(|e| e.to_string())?;
        let arrays = self.arrays(glossary);
        let views: Result<Vec<_>, _> = arrays
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect();
        let views = views.map_err(|e: safetensors::SafeTensorError| e.to_string())?;
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), json)]);
        let mut bytes = serialize(views, Some(metadata)).map_err(|e| e.to_string())?;
        seal(&mut bytes)?;
        Ok(bytes)
    }

    fn arrays(&self, glossary: Vec<u8>) -> Vec<(&'static str, Dtype, Vec<usize>, Vec<u8>)> {
        let v = self.tfidf.vocabulary();
        let le32 = |values: &[u32]| {
            values
                .iter()
                .flat_map(|x| x.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let le_f32 = |values: &mut dyn Iterator<Item = &f32>| {
            values.flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()
        };
        let le64: Vec<u8> = v.slot_hashes.iter().flat_map(|x| x.to_le_bytes()).collect();
        let (n_features, n_outputs) = self.weights.dim();
        vec![
            (
                "bias",
                Dtype::F32,
                vec![n_outputs],
                le_f32(&mut self.bias.iter()),
            ),
            (
                "block_starts",
                Dtype::U32,
                vec![v.block_starts.len()],
                le32(&v.block_starts),
            ),
            ("glossary", Dtype::U8, vec![glossary.len()], glossary),
            (
                "idf",
                Dtype::F32,
                vec![n_features],
                le_f32(&mut self.tfidf.idf().0.iter()),
            ),
            (
                "slot_columns",
                Dtype::U32,
                vec![v.slot_columns.len()],
                le32(&v.slot_columns),
            ),
            ("slot_hashes", Dtype::U64, vec![v.slot_hashes.len()], le64),
            (
                "term_ends",
                Dtype::U32,
                vec![n_features],
                le32(&v.term_ends),
            ),
            ("terms", Dtype::U8, vec![v.terms.len()], v.terms.clone()),
            (
                "weights",
                Dtype::F32,
                vec![n_features, n_outputs],
                le_f32(&mut self.weights.iter()),
            ),
        ]
    }
}

/// Puts the digest of the whole file, taken while the digits are zeros, in their place.
fn seal(bytes: &mut [u8]) -> Result<(), String> {
    let at = digest_position(bytes).ok_or("the header has no place for the digest")?;
    let digest = blake3::hash(bytes).to_hex();
    bytes[at..at + DIGEST_LEN].copy_from_slice(digest.as_bytes());
    Ok(())
}

/// Where the digits of the digest stand.
pub(super) fn digest_position(bytes: &[u8]) -> Option<usize> {
    let at = bytes
        .windows(DIGEST_MARK.len())
        .position(|w| w == DIGEST_MARK)?
        + DIGEST_MARK.len();
    (at + DIGEST_LEN <= bytes.len()).then_some(at)
}
