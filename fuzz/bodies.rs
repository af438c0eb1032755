//! What each fuzz target does with its bytes. The stable test suite calls the same functions on fixed and random
//! inputs (crates/formats/tests/it/fuzz.rs), so a target cannot rot unseen.

use std::io::Cursor;

use scanhelm_core::feed::{FeedKind, FeedRecord, cve_id};
use scanhelm_formats::write::{Findings, Heading, Hidden, Output, ToolInfo};
use scanhelm_formats::{Limits, ReadError, ReadOptions, ReportItem, feed, open};

/// So small that the short inputs of a fuzzer reach each of them, and that a breach is not the machine's to find.
fn limits() -> Limits {
    Limits {
        max_bytes: 1 << 20,
        max_inflation: 20,
        free_inflation: 64 << 10,
        max_members: 8,
        max_member_name: 64,
        max_token: 3 << 10,
        max_gap: 256,
        max_depth: 24,
        max_attributes: 16,
        max_text: 256,
        max_context: 8 << 10,
    }
}

/// Any bytes, taken for any format or recognised: an error or a report, never a panic; the footer comes last and once.
pub(crate) fn read_any(format: Option<&str>, bytes: &[u8]) -> Result<Vec<ReportItem>, ReadError> {
    let options = ReadOptions { format: format.map(str::to_owned), limits: limits(), ..ReadOptions::default() };
    let items = open(Box::new(Cursor::new(bytes.to_vec())), &options)?.collect::<Result<Vec<_>, _>>()?;
    let footers = items.iter().filter(|item| matches!(item, ReportItem::Footer { .. })).count();
    assert!(footers == 1 && matches!(items.last(), Some(ReportItem::Footer { .. })), "one footer, at the end");
    let records = items.iter().filter(|item| matches!(item, ReportItem::Finding(_) | ReportItem::Rejected(_)));
    for (position, record) in records.enumerate() {
        let ReportItem::Rejected(rejected) = record else { continue };
        assert_eq!(rejected.record, position as u64, "kept and rejected are counted as one: {rejected:?}");
        assert!(!rejected.reason.is_empty(), "a record is rejected for a reason");
    }
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
    let heading = Heading {
        tool: ToolInfo::scanhelm(),
        name: "fuzzed".to_owned(),
        of_hub: false,
        scanners: Vec::new(),
        warnings: Vec::new(),
        hidden: Hidden::default(),
        components: None,
    };
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

/// Any bytes, taken for each feed: records in the publisher's terms, and nothing after the first fault.
pub(crate) fn read_feeds(bytes: &[u8]) {
    for kind in FeedKind::ALL {
        let Ok(mut reader) = feed::open(kind, Box::new(Cursor::new(bytes.to_vec())), &limits()) else { continue };
        while let Some(Ok(record)) = reader.next() {
            assert!(is_sound(kind, &record), "{kind}: {record:?}");
        }
        assert!(reader.next().is_none(), "{kind} goes on after its end");
    }
}

/// What the hub relies on when it stores a record.
fn is_sound(kind: FeedKind, record: &FeedRecord) -> bool {
    let is_cve = |cve: &String| cve_id(cve).as_ref() == Some(cve);
    let is_line = |text: &String| !text.contains(char::is_control);
    let is_share = |number: f64| (0.0..=1.0).contains(&number);
    match record {
        FeedRecord::Epss { cve, score } => {
            kind == FeedKind::Epss && is_cve(cve) && is_share(score.score) && is_share(score.percentile)
        }
        FeedRecord::Kev(entry) => kind == FeedKind::Kev && is_cve(&entry.cve) && is_line(&entry.name),
        FeedRecord::Nvd(entry) => {
            let tenths = entry.score().map_or(0, |score| score.tenths);
            kind == FeedKind::Nvd && is_cve(&entry.cve) && entry.vectors.iter().all(is_line) && tenths <= 100
        }
        FeedRecord::Cwe { name, .. } => kind == FeedKind::Cwe && !name.is_empty() && is_line(name),
    }
}
