//! What Qualys' documents mean, sentence by sentence; the corpus tests count real ones.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_formats::ReadError;

use crate::reading::{QUALYS_CSV, QUALYS_DETECTIONS, QUALYS_REPORT, QUALYS_RESULTS, QUALYS_SCAN, Whole, read};

fn titles(whole: &Whole) -> Vec<&str> {
    whole.findings.iter().map(|finding| finding.title.as_str()).collect()
}

#[test]
fn the_results_of_a_scan_tell_hosts_findings_and_coverage() {
    let whole = read(QUALYS_RESULTS).unwrap();
    let header = &whole.headers[0];
    assert_eq!((header.scanner.as_str(), header.policy.as_deref()), ("qualys", Some("Initial Options")));
    assert_eq!(header.finished_at.unwrap().to_string(), "2021-06-10T11:37:06.000Z");
    assert_eq!(header.targets, ["10.0.0.5-10.0.0.7"]);
    let identities: Vec<String> = whole.assets.iter().map(|covered| covered.asset.identity()).collect();
    assert_eq!(identities, ["fqdn:db1.example.com", "ip:10.0.0.7"], "the host that was not alive was not covered");
    let db = &whole.assets[0];
    assert_eq!(db.authenticated, Some(true), "although the record that says so comes later");
    assert_eq!(db.finished_at.unwrap().to_string(), "2021-06-10T11:29:28.000Z");
    assert_eq!(titles(&whole), ["OpenSSH Code Execution", "Unix Authentication Method", "Host Scan Time"]);
    let finding = &whole.findings[0];
    assert_eq!((finding.rule_id.as_str(), finding.severity), ("38909", Severity::Critical));
    assert_eq!(weakness(finding), "cve:CVE-2024-6387,CVE-2024-6409");
    assert_eq!(location(&finding.location), "port:22/tcp");
    assert_eq!(finding.description.as_deref(), Some("A race.\n\nRemote code."));
    assert_eq!(finding.cvss[1].vector.as_deref(), Some("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"));
    assert_eq!(finding.seen_at, db.finished_at);
    assert_eq!(location(&whole.findings[1].location), "port:0/tcp", "the whole host, as Nessus writes it");
    assert_eq!(whole.findings[1].severity, Severity::Info, "whatever its number");
    assert_eq!(whole.findings[1].vendor_severity.as_deref(), Some("2 (information gathered)"));
    assert_eq!(whole.rejected.len(), 1);
    assert_eq!(whole.rejected[0].reason, "`none` is no QID");
    assert!(whole.complete && !whole.blind);
}

#[test]
fn a_scan_that_did_not_run_to_its_end_is_not_complete() {
    for (from, to, problem) in [
        (r#""status":"Finished""#, r#""status":"Canceled""#, "its status is Canceled"),
        ("hosts_not_scanned_host_not_alive_ip", "host_not_scanned,_scan_canceled_by_user_ip_", "broken off"),
        ("hosts_not_scanned_host_not_alive_ip", "hosts_not_scanned_scan_discontinued_ip", "broken off"),
    ] {
        let whole = read(QUALYS_RESULTS.replace(from, to)).unwrap();
        assert!(!whole.complete && whole.problems[0].contains(problem), "{:?}", whole.problems);
    }
    let whole = read(QUALYS_SCAN.replace("FINISHED", "CANCELED")).unwrap();
    assert!(!whole.complete && whole.problems[0].contains("CANCELED"), "{:?}", whole.problems);
    let whole = read(QUALYS_SCAN.replace(r#"<KEY value="STATUS">FINISHED</KEY>"#, "")).unwrap();
    assert!(!whole.complete);
}

#[test]
fn results_without_a_scan_are_an_error_and_without_hosts_are_blind() {
    let start = QUALYS_RESULTS.find("{\"ip\"").unwrap();
    let head = QUALYS_RESULTS[..start].trim_end().trim_end_matches(',');
    let whole = read(format!("{head},{{\"hosts_not_scanned_host_not_alive_ip\":\"10.0.0.5-10.0.0.7\"}}]")).unwrap();
    assert!(whole.blind && whole.complete && whole.assets.is_empty());
    let forced = scanhelm_formats::ReadOptions { format: Some("qualys-results".to_owned()), ..Default::default() };
    for nothing in ["[]", r#"[{"username":"x"}]"#] {
        let error = crate::reading::read_with(nothing, &forced).unwrap_err();
        assert!(matches!(error, ReadError::Malformed { .. }) && error.to_string().contains("no description of a scan"));
    }
}

#[test]
fn the_console_writes_the_same_scan_with_the_same_identity() {
    let whole = read(QUALYS_SCAN).unwrap();
    let results = read(QUALYS_RESULTS).unwrap();
    assert_eq!(whole.headers[0].finished_at, results.headers[0].finished_at);
    assert_eq!(whole.headers[0].policy, results.headers[0].policy);
    let known = |whole: &Whole| {
        let finding = &whole.findings[0];
        (finding.asset.identity(), weakness(finding), location(&finding.location), finding.rule_id.clone())
    };
    assert_eq!(known(&whole), known(&results));
    assert!(whole.assets[0].authenticated == Some(true) && whole.assets.len() == 2 && whole.complete);
    assert_eq!(whole.findings[0].family.as_deref(), Some("General remote services"));
    assert_eq!(whole.findings[0].description.as_deref(), Some("A race &amp; more."), "CDATA is as it stands");
}

#[test]
fn detections_are_never_complete_and_what_is_fixed_is_no_finding() {
    let whole = read(QUALYS_DETECTIONS).unwrap();
    assert_eq!(titles(&whole), ["Qualys QID 38909", "Qualys QID 38601"]);
    assert_eq!(whole.assets[0].authenticated, Some(true), "the last scan was an authenticated one");
    assert!(whole.assets[0].asset.keys.iter().any(|key| key.to_string() == "vendor:4711"));
    assert!(!whole.complete && whole.problems.is_empty());
    let other =
        QUALYS_DETECTIONS.replacen("2021-06-10T11:29:28Z</LAST_VM_AUTH", "2020-01-01T00:00:00Z</LAST_VM_AUTH", 1);
    assert_eq!(read(other).unwrap().assets[0].authenticated, Some(false));
    let page = QUALYS_DETECTIONS.replace("</RESPONSE>", "<WARNING><CODE>1980</CODE><URL>x</URL></WARNING></RESPONSE>");
    assert!(read(page).unwrap().problems[0].contains("one page of several"));
}

#[test]
fn a_report_says_in_its_glossary_what_a_qid_is() {
    let whole = read(QUALYS_REPORT).unwrap();
    assert_eq!(titles(&whole), ["OpenSSH Code Execution", "Host Scan Time"]);
    assert_eq!(weakness(&whole.findings[0]), "cve:CVE-2024-6387");
    assert_eq!(whole.findings[0].severity, Severity::Critical);
    assert_eq!(whole.assets[0].finished_at.unwrap().to_string(), "2021-06-10T11:29:28.000Z");
    assert!(!whole.complete);
    let unknown = QUALYS_REPORT.replace("<SEVERITY>5</SEVERITY>", "");
    assert!(read(unknown).unwrap().rejected[0].reason.contains("no severity"));
}

#[test]
fn a_table_by_cve_repeats_a_finding_for_each() {
    let whole = read(QUALYS_CSV).unwrap();
    assert_eq!(titles(&whole), ["OpenSSH Code Execution"]);
    assert_eq!(whole.findings[0].cves, ["CVE-2024-6387", "CVE-2024-6409"]);
    assert_eq!(whole.findings[0].seen_at.unwrap().to_string(), "2026-02-03T12:00:00.000Z", "in the zone of the report");
    assert_eq!(whole.findings[0].asset.identity(), "hostname:db1");
    assert!(!whole.complete);
    let error = read(QUALYS_CSV.replace("\"Port\"", "\"Colour\"")).unwrap_err().to_string();
    assert!(error.contains("lacks columns that tell findings apart (Port)"), "{error}");
}

#[test]
fn a_named_dtd_is_passed_over_and_declarations_are_refused() {
    for sample in [QUALYS_SCAN, QUALYS_DETECTIONS, QUALYS_REPORT] {
        let bomb = sample.replacen(".dtd\">", ".dtd\" [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>", 1);
        assert!(matches!(read(bomb), Err(ReadError::Hostile { .. })));
        let late =
            sample.replacen("<HEADER>", "<!DOCTYPE x><HEADER>", 1).replacen("<RESPONSE>", "<!DOCTYPE x><RESPONSE>", 1);
        assert!(matches!(read(late), Err(ReadError::Hostile { .. })));
    }
}
