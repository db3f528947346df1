//! Clitics and endings that may stand around a form in Arabic and Persian, from a table as `data/affixes.csv`.

use crate::features::roles::roles;
use crate::text::Lang;

/// What may surround a form of one language; every list is empty for languages whose forms carry stars instead.
#[derive(Debug, Default)]
pub(crate) struct Affixes {
    /// Article with its proclitics, longest first: stripped from forms and tokens alike.
    article: Vec<String>,
    /// Proclitics left in front of a token without article.
    proclitics: Vec<String>,
    /// Endings after a form.
    suffixes: Vec<String>,
    /// Endings after a form that lost its final h (ة, ه).
    feminine_suffixes: Vec<String>,
}

/// Shortest word, in characters, that takes an article, proclitics or endings: shorter ones fire on too many other words
/// (`إليه`, "to him", is not an article and `يه`).
const SHORTEST: usize = 3;

impl Affixes {
    /// The lists of one language.
    pub(crate) fn new(table: &str, lang: Lang) -> Self {
        let mut affixes = Self::default();
        for (role, forms) in roles(table, lang) {
            let mut forms: Vec<String> = forms.into_iter().map(str::to_owned).collect();
            forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            match role {
                "article" => affixes.article = forms,
                "proclitic" => affixes.proclitics = forms,
                "suffix" => affixes.suffixes = forms,
                _ => affixes.feminine_suffixes = forms,
            }
        }
        affixes
    }

    /// The key without its definite article and what is joined to it. Forms lose theirs the same way, so a word that
    /// merely begins with the same letters still meets itself.
    pub(crate) fn strip_article<'k>(&self, key: &'k str) -> &'k str {
        let rest = self
            .article
            .iter()
            .filter_map(|article| key.strip_prefix(article.as_str()));
        rest.filter(|rest| rest.chars().nth(SHORTEST - 1).is_some())
            .min_by_key(|rest| rest.len())
            .unwrap_or(key)
    }

    /// The part of a form that an inflected token still begins with: without its final h where endings replace it.
    pub(crate) fn stem<'k>(&self, form: &'k str) -> &'k str {
        let stem = form
            .strip_suffix('ه')
            .filter(|_| !self.feminine_suffixes.is_empty());
        stem.filter(|stem| stem.chars().count() >= SHORTEST)
            .unwrap_or(form)
    }

    /// What stands behind each proclitic that `token` (article stripped) begins with.
    pub(crate) fn behind_proclitics<'k>(&self, token: &'k str) -> impl Iterator<Item = &'k str> {
        let proclitics = self.proclitics.iter();
        proclitics.filter_map(|proclitic| token.strip_prefix(proclitic.as_str()))
    }

    /// True where `token` (article stripped) is `form` with allowed proclitics and endings.
    pub(crate) fn matches(&self, form: &str, star: bool, token: &str) -> bool {
        if self.continues(form, star, token) {
            return true;
        }
        form.chars().nth(SHORTEST - 1).is_some()
            && self
                .behind_proclitics(token)
                .any(|t| self.continues(form, star, t))
    }

    fn continues(&self, form: &str, star: bool, token: &str) -> bool {
        if let Some(rest) = token.strip_prefix(form) {
            if rest.is_empty() || star {
                return true;
            }
            if form.chars().nth(SHORTEST - 1).is_some() && has(&self.suffixes, rest) {
                return true;
            }
        }
        let stem = self.stem(form);
        stem.len() < form.len()
            && token
                .strip_prefix(stem)
                .is_some_and(|rest| has(&self.feminine_suffixes, rest))
    }
}

fn has(endings: &[String], rest: &str) -> bool {
    endings.iter().any(|ending| ending == rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureTables;

    fn matches(lang: Lang, form: &str, token: &str) -> bool {
        let affixes = Affixes::new(&FeatureTables::default().affixes, lang);
        affixes.matches(
            affixes.strip_article(form),
            false,
            affixes.strip_article(token),
        )
    }

    #[test]
    fn arabic_clitics() {
        for token in [
            "وزیر",
            "الوزیر",
            "والوزیر",
            "للوزیر",
            "بوزیر",
            "وزیرها",
            "ووزیر",
        ] {
            assert!(matches(Lang::Ar, "وزیر", token), "{token}");
        }
        for token in ["سفاره", "سفارات", "سفارتها", "بالسفاره", "وسفارات"]
        {
            assert!(matches(Lang::Ar, "سفاره", token), "{token}");
        }
        assert!(!matches(Lang::Ar, "نفط", "قنفط"));
        assert!(matches(Lang::Ar, "المانیا", "بالمانیا"));
        assert!(!matches(Lang::Ar, "کالیه", "الیه"));
    }

    #[test]
    fn persian_endings() {
        for token in ["پناهنده", "پناهندگان", "پناهندگی"] {
            assert!(matches(Lang::Fa, "پناهنده", token), "{token}");
        }
        for token in ["پالایشگاهها", "پالایشگاهی", "پالایشگاههای", "پالایشگاه"]
        {
            assert!(matches(Lang::Fa, "پالایشگاه", token), "{token}");
        }
        assert!(!matches(Lang::Fa, "نفت", "نفتکش"));
    }
}
