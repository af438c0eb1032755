//! The security report.

use std::collections::HashMap;

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use super::place::{Surroundings, found};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{list, number, text};
use crate::package::{package_title, push_score};
use crate::report::Reader;
use crate::sample::Sample;
use crate::secrets::Leak;
use crate::weakness::{cves_in, cwes_in, push_new};

pub(super) const FORMAT: Format =
    Format { id: "gitlab", name: "GitLab security report JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    let found =
        sample.has_json("vulnerabilities[].identifiers[].type") && sample.has_json("vulnerabilities[].location");
    let empty = sample.has_json("vulnerabilities") && sample.has_json("scan.scanner") && sample.has_json("scan.type");
    let first = sample.has_json("vulnerabilities") && sample.has_json("remediations") && sample.has_json("version");
    found || empty || first && !sample.has_json("vulnerabilities[]")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("gitlab");
    let mut around = Surroundings { managers: HashMap::new(), options: options.clone() };
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut has_list, mut scan) = (false, None);
    each_key(&mut cursor, |key, cursor| {
        match key {
            "vulnerabilities" => {
                has_list = true;
                each_element(cursor, |cursor| report.keep_next(0, cursor))?;
            }
            "scan" => scan = cursor.value::<Option<Value>>(key)?,
            "dependency_files" => {
                for file in cursor.value::<Option<Vec<Value>>>(key)?.unwrap_or_default() {
                    if let (Some(path), Some(manager)) = (text(&file, "path"), text(&file, "package_manager")) {
                        around.managers.insert(path.to_owned(), manager.to_owned());
                    }
                }
            }
            _ => cursor.skip_value()?,
        }
        Ok(())
    })?;
    cursor.end()?;
    if !has_list {
        return Err(cursor.malformed("it holds no list `vulnerabilities`"));
    }
    let scan = scan.unwrap_or_default();
    let (kind, analyzer) = (text(&scan, "type").unwrap_or_default(), text(&scan, "scanner.id").unwrap_or_default());
    let time = |path: &str| Timestamp::parse(&format!("{}Z", text(&scan, path)?.trim_end_matches('Z')));
    (report.header.started_at, report.header.finished_at) = (time("start_time"), time("end_time"));
    report.header.scanner_version = text(&scan, "scanner.version").map(str::to_owned);
    report.header.policy = filled(format!("{kind} {analyzer}").trim());
    if !analyzer.is_empty() {
        report.header.scanner = analyzer.to_ascii_lowercase();
    }
    match text(&scan, "status") {
        Some("success") => {
            report.complete = !matches!(kind, "secret_detection" | "dast" | "api_fuzzing" | "coverage_fuzzing");
        }
        Some(status) => report.problems.add(&format!("the scan's status is `{status}`")),
        None => {}
    }
    for message in list(&scan, "messages") {
        if matches!(text(message, "level"), Some("fatal" | "error")) {
            report.problems.add(text(message, "value").unwrap_or_default());
        }
    }
    report.assets_of_findings_only =
        matches!(kind, "dast" | "api_fuzzing" | "container_scanning" | "cluster_image_scanning");
    report.conceal = kind == "secret_detection";
    let analyzer = report.header.scanner.clone();
    report.into_reader(options, Box::new(move |_, raw, place| vec![finding(raw, &analyzer, &around, place)]))
}

/// The tool and its rule: of the first identifier, which is the primary one.
fn rule_of(vulnerability: &Value, analyzer: &str) -> Result<(String, String), String> {
    let own = text(vulnerability, "scanner.id").unwrap_or(analyzer).to_ascii_lowercase();
    let identifier = list(vulnerability, "identifiers").next().ok_or("it has no identifier")?;
    let kind = text(identifier, "type").unwrap_or_default();
    let value = text(identifier, "value").or_else(|| text(identifier, "name")).ok_or("its identifier has no value")?;
    if kind == "cxOneScan" {
        // It names the scan.
        let name = text(vulnerability, "name").ok_or("it has no name")?;
        return Ok((own, name.to_owned()));
    }
    let tool = ["_rule_id", "_test_id", "_id"]
        .iter()
        .find_map(|ending| kind.strip_suffix(ending))
        .filter(|tool| !tool.is_empty());
    Ok((tool.map_or(own, str::to_ascii_lowercase), value.to_owned()))
}

fn severity(word: &str) -> Result<Severity, String> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "info" | "unknown" | "undefined" | "ignore" | "" => Severity::Info,
        _ => return Err(format!("`{word}` is no severity of GitLab")),
    })
}

fn finding(raw: &[u8], analyzer: &str, around: &Surroundings, place: &mut Place) -> Result<FindingRecord, String> {
    let vulnerability: Value = parsed(raw)?;
    let word = |path: &str| text(&vulnerability, path).unwrap_or_default();
    let (scanner, rule) = rule_of(&vulnerability, analyzer)?;
    let rank = severity(word("severity"))?;
    let location = vulnerability.get("location").ok_or("it has no location")?;
    let at = found(location, around, place)?;
    let (mut cves, mut cwes, mut links, mut cvss) = (vec![], vec![], vec![], vec![]);
    for identifier in list(&vulnerability, "identifiers") {
        let value = text(identifier, "value").unwrap_or_default();
        match text(identifier, "type").unwrap_or_default().to_ascii_lowercase().as_str() {
            "cve" => cves_in(value, &mut cves),
            "cwe" => cwes_in(&format!("CWE-{}", value.trim_start_matches("CWE-")), &mut cwes),
            _ => {}
        }
        links.extend(text(identifier, "url").map(str::to_owned));
    }
    for link in list(&vulnerability, "links").filter_map(|link| text(link, "url")) {
        push_new(&mut links, link.to_owned());
    }
    for score in list(&vulnerability, "cvss_vectors") {
        push_score(&mut cvss, "3.1", text(score, "vector"), number(score, "score"));
    }
    let message = text(&vulnerability, "name").or_else(|| text(&vulnerability, "message"));
    let title = match &at.package {
        Some((name, version)) => package_title(name, version, message, &rule),
        None => single_line(message.unwrap_or(&rule), 200),
    };
    let doubts =
        list(&vulnerability, "flags").filter_map(|flag| text(flag, "type").map(|kind| format!("Flag: {kind}")));
    let doubts: Vec<String> = doubts.collect();
    let secret = text(&vulnerability, "raw_source_code_extract");
    if word("category") == "secret_detection" || secret.is_some() {
        let (path, line) = match &at.location {
            Location::Code { path, line, .. } => (path.clone(), *line),
            _ => (String::new(), None),
        };
        let commit = text(location, "commit.sha").filter(|sha| sha.chars().any(|digit| digit != '0'));
        let leak = Leak {
            scanner: &scanner,
            rule_id: rule,
            title,
            severity: rank,
            vendor_severity: filled(word("severity")),
            path,
            line,
            column: None,
            commit,
            secret: secret.unwrap_or_default(),
            known_as: line_hash(word("cve")).map(|hash| format!("secret sha256:{}", hash.get(..16).unwrap_or(hash))),
            context: "",
            description: filled(word("description")),
            facts: doubts,
        };
        return Ok(leak.finding(place));
    }
    let solution = text(&vulnerability, "solution").filter(|text| *text != "No solution provided");
    Ok(FindingRecord {
        vendor_severity: filled(word("severity")),
        check: line_hash(word("cve")).map(str::to_owned).filter(|_| at.package.is_none()),
        cves,
        cwes,
        cvss,
        family: filled(word("category").replace('_', " ")),
        description: filled(word("description")),
        solution: solution.map(str::to_owned),
        evidence: filled(format!("{}\n{}", word("evidence.summary"), doubts.join("\n")).trim()),
        references: links,
        ..bare(&scanner, rule, title, rank, &at.asset, at.location)
    })
}

/// Of `file:hash:rule`: the SHA-256 that the analyzer made of the matched text.
fn line_hash(key: &str) -> Option<&str> {
    key.split(':').find(|part| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
