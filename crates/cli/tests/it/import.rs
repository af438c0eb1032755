//! `scanhelm import` without a hub.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, corpus, run, scanhelm};

fn import(arguments: &[&str], files: &[&Path]) -> Ended {
    scanhelm().arg("import").args(arguments).args(files).output().unwrap().into()
}

#[test]
fn real_reports_are_counted_and_shown() {
    let Some(corpus) = corpus() else { return };
    let bandit = corpus.join("local/bandit/sample.json");
    let ended = import(&[], &[&bandit]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // The report's own totals: SEVERITY.HIGH 2, MEDIUM 14, LOW 6.
    assert!(ended.stdout.contains(": 22 findings: 2 high, 14 medium, 6 low"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Bandit JSON, bandit"), "{}", ended.stdout);

    let semgrep = corpus.join("local/semgrep/sample.json");
    let both = import(&["--output", "json"], &[&bandit, &semgrep]);
    let json: Value = serde_json::from_str(&both.stdout).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 29);
    assert_eq!(
        import(&["--output", "json"], &[&semgrep, &bandit]).stdout,
        both.stdout,
        "the order of files is no content"
    );
}

#[test]
fn the_threshold_decides_between_0_and_1() {
    let Some(corpus) = corpus() else { return };
    let bandit = corpus.join("local/bandit/sample.json");
    assert_eq!(import(&["--fail-on", "critical"], &[&bandit]).code, 0);
    assert_eq!(import(&["--fail-on", "high"], &[&bandit]).code, 1);
}

#[test]
fn a_report_of_a_scanner_that_looked_at_nothing_is_no_clean_result() {
    let Some(corpus) = corpus() else { return };
    let ended = import(&[], &[&corpus.join("local/bandit/missing.json")]);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert!(ended.stdout.contains("looked at nothing: ./no-such-dir: No such file or directory"), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_read_says_why_and_leaves_the_rest() {
    let Some(corpus) = corpus() else { return };
    let folder = TempDir::new().unwrap();
    let whole = fs::read(corpus.join("local/bandit/sample.json")).unwrap();
    let cut = folder.path().join("cut.json");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "nothing found").unwrap();
    let semgrep = corpus.join("local/semgrep/sample.json");
    let gone = folder.path().join("gone.json");
    let ended = import(&[], &[&cut, &text, &gone, folder.path(), &semgrep]);
    assert_eq!(ended.code, 2);
    for said in ["cut off", "no report format recognised", "cannot be opened"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(ended.stdout.contains("5 reports: 7 findings"), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("FAILED").count(), 4, "{}", ended.stdout);
}

#[test]
fn a_named_format_must_be_known() {
    let Some(corpus) = corpus() else { return };
    let ended = import(&["--format", "bandage"], &[&corpus.join("local/bandit/sample.json")]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("Known formats: ") && ended.stderr.contains("bandit"), "{}", ended.stderr);
}

#[test]
fn a_scans_own_sarif_can_be_read_back() {
    let Some(corpus) = corpus() else { return };
    let folder = TempDir::new().unwrap();
    let sarif = folder.path().join("out.sarif");
    let first = run(["import".into(), "--output-file".into(), sarif.clone(), corpus.join("local/bandit/sample.json")]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let again = import(&["--output", "sarif"], &[&sarif]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.stdout, fs::read_to_string(&sarif).unwrap());
}

/// By the schema that OWASP's own library carries: packages, code and hosts.
#[test]
fn a_cyclonedx_output_is_one_for_an_independent_reader() {
    let Some(corpus) = corpus() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".tools/judges/bin/python");
    assert!(python.exists(), "the judges are not installed: run e2e/judges/setup.sh");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out.cdx.json");
    let reports =
        ["local/bandit/sample.json", "nessus/dd_nessus_v_unknown.xml", "trivy/dd_trivy_legacy_many_vulns.json"];
    let files: Vec<_> = reports.into_iter().map(|report| corpus.join(report)).collect();
    let mut arguments = vec!["import".into(), "--output-file".into(), file.clone()];
    arguments.extend(files);
    let ended = run(arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let written = fs::read_to_string(&file).unwrap();
    let judge = |text: &str| {
        let input = folder.path().join("judged.json");
        fs::write(&input, text).unwrap();
        let mut command = Command::new(&python);
        command.arg(root.join("e2e/judges/outputs_cyclonedx.py")).stdin(File::open(&input).unwrap());
        command.output().unwrap()
    };
    let verdict = judge(&written);
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stderr));
    let spoilt = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": "one"}"#;
    assert!(!judge(spoilt).status.success(), "the judge judges");
}
