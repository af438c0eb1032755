//! Qualys VM: results of one scan as its API gives them (JSON) and as its console does (XML), the detections of hosts,
//! asset data reports, and the CSV that people download.
//!
//! Decisions a reader of findings should know:
//! - **Severity** 5 to 1 is critical to info; what Qualys calls information gathered is info whatever its number.
//!   The number stays as the vendor's severity, with the kind where it is not a confirmed vulnerability.
//! - **A finding without a port** concerns the whole host: port 0/tcp, as Nessus writes it, so that the two meet.
//! - **What is told as fixed** is no finding and is passed over; that it is missing closes nothing, see next.
//! - **Complete** is only what one scan says of itself and that ran to its end. Detections, reports and CSV are filtered
//!   by whoever asked for them, so nothing is called fixed because they lack it.
//! - **Authenticated** is a host on which Qualys reports a log-in method (QIDs 38307 and 70053), an agent's host, and,
//!   among detections, one whose last authenticated scan is its last scan. QID 70028 alone proves nothing: it is
//!   reported for anonymous sessions too.
//! - **Times** without a zone are UTC. When a host was scanned is in QID 45038, where it is reported.
//! - Detections name no titles and no CVEs (those are in Qualys' knowledge base); results, reports and most CSV do.

mod detections;
mod finding;
mod host;
mod knowledge;
mod report;
mod results;
mod scan;
mod table;
mod time;
mod web;

pub(crate) use detections::FORMAT as DETECTIONS;
pub(crate) use report::FORMAT as REPORT;
pub(crate) use results::FORMAT as RESULTS;
pub(crate) use scan::FORMAT as SCAN;
pub(crate) use table::FORMAT as TABLE;
pub(crate) use web::FORMAT as WEB;

/// Lower-case product name.
const SCANNER: &str = "qualys";
/// Targets beyond these are in the vendor's scan, not needed twice.
const MOST_TARGETS: usize = 10_000;

/// What the text says; the ways in which Qualys writes "nothing" say nothing.
fn said(text: &str) -> Option<&str> {
    let text = text.trim();
    let nothing = ["", "-", "'-", "None", "N/A", "null", "No registered hostname", "Unknown"];
    (!nothing.contains(&text)).then_some(text)
}

fn targets(text: &str) -> Vec<String> {
    let parts = text.split([',', '\n']).filter_map(said);
    parts.take(MOST_TARGETS).map(|target| scanhelm_core::text::single_line(target, 300)).collect()
}
