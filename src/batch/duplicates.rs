//! Which articles have the same words as an earlier one.

use std::collections::{HashMap, VecDeque};

/// What is remembered of one article beside its id, in bytes: key, queue entry, table entry.
const ENTRY: usize = 64;
/// Memory for remembered articles. With ids of 40 bytes this is about 300,000 articles.
const CAPACITY: usize = 32 << 20;

/// The latest distinct articles, as many as fit; the oldest is forgotten first. What is found depends on the order of the
/// articles alone.
#[derive(Debug)]
pub struct Duplicates {
    first: HashMap<u64, Box<str>>,
    order: VecDeque<u64>,
    bytes: usize,
    capacity: usize,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl Duplicates {
    /// Remembers articles in about `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            first: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            capacity,
        }
    }

    /// The id of the earlier article with this text key, or `None`; then the article is remembered.
    pub fn seen(&mut self, text_key: &str, id: &str) -> Option<String> {
        let key = u64::from_str_radix(text_key, 16).ok()?;
        if let Some(first) = self.first.get(&key) {
            return Some(first.to_string());
        }
        self.first.insert(key, id.into());
        self.order.push_back(key);
        self.bytes += ENTRY + id.len();
        while self.bytes > self.capacity {
            self.forget();
        }
        None
    }

    fn forget(&mut self) {
        let oldest = self
            .order
            .pop_front()
            .and_then(|key| self.first.remove(&key));
        match oldest {
            Some(id) => self.bytes -= ENTRY + id.len(),
            None => self.bytes = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_named_until_it_is_forgotten() {
        let mut duplicates = Duplicates::new(2 * (ENTRY + 1));
        assert_eq!(duplicates.seen("0a", "a"), None);
        assert_eq!(duplicates.seen("0a", "b"), Some("a".to_owned()));
        assert_eq!(duplicates.seen("0b", "c"), None);
        assert_eq!(duplicates.seen("0c", "d"), None);
        assert_eq!(duplicates.seen("0b", "e"), Some("c".to_owned()));
        assert_eq!(duplicates.seen("0a", "f"), None);
        assert_eq!(duplicates.first.len(), 2);
    }
}
