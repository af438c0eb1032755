//! A pull cursor over JSON text. It follows the structure byte by byte in constant memory; the values it hands out
//! (single records) are then judged by `serde_json`. An end of input inside the document is always
//! [`ReadError::Truncated`].

use std::io::{BufRead, BufReader, Read};

use serde::de::DeserializeOwned;

use super::surrogate;
use crate::error::ReadError;
use crate::options::Limits;

pub(crate) struct Cursor<R> {
    source: BufReader<R>,
    position: u64,
    /// One for each open object or array: whether a member was read already.
    open: Vec<bool>,
    limits: Limits,
}

/// The bytes of one value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Captured {
    Whole,
    /// Longer than allowed; the beginning was kept, the rest passed over.
    TooLong,
}

/// Where a walk over a value puts its bytes.
struct Sink<'a> {
    bytes: Option<&'a mut Vec<u8>>,
    limit: usize,
    overflowed: bool,
    /// There is an escape by number among them.
    numbered: bool,
}

impl Sink<'_> {
    fn push(&mut self, piece: &[u8]) {
        if let Some(bytes) = &mut self.bytes {
            let room = self.limit.saturating_sub(bytes.len());
            bytes.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            self.overflowed |= room < piece.len();
        }
    }
}

impl<R: Read> Cursor<R> {
    pub(crate) fn new(source: R, limits: &Limits) -> Self {
        Self {
            source: BufReader::with_capacity(64 * 1024, source),
            position: 0,
            open: Vec::new(),
            limits: limits.clone(),
        }
    }

    /// The next byte that is not white space, left in place.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        let mut gap = 0;
        loop {
            let available = self.fill()?;
            if available.is_empty() {
                return Ok(None);
            }
            let blank = available.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = available.get(blank).copied();
            self.advance(blank);
            gap += blank;
            if gap > self.limits.max_gap {
                let detail = format!("more than {} bytes of white space in a row", self.limits.max_gap);
                return Err(ReadError::Hostile { detail });
            }
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    pub(crate) fn begin_object(&mut self) -> Result<(), ReadError> {
        self.begin(b'{', "an object")
    }

    pub(crate) fn begin_array(&mut self) -> Result<(), ReadError> {
        self.begin(b'[', "a list")
    }

    /// The next key of the innermost open object, with the cursor at its value; `None` closes the object.
    pub(crate) fn next_key(&mut self) -> Result<Option<String>, ReadError> {
        const LONGEST_KEY: usize = 64 * 1024;
        if !self.next_member(b'}')? {
            return Ok(None);
        }
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("a key"));
        }
        let mut raw = Vec::new();
        if self.capture_within(&mut raw, LONGEST_KEY)? == Captured::TooLong {
            return Err(ReadError::Hostile { detail: format!("a key in it is longer than {LONGEST_KEY} bytes") });
        }
        let key = serde_json::from_slice(&raw).map_err(|error| self.malformed(format!("a key is broken: {error}")))?;
        if self.peek()? != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.advance(1);
        Ok(Some(key))
    }

    /// Whether the innermost open array has a further element, with the cursor at it; `false` closes the array.
    pub(crate) fn next_element(&mut self) -> Result<bool, ReadError> {
        self.next_member(b']')
    }

    pub(crate) fn skip_value(&mut self) -> Result<(), ReadError> {
        self.walk(&mut Sink { bytes: None, limit: 0, overflowed: false, numbered: false })
    }

    /// The bytes of the next value, at most `max_token` of them.
    pub(crate) fn capture(&mut self, into: &mut Vec<u8>) -> Result<Captured, ReadError> {
        self.capture_within(into, self.limits.max_token)
    }

    /// The next value as a `T`; a wrong type is an error of the report. For what describes records.
    pub(crate) fn value<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, ReadError> {
        let mut raw = Vec::new();
        let limit = self.limits.max_context;
        if self.capture_within(&mut raw, limit)? == Captured::TooLong {
            let detail = format!("`{what}` is longer than {limit} bytes");
            return Err(ReadError::Hostile { detail });
        }
        serde_json::from_slice(&raw).map_err(|error| self.malformed(format!("`{what}` is not as expected: {error}")))
    }

    /// After the outermost value: nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), ReadError> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.malformed("more content follows the end of the report")),
        }
    }

    pub(crate) fn malformed(&self, detail: impl Into<String>) -> ReadError {
        ReadError::Malformed { position: self.position, detail: detail.into() }
    }

    fn truncated(&self) -> ReadError {
        ReadError::Truncated { position: self.position, detail: "the JSON document does not end".to_owned() }
    }

    /// What stands here is not what the grammar asks for; nothing at all means that the report is cut off.
    fn unexpected(&mut self, wanted: &str) -> ReadError {
        match self.peek() {
            Ok(None) => self.truncated(),
            Ok(Some(byte)) => {
                self.malformed(format!("{wanted} was expected but `{}` was found", char::from(byte).escape_default()))
            }
            Err(error) => error,
        }
    }

    fn begin(&mut self, bracket: u8, wanted: &str) -> Result<(), ReadError> {
        if self.peek()? != Some(bracket) {
            return Err(self.unexpected(wanted));
        }
        self.advance(1);
        self.open.push(false);
        Ok(())
    }

    fn next_member(&mut self, close: u8) -> Result<bool, ReadError> {
        let begun = self.open.last().copied().unwrap_or(false);
        match self.peek()? {
            Some(byte) if byte == close => {
                self.advance(1);
                self.open.pop();
                return Ok(false);
            }
            Some(b',') if begun => self.advance(1),
            Some(_) if !begun => {}
            _ => return Err(self.unexpected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
        }
        if let Some(begun) = self.open.last_mut() {
            *begun = true;
        }
        match self.peek()? {
            None => Err(self.truncated()),
            Some(byte) if byte == close => Err(self.unexpected("a further member")),
            Some(_) => Ok(true),
        }
    }

    pub(crate) fn capture_within(&mut self, into: &mut Vec<u8>, limit: usize) -> Result<Captured, ReadError> {
        into.clear();
        let mut sink = Sink { bytes: Some(into), limit, overflowed: false, numbered: false };
        self.walk(&mut sink)?;
        let (captured, numbered) = (if sink.overflowed { Captured::TooLong } else { Captured::Whole }, sink.numbered);
        if numbered {
            surrogate::mend(into);
        }
        Ok(captured)
    }

    /// Passes over one value, whatever it is.
    fn walk(&mut self, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let mut brackets: Vec<u8> = Vec::new();
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.truncated());
            };
            match byte {
                b'{' | b'[' => {
                    brackets.push(byte);
                    if self.open.len() + brackets.len() > self.limits.max_depth {
                        let detail = format!("its values are nested more than {} deep", self.limits.max_depth);
                        return Err(ReadError::Hostile { detail });
                    }
                    self.take(1, sink);
                }
                b'}' | b']' => {
                    if brackets.pop() != Some(if byte == b'}' { b'{' } else { b'[' }) {
                        return Err(self.unexpected("a value"));
                    }
                    self.take(1, sink);
                }
                b'"' => self.walk_string(sink)?,
                b',' | b':' if !brackets.is_empty() => {
                    self.take(1, sink);
                    continue;
                }
                b',' | b':' => return Err(self.unexpected("a value")),
                _ => {
                    self.walk_scalar(sink)?;
                }
            }
            if brackets.is_empty() {
                return Ok(());
            }
        }
    }

    fn walk_string(&mut self, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        self.take(1, sink);
        loop {
            let available = self.fill()?;
            if available.is_empty() {
                return Err(self.truncated());
            }
            let stop = available.iter().position(|byte| matches!(byte, b'"' | b'\\'));
            match stop.and_then(|at| available.get(at).map(|byte| (at, *byte))) {
                None => {
                    let all = available.len();
                    self.take(all, sink);
                }
                Some((at, b'"')) => {
                    self.take(at + 1, sink);
                    return Ok(());
                }
                Some((at, _)) => {
                    self.take(at + 1, sink);
                    match self.fill()?.first() {
                        None => return Err(self.truncated()),
                        Some(escape) => sink.numbered |= *escape == b'u',
                    }
                    self.take(1, sink);
                }
            }
        }
    }

    /// A number, `true`, `false`, `null`; or rubbish, which `serde_json` refuses where it matters.
    fn walk_scalar(&mut self, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        loop {
            let available = self.fill()?;
            if available.is_empty() {
                return if self.open.is_empty() { Ok(()) } else { Err(self.truncated()) };
            }
            let ends = |byte: &u8| {
                byte.is_ascii_whitespace() || matches!(byte, b',' | b':' | b']' | b'}' | b'"' | b'[' | b'{')
            };
            let (length, ended) = match available.iter().position(ends) {
                Some(at) => (at, true),
                None => (available.len(), false),
            };
            self.take(length, sink);
            if ended {
                return Ok(());
            }
        }
    }

    fn fill(&mut self) -> Result<&[u8], ReadError> {
        let position = self.position;
        self.source.fill_buf().map_err(|error| ReadError::from_io(&error, position))
    }

    fn take(&mut self, length: usize, sink: &mut Sink<'_>) {
        sink.push(self.source.buffer().get(..length).unwrap_or_default());
        self.advance(length);
    }

    fn advance(&mut self, length: usize) {
        self.source.consume(length);
        self.position += length as u64;
    }
}
