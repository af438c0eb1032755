//! From the bytes' own encoding to UTF-8.
//!
//! A byte order mark wins, then the shape of the bytes (UTF-16 shows in its zeros), then an XML declaration; all
//! else is UTF-8. Bytes that are wrong in the encoding become U+FFFD: what a scanner copies from its targets
//! often holds such bytes, and losing a finding over one would be worse. Where identity depends on a text
//! (plugin ids), the readers check it and reject the record.

use std::io::{self, Read};
use std::ops::Range;

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::ReadError;

pub(crate) fn detect(head: &[u8]) -> Result<&'static Encoding, ReadError> {
    let fault = |detail: String| Err(ReadError::Encoding { detail });
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return fault("it is UTF-32".to_owned()),
        [0xef, 0xbb, 0xbf, ..] => return Ok(UTF_8),
        [0xff, 0xfe, ..] => return Ok(UTF_16LE),
        [0xfe, 0xff, ..] => return Ok(UTF_16BE),
        [first, 0, second, 0, ..] if is_text(*first) && *second != 0 => return Ok(UTF_16LE),
        [0, first, 0, second, ..] if is_text(*first) && *second != 0 => return Ok(UTF_16BE),
        _ => {}
    }
    let Some(label) = declared(head) else {
        return Ok(UTF_8);
    };
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            fault(format!("it declares `{label}` but its bytes are not UTF-16"))
        }
        Some(encoding) => Ok(encoding),
        None => fault(format!("it declares `{label}`, which is not supported")),
    }
}

const fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

/// The encoding that an XML declaration names.
fn declared(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let declaration = text.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (label, _) = value.strip_prefix(quote)?.split_once(quote)?;
    Some(label.trim().to_owned())
}

pub(crate) struct Decoded<R> {
    source: R,
    decoder: Decoder,
    /// Bytes as they came; those in `pending` are not yet decoded.
    bytes: Vec<u8>,
    pending: Range<usize>,
    /// Decoded; what is in `ready` is not yet handed out.
    text: Vec<u8>,
    ready: Range<usize>,
    source_ended: bool,
    flushed: bool,
}

impl<R: Read> Decoded<R> {
    const CHUNK: usize = 64 * 1024;
    /// One byte can become a U+FFFD of three.
    const GROWTH: usize = 3;

    pub(crate) fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            bytes: vec![0; Self::CHUNK],
            pending: 0..0,
            text: vec![0; Self::CHUNK * Self::GROWTH],
            ready: 0..0,
            source_ended: false,
            flushed: false,
        }
    }

    fn decode_more(&mut self) -> io::Result<()> {
        if self.pending.is_empty() && !self.source_ended {
            let read = self.source.read(&mut self.bytes)?;
            self.pending = 0..read;
            self.source_ended = read == 0;
        }
        let pending = self.bytes.get(self.pending.clone()).unwrap_or_default();
        let (result, read, written, _) = self.decoder.decode_to_utf8(pending, &mut self.text, self.source_ended);
        self.pending.start += read;
        self.ready = 0..written;
        self.flushed = self.source_ended && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.ready.is_empty() {
            if self.flushed {
                return Ok(0);
            }
            self.decode_more()?;
        }
        let mut rest = self.text.get(self.ready.clone()).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.ready.start += read;
        Ok(read)
    }
}
