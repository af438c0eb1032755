//! Bounds what the XML parser may take for one token, because it collects a token whole before it hands it over.

use std::io::{self, BufRead, Read};

use crate::error::InputFault;

pub(crate) struct TokenGuard<R> {
    source: R,
    limit: usize,
    left: usize,
    ended: bool,
}

impl<R> TokenGuard<R> {
    pub(crate) const fn new(source: R, limit: usize) -> Self {
        Self { source, limit, left: limit, ended: false }
    }

    pub(crate) const fn next_token(&mut self) {
        self.left = self.limit;
    }

    /// Whether the parser was told that there is no more.
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }
}

impl<R: BufRead> BufRead for TokenGuard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let detail = format!("one tag, text or comment in it is longer than {} bytes", self.limit);
            return Err(InputFault::Hostile(detail).into());
        }
        let available = self.source.fill_buf()?;
        self.ended = available.is_empty();
        let visible = available.len().min(self.left);
        Ok(available.get(..visible).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.source.consume(amount);
    }
}

impl<R: BufRead> Read for TokenGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
