//! Nikto: its JSON (one object, or a list of hosts) and its XML.
//!
//! Decisions a reader of findings should know:
//! - **Severity**: Nikto rates nothing, so all of it informs.
//! - **The check** tells the statements of one test apart where it makes several of one page: the header or the cookie that
//!   the message names. What else a message says can differ from run to run and identifies nothing.
//! - **The site**: the JSON names no scheme; port 443, and a host with TLS facts, is https.
//! - **Never complete**: a run that was cut by `-maxtime` looks like a whole one. A host that could not be reached is told as
//!   an item (`FAIL`): it is a problem and no finding, and a report of nothing else is blind.

mod item;
mod json;
mod xml;

pub(crate) use json::FORMAT;
pub(crate) use xml::FORMAT as XML;

use scanhelm_core::Timestamp;

use crate::report::{Problems, ReportHeader, ReportItem};

/// Lower-case product name.
const SCANNER: &str = "nikto";

fn header(version: Option<String>) -> ReportHeader {
    ReportHeader { scanner: SCANNER.to_owned(), scanner_version: version, ..ReportHeader::default() }
}

fn footer(has_sites: bool, finished_at: Option<Timestamp>, problems: &mut Problems) -> ReportItem {
    ReportItem::Footer { finished_at, complete: false, blind: !has_sites, problems: problems.take() }
}
