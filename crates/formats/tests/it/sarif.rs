//! What the SARIF reader makes of a report.

use scanhelm_core::Severity;
use scanhelm_core::finding::Location;
use scanhelm_formats::ReadOptions;
use serde_json::{Value, json};

use crate::reading::{SARIF, Whole, read, read_with};

#[test]
fn rules_behind_the_results_are_used() {
    let whole = read(SARIF).unwrap();
    let header = &whole.headers[0];
    assert_eq!((header.scanner.as_str(), header.scanner_version.as_deref()), ("example scanner", Some("1.2.3")));
    assert_eq!(header.finished_at.unwrap().to_string(), "2026-11-21T21:12:13.000Z");
    assert_eq!(whole.assets[0].asset.identity(), "repository:github.com/example/shop");
    insta::assert_json_snapshot!("sarif_findings", whole.findings);
}

/// A file with one run of one result.
fn with(result: Value, mut run: Value) -> Vec<u8> {
    run["results"] = json!([result]);
    if run["tool"].is_null() {
        run["tool"] = json!({"driver": {"name": "t"}});
    }
    serde_json::to_vec(&json!({"version": "2.1.0", "runs": [run]})).unwrap()
}

fn one(result: Value, run: Value) -> scanhelm_core::finding::FindingRecord {
    let mut whole: Whole = read(with(result, run)).unwrap();
    assert_eq!(whole.findings.len(), 1, "{:?}", whole.rejected);
    whole.findings.remove(0)
}

fn at(uri: &str) -> Value {
    json!({"ruleId": "r", "message": {"text": "m"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 2}}}]})
}

fn path_of(result: Value, run: Value) -> String {
    match one(result, run).location {
        Location::Code { path, .. } => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn severity_comes_from_the_score_then_the_level() {
    let severity = |result: Value, rule: Value| {
        let mut whole = json!({"ruleId": "r", "message": {"text": "m"}});
        whole.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
        let mut rule = rule;
        rule["id"] = json!("r");
        one(whole, json!({"tool": {"driver": {"name": "t", "rules": [rule]}}})).severity
    };
    let score = |score: Value| json!({"properties": {"security-severity": score}});
    assert_eq!(severity(json!({"level": "note"}), score(json!("9.8"))), Severity::Critical);
    assert_eq!(severity(score(json!(4.0)), score(json!("9.8"))), Severity::Medium);
    assert_eq!(severity(json!({"level": "error"}), json!({})), Severity::High);
    assert_eq!(severity(json!({}), json!({"defaultConfiguration": {"level": "note"}})), Severity::Low);
    assert_eq!(severity(json!({}), json!({})), Severity::Medium);
    assert_eq!(severity(json!({"level": "none"}), json!({})), Severity::Info);
    assert_eq!(severity(json!({"kind": "pass", "level": "error"}), score(json!("9.8"))), Severity::Info);
}

#[test]
fn no_absolute_path_reaches_a_finding() {
    let none = json!({});
    assert_eq!(
        path_of(at("file:///home/ci/work/a.py"), json!({"originalUriBaseIds": {"ROOT": {"uri": "file:///home/ci/"}}})),
        "work/a.py"
    );
    assert_eq!(
        path_of(
            at("/home/ci/work/a.py"),
            json!({"versionControlProvenance": [{"repositoryUri": "https://h/o/n", "mappedTo": {"uri": "file:///home/ci/work"}}]})
        ),
        "a.py"
    );
    assert_eq!(
        path_of(at("/home/ci/work/a.py"), json!({"invocations": [{"workingDirectory": {"uri": "file:///home/ci"}}]})),
        "work/a.py"
    );
    // Nothing names a root: the folder that all absolute paths share.
    assert_eq!(
        path_of(at("/home/ci/work/src/a.py"), json!({"artifacts": [{"location": {"uri": "/home/ci/work/README"}}]})),
        "src/a.py"
    );
    assert_eq!(path_of(at("C:\\ci\\a.cs"), none.clone()), "a.cs");
    let under_base = json!({"ruleId": "r", "message": {"text": "m"}, "locations": [{"physicalLocation":
        {"artifactLocation": {"uri": "a.py", "uriBaseId": "SRC"}}}]});
    let bases =
        json!({"originalUriBaseIds": {"ROOT": {"uri": "file:///x/"}, "SRC": {"uri": "src/", "uriBaseId": "ROOT"}}});
    assert_eq!(path_of(under_base, bases), "src/a.py");
}

#[test]
fn paths_and_lines_come_from_the_scanned_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.py"), "one\n  two\nthree\n").unwrap();
    let uri = format!("file://{}/a.py", folder.path().display());
    let options = ReadOptions {
        source_root: Some(folder.path().to_path_buf()),
        repository: Some("shop".to_owned()),
        ..ReadOptions::default()
    };
    let whole = read_with(with(at(&uri), json!({})), &options).unwrap();
    assert_eq!(whole.findings[0].asset.identity(), "repository:shop");
    let expected =
        Location::Code { path: "a.py".to_owned(), line: Some(2), column: None, source: Some("  two".to_owned()) };
    assert_eq!(whole.findings[0].location, expected);
}

#[test]
fn a_result_at_a_web_address_belongs_to_its_site() {
    let whole = read(with(at("https://Shop.example/cart?id=7"), json!({}))).unwrap();
    assert_eq!(whole.findings[0].asset.identity(), "site:https://shop.example");
    assert_eq!(whole.assets.len(), 2);
}

#[test]
fn a_container_image_is_the_asset_of_its_run() {
    let finding = one(at("lib/x"), json!({"properties": {"imageName": "alpine:3.10"}}));
    assert_eq!(finding.asset.identity(), "image:alpine:3.10");
}

#[test]
fn a_result_that_is_gone_is_no_finding() {
    let mut gone = at("a.py");
    gone["baselineState"] = json!("absent");
    assert_eq!(read(with(gone, json!({}))).unwrap().findings, []);
}

#[test]
fn weaknesses_are_found_where_tools_write_them() {
    let rule = json!({"id": "CVE-2024-6119_debian:libssl3", "properties": {"tags": ["CWE-79: x"], "cwe": ["CWE-80"]},
        "relationships": [{"target": {"id": "CWE-81", "toolComponent": {"name": "CWE"}}}]});
    let mut result = at("a");
    result["ruleId"] = json!("CVE-2024-6119_debian:libssl3");
    result["taxa"] = json!([{"id": "82", "toolComponent": {"name": "CWE"}}]);
    let finding = one(result, json!({"tool": {"driver": {"name": "t", "rules": [rule]}}}));
    assert_eq!(finding.cves, ["CVE-2024-6119"]);
    assert_eq!(finding.cwes, [79, 80, 81, 82]);
}

#[test]
fn a_run_without_results_did_not_finish() {
    let whole = read(r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}}}]}"#).unwrap();
    assert!(!whole.complete);
    assert_eq!(whole.problems, ["the run of t holds no `results`: it did not finish"]);
}

#[test]
fn a_bad_result_costs_only_itself() {
    let good = at("a.py");
    for bad in [json!(7), json!(null), json!({"ruleId": 5}), json!({"locations": {}})] {
        let run = json!({"tool": {"driver": {"name": "t"}}, "results": [good, bad, good]});
        let whole = read(serde_json::to_vec(&json!({"version": "2.1.0", "runs": [run]})).unwrap()).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1), "{bad}");
        assert_eq!(whole.rejected[0].record, 1);
    }
}
