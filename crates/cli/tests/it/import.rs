//! `scanhelm import` without a hub.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, corpus, run, scanhelm};

fn import(arguments: &[&str], files: &[&Path]) -> Ended {
    scanhelm().arg("import").args(arguments).args(files).output().unwrap().into()
}

#[test]
fn real_reports_are_counted_and_shown() {
    let bandit = corpus("local/bandit/sample.json");
    let ended = import(&[], &[&bandit]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // The report's own totals: SEVERITY.HIGH 2, MEDIUM 14, LOW 6.
    assert!(ended.stdout.contains(": 22 findings: 2 high, 14 medium, 6 low"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Bandit JSON, bandit"), "{}", ended.stdout);

    let semgrep = corpus("local/semgrep/sample.json");
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
    let bandit = corpus("local/bandit/sample.json");
    assert_eq!(import(&["--fail-on", "critical"], &[&bandit]).code, 0);
    assert_eq!(import(&["--fail-on", "high"], &[&bandit]).code, 1);
}

#[test]
fn a_report_of_a_scanner_that_looked_at_nothing_is_no_clean_result() {
    let ended = import(&[], &[&corpus("local/bandit/missing.json")]);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert!(ended.stdout.contains("looked at nothing: ./no-such-dir: No such file or directory"), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_read_says_why_and_leaves_the_rest() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(corpus("local/bandit/sample.json")).unwrap();
    let cut = folder.path().join("cut.json");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "nothing found").unwrap();
    let semgrep = corpus("local/semgrep/sample.json");
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
    let ended = import(&["--format", "bandage"], &[&corpus("local/bandit/sample.json")]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("Known formats: ") && ended.stderr.contains("bandit"), "{}", ended.stderr);
}

#[test]
fn a_scans_own_sarif_can_be_read_back() {
    let folder = TempDir::new().unwrap();
    let sarif = folder.path().join("out.sarif");
    let first = run(["import".into(), "--output-file".into(), sarif.clone(), corpus("local/bandit/sample.json")]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let again = import(&["--output", "sarif"], &[&sarif]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.stdout, fs::read_to_string(&sarif).unwrap());
}
