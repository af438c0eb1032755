//! What the readers of Invicti's reports make of them.

use scanhelm_core::Severity;
use scanhelm_core::finding::Location;
use scanhelm_core::finding::identity::{location, weakness};

use crate::corpus::corpus;
use crate::reading::{INVICTI, INVICTI_XML, Whole, read};

/// As the connector writes it.
fn with_scan(scan: &str) -> String {
    format!(r#"{{"Scan":{scan},"Report":{INVICTI}}}"#)
}

const FULL_SCAN: &str = r#"{"ScanType":"Full","Scope":"EnteredPathAndBelow","TargetUrl":"https://shop.example/",
    "PolicyName":"Default Security Checks","Initiated":"2024-03-22T19:56:21.4427686+00:00","StateChanged":"2024-03-22T20:21:53.9273209+00:00"}"#;

#[test]
fn an_invicti_issue_becomes_a_finding() {
    let whole = read(INVICTI).unwrap();
    assert!(whole.complete && whole.rejected.is_empty(), "{:?}", whole.rejected);
    insta::assert_json_snapshot!("invicti_finding", whole.findings[0]);
}

#[test]
fn the_two_forms_of_one_report_hold_the_same_findings() {
    let (json, xml) = (read(INVICTI).unwrap(), read(INVICTI_XML).unwrap());
    assert_eq!((json.format, xml.format), ("invicti", "invicti-xml"));
    assert_eq!((&json.headers, &json.assets), (&xml.headers, &xml.assets));
    assert_eq!(json.findings, xml.findings);
}

#[test]
fn a_report_alone_covers_nothing_because_its_times_have_no_zone() {
    for report in [INVICTI, INVICTI_XML] {
        let whole = read(report).unwrap();
        assert_eq!(whole.assets[0].asset.identity(), "site:https://shop.example");
        assert_eq!((whole.assets[0].finished_at, whole.headers[0].finished_at), (None, None));
    }
}

#[test]
fn a_full_scan_in_front_tells_time_policy_and_coverage() {
    let whole = read(with_scan(FULL_SCAN)).unwrap();
    assert_eq!((whole.format, whole.findings.len()), ("invicti", 2));
    let header = &whole.headers[0];
    assert_eq!(header.policy.as_deref(), Some("Default Security Checks"));
    assert_eq!(header.started_at.unwrap().to_string(), "2024-03-22T19:56:21.442Z");
    assert_eq!(header.finished_at, whole.assets[0].finished_at);
    assert_eq!(header.finished_at.unwrap().to_string(), "2024-03-22T20:21:53.927Z");
    assert_eq!(whole.findings, read(INVICTI).unwrap().findings);
}

/// Otherwise a retest of one issue would close all others, and the scan of one folder those of another.
#[test]
fn a_scan_of_a_part_covers_nothing() {
    for (what, part) in [
        ("\"Full\"", "\"Retest\""),
        ("\"Full\"", "\"Incremental\""),
        ("EnteredPathAndBelow", "OnlyEnteredUrl"),
        ("https://shop.example/", "https://shop.example/cart/"),
    ] {
        let whole = read(with_scan(&FULL_SCAN.replace(what, part))).unwrap();
        assert_eq!(whole.assets[0].finished_at, None, "{part}");
        assert!(whole.headers[0].finished_at.is_some());
    }
}

#[test]
fn a_bad_issue_costs_only_itself() {
    let whole = read(INVICTI.replacen("\"Critical\"", "\"Odd\"", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1));
    assert_eq!(whole.rejected[0].reason, "`Odd` is no severity of Invicti");
    let whole = read(INVICTI_XML.replacen("<severity>Critical</severity>", "<severity>Odd</severity>", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1));
    let whole = read(INVICTI.replacen("\"Vulnerabilities\":[", "\"Vulnerabilities\":[7,", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (2, "it is no object"));
    let whole =
        read(INVICTI.replacen("https://shop.example/login.php?id=-1%20OR%2017-7%3d10", "javascript:alert(1)", 1))
            .unwrap();
    assert_eq!(whole.rejected[0].reason, "`javascript:alert(1)` is no web address");
}

#[test]
fn what_the_vendors_own_retest_found_fixed_is_left_out() {
    for report in [INVICTI, INVICTI_XML] {
        let whole = read(report.replacen("Present, Scanning", "FixedConfirmed", 1)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 0));
        let whole = read(report.replacen("Present, Scanning", "FixedUnconfirmed", 1)).unwrap();
        assert_eq!(whole.findings.len(), 2, "a person's claim is no proof");
    }
}

#[test]
fn a_report_without_target_or_list_is_no_clean_result() {
    for (report, without, wanted) in [
        (INVICTI, ("\"Vulnerabilities\"", "\"Others\""), "holds no list `Vulnerabilities`"),
        (INVICTI, ("\"https://shop.example/\"", "\"\""), "is no web address"),
        (INVICTI_XML, ("<vulnerabilities>", "<others>"), "</vulnerabilities>"),
        (INVICTI_XML, ("<url>https://shop.example/</url>", ""), "is no web address"),
    ] {
        let error = read(report.replacen(without.0, without.1, 1)).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    // Around the report of another object nothing is taken for its issues.
    let outside = format!(r#"{{"Report":{{"Target":{{"ScanId":"1","Url":"https://a.example"}}}},{}"#, &INVICTI[1..]);
    assert!(read(outside).unwrap_err().to_string().contains("holds no list"));
}

/// What the issues of a file hold, by another reader of JSON.
fn issues_of(bytes: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}');
    let report: serde_json::Value = serde_json::from_str(text).unwrap();
    report["Vulnerabilities"].as_array().unwrap().clone()
}

#[test]
fn every_invicti_report_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    let mut seen = 0;
    for (folder, prefix) in [("invicti", "dd_"), ("acunetix", "dd_acunetix360")] {
        let manifest = std::fs::read_to_string(corpus.join(folder).join("MANIFEST.tsv")).unwrap();
        for row in manifest.lines().skip(1).filter(|row| row.starts_with(prefix)) {
            let cells: Vec<&str> = row.split('\t').collect();
            let counted = cells[4].split(' ').rev().find_map(|word| word.parse::<usize>().ok()).unwrap();
            let bytes = std::fs::read(corpus.join(folder).join(cells[0])).unwrap();
            let issues = issues_of(&bytes);
            let whole = read(bytes).unwrap();
            assert_eq!((whole.format, whole.rejected.len()), ("invicti", 0), "{}: {:?}", cells[0], whole.rejected);
            assert_eq!((whole.findings.len(), issues.len()), (counted, counted), "{}", cells[0]);
            assert!(whole.complete && whole.assets.len() == 1 && whole.headers.len() == 1);
            for (finding, issue) in whole.findings.iter().zip(&issues) {
                assert_eq!(finding.rule_id, issue["Type"].as_str().unwrap());
                assert_eq!(finding.title, issue["Name"].as_str().unwrap());
                assert!(!location(&finding.location).contains('?'), "{finding:?}");
                let prose = format!("{:?}{:?}", finding.description, finding.solution);
                assert!(["<p>", "<div", "</li>"].iter().all(|tag| !prose.contains(tag)), "{finding:?}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 11);
    let xml = std::fs::read(corpus.join("invicti/heimdall_sample-netsparker-invicti.xml")).unwrap();
    let whole = read(xml).unwrap();
    assert_eq!((whole.format, whole.findings.len(), whole.rejected.len()), ("invicti-xml", 3, 0));
    let ciphers = &whole.findings[0];
    assert_eq!((ciphers.rule_id.as_str(), ciphers.severity), ("WeakCiphersDetected", Severity::Medium));
    assert_eq!((ciphers.cwes.as_slice(), ciphers.cvss.len(), ciphers.cvss[1].score), ([327].as_slice(), 2, Some(6.8)));
    assert!(ciphers.evidence.as_ref().unwrap().contains("TLS_RSA_WITH_AES_128_CBC_SHA256 (0x003C)"), "{ciphers:?}");
    assert_eq!(whole.findings.iter().filter(|finding| finding.severity == Severity::Low).count(), 1);
}

#[test]
fn the_reports_of_two_scans_of_one_site_agree_on_the_same_issue() {
    let Some(corpus) = corpus() else { return };
    let report = |name: &str| -> Whole { read(std::fs::read(corpus.join("invicti").join(name)).unwrap()).unwrap() };
    let (many, one) = (report("dd_invicti_many_findings.json"), report("dd_invicti_one_finding.json"));
    let known_by = |whole: &Whole| -> Vec<(String, String, String)> {
        let parts = |finding: &scanhelm_core::finding::FindingRecord| {
            (finding.asset.identity(), weakness(finding), location(&finding.location))
        };
        whole.findings.iter().map(parts).collect()
    };
    assert!(known_by(&many).contains(&known_by(&one)[0]));
    let injection = many.findings.iter().find(|finding| finding.rule_id == "ConfirmedBooleanSqlInjection").unwrap();
    let Location::Web { url, method, parameter } = &injection.location else { panic!("{injection:?}") };
    assert_eq!(
        (url.as_str(), method.as_deref(), parameter.as_deref()),
        ("http://php.testsparker.com/artist.php", Some("GET"), Some("id"))
    );
    let severities = |wanted| many.findings.iter().filter(|finding| finding.severity == wanted).count();
    let issues = issues_of(&std::fs::read(corpus.join("invicti/dd_invicti_many_findings.json")).unwrap());
    let words = |wanted: &str| issues.iter().filter(|issue| issue["Severity"] == wanted).count();
    assert_eq!(severities(Severity::Critical), words("Critical"));
    assert_eq!(severities(Severity::High), words("High"));
    assert_eq!(severities(Severity::Medium), words("Medium"));
}
