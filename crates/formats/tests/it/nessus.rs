//! What the Nessus reader makes of a report.

use scanhelm_core::finding::Location;
use scanhelm_core::{Severity, Timestamp};

use crate::reading::{NESSUS, read};

#[test]
fn the_header_says_what_was_asked_of_the_scan() {
    let whole = read(NESSUS).unwrap();
    let header = &whole.headers[0];
    assert_eq!(header.scanner, "nessus");
    assert_eq!(header.policy.as_deref(), Some("Internal & quick"));
    assert_eq!(header.scan_name.as_deref(), Some("Weekly"));
    assert_eq!(header.targets, ["10.0.0.5", "db1.example.com"]);
}

#[test]
fn a_host_is_known_by_all_its_names_and_was_scanned_at_a_time() {
    let whole = read(NESSUS).unwrap();
    let covered = &whole.assets[0];
    insta::assert_json_snapshot!("nessus_asset", covered.asset);
    assert_eq!(covered.asset.identity(), "fqdn:db1.example.com");
    assert_eq!(covered.authenticated, Some(true));
    // The start has no zone and is taken as UTC; the end has an epoch, which wins over its text.
    assert_eq!(covered.started_at, Timestamp::parse("2021-06-10T11:24:12Z"));
    assert_eq!(covered.finished_at, Timestamp::parse("2021-06-10T11:37:06Z"));
    assert_eq!(whole.assets[1].asset.identity(), "hostname:quiet");
}

#[test]
fn an_item_becomes_a_finding_with_all_it_says() {
    let whole = read(NESSUS).unwrap();
    insta::assert_json_snapshot!("nessus_finding", whole.findings[0]);
}

#[test]
fn a_compliance_check_is_told_apart_by_its_check() {
    let whole = read(NESSUS).unwrap();
    insta::assert_json_snapshot!("nessus_compliance", whole.findings[1]);
}

#[test]
fn old_compliance_items_hold_their_check_in_the_description() {
    let report = NESSUS.replace("<cm:compliance-check-name>5.2.1 Ensure SSH</cm:compliance-check-name>", "").replace(
        "<cm:compliance-check-id>abc123</cm:compliance-check-id>",
        "<description>&quot;4.0 Check if &apos;tux&apos; is off&quot; : [FAILED]\n - error</description>",
    );
    let report = report.replace("<cm:compliance-result>FAILED</cm:compliance-result>", "");
    let finding = &read(report).unwrap().findings[1];
    assert_eq!(finding.check.as_deref(), Some("4.0 Check if 'tux' is off"));
    assert_eq!(finding.vendor_severity.as_deref(), Some("FAILED"));
}

#[test]
fn an_open_port_is_a_record() {
    let finding = &read(NESSUS).unwrap().findings[2];
    assert_eq!((finding.title.as_str(), finding.severity), ("Open port 22/tcp", Severity::Info));
}

#[test]
fn pages_of_a_web_application_are_different_places() {
    let report = NESSUS
        .replace(r#"<tag name="Credentialed_Scan">"#, r#"<tag name="system-type">web_application</tag><tag name="x">"#)
        .replace("<![CDATA[TLSv1 <is> on]]>", "URL\n-----\nhttps://db1.example.com/a?b=c#d\n\nProof");
    let finding = &read(report).unwrap().findings[0];
    let url = "https://db1.example.com/a".to_owned();
    assert_eq!(finding.location, Location::Web { url, method: None, parameter: None });
}

#[test]
fn a_bad_item_costs_only_itself() {
    for (from, to, reason) in [
        ("port=\"443\"", "port=\"99999\"", "`99999` is no port"),
        ("port=\"443\" ", "", "it has no attribute `port`"),
        ("severity=\"3\" pluginID=\"51192\"", "severity=\"9\" pluginID=\"51192\"", "`9` is no severity"),
        ("pluginID=\"51192\"", "pluginID=\"51\u{fffd}92\"", "`51\u{fffd}92` is no plugin id"),
        ("port=\"443\"", "port=443", "its attributes are broken"),
    ] {
        let whole = read(NESSUS.replacen(from, to, 1)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1), "{to}");
        let rejected = &whole.rejected[0];
        assert!(rejected.reason.contains(reason), "{}", rejected.reason);
        assert_eq!(rejected.record, 0);
        assert!(rejected.excerpt.starts_with("ReportItem "), "{}", rejected.excerpt);
    }
}

#[test]
fn a_policy_export_is_no_report() {
    let report = NESSUS.split_once("<Report ").unwrap().0.to_owned() + "</NessusClientData_v2>";
    assert!(read(report).unwrap_err().to_string().contains("no <Report>"));
}

#[test]
fn a_host_without_properties_or_items_was_covered() {
    let report = "<NessusClientData_v2><Report name='r'><ReportHost name='10.0.0.9'/></Report></NessusClientData_v2>";
    let whole = read(report).unwrap();
    assert_eq!(whole.assets[0].asset.identity(), "ip:10.0.0.9");
}

/// So does a run that was stopped, or that lost its scanner.
#[test]
fn a_report_with_a_host_that_was_left_in_the_middle_covers_nothing() {
    let tags = ["HOST_END_TIMESTAMP", "HOST_END"];
    let cut = tags
        .iter()
        .fold(NESSUS.to_owned(), |report, tag| report.replacen(&format!("name=\"{tag}\""), "name=\"other\"", 1));
    let whole = read(cut).unwrap();
    assert!(!whole.complete && !whole.blind && whole.findings.len() == 3);
    let [problem] = whole.problems.as_slice() else { panic!("one problem: {:?}", whole.problems) };
    assert!(problem.starts_with("1 hosts were not scanned to their end"), "{problem}");
}
