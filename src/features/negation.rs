//! Whether a concept is negated where it stands, from a table as `data/negation.csv`.
//!
//! Three signs, by language: a word shortly before (`не поддерживает`, `لم يدعم`), a word shortly after (`حمایت نکرد`, `destek
//! değil`), an infix of the verb itself (`desteklemiyor`). All stay within the sentence.

use std::ops::Range;

use crate::text::{Analyzer, Lang, Scratch, Token};

use super::roles::roles;
use super::tokens::TokenBuffer;

/// Tokens looked at before a hit: a particle stands next to its verb, or one word away.
const BEFORE: usize = 2;
/// Tokens looked at after a hit: Persian puts the verb last.
const AFTER: usize = 3;
/// An infix stands behind a stem of at least so many bytes.
const STEM: usize = 3;

/// A key, or the beginning of one.
#[derive(Debug)]
struct Sign {
    text: String,
    star: bool,
}

impl Sign {
    fn fits(&self, key: &str) -> bool {
        self.text == key || (self.star && key.starts_with(&self.text))
    }
}

#[derive(Debug, Default)]
struct Rules {
    before: Vec<Sign>,
    after: Vec<Sign>,
    inside: Vec<String>,
}

/// The signs of negation of every language.
#[derive(Debug)]
pub(crate) struct Negation([Rules; 6]);

impl Negation {
    /// Reads the table; its words become text keys as the words of an article do.
    pub(crate) fn new(table: &str, analyzer: &Analyzer) -> Self {
        Self(Lang::ALL.map(|lang| rules(table, lang, analyzer)))
    }

    /// True where the tokens of a hit are negated.
    pub(crate) fn negates(&self, tokens: &TokenBuffer, hit: &Range<usize>) -> bool {
        let Some(lang) = Lang::ALL.iter().position(|l| Some(*l) == tokens.lang) else {
            return false;
        };
        let rules = &self.0[lang];
        let is = |signs: &[Sign], i: usize| {
            let key = tokens.key(i);
            signs.iter().any(|sign| sign.fits(key))
        };
        let first = hit.start.saturating_sub(BEFORE);
        let mut before = (first..hit.start).rev().take_while(|&i| tokens.adjacent(i));
        let last = (hit.end + AFTER).min(tokens.len());
        let mut after = (hit.end..last).take_while(|&i| tokens.adjacent(i - 1));
        before.any(|i| is(&rules.before, i))
            || after.any(|i| is(&rules.after, i))
            || hit.clone().any(|i| infixed(&rules.inside, tokens.key(i)))
    }
}

fn infixed(infixes: &[String], key: &str) -> bool {
    infixes
        .iter()
        .filter_map(|infix| key.rfind(infix.as_str()))
        .any(|at| at >= STEM)
}

fn rules(table: &str, lang: Lang, analyzer: &Analyzer) -> Rules {
    let mut rules = Rules::default();
    for (role, forms) in roles(table, lang) {
        let forms = forms.into_iter();
        match role {
            "before" => rules.before = forms.map(|f| sign(f, lang, analyzer)).collect(),
            "after" => rules.after = forms.map(|f| sign(f, lang, analyzer)).collect(),
            _ => rules.inside = forms.map(|f| sign(f, lang, analyzer).text).collect(),
        }
    }
    rules
}

fn sign(form: &str, lang: Lang, analyzer: &Analyzer) -> Sign {
    let plain = form.trim_end_matches('*');
    let mut text = String::new();
    let all = 0..plain.len();
    analyzer.for_each_token(
        plain,
        std::slice::from_ref(&all),
        lang,
        &mut Scratch::default(),
        &mut |token: Token<'_>| text.push_str(token.key),
    );
    Sign {
        text,
        star: plain.len() < form.len(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::features::FeatureTables;
    use crate::text::AnalyzerSpec;

    /// Whether the only token whose text begins with `word` is negated.
    fn negated(text: &str, word: &str, lang: Lang) -> bool {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let mut tokens = TokenBuffer::default();
        let all = 0..text.len();
        tokens.fill(&analyzer, text, std::slice::from_ref(&all), lang);
        let at = |i: &usize| text[tokens.bytes(*i)].starts_with(word);
        let hit = (0..tokens.len()).find(at).unwrap();
        Negation::new(&FeatureTables::default().negation, &analyzer)
            .negates(&tokens, &(hit..hit + 1))
    }

    #[test]
    fn every_language_has_its_signs() {
        assert!(negated("دولت از این طرح حمایت نکرد", "حمایت", Lang::Fa));
        assert!(negated("عدم همکاری دو کشور", "همکاری", Lang::Fa));
        assert!(!negated("دولت از این طرح حمایت کرد", "حمایت", Lang::Fa));
        assert!(negated("الحكومة لم تدعم الخطة", "تدعم", Lang::Ar));
        assert!(!negated("الحكومة تدعم الخطة", "تدعم", Lang::Ar));
        assert!(negated("страна не поддержала план", "поддержала", Lang::Ru));
        assert!(negated(
            "hükümet planı desteklemiyor",
            "desteklemiyor",
            Lang::Tr
        ));
        assert!(!negated(
            "hükümet planı destekliyor",
            "destekliyor",
            Lang::Tr
        ));
        assert!(negated(
            "dövlət bu planı dəstəkləmir",
            "dəstəkləmir",
            Lang::Az
        ));
        assert!(negated(
            "they did not support the plan",
            "support",
            Lang::En
        ));
        assert!(!negated("they support the plan", "support", Lang::En));
    }

    #[test]
    fn a_sentence_end_stops_the_search() {
        assert!(!negated(
            "They said no. Support is growing",
            "Support",
            Lang::En
        ));
    }

    #[test]
    fn every_form_of_the_table_is_one_key() {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        for rules in Negation::new(&FeatureTables::default().negation, &analyzer).0 {
            for sign in rules.before.iter().chain(&rules.after) {
                assert!(
                    !sign.text.is_empty() && !sign.text.contains(' '),
                    "{sign:?}"
                );
            }
        }
    }
}
