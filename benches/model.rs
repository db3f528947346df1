//! How long a model takes to load, checksum and all other checks included: the small one of tests/compat, and one of 100 MB made
//! from it with random weights. `cargo bench --bench model`
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use article_toolkit::pipeline::Pipeline;
use criterion::{Criterion, criterion_group, criterion_main};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

const DIGEST_MARK: &[u8] = b"{\\\"digest\\\":\\\"";
/// Terms of the large model: 100 MB with five labels.
const TERMS: u64 = 1_500_000;

fn compat() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/format2/model.safetensors")
}

fn bytes_of<T: bytemuck::Pod>(numbers: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(numbers).to_vec()
}

/// SplitMix64.
fn mixed(i: u64) -> u64 {
    let z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) | 1
}

/// The small model with a vocabulary of [`TERMS`] terms.
fn large(small: &[u8]) -> Vec<u8> {
    let (_, header) = SafeTensors::read_metadata(small).unwrap();
    let tensors = SafeTensors::deserialize(small).unwrap();
    let n_outputs = tensors.tensor("bias").unwrap().shape()[0];
    let slots = (2 * TERMS as usize).next_power_of_two();
    let (mut hashes, mut columns) = (vec![0_u64; slots], vec![0_u32; slots]);
    for column in 0..TERMS {
        let mut slot = mixed(column) as usize % slots;
        while hashes[slot] != 0 {
            slot = (slot + 1) % slots;
        }
        (hashes[slot], columns[slot]) = (mixed(column), column as u32);
    }
    let weight = |i: u64| (mixed(i) >> 40) as f32 / (1 << 24) as f32 - 0.5;
    let terms: String = (0..TERMS).map(|i| format!("{i:08}")).collect();
    let all = TERMS as u32;
    let mut arrays: HashMap<&str, (Dtype, Vec<usize>, Vec<u8>)> = HashMap::new();
    let n = TERMS as usize;
    let weights: Vec<f32> = (0..TERMS * n_outputs as u64).map(weight).collect();
    let ends: Vec<u32> = (1..=all).map(|i| 8 * i).collect();
    arrays.insert(
        "weights",
        (Dtype::F32, vec![n, n_outputs], bytes_of(&weights)),
    );
    arrays.insert("idf", (Dtype::F32, vec![n], bytes_of(&vec![1.5_f32; n])));
    arrays.insert("terms", (Dtype::U8, vec![terms.len()], terms.into_bytes()));
    arrays.insert("term_ends", (Dtype::U32, vec![n], bytes_of(&ends)));
    arrays.insert(
        "block_starts",
        (Dtype::U32, vec![6], bytes_of(&[0, all, all, all, all, all])),
    );
    arrays.insert("slot_hashes", (Dtype::U64, vec![slots], bytes_of(&hashes)));
    arrays.insert(
        "slot_columns",
        (Dtype::U32, vec![slots], bytes_of(&columns)),
    );
    let names = tensors.names();
    let views = names.iter().map(|name| {
        let view = arrays.get(*name).map_or_else(
            || tensors.tensor(name).unwrap(),
            |(dtype, shape, bytes)| TensorView::new(*dtype, shape.clone(), bytes).unwrap(),
        );
        (*name, view)
    });
    sealed(serialize(views, header.metadata().clone()).unwrap())
}

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mark = bytes
        .windows(DIGEST_MARK.len())
        .position(|w| w == DIGEST_MARK);
    let at = mark.unwrap() + DIGEST_MARK.len();
    bytes[at..at + 64].fill(b'0');
    let digest = blake3::hash(&bytes).to_hex();
    bytes[at..at + 64].copy_from_slice(digest.as_bytes());
    bytes
}

fn load(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.safetensors");
    let bytes = large(&std::fs::read(compat()).unwrap());
    std::fs::write(&path, &bytes).unwrap();
    let name = format!("load/{} MB", bytes.len() / 1_000_000);
    c.bench_function("load/small", |b| {
        b.iter(|| Pipeline::load(&compat()).unwrap())
    });
    c.bench_function(&name, |b| b.iter(|| Pipeline::load(&path).unwrap()));
    let read = std::fs::read(&path).unwrap();
    c.bench_function("blake3 of it, one thread", |b| {
        b.iter(|| blake3::hash(&read))
    });
}

criterion_group!(benches, load);
criterion_main!(benches);
