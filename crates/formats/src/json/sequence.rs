//! Sequence one after the other: the elements of a list that is the whole document, or one object a line.

use std::io::Read;

use super::{Captured, Cursor};
use crate::error::ReadError;
use crate::options::Limits;

pub(crate) struct Sequence<R> {
    cursor: Cursor<R>,
    /// `None`: nothing was read yet.
    in_list: Option<bool>,
    raw: Vec<u8>,
}

pub(crate) enum Record<'a> {
    Whole(&'a [u8]),
    /// Its beginning; it is longer than a record may be.
    TooLong(&'a [u8]),
}

impl<R: Read> Sequence<R> {
    pub(crate) fn new(source: R, limits: &Limits) -> Self {
        Self { cursor: Cursor::new(source, limits), in_list: None, raw: Vec::new() }
    }

    /// `None` at the end of the document. A document of lines has no end mark: only a cut within a record shows.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        let in_list = match self.in_list {
            Some(in_list) => in_list,
            None => {
                let in_list = self.cursor.peek()? == Some(b'[');
                if in_list {
                    self.cursor.begin_array()?;
                }
                *self.in_list.insert(in_list)
            }
        };
        let more = if in_list { self.cursor.next_element()? } else { self.cursor.peek()?.is_some() };
        if !more {
            self.cursor.end()?;
            return Ok(None);
        }
        Ok(Some(match self.cursor.capture(&mut self.raw)? {
            Captured::Whole => Record::Whole(&self.raw),
            Captured::TooLong => Record::TooLong(&self.raw),
        }))
    }
}

impl Record<'_> {
    /// As a `T`, or the reason why it is none.
    pub(crate) fn parsed<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        match self {
            Self::Whole(raw) => serde_json::from_slice(raw).map_err(|error| error.to_string()),
            Self::TooLong(_) => Err("the record is too long".to_owned()),
        }
    }

    pub(crate) fn excerpt(&self) -> String {
        let (Self::Whole(raw) | Self::TooLong(raw)) = self;
        String::from_utf8_lossy(raw.get(..2000).unwrap_or(raw)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<u32>, ReadError> {
        let mut records = Sequence::new(text.as_bytes(), &Limits::default());
        let mut all = vec![];
        while let Some(record) = records.next()? {
            all.push(record.parsed().unwrap());
        }
        Ok(all)
    }

    #[test]
    fn lists_and_lines_are_records_and_a_cut_list_is_none() {
        assert_eq!(read("[1, 2,\n3]\n").unwrap(), [1, 2, 3]);
        assert_eq!(read("1\n2\n3").unwrap(), [1, 2, 3]);
        assert!(read("[]").unwrap().is_empty());
        assert!(matches!(read("[1,2"), Err(ReadError::Truncated { .. })));
        assert!(matches!(read("[1]2"), Err(ReadError::Malformed { .. })));
        let mut lines = Sequence::new(&b"{\"a\":1}\n{\"a\":"[..], &Limits::default());
        assert!(lines.next().unwrap().is_some());
        assert!(matches!(lines.next(), Err(ReadError::Truncated { .. })));
    }
}
