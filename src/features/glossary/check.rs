//! What is wrong with a glossary, beyond a format that can be read.
//!
//! Every form is read as if it were an article of its own: a form whose words another concept takes can never fire, and
//! its concept is silently weaker than its author thinks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::features::tokens::TokenBuffer;
use crate::features::{Document, FeatureTables};
use crate::text::{Analyzer, Lang};

use super::affixes::Affixes;
use super::form::{Form, FormId, FormWord, forms_of};
use super::matcher::{Hit, Matcher, Openings};
use super::{Glossary, GlossaryFile, GlossaryRow};

/// Shortest stem, in letters, that needs no note.
const SHORTEST_STEM: usize = 3;
/// A stem of up to so many letters that also begins words of other concepts needs a note.
const AMBIGUOUS_STEM: usize = 4;
/// Words of other concepts named in one message.
const EXAMPLES: usize = 3;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The glossary does not do what its author wrote.
    Error,
    /// It does, but perhaps not what was meant.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// `error`, `warning` or `info`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// One finding with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlossaryFinding {
    /// How bad it is.
    pub severity: Severity,
    /// Name of the check: `format`, `missing-language`, `repeated-concept`, `taken-form`, `dead-form`, `short-stem`,
    /// `ambiguous-stem`, `frequent-form`, `unused-form`.
    pub check: &'static str,
    /// File.
    pub path: PathBuf,
    /// 1-based line.
    pub line: u64,
    /// Column: a language, or what the format names; empty where the row is meant.
    pub column: String,
    /// Concept; empty where the row cannot be read.
    pub concept: String,
    /// Form as written; empty where the cell or row is meant.
    pub form: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// How often each form fires in a corpus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormUse {
    /// Articles of each language, in the order of [`Lang::ALL`].
    pub articles: [usize; 6],
    /// Articles in which a form fires; absent forms never do.
    pub forms: BTreeMap<FormId, usize>,
}

impl FormUse {
    /// Concepts of a language that have forms, and how many of them never fire.
    #[must_use]
    pub fn coverage(&self, glossary: &Glossary, lang: usize) -> (usize, usize) {
        let with_forms = glossary
            .concepts
            .iter()
            .filter(|c| !c.forms[lang].is_empty());
        let of_lang = self.forms.keys().filter(|id| id.lang == lang);
        let fired: BTreeSet<u32> = of_lang.map(|id| id.concept).collect();
        let n = with_forms.count();
        (n, n - fired.len())
    }
}

/// Rows of all files by the index their concept has in the glossary.
type Rows<'f> = Vec<(&'f GlossaryFile, &'f GlossaryRow)>;

fn rows(files: &[GlossaryFile]) -> Rows<'_> {
    let mut rows = Vec::new();
    for file in files {
        rows.extend(file.rows.iter().map(|row| (file, row)));
    }
    rows
}

/// Everything that can be seen without a corpus: by file and line, then by check.
#[must_use]
pub fn check_forms(files: &[GlossaryFile], analyzer: &Analyzer) -> Vec<GlossaryFinding> {
    let (glossary, tables) = (Glossary::of_rows(files), FeatureTables::default());
    let affixes = Lang::ALL.map(|lang| Affixes::new(&tables.affixes, lang));
    let forms = forms_of(&glossary, analyzer, &affixes);
    let matcher = Matcher::of_forms(&glossary, &forms, &tables.affixes);
    let rows = rows(files);
    let mut findings: Vec<GlossaryFinding> = files.iter().flat_map(format).collect();
    repeated_concepts(&rows, &mut findings);
    missing_languages(&rows, &mut findings);
    let compiled: BTreeSet<FormId> = forms.iter().map(|form| form.id).collect();
    for id in ids(&rows).filter(|id| !compiled.contains(id)) {
        let message = "holds no word; write letters or remove it";
        findings.push(finding(
            &rows,
            id,
            Severity::Error,
            "dead-form",
            message.to_owned(),
        ));
    }
    let words = Words::new(&forms);
    let mut buffers = Default::default();
    for form in &forms {
        let text = form_text(&rows, form.id);
        let plain: String = text.chars().filter(|c| !matches!(c, '*' | '=')).collect();
        own_words(
            &rows,
            (&matcher, &forms),
            analyzer,
            (form, &plain),
            &mut buffers,
            &mut findings,
        );
        if rows[form.id.concept as usize].1.note.is_empty() {
            stems(&rows, form, &words, &mut findings);
        }
    }
    sort(files, &mut findings);
    findings
}

/// What a corpus says: forms that never fire, and forms that fire in more than `max_share` of the articles of their
/// language.
#[must_use]
pub fn check_use(files: &[GlossaryFile], used: &FormUse, max_share: f64) -> Vec<GlossaryFinding> {
    let rows = rows(files);
    let mut findings = Vec::new();
    for id in ids(&rows).filter(|id| used.articles[id.lang] > 0) {
        let (n, total) = (
            used.forms.get(&id).copied().unwrap_or(0),
            used.articles[id.lang],
        );
        let lang = Lang::ALL[id.lang];
        let kind = rows[id.concept as usize].1.concept.kind.as_str();
        if n == 0 {
            let message = format!("fires in none of {total} articles in {lang}");
            findings.push(finding(&rows, id, Severity::Info, "unused-form", message));
        } else if n as f64 > max_share * total as f64 && kind != "stop" && kind != "agency" {
            let share = 100.0 * n as f64 / total as f64;
            let message = format!(
                "fires in {n} of {total} articles in {lang} ({share:.1} %); a stop concept would keep it out of the features"
            );
            findings.push(finding(
                &rows,
                id,
                Severity::Warning,
                "frequent-form",
                message,
            ));
        }
    }
    sort(files, &mut findings);
    findings
}

fn sort(files: &[GlossaryFile], findings: &mut [GlossaryFinding]) {
    let order: BTreeMap<PathBuf, usize> = (files.iter().enumerate())
        .map(|(i, file)| (file.path.clone(), i))
        .collect();
    findings.sort_by_key(|f| (f.severity, order.get(&f.path).copied(), f.line));
}

fn ids<'r>(rows: &'r Rows<'_>) -> impl Iterator<Item = FormId> + 'r {
    (0_u32..).zip(rows).flat_map(|(concept, (_, row))| {
        let cells = row.concept.forms.iter().enumerate();
        cells.flat_map(move |(lang, cell)| {
            (0..cell.len()).map(move |form| FormId {
                concept,
                lang,
                form,
            })
        })
    })
}

fn form_text<'r>(rows: &Rows<'r>, id: FormId) -> &'r str {
    &rows[id.concept as usize].1.concept.forms[id.lang][id.form]
}

fn finding(
    rows: &Rows<'_>,
    id: FormId,
    severity: Severity,
    check: &'static str,
    message: String,
) -> GlossaryFinding {
    let (file, row) = rows[id.concept as usize];
    GlossaryFinding {
        severity,
        check,
        path: file.path.clone(),
        line: row.line,
        column: Lang::ALL[id.lang].to_string(),
        concept: row.concept.concept.clone(),
        form: form_text(rows, id).to_owned(),
        message,
    }
}

fn format(file: &GlossaryFile) -> Vec<GlossaryFinding> {
    let problems = file.problems.iter().map(|p| GlossaryFinding {
        severity: Severity::Error,
        check: "format",
        path: p.path.clone(),
        line: p.line,
        column: p.column.clone(),
        concept: String::new(),
        form: String::new(),
        message: p.message.clone(),
    });
    problems.collect()
}

fn row_finding(
    file: &GlossaryFile,
    row: &GlossaryRow,
    check: &'static str,
    column: &str,
    message: String,
) -> GlossaryFinding {
    GlossaryFinding {
        severity: Severity::Error,
        check,
        path: file.path.clone(),
        line: row.line,
        column: column.to_owned(),
        concept: row.concept.concept.clone(),
        form: String::new(),
        message,
    }
}

fn repeated_concepts(rows: &Rows<'_>, findings: &mut Vec<GlossaryFinding>) {
    let mut first: BTreeMap<&str, (&GlossaryFile, u64)> = BTreeMap::new();
    for (file, row) in rows {
        match first.get(row.concept.concept.as_str()) {
            Some((other, line)) => {
                let message = format!(
                    "stands already in {}, line {line}; merge the rows",
                    other.path.display()
                );
                findings.push(row_finding(
                    file,
                    row,
                    "repeated-concept",
                    "concept",
                    message,
                ));
            }
            None => {
                first.insert(&row.concept.concept, (file, row.line));
            }
        }
    }
}

fn missing_languages(rows: &Rows<'_>, findings: &mut Vec<GlossaryFinding>) {
    for (file, row) in rows {
        for (lang, cell) in Lang::ALL.iter().zip(&row.concept.forms) {
            if cell.is_empty() {
                let message = format!("no form in {lang}; the concept cannot fire there");
                findings.push(row_finding(
                    file,
                    row,
                    "missing-language",
                    &lang.to_string(),
                    message,
                ));
            }
        }
    }
}

/// Reads a form as an article: its concept must be what fires.
fn own_words(
    rows: &Rows<'_>,
    (matcher, forms): (&Matcher, &[Form]),
    analyzer: &Analyzer,
    (form, plain): (&Form, &str),
    (tokens, openings, hits): &mut (TokenBuffer, Openings, Vec<Hit>),
    findings: &mut Vec<GlossaryFinding>,
) {
    let all = 0..plain.len();
    let document = Document {
        text: plain,
        kept: vec![all],
        lang: Lang::ALL[form.id.lang],
        mixed: false,
    };
    tokens.fill(analyzer, document.text, &document.kept, document.lang);
    matcher.find(tokens, openings, hits);
    let Some(hit) = hits
        .first()
        .filter(|hit| hit.tokens.len() >= form.words().len())
    else {
        let message = "never fires: its words are hidden from the features (a number, an address, another sentence)";
        return findings.push(finding(
            rows,
            form.id,
            Severity::Error,
            "dead-form",
            message.to_owned(),
        ));
    };
    let winner = &forms[hit.form as usize];
    let still_lives = form.goes_on_where(winner);
    if hit.concept != form.id.concept && !still_lives {
        let (file, row) = rows[hit.concept as usize];
        let message = format!(
            "is taken by \"{}\" of {} ({}, line {}); merge the concepts, make the form longer, or leave it to one",
            form_text(rows, winner.id),
            row.concept.concept,
            file.path.display(),
            row.line
        );
        findings.push(finding(
            rows,
            form.id,
            Severity::Error,
            "taken-form",
            message,
        ));
    }
}

/// The words of all forms of each language, with their concepts.
struct Words<'m>([BTreeSet<(&'m str, u32)>; 6]);

impl<'m> Words<'m> {
    fn new(forms: &'m [Form]) -> Self {
        let mut words: [BTreeSet<(&str, u32)>; 6] = Default::default();
        for form in forms.iter().filter(|form| form.words().len() == 1) {
            let own = form.words().map(|word| (word.text, form.id.concept));
            words[form.id.lang].extend(own);
        }
        Self(words)
    }

    /// Words of other concepts that go on where `stem` ends.
    fn longer(&self, id: FormId, stem: &'m str) -> Vec<(&'m str, u32)> {
        let from = self.0[id.lang].range((stem, 0)..);
        from.take_while(|(word, _)| word.starts_with(stem))
            .filter(|(word, concept)| word.len() > stem.len() && *concept != id.concept)
            .copied()
            .collect()
    }
}

fn stems<'f>(
    rows: &Rows<'_>,
    form: &'f Form,
    words: &Words<'f>,
    findings: &mut Vec<GlossaryFinding>,
) {
    let [
        FormWord {
            text, star: true, ..
        },
    ] = form.words().collect::<Vec<_>>()[..]
    else {
        return;
    };
    let letters = text.chars().count();
    if letters < SHORTEST_STEM {
        let message = format!(
            "is a stem of {letters} letters and fires on too many words; write the forms out, or give the reason in the column note"
        );
        return findings.push(finding(
            rows,
            form.id,
            Severity::Error,
            "short-stem",
            message,
        ));
    }
    let others = words.longer(form.id, text);
    if letters > AMBIGUOUS_STEM || others.is_empty() {
        return;
    }
    let named = others.iter().take(EXAMPLES).map(|(word, concept)| {
        format!("\"{word}\" ({})", rows[*concept as usize].1.concept.concept)
    });
    let message = format!(
        "also begins words of other concepts ({} in all) and fires on their other endings: {}; write the forms out, or give the reason in the column note",
        others.len(),
        named.collect::<Vec<_>>().join(", ")
    );
    findings.push(finding(
        rows,
        form.id,
        Severity::Warning,
        "ambiguous-stem",
        message,
    ));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::text::AnalyzerSpec;

    const HEADER: &str = "concept,kind,gloss,fa,ar,ru,az,tr,en,note\n";

    /// A file whose rows fill Persian to Turkish with words of their own, so that only English counts.
    fn file(rows: &[(&str, &str, &str)]) -> GlossaryFile {
        let mut text = HEADER.to_owned();
        for (i, (concept, english, note)) in rows.iter().enumerate() {
            let letter = char::from(b'a' + i as u8);
            let word = format!("word{letter}");
            text.push_str(&format!(
                "{concept},topic_term,g,{word},{word},{word},{word},{word},{english},{note}\n"
            ));
        }
        GlossaryFile::parse(Path::new("mine.csv"), &text)
    }

    fn checks(files: &[GlossaryFile]) -> Vec<(&'static str, String)> {
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let findings = check_forms(files, &analyzer);
        findings.into_iter().map(|f| (f.check, f.form)).collect()
    }

    #[test]
    fn separate_words_are_clean() {
        let clean = file(&[("gas", "gas|gas pipeline*", ""), ("oil", "oil|crude", "")]);
        assert_eq!(checks(&[clean]), []);
    }

    #[test]
    fn a_form_of_two_concepts_is_taken_from_the_second() {
        let twice = file(&[("gas", "natural gas", ""), ("oil", "oil|Natural  Gas", "")]);
        assert_eq!(
            checks(&[twice]),
            [("taken-form", "Natural  Gas".to_owned())]
        );
    }

    #[test]
    fn a_longer_phrase_and_a_word_without_star_keep_their_own() {
        let specific = file(&[
            ("oil", "petrol*", ""),
            ("station", "petrol|petrol station", ""),
        ]);
        assert_eq!(checks(&[specific]), []);
    }

    #[test]
    fn short_stems_need_a_note() {
        let rows = [("a", "ab*", ""), ("b", "cart*", ""), ("c", "cartoon", "")];
        let found = [
            ("short-stem", "ab*".to_owned()),
            ("ambiguous-stem", "cart*".to_owned()),
        ];
        assert_eq!(checks(&[file(&rows)]), found);
        let noted = rows.map(|(concept, forms, _)| (concept, forms, "the reason"));
        assert_eq!(checks(&[file(&noted)]), []);
    }

    #[test]
    fn forms_without_words_are_dead() {
        let dead = file(&[("a", "gas|!!", ""), ("b", "oil|12 March 2020", "")]);
        let forms: Vec<String> = checks(&[dead])
            .into_iter()
            .map(|(check, form)| format!("{check} {form}"))
            .collect();
        assert_eq!(forms, ["dead-form !!", "dead-form 12 March 2020"]);
    }

    #[test]
    fn a_name_in_two_files_and_an_empty_cell_are_found() {
        let one = file(&[("gas", "gas", "")]);
        let mut two = file(&[("x", "first", ""), ("gas", "", "")]);
        two.path = "theirs.csv".into();
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let findings = check_forms(&[one, two], &analyzer);
        let of = |check: &str| {
            findings
                .iter()
                .filter(|f| f.check == check)
                .map(|f| (f.path.display().to_string(), f.line, f.column.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("repeated-concept"),
            [("theirs.csv".to_owned(), 3, "concept".to_owned())]
        );
        assert_eq!(
            of("missing-language"),
            [("theirs.csv".to_owned(), 3, "en".to_owned())]
        );
    }

    #[test]
    fn broken_rows_have_a_place_each() {
        let text = format!("{HEADER}Gas,nonsense,g,a,b,c,d,e,f,\nshort,topic_term\n");
        let file = GlossaryFile::parse(Path::new("mine.csv"), &text);
        let places: Vec<(u64, &str)> = file
            .problems
            .iter()
            .map(|p| (p.line, p.column.as_str()))
            .collect();
        assert_eq!(places, [(2, "concept"), (2, "kind"), (3, "")]);
        assert!(file.rows.is_empty());
    }

    #[test]
    fn a_corpus_tells_unused_and_frequent_forms() {
        let files = [file(&[("gas", "gas|lng", "")])];
        let id = |form| FormId {
            concept: 0,
            lang: 5,
            form,
        };
        let used = FormUse {
            articles: [0, 0, 0, 0, 0, 10],
            forms: BTreeMap::from([(id(0), 3)]),
        };
        let found: Vec<_> = check_use(&files, &used, 0.2)
            .into_iter()
            .map(|f| (f.severity, f.check, f.form))
            .collect();
        let expected = [
            (Severity::Warning, "frequent-form", "gas".to_owned()),
            (Severity::Info, "unused-form", "lng".to_owned()),
        ];
        assert_eq!(found, expected);
        assert_eq!(check_use(&files, &used, 0.3).len(), 1);
        assert_eq!(used.coverage(&Glossary::of_rows(&files), 5), (1, 0));
    }

    /// What CI holds the shipped glossary to.
    #[test]
    fn the_built_in_glossary_is_clean_and_large() {
        let files = GlossaryFile::built_in();
        let analyzer = Analyzer::new(&AnalyzerSpec::default()).unwrap();
        let findings = check_forms(&files, &analyzer);
        assert!(findings.is_empty(), "{findings:#?}");
        assert!(rows(&files).len() >= 1500);
    }
}
