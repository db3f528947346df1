//! The phrase table of the cutter: what a line of the page says, and where in a line such a phrase stands.

use std::collections::{HashMap, HashSet};

use super::boilerplate_lines::{Line, prefix_end, suffix_start};
use crate::text::squeeze;

/// What a phrase stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Heading of a list of other articles.
    Related,
    /// Comment form, captcha, login.
    Form,
    /// Share buttons, print, font size, short link.
    Share,
    /// "Read more", "continue reading".
    More,
    /// Copyright and agency tails.
    Copyright,
    /// Tags and keywords.
    Tags,
    /// Name of an agency or a photographer alone on a line.
    Credit,
    /// Legal footnotes, calls to subscribe, messages of the page.
    Notice,
    /// Footnotes: only where the line begins with an asterisk.
    Footnote,
    /// "End of the item": what follows is no body.
    End,
    /// Phrase at the end of a line; only it goes, or the line where it stands alone.
    Tail,
    /// A place: closes the line below the title that names writer or desk and place.
    Byline,
}

impl Kind {
    const ALL: [(&'static str, Kind, &'static str); 12] = [
        ("related", Kind::Related, "heads a list of other articles"),
        ("form", Kind::Form, "belongs to a comment or login form"),
        (
            "share",
            Kind::Share,
            "belongs to the page's share and print buttons",
        ),
        ("more", Kind::More, "points to another page"),
        ("copyright", Kind::Copyright, "copyright or agency tail"),
        ("tags", Kind::Tags, "line of tags"),
        (
            "credit",
            Kind::Credit,
            "names an agency or a photographer, alone on its line",
        ),
        (
            "notice",
            Kind::Notice,
            "notice of the page, not of the article",
        ),
        ("footnote", Kind::Footnote, "legal footnote"),
        ("end", Kind::End, "says that the item ends here"),
        (
            "tail",
            Kind::Tail,
            "copyright or agency tail at the end of a line",
        ),
        (
            "byline",
            Kind::Byline,
            "names the writer or desk and the place",
        ),
    ];

    fn parse(name: &str) -> Option<Kind> {
        Kind::ALL
            .into_iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, kind, _)| kind)
    }

    pub(super) fn name(self) -> &'static str {
        Kind::ALL
            .into_iter()
            .find(|(_, kind, _)| *kind == self)
            .map_or("", |(name, ..)| name)
    }

    pub(super) fn why(self) -> &'static str {
        Kind::ALL
            .into_iter()
            .find(|(_, kind, _)| *kind == self)
            .map_or("", |(.., why)| why)
    }
}

/// Lines below the title that may name the writer.
const BYLINE_LINES: usize = 3;
/// Longest byline, in words.
const BYLINE_WORDS: usize = 6;
/// Most letters of a tail that goes on behind its phrase.
const TAIL_LETTERS: usize = 150;
/// Longest line that the start of a phrase can condemn, in words.
const PREFIX_WORDS: usize = 30;
/// Longer lines that end like a sentence are no heading, tag or share line, in words.
const SENTENCE_WORDS: usize = 12;

/// The phrases by how they match.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    exact: HashMap<String, Kind>,
    /// Bytes of the longest of them: a paragraph is none.
    longest: usize,
    prefixes: Vec<Prefix>,
    /// Phrases at the end of a line.
    tails: Vec<Tail>,
    /// Places at the end of a byline.
    places: HashSet<String>,
}

/// The start of a line of the page.
#[derive(Debug)]
struct Prefix {
    key: String,
    kind: Kind,
    /// A mark that has to follow: `Tags:` is a line of the page, `Tags` may begin a sentence.
    mark: Option<char>,
}

/// A phrase at the end of a line.
#[derive(Debug)]
struct Tail {
    key: String,
    /// More may follow it.
    open: bool,
    /// Stops have to stand before it.
    dotted: bool,
}

impl Phrases {
    /// Takes one line of the table: language, kind, phrase.
    pub(super) fn add(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let mut fields = line.split('\t');
        let (Some(_), Some(kind), Some(phrase), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err("expected three fields: language, kind, phrase".to_owned());
        };
        let kind = Kind::parse(kind).ok_or_else(|| format!("unknown kind {kind:?}"))?;
        let mut key = String::new();
        squeeze(phrase, &mut key);
        if key.is_empty() {
            return Err("the phrase has no letter".to_owned());
        }
        self.sort_in(kind, phrase, key);
        Ok(())
    }

    fn sort_in(&mut self, kind: Kind, phrase: &str, key: String) {
        let (start, open) = match phrase.strip_suffix('*') {
            Some(start) => (start, true),
            None => (phrase, false),
        };
        let mark = start.chars().next_back().filter(|c| matches!(c, ':' | '©'));
        let prefix = Prefix { key, kind, mark };
        match kind {
            Kind::Byline => drop(self.places.insert(prefix.key)),
            Kind::Tail => {
                let dotted = phrase.starts_with('.');
                self.tails.push(Tail {
                    key: prefix.key.clone(),
                    open,
                    dotted,
                });
                // Alone on its line it is a phrase like any other, unless it needs a sentence before it.
                if !dotted {
                    self.prefixes.push(prefix);
                }
            }
            _ if open => self.prefixes.push(prefix),
            _ => {
                self.longest = self.longest.max(prefix.key.len());
                self.exact.insert(prefix.key, kind);
            }
        }
    }

    /// What a line of the page is; `index` counts the lines that are not blank.
    pub(super) fn find(&self, line: &Line, index: usize, text: &str) -> Option<Kind> {
        if line.squeezed.len() <= self.longest
            && let Some(kind) = self.exact.get(&line.squeezed)
        {
            return Some(*kind);
        }
        let source = text.get(line.bytes.clone())?;
        if (1..=BYLINE_LINES).contains(&index) && self.is_byline(line, source) {
            return Some(Kind::Byline);
        }
        if index > 0 && is_signature(line, source) {
            return Some(Kind::Credit);
        }
        let begins = |prefix: &&Prefix| {
            line.squeezed.starts_with(prefix.key.as_str()) && prefix.fits(line, source)
        };
        let short = line.words <= PREFIX_WORDS;
        let hit = short.then(|| self.prefixes.iter().find(begins)).flatten();
        hit.map(|prefix| prefix.kind)
    }

    /// `الرياضي ـ جدة`: a few words, a dash between spaces, a known place.
    fn is_byline(&self, line: &Line, source: &str) -> bool {
        if self.places.is_empty() || !(3..=BYLINE_WORDS).contains(&line.words) {
            return false;
        }
        let dashes = [" ـ ", " - ", " – ", " — "];
        let parts = dashes.iter().find_map(|dash| source.rsplit_once(dash));
        parts.is_some_and(|(_, place)| {
            let mut key = String::new();
            squeeze(place, &mut key);
            self.places.contains(&key)
        })
    }

    /// Where a tail phrase begins that ends this line, in bytes of the text; initials of writers before it belong to it.
    pub(super) fn tail(&self, text: &str, line: &Line) -> Option<usize> {
        let source = text.get(line.bytes.clone())?;
        let starts = |tail: &Tail| {
            let at = suffix_start(source, tail.letters(&line.squeezed)?)?;
            tail.may_begin(source, at).then_some(at)
        };
        let at = self.tails.iter().find_map(starts)?;
        let before = source.get(..at)?.trim_end();
        let initials = before.rsplit([' ', '\u{A0}', '.']).next().unwrap_or("");
        let mut letters = initials.bytes();
        let signed = !initials.is_empty()
            && initials.len() <= 8
            && letters.all(|byte| byte.is_ascii_uppercase() || byte == b'/');
        Some(
            line.bytes.start
                + if signed {
                    before.len() - initials.len()
                } else {
                    at
                },
        )
    }
}

/// `© Roscosmos` under a picture, `— Name (@name)` under a tweet.
fn is_signature(line: &Line, source: &str) -> bool {
    let source = source.trim();
    let tweet = source.starts_with('—') && source.contains("(@") && source.ends_with(')');
    let short = line.words <= BYLINE_WORDS && !line.is_sentence();
    short && (source.starts_with('©') || tweet)
}

impl Prefix {
    /// The line is of the right form, and a word ends where the phrase does.
    fn fits(&self, line: &Line, source: &str) -> bool {
        let form = match self.kind {
            Kind::Footnote => line.starred,
            Kind::Credit => line.words <= BYLINE_WORDS && !line.is_sentence(),
            Kind::Related | Kind::More | Kind::Share | Kind::Tags => {
                line.words <= SENTENCE_WORDS || !line.is_sentence()
            }
            _ => true,
        };
        let end = prefix_end(source, self.key.chars().count());
        let rest = end.and_then(|at| source.get(at..)).unwrap_or("");
        let ends = match self.mark {
            Some(mark) => rest.trim_start().starts_with(mark),
            None => !rest.starts_with(|c: char| c.is_alphanumeric() || c == '\u{200C}'),
        };
        form && ends
    }
}

impl Tail {
    /// Letters from this phrase to the end of a line that does not begin with it.
    fn letters(&self, line: &str) -> Option<usize> {
        let at = if self.open {
            line.rfind(self.key.as_str())?
        } else {
            line.strip_suffix(self.key.as_str())?.len()
        };
        let letters = line.get(at..)?.chars().count();
        let most = TAIL_LETTERS.max(self.key.chars().count());
        (at > 0 && letters <= most).then_some(letters)
    }

    /// No word goes on into the phrase; a word of another script may be glued to it, as a mail address is.
    fn may_begin(&self, source: &str, at: usize) -> bool {
        let before = source.get(..at).unwrap_or("");
        if self.dotted {
            // What ends like a sentence is one.
            let sentence = self.open && source.trim_end().ends_with(['.', '"', '»']);
            return before.trim_end().ends_with(['.', '…']) && !sentence;
        }
        let script = |c: char| c.is_ascii();
        let first = source.get(at..).and_then(|tail| tail.chars().next());
        let last = before.chars().next_back();
        !last.zip(first).is_some_and(|(last, first)| {
            (last.is_alphanumeric() && script(last) == script(first)) || last == '\u{200C}'
        })
    }
}
