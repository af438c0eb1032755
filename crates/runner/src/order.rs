//! One order for records, whatever order a tool wrote them in and whichever scanner ended first.

use std::cmp::Ordering;

use scanhelm_core::finding::{FindingRecord, Location};

/// Worst first, then scanner, rule, location, title. What is still equal is compared as a whole, so that the order
/// never depends on the input's.
pub fn sort(records: &mut [Box<FindingRecord>]) {
    records.sort_by(|left, right| key(left).cmp(&key(right)).then_with(|| whole(left, right)));
}

type Key<'a> = (u8, &'a str, &'a str, Place<'a>, &'a str);
type Place<'a> = (&'a str, u32, u32, &'a str, &'a str);

fn key(record: &FindingRecord) -> Key<'_> {
    let worst_first = u8::MAX - record.severity.rank();
    (worst_first, &record.scanner, &record.rule_id, place(&record.location), &record.title)
}

fn place(location: &Location) -> Place<'_> {
    match location {
        Location::Asset => ("", 0, 0, "", ""),
        Location::Network { port, protocol, service } => {
            ("", u32::from(*port), 0, protocol, service.as_deref().unwrap_or_default())
        }
        Location::Web { url, method, parameter } => {
            (url, 0, 0, method.as_deref().unwrap_or_default(), parameter.as_deref().unwrap_or_default())
        }
        Location::Code { path, line, column, source } => {
            (path, line.unwrap_or(0), column.unwrap_or(0), source.as_deref().unwrap_or_default(), "")
        }
        Location::Package { purl, path } => (purl, 0, 0, path.as_deref().unwrap_or_default(), ""),
    }
}

fn whole(left: &FindingRecord, right: &FindingRecord) -> Ordering {
    let text = |record: &FindingRecord| serde_json::to_string(record).unwrap_or_default();
    text(left).cmp(&text(right))
}

#[cfg(test)]
mod tests {
    use scanhelm_core::Severity;
    use scanhelm_core::asset::AssetRecord;

    use super::*;

    fn record(severity: Severity, rule: &str, path: &str, line: u32) -> FindingRecord {
        FindingRecord {
            scanner: "s".to_owned(),
            rule_id: rule.to_owned(),
            title: String::new(),
            severity,
            vendor_severity: None,
            asset: AssetRecord::repository("r"),
            location: Location::Code { path: path.to_owned(), line: Some(line), column: None, source: None },
            check: None,
            cves: Vec::new(),
            cwes: Vec::new(),
            cvss: Vec::new(),
            family: None,
            description: None,
            solution: None,
            evidence: None,
            references: Vec::new(),
            seen_at: None,
        }
    }

    #[test]
    fn the_order_is_that_of_the_content_not_of_the_input() {
        let expected = [
            record(Severity::Critical, "z", "b", 1),
            record(Severity::High, "a", "b", 2),
            record(Severity::High, "a", "b", 10),
            record(Severity::High, "a", "c", 1),
            record(Severity::High, "b", "a", 1),
            record(Severity::Info, "a", "a", 1),
        ]
        .map(Box::new);
        let mut records: Vec<_> = expected.iter().rev().cloned().collect();
        records.swap(1, 3);
        sort(&mut records);
        assert_eq!(records, expected);
    }
}
