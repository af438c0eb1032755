//! Kingfisher's JSON (`--format json`). Its audit says of each repository whether the scan of it was completed; a
//! report in which all were is complete. Its `fingerprint` is made of the byte offsets too (crate kingfisher,
//! `compute_finding_fingerprint`), so it moves with every edit above and is not used. Standard output holds a second
//! document behind the report; only a file written with `-o` is one report.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::{Severity, Timestamp};
use serde::Deserialize;

use super::Leak;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_key, filled, keep_list, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "kingfisher", name: "Kingfisher JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "kingfisher";

fn recognises(sample: &Sample) -> bool {
    let found = sample.has_json("findings[].finding.snippet") && sample.has_json("findings[].rule.id");
    found || sample.has_json("findings") && sample.has_json("metadata.kingfisher_version")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut has_findings, mut audit) = (false, None);
    each_key(&mut cursor, |key, cursor| match key {
        "findings" => {
            has_findings = true;
            keep_list(&mut report, cursor, |raw| parsed::<Found>(raw).ok().map(|found| found.finding.path))
        }
        "audit" => {
            audit = Some(cursor.value::<Audit>("audit")?);
            Ok(())
        }
        "metadata" => {
            let metadata: Metadata = cursor.value("metadata")?;
            report.header.scanner_version = metadata.kingfisher_version;
            report.header.targets.extend(metadata.target);
            Ok(())
        }
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if !has_findings {
        return Err(cursor.malformed("it holds no list `findings`"));
    }
    if let Some(audit) = audit {
        report.header.started_at = audit.started_at.as_deref().and_then(Timestamp::parse);
        report.header.finished_at = audit.completed_at.as_deref().and_then(Timestamp::parse);
        report.complete = !audit.repositories.is_empty();
        for repository in audit.repositories {
            if repository.scan.status != "completed" {
                report.problems.add(&format!("{}: the scan is `{}`", repository.repository, repository.scan.status));
            }
            report.roots.push(repository.repository);
        }
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Audit {
    started_at: Option<String>,
    completed_at: Option<String>,
    #[serde(default)]
    repositories: Vec<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default)]
    repository: String,
    #[serde(default)]
    scan: Scan,
}

#[derive(Default, Deserialize)]
struct Scan {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Metadata {
    kingfisher_version: Option<String>,
    target: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    rule: Rule,
    finding: Spot,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    #[serde(default)]
    name: String,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Spot {
    snippet: String,
    path: String,
    line: Option<u32>,
    column_start: Option<u32>,
    confidence: Option<String>,
    #[serde(default)]
    validation: Validation,
    git_metadata: Option<Git>,
}

#[derive(Default, Deserialize)]
struct Validation {
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Git {
    #[serde(default)]
    commit: Commit,
}

#[derive(Default, Deserialize)]
struct Commit {
    #[serde(default)]
    id: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let spot = found.finding;
    let works = spot.validation.status == "Active Credential";
    let leak = Leak {
        scanner: SCANNER,
        title: filled(found.rule.name).unwrap_or_else(|| found.rule.id.clone()),
        severity: if works { Severity::Critical } else { Severity::High },
        vendor_severity: None,
        path: spot.path,
        line: spot.line,
        // Counted from 0.
        column: spot.column_start.map(|column| column.saturating_add(1)),
        commit: spot.git_metadata.as_ref().map(|git| git.commit.id.as_str()),
        secret: &spot.snippet,
        known_as: None,
        context: "",
        description: found.rule.description,
        facts: [
            spot.confidence.map(|confidence| format!("Confidence: {confidence}")),
            filled(spot.validation.status).map(|status| format!("Validation: {status}")),
        ]
        .into_iter()
        .flatten()
        .collect(),
        rule_id: found.rule.id,
    };
    Ok(leak.finding(place))
}
