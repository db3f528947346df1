//! Cuts what is not the article out of its plain text, with a receipt for every cut.
//!
//! Web pages saved as text carry comment forms, lists of other articles, share lines and copyright tails; a model would
//! learn the neighbours' headlines. Phrases are data (`data/text/v1/boilerplate.tsv`), what follows a list's heading is
//! decided by the form of its lines. Losing a paragraph of a body is worse than keeping a line of the page.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    boilerplate_lines::{Line, is_torn, read_lines},
    boilerplate_phrases::{Kind, Phrases},
    boilerplate_repeated::Repeated,
    boilerplate_title::{NEAR_TITLE, Repeat, repeat_of},
};

/// What the cleaner cuts, as data: stored in the model file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanerSpec {
    /// Version of the rules that are code.
    pub rules: u32,
    /// Phrases, one `language TAB kind TAB phrase` a line; a phrase that ends in `*` matches the start of a line. Empty:
    /// nothing is cut, by no rule.
    pub phrases: String,
}

/// Version of the cutting rules that are code.
const RULES: u32 = 1;

impl Default for CleanerSpec {
    fn default() -> Self {
        Self {
            rules: RULES,
            phrases: include_str!("../../data/text/v1/boilerplate.tsv").to_owned(),
        }
    }
}

/// Errors of building a [`Cleaner`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CleanerError {
    /// The spec was written for rules this program does not have.
    #[error(
        "boilerplate rules of version {0} are not known to this program (it knows 1 to {RULES})"
    )]
    UnknownRules(u32),
    /// A line of the phrase table has another form.
    #[error("boilerplate phrases, line {line}: {problem}")]
    BadPhrase {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// One piece cut out of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// What was cut, in bytes of the text as read.
    pub bytes: Range<usize>,
    /// Name of the rule: `related`, `form`, `share`, `more`, `copyright`, ...
    pub rule: String,
    /// Why, in words.
    pub why: String,
}

/// What the cleaner found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cleaned {
    /// The pieces cut, sorted, not overlapping.
    pub cuts: Vec<Cut>,
    /// The rest, sorted, not overlapping, without empty ranges. Neighbours may touch: no word goes across their border.
    pub kept: Vec<Range<usize>>,
}

impl Cleaned {
    /// The article without its cuts.
    pub fn text(&self, source: &str) -> String {
        self.kept
            .iter()
            .filter_map(|range| source.get(range.clone()))
            .collect()
    }
}

/// Cuts boilerplate; built once, shared by all threads.
#[derive(Debug)]
pub struct Cleaner {
    phrases: Phrases,
    repeated: Repeated,
    /// The spec has no phrases: nothing is cut.
    off: bool,
}

impl Default for Cleaner {
    fn default() -> Self {
        Self::new(&CleanerSpec::default()).unwrap_or_else(|_| Self {
            phrases: Phrases::default(),
            repeated: Repeated::default(),
            off: true,
        })
    }
}

impl Cleaner {
    /// Builds the cleaner a spec describes.
    ///
    /// # Errors
    /// [`CleanerError`] for a newer spec or a malformed phrase line.
    pub fn new(spec: &CleanerSpec) -> Result<Self, CleanerError> {
        if spec.rules == 0 || spec.rules > RULES {
            return Err(CleanerError::UnknownRules(spec.rules));
        }
        let mut cleaner = Self {
            phrases: Phrases::default(),
            repeated: Repeated::default(),
            off: spec.phrases.is_empty(),
        };
        for (index, line) in spec.phrases.lines().enumerate() {
            cleaner
                .phrases
                .add(line)
                .map_err(|problem| CleanerError::BadPhrase {
                    line: index + 1,
                    problem,
                })?;
        }
        Ok(cleaner)
    }

    /// This cleaner, which also cuts the lines that stand in many articles of the input.
    #[must_use]
    pub fn with_repeated(self, repeated: Repeated) -> Self {
        Self { repeated, ..self }
    }

    /// Finds what is not the article in `text`.
    ///
    /// The first line is never cut but for a script: it is the title.
    pub fn clean(&self, text: &str) -> Cleaned {
        let lines = if self.off {
            Vec::new()
        } else {
            read_lines(text)
        };
        let findings = (0..lines.len()).map(|index| self.finding(&lines, index, text));
        let mut found: Vec<Option<Finding>> = findings.collect();
        if let Some(first @ Some(Finding::Phrase(_) | Finding::Repeated(_))) = found.first_mut() {
            *first = None;
        }
        // From the last heading up, so that a list may hold the heading of another.
        for index in (0..lines.len()).rev() {
            if let Some(Finding::Phrase(kind @ (Kind::Related | Kind::End | Kind::Form))) =
                found[index]
            {
                mark_list(&lines, &mut found, index, kind);
            }
        }
        for (line, slot) in lines
            .iter()
            .zip(&mut found)
            .filter(|(_, slot)| slot.is_none())
        {
            *slot = self.phrases.tail(text, line).map(Finding::Tail);
        }
        let captions = mark_repeated_title(text, &lines, &mut found);
        let mut cleaned = self.assemble(text, &lines, &found);
        captions.into_iter().for_each(|at| part(&mut cleaned, at));
        cleaned
    }

    fn finding(&self, lines: &[Line], index: usize, text: &str) -> Option<Finding> {
        let line = lines.get(index)?;
        if line.is_code {
            return Some(Finding::Code);
        }
        let phrase = self.phrases.find(line, index, text);
        // A name between two halves of a sentence: the page made a link of it.
        let torn = || text.get(line.bytes.clone()).is_some_and(is_torn);
        let inside = || lines.get(index + 1).is_some_and(|next| next.goes_on) || torn();
        let repeated = || self.repeated.count_of(line).map(Finding::Repeated);
        match phrase {
            Some(Kind::Credit) => (!inside()).then_some(Finding::Phrase(Kind::Credit)),
            Some(kind) => Some(Finding::Phrase(kind)),
            None => repeated().filter(|_| !inside()),
        }
    }
}

/// Why a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Phrase(Kind),
    /// Stands in a list under the heading at this line.
    Listed(usize),
    /// Script of the page.
    Code,
    /// Stands in so many articles of the input.
    Repeated(u32),
    /// Says the title once more.
    Title,
    /// The line from this byte on.
    Tail(usize),
}

/// Marks the titles and teasers under the heading at `heading`.
///
/// Down to the end of the text all of them go; where the body goes on after them, only the first: the next short line may
/// be a subheading or a line of a table.
fn mark_list(lines: &[Line], found: &mut [Option<Finding>], heading: usize, kind: Kind) {
    // Fields and buttons of a form are one or two words.
    let field = |line: &Line| kind == Kind::Form && line.words < 3 && !line.is_sentence();
    let listed =
        |index: usize| found[index].is_some() || lines[index].is_entry() || field(&lines[index]);
    let mut end = (heading + 1..lines.len())
        .find(|&index| !listed(index))
        .unwrap_or(lines.len());
    let all: usize = lines.iter().map(|line| line.squeezed.len()).sum();
    let tail: usize = lines[heading..end]
        .iter()
        .map(|line| line.squeezed.len())
        .sum();
    if end < lines.len() || tail * 10 > all * 7 {
        end = end.min(heading + if kind == Kind::Related { 2 } else { 1 });
    }
    for slot in found[heading + 1..end]
        .iter_mut()
        .filter(|slot| slot.is_none())
    {
        *slot = Some(Finding::Listed(heading));
    }
}

impl Cleaner {
    fn assemble(&self, text: &str, lines: &[Line], found: &[Option<Finding>]) -> Cleaned {
        let mut cleaned = Cleaned::default();
        let mut at = 0;
        for (index, finding) in found.iter().enumerate() {
            let Some(finding) = finding else { continue };
            let start = if let Finding::Tail(start) = finding {
                *start
            } else {
                lines[index].bytes.start
            };
            let follows = found
                .get(index + 1)
                .is_some_and(|next| next.is_some_and(|next| !matches!(next, Finding::Tail(_))));
            let end = match lines.get(index + 1) {
                Some(next) if follows => next.bytes.start,
                None => text.len(),
                _ => lines[index].bytes.end,
            };
            keep(&mut cleaned, at..start);
            cleaned.cuts.push(self.receipt(lines, *finding, start..end));
            at = end;
        }
        keep(&mut cleaned, at..text.len());
        cleaned
    }

    fn receipt(&self, lines: &[Line], finding: Finding, bytes: Range<usize>) -> Cut {
        let (rule, why) = match finding {
            Finding::Phrase(kind) => (kind.name(), kind.why().to_owned()),
            Finding::Code => ("script", "script of the page".to_owned()),
            Finding::Title => ("title", "repeats the title".to_owned()),
            Finding::Repeated(count) => ("repeated", self.repeated.why(count)),
            Finding::Tail(_) => (Kind::Tail.name(), Kind::Tail.why().to_owned()),
            Finding::Listed(heading) => (
                "listed",
                format!(
                    "title or teaser under the list heading in line {}",
                    lines[heading].number
                ),
            ),
        };
        Cut {
            bytes,
            rule: rule.to_owned(),
            why,
        }
    }
}

/// Marks the lines that say the title once more; gives the bytes where a caption is glued to one.
fn mark_repeated_title(text: &str, lines: &[Line], found: &mut [Option<Finding>]) -> Vec<usize> {
    let mut captions = Vec::new();
    let Some((title, rest)) = lines.split_first().filter(|_| found[0].is_none()) else {
        return captions;
    };
    for (line, slot) in rest.iter().zip(&mut found[1..]).take(NEAR_TITLE) {
        match repeat_of(title, line, text) {
            Some(Repeat::Whole) if slot.is_none() => *slot = Some(Finding::Title),
            Some(Repeat::Caption(at)) => captions.push(at),
            _ => {}
        }
    }
    captions
}

/// Parts the kept range that holds the byte `at`, so that no word goes across it.
fn part(cleaned: &mut Cleaned, at: usize) {
    let holds = |range: &Range<usize>| range.start < at && at < range.end;
    if let Some(index) = cleaned.kept.iter().position(holds) {
        let end = std::mem::replace(&mut cleaned.kept[index].end, at);
        cleaned.kept.insert(index + 1, at..end);
    }
}

fn keep(cleaned: &mut Cleaned, range: Range<usize>) {
    if !range.is_empty() {
        cleaned.kept.push(range);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;
    use crate::article::RepeatedLines;

    fn cut_lines(text: &str) -> Vec<usize> {
        let cleaned = Cleaner::default().clean(text);
        check(text, &cleaned);
        let line_of = |at: usize| text[..at].matches('\n').count() + 1;
        cleaned
            .cuts
            .iter()
            .map(|cut| line_of(cut.bytes.start))
            .collect()
    }

    fn check(text: &str, cleaned: &Cleaned) {
        let mut all: Vec<_> = cleaned
            .kept
            .iter()
            .cloned()
            .chain(cleaned.cuts.iter().map(|cut| cut.bytes.clone()))
            .collect();
        all.sort_by_key(|range| range.start);
        assert_eq!(
            all.iter().fold(0, |at, range| (at == range.start)
                .then_some(range.end)
                .unwrap()),
            text.len()
        );
    }

    #[test]
    fn a_list_goes_with_its_heading() {
        let text = "Title here\n\nThe body says something.\n\nRelated articles\n\nAnother good title\n\nA teaser that is cut…\n\nLeave a comment\n";
        assert_eq!(cut_lines(text), [5, 7, 9, 11]);
    }

    #[test]
    fn a_tail_goes_from_within_its_line() {
        let text = "Title\n\nThe last sentence. MG/PA All Content by Mehr News Agency is licensed under a Creative Commons Attribution 4.0 International License.";
        let cleaned = Cleaner::default().clean(text);
        check(text, &cleaned);
        assert_eq!(cleaned.text(text), "Title\n\nThe last sentence. ");
    }

    #[test]
    fn a_tail_may_go_on_behind_its_phrase() {
        for (text, kept) in [
            (
                "عنوان\nوصل الوزير اليوم. رابط الخبر بصحيفة الوئام: وصول الوزير إلى باكو",
                "عنوان\nوصل الوزير اليوم. ",
            ),
            ("عنوان\nوزیر رفت. انتهای پیام\n", "عنوان\nوزیر رفت. "),
            (
                "عنوان\nوزیر رفت.\nرابط الخبر بصحيفة الوئام\n",
                "عنوان\nوزیر رفت.\n",
            ),
            (
                "عنوان\nپیام وزیر خوانده شد.\n",
                "عنوان\nپیام وزیر خوانده شد.\n",
            ),
        ] {
            let cleaned = Cleaner::default().clean(text);
            check(text, &cleaned);
            assert_eq!(cleaned.text(text), kept);
        }
    }

    #[test]
    fn a_phrase_ends_where_a_word_does() {
        for (line, cut) in [
            ("Etiketler: enerji, gaz", true),
            ("Etiketlerin üzerinde üretim yeri yazılacak.", false),
            ("کلیه حقوق مادی و معنوی محفوظ است", true),
            ("کلیه حقوق کارکنان تا پایان ماه پرداخت می‌شود.", false),
            ("تعداد بازدید: ۴۵۰", true),
            ("تعداد بازدیدکنندگان نمایشگاه دو برابر شد.", false),
            ("Copyright © 2019", true),
            ("Copyright law was changed in spring.", false),
            ("Paylaş: Facebook | WhatsApp", true),
            ("Paylaşılan məlumata görə, qatar gecikib.", false),
            ("المصدر: وكالات", true),
            (
                "المصدر: قال مسؤول في الوزارة إن المحطة عادت إلى العمل.",
                false,
            ),
        ] {
            let text = format!("A title\n\nThe body.\n\n{line}\n");
            assert_eq!(
                cut_lines(&text),
                if cut { vec![5] } else { vec![] },
                "{line}"
            );
        }
    }

    #[test]
    fn a_byline_below_the_title_goes() {
        for (line, cut) in [
            ("طلال عبدالله ـ جدة", true),
            ("الرياضي - وكالات", true),
            ("مباراة الهلال ـ النصر", false),
            ("وصل الوفد إلى جدة", false),
        ] {
            let text = format!("عنوان الخبر\n\n{line}\n\nقال الوزير ذلك.\n");
            assert_eq!(
                cut_lines(&text),
                if cut { vec![3] } else { vec![] },
                "{line}"
            );
        }
    }

    #[test]
    fn signatures_of_pictures_and_tweets_go() {
        for (line, cut) in [
            ("© Roscosmos", true),
            ("— Formula 1 (@F1)", true),
            ("عکس: مریم رضایی", true),
            ("— Это решение президента.", false),
            ("© sign was painted on the wall of the old embassy.", false),
        ] {
            let text = format!("A title\n\nThe body.\n\n{line}\n\nThe body goes on.\n");
            assert_eq!(
                cut_lines(&text),
                if cut { vec![5] } else { vec![] },
                "{line}"
            );
        }
    }

    #[test]
    fn tags_behind_the_last_sentence_go() {
        for (text, kept) in [
            (
                "عنوان\nهبطت أسعار النفط. سمات البترول اوبك\n",
                "عنوان\nهبطت أسعار النفط. ",
            ),
            (
                "عنوان\nوصل الوزير. سمات المشروع جديدة.\n",
                "عنوان\nوصل الوزير. سمات المشروع جديدة.\n",
            ),
            ("عنوان\nسمات المشروع جديدة\n", "عنوان\nسمات المشروع جديدة\n"),
        ] {
            let cleaned = Cleaner::default().clean(text);
            check(text, &cleaned);
            assert_eq!(cleaned.text(text), kept);
        }
    }

    #[test]
    fn an_agency_inside_a_broken_sentence_stays() {
        for text in [
            "Заголовок\nОб этом сообщает\nРИА Новости\nсо ссылкой на министра.\n",
            "Заголовок\nОн ответил: «Нет. —\nRT)\nЭто всё.\n",
            "Başlık\nÖlkədə qaz bahalaşıb, deyə\nReuters\n, yazır.\n",
        ] {
            assert!(cut_lines(text).is_empty(), "{text}");
        }
        assert_eq!(
            cut_lines("Заголовок\nФото с места.\nРИА Новости\nПоезд пришёл.\n"),
            [3]
        );
    }

    #[test]
    fn a_paragraph_that_a_script_was_glued_to_stays() {
        let text = "عنوان\nوصل الوزير إلى باكو اليوم وبحث مع نظيره مشاريع السكك الحديدية والموانئ والطاقة بين البلدين. jQuery(document).ready(function(){ f({a:1}); });\n";
        assert!(cut_lines(text).is_empty());
    }

    #[test]
    fn the_fields_of_a_form_go_with_it() {
        let text = "Title\n\nThe body says something.\n\nRəyinizi yazın\n\nAd: *\n\nGöndər\n";
        assert_eq!(cut_lines(text), [5, 7, 9]);
    }

    #[test]
    fn scripts_and_repeated_lines_go() {
        let text =
            "Title of it\nfunction(d){var x=1;document.write(x);}\nFollow our channel\nThe body.\n";
        assert_eq!(cut_lines(text), [2]);
        let mut lines = RepeatedLines::new(100);
        (0..10).for_each(|n| lines.observe(&format!("Title {n}\nFollow our channel")));
        let cleaned = Cleaner::default().with_repeated(lines.finish()).clean(text);
        assert_eq!(
            cleaned
                .cuts
                .iter()
                .map(|cut| cut.rule.as_str())
                .collect::<Vec<_>>(),
            ["script", "repeated"]
        );
    }

    #[test]
    fn the_body_goes_on_after_a_list() {
        let text =
            "The body.\nRead also:\nAnother good title\nSubheading of it\nThe body goes on here.\n";
        assert_eq!(cut_lines(text), [2, 3]);
    }

    #[test]
    fn an_article_without_boilerplate_stays_whole() {
        assert!(cut_lines("عنوان\n\nمتن خبر اینجا است.\n").is_empty());
        assert!(cut_lines("").is_empty());
    }

    #[test]
    fn the_seeds_lose_what_they_should() {
        let seeds = std::path::Path::new("../shared/seeds");
        let Ok(dir) = std::fs::read_dir(seeds) else {
            return eprintln!("skipped: {} is absent", seeds.display());
        };
        let mut files: Vec<_> = dir
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        files.sort();
        let lines: Vec<_> = files
            .iter()
            .map(|file| cut_lines(&std::fs::read_to_string(file).unwrap()))
            .collect();
        let expected: Vec<Vec<usize>> = vec![
            (29..=67).step_by(2).collect(),
            vec![],
            vec![],
            vec![21],
            vec![22, 24, 25],
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_repeated_title_goes_and_its_caption_is_parted() {
        assert_eq!(
            cut_lines(
                "Gas flows to the south again\n\n19 August\n\n“Gas flows to the south again”\n\nThe body.\n"
            ),
            [5]
        );
        let text =
            "Gas flows to the south again\nGas flows to the south againThe minister\nThe body.\n";
        let cleaned = Cleaner::default().clean(text);
        check(text, &cleaned);
        assert_eq!(cleaned.text(text), text);
        assert_eq!(cleaned.kept.len(), 2);
        assert!(text[cleaned.kept[1].clone()].starts_with("The minister"));
    }

    #[test]
    fn without_phrases_nothing_is_cut() {
        let spec = CleanerSpec {
            phrases: String::new(),
            ..CleanerSpec::default()
        };
        let text = "A title of it\nA title of it\nLeave a comment\n";
        let cleaned = Cleaner::new(&spec).unwrap().clean(text);
        assert_eq!(
            (cleaned.cuts.len(), cleaned.text(text)),
            (0, text.to_owned())
        );
    }

    #[test]
    fn a_bad_phrase_line_is_named() {
        let spec = CleanerSpec {
            phrases: "fa\tform\tx\nfa form x".to_owned(),
            ..CleanerSpec::default()
        };
        assert!(matches!(
            Cleaner::new(&spec),
            Err(CleanerError::BadPhrase { line: 2, .. })
        ));
        assert!(Cleaner::new(&CleanerSpec::default()).is_ok());
    }
}
