//! Finds broken quoting before the CSV reader sees it.
//!
//! The csv crate follows the usual leniency: an unclosed quote silently swallows all following rows into one field,
//! and `"a"xyz` becomes `axyz`. In a file of labels either one is lost work, so both are errors with a place.

/// A quoting fault at a 1-based line and a 1-based column counted in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QuoteFault {
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) message: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Bare,
    Quoted,
    AfterQuote,
}

const UNCLOSED: &str = "this quote is never closed; everything after it would be read as one cell. Close it, or double it (\"\") if it belongs to the text";
const TRAILING: &str =
    "text after a closing quote; write a quote inside a quoted cell twice (\"\")";
const INSIDE: &str = "a quote inside a cell that does not start with one; put the whole cell in quotes and write the inner quote twice (\"\")";

/// Checks all quotes of a comma-separated text; returns every fault outside quoted cells, or the opening of an unclosed one.
pub(crate) fn quote_faults(text: &str) -> Vec<QuoteFault> {
    let mut faults = Vec::new();
    let (mut state, mut line, mut column) = (State::FieldStart, 1, 0);
    let mut opened = (1, 1);
    for c in text.chars() {
        column += 1;
        let next = step(state, c);
        if state != State::Quoted && next == State::Quoted && state == State::FieldStart {
            opened = (line, column);
        }
        if let Some(message) = fault(state, c) {
            faults.push(QuoteFault {
                line,
                column,
                message,
            });
        }
        state = next;
        if c == '\n' {
            (line, column) = (line + 1, 0);
        }
    }
    if state == State::Quoted {
        faults.push(QuoteFault {
            line: opened.0,
            column: opened.1,
            message: UNCLOSED,
        });
    }
    faults
}

fn step(state: State, c: char) -> State {
    match (state, c) {
        (State::FieldStart, '"') | (State::AfterQuote, '"') => State::Quoted,
        (State::Quoted, '"') => State::AfterQuote,
        (State::Quoted, _) => State::Quoted,
        (_, ',' | '\n') => State::FieldStart,
        (State::AfterQuote, '\r') => State::AfterQuote,
        _ => State::Bare,
    }
}

fn fault(state: State, c: char) -> Option<&'static str> {
    match (state, c) {
        (State::AfterQuote, '"' | ',' | '\n' | '\r') => None,
        (State::AfterQuote, _) => Some(TRAILING),
        (State::Bare, '"') => Some(INSIDE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<(u64, u64, &'static str)> {
        quote_faults(text)
            .first()
            .map(|f| (f.line, f.column, f.message))
    }

    #[test]
    fn good_quoting_passes() {
        for text in [
            "a,b\n1,2\n",
            "a,b\r\n\"x\",\"y, \"\"z\"\"\"\r\n",
            "\"two\nlines\",b",
            "",
        ] {
            assert_eq!(quote_faults(text), [], "{text}");
        }
    }

    #[test]
    fn faults_have_their_place() {
        assert_eq!(first("a,b\n1,\"open\n2,3\n"), Some((2, 3, UNCLOSED)));
        assert_eq!(first("a\n\"x\"yz\n"), Some((2, 4, TRAILING)));
        assert_eq!(first("a\nx\"y\"\n"), Some((2, 2, INSIDE)));
    }
}
