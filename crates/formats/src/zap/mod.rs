//! ZAP: its traditional report as XML and as JSON.
//!
//! Decisions a reader of findings should know:
//! - **A finding** is an alert on a page through a method and a parameter. Instances that differ in their query or attack only
//!   are one finding, whose evidence shows the first of them.
//! - **The rule** is `alertRef`, which tells the kinds of one plugin apart; versions before 2.10 give the plugin's number only.
//! - **Severity** is the risk code: ZAP knows high, medium, low and informational. Confidence 0 means false positive, and is
//!   read with that mark.
//! - **Never complete**: a report is of ZAP's session and does not say whether a scan ended, nor of what.
//! - **The time** has no zone and is taken as UTC; in other languages than English it is left out.

mod alert;
mod json;
mod xml;

pub(crate) use json::FORMAT as JSON;
pub(crate) use xml::FORMAT;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use scanhelm_core::Timestamp;

/// Lower-case product name.
const SCANNER: &str = "zap";

/// `Tue, 12 May 2020 20:59:12`.
fn generated(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.split_once(", ")?;
    let time = DateTime::strptime("%d %b %Y %H:%M:%S", rest.trim()).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_seconds(time.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_english() {
        assert_eq!(generated("Tue, 2 Jun 2020 20:59:12").unwrap().to_string(), "2020-06-02T20:59:12.000Z");
        assert_eq!((generated("Fr., 30 Sep. 2022 08:40:35"), generated("")), (None, None));
    }
}
