//! The formats of local scans, and who looked in every format that can tell it.

use std::collections::{BTreeMap, HashSet};

use quick_xml::events::Event;
use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_formats::write::{Findings, Heading, Hidden, LocalOutput, Outcome, Output, ScannerOutcome, ToolInfo};
use serde_json::{Value, json};

use crate::reading::read;
use crate::writers::findings;

const HOSTILE: &str = "x\r\n::set-env name=A::b\n##[error]c ::error::d %0A::e, f:g ]]> \u{1}\u{b}\u{ffff}\u{202e} \
                       <!-- --> <img src=x onerror=1> | `code` @octocat #12 !7 https://evil.example \
                       www.evil.example [a](javascript:b) **c** &amp; \"q\" 'r' \\";

fn heading(scanners: Vec<ScannerOutcome>) -> Heading {
    let tool = ToolInfo { name: "Scanhelm".to_owned(), version: "0.1.0".to_owned(), information_uri: None };
    Heading {
        tool,
        name: "shop <main> --> @x".to_owned(),
        of_hub: false,
        scanners,
        warnings: Vec::new(),
        hidden: Hidden::default(),
        components: None,
    }
}

fn outcome(scanner: &str, outcome: Outcome) -> ScannerOutcome {
    ScannerOutcome { scanner: scanner.to_owned(), version: None, outcome }
}

/// One scanner that looked, one that did not look at everything, one that is not there, one that broke, in hostile words.
fn outcomes() -> Vec<ScannerOutcome> {
    vec![
        ScannerOutcome { version: Some("1.8.0".to_owned()), ..outcome("bandit", Outcome::Complete) },
        outcome("halfway", Outcome::Partial { warnings: vec![format!("b.py {HOSTILE}"), "c.py".to_owned()] }),
        outcome("absent", Outcome::Skipped { reason: format!("not installed {HOSTILE}") }),
        outcome("broken", Outcome::Failed { reason: format!("ended with 3 {HOSTILE}") }),
    ]
}

fn written(output: LocalOutput, findings: &[FindingRecord], scanners: Vec<ScannerOutcome>) -> String {
    let mut bytes = vec![];
    output.write(&mut bytes, &Findings::of_report(findings).unwrap(), &heading(scanners)).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn shared(output: Output, findings: &[FindingRecord], scanners: Vec<ScannerOutcome>) -> String {
    let mut bytes = vec![];
    output.write(&mut bytes, &Findings::of_report(findings).unwrap(), &heading(scanners)).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// All texts of a finding in code are hostile.
fn hostile() -> Vec<FindingRecord> {
    let mut record = findings().into_iter().find(|record| matches!(record.location, Location::Code { .. })).unwrap();
    record.title = HOSTILE.to_owned();
    record.rule_id = HOSTILE.to_owned();
    record.scanner = HOSTILE.to_owned();
    record.description = Some(HOSTILE.to_owned());
    record.location = Location::Code { path: HOSTILE.to_owned(), line: Some(3), column: Some(2), source: None };
    Severity::ALL.into_iter().map(|severity| FindingRecord { severity, ..record.clone() }).collect()
}

/// How often each element occurs, and the sums of the counts that the suites tell.
fn elements(xml: &str) -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let (mut elements, mut told) = (BTreeMap::new(), BTreeMap::new());
    let mut reader = quick_xml::Reader::from_str(xml);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                let name = String::from_utf8_lossy(element.name().as_ref().as_ref()).into_owned();
                for attribute in element.attributes().map(Result::unwrap).filter(|_| name == "testsuite") {
                    let text = attribute.value.into_owned();
                    let key = String::from_utf8_lossy(attribute.key.as_ref().as_ref()).into_owned();
                    *told.entry(key).or_default() += text.parse::<u64>().unwrap_or_default();
                }
                *elements.entry(name).or_default() += 1;
            }
            Event::Eof => return (elements, told),
            _ => {}
        }
    }
}

#[test]
fn they_look_like_this() {
    let findings = findings();
    for (name, output) in [
        ("junit_output", LocalOutput::Junit),
        ("gitlab_codequality_output", LocalOutput::GitlabCodequality),
        ("github_annotations_output", LocalOutput::GithubAnnotations),
        ("markdown_output", LocalOutput::Markdown),
    ] {
        insta::assert_snapshot!(name, written(output, &findings, outcomes()));
    }
}

#[test]
fn the_order_of_the_findings_does_not_show() {
    let mut backwards = findings();
    backwards.reverse();
    for output in LocalOutput::ALL {
        assert_eq!(written(output, &findings(), outcomes()), written(output, &backwards, outcomes()), "{output:?}");
    }
}

#[test]
fn junit_has_a_case_for_each_finding_and_each_scanner_that_did_not_look_at_everything() {
    for findings in [findings(), hostile(), vec![]] {
        let xml = written(LocalOutput::Junit, &findings, outcomes());
        let (elements, told) = elements(&xml);
        let of = |wanted: &[Severity]| findings.iter().filter(|f| wanted.contains(&f.severity)).count() as u64;
        let failures = of(&[Severity::Critical, Severity::High]);
        let count = |name: &str| elements.get(name).copied().unwrap_or_default();
        assert_eq!(count("testcase"), findings.len() as u64 + 3);
        assert_eq!((count("failure"), count("system-out")), (failures, of(&[Severity::Medium]) + 1));
        assert_eq!((count("error"), count("skipped")), (1, 1));
        assert_eq!((told["tests"], told["failures"]), (count("testcase"), failures));
        assert_eq!((told["errors"], told["skipped"]), (1, 1));
        let forbidden = |c: char| (c < ' ' && c != '\n' && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!xml.contains(forbidden));
        let mut suites: Vec<&str> = xml.lines().filter(|line| line.starts_with("<testsuite ")).collect();
        let as_written = suites.clone();
        suites.sort_unstable();
        assert_eq!(suites, as_written, "by name");
    }
}

#[test]
fn code_quality_comes_back_and_no_fingerprint_is_twice() {
    let findings = findings();
    let text = written(LocalOutput::GitlabCodequality, &findings, vec![]);
    let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
    let fingerprints: HashSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!((issues.len(), fingerprints.len()), (findings.len(), findings.len()));
    let whole = read(text).unwrap();
    assert_eq!((whole.format, whole.rejected.len()), ("gitlab-codequality", 0));
    let facts = |records: &[FindingRecord]| {
        let facts = |record: &FindingRecord| {
            (record.scanner.clone(), record.rule_id.clone(), record.severity, record.title.clone())
        };
        let mut all: Vec<_> = records.iter().map(facts).collect();
        all.sort();
        all
    };
    assert_eq!(facts(&whole.findings), facts(&findings));
    let places = |records: &[FindingRecord]| -> HashSet<(String, Option<u32>)> {
        let place = |record: &FindingRecord| match &record.location {
            Location::Code { path, line: Some(line), .. } => Some((path.clone(), Some(*line))),
            _ => None,
        };
        records.iter().filter_map(place).collect()
    };
    assert!(places(&findings).is_subset(&places(&whole.findings)));
}

/// A line that moves keeps its fingerprint.
#[test]
fn a_code_quality_fingerprint_does_not_move_with_the_line() {
    let fingerprints = |lines: u32| -> Vec<Value> {
        let mut record = hostile().remove(0);
        record.location = Location::Code { path: "a.py".to_owned(), line: Some(lines), column: None, source: None };
        let text = written(LocalOutput::GitlabCodequality, &[record], vec![]);
        let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
        issues.into_iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    assert_eq!(fingerprints(3), fingerprints(30));
}

#[test]
fn no_text_becomes_a_command_of_a_runner() {
    let hostile = hostile();
    let text = written(LocalOutput::GithubAnnotations, &hostile, outcomes());
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    assert_eq!(lines.len(), hostile.len() + 3 + 1, "{text}");
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let command = ["::error ", "::warning ", "::notice "].into_iter().find(|command| line.starts_with(command));
        let (properties, _) = line[command.unwrap().len()..].split_once("::").unwrap();
        let names: Vec<&str> = properties.split(',').map(|property| property.split_once('=').unwrap().0).collect();
        assert!(names == ["title"] || names == ["file", "line", "col", "title"], "{line}");
    }
}

#[test]
fn a_comment_has_its_mark_and_obeys_nothing() {
    let text = written(LocalOutput::Markdown, &hostile(), outcomes());
    assert_eq!(text.lines().next(), Some("<!-- scanhelm:scan shop%20%3Cmain%3E%20-%2D%3E%20%40x -->"));
    let rest = text.split_once('\n').unwrap().1;
    for obeyed in ["<", ">", "`", "@", "[", "]", "://", "www.evil", "**c**", "&#35;12", "&#64;octocat", "&amp;"] {
        assert!(!rest.contains(obeyed), "{obeyed}: {rest}");
    }
    assert!(rest.lines().filter(|line| line.starts_with('|')).all(|line| line.matches('|').count() == 6), "{rest}");
}

#[test]
fn a_comment_shows_the_worst_and_counts_the_others() {
    let many: Vec<FindingRecord> = std::iter::repeat_with(hostile).take(12).flatten().collect();
    let text = written(LocalOutput::Markdown, &many, vec![]);
    assert_eq!(text.lines().filter(|line| line.starts_with("| ")).count(), 51);
    assert!(text.ends_with("\nand 10 more\n"), "{text}");
    let nothing = written(LocalOutput::Markdown, &[], outcomes().split_off(2));
    assert!(nothing.contains("no result") && !nothing.contains("no findings"), "{nothing}");
}

#[test]
fn a_comment_fits_into_what_a_host_takes_and_says_what_it_left_out() {
    let long = "&".repeat(1000);
    let mut many: Vec<FindingRecord> = std::iter::repeat_with(hostile).take(40).flatten().collect();
    many.iter_mut().for_each(|record| (record.title, record.rule_id) = (long.clone(), long.clone()));
    let failed =
        |_| ScannerOutcome { scanner: long.clone(), version: None, outcome: Outcome::Failed { reason: long.clone() } };
    let text = written(LocalOutput::Markdown, &many, (0..100).map(failed).collect());
    assert!((40_000..65_536).contains(&text.chars().count()), "{}", text.chars().count());
    let rows = text.lines().filter(|line| line.starts_with("| ")).count() - 1;
    assert!(text.ends_with(&format!("\nand {} more\n", many.len() - rows)), "{rows}");
    let scanners = text.lines().filter(|line| line.starts_with("- **Failed**")).count();
    assert!(scanners > 0 && text.contains(&format!("- and {} lines about scanners", 100 - scanners)), "{scanners}");
}

#[test]
fn a_comment_says_what_is_new_when_there_is_a_baseline() {
    let summary = |findings: &[FindingRecord], hidden| {
        let findings = Findings::of_report(findings).unwrap();
        let mut text = Vec::new();
        LocalOutput::Markdown.write(&mut text, &findings, &Heading { hidden, ..heading(vec![]) }).unwrap();
        String::from_utf8(text).unwrap().lines().nth(3).unwrap().to_owned()
    };
    let one = &hostile()[..1];
    assert!(summary(one, Hidden::default()).starts_with("**1 "));
    let told = summary(one, Hidden { known: Some(40), suppressed: 2 });
    assert!(told.starts_with("**new: 1 ") && told.ends_with("; 40 known before; 2 suppressed**"), "{told}");
    assert_eq!(summary(&[], Hidden { known: Some(0), suppressed: 0 }), "**no new findings; 0 known before**");
}

#[test]
fn who_did_not_look_is_told_in_json_sarif_and_html() {
    for findings in [findings(), vec![]] {
        let text = shared(Output::Json, &findings, outcomes());
        let document: Value = serde_json::from_str(&text).unwrap();
        let told: Vec<&Value> = document["scanners"].as_array().unwrap().iter().map(|told| &told["outcome"]).collect();
        assert_eq!(told, [&json!("complete"), &json!("partial"), &json!("skipped"), &json!("failed")]);
        assert_eq!(read(text).unwrap().findings.len(), findings.len());

        let text = shared(Output::Sarif, &findings, outcomes());
        let document: Value = serde_json::from_str(&text).unwrap();
        let invocation = &document["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let levels: Vec<&Value> =
            invocation["toolExecutionNotifications"].as_array().unwrap().iter().map(|told| &told["level"]).collect();
        assert_eq!(levels, ["warning", "warning", "error"]);
        let whole = read(text).unwrap();
        assert_eq!((whole.findings.len(), whole.complete), (findings.len(), false));
        assert!(whole.problems.iter().any(|problem| problem.contains("broken failed")), "{:?}", whole.problems);

        let page = shared(Output::Html, &findings, outcomes());
        assert!(page.contains("<b>broken failed</b>") && page.contains("<b>absent was skipped</b>"), "{page}");
        assert!(page.contains("<b>halfway was partial</b>") && page.contains(", and 1 more</p>"), "{page}");
        assert!(!page.contains("<img"));
    }
}

/// A scan in which everybody looked reads as it did before scanners were told.
#[test]
fn sarif_and_html_say_nothing_where_everybody_looked() {
    let ran = vec![outcome("bandit", Outcome::Complete)];
    for output in [Output::Sarif, Output::Html] {
        assert_eq!(shared(output, &findings(), ran.clone()), shared(output, &findings(), vec![]), "{output:?}");
    }
}
