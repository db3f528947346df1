//! The 64-bit n-gram hash. It is part of the model file format and never changes within a format version.
//!
//! FNV-1a (Fowler, Noll, Vo; 64-bit offset basis and prime) over the block number as a byte, then the bytes of the term; then the
//! finaliser of MurmurHash3 (Appleby) to spread the low bits that pick a table slot. Zero marks an empty slot, so a hash of
//! zero becomes one.

use serde::{Deserialize, Serialize};

use super::Block;

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A hash under construction; cheap to copy, so that n-grams sharing a beginning share its work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TermHasher(u64);

/// How a hash keeps the blocks apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hashing {
    /// Models of formats 1 and 2: basis xor block number. The first byte of the term is joined by xor, too, so that the characters
    /// "hran" have the hash of the word "iran".
    Joined,
    /// The block number is a byte before the term.
    Apart,
}

impl Hashing {
    /// What models have that do not say.
    pub(super) fn first() -> Self {
        Self::Joined
    }

    /// Starts a term of `block`.
    pub(super) fn begin(self, block: Block) -> TermHasher {
        match self {
            Self::Joined => TermHasher(OFFSET_BASIS ^ block as u64),
            Self::Apart => {
                let mut hasher = TermHasher(OFFSET_BASIS);
                hasher.write(&[block as u8]);
                hasher
            }
        }
    }

    /// Hash of a whole term of `block`.
    pub(crate) fn term(self, block: Block, term: &str) -> u64 {
        let mut hasher = self.begin(block);
        hasher.write(term.as_bytes());
        hasher.finish()
    }
}

impl TermHasher {
    /// Appends bytes of the term.
    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }

    /// The finished hash, never zero.
    #[inline]
    pub(crate) fn finish(self) -> u64 {
        let mut h = self.0;
        h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (h ^ (h >> 33)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_frozen() {
        let joined = Hashing::Joined.term(Block::Words, "");
        assert_eq!(joined, 0xefd0_1f60_ba99_2926);
        let apart = Hashing::Apart.term(Block::Words, "");
        assert_eq!(apart, 0xb903_4ad3_7056_f5fb);
        assert_eq!(
            Hashing::Apart.term(Block::Characters, "گاز"),
            0x7127_63c7_0c73_ff66
        );
    }

    #[test]
    fn blocks_do_not_share_hashes() {
        let hash = |hashing: Hashing, block, term| hashing.term(block, term);
        for (word, characters) in [("iran", "hran"), ("1.5", "0.5"), ("gaz", "faz")] {
            let pair = |of| {
                (
                    hash(of, Block::Words, word),
                    hash(of, Block::Characters, characters),
                )
            };
            let (a, b) = pair(Hashing::Joined);
            assert_eq!(a, b, "old models: {word}");
            let (a, b) = pair(Hashing::Apart);
            assert_ne!(a, b, "{word}");
        }
    }
}
