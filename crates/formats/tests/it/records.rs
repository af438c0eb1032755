//! What the readers of code scanners' own formats make of a report; and the list of formats.

use scanhelm_formats::{ReadError, ReadOptions, by_id, formats};

use crate::reading::{BANDIT, NESSUS, SEMGREP, read, read_with};
use crate::samples::samples;

#[test]
fn a_bandit_issue_becomes_a_finding() {
    let whole = read(BANDIT).unwrap();
    assert!(whole.complete && !whole.blind);
    insta::assert_json_snapshot!("bandit_finding", whole.findings[0]);
}

#[test]
fn a_semgrep_match_becomes_a_finding() {
    let whole = read(SEMGREP).unwrap();
    assert_eq!(whole.headers[0].scanner_version.as_deref(), Some("1.182.0"));
    insta::assert_json_snapshot!("semgrep_finding", whole.findings[0]);
}

#[test]
fn a_bad_record_costs_only_itself() {
    let second = r#"{"check_id":"x"},{"check_id":"#;
    let whole = read(SEMGREP.replacen(r#"{"check_id":"#, second, 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1));
    assert!(whole.rejected[0].reason.contains("missing field `path`"), "{}", whole.rejected[0].reason);
    let whole = read(BANDIT.replace("MEDIUM\",\n", "ODD\",\n")).unwrap();
    assert_eq!(whole.rejected[0].reason, "`ODD` is no severity of Bandit");
}

#[test]
fn a_record_of_invalid_json_is_rejected_when_its_end_is_certain() {
    let whole = read(SEMGREP.replacen("\"line\":2", "\"line\":2x", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (0, 1));
}

#[test]
fn every_format_has_an_id_of_its_own_and_reads_its_sample() {
    let mut ids: Vec<&str> = formats().iter().map(|format| format.id).collect();
    let mut sampled: Vec<&str> = samples().iter().map(|sample| sample.format).collect();
    ids.sort_unstable();
    sampled.sort_unstable();
    assert_eq!(ids, sampled, "each format has an id of its own and one sample");
    for sample in samples() {
        assert_eq!(by_id(sample.format).unwrap().id, sample.format);
        assert_eq!(read(sample.text).unwrap().format, sample.format);
        let forced = ReadOptions { format: Some(sample.format.to_owned()), ..ReadOptions::default() };
        let whole = read_with(sample.text, &forced).unwrap();
        assert_eq!(whole.format, sample.format);
        assert!(!whole.findings.is_empty(), "{}", sample.format);
    }
    assert!(by_id("nothing").is_none());
}

#[test]
fn an_unknown_report_is_described_and_the_formats_are_listed() {
    for (content, looks_like) in [
        ("", "an empty file"),
        (" \n ", "nothing but white space"),
        ("<html><body/></html>", "XML with the root element <html>"),
        (r#"{"a":1,"b":{}}"#, "a JSON object with the keys a, b"),
        ("[1]", "a JSON list"),
        ("<!DOCTYPE html><html></html>", "an HTML page"),
        ("severity,host\n", "text that begins with `severity,host`"),
        (r#"{"results":[],"paths":{}}"#, "a JSON object"),
    ] {
        let error = read(content).unwrap_err();
        assert!(matches!(error, ReadError::UnknownFormat { .. }), "{content}: {error}");
        let message = error.to_string();
        assert!(message.contains(looks_like) && message.contains("nessus (Nessus v2 XML)"), "{message}");
    }
}

#[test]
fn a_format_that_is_forced_must_fit() {
    let forced = |id: &str| ReadOptions { format: Some(id.to_owned()), ..ReadOptions::default() };
    assert!(matches!(read_with(NESSUS, &forced("sarif")).unwrap_err(), ReadError::Malformed { .. }));
    assert!(matches!(read_with("<a/>", &forced("nessus")).unwrap_err(), ReadError::Malformed { .. }));
    let error = read_with(NESSUS, &forced("qualys")).unwrap_err();
    assert!(error.to_string().contains("`qualys`, which is no known format"), "{error}");
}
