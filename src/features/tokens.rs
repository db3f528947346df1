//! The tokens of one document, flat and reused from document to document.

use std::ops::Range;

use crate::text::{Analyzer, Lang, Outlet, Scratch, Token};

/// The words of one document by their numbers in a [`Scratch`]; no allocation per token.
#[derive(Debug, Default)]
pub(crate) struct TokenBuffer {
    entries: Vec<Entry>,
    scratch: Scratch,
    /// Language the tokens were made with.
    pub(crate) lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    word: u32,
    bytes: (u32, u32),
    position: u32,
    masked: bool,
}

impl TokenBuffer {
    /// Replaces the content by the tokens of the kept ranges of `text`.
    pub(crate) fn fill(
        &mut self,
        analyzer: &Analyzer,
        text: &str,
        kept: &[Range<usize>],
        lang: Lang,
    ) {
        self.entries.clear();
        self.lang = Some(lang);
        let entries = &mut self.entries;
        analyzer.for_each_token(text, kept, lang, &mut self.scratch, &mut |token: Token<
            '_,
        >| {
            entries.push(Entry {
                word: token.word,
                bytes: (token.bytes.start as u32, token.bytes.end as u32),
                position: token.position,
                masked: token.masked,
            });
        });
    }

    /// The first agency that the document names as its source.
    pub(crate) fn first_outlet(&self) -> Option<Outlet> {
        self.scratch.first_outlet()
    }

    /// Working space, for other texts of the same language; after that, keys and stems may be gone.
    pub(crate) fn scratch(&mut self) -> &mut Scratch {
        &mut self.scratch
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Number of the word that token `i` is: the same for the same key and stem of its language.
    pub(crate) fn word(&self, i: usize) -> u32 {
        self.entries[i].word
    }

    /// The numbers of words mean what they did as long as this stays as it is.
    pub(crate) fn generation(&self) -> u64 {
        self.lang.map_or(0, |lang| self.scratch.generation(lang))
    }

    /// Text key of token `i`.
    pub(crate) fn key(&self, i: usize) -> &str {
        let word = self.entries[i].word;
        self.lang.map_or("", |lang| self.scratch.key(lang, word))
    }

    /// Stem of token `i`.
    pub(crate) fn stem(&self, i: usize) -> &str {
        let word = self.entries[i].word;
        self.lang.map_or("", |lang| self.scratch.stem(lang, word))
    }

    /// Where token `i` stands in the text.
    pub(crate) fn bytes(&self, i: usize) -> Range<usize> {
        let (start, end) = self.entries[i].bytes;
        start as usize..end as usize
    }

    /// True where token `i` is hidden from the features.
    pub(crate) fn masked(&self, i: usize) -> bool {
        self.entries[i].masked
    }

    /// True where token `i + 1` follows token `i` in the same sentence and neither is hidden.
    pub(crate) fn adjacent(&self, i: usize) -> bool {
        let (Some(a), Some(b)) = (self.entries.get(i), self.entries.get(i + 1)) else {
            return false;
        };
        b.position == a.position + 1 && !a.masked && !b.masked
    }

    /// Byte ranges of the sentences, with the marks that stand right before and after their words.
    pub(crate) fn sentences(&self, text: &str) -> Vec<Range<usize>> {
        let ends = |i: &usize| {
            self.entries
                .get(i + 1)
                .is_none_or(|next| next.position != self.entries[*i].position + 1)
        };
        let mut first = 0;
        let mut sentences = Vec::new();
        for last in (0..self.len()).filter(ends) {
            sentences.push(self.with_marks(text, first, last));
            first = last + 1;
        }
        sentences
    }

    /// Bytes of tokens `first..=last`, stretched to the next blank or token on both sides.
    fn with_marks(&self, text: &str, first: usize, last: usize) -> Range<usize> {
        let before = first.checked_sub(1).map_or(0, |i| self.bytes(i).end);
        let after = self
            .entries
            .get(last + 1)
            .map_or(text.len(), |next| next.bytes.0 as usize);
        let (start, end) = (self.bytes(first).start, self.bytes(last).end);
        let marks = |part: &str| part.find(char::is_whitespace).unwrap_or(part.len());
        let head = text.get(before..start).unwrap_or("");
        let kept = head
            .rfind(char::is_whitespace)
            .map(|at| head[at..].trim_start())
            .or((first == 0).then_some(head))
            .unwrap_or("");
        let tail = text.get(end..after).unwrap_or("");
        start - kept.len()..end + marks(tail)
    }
}
