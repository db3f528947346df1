//! Byte tries of the first words of all forms, one a language, as flat arrays that stand in the model file.
//!
//! Nodes are numbered breadth first over all six tries: 0 to 5 are the roots, and the children of a node stand side by
//! side, by byte. A word meets every pattern it begins with in one walk that ends where no child goes on.

use std::collections::BTreeMap;

use crate::mapped::Array;
use crate::text::Lang;

/// Patterns of one language, each with its forms.
pub(super) type Patterns = BTreeMap<String, Vec<u32>>;

/// The tries of all languages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trie {
    /// The byte that leads into each node; 0 for the roots. Length n_nodes.
    pub(crate) bytes: Array<u8>,
    /// First child of each node and, last, n_nodes.
    pub(crate) children: Array<u32>,
    /// Where the forms of each node end in `forms`. Length n_nodes.
    pub(crate) form_ends: Array<u32>,
    /// The forms whose pattern ends in a node, longest first.
    pub(crate) forms: Array<u32>,
}

/// The arrays of a [`Trie`], taken once for many walks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walks<'t> {
    bytes: &'t [u8],
    children: &'t [u32],
    form_ends: &'t [u32],
    forms: &'t [u32],
}

impl Trie {
    pub(super) fn new(patterns: &[Patterns; 6]) -> Self {
        let sorted = patterns.each_ref().map(|p| p.iter().collect::<Vec<_>>());
        let (mut bytes, mut children) = (vec![0; Lang::ALL.len()], Vec::new());
        let (mut form_ends, mut forms) = (Vec::new(), Vec::new());
        // Of each node: its language, its patterns, the bytes they share.
        let mut nodes: Vec<_> = (0..sorted.len())
            .map(|l| (l, 0..sorted[l].len(), 0))
            .collect();
        let mut at = 0;
        while let Some((lang, own, depth)) = nodes.get(at).cloned() {
            at += 1;
            children.push(nodes.len() as u32);
            let mut start = own.start;
            if let Some((_, here)) = sorted[lang][own.clone()]
                .first()
                .filter(|p| p.0.len() == depth)
            {
                forms.extend_from_slice(here);
                start += 1;
            }
            form_ends.push(forms.len() as u32);
            let byte = |pattern: &str| pattern.as_bytes()[depth];
            for group in sorted[lang][start..own.end].chunk_by(|a, b| byte(a.0) == byte(b.0)) {
                bytes.push(byte(group[0].0));
                nodes.push((lang, start..start + group.len(), depth + 1));
                start += group.len();
            }
        }
        children.push(nodes.len() as u32);
        Self {
            bytes: bytes.into(),
            children: children.into(),
            form_ends: form_ends.into(),
            forms: forms.into(),
        }
    }

    pub(super) fn walks(&self) -> Walks<'_> {
        Walks {
            bytes: &self.bytes,
            children: &self.children,
            form_ends: &self.form_ends,
            forms: &self.forms,
        }
    }

    /// What is wrong with a trie read from a file of `n_forms` forms: array, expected, found.
    pub(super) fn fault(&self, n_forms: usize) -> Option<(&'static str, String, String)> {
        let Walks {
            bytes,
            children,
            form_ends,
            forms,
        } = self.walks();
        let n = bytes.len();
        let fault =
            |array, expected: &str, found: String| Some((array, expected.to_owned(), found));
        if n < Lang::ALL.len() || children.len() != n + 1 || form_ends.len() != n {
            let found = format!("{n}, {} and {}", children.len(), form_ends.len());
            return fault(
                "trie_bytes",
                "as many nodes in all arrays, the roots among them",
                found,
            );
        }
        let after = |i: &usize| children[*i] as usize > *i && children[*i] <= children[i + 1];
        if let Some(i) = (0..n).find(|i| !after(i)) {
            return fault(
                "trie_children",
                "children behind their parent, ascending",
                format!("{} at {i}", children[i]),
            );
        }
        if children[0] as usize != Lang::ALL.len() || children[n] as usize != n {
            return fault(
                "trie_children",
                "every node to have a parent",
                format!("{} to {}", children[0], children[n]),
            );
        }
        if !form_ends.is_sorted() || form_ends[n - 1] as usize != forms.len() {
            return fault(
                "trie_form_ends",
                "ascending ends",
                format!("{:?} last", form_ends.last()),
            );
        }
        let outside = forms.iter().find(|&&form| form as usize >= n_forms)?;
        fault(
            "trie_forms",
            &format!("below {n_forms}"),
            outside.to_string(),
        )
    }
}

impl<'t> Walks<'t> {
    /// Calls `found` with the forms of every pattern that `word` begins with, the shortest first.
    #[inline]
    pub(super) fn prefixes(self, lang: usize, word: &str, mut found: impl FnMut(&'t [u32])) {
        let mut node = lang;
        for byte in word.bytes() {
            let first = self.children[node] as usize;
            let own = &self.bytes[first..self.children[node + 1] as usize];
            let Ok(child) = own.binary_search(&byte) else {
                return;
            };
            node = first + child;
            let forms =
                &self.forms[self.form_ends[node - 1] as usize..self.form_ends[node] as usize];
            if !forms.is_empty() {
                found(forms);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie() -> Trie {
        let mut patterns: [Patterns; 6] = Default::default();
        for (lang, pattern, form) in [(0, "گاز", 3), (0, "گا", 1), (5, "gas", 0), (5, "oil", 2)]
        {
            patterns[lang]
                .entry(pattern.to_owned())
                .or_default()
                .push(form);
        }
        Trie::new(&patterns)
    }

    fn found(trie: &Trie, lang: usize, word: &str) -> Vec<u32> {
        let mut found = Vec::new();
        trie.walks()
            .prefixes(lang, word, |forms| found.extend_from_slice(forms));
        found
    }

    #[test]
    fn every_pattern_a_word_begins_with_is_found_in_its_language_only() {
        let trie = trie();
        assert_eq!(trie.fault(4), None);
        assert_eq!(found(&trie, 0, "گازها"), [1, 3]);
        assert_eq!(found(&trie, 5, "gas"), [0]);
        assert_eq!(found(&trie, 5, "ga"), [0; 0]);
        assert_eq!(found(&trie, 1, "گاز"), [0; 0]);
    }

    #[test]
    fn tries_that_would_not_end_or_leave_their_arrays_are_refused() {
        type Spoil = fn(&mut Trie);
        let spoils: [Spoil; 5] = [
            |t| t.children = vec![0; t.children.len()].into(),
            |t| t.children = t.children[1..].to_vec().into(),
            |t| t.form_ends = vec![9; t.form_ends.len()].into(),
            |t| t.forms = vec![4; t.forms.len()].into(),
            |t| t.bytes = vec![1, 2].into(),
        ];
        for (i, spoil) in spoils.iter().enumerate() {
            let mut trie = trie();
            spoil(&mut trie);
            assert!(trie.fault(4).is_some(), "{i}");
        }
    }
}
