//! What the readers of scanners for secrets keep of a secret, and what they know it by.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_formats::ReadOptions;

use crate::code_samples::{BETTERLEAKS, DETECT_SECRETS, GITLEAKS, KINGFISHER, TRUFFLEHOG, TRUFFLEHOG3, WHISPERS};
use crate::reading::{read, read_with};

const SECRET: &str = "hunter2hunter2hunter2";

#[test]
fn no_secret_is_kept_whole_not_even_of_a_rejected_record() {
    for sample in [GITLEAKS, TRUFFLEHOG, TRUFFLEHOG3, KINGFISHER, WHISPERS] {
        for report in
            [sample.to_owned(), sample.replace("\"line\"", "\"lime\""), sample.replace("\"path\"", "\"pith\"")]
        {
            let whole = read(report).unwrap();
            let kept = format!("{whole:?}");
            assert!(!kept.contains(SECRET), "{kept}");
        }
    }
}

#[test]
fn a_secret_is_known_by_its_digest_and_in_history_by_its_commit() {
    let whole = read(GITLEAKS).unwrap();
    let checks: Vec<Option<&str>> = whole.findings.iter().map(|leak| leak.check.as_deref()).collect();
    assert_eq!(
        checks,
        [
            Some("secret sha256:76b8a571c3a0509c"),
            Some("secret sha256:76b8a571c3a0509c commit 4e18673d2f3d46994c05eed4df26c13950212215"),
            None
        ]
    );
    assert_eq!(location(&whole.findings[0].location), "code:config/dev.js\n");
    assert_eq!(whole.findings[0].evidence.as_deref(), Some("apiKey: \"hunt[masked]\""));
    assert_eq!(whole.findings[2].title, "private-key");
    assert!(!whole.complete && !whole.blind);
}

#[test]
fn neither_line_nor_order_nor_prose_changes_what_a_secret_is_known_by() {
    let known = |report: &str| {
        let mut known: Vec<_> = read(report)
            .unwrap()
            .findings
            .iter()
            .map(|leak| (weakness(leak), location(&leak.location), leak.asset.identity()))
            .collect();
        known.sort();
        known
    };
    let moved =
        GITLEAKS.replace("\"StartLine\":6", "\"StartLine\":60").replace(":key:6", ":key:60").replace("It runs", "X");
    assert_eq!(known(GITLEAKS), known(&moved));
    let moved = KINGFISHER.replace("7748469461498396987", "1").replace("\"line\":1", "\"line\":2");
    assert_eq!(known(KINGFISHER), known(&moved));
}

#[test]
fn what_the_scanner_saw_working_is_critical() {
    let severities = |report: &str| read(report).unwrap().findings.iter().map(|leak| leak.severity).collect::<Vec<_>>();
    assert_eq!(severities(TRUFFLEHOG), [Severity::Critical, Severity::High]);
    assert_eq!(severities(KINGFISHER), [Severity::Critical]);
    assert_eq!(severities(DETECT_SECRETS), [Severity::High]);
    assert_eq!(
        severities(&DETECT_SECRETS.replace("\"is_verified\":false", "\"is_verified\":true")),
        [Severity::Critical]
    );
}

#[test]
fn a_severity_that_nobody_knows_is_rejected() {
    let whole = read(WHISPERS).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1));
    assert_eq!(whole.rejected[0].reason, "`dreadful` is no severity of Whispers");
    assert_eq!(whole.rejected[0].excerpt, "not shown: it can hold a secret");
}

#[test]
fn what_was_audited_as_no_secret_is_no_finding() {
    let whole = read(DETECT_SECRETS).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 0));
}

#[test]
fn a_report_is_complete_only_if_it_says_so() {
    assert!(read(BETTERLEAKS).unwrap().complete && read(KINGFISHER).unwrap().complete);
    for report in [
        BETTERLEAKS.replace("\"state\":\"complete\"", "\"state\":\"partial\""),
        KINGFISHER.replace("\"status\":\"completed\"", "\"status\":\"failed\""),
    ] {
        let whole = read(report).unwrap();
        assert!(!whole.complete && whole.problems.len() == 1, "{:?}", whole.problems);
    }
}

#[test]
fn a_secret_without_a_file_belongs_to_the_asset() {
    let whole = read(TRUFFLEHOG).unwrap();
    assert_eq!(location(&whole.findings[1].location), "asset");
    assert!(whole.findings[1].evidence.as_deref().unwrap().contains("bucket: logs"));
}

#[test]
fn an_empty_list_names_no_tool_and_is_read_where_the_format_is_named() {
    for format in ["gitleaks", "trufflehog3", "whispers"] {
        for empty in ["[]\n", "null\n"] {
            assert!(read(empty).is_err());
            let options = ReadOptions { format: Some(format.to_owned()), ..ReadOptions::default() };
            let whole = read_with(empty, &options).unwrap();
            assert_eq!((whole.findings.len(), whole.complete, whole.blind), (0, false, false), "{format}");
        }
    }
}

#[test]
fn gitleaks_before_version_8_is_read_too() {
    let whole = read(
        r#"[{"line":"key = hunter2hunter2hunter2","lineNumber":13,"offender":"hunter2hunter2hunter2","commit":"6d12","repo":".",
        "rule":"AWS Access Key","commitMessage":"m","author":"A","email":"a@example.org","file":"a.json","date":"2021-07-15T22:00:32+07:00","tags":"key"}]"#,
    )
    .unwrap();
    assert_eq!((whole.format, whole.findings.len()), ("gitleaks", 1));
    assert!(!format!("{whole:?}").contains(SECRET));
}

const GITLEAKS_SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"gitleaks","rules":[{"id":"generic-api-key","shortDescription":{"text":"Generic API Key"}}]}},"results":[
{"ruleId":"generic-api-key","message":{"text":"hunter2hunter2hunter2 is a secret in config/dev.js"},
"locations":[{"physicalLocation":{"artifactLocation":{"uri":"config/dev.js"},"region":{"startLine":6,"snippet":{"text":"hunter2hunter2hunter2"}}}}]},
{"ruleId":7,"message":{"text":"hunter2hunter2hunter2"}}]}]}"#;

#[test]
fn the_sarif_of_a_scanner_for_secrets_keeps_none_and_gives_the_same_finding() {
    let sarif = read(GITLEAKS_SARIF).unwrap();
    assert_eq!((sarif.findings.len(), sarif.rejected.len()), (1, 1));
    assert!(!format!("{sarif:?}").contains(SECRET));
    let own = read(GITLEAKS).unwrap();
    let known = |leak: &scanhelm_core::finding::FindingRecord| (weakness(leak), location(&leak.location));
    assert_eq!(known(&sarif.findings[0]), known(&own.findings[0]));
}
