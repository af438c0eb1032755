//! Issues of Veracode's agent for packages (formerly SourceClear): a page of its API and its CSV export. Only
//! vulnerabilities are findings; outdated libraries and licences are not. What is ignored or resolved is none. Neither
//! closes anything: a page and a table are not a scan.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use super::{SCANNER, library, package};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{flag, number, text};
use crate::package::{package_location, package_title, push_score};
use crate::report::Reader;
use crate::sample::Sample;
use crate::table::Rows;
use crate::weakness::{cves_in, cwes_in};

pub(super) const JSON: Format = Format {
    id: "veracode-agent",
    name: "Veracode SCA agent issues JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};
pub(super) const TABLE: Format = Format {
    id: "veracode-agent-csv",
    name: "Veracode SCA agent CSV",
    extensions: &["csv"],
    sniff: recognises_table,
    open: open_table,
};

const COLUMNS: [&str; 6] =
    ["Issue type", "Ignored", "Package manager", "Coordinate 1", "Version in use", "Vulnerability ID"];

fn recognises(sample: &Sample) -> bool {
    sample.has_json("_embedded.issues[].issue_type") && sample.has_json("_embedded.issues[].library.id")
}

fn recognises_table(sample: &Sample) -> bool {
    let header = sample.text().lines().next().unwrap_or_default();
    COLUMNS.iter().all(|name| header.contains(&format!("\"{name}\"")))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_key(&mut cursor, |key, cursor| match key {
        "_embedded" => each_key(cursor, |key, cursor| match key {
            "issues" => each_element(cursor, |cursor| report.keep_next(0, cursor)),
            _ => cursor.skip_value(),
        }),
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    let turn = |_: u8, raw: &[u8], place: &mut Place| issue(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

fn open_table(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut rows = Rows::new(input.content, &options.limits);
    let header = rows.next()?.ok_or_else(|| rows.truncated("it has no header"))?;
    let names: Vec<String> = header.cells().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    for name in COLUMNS {
        if !names.iter().any(|column| column == name) {
            return Err(rows.malformed(format!("its header names no column `{name}`")));
        }
    }
    while let Some(row) = rows.next()? {
        if !row.is_blank() {
            let cells: BTreeMap<&str, &str> = names.iter().map(String::as_str).zip(row.cells()).collect();
            report.keep_value(0, &cells)?;
        }
    }
    let turn = |_: u8, raw: &[u8], place: &mut Place| row(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

struct Vulnerability {
    id: String,
    /// Without `CVE-`.
    cve: String,
    title: String,
    score: Option<f64>,
    name: String,
    version: String,
    url: Option<String>,
    project: Option<String>,
}

impl Vulnerability {
    fn finding(self, place: &Place) -> Result<FindingRecord, String> {
        let url = self.url.ok_or("it names no library")?;
        let score = self.score.ok_or("it has no score")?;
        let mut cves = vec![];
        cves_in(&format!("CVE-{}", self.cve.trim_start_matches("CVE-")), &mut cves);
        let rule = cves.first().cloned().or_else(|| filled(self.id).map(|id| format!("SID-{id}")));
        let rule = rule.ok_or("it names no vulnerability")?;
        Ok(FindingRecord {
            vendor_severity: Some(score.to_string()),
            cves,
            family: Some("packages".to_owned()),
            evidence: self.project.map(|project| format!("Project: {project}")),
            ..bare(
                SCANNER,
                rule.clone(),
                package_title(&self.name, &self.version, Some(&self.title), &rule),
                Severity::from_cvss(score),
                &place.asset,
                package_location(url, None),
            )
        })
    }
}

fn issue(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Value = parsed(raw)?;
    let word = |path: &str| text(&found, path).unwrap_or_default().to_owned();
    let open = word("issue_status") == "open" && !flag(&found, "ignored");
    if !open || word("issue_type") != "vulnerability" {
        return Ok(None);
    }
    let (mut cwes, mut cvss) = (vec![], vec![]);
    cwes_in(&word("vulnerability.cwe_id"), &mut cwes);
    let three = text(&found, "vulnerability.cvss3_vector").map(|vector| format!("CVSS:3.1/{vector}"));
    push_score(&mut cvss, "3.1", three.as_deref(), number(&found, "vulnerability.cvss3_score"));
    push_score(
        &mut cvss,
        "2.0",
        text(&found, "vulnerability.cvss2_vector"),
        number(&found, "vulnerability.cvss2_score"),
    );
    let vulnerability = Vulnerability {
        id: word("vulnerability.id"),
        cve: word("vulnerability.cve"),
        title: word("vulnerability.title"),
        score: number(&found, "severity"),
        name: word("library.name"),
        version: word("library.version"),
        url: library(&word("library.id")),
        project: text(&found, "project_name").map(str::to_owned),
    };
    Ok(Some(FindingRecord { cwes, cvss, ..vulnerability.finding(place)? }))
}

fn row(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let cells: BTreeMap<String, String> = parsed(raw)?;
    let cell = |name: &str| cells.get(name).map_or("", String::as_str);
    let open = cell("Status").eq_ignore_ascii_case("open") && !cell("Ignored").eq_ignore_ascii_case("true");
    if !open || !cell("Issue type").eq_ignore_ascii_case("vulnerability") {
        return Ok(None);
    }
    let url = package(cell("Package manager"), cell("Coordinate 1"), cell("Coordinate 2"), cell("Version in use"));
    let vulnerability = Vulnerability {
        id: cell("Vulnerability ID").to_owned(),
        cve: cell("CVE").to_owned(),
        title: cell("Title").to_owned(),
        score: cell("CVSS score").parse().ok().filter(|score: &f64| score.is_finite()),
        name: cell("Library").to_owned(),
        version: cell("Version in use").to_owned(),
        url,
        project: filled(cell("Project")),
    };
    vulnerability.finding(place).map(Some)
}
