//! What each fuzz target does with its bytes. The stable test suite calls the same functions on fixed and random
//! inputs (crates/formats/tests/it/fuzz.rs), so a target cannot rot unseen.

use std::io::Cursor;

use scanhelm_formats::write::{Findings, Heading, Output, ToolInfo};
use scanhelm_formats::{Limits, ReadError, ReadOptions, ReportItem, open};

/// Small enough that a fuzzer finds a breach of a limit and not the machine's.
fn limits() -> Limits {
    Limits { max_bytes: 8 << 20, max_token: 64 << 10, max_text: 16 << 10, max_context: 1 << 20, ..Limits::default() }
}

/// Any bytes, taken for any format or recognised: an error or a report, never a panic; the footer comes last and once.
pub(crate) fn read_any(format: Option<&str>, bytes: &[u8]) -> Result<Vec<ReportItem>, ReadError> {
    let options = ReadOptions { format: format.map(str::to_owned), limits: limits(), ..ReadOptions::default() };
    let items = open(Box::new(Cursor::new(bytes.to_vec())), &options)?.collect::<Result<Vec<_>, _>>()?;
    let footers = items.iter().filter(|item| matches!(item, ReportItem::Footer { .. })).count();
    assert!(footers == 1 && matches!(items.last(), Some(ReportItem::Footer { .. })), "one footer, at the end");
    Ok(items)
}

/// What could be read can be written in every format, and comes back from SARIF with as many findings.
pub(crate) fn read_and_write(bytes: &[u8]) {
    let Ok(items) = read_any(None, bytes) else { return };
    let findings: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item {
            ReportItem::Finding(finding) => Some(*finding),
            _ => None,
        })
        .collect();
    let heading = Heading { tool: ToolInfo::scanhelm(), name: "fuzzed".to_owned(), of_hub: false };
    let sorted = Findings::of_report(&findings).expect("little is sorted in memory");
    let mut sarif = vec![];
    for output in Output::ALL.into_iter().filter(|output| *output != Output::Ocsf) {
        let mut bytes = vec![];
        output.write(&mut bytes, &sorted, &heading).expect("a buffer takes all");
        if output == Output::Sarif {
            sarif = bytes;
        }
    }
    let again = open(Box::new(Cursor::new(sarif)), &ReadOptions::default()).expect("our own SARIF");
    let again = again.filter(|item| matches!(item, Ok(ReportItem::Finding(_)))).count();
    assert_eq!(again, findings.len(), "findings that came back");
}
