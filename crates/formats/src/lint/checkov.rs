//! Checkov (`-o json`): an object for one framework, a list of them for several. A check that is skipped in the source is
//! no finding. A report is complete if no framework counts a parsing error and each holds the failed checks that it
//! counts; the frameworks that ran are its policy, so that a run of fewer closes nothing of the others. The resource
//! identifies, not the lines. Without a platform key Checkov ranks nothing; a check is then medium.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use serde::Deserialize;
use serde_json::Value;

use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(super) const FORMAT: Format =
    Format { id: "checkov", name: "Checkov JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "checkov";

fn recognises(sample: &Sample) -> bool {
    let framework = |path: &str| {
        sample.has_json(&format!("{path}check_type")) && sample.has_json(&format!("{path}results"))
            || sample.has_json(&format!("{path}results.failed_checks[].check_id"))
    };
    framework("")
        || framework("[].")
        || sample.has_json("checkov_version")
            && ["resource_count", "resourcecount"].iter().any(|key| sample.has_json(key))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut run = Run { whole: true, ..Run::default() };
    let mut cursor = Cursor::new(input.content, &options.limits);
    if cursor.peek()? == Some(b'[') {
        each_element(&mut cursor, |cursor| run.framework(cursor, &mut report))?;
    } else {
        run.framework(&mut cursor, &mut report)?;
    }
    cursor.end()?;
    run.kinds.sort_unstable();
    report.header.scanner_version = run.version;
    report.header.policy = filled(run.kinds.join(","));
    report.complete = run.whole && !run.kinds.is_empty();
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Default)]
struct Run {
    kinds: Vec<String>,
    version: Option<String>,
    /// Every framework so far holds what it counts and counts no parsing error.
    whole: bool,
}

impl Run {
    fn framework<R: std::io::Read>(&mut self, cursor: &mut Cursor<R>, report: &mut Gathered) -> Result<(), ReadError> {
        let before = report.kept();
        let mut summary = None;
        each_key(cursor, |key, cursor| match key {
            "check_type" => {
                self.kinds.push(cursor.value(key)?);
                Ok(())
            }
            "summary" => {
                summary = Some(cursor.value::<Summary>(key)?);
                Ok(())
            }
            // Where nothing was found to check, the summary is all of the report.
            "checkov_version" => {
                self.version = cursor.value(key)?;
                Ok(())
            }
            "results" => each_key(cursor, |key, cursor| match key {
                "failed_checks" => each_element(cursor, |cursor| {
                    report.keep_next_noting(0, cursor, |raw, report| {
                        if let Ok(found) = parsed::<Check>(raw) {
                            report.folder.add(found.named());
                        }
                    })
                }),
                "parsing_errors" => each_element(cursor, |cursor| {
                    let file: Value = cursor.value("parsing_errors")?;
                    report.problems.add(&format!("not parsed: {file}"));
                    Ok(())
                }),
                _ => cursor.skip_value(),
            }),
            _ => cursor.skip_value(),
        })?;
        self.whole &= summary
            .as_ref()
            .is_some_and(|summary| summary.parsing_errors == Some(0) && summary.failed == Some(report.kept() - before));
        self.version = summary.and_then(|summary| summary.checkov_version).or(self.version.take());
        Ok(())
    }
}

#[derive(Deserialize)]
struct Summary {
    failed: Option<u64>,
    parsing_errors: Option<u64>,
    checkov_version: Option<String>,
}

#[derive(Deserialize)]
struct Check {
    check_id: String,
    #[serde(default)]
    check_name: Option<String>,
    file_path: String,
    file_abs_path: Option<String>,
    file_line_range: Option<Vec<u32>>,
    #[serde(default)]
    resource: String,
    severity: Option<String>,
    guideline: Option<String>,
    description: Option<String>,
    short_description: Option<String>,
    check_class: Option<String>,
    vulnerability_details: Option<Vulnerability>,
    code_block: Option<Vec<(u32, String)>>,
}

impl Check {
    /// From the folder that was scanned, with a slash in front. Of a file that was given by itself it is the whole path.
    fn named(&self) -> &str {
        match &self.file_abs_path {
            Some(whole) if *whole == self.file_path => whole,
            _ => self.file_path.trim_start_matches('/'),
        }
    }
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    id: String,
    #[serde(default)]
    package_name: String,
    #[serde(default)]
    package_version: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let check: Check = parsed(raw)?;
    let severity = match check.severity.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None => Severity::Medium,
        Some("CRITICAL") => Severity::Critical,
        Some("HIGH") => Severity::High,
        Some("MEDIUM" | "MODERATE") => Severity::Medium,
        Some("LOW") => Severity::Low,
        Some("INFO" | "NONE") => Severity::Info,
        Some(other) => return Err(format!("`{other}` is no severity of Checkov")),
    };
    let (mut cves, mut item) = (vec![], check.resource.clone());
    if let Some(vulnerability) = &check.vulnerability_details {
        cves_in(&vulnerability.id, &mut cves);
        item = format!("{} {}", vulnerability.package_name, vulnerability.package_version);
    }
    let path = place.tree.relative(check.named());
    let code = check.code_block.unwrap_or_default();
    // Of secrets the report shows the line with the secret masked in part; it is not kept.
    let is_secret = check.check_id.starts_with("CKV_SECRET");
    let code: String = if is_secret { String::new() } else { code.into_iter().map(|(_, line)| line).collect() };
    Ok(FindingRecord {
        vendor_severity: check.severity,
        check: filled(item),
        cves,
        family: check.check_class.and_then(filled),
        description: check.description.or(check.short_description).and_then(filled),
        evidence: filled(code),
        references: check.guideline.and_then(filled).into_iter().collect(),
        ..bare(
            SCANNER,
            check.check_id.clone(),
            check.check_name.and_then(filled).unwrap_or(check.check_id),
            severity,
            &place.asset,
            Location::Code {
                path,
                line: check.file_line_range.and_then(|range| range.first().copied()).filter(|line| *line > 0),
                column: None,
                source: None,
            },
        )
    })
}
