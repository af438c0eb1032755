//! What the readers of the auditors of one ecosystem make of a report.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};

use crate::package_samples::{CARGO_AUDIT, NPM_AUDIT, OSV_SCANNER, PIP_AUDIT, RETIRE, SAFETY, SAFETY_1};
use crate::reading::{Whole, read};

/// Weakness, place and severity of each finding.
fn found(whole: &Whole) -> Vec<(String, String, Severity)> {
    let all = whole.findings.iter();
    all.map(|finding| (weakness(finding), location(&finding.location), finding.severity)).collect()
}

fn entry(weakness: &str, location: &str, severity: Severity) -> (String, String, Severity) {
    (weakness.to_owned(), format!("package:{location}"), severity)
}

#[test]
fn npm_names_the_advisory_and_not_who_needs_the_package() {
    let whole = read(NPM_AUDIT).unwrap();
    let advisory = entry("rule:npm-audit:GHSA-jf85-cpcp-j695", "pkg:npm/lodash\n", Severity::High);
    assert_eq!(found(&whole)[..], std::slice::from_ref(&advisory)[..]);
    assert_eq!(whole.findings[0].solution.as_deref(), Some("Upgrade lodash to 4.17.21"));
    assert!(!whole.complete && !whole.blind);
    let old = r#"{"actions":[],"advisories":{"1065":{"id":1065,"module_name":"lodash","title":"Code Execution","severity":"high","cves":[],
        "cwe":"CWE-94","url":"https://github.com/advisories/GHSA-jf85-cpcp-j695","findings":[{"version":"4.17.4","paths":["lodash"]},{"version":"4.17.2","paths":["a>lodash"]},{"version":"4.17.4","paths":["b>lodash"]}]}},"muted":[],"metadata":{}}"#;
    let whole = read(old).unwrap();
    let places: Vec<_> = found(&whole).into_iter().map(|(_, location, _)| location).collect();
    assert_eq!(places, ["package:pkg:npm/lodash@4.17.2\n", "package:pkg:npm/lodash@4.17.4\n"]);
    assert_eq!(weakness(&whole.findings[0]), advisory.0);
}

#[test]
fn an_error_of_npm_is_no_clean_result() {
    for (error, problem) in [
        (
            r#"{"message":"405 Method Not Allowed","statusCode":405,"error":{"summary":"","detail":""}}"#,
            "405 Method Not Allowed",
        ),
        (
            r#"{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile.","detail":"Try"}}"#,
            "This command requires an existing lockfile.",
        ),
    ] {
        let whole = read(error).unwrap();
        assert!(whole.blind && !whole.complete && whole.findings.is_empty());
        assert_eq!(whole.problems, [problem]);
    }
}

#[test]
fn what_pip_audit_skipped_is_a_problem() {
    let whole = read(PIP_AUDIT).unwrap();
    assert_eq!(found(&whole), [entry("cve:CVE-2019-10906", "pkg:pypi/jinja2@2.10\n", Severity::Medium)]);
    assert!(!whole.blind && !whole.complete && whole.problems[0].contains("secret-tool"));
    let list = r#"[{"name":"Jinja2","version":"2.10","vulns":[{"id":"PYSEC-2019-217","aliases":["CVE-2019-10906"]}]}]"#;
    assert_eq!(found(&read(list).unwrap()), found(&whole));
    let nothing = r#"{"dependencies":[{"name":"a","skip_reason":"gone"}],"fixes":[]}"#;
    assert!(read(nothing).unwrap().blind);
}

#[test]
fn cargo_audit_scores_by_vector_and_keeps_warnings_low() {
    let whole = read(CARGO_AUDIT).unwrap();
    assert_eq!(
        found(&whole),
        [
            entry("cve:CVE-2022-24713", "pkg:cargo/regex@1.5.4\nCargo.lock", Severity::High),
            entry("rule:cargo-audit:RUSTSEC-2020-0071", "pkg:cargo/time@0.1.43\nCargo.lock", Severity::High),
            entry("rule:cargo-audit:RUSTSEC-2021-0139", "pkg:cargo/ansi_term@0.12.1\nCargo.lock", Severity::Low),
            entry("rule:cargo-audit:yanked", "pkg:cargo/crc@1.0.0\nCargo.lock", Severity::Low),
        ]
    );
    assert!(read(CARGO_AUDIT.replace("1225", "0")).unwrap().blind);
}

#[test]
fn safety_speaks_in_objects_and_in_rows() {
    let whole = read(SAFETY).unwrap();
    assert_eq!(found(&whole), [entry("cve:CVE-2022-22818", "pkg:pypi/django@2.2\n", Severity::Medium)]);
    let rows = read(SAFETY_1).unwrap();
    assert_eq!(
        found(&rows),
        [
            entry("rule:safety:40637", "pkg:pypi/django@2.2\n", Severity::Medium),
            entry("rule:safety:36388", "pkg:pypi/flask@0.12\n", Severity::Medium),
        ]
    );
    let whole = read(SAFETY_1.replace("\"36388\"", "null")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "its fifth column has no number"));
}

#[test]
fn retire_names_a_library_in_a_file_below_the_common_folder() {
    let whole = read(RETIRE).unwrap();
    let place = "pkg:npm/lodash@4.17.4\nlib/lodash.js";
    assert_eq!(
        found(&whole),
        [entry("cve:CVE-2019-10744", place, Severity::High), entry("rule:retire:retid:43", place, Severity::Medium)]
    );
    assert_eq!((whole.blind, whole.problems.len()), (false, 1));
    let nothing = r#"{"version":"5.7.0","data":[],"messages":[],"errors":["Error downloading"]}"#;
    assert!(read(nothing).unwrap().blind);
}

#[test]
fn osv_advisories_of_one_flaw_are_one_finding() {
    let whole = read(OSV_SCANNER).unwrap();
    assert_eq!(
        found(&whole),
        [
            entry("cve:CVE-2019-10906", "pkg:pypi/jinja2@2.10\nrequirements.txt", Severity::High),
            entry("rule:osv-scanner:MAL-2023-1035", "pkg:npm/flot-axis@0.0.0\nweb/yarn.lock", Severity::Critical),
        ]
    );
    assert_eq!(whole.findings[0].rule_id, "GHSA-462w-v97r-4m45");
    // As pip-audit knows it, but for the file that pip-audit does not name.
    assert_eq!(weakness(&whole.findings[0]), weakness(&read(PIP_AUDIT).unwrap().findings[0]));
}
