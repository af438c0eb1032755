use proptest::prelude::*;

use super::*;
use crate::Severity;
use crate::asset::{AssetKey, AssetKind, AssetRecord};

fn company() -> CompanyId {
    CompanyId(uuid::Uuid::from_u128(7))
}

fn nessus(plugin: &str, port: u16, cves: &[&str]) -> FindingRecord {
    FindingRecord {
        scanner: "nessus".to_owned(),
        rule_id: plugin.to_owned(),
        title: "OpenSSL < 3.0.7".to_owned(),
        severity: Severity::High,
        vendor_severity: None,
        asset: AssetRecord::new(AssetKind::Host, "db1", vec![AssetKey::Ip("10.0.0.5".to_owned())]),
        location: Location::Network { port, protocol: "tcp".to_owned(), service: Some("www".to_owned()) },
        check: None,
        cves: cves.iter().map(|cve| (*cve).to_owned()).collect(),
        cwes: vec![],
        cvss: vec![],
        family: None,
        description: Some("prose".to_owned()),
        solution: None,
        evidence: None,
        references: vec![],
        seen_at: None,
    }
}

fn code(path: &str, line: u32, source: &str) -> FindingRecord {
    let mut record = nessus("B307", 0, &[]);
    record.scanner = "bandit".to_owned();
    record.asset = AssetRecord::repository("shop");
    record.location =
        Location::Code { path: path.to_owned(), line: Some(line), column: Some(1), source: Some(source.to_owned()) };
    record
}

fn fingerprint(record: &FindingRecord) -> String {
    Identity::of(record, 0).fingerprint(company())
}

#[test]
fn v1_is_pinned() {
    // Changing this value means migrating every database: raise VERSION and write the migration.
    assert_eq!(
        fingerprint(&nessus("51192", 443, &[])),
        "8215b0009fd797b0d407595cb3db7e4bb499630386ddfc209a65b2f37feae099"
    );
}

#[test]
fn fm_c15_prose_severity_output_and_service_do_not_take_part() {
    let record = nessus("51192", 443, &["CVE-2022-3602"]);
    let mut reworded = record.clone();
    reworded.title = "X.509 overflow".to_owned();
    reworded.description = None;
    reworded.severity = Severity::Critical;
    reworded.evidence = Some("new banner".to_owned());
    reworded.location = Location::Network { port: 443, protocol: "TCP".to_owned(), service: None };
    reworded.rule_id = "99999".to_owned();
    assert_eq!(fingerprint(&record), fingerprint(&reworded));
}

#[test]
fn host_port_weakness_and_company_do() {
    let record = nessus("51192", 443, &[]);
    let mut other_host = record.clone();
    other_host.asset.keys = vec![AssetKey::Ip("10.0.0.6".to_owned())];
    let distinct = [
        fingerprint(&record),
        fingerprint(&nessus("51192", 8443, &[])),
        fingerprint(&nessus("51193", 443, &[])),
        fingerprint(&nessus("51192", 443, &["CVE-2020-1"])),
        fingerprint(&other_host),
        Identity::of(&record, 1).fingerprint(company()),
        Identity::of(&record, 0).fingerprint(CompanyId(uuid::Uuid::from_u128(8))),
    ];
    assert_eq!(distinct.iter().collect::<std::collections::HashSet<_>>().len(), distinct.len());
}

#[test]
fn moved_and_reindented_code_is_the_same_and_another_file_is_not() {
    let here = code("./src/app.py", 12, "    eval(request.data)\n");
    assert_eq!(fingerprint(&here), fingerprint(&code("src/lib/../app.py", 90, "eval(request.data)")));
    assert_ne!(fingerprint(&here), fingerprint(&code("src/other.py", 12, "eval(request.data)")));
}

/// The fingerprints of a report's records, by what tells the records apart.
fn numbered(records: &[FindingRecord]) -> Vec<(String, String)> {
    let mut ordinals = Ordinals::of(records);
    let mut numbered: Vec<_> = records
        .iter()
        .map(|record| {
            let identity = Identity::of(record, ordinals.next(record));
            (format!("{record:?}"), identity.fingerprint(company()))
        })
        .collect();
    numbered.sort_unstable();
    numbered
}

#[test]
fn identical_lines_are_two_findings_in_any_order() {
    let mut records = [code("a.py", 3, "eval(x)"), code("b.py", 3, "eval(x)"), code("a.py", 9, "eval(x)")];
    let mut ordinals = Ordinals::of(&records);
    assert_eq!(records.each_ref().map(|record| ordinals.next(record)), [0, 0, 1]);
    let before = numbered(&records);
    records.reverse();
    assert_eq!(numbered(&records), before);
}

/// What a person judged must not become something else because the scanner sorts its report anew.
#[test]
fn equals_keep_their_numbers_in_any_order() {
    let said = |severity, evidence: &str| {
        let mut record = nessus("1", 443, &[]);
        record.severity = severity;
        record.evidence = Some(evidence.to_owned());
        record
    };
    let mut records = [
        said(Severity::Medium, "one"),
        said(Severity::Critical, "one"),
        said(Severity::Medium, "other"),
        said(Severity::Medium, "one"),
    ];
    let before = numbered(&records);
    let distinct: std::collections::HashSet<_> = before.iter().map(|(_, fingerprint)| fingerprint).collect();
    assert_eq!(distinct.len(), 4, "four findings, the two that nothing tells apart too");
    let worst = Identity::of(&records[1], 0).fingerprint(company());
    for _ in 0..records.len() {
        records.rotate_left(1);
        assert_eq!(numbered(&records), before);
        let critical = format!("{:?}", said(Severity::Critical, "one"));
        assert!(before.contains(&(critical, worst.clone())), "the worst is the first");
    }
}

proptest! {
    #[test]
    fn cve_order_repetition_and_case_do_not_matter(mut numbers in proptest::collection::vec(1..50u32, 1..6), swap in any::<bool>()) {
        let spell = |number: &u32| if swap { format!("cve-2024-{number}") } else { format!("CVE-2024-{number}") };
        let mut record = nessus("1", 443, &[]);
        record.cves = numbers.iter().map(spell).collect();
        let before = weakness(&record);
        numbers.reverse();
        numbers.push(numbers[0]);
        record.cves = numbers.iter().map(|number| format!("CVE-2024-{number}")).collect();
        prop_assert_eq!(before, weakness(&record));
    }

    /// Parts cannot flow into each other.
    #[test]
    fn different_parts_never_share_a_fingerprint(a in "[a-z:/#,\n]{0,6}", b in "[a-z:/#,\n]{0,6}", c in "[a-z:/#,\n]{0,6}", d in "[a-z:/#,\n]{0,6}") {
        let one = Identity { version: 1, asset: a.clone(), weakness: b.clone(), location: String::new(), ordinal: 0 };
        let two = Identity { version: 1, asset: c.clone(), weakness: d.clone(), location: String::new(), ordinal: 0 };
        prop_assert_eq!((a, b) == (c, d), one.fingerprint(company()) == two.fingerprint(company()));
    }

    #[test]
    fn scanner_refs_are_short_single_lines(source in "\\PC{0,400}", check in prop::option::of("\\PC{0,300}")) {
        let mut record = code("a.py", 1, &source);
        record.check = check;
        let reference = scanner_ref(&record, 3);
        prop_assert!(reference.len() <= 160 && !reference.contains('\n'));
    }
}
