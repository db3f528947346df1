//! Pipeline to bytes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use bytemuck::Pod;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::atomic;
use crate::features::Compiled;
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
            transfer_languages: self
                .transfer
                .as_ref()
                .map_or_else(Vec::new, |t| t.languages.clone()),
        };
        let json = serde_json::to_string(&metadata).map_err(|e| e.to_string())?;
        let transfer = self.transfer.as_ref().map(|t| t.pipeline.to_bytes());
        let transfer = transfer.transpose()?;
        let mut arrays = self.arrays();
        arrays.extend(
            transfer
                .as_deref()
                .map(|bytes| array("transfer", Dtype::U8, bytes)),
        );
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

    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let (v, weights) = (self.tfidf.vocabulary(), self.weights.values());
        let (n_features, n_outputs) = (v.n_features(), self.bias.len());
        let bias = self.bias.as_slice().unwrap_or_default();
        let mut arrays = vec![
            array("bias", Dtype::F32, bias),
            array("block_starts", Dtype::U32, &v.block_starts),
            array("idf", Dtype::F32, self.tfidf.idf().values()),
            array("slot_columns", Dtype::U32, &v.slot_columns),
            array("slot_hashes", Dtype::U64, &v.slot_hashes),
            array("term_ends", Dtype::U32, &v.terms.ends),
            array("terms", Dtype::U8, &v.terms.text),
            array("weights", Dtype::F32, weights),
        ];
        arrays[7].2 = vec![n_features, n_outputs];
        arrays.extend(glossary_arrays(self.tfidf.matcher().compiled()));
        arrays
    }
}

type NamedArray<'a> = (&'static str, Dtype, Vec<usize>, Cow<'a, [u8]>);

fn glossary_arrays(compiled: &Compiled) -> [NamedArray<'_>; 12] {
    let (concepts, words, trie) = (&compiled.concepts, &compiled.words, &compiled.trie);
    [
        array("concept_text", Dtype::U8, &concepts.text),
        array("concept_ends", Dtype::U32, &concepts.ends),
        array("concept_cells", Dtype::U32, &compiled.cells),
        array("form_ids", Dtype::U32, &compiled.form_ids),
        array("form_ends", Dtype::U32, &compiled.form_ends),
        array("word_text", Dtype::U8, &words.text),
        array("word_ends", Dtype::U32, &words.ends),
        array("word_marks", Dtype::U8, &compiled.word_marks),
        array("trie_bytes", Dtype::U8, &trie.bytes),
        array("trie_children", Dtype::U32, &trie.children),
        array("trie_form_ends", Dtype::U32, &trie.form_ends),
        array("trie_forms", Dtype::U32, &trie.forms),
    ]
}

/// Bytes of the file that are glossary: once, and again for the model of other languages.
pub(super) fn glossary_bytes(pipeline: &Pipeline) -> u64 {
    let arrays = glossary_arrays(pipeline.tfidf().matcher().compiled());
    let own: u64 = arrays.iter().map(|array| array.3.len() as u64).sum();
    own + pipeline.transfer().map_or(0, |(_, t)| glossary_bytes(t))
}

/// An array of one dimension, its numbers little endian.
fn array<'a, T: Pod>(name: &'static str, kind: Dtype, numbers: &'a [T]) -> NamedArray<'a> {
    let mut bytes = Cow::Borrowed(bytemuck::cast_slice::<T, u8>(numbers));
    if cfg!(target_endian = "big") {
        let each = bytes.to_mut().chunks_exact_mut(size_of::<T>());
        each.for_each(<[u8]>::reverse);
    }
    (name, kind, vec![numbers.len()], bytes)
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
