//! Why a report cannot be read. Each message names what is wrong and what to do about it; the caller adds the name
//! of the file.

use std::fmt;
use std::io;

/// The report as a whole is unusable. Whatever was read of it before must not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error(
        "no report format recognised: the content looks like {looks_like}. Known formats: {known}. \
         Export the report in one of these, or name the format if you know it"
    )]
    UnknownFormat { looks_like: String, known: String },
    #[error(
        "the report is cut off at byte {position}: {detail}. Nothing of it was taken, because what is missing would \
         look fixed; export or download it again"
    )]
    Truncated { position: u64, detail: String },
    #[error("the report is broken at byte {position}: {detail}. Export or download it again")]
    Malformed { position: u64, detail: String },
    #[error("the report was refused: {detail}. No scanner writes such a report; check where it comes from")]
    Hostile { detail: String },
    #[error("the report's text encoding cannot be read: {detail}. Export it as UTF-8")]
    Encoding { detail: String },
    #[error(
        "the report is larger than {limit} bytes once unpacked. Split the scan, or raise the limit if you trust it"
    )]
    TooLarge { limit: u64 },
    #[error("the report could not be read from its source: {0}. Try again")]
    Io(#[source] io::Error),
}

/// What the layers below the parsers find. They speak [`io::Read`], so it travels inside an [`io::Error`].
#[derive(Clone, Debug)]
pub(crate) enum InputFault {
    TooLarge { limit: u64 },
    Hostile(String),
}

impl fmt::Display for InputFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(formatter, "more than {limit} bytes"),
            Self::Hostile(detail) => formatter.write_str(detail),
        }
    }
}

impl std::error::Error for InputFault {}

impl From<InputFault> for io::Error {
    fn from(fault: InputFault) -> Self {
        Self::other(fault)
    }
}

impl ReadError {
    /// Unwraps what a lower layer put into an I/O error. `position`: how far the parser was.
    pub(crate) fn from_io(error: &io::Error, position: u64) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<InputFault>()) {
            Some(InputFault::TooLarge { limit }) => return Self::TooLarge { limit: *limit },
            Some(InputFault::Hostile(detail)) => return Self::Hostile { detail: detail.clone() },
            None => {}
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Self::Truncated { position, detail: "the compressed data ends in the middle".to_owned() }
            }
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Self::Malformed { position, detail: format!("the compressed data is damaged ({error})") }
            }
            kind => Self::Io(io::Error::new(kind, error.to_string())),
        }
    }
}
