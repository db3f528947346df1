//! What the glossary checker found, for reading and for spreadsheets.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::features::{FormUse, Glossary, GlossaryFile, GlossaryFinding, Severity};
use crate::text::Lang;

use super::columns::{Align, Columns, cut, printable};

/// Errors and warnings one a line, then a line a check with its count.
#[must_use]
pub fn findings_text(files: &[GlossaryFile], findings: &[GlossaryFinding], width: usize) -> String {
    let mut text = String::new();
    for finding in findings.iter().filter(|f| f.severity != Severity::Info) {
        let line = format!(
            "{}: {}: {}",
            finding.severity.name(),
            place(finding),
            said(finding)
        );
        let _ = writeln!(text, "{}", printable(&line));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&counts(findings, width));
    let concepts: usize = files.iter().map(|file| file.rows.len()).sum();
    let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let verdict = if errors + warnings == 0 {
        "clean"
    } else {
        "not clean"
    };
    let _ = writeln!(
        text,
        "{verdict}: {concepts} concepts in {} files, {errors} errors, {warnings} warnings",
        files.len()
    );
    text
}

fn place(finding: &GlossaryFinding) -> String {
    let column = Some(finding.column.as_str()).filter(|column| !column.is_empty());
    let column = column.map_or_else(String::new, |column| format!(", {column}"));
    format!("{}, line {}{column}", finding.path.display(), finding.line)
}

fn said(finding: &GlossaryFinding) -> String {
    let form = match finding.form.as_str() {
        "" => String::new(),
        form => format!("\"{form}\" "),
    };
    let concept = match finding.concept.as_str() {
        "" => String::new(),
        concept => format!("{concept}: "),
    };
    format!("{concept}{form}{}", finding.message)
}

fn counts(findings: &[GlossaryFinding], width: usize) -> String {
    let mut counts: BTreeMap<(Severity, &str), (usize, String)> = BTreeMap::new();
    for finding in findings {
        let first = || (0, format!("{} {}", finding.concept, finding.form));
        counts
            .entry((finding.severity, finding.check))
            .or_insert_with(first)
            .0 += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut table = Columns::new(
        &["severity", "check", "findings", "first"],
        &[Align::Left, Align::Left, Align::Right, Align::Left],
    );
    for ((severity, check), (n, first)) in counts {
        table.push(vec![
            severity.name().to_owned(),
            check.to_owned(),
            n.to_string(),
            cut(&first, 40),
        ]);
    }
    table.lines(width) + "\n"
}

/// Concepts that never fire, a line a language that has articles.
#[must_use]
pub fn coverage_text(glossary: &Glossary, used: &FormUse) -> String {
    let mut table = Columns::new(
        &["language", "articles", "concepts", "never fire", "share"],
        &[
            Align::Left,
            Align::Right,
            Align::Right,
            Align::Right,
            Align::Right,
        ],
    );
    for (lang, name) in Lang::ALL
        .iter()
        .enumerate()
        .filter(|(i, _)| used.articles[*i] > 0)
    {
        let (concepts, never) = used.coverage(glossary, lang);
        let share = 100.0 * never as f64 / concepts.max(1) as f64;
        table.push(vec![
            name.to_string(),
            used.articles[lang].to_string(),
            concepts.to_string(),
            never.to_string(),
            format!("{share:.1} %"),
        ]);
    }
    format!("\n{}", table.lines(usize::MAX))
}

/// All findings as CSV with the header `severity,check,path,line,column,concept,form,message`.
#[must_use]
pub fn findings_csv(findings: &[GlossaryFinding]) -> String {
    let mut text = String::from("severity,check,path,line,column,concept,form,message\n");
    for f in findings {
        let (path, line) = (f.path.display().to_string(), f.line.to_string());
        let cells = [
            f.severity.name(),
            f.check,
            &path,
            &line,
            &f.column,
            &f.concept,
            &f.form,
            &f.message,
        ];
        let _ = writeln!(text, "{}", cells.map(quoted).join(","));
    }
    text
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
