//! What the readers of InsightVM make of a report.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};

use crate::reading::{NESSUS, read};
use crate::samples_hosts::{INSIGHTVM, INSIGHTVM_CSV, OPENVAS};

#[test]
fn a_check_becomes_a_finding() {
    let whole = read(INSIGHTVM).unwrap();
    assert!(!whole.complete && !whole.blind && whole.problems.is_empty(), "{:?}", whole.problems);
    assert_eq!(whole.headers[0].policy.as_deref(), Some("Full audit"));
    let [covered] = &whole.assets[..] else { panic!("one host") };
    assert_eq!(covered.asset.operating_system.as_deref(), Some("Linux 5.10"));
    let told: Vec<_> = whole.findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect();
    assert_eq!(
        told,
        [
            ("rule:insightvm:generic-tcp-timestamp".to_owned(), "port:0/tcp".to_owned()),
            ("cve:CVE-2022-3602,CVE-2022-3786".to_owned(), "port:443/tcp".to_owned()),
            ("rule:insightvm:http-basic-auth-cleartext#/admin".to_owned(), "port:443/tcp".to_owned()),
        ]
    );
    assert_eq!(
        whole.findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(),
        [Severity::Info, Severity::Critical, Severity::High]
    );
    assert!(whole.findings[2].evidence.as_ref().unwrap().starts_with("Suppressed in InsightVM by an exception"));
    insta::assert_json_snapshot!("insightvm_check", whole.findings[1]);
}

#[test]
fn the_table_says_the_same() {
    let (xml, table) = (read(INSIGHTVM).unwrap(), read(INSIGHTVM_CSV).unwrap());
    let [first, second] = &table.findings[..] else { panic!("two findings") };
    assert_eq!((weakness(first), &first.location), (weakness(&xml.findings[1]), &xml.findings[1].location));
    assert_eq!((first.severity, &first.vendor_severity), (Severity::Critical, &xml.findings[1].vendor_severity));
    assert_eq!(first.asset.identity(), xml.findings[1].asset.identity());
    assert!(second.evidence.as_ref().unwrap().starts_with("Suppressed in InsightVM"));
    assert!(!table.complete && table.rejected.is_empty());
    let header = INSIGHTVM_CSV.lines().next().unwrap();
    let clean = INSIGHTVM_CSV.lines().last().unwrap();
    let clean = read(format!("{header}\n{clean}\n")).unwrap();
    assert!(!clean.blind && clean.findings.is_empty() && clean.assets.len() == 1, "it was looked at");
}

/// Nessus, OpenVAS and InsightVM on one flaw of one port of one host: one finding.
#[test]
fn scanners_of_hosts_meet_in_one_finding() {
    let identity = |report: &str, at: usize| {
        let finding = read(report).unwrap().findings.remove(at);
        scanhelm_core::finding::identity::Identity::of(&finding, 0)
    };
    let nessus = identity(NESSUS, 0);
    assert_eq!(identity(OPENVAS, 0), nessus);
    assert_eq!(identity(INSIGHTVM, 1), nessus);
    assert_eq!(identity(INSIGHTVM_CSV, 0), nessus);
}

#[test]
fn what_cannot_be_told_costs_only_itself() {
    for (from, to, reason) in [
        ("status=\"vulnerable-version\"", "status=\"maybe\"", "`maybe` is no status of a check"),
        ("port=\"443\"", "port=\"https\"", "`https` is no port"),
        ("<vulnerability id=\"openssl", "<vulnerability id=\"other", "does not describe `openssl-cve-2022-3602`"),
        ("severity=\"8\"", "severity=\"bad\"", "`bad` is no severity of InsightVM"),
    ] {
        let whole = read(INSIGHTVM.replacen(from, to, 1)).unwrap();
        assert!(whole.rejected[0].reason.contains(reason), "{:?}", whole.rejected);
        assert_eq!(whole.findings[0].rule_id, "generic-tcp-timestamp");
    }
    let whole = read(INSIGHTVM_CSV.replacen(",vv,", ",zz,", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`zz` is no result code"));
}

#[test]
fn trouble_of_the_scan_is_told() {
    let whole = read(INSIGHTVM.replace("status=\"finished\"", "status=\"stopped\"")).unwrap();
    assert!(whole.problems[0].contains("InsightVM says `stopped`"), "{:?}", whole.problems);
    let whole = read(INSIGHTVM.replace("status=\"not-vulnerable\"", "status=\"error\"")).unwrap();
    assert_eq!(whole.problems, ["1 checks ended in an error"]);
    let whole = read("<NexposeReport version=\"2.0\"><scans/><nodes/></NexposeReport>").unwrap();
    assert!(whole.blind && !whole.complete);
}
