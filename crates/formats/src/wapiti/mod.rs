//! Wapiti: its JSON and its XML.
//!
//! Decisions a reader of findings should know:
//! - **The rule** is the category in lower case; versions rename categories, and what is known to be the same is one rule.
//!   The cookie or header that a statement of a category is about is its check.
//! - **Severity** is the level, 4 to 0. Anomalies (a server error while a payload was sent) and additionals (what
//!   software it is) inform, whatever their level.
//! - **Never complete**: a scan that was cut by its time limit (`--max-scan-time`) looks like a whole one. A scan that
//!   reached no page (told since 3.2) is blind.
//! - **The time** is that of the start.

mod entry;
mod json;
mod xml;

pub(crate) use json::FORMAT;
pub(crate) use xml::FORMAT as XML;

use jiff::fmt::rfc2822;
use scanhelm_core::Timestamp;

/// Lower-case product name.
const SCANNER: &str = "wapiti";

/// `Sat, 21 Nov 2026 21:24:27 +0000`.
fn time(text: &str) -> Option<Timestamp> {
    let time = rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp::from_seconds(time.timestamp().as_second()))
}
