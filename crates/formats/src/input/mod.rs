//! Any input as clean UTF-8 with limits: unpacked, decoded, without leading white space, with its beginning at hand
//! for recognition.

mod archive;
mod encoding;
mod limited;

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::error::ReadError;
use crate::options::Limits;
use crate::registry::unknown;
use crate::sample::Sample;

/// How much is looked at to recognise a format.
const SAMPLE: usize = 64 * 1024;
/// How much is looked at to recognise packing and encoding.
const HEAD: usize = 1024;

/// How the bytes are packed; told by their beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zip,
}

impl Packing {
    const MAGIC: usize = 4;

    /// A ZIP archive begins with a file, with its directory when it is empty, or with a mark of the several parts it
    /// was cut into.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Some(Self::Zip),
            _ => None,
        }
    }
}

pub(crate) struct Input {
    /// All of the content, the sample included.
    pub(crate) content: Box<dyn Read + Send>,
    pub(crate) sample: Sample,
}

impl Input {
    pub(crate) fn open(raw: Box<dyn Read + Send>, limits: &Limits) -> Result<Self, ReadError> {
        Self::unpack(raw, limits).map_err(|error| match error {
            OpenError::Read(error) => error,
            OpenError::Io(error) => ReadError::from_io(&error, 0),
        })
    }

    fn unpack(mut raw: Box<dyn Read + Send>, limits: &Limits) -> Result<Self, OpenError> {
        let magic = read_up_to(&mut raw, Packing::MAGIC)?;
        let packing = Packing::of(&magic);
        let whole = io::Cursor::new(magic).chain(raw);
        let mut bytes: Box<dyn Read + Send> = match packing {
            Some(Packing::Gzip) => {
                let (counted, taken) = limited::counted(whole);
                Box::new(limited::Inflation::new(MultiGzDecoder::new(counted), taken, limits))
            }
            Some(Packing::Zip) => archive::report_in(whole, limits).map_err(OpenError::Read)?,
            None => Box::new(whole),
        };
        let head = read_up_to(&mut bytes, HEAD)?;
        if head.is_empty() {
            return Err(OpenError::Read(unknown("an empty file".to_owned())));
        }
        if packing.is_some() && Packing::of(&head).is_some() {
            let detail = "it is packed twice, one archive within another".to_owned();
            return Err(OpenError::Read(ReadError::Hostile { detail }));
        }
        let encoding = encoding::detect(&head).map_err(OpenError::Read)?;
        let bounded = limited::Bounded::new(io::Cursor::new(head).chain(bytes), limits.max_bytes);
        let mut text = encoding::Decoded::new(bounded, encoding);
        let first = skip_white_space(&mut text, limits.max_gap)?;
        let mut beginning = first;
        let missing = SAMPLE.saturating_sub(beginning.len());
        beginning.extend(read_up_to(&mut text, missing)?);
        let complete = beginning.len() < SAMPLE;
        let sample = Sample::new(beginning.clone(), complete);
        Ok(Self { content: Box::new(io::Cursor::new(beginning).chain(text)), sample })
    }
}

enum OpenError {
    Read(ReadError),
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What follows the white space, as far as it was read; empty at the end of the input.
fn skip_white_space(text: &mut dyn Read, limit: usize) -> Result<Vec<u8>, OpenError> {
    let mut skipped = 0;
    loop {
        let mut chunk = read_up_to(text, 8 * 1024)?;
        let end = chunk.is_empty();
        let blank = chunk.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        skipped += blank;
        if skipped > limit {
            return Err(OpenError::Read(unknown(format!("more than {limit} bytes of white space"))));
        }
        if end && skipped > 0 {
            return Err(OpenError::Read(unknown("nothing but white space".to_owned())));
        }
        if end || blank < chunk.len() {
            chunk.drain(..blank);
            return Ok(chunk);
        }
    }
}

fn read_up_to(source: &mut (impl Read + ?Sized), wanted: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(wanted);
    source.take(wanted as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
