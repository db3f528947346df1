//! Bytes to records: lines of JSONL, records of CSV. Never more than one record of limited size is in memory.

use std::io::{self, BufRead};

/// One record as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Its bytes without the line end.
    Record(Vec<u8>),
    /// Larger than the limit; skipped to its end.
    TooLarge,
    /// A quote was opened in this line and never closed; reading goes on in the next line.
    OpenQuote,
}

/// What ends a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Every line end.
    Line,
    /// A line end outside quotes, fields parted by this byte (RFC 4180, read as the `csv` crate reads it).
    Csv(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Bare,
    Quoted,
    /// After a quote inside quotes: the end of the field, or the first half of a doubled quote.
    QuoteInQuoted,
}

/// Cuts a stream into records.
#[derive(Debug)]
pub(super) struct Frames<R> {
    from: R,
    pub(super) ending: Ending,
    limit: usize,
    /// Lines of a record that proved broken, to be read again.
    again: Vec<u8>,
    again_at: usize,
    /// Line the next record begins in, from 1.
    line: u64,
}

impl<R: BufRead> Frames<R> {
    /// Records of `from`, each at most `limit` bytes.
    pub(super) fn new(from: R, ending: Ending, limit: usize) -> Self {
        Self {
            from,
            ending,
            limit,
            again: Vec::new(),
            again_at: 0,
            line: 1,
        }
    }

    /// The next record that is not blank, with the line it begins in; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Frame)>> {
        loop {
            let line = self.line;
            match self.record()? {
                Some(Frame::Record(bytes)) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                Some(frame) => return Ok(Some((line, frame))),
                None => return Ok(None),
            }
        }
    }

    fn record(&mut self) -> io::Result<Option<Frame>> {
        let mut record = Vec::new();
        let mut state = State::FieldStart;
        loop {
            let (ending, room) = (self.ending, (self.limit + 2).saturating_sub(record.len()));
            let buffer = self.buffer()?;
            if buffer.is_empty() {
                return Ok(self.at_the_end(record, state));
            }
            let buffer = &buffer[..buffer.len().min(room)];
            let (length, ended) = ending.scan(buffer, &mut state);
            record.extend_from_slice(&buffer[..length]);
            self.consume(length);
            if record.len() > self.limit + 1 {
                return self.too_large(record, ended).map(Some);
            }
            if ended {
                self.line += lines(&record);
                return Ok(Some(self.sized(trimmed(record))));
            }
        }
    }

    fn sized(&self, record: Vec<u8>) -> Frame {
        if record.len() > self.limit {
            Frame::TooLarge
        } else {
            Frame::Record(record)
        }
    }

    fn at_the_end(&mut self, record: Vec<u8>, state: State) -> Option<Frame> {
        if record.is_empty() {
            return None;
        }
        if state == State::Quoted {
            self.read_again_after_first_line(record);
            return Some(Frame::OpenQuote);
        }
        self.line += lines(&record);
        Some(self.sized(trimmed(record)))
    }

    /// A record beyond the limit: most likely a quote that is never closed, if it has more than one line; then its
    /// other lines are read again. A single line is skipped to its end.
    fn too_large(&mut self, record: Vec<u8>, ended: bool) -> io::Result<Frame> {
        let quoted = self.ending != Ending::Line && record.contains(&b'\n');
        if quoted && !ended {
            self.read_again_after_first_line(record);
            return Ok(Frame::OpenQuote);
        }
        self.line += lines(&record).max(1);
        if !ended && !record.ends_with(b"\n") {
            self.skip_line()?;
        }
        Ok(Frame::TooLarge)
    }

    fn read_again_after_first_line(&mut self, mut record: Vec<u8>) {
        let first = record
            .iter()
            .position(|&b| b == b'\n')
            .map_or(record.len(), |at| at + 1);
        record.drain(..first);
        record.extend_from_slice(&self.again[self.again_at..]);
        (self.again, self.again_at) = (record, 0);
        self.line += 1;
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.buffer()?;
            let end = buffer.iter().position(|&b| b == b'\n');
            let length = end.map_or(buffer.len(), |at| at + 1);
            let done = end.is_some() || buffer.is_empty();
            self.consume(length);
            if done {
                return Ok(());
            }
        }
    }

    fn buffer(&mut self) -> io::Result<&[u8]> {
        if self.again_at < self.again.len() {
            return Ok(&self.again[self.again_at..]);
        }
        loop {
            // Asked twice because a borrow that is returned from a loop cannot be given up again.
            match self.from.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => return self.from.fill_buf(),
            }
        }
    }

    fn consume(&mut self, length: usize) {
        if self.again_at < self.again.len() {
            self.again_at += length;
        } else {
            self.from.consume(length);
        }
    }
}

impl Ending {
    /// How many bytes of `buffer` belong to the record, and whether it ends with them.
    fn scan(self, buffer: &[u8], state: &mut State) -> (usize, bool) {
        let Ending::Csv(separator) = self else {
            let end = memchr::memchr(b'\n', buffer);
            return end.map_or((buffer.len(), false), |at| (at + 1, true));
        };
        for (at, &byte) in buffer.iter().enumerate() {
            *state = match (*state, byte) {
                (State::Quoted, b'"') => State::QuoteInQuoted,
                (State::Quoted, _) => State::Quoted,
                (_, b'\n') => return (at + 1, true),
                (State::FieldStart | State::QuoteInQuoted, b'"') => State::Quoted,
                (_, b) if b == separator => State::FieldStart,
                _ => State::Bare,
            };
        }
        (buffer.len(), false)
    }
}

fn trimmed(mut record: Vec<u8>) -> Vec<u8> {
    if record.last() == Some(&b'\n') {
        record.pop();
    }
    if record.last() == Some(&b'\r') {
        record.pop();
    }
    record
}

fn lines(record: &[u8]) -> u64 {
    record.iter().filter(|&&b| b == b'\n').count() as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn frames(bytes: &str, ending: Ending, limit: usize) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        for capacity in [1, 7, 4096] {
            let from = BufReader::with_capacity(capacity, bytes.as_bytes());
            let mut frames = Frames::new(from, ending, limit);
            let mut found = Vec::new();
            while let Some((line, frame)) = frames.next().unwrap() {
                found.push((
                    line,
                    match frame {
                        Frame::Record(bytes) => String::from_utf8(bytes).unwrap(),
                        other => format!("{other:?}"),
                    },
                ));
            }
            all.push(found);
        }
        assert!(all.windows(2).all(|w| w[0] == w[1]), "{all:?}");
        all.pop().unwrap()
    }

    fn expect(found: Vec<(u64, String)>, expected: &[(u64, &str)]) {
        let found: Vec<(u64, &str)> = found.iter().map(|(l, t)| (*l, t.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_cut_and_long_ones_skipped() {
        let found = frames("ab\r\n\n0123456789\ncd", Ending::Line, 4);
        expect(found, &[(1, "ab"), (3, "TooLarge"), (4, "cd")]);
        expect(
            frames("abcd\nabcde\n", Ending::Line, 4),
            &[(1, "abcd"), (2, "TooLarge")],
        );
    }

    #[test]
    fn quotes_hold_line_ends() {
        let found = frames("a,\"b\nc\"\"\n\",d\nx\"y,\"z\"\n", Ending::Csv(b','), 99);
        expect(found, &[(1, "a,\"b\nc\"\"\n\",d"), (4, "x\"y,\"z\"")]);
    }

    #[test]
    fn an_open_quote_costs_one_row() {
        let found = frames("a,b\nc,\"d\ne,f\ng,h\n", Ending::Csv(b','), 99);
        expect(
            found,
            &[(1, "a,b"), (2, "OpenQuote"), (3, "e,f"), (4, "g,h")],
        );
        let long = format!("c,\"d\n{}", "e,f\n".repeat(20));
        let found = frames(&long, Ending::Csv(b','), 16);
        assert_eq!(found.len(), 21, "{found:?}");
        assert_eq!(found[20], (21, "e,f".to_owned()));
    }
}
