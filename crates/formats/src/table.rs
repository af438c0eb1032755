//! A pull parser for comma-separated values with limits (RFC 4180; lines may also end with a bare line feed).
//!
//! Not the `csv` crate, which is made to get through any file: it collects a row whole before anything can stop it,
//! and takes a file that ends within a quoted cell for a whole one. Here both are errors. A quote that is not doubled
//! within a quoted cell is an error too, because from there on nobody knows where rows begin. Where all is well, both
//! read the same, which a test proves.

use std::io::{BufRead, BufReader, Read};

use crate::error::ReadError;
use crate::options::Limits;

/// Real exports have up to a hundred columns.
const MOST_CELLS: usize = 1024;

pub(crate) struct Rows<R> {
    source: BufReader<R>,
    longest: usize,
    position: u64,
    /// The last row ended with a carriage return, whose line feed belongs to it.
    after_return: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Row {
    text: String,
    /// Where each cell ends.
    ends: Vec<usize>,
}

impl Row {
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Empty also where the row has no such cell.
    pub(crate) fn cell(&self, at: usize) -> &str {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.ends.get(at).and_then(|end| self.text.get(start..*end)).unwrap_or_default()
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.cell(at))
    }

    /// Spreadsheets write rows of nothing below the data.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

enum State {
    /// Before the first byte of a cell.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote within a quoted cell: its end, or the first half of a doubled quote.
    Quote,
}

impl<R: Read> Rows<R> {
    /// `source` has to be UTF-8.
    pub(crate) fn new(source: R, limits: &Limits) -> Self {
        Self { source: BufReader::new(source), longest: limits.max_token, position: 0, after_return: false }
    }

    /// The next row; `None` at the end. The last row needs no line end when its last cell is quoted; an unquoted one
    /// could be cut.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, ReadError> {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        let mut state = State::Begin;
        loop {
            let available = match self.source.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::from_io(&error, self.position)),
            };
            if available.is_empty() {
                return match state {
                    State::Quoted => Err(self.truncated("it ends within a quoted cell")),
                    State::Begin if ends.is_empty() => Ok(None),
                    State::Begin | State::Plain => Err(self.truncated("its last row has no line end")),
                    State::Quote => {
                        ends.push(bytes.len());
                        self.row(bytes, ends).map(Some)
                    }
                };
            }
            let mut used = 0;
            let mut step = Step::More;
            for &byte in available {
                used += 1;
                if std::mem::take(&mut self.after_return) && byte == b'\n' {
                    continue;
                }
                step = advance(&mut state, byte, &mut bytes, &mut ends);
                if bytes.len() > self.longest || ends.len() > MOST_CELLS {
                    step = Step::TooLong;
                }
                if step != Step::More {
                    break;
                }
            }
            self.source.consume(used);
            self.position += used as u64;
            match step {
                Step::More => {}
                Step::RowEnd { by_return } => {
                    self.after_return = by_return;
                    return self.row(bytes, ends).map(Some);
                }
                Step::StrayQuote => {
                    return Err(self.malformed("a quote within a quoted cell is not doubled"));
                }
                Step::TooLong => {
                    let detail = format!(
                        "a row in it is longer than {} bytes or has more than {MOST_CELLS} cells",
                        self.longest
                    );
                    return Err(ReadError::Hostile { detail });
                }
            }
        }
    }

    fn row(&self, bytes: Vec<u8>, ends: Vec<usize>) -> Result<Row, ReadError> {
        let text = String::from_utf8(bytes).map_err(|_| self.malformed("its text is damaged"))?;
        Ok(Row { text, ends })
    }

    pub(crate) fn malformed(&self, detail: impl Into<String>) -> ReadError {
        ReadError::Malformed { position: self.position, detail: detail.into() }
    }

    pub(crate) fn truncated(&self, detail: &str) -> ReadError {
        ReadError::Truncated { position: self.position, detail: detail.to_owned() }
    }

    /// Whether nothing follows the row that was read last.
    pub(crate) fn at_end(&mut self) -> Result<bool, ReadError> {
        let rest = self.source.fill_buf().map_err(|error| ReadError::from_io(&error, self.position))?;
        Ok(rest.is_empty())
    }
}

#[derive(PartialEq, Eq)]
enum Step {
    More,
    RowEnd { by_return: bool },
    StrayQuote,
    TooLong,
}

fn advance(state: &mut State, byte: u8, bytes: &mut Vec<u8>, ends: &mut Vec<usize>) -> Step {
    match (&state, byte) {
        (State::Begin, b'"') => *state = State::Quoted,
        (State::Quoted, b'"') => *state = State::Quote,
        (State::Quoted, byte) => bytes.push(byte),
        (State::Quote, b'"') => {
            bytes.push(byte);
            *state = State::Quoted;
        }
        (_, b',') => {
            ends.push(bytes.len());
            *state = State::Begin;
        }
        (_, b'\n' | b'\r') => {
            ends.push(bytes.len());
            return Step::RowEnd { by_return: byte == b'\r' };
        }
        (State::Quote, _) => return Step::StrayQuote,
        (State::Begin | State::Plain, byte) => {
            bytes.push(byte);
            *state = State::Plain;
        }
    }
    Step::More
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<String>>, ReadError> {
        let mut rows = Rows::new(text.as_bytes(), &Limits::default());
        let mut all = vec![];
        while let Some(row) = rows.next()? {
            all.push(row.cells().map(str::to_owned).collect());
        }
        Ok(all)
    }

    #[test]
    fn quotes_line_breaks_and_every_line_end() {
        let rows = read("a,\"b \"\"c\"\", d\r\ne\",\r\n\"\"\rx\"y,=1+1\n\"last\"").unwrap();
        assert_eq!(rows, [vec!["a", "b \"c\", d\r\ne", ""], vec![""], vec!["x\"y", "=1+1"], vec!["last"]]);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn a_cut_is_an_error() {
        for cut in ["a,\"b", "a,\"b\n", "a,b", "a,"] {
            assert!(matches!(read(cut), Err(ReadError::Truncated { .. })), "{cut}");
        }
        assert!(matches!(read("\"a\"b\n"), Err(ReadError::Malformed { .. })));
    }

    proptest! {
        /// What any writer of CSV wrote comes back, and the `csv` crate says the same.
        #[test]
        fn it_reads_what_the_csv_crate_reads(
            table in proptest::collection::vec(proptest::collection::vec("[a\",\n\r é=]{0,6}", 3), 0..6),
            always in any::<bool>(),
        ) {
            let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(vec![]);
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(&read(&text).unwrap(), &table);
            let theirs = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = theirs.into_deserialize().map(Result::unwrap).collect();
            prop_assert_eq!(&theirs, &table);
        }
    }
}
