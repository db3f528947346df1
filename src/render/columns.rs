//! Aligned columns for terminals, and text made safe to print.

use unicode_width::UnicodeWidthChar;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows of cells, printed with the narrowest columns that hold them.
pub(crate) struct Columns {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// A table with these heads; the first column is left-aligned where `align` says so.
    pub(crate) fn new(heads: &[&str], align: &[Align]) -> Self {
        Self {
            align: align.to_vec(),
            rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()],
        }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows
            .push(row.iter().map(|cell| printable(cell)).collect());
    }

    /// The table, each line indented by two blanks and cut to `width` columns.
    pub(crate) fn lines(&self, width: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                cells(column)
                    .map(|cell| columns_of(cell))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut out = String::new();
        for row in &self.rows {
            let cells = row
                .iter()
                .zip(&widths)
                .zip(&self.align)
                .map(|((cell, width), align)| pad(cell, *width, *align));
            let line = format!("  {}", cells.collect::<Vec<_>>().join("  "));
            out.push_str(cut(line.trim_end(), width).as_str());
            out.push('\n');
        }
        out
    }
}

fn pad(cell: &str, width: usize, align: Align) -> String {
    let blanks = " ".repeat(width.saturating_sub(columns_of(cell)));
    match align {
        Align::Left => format!("{cell}{blanks}"),
        Align::Right => format!("{blanks}{cell}"),
    }
}

/// Columns a text takes in a terminal.
pub(crate) fn columns_of(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

/// `text` cut to `width` columns, with an ellipsis where something is lost.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns_of(text) <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let kept = text.chars().take_while(|letter| {
        used += letter.width().unwrap_or(0);
        used < width
    });
    let mut out: String = kept.collect();
    out.push('…');
    out
}

/// `text` without what could move the cursor, colour the screen or turn the reading order of its neighbours.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if moves(letter) { ' ' } else { letter })
        .collect()
}

/// Control characters (C0, DEL, C1), line separators and bidirectional overrides.
fn moves(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_overrides_do_not_reach_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{9b}2J\u{202e}c\nd"),
            "a [31mb 2J c d"
        );
    }

    #[test]
    fn persian_joiners_and_marks_stay() {
        let word = "همکاری\u{200c}های لافتًا";
        assert_eq!(printable(word), word);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let mut table = Columns::new(&["a", "b"], &[Align::Left, Align::Right]);
        table.push(vec!["日本".into(), "1".into()]);
        assert_eq!(table.lines(80), "  a     b\n  日本  1\n");
        assert_eq!(cut("日本語", 4), "日…");
    }
}
