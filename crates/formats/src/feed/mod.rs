//! Feeds of public facts about vulnerabilities, in the forms in which their publishers give them: EPSS as CSV, KEV as
//! JSON or CSV, NVD as CVE JSON 2.0, CWE as XML or CSV; each also gzipped or in a ZIP archive.
//!
//! Unlike a report, a feed is one publisher's whole truth: there is nothing to save of a broken one while a good one
//! is loaded. So a record that cannot be read spoils the file, and the caller keeps what it has. Read like reports:
//! record by record, in bounded memory, and never ending well where the file was cut.

mod cwe;
mod epss;
mod kev;
mod nvd;

use std::fmt;
use std::io::Read;

use scanhelm_core::Timestamp;
use scanhelm_core::feed::{FeedKind, FeedRecord};

use crate::error::ReadError;
use crate::input::Input;
use crate::options::Limits;

/// What a feed says of itself. Whole only when its records have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedAbout {
    pub version: Option<String>,
    pub published_at: Option<Timestamp>,
}

/// The records of a feed, one by one.
pub struct FeedReader {
    records: Box<dyn Records>,
    ended: bool,
}

trait Records: Send {
    /// `None` at the end, which has been proven to be one.
    fn next(&mut self) -> Result<Option<FeedRecord>, ReadError>;

    fn about(&self) -> &FeedAbout;
}

impl fmt::Debug for FeedReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FeedReader").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// Starts reading a feed.
///
/// # Errors
/// When it is not one of this kind, as far as its beginning tells.
pub fn open(kind: FeedKind, raw: Box<dyn Read + Send>, limits: &Limits) -> Result<FeedReader, FeedFault> {
    let input = Input::open(raw, limits).map_err(FeedFault)?;
    let is_json = input.sample.text().starts_with(['{', '[']);
    let is_xml = input.sample.text().starts_with('<');
    let records: Result<Box<dyn Records>, ReadError> = match kind {
        FeedKind::Epss => epss::Scores::open(input, limits).map(|records| Box::new(records) as _),
        FeedKind::Kev if is_json => kev::Catalog::open(input, limits).map(|records| Box::new(records) as _),
        FeedKind::Kev => kev::Table::open(input, limits).map(|records| Box::new(records) as _),
        FeedKind::Nvd => nvd::Vulnerabilities::open(input, limits).map(|records| Box::new(records) as _),
        FeedKind::Cwe if is_xml => cwe::Catalog::open(input, limits).map(|records| Box::new(records) as _),
        FeedKind::Cwe => cwe::Table::open(input, limits).map(|records| Box::new(records) as _),
    };
    Ok(FeedReader { records: records.map_err(FeedFault)?, ended: false })
}

impl FeedReader {
    #[must_use]
    pub fn about(&self) -> &FeedAbout {
        self.records.about()
    }
}

impl Iterator for FeedReader {
    type Item = Result<FeedRecord, FeedFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.records.next();
        self.ended = !matches!(next, Ok(Some(_)));
        next.map_err(FeedFault).transpose()
    }
}

/// Why a feed cannot be read.
#[derive(Debug)]
pub struct FeedFault(ReadError);

impl std::error::Error for FeedFault {}

impl fmt::Display for FeedFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ReadError::Truncated { position, detail } => {
                write!(formatter, "the file is cut off at byte {position}: {detail}. Download it again")
            }
            ReadError::Malformed { position, detail } => write!(
                formatter,
                "the file is not as its publisher writes it (byte {position}): {detail}. Check that it is the right \
                 file, and download it again"
            ),
            ReadError::Hostile { detail } => {
                write!(formatter, "the file was refused: {detail}. Check where it comes from")
            }
            ReadError::UnknownFormat { looks_like, .. } => {
                write!(formatter, "the file looks like {looks_like}. Check that it is the right one")
            }
            ReadError::Encoding { detail } => write!(formatter, "the file's text cannot be read: {detail}"),
            ReadError::TooLarge { limit } => write!(formatter, "the file is larger than {limit} bytes once unpacked"),
            ReadError::Io(error) => write!(formatter, "the file could not be read: {error}. Try again"),
        }
    }
}

/// A date as publishers write it, with or without a time, at midnight UTC.
fn date(text: &str) -> Option<Timestamp> {
    let day = text.trim().get(..10)?;
    Timestamp::parse(&format!("{day}T00:00:00Z"))
}
