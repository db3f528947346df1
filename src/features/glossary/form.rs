//! The forms of a glossary as words of text keys.

use crate::text::{Analyzer, Lang, Scratch, Token};

use super::Glossary;
use super::affixes::Affixes;

/// The place of a form in a glossary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormId {
    /// Index of the concept.
    pub concept: u32,
    /// Index of the language in [`Lang::ALL`].
    pub lang: usize,
    /// Index of the form in its cell.
    pub form: usize,
}

/// One word of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FormWord<'f> {
    /// Text key; without its article unless `exact`.
    pub(super) text: &'f str,
    /// Any continuation fits.
    pub(super) star: bool,
    /// Only this very key fits, article and clitics included.
    pub(super) exact: bool,
}

impl<'f> FormWord<'f> {
    pub(super) fn fits(self, affixes: &Affixes, key: &str) -> bool {
        if self.exact {
            return self.text == key;
        }
        affixes.matches(self.text, self.star, affixes.strip_article(key))
    }

    /// What every key that fits holds once its article is gone.
    pub(super) fn pattern(self, affixes: &Affixes) -> &'f str {
        if self.exact {
            affixes.strip_article(self.text)
        } else {
            affixes.stem(self.text)
        }
    }
}

/// A form whose words are text keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) id: FormId,
    /// Text, star, exact of each word; at least one.
    words: Vec<(String, bool, bool)>,
}

impl Form {
    pub(super) fn words(&self) -> impl ExactSizeIterator<Item = FormWord<'_>> {
        self.words.iter().map(|(text, star, exact)| FormWord {
            text,
            star: *star,
            exact: *exact,
        })
    }

    /// True where a word goes on as it likes that `other`, of as many words, has without star.
    pub(super) fn goes_on_where(&self, other: &Self) -> bool {
        let mut pairs = self.words().zip(other.words());
        pairs.any(|(own, other)| own.star && !other.star)
    }
}

/// All forms that hold a word, in glossary order; they become text keys by the analyzer that will read the articles.
pub(super) fn forms_of(
    glossary: &Glossary,
    analyzer: &Analyzer,
    affixes: &[Affixes; 6],
) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut scratch = Scratch::default();
    for (concept, row) in (0_u32..).zip(&glossary.concepts) {
        for (lang, cell) in row.forms.iter().enumerate() {
            for (form, text) in cell.iter().enumerate() {
                let (id, affixes) = (
                    FormId {
                        concept,
                        lang,
                        form,
                    },
                    &affixes[lang],
                );
                let words = words_of(text, Lang::ALL[lang], analyzer, affixes, &mut scratch);
                if !words.is_empty() {
                    forms.push(Form { id, words });
                }
            }
        }
    }
    forms
}

/// Text keys of a form. The analyzer may join words (`علی اف`), so a key carries a star where the written word that
/// ends at its end had one. A form that begins with `=` is exact.
fn words_of(
    form: &str,
    lang: Lang,
    analyzer: &Analyzer,
    affixes: &Affixes,
    scratch: &mut Scratch,
) -> Vec<(String, bool, bool)> {
    let exact = form.starts_with('=');
    let (mut plain, mut stars) = (String::with_capacity(form.len()), Vec::new());
    for c in form.trim_start_matches('=').chars() {
        if c == '*' {
            stars.push(plain.len());
        } else {
            plain.push(c);
        }
    }
    let mut words = Vec::new();
    let all = std::slice::from_ref(&(0..plain.len())).to_vec();
    analyzer.for_each_token(&plain, &all, lang, scratch, &mut |token: Token<'_>| {
        let text = if exact {
            token.key
        } else {
            affixes.strip_article(token.key)
        };
        words.push((text.to_owned(), stars.contains(&token.bytes.end), exact));
    });
    words
}
