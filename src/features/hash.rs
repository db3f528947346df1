//! The 64-bit n-gram hash. It is part of the model file format and never changes within a format version.
//!
//! FNV-1a over the bytes of the term (Fowler, Noll, Vo; 64-bit offset basis and prime), started from the basis xor the
//! block number, then the finaliser of MurmurHash3 (Appleby) to spread the low bits that pick a table slot.
//! Zero marks an empty slot, so a hash of zero becomes one.

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A hash under construction; cheap to copy, so that n-grams sharing a beginning share its work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TermHasher(u64);

impl TermHasher {
    /// Starts a term of block number `block`.
    pub(crate) fn new(block: u8) -> Self {
        Self(OFFSET_BASIS ^ u64::from(block))
    }

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

/// Hash of a whole term of a block.
pub(crate) fn hash_term(block: u8, term: &str) -> u64 {
    let mut hasher = TermHasher::new(block);
    hasher.write(term.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_frozen() {
        assert_eq!(hash_term(0, ""), 0xefd0_1f60_ba99_2926);
        assert_eq!(hash_term(0, "گاز"), hash_term(0, "گاز"));
        assert_ne!(hash_term(0, "گاز"), hash_term(1, "گاز"));
    }
}
