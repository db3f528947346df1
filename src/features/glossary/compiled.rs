//! A glossary as flat arrays: its concepts, its forms as text keys and the tries that find them. They stand in the model
//! file as they are, so a model is used without compiling anything.

use crate::mapped::{Array, Strings};
use crate::text::{Analyzer, Lang};

use super::affixes::Affixes;
use super::form::{Form, FormId, FormWord, forms_of};
use super::trie::{Patterns, Trie};
use super::{Concept, Glossary};

/// Strings of a concept in front of its forms: name, subject, kind, gloss.
const NAMES: usize = 4;
/// Bits of `word_marks`.
const STAR: u8 = 1;
const EXACT: u8 = 2;

/// A compiled glossary.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compiled {
    /// Name, subject, kind and gloss of every concept, then all forms as written.
    pub(crate) concepts: Strings,
    /// First form of each cell (concept by language) and, last, the number of forms.
    pub(crate) cells: Array<u32>,
    /// Concept, language and place in its cell of every form that holds a word.
    pub(crate) form_ids: Array<u32>,
    /// Where the words of each of these forms end in `words`.
    pub(crate) form_ends: Array<u32>,
    /// Their words as text keys.
    pub(crate) words: Strings,
    /// Of each word: 1 where any continuation fits, 2 where only this very key does.
    pub(crate) word_marks: Array<u8>,
    /// First words to forms.
    pub(crate) trie: Trie,
}

/// The words of all forms, taken once for many looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstWords<'c> {
    form_ends: &'c [u32],
    word_ends: &'c [u32],
    text: &'c [u8],
    marks: &'c [u8],
}

impl<'c> FirstWords<'c> {
    /// Number of the first word of a form.
    #[inline]
    pub(super) fn of(self, form: u32) -> usize {
        start(self.form_ends, form as usize)
    }

    /// Bytes and marks of a word: two words are the same where these are.
    #[inline]
    pub(super) fn key(self, word: usize) -> (&'c [u8], u8) {
        let end = self.word_ends[word] as usize;
        (
            &self.text[start(self.word_ends, word)..end],
            self.marks[word],
        )
    }
}

/// Where the part `i` of an array begins whose parts end at `ends`.
#[inline]
fn start(ends: &[u32], i: usize) -> usize {
    i.checked_sub(1).map_or(0, |before| ends[before] as usize)
}

/// What is wrong with a compiled glossary: which array, expected, found.
pub(super) type Fault = (&'static str, String, String);

impl Compiled {
    pub(super) fn new(glossary: &Glossary, analyzer: &Analyzer, affixes: &[Affixes; 6]) -> Self {
        Self::of_forms(glossary, &forms_of(glossary, analyzer, affixes), affixes)
    }

    /// `forms` are those of the glossary.
    pub(super) fn of_forms(glossary: &Glossary, forms: &[Form], affixes: &[Affixes; 6]) -> Self {
        let id = |form: &Form| [form.id.concept, form.id.lang as u32, form.id.form as u32];
        let words = || forms.iter().flat_map(Form::words);
        let mark = |word: FormWord<'_>| STAR * u8::from(word.star) + EXACT * u8::from(word.exact);
        let mut end = 0;
        let ends = forms.iter().map(|form| {
            end += form.words().len() as u32;
            end
        });
        Self {
            concepts: strings(glossary),
            cells: cells(glossary).into(),
            form_ids: forms.iter().flat_map(id).collect::<Vec<_>>().into(),
            form_ends: ends.collect::<Vec<_>>().into(),
            words: words().map(|word| word.text).collect(),
            word_marks: words().map(mark).collect::<Vec<_>>().into(),
            trie: Trie::new(&patterns(forms, affixes)),
        }
    }

    pub(super) fn n_concepts(&self) -> usize {
        self.cells.len() / Lang::ALL.len()
    }

    pub(super) fn n_forms(&self) -> usize {
        self.form_ends.len()
    }

    pub(super) fn name(&self, concept: u32) -> &str {
        self.string(concept, 0)
    }

    pub(super) fn subject(&self, concept: u32) -> &str {
        self.string(concept, 1)
    }

    pub(super) fn kind(&self, concept: u32) -> &str {
        self.string(concept, 2)
    }

    pub(super) fn gloss(&self, concept: u32) -> &str {
        self.string(concept, 3)
    }

    fn string(&self, concept: u32, which: usize) -> &str {
        self.concepts.get(NAMES * concept as usize + which)
    }

    /// The glossary it was compiled from.
    pub(super) fn glossary(&self) -> Glossary {
        let n = self.n_concepts();
        let cells = &*self.cells;
        let cell = |concept: u32, lang: usize| {
            let at = Lang::ALL.len() * concept as usize + lang;
            let forms = cells[at] as usize..cells[at + 1] as usize;
            forms
                .map(|f| self.concepts.get(NAMES * n + f).to_owned())
                .collect()
        };
        let concept = |c: u32| Concept {
            concept: self.name(c).to_owned(),
            subject: self.subject(c).to_owned(),
            kind: self.kind(c).to_owned(),
            gloss: self.gloss(c).to_owned(),
            forms: std::array::from_fn(|lang| cell(c, lang)),
        };
        Glossary {
            concepts: (0..n as u32).map(concept).collect(),
        }
    }

    pub(super) fn id(&self, form: u32) -> FormId {
        let at = 3 * form as usize;
        let ids = &self.form_ids[at..at + 3];
        FormId {
            concept: ids[0],
            lang: ids[1] as usize,
            form: ids[2] as usize,
        }
    }

    /// Words of a form, by number.
    pub(super) fn words(&self, form: u32) -> std::ops::Range<usize> {
        let ends = &*self.form_ends;
        let start = form
            .checked_sub(1)
            .map_or(0, |before| ends[before as usize]);
        start as usize..ends[form as usize] as usize
    }

    pub(super) fn word(&self, word: usize) -> FormWord<'_> {
        let marks = self.word_marks[word];
        FormWord {
            text: self.words.get(word),
            star: marks & STAR != 0,
            exact: marks & EXACT != 0,
        }
    }

    /// The first two bytes of a word, for a first look; none of a shorter word.
    pub(super) fn head(&self, word: usize) -> Option<[u8; 2]> {
        self.words.bytes(word).first_chunk().copied()
    }

    pub(super) fn first_words(&self) -> FirstWords<'_> {
        FirstWords {
            form_ends: &self.form_ends,
            word_ends: &self.words.ends,
            text: &self.words.text,
            marks: &self.word_marks,
        }
    }

    /// Bytes of all words of a form.
    pub(super) fn bytes(&self, form: u32) -> u32 {
        let (words, ends) = (self.words(form), &*self.words.ends);
        ends[words.end - 1] - words.start.checked_sub(1).map_or(0, |before| ends[before])
    }

    /// What is wrong with one read from a file.
    pub(crate) fn fault(&self) -> Option<(&'static str, String, String)> {
        let of = |name: &'static str, strings: &Strings| {
            let (expected, found) = strings.fault()?;
            Some((name, expected.to_owned(), found))
        };
        of("concept_text", &self.concepts)
            .or_else(|| of("word_text", &self.words))
            .or_else(|| self.cell_fault())
            .or_else(|| self.form_fault())
            .or_else(|| self.trie.fault(self.n_forms()))
    }

    fn cell_fault(&self) -> Option<Fault> {
        let cells = &*self.cells;
        let forms = self.concepts.len().checked_sub(NAMES * self.n_concepts());
        let covered = cells.len() % Lang::ALL.len() == 1
            && cells[0] == 0
            && cells.is_sorted()
            && cells.last().map(|&last| last as usize) == forms;
        let expected = "six ascending cells a concept that hold all forms";
        (!covered).then(|| {
            (
                "concept_cells",
                expected.to_owned(),
                format!("{} ends", cells.len()),
            )
        })
    }

    fn form_fault(&self) -> Option<Fault> {
        let (ids, ends, n) = (&*self.form_ids, &*self.form_ends, self.words.len());
        let each_has_words = ends.first() != Some(&0) && ends.windows(2).all(|w| w[0] < w[1]);
        if !each_has_words
            || ends.last().map_or(0, |&end| end as usize) != n
            || self.word_marks.len() != n
        {
            let found = format!(
                "{} forms, {n} words, {} marks",
                ends.len(),
                self.word_marks.len()
            );
            return Some(("form_ends", "a word or more in each form".to_owned(), found));
        }
        let expected = "a form of the glossary".to_owned();
        if ids.len() != 3 * ends.len() {
            return Some(("form_ids", expected, format!("{} numbers", ids.len())));
        }
        let outside = ids.chunks_exact(3).find(|id| !self.has(id))?;
        Some(("form_ids", expected, format!("{outside:?}")))
    }

    /// True for concept, language and place of a form that stands in a cell.
    fn has(&self, id: &[u32]) -> bool {
        let (langs, lang) = (Lang::ALL.len() as u64, u64::from(id[1]));
        let at = usize::try_from(langs * u64::from(id[0]) + lang).unwrap_or(usize::MAX - 1);
        let ends = self.cells.get(at).zip(self.cells.get(at + 1));
        lang < langs && ends.is_some_and(|(start, end)| id[2] < end - start)
    }
}

fn strings(glossary: &Glossary) -> Strings {
    let names = glossary.concepts.iter();
    let names = names.flat_map(|c| [&c.concept, &c.subject, &c.kind, &c.gloss]);
    let forms = glossary
        .concepts
        .iter()
        .flat_map(|c| c.forms.iter().flatten());
    names.chain(forms).collect()
}

fn cells(glossary: &Glossary) -> Vec<u32> {
    let mut cells = vec![0];
    let mut end = 0;
    for cell in glossary.concepts.iter().flat_map(|concept| &concept.forms) {
        end += cell.len() as u32;
        cells.push(end);
    }
    cells
}

/// What every word that may begin a form holds once article and proclitics are gone, with the forms, longest first.
fn patterns(forms: &[Form], affixes: &[Affixes; 6]) -> [Patterns; 6] {
    let mut patterns: [Patterns; 6] = Default::default();
    for (i, form) in (0_u32..).zip(forms) {
        let lang = form.id.lang;
        if let Some(first) = form.words().next() {
            let pattern = first.pattern(&affixes[lang]).to_owned();
            patterns[lang].entry(pattern).or_default().push(i);
        }
    }
    let length = |form: &Form| {
        let bytes: usize = form.words().map(|word| word.text.len()).sum();
        (form.words().len(), bytes)
    };
    for ids in patterns.iter_mut().flat_map(|own| own.values_mut()) {
        ids.sort_by_key(|&i| std::cmp::Reverse(length(&forms[i as usize])));
    }
    patterns
}
