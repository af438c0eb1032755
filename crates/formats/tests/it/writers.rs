//! Outputs: the same bytes for the same findings, safe to open, and readable again.

use std::collections::BTreeMap;

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_formats::write::{Findings, Heading, Hidden, JSON_SCHEMA, Output, ToolInfo};

use crate::corpus::corpus;
use crate::reading::{BANDIT, NESSUS, SARIF, SEMGREP, read};

pub(crate) fn findings() -> Vec<FindingRecord> {
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

/// As a command writes what it found.
pub(crate) fn written(output: Output, findings: &[FindingRecord]) -> Vec<u8> {
    let tool = ToolInfo { name: "Scanhelm".to_owned(), version: "0.1.0".to_owned(), information_uri: None };
    let heading = Heading {
        tool,
        name: "shop <main>".to_owned(),
        of_hub: false,
        scanners: Vec::new(),
        warnings: Vec::new(),
        hidden: Hidden::default(),
        components: None,
    };
    let mut bytes = vec![];
    output.write(&mut bytes, &Findings::of_report(findings).unwrap(), &heading).unwrap();
    bytes
}

fn sarif(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::Sarif, findings)
}

fn csv(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::Csv, findings)
}

fn json(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::Json, findings)
}

fn ndjson(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::Ndjson, findings)
}

fn vex(findings: &[FindingRecord]) -> Vec<u8> {
    written(Output::CyclonedxVex, findings)
}

fn html(findings: &[FindingRecord]) -> String {
    String::from_utf8(written(Output::Html, findings)).unwrap()
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
fn a_line_is_a_finding_of_the_json() {
    let findings = findings();
    let document: serde_json::Value = serde_json::from_slice(&json(&findings)).unwrap();
    let text = String::from_utf8(ndjson(&findings)).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(serde_json::Value::from(lines), document["findings"]);
    assert_eq!(ndjson(&[]), b"");
}

#[test]
fn cyclonedx_looks_like_this() {
    let document: serde_json::Value = serde_json::from_slice(&vex(&findings())).unwrap();
    insta::assert_json_snapshot!("cyclonedx_vex_output", document);
}

/// Every finding is there: under each of its CVEs, else under its rule, with the component it was found in.
#[test]
fn cyclonedx_leaves_no_finding_out() {
    let findings = findings();
    let document: serde_json::Value = serde_json::from_slice(&vex(&findings)).unwrap();
    let components: Vec<&str> = document["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["bom-ref"].as_str().unwrap())
        .collect();
    for finding in &findings {
        let ids = if finding.cves.is_empty() { vec![finding.rule_id.clone()] } else { finding.cves.clone() };
        let component = match &finding.location {
            Location::Package { purl, .. } => purl.clone(),
            _ => finding.asset.identity(),
        };
        assert!(components.contains(&component.as_str()), "{component}");
        for id in ids {
            let known = document["vulnerabilities"].as_array().unwrap().iter().any(|vulnerability| {
                let affects = vulnerability["affects"].as_array().unwrap();
                vulnerability["id"] == id && affects.iter().any(|affected| affected["ref"] == component)
            });
            assert!(known, "{id} of {component}");
        }
    }
}

#[test]
fn the_page_shows_everything_and_obeys_nothing() {
    let mut hostile = findings().remove(0);
    hostile.title = "<script>alert(1)</script>".to_owned();
    hostile.asset.name = "\" onmouseover=alert(1)".to_owned();
    hostile.evidence = Some("</pre><img src=http://evil.example/x onerror=alert(1)>".to_owned());
    hostile.references = vec![
        "javascript:alert(1)".to_owned(),
        "https://example.com/\"><script>".to_owned(),
        "https://example.com/advisory".to_owned(),
    ];
    let mut findings = findings();
    findings.push(hostile);
    let page = html(&findings);
    assert_eq!(page.matches("<details>").count(), findings.len());
    for markup in ["<script", "<img", "href=\"javascript", "\" onmouseover"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("Findings: shop &lt;main&gt;"));
    assert!(page.contains("href=\"https://example.com/advisory\"") && page.contains("default-src 'none'"));
    assert!(html(&[]).contains("Nothing was found"));
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
        assert_eq!(ndjson(&findings), ndjson(&other));
        assert_eq!(vex(&findings), vex(&other));
        assert_eq!(html(&findings), html(&other));
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
        assert_eq!((&row[3], &row[2], &row[4]), (cell, "'@SUM(A1)", "'\t'=1+1"));
    }
}

#[test]
fn no_time_and_no_absolute_path_is_written() {
    for bytes in [sarif(&findings()), vex(&findings()), html(&findings()).into_bytes()] {
        let text = String::from_utf8(bytes).unwrap();
        for word in ["2021-06", "2026-11", "file://", "seen_at"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
