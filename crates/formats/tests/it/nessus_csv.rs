//! What the reader of Nessus tables makes of a report.

use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::{Severity, Timestamp};
use scanhelm_formats::{ReadError, ReadOptions};

use crate::reading::{NESSUS, NESSUS_CSV, read, read_with};

const HEADER: &str = "Plugin ID,CVE,Risk,Host,Protocol,Port,Name,Description,Plugin Output\n";

fn table(rows: &[&str]) -> String {
    format!("{HEADER}{}\n", rows.join("\n"))
}

/// All that enters a fingerprint but the ordinal.
fn identity(finding: &FindingRecord) -> [String; 3] {
    [finding.asset.identity(), weakness(finding), location(&finding.location)]
}

fn identities(report: &str) -> Vec<[String; 3]> {
    let mut all: Vec<_> = read(report).unwrap().findings.iter().map(identity).collect();
    all.sort();
    all
}

#[test]
fn rows_become_a_finding_with_all_they_say() {
    let whole = read(NESSUS_CSV).unwrap();
    insta::assert_json_snapshot!("nessus_csv_finding", whole.findings[0]);
    assert_eq!(whole.findings.len(), 4);
    let [known, by_address] = whole.assets.as_slice() else { panic!("two hosts") };
    assert_eq!(known.asset.identity(), "fqdn:db1.example.com");
    assert_eq!(known.started_at, Timestamp::parse("2021-06-10T11:24:12Z"));
    assert_eq!(known.finished_at, Timestamp::parse("2021-06-10T11:37:06Z"));
    assert_eq!(by_address.asset.identity(), "ip:10.0.0.9");
}

#[test]
fn a_finding_is_known_as_in_the_xml_of_the_same_scan() {
    let (xml, table) = (read(NESSUS).unwrap(), read(NESSUS_CSV).unwrap());
    assert_eq!(identity(&xml.findings[0]), identity(&table.findings[0]));
    assert_eq!(xml.findings[0].asset.name, table.findings[0].asset.name);
    assert_eq!((&xml.findings[0].scanner, &xml.findings[0].rule_id), (&"nessus".to_owned(), &"51192".to_owned()));
}

#[test]
fn a_formula_is_text() {
    let finding = &read(NESSUS_CSV).unwrap().findings[3];
    assert_eq!(finding.title, "=cmd|'/c calc'!A1");
    assert_eq!(finding.location, Location::Network { port: 0, protocol: "udp".to_owned(), service: None });
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let rows = [
        "1,CVE-2020-0001,Low,h,tcp,1,n,d,a",
        "1,CVE-2020-0002,Low,h,tcp,1,n,d,a",
        "1,CVE-2020-0003,Low,h,tcp,1,n,d,b",
        "1,CVE-2020-0001,Low,h,tcp,1,n,d,b",
        "1,CVE-2020-0001,Low,h,tcp,1,n,d,a",
        "1,CVE-2020-0002,Low,h,tcp,1,n,d,a",
        "1,CVE-2020-0001,Low,h,udp,1,n,d,a",
        "2,CVE-2020-0001,Low,h,tcp,1,n,d,a",
        "1,CVE-2020-0001,Low,i,tcp,1,n,d,a",
        "3,,Low,h,tcp,1,n,d,a",
        "3,,Low,h,tcp,1,n,d,a",
        "4,\"CVE-2020-0005,CVE-2020-0004\",Low,h,tcp,1,n,d,a",
    ];
    let sorted = identities(&table(&rows));
    let cves: Vec<&str> = sorted.iter().map(|[_, weakness, _]| weakness.as_str()).collect();
    assert_eq!(
        cves,
        [
            "cve:CVE-2020-0001",
            "cve:CVE-2020-0001",
            // The plugin reported twice on the port in the same words, and once in others.
            "cve:CVE-2020-0001,CVE-2020-0002",
            "cve:CVE-2020-0001,CVE-2020-0002",
            "cve:CVE-2020-0001,CVE-2020-0003",
            "cve:CVE-2020-0004,CVE-2020-0005",
            "rule:nessus:3",
            "rule:nessus:3",
            "cve:CVE-2020-0001",
        ]
    );
    for seed in 1..40_usize {
        let mut shuffled = rows;
        for at in 0..shuffled.len() {
            shuffled.swap(at, (seed * (2 * at + 7)) % rows.len());
        }
        assert_eq!(identities(&table(&shuffled)), sorted, "{shuffled:?}");
    }
}

#[test]
fn severity_in_words_or_as_a_number() {
    for (word, severity) in [
        ("None", Severity::Info),
        ("Info", Severity::Info),
        ("0", Severity::Info),
        ("low", Severity::Low),
        ("Medium", Severity::Medium),
        ("3", Severity::High),
        ("Critical", Severity::Critical),
    ] {
        let whole = read(table(&[&format!("1,,{word},h,tcp,1,n,d,o")])).unwrap();
        assert_eq!(whole.findings[0].severity, severity, "{word}");
    }
}

#[test]
fn a_compliance_check_is_known_by_its_name() {
    let row = "21157,,FAILED,h,tcp,0,Unix Compliance Checks,\"\"\"5.2.1 Ensure SSH\"\" : [FAILED]\n\nWhy.\",";
    let finding = &read(table(&[row])).unwrap().findings[0];
    assert_eq!(finding.check.as_deref(), Some("5.2.1 Ensure SSH"));
    assert_eq!((finding.severity, finding.vendor_severity.as_deref()), (Severity::High, Some("FAILED")));
    assert_eq!(finding.family.as_deref(), Some("Policy Compliance"));
}

#[test]
fn a_bad_finding_costs_only_itself_and_once() {
    for (row, reason) in [
        ("1,CVE-2020-0001,Low,h,tcp,99999,n,d,o", "`99999` is no port"),
        ("1,CVE-2020-0001,Odd,h,tcp,1,n,d,o", "`Odd` is no severity"),
        ("1,CVE-2020-0001,,h,tcp,1,n,d,o", "`` is no severity"),
        ("1\u{fffd},CVE-2020-0001,Low,h,tcp,1,n,d,o", "`1\u{fffd}` is no plugin id"),
        ("1,CVE-2020-0001,Low,,tcp,1,n,d,o", "it names no host"),
        ("1,CVE-2020-0001,Low,h,,1,n,d,o", "it has no protocol"),
    ] {
        let further = row.replace("0001", "0002");
        let whole = read(table(&["2,,Low,h,tcp,1,n,d,o", row, &further, "3,,Low,h,tcp,1,n,d,o"])).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1), "{row}");
        assert_eq!((whole.rejected[0].record, whole.rejected[0].reason.as_str()), (1, reason));
        assert!(whole.rejected[0].excerpt.contains("CVE-2020-0001"), "{}", whole.rejected[0].excerpt);
    }
}

#[test]
fn a_row_of_another_width_breaks_the_report() {
    for row in ["1,,Low,h,tcp,1,n,d", "1,,Low,h,tcp,1,n,d,o,more", "a note"] {
        let error = read(table(&[row, "2,,Low,h,tcp,1,n,d,o"])).unwrap_err();
        assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains("cells where the header has 9"), "{error}");
    }
    let error = read(format!("{NESSUS_CSV}\"a\"b")).unwrap_err();
    assert!(error.to_string().contains("is not doubled"), "{error}");
}

#[test]
fn a_table_without_the_columns_of_the_identity_says_which_to_choose() {
    let error = read("Plugin ID,Risk,Host,Name\n1,Low,h,n\n").unwrap_err();
    assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
    assert!(error.to_string().contains("(CVE, Protocol, Port); choose them too"), "{error}");
    let forced = ReadOptions { format: Some("nessus-csv".to_owned()), ..ReadOptions::default() };
    assert!(matches!(read_with("a,b\n1,2\n", &forced), Err(ReadError::Malformed { .. })));
}

#[test]
fn a_table_of_no_findings_says_nothing_of_what_was_scanned() {
    let whole = read(HEADER).unwrap();
    assert!(whole.blind && !whole.complete && whole.findings.is_empty());
    assert!(read(table(&["x,,Low,h,tcp,1,n,d,o"])).is_ok_and(|whole| !whole.blind));
}
