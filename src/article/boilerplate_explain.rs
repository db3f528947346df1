//! The receipts of a cleaned article, ready to be shown.

use serde::{Deserialize, Serialize};

use super::Cleaned;

/// Neighbouring cuts of one rule, as a reader wants to see them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// First line cut, from 1.
    pub first_line: usize,
    /// Last line cut.
    pub last_line: usize,
    /// Name of the rule.
    pub rule: String,
    /// Why, in words.
    pub why: String,
    /// What was cut, a line each, without the blank ones; a line that comes again at once is counted: `(2 times)`.
    pub lines: Vec<String>,
}

/// All receipts of one article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The receipts, in the order of the text.
    pub receipts: Vec<Receipt>,
    /// Share of the characters of the text that was cut, 0 to 1.
    pub cut_share: f32,
}

impl Cleaned {
    /// The receipts for the cuts of `text`, the source this was made from.
    pub fn explain(&self, text: &str) -> Explanation {
        let mut receipts: Vec<Receipt> = Vec::new();
        let (mut at, mut line, mut end) = (0, 1, 0);
        for cut in &self.cuts {
            line += newlines(text.get(at..cut.bytes.start).unwrap_or(""));
            at = cut.bytes.start;
            let parted = text.get(end..at).is_none_or(|kept| !kept.trim().is_empty());
            end = cut.bytes.end;
            let source = text.get(cut.bytes.clone()).unwrap_or("");
            let last = line + newlines(source.trim_end());
            let lines = source
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned);
            match receipts
                .last_mut()
                .filter(|before| !parted && before.rule == cut.rule && before.why == cut.why)
            {
                Some(before) => {
                    before.last_line = last;
                    before.lines.extend(lines);
                }
                None => receipts.push(Receipt {
                    first_line: line,
                    last_line: last,
                    rule: cut.rule.clone(),
                    why: cut.why.clone(),
                    lines: lines.collect(),
                }),
            }
        }
        for receipt in &mut receipts {
            receipt.lines = counted(std::mem::take(&mut receipt.lines));
        }
        Explanation {
            receipts,
            cut_share: self.cut_share(text),
        }
    }

    fn cut_share(&self, text: &str) -> f32 {
        let cut = self
            .cuts
            .iter()
            .filter_map(|cut| text.get(cut.bytes.clone()));
        let letters: usize = cut.map(|part| part.chars().count()).sum();
        letters as f32 / text.chars().count().max(1) as f32
    }
}

/// Equal neighbours as one line that says how many they are.
fn counted(lines: Vec<String>) -> Vec<String> {
    let same = lines.chunk_by(|one, next| one == next);
    same.map(|lines| match lines {
        [line] => line.clone(),
        _ => format!("{} ({} times)", lines[0], lines.len()),
    })
    .collect()
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use crate::article::Cleaner;

    #[test]
    fn neighbours_of_one_rule_are_one_receipt() {
        let text = "Title\n\nThe body of this text says more than its title does.\n\nRelated articles\n\nOne good title\n\nTwo good titles\n";
        let explained = Cleaner::default().clean(text).explain(text);
        let seen: Vec<_> = explained
            .receipts
            .iter()
            .map(|r| (r.first_line, r.last_line, r.rule.as_str(), r.lines.len()))
            .collect();
        assert_eq!(seen, [(5, 5, "related", 1), (7, 9, "listed", 2)]);
        assert!((0.3..0.6).contains(&explained.cut_share));
        assert!(Cleaner::default().clean("").explain("").receipts.is_empty());
        let twice = text.replace("Two good titles", "One good title");
        let explained = Cleaner::default().clean(&twice).explain(&twice);
        assert_eq!(explained.receipts[1].lines, ["One good title (2 times)"]);
    }
}
