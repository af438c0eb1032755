//! What whoever compares two outputs relies on.

use proptest::prelude::*;
use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_formats::write::Output;
use serde_json::Value;

use crate::writers::{findings, written};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn r164_the_order_is_that_of_severity_scanner_rule_place_and_title(
        drawn in prop::collection::vec((0..5_u8, 0..2_usize, 0..2_usize, 0..3_usize, 1..13_u32, 0..2_usize), 1..40),
    ) {
        let mut records = Vec::new();
        for (severity, scanner, rule, path, at, title) in drawn {
            let mut record = findings().into_iter().find(|finding| finding.scanner == "bandit").unwrap();
            record.severity = Severity::from_rank(severity).unwrap();
            record.scanner = ["bandit", "semgrep"][scanner].to_owned();
            record.rule_id = ["B1", "B10"][rule].to_owned();
            record.title = ["eval", "exec"][title].to_owned();
            if let Location::Code { path: file, line, .. } = &mut record.location {
                *file = ["a.py", "a/b.py", "b.py"][path].to_owned();
                *line = Some(at);
            }
            records.push(record);
        }
        let text = String::from_utf8(written(Output::Ndjson, &records)).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let keys: Vec<_> = lines
            .iter()
            .map(|line| {
                let severity: Severity = word(&line["severity"]).parse().unwrap();
                let (path, at) = (word(&line["location"]["path"]), line["location"]["line"].as_u64());
                let names = (word(&line["scanner"]), word(&line["rule_id"]));
                (std::cmp::Reverse(severity.rank()), names, path, at, word(&line["title"]))
            })
            .collect();
        prop_assert_eq!(keys.len(), records.len());
        prop_assert!(keys.is_sorted(), "{:?}", keys);
    }
}

fn runs(findings: &[FindingRecord]) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&written(Output::Sarif, findings)).unwrap();
    document["runs"].as_array().unwrap().clone()
}

#[test]
fn r168_each_rule_of_sarif_is_listed_once_and_in_order() {
    let twice: Vec<FindingRecord> = findings().into_iter().chain(findings()).collect();
    for run in runs(&twice) {
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(result["ruleId"], ids[index]);
        }
    }
}

/// Whoever uploads SARIF again sees no new alert where only lines moved and words changed.
#[test]
fn r170_a_moved_line_and_other_words_keep_the_fingerprint_in_sarif() {
    let fingerprints = |findings: &[FindingRecord]| -> Vec<String> {
        let results = runs(findings).into_iter().flat_map(|run| run["results"].as_array().unwrap().clone());
        let mut all: Vec<String> = results.map(|result| result["partialFingerprints"].to_string()).collect();
        all.sort();
        all
    };
    let before = findings();
    let mut after = before.clone();
    for finding in &mut after {
        finding.title.push_str(" (reworded)");
        finding.description = Some("Other words.".to_owned());
        if let Location::Code { line, .. } = &mut finding.location {
            *line = line.map(|line| line + 40);
        }
    }
    assert_eq!(fingerprints(&after), fingerprints(&before));
    let mut other = before.clone();
    other[0].cves.clear();
    other[0].rule_id.push('x');
    assert_ne!(fingerprints(&other), fingerprints(&before));
}
