//! What the readers of OpenVAS make of a report.

use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_core::{Severity, Timestamp};
use scanhelm_formats::ReadError;

use crate::reading::{Whole, read};
use crate::samples_hosts::{OPENVAS, OPENVAS_CSV};

fn known_by(whole: &Whole) -> Vec<(String, String, String)> {
    let known = |finding: &scanhelm_core::finding::FindingRecord| {
        (finding.asset.identity(), weakness(finding), location(&finding.location))
    };
    whole.findings.iter().map(known).collect()
}

#[test]
fn a_result_becomes_a_finding() {
    let whole = read(OPENVAS).unwrap();
    assert!(whole.complete && !whole.blind, "{:?}", whole.problems);
    assert_eq!(whole.headers[0].policy.as_deref(), Some("task t1"));
    assert_eq!(whole.headers[0].finished_at, Timestamp::parse("2021-06-10T11:40:00Z"));
    let [covered] = &whole.assets[..] else { panic!("one host") };
    assert!(covered.authenticated == Some(true) && covered.asset.operating_system.as_deref() == Some("Linux 5.10"));
    assert_eq!(covered.finished_at, Timestamp::parse("2021-06-10T11:37:06Z"));
    assert_eq!(
        known_by(&whole),
        [
            ("cve:CVE-2022-3602,CVE-2022-3786", "port:443/tcp"),
            ("rule:openvas:1.3.6.1.4.1.25623.1.0.105937", "port:0/tcp"),
            ("rule:openvas:1.3.6.1.4.1.25623.1.0.1", "port:22/tcp"),
        ]
        .map(|(weakness, location)| (
            "fqdn:db1.example.com".to_owned(),
            weakness.to_owned(),
            location.to_owned()
        ))
    );
    insta::assert_json_snapshot!("openvas_result", whole.findings[0]);
}

#[test]
fn a_false_positive_keeps_its_severity_and_says_what_it_is() {
    let whole = read(OPENVAS).unwrap();
    assert_eq!(whole.findings[2].severity, Severity::Medium);
    assert!(whole.findings[2].evidence.as_ref().unwrap().starts_with("Marked in Greenbone as false positive"));
}

#[test]
fn the_table_says_the_same() {
    let (xml, table) = (read(OPENVAS).unwrap(), read(OPENVAS_CSV).unwrap());
    assert_eq!(known_by(&xml)[..2], known_by(&table)[..]);
    for (one, other) in xml.findings.iter().zip(&table.findings) {
        assert_eq!((one.severity, &one.title, &one.description), (other.severity, &other.title, &other.description));
    }
    assert!(!table.complete && !table.blind);
    let cut_between_rows = &OPENVAS_CSV[..OPENVAS_CSV.rfind("10.0.0.5").unwrap()];
    assert!(!read(cut_between_rows).unwrap().complete);
    let error = read(OPENVAS_CSV.trim_end_matches(",\"\"\n")).unwrap_err();
    assert!(matches!(error, ReadError::Truncated { .. }), "{error}");
}

#[test]
fn a_report_that_hides_or_lacks_something_closes_nothing() {
    for (from, to, problem) in [
        ("<scan_run_status>Done", "<scan_run_status>Interrupted", "Greenbone says Interrupted"),
        ("<full>3</full>", "<full>40</full>", "3 of 40 results"),
        ("<filtered>3</filtered>", "<filtered>2</filtered>", "hides the others"),
        ("<result_count>3<full>3</full><filtered>3</filtered></result_count>", "", "how many results"),
        ("<end>2021-06-10T11:37:06Z</end>", "<end/>", "was not scanned to its end"),
        (
            "<errors><count>0</count>",
            "<errors><error><host>10.0.0.6</host><description>NVT timed out</description></error>",
            "10.0.0.6: NVT timed out",
        ),
        ("<severity>0.0</severity>", "<severity>-3.0</severity>", "10.0.0.5: Linux"),
    ] {
        let whole = read(OPENVAS.replacen(from, to, 1)).unwrap();
        assert!(!whole.complete && !whole.blind, "{to}");
        assert!(whole.problems.iter().any(|said| said.contains(problem)), "{:?}", whole.problems);
    }
}

#[test]
fn an_answer_of_the_manager_holds_the_same_report() {
    let answer = format!("<get_reports_response status=\"200\" status_text=\"OK\">{OPENVAS}</get_reports_response>");
    assert_eq!(read(answer).unwrap(), read(OPENVAS).unwrap());
    let inner = &OPENVAS[OPENVAS.find("<report id=\"a\"><gmp>").unwrap()..OPENVAS.rfind("</report>").unwrap()];
    assert_eq!(read(inner).unwrap(), read(OPENVAS).unwrap());
    let error = read("<get_reports_response status=\"404\" status_text=\"Failed to find report\"/>").unwrap_err();
    assert!(error.to_string().contains("no report with results"), "{error}");
}

#[test]
fn a_bad_result_costs_only_itself() {
    for (from, to, reason) in [
        ("<nvt oid=\"1.3.6.1.4.1.25623.1.0.1\">", "<nvt oid=\"a b\">", "`a b` is no id of a test"),
        ("<severity>0.0</severity>", "<severity>bad</severity>", "`bad` is no severity"),
        ("<port>22/tcp</port>", "<port>70000/tcp</port>", "`70000` is no port"),
        ("<host>10.0.0.5<asset asset_id=\"96329f0e\"/></host>", "<host/>", "it names no host"),
    ] {
        let whole = read(OPENVAS.replacen(from, to, 1)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1), "{to}");
        assert_eq!(whole.rejected[0].reason, reason);
    }
}
