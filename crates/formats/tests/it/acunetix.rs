//! What the readers of Acunetix make of a report.

use scanhelm_core::finding::Location;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_core::{Severity, Timestamp};
use scanhelm_formats::{Limits, ReadError, ReadOptions};

use crate::reading::{ACUNETIX, ACUNETIX_RUN, read, read_with};

#[test]
fn an_item_of_the_xml_becomes_a_finding() {
    let whole = read(ACUNETIX).unwrap();
    assert!(whole.complete && !whole.blind);
    assert_eq!(whole.headers[0].scan_name.as_deref(), Some("Weekly shop"));
    // The times are in the server's locale, and nobody knows which.
    assert_eq!((whole.headers[0].started_at, whole.assets[0].finished_at), (None, None));
    insta::assert_json_snapshot!("acunetix_item", whole.findings[0]);
}

#[test]
fn a_record_of_a_run_becomes_a_finding() {
    let whole = read(ACUNETIX_RUN).unwrap();
    assert!(whole.complete && !whole.blind && whole.assets[0].authenticated == Some(true));
    assert_eq!(whole.headers[0].policy.as_deref(), Some("Full Scan"));
    assert_eq!(whole.assets[0].finished_at, Timestamp::parse("2026-11-20T11:00:00Z"));
    insta::assert_json_snapshot!("acunetix_record", whole.findings[0]);
}

#[test]
fn what_describes_a_kind_serves_all_its_records() {
    let whole = read(ACUNETIX_RUN).unwrap();
    let [first, second] = &whole.findings[..] else { panic!("two findings") };
    assert_eq!(
        (&first.description, &first.cvss, &first.references),
        (&second.description, &second.cvss, &second.references)
    );
    assert_eq!(second.evidence.as_deref(), Some("Marked in Acunetix as false positive"));
    // Remembering is bounded.
    let limits = Limits { max_context: 400, ..Limits::default() };
    let whole = read_with(ACUNETIX_RUN, &ReadOptions { limits, ..ReadOptions::default() }).unwrap();
    assert_eq!((whole.findings.len(), &whole.findings[1].description), (2, &None));
}

#[test]
fn identity_does_not_depend_on_details_queries_or_spelling() {
    let identities = |report: &str| -> Vec<(String, String)> {
        let findings = read(report).unwrap().findings;
        findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect()
    };
    let start = ACUNETIX_RUN.find(",\n \"detail\":").unwrap();
    let end = start + ACUNETIX_RUN[start..].find("}]}}").unwrap() + 3;
    let without = format!("{}{}", &ACUNETIX_RUN[..start], &ACUNETIX_RUN[end..]);
    assert_eq!(identities(&without), identities(ACUNETIX_RUN));
    let other = ACUNETIX_RUN.replace("item.php?id=1\"", "item.php?id=77#top\"").replace("https://shop", "HTTPS://Shop");
    assert_eq!(identities(&other), identities(ACUNETIX_RUN));
    assert_eq!(
        identities(ACUNETIX_RUN)[0],
        ("cve:CVE-2020-0001".to_owned(), "web: https://shop.example.com/item.php id".to_owned())
    );
}

#[test]
fn both_forms_of_one_scan_name_the_page_and_the_site_alike() {
    let (xml, run) = (read(ACUNETIX).unwrap(), read(ACUNETIX_RUN).unwrap());
    assert_eq!(xml.findings[0].location, run.findings[0].location);
    assert_eq!(weakness(&xml.findings[0]), weakness(&run.findings[0]), "both name the CVE");
    assert_eq!(xml.findings[0].cwes, run.findings[0].cwes);
    let Location::Web { url, parameter, .. } = &xml.findings[1].location else { panic!("a page") };
    assert_eq!((url.as_str(), parameter), ("https://shop.example.com/", &None), "what is no path is the target");
}

#[test]
fn a_bad_record_costs_only_itself() {
    let whole = read(ACUNETIX.replacen("<Severity>high", "<Severity>odd", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`odd` is no severity of Acunetix"));
    let whole = read(ACUNETIX.replacen("<Name>Old server</Name>", "", 1)).unwrap();
    assert!(whole.rejected[0].reason.contains("no <Name>"), "{:?}", whole.rejected);
    for (from, to, reason) in [
        ("\"severity\":4", "\"severity\":9", "`9` is no severity of Acunetix"),
        ("\"severity\":4", "\"severity\":\"high\"", "invalid type"),
        ("\"severity\":4,", "", "no `severity`"),
        ("\"vt_id\":\"ae1c\",\"vt_name\":\"SQL injection\",", "", "neither `vt_id` nor `vt_name`"),
    ] {
        let whole = read(ACUNETIX_RUN.replacen(from, to, 1)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1), "{from} -> {to}");
        assert!(whole.rejected[0].reason.contains(reason), "{}", whole.rejected[0].reason);
    }
    let whole = read(ACUNETIX_RUN.replacen("\"severity\":4", "\"severity\":0", 1)).unwrap();
    assert_eq!(whole.findings[0].severity, Severity::Info);
}

#[test]
fn a_scan_that_did_not_see_all_closes_nothing() {
    let whole = read(ACUNETIX.replace("<Aborted>False", "<Aborted>True")).unwrap();
    assert_eq!((whole.complete, whole.problems.len()), (false, 1));
    for changed in [
        ACUNETIX_RUN.replace("\"status\":\"completed\"", "\"status\":\"aborted\""),
        ACUNETIX_RUN.replace("\"problems\":[]", "\"problems\":[\"the target stopped answering\"]"),
    ] {
        let whole = read(changed).unwrap();
        assert_eq!((whole.complete, whole.problems.len(), whole.findings.len()), (false, 1, 2));
    }
    let none =
        "<ScanGroup><Scan><StartURL>http://a.example</StartURL><Responsive>False</Responsive></Scan></ScanGroup>";
    let whole = read(none).unwrap();
    assert!(whole.blind && !whole.complete && whole.assets.len() == 1, "it looked at nothing");
}

#[test]
fn a_run_that_does_not_add_up_is_broken() {
    for broken in [
        ACUNETIX_RUN.replace("\"count\":2", "\"count\":3"),
        ACUNETIX_RUN.replace(",\"count\":2", ""),
        ACUNETIX_RUN.replace("\"run\":", "\"other\":"),
        ACUNETIX_RUN.replace("\"vulnerabilities\":", "\"other\":"),
        ACUNETIX_RUN.replace("\"count\":2", "\"run\":{},\"count\":2"),
        ACUNETIX_RUN.replace("\"count\":2", "\"vulnerabilities\":[],\"count\":2"),
    ] {
        let error = read(broken).unwrap_err();
        assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
    }
}

#[test]
fn a_group_of_scans_is_a_header_and_a_site_each() {
    let scan = |host: &str| {
        format!(
            "<Scan><StartURL>{host}</StartURL><ReportItems><ReportItem><Name>x</Name><Affects>/</Affects><Severity>low</Severity></ReportItem></ReportItems></Scan>"
        )
    };
    let whole =
        read(format!("<ScanGroup>{}{}</ScanGroup>", scan("https://a.example"), scan("https://b.example"))).unwrap();
    assert_eq!((whole.headers.len(), whole.assets.len(), whole.findings.len()), (2, 2, 2));
    assert_eq!(whole.findings[1].asset.identity(), "site:https://b.example");
    let error = read("<ScanGroup></ScanGroup>").unwrap_err();
    assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
}
