//! Outputs: the same bytes for the same findings, safe to open, and readable again.

use std::collections::BTreeMap;

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_formats::write::{JSON_SCHEMA, ToolInfo, write_csv, write_json, write_sarif};

use crate::corpus::corpus;
use crate::reading::{BANDIT, NESSUS, SARIF, SEMGREP, read};

fn tool() -> ToolInfo {
    ToolInfo { name: "Scanhelm".to_owned(), version: "0.1.0".to_owned(), information_uri: None }
}

fn findings() -> Vec<FindingRecord> {
    let mut findings: Vec<FindingRecord> =
        [NESSUS, SARIF, BANDIT, SEMGREP].iter().flat_map(|report| read(*report).unwrap().findings).collect();
    let mut web = findings[0].clone();
    web.asset = AssetRecord::new(AssetKind::Site, "shop", vec![AssetKey::Site("https://shop.example".to_owned())]);
    web.location = Location::Web {
        url: "https://shop.example/a".to_owned(),
        method: Some("GET".to_owned()),
        parameter: Some("q".to_owned()),
    };
    let mut package = web.clone();
    package.asset = AssetRecord::repository("shop");
    package.location =
        Location::Package { purl: "pkg:npm/lodash@4.17.4".to_owned(), path: Some("web/package-lock.json".to_owned()) };
    let twice = findings.iter().find(|finding| finding.scanner == "bandit").unwrap().clone();
    findings.extend([web, package, twice]);
    findings
}

fn sarif(findings: &[FindingRecord]) -> Vec<u8> {
    let mut bytes = vec![];
    write_sarif(&mut bytes, findings, &tool()).unwrap();
    bytes
}

fn csv(findings: &[FindingRecord]) -> Vec<u8> {
    let mut bytes = vec![];
    write_csv(&mut bytes, findings).unwrap();
    bytes
}

fn json(findings: &[FindingRecord]) -> Vec<u8> {
    let mut bytes = vec![];
    write_json(&mut bytes, findings, &tool()).unwrap();
    bytes
}

/// Identities and how often each occurs.
fn identities(findings: &[FindingRecord]) -> BTreeMap<String, usize> {
    let mut ordinals = Ordinals::of(findings);
    let mut counts = BTreeMap::new();
    for finding in findings {
        let identity = Identity::of(finding, ordinals.next(finding));
        *counts.entry(serde_json::to_string(&identity).unwrap()).or_default() += 1;
    }
    counts
}

#[test]
fn sarif_looks_like_this() {
    let document: serde_json::Value = serde_json::from_slice(&sarif(&findings())).unwrap();
    insta::assert_json_snapshot!("sarif_output", document);
}

#[test]
fn csv_looks_like_this() {
    insta::assert_snapshot!("csv_output", String::from_utf8(csv(&findings())).unwrap());
}

#[test]
fn json_holds_the_whole_record() {
    let findings = findings();
    let document: serde_json::Value = serde_json::from_slice(&json(&findings)).unwrap();
    assert_eq!(document["schema"], JSON_SCHEMA);
    assert_eq!(document["counts"]["high"], findings.iter().filter(|f| f.severity.as_str() == "high").count());
    let records: Vec<FindingRecord> = serde_json::from_value(document["findings"].clone()).unwrap();
    assert_eq!(identities(&records), identities(&findings));
    insta::assert_json_snapshot!("json_output", document["findings"][0]);
}

#[test]
fn the_order_of_the_findings_does_not_show() {
    let findings = findings();
    let mut reversed = findings.clone();
    reversed.reverse();
    let mut turned = findings.clone();
    turned.rotate_left(3);
    for other in [reversed, turned] {
        assert_eq!(sarif(&findings), sarif(&other));
        assert_eq!(csv(&findings), csv(&other));
        assert_eq!(json(&findings), json(&other));
    }
}

#[test]
fn sarif_comes_back_with_equal_identities() {
    let findings = findings();
    let again = read(sarif(&findings)).unwrap();
    assert_eq!(again.rejected, []);
    assert_eq!(identities(&again.findings), identities(&findings));
    assert_eq!(sarif(&again.findings).len(), sarif(&read(sarif(&again.findings)).unwrap().findings).len());
    let severities =
        |findings: &[FindingRecord]| findings.iter().map(|f| f.severity).collect::<scanhelm_core::SeverityCounts>();
    assert_eq!(severities(&again.findings), severities(&findings));
}

#[test]
fn real_reports_come_back_with_equal_identities() {
    let Some(corpus) = corpus() else { return };
    for file in [
        "nessus/dd_nessus_with_cvssv3.nessus",
        "nessus/seccubus_compliance.nessus",
        "github_code_scanning/dd_sarif_bash-report.sarif",
        "jfrog_xray/jfcli_docker_sarif.json",
        "local/bandit/sample.json",
        "semgrep/scb_vulnerable-flask-app.json",
    ] {
        let whole = read(std::fs::read(corpus.join(file)).unwrap()).unwrap();
        let again = read(sarif(&whole.findings)).unwrap();
        assert_eq!(identities(&again.findings), identities(&whole.findings), "{file}");
    }
}

#[test]
fn an_output_without_findings_is_a_clean_result() {
    let again = read(sarif(&[])).unwrap();
    assert!(again.complete && !again.blind && again.findings.is_empty());
    assert_eq!(String::from_utf8(csv(&[])).unwrap().lines().count(), 1);
}

#[test]
fn no_cell_is_a_formula() {
    let mut finding = findings().remove(0);
    finding.asset.name = "\t=1+1".to_owned();
    finding.rule_id = "@SUM(A1)".to_owned();
    for (title, cell) in [
        ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("fine = fine", "fine = fine"),
    ] {
        finding.title = title.to_owned();
        let bytes = csv(std::slice::from_ref(&finding));
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[3], &row[2], &row[4]), (cell, "'@SUM(A1)", "'\t=1+1"));
    }
}

#[test]
fn no_time_and_no_absolute_path_is_written() {
    let text = String::from_utf8(sarif(&findings())).unwrap();
    for word in ["2021-06", "2026-11", "file://", "seen_at"] {
        assert!(!text.contains(word), "{word}");
    }
}
