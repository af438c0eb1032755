//! What the readers of linters of code and infrastructure make of their reports.

use scanhelm_core::Severity;
use scanhelm_core::finding::Location;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_formats::{ReadError, ReadOptions};

use crate::code_samples::*;
use crate::reading::{Whole, read, read_with};

fn known(whole: &Whole) -> Vec<(String, String)> {
    whole.findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect()
}

#[track_caller]
fn rejects(report: &str, reasons: &[&str]) -> Whole {
    let whole = read(report).unwrap();
    let rejected: Vec<&str> = whole.rejected.iter().map(|rejected| rejected.reason.as_str()).collect();
    assert_eq!(rejected.len(), reasons.len(), "{rejected:?}");
    for (rejected, reason) in rejected.iter().zip(reasons) {
        assert!(rejected.contains(reason), "{rejected}");
    }
    whole
}

#[test]
fn checkov_is_complete_where_each_framework_holds_what_it_counts() {
    let whole = rejects(CHECKOV, &[]);
    assert!(whole.complete && whole.headers[0].policy.as_deref() == Some("dockerfile,terraform"));
    assert_eq!(
        known(&whole),
        [
            ("rule:checkov:CKV_DOCKER_2#/resources/Dockerfile.".to_owned(), "code:resources/Dockerfile\n".to_owned()),
            ("rule:checkov:CKV_AWS_16#aws_db_instance.default".to_owned(), "code:db-app.tf\n".to_owned()),
        ]
    );
    assert_eq!(
        whole.findings.iter().map(|found| found.severity).collect::<Vec<_>>(),
        [Severity::Medium, Severity::High]
    );
    for broken in [
        CHECKOV.replace("\"failed\":1,\"skipped\":1", "\"failed\":2,\"skipped\":1"),
        CHECKOV.replacen("\"parsing_errors\":0", "\"parsing_errors\":1", 1),
        CHECKOV.replace("\"parsing_errors\":[]", "\"parsing_errors\":[\"/x.tf\"]"),
    ] {
        assert!(!read(broken).unwrap().complete);
    }
    let one = CHECKOV.trim().trim_start_matches('[').split("},\n{\"check_type\"").next().unwrap().to_owned() + "}";
    let one = read(one).unwrap();
    assert_eq!((one.format, one.findings.len(), one.complete), ("checkov", 1, true));
    let nothing = r#"{"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 0, "checkov_version": "3.3.30"}"#;
    let nothing = read(nothing).unwrap();
    assert_eq!((nothing.format, nothing.findings.len(), nothing.complete), ("checkov", 0, false));
}

#[test]
fn kics_is_complete_where_nothing_failed() {
    let whole = rejects(KICS, &[]);
    assert!(whole.complete && whole.findings[0].cwes == [319]);
    assert_eq!(known(&whole)[0].0, "rule:kics:de7f5e83-da88-4046-871f-ea18504b1d43#aws_lb_listener[l5].protocol");
    let whole = read(KICS.replace("files_failed_to_scan\":0", "files_failed_to_scan\":2")).unwrap();
    assert!(!whole.complete && whole.problems == ["files failed to scan: 2"]);
    let whole = read(KICS.replace("\"queries_failed_to_execute\":0,", "")).unwrap();
    assert!(!whole.complete && whole.problems.is_empty());
}

#[test]
fn a_level_that_nobody_knows_is_rejected_and_the_rest_is_read() {
    for (report, reason, rest) in [
        (HADOLINT, "`dire` is no level of Hadolint", 2),
        (NJSSCAN, "`GRAVE` is no severity of njsscan", 2),
        (FLAWFINDER, "`9` is no risk level of Flawfinder", 2),
        (CPPCHECK, "`grave` is no severity of Cppcheck", 1),
        (SHELLCHECK, "invalid type: string \"x\"", 2),
        (GIXY, "`GRAVE` is no severity of Gixy", 1),
        (LYNIS, "it has no test id or no text", 3),
        (SPECTRAL, "`9` is no severity of Spectral", 1),
    ] {
        let whole = rejects(report, &[reason]);
        assert_eq!((whole.findings.len(), whole.complete), (rest, false), "{reason}");
    }
}

#[test]
fn what_could_not_be_looked_at_is_a_problem_and_no_finding() {
    for (report, problem, findings) in [
        (NJSSCAN, "broken.js: Syntax error", 2),
        (CPPCHECK, "src/c.c syntaxError: syntax error", 1),
        (ESLINT, "/target/shop/b.js: Parsing error", 2),
        (RUFF, "/target/shop/bad.py: Expected a parameter", 1),
        (CFN_LINT, "cfn/none.yaml could not be processed", 1),
    ] {
        let whole = read(report).unwrap();
        assert_eq!((whole.problems.as_slice(), whole.findings.len()), ([problem.to_owned()].as_slice(), findings));
        assert!(!whole.complete);
    }
}

#[test]
fn what_the_source_or_an_audit_switches_off_is_no_finding() {
    let whole = rejects(ZIZMOR, &[]);
    assert_eq!(whole.findings.len(), 2);
}

#[test]
fn a_matched_line_identifies_and_a_whole_job_does_not() {
    let whole = rejects(ZIZMOR, &[]);
    let path = "code:shop/.github/workflows/ci.yml\n";
    assert_eq!(
        known(&whole),
        [
            ("rule:zizmor:zizmor/unpinned-uses".to_owned(), format!("{path}uses: a/b@v1")),
            ("rule:zizmor:zizmor/excessive-permissions#jobs/build".to_owned(), path.to_owned()),
        ]
    );
    let edited = ZIZMOR
        .replace("runs-on: x", "runs-on: y")
        .replace("{\"Index\":1}", "{\"Index\":2}")
        .replace("\"row\":8", "\"row\":80");
    assert_eq!(known(&read(edited).unwrap()), known(&whole));
}

#[test]
fn lines_that_the_report_lacks_come_from_the_scanned_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("install.sh"), "1\n2\n3\n4\n  PURPLE=1\n").unwrap();
    let options = ReadOptions { source_root: Some(folder.path().to_path_buf()), ..ReadOptions::default() };
    let whole = read_with(SHELLCHECK, &options).unwrap();
    assert_eq!(location(&whole.findings[0].location), "code:install.sh\nPURPLE=1");
    assert_eq!(whole.findings[0].rule_id, "SC2034");
    let list = SHELLCHECK.trim().strip_prefix("{\"comments\":").unwrap().strip_suffix('}').unwrap();
    assert_eq!(read_with(list, &options).unwrap().findings, whole.findings);
    assert_eq!(read("{\"comments\":[]}").unwrap().format, "shellcheck");
}

#[test]
fn a_rule_of_the_whole_app_has_no_file() {
    let whole = read(NJSSCAN).unwrap();
    assert_eq!(known(&whole)[1].1, "asset");
    assert_eq!(
        (whole.findings[0].cwes.as_slice(), whole.findings[0].family.as_deref()),
        ([95].as_slice(), Some("A1: Injection"))
    );
    let mobile = NJSSCAN.replace("njsscan_version", "mobsfscan_version").replace("nodejs", "results");
    assert_eq!(read(mobile).unwrap().findings[0].scanner, "mobsfscan");
}

#[test]
fn eslint_quotes_the_line_of_its_own_copy() {
    let whole = read(ESLINT).unwrap();
    assert_eq!(location(&whole.findings[1].location), "code:a.js\ny[z] = 1;");
}

#[test]
fn lynis_speaks_of_the_host_and_is_known_by_what_it_details() {
    let whole = read(LYNIS).unwrap();
    assert_eq!(whole.assets[0].asset.identity(), "fqdn:db1.example.org");
    assert!(whole.assets[0].authenticated == Some(true) && whole.assets[0].finished_at.is_some());
    let checks: Vec<_> = whole.findings.iter().map(|finding| finding.check.as_deref().unwrap()).collect();
    assert_eq!(checks, ["suggestion AllowTcpForwarding", "suggestion ClientAliveCountMax", "warning"]);
    let unended = LYNIS.replace("report_datetime_end", "report_datetime_then");
    assert_eq!(read(unended).unwrap().problems, ["the report does not say when the audit ended"]);
}

/// Else what a run without the rights, with fewer tests, or with trouble in one does not see would be gone.
#[test]
fn lynis_closes_as_root_what_the_same_tests_found_and_else_nothing() {
    let begun = LYNIS.replace("warning[]=|nothing|-|-|\n", "");
    let said = |end: &str, ran_as_root| {
        let options = ReadOptions { ran_as_root, ..ReadOptions::default() };
        let whole = read_with(format!("{begun}{end}"), &options).unwrap();
        (whole.complete, whole.headers[0].policy.clone().unwrap())
    };
    let tests = "tests_executed=SSH-7408|PKGS-7392|\ntests_skipped=\n";
    let all = said(&format!("{tests}finish=true\n"), true);
    assert!(all.0 && all.1.starts_with("all, 2 tests ("), "{all:?}");
    assert_eq!(said("tests_executed=PKGS-7392|SSH-7408|\nfinish=true\n", true), all, "in any order");
    for (other, tests) in [
        ("tests_executed=PKGS-7392|\n", "all, 1 tests ("),
        ("tests_executed=PKGS-7392|SSH-7404|\n", "all, 2 tests ("),
        ("exception_event[]=SSH-7404:1|no readable file|\ntests_executed=PKGS-7392|SSH-7408|\n", "all, 2 tests ("),
    ] {
        let other = said(&format!("{other}finish=true\n"), true);
        assert!(other.0 && other.1 != all.1 && other.1.starts_with(tests), "{other:?}");
    }
    assert_eq!(said(&format!("{tests}finish=true\n"), false), (false, all.1.clone()), "not as root");
    assert_eq!(said(tests, true), (false, all.1), "broken off");
    assert_eq!(said("finish=true\n", true), (false, "all".to_owned()), "it does not list its tests");
    let torn = format!("{begun}{tests}finish=true");
    let options = ReadOptions { ran_as_root: true, ..ReadOptions::default() };
    assert!(matches!(read_with(torn, &options), Err(ReadError::Truncated { .. })), "its last line has no end");
}

#[test]
fn a_template_that_is_not_there_is_no_clean_template() {
    let only_trouble = CFN_LINT.replace("E3002", "E0000");
    let whole = read(only_trouble).unwrap();
    assert!(whole.blind && whole.findings.is_empty() && whole.problems.len() == 2);
}

#[test]
fn cppcheck_shows_how_it_gets_there() {
    let whole = read(CPPCHECK).unwrap();
    let Location::Code { path, line, column, .. } = &whole.findings[0].location else { panic!("a place in code") };
    assert_eq!((path.as_str(), *line, *column), ("src/a.c", Some(9), Some(16)));
    assert_eq!(whole.findings[0].evidence.as_deref(), Some("src/a.c:9 Null pointer dereference\nsrc/b.c:7 p is null"));
    assert_eq!(whole.findings[0].cwes, [476]);
}

/// mobsfscan ends well all the same, and says of the app that it found nothing in it.
#[test]
fn an_engine_that_did_not_run_leaves_its_scanner_blind() {
    let report = r#"{"errors":["semgrep not found. Install with: pip install semgrep"],"mobsfscan_version":"1.1.0",
        "results":{"android_root_detection":{"metadata":{"cwe":"CWE-919","description":"No root detection.","severity":"INFO"}}}}"#;
    let whole = read(report).unwrap();
    assert!(whole.blind, "{:?}", whole.problems);
    assert_eq!(whole.problems, ["semgrep not found. Install with: pip install semgrep"]);
}
