//! Sonatype IQ Server (Nexus IQ, Lifecycle): the raw report of an application (`GET /api/v2/applications/{id}/reports/{id}/raw`).
//!
//! Decisions a reader of findings should know:
//! - **Open** is an issue in the status `Open`, `Acknowledged` or `Confirmed`; `Not Applicable` ones are no findings.
//! - **Severity** is the threat category, else the score.
//! - **Asset**: the report does not name its application; it is the caller's repository.
//! - **Nothing is closed**: the report does not say which part of the application was scanned at which stage.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    canonical, draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score,
    severity_or_reason, subject,
};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(crate) const FORMAT: Format =
    Format { id: "sonatype-iq", name: "Sonatype IQ raw report", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "sonatype-iq";

fn recognises(sample: &Sample) -> bool {
    // The files of one component can fill the sample.
    sample.has_json("components[].componentIdentifier")
        && (sample.has_json("components[].securityData") || sample.has_json("components[].pathnames"))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Iq { asset: subject::repository(None, options) }, &options.limits)
}

struct Iq {
    asset: AssetRecord,
}

impl Layout for Iq {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "components" | "components[]" | "components[].securityData" => Step::Enter,
            "components[].securityData.securityIssues" => Step::Enter,
            "components[].securityData.securityIssues[]" => Step::Record,
            "components[].packageUrl" | "components[].componentIdentifier" | "components[].pathnames" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, _: &Sections) -> Result<Beginning, String> {
        let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
        let mut beginning = Beginning { header, ..Beginning::default() };
        beginning.cover(self.asset.clone());
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let rule = field::needed(&entry, "reference")?;
        let score = field::number(&entry, "severity");
        let word = field::text(&entry, "threatCategory");
        let severity = match (word, score) {
            (Some("severe"), _) => Severity::High,
            (Some(word), _) => severity_or_reason(word, "Sonatype IQ")?,
            (None, Some(score)) => Severity::from_cvss(score),
            (None, None) => return Err("it has neither `threatCategory` nor `severity`".to_owned()),
        };
        match field::text(&entry, "status").unwrap_or("Open") {
            "Open" | "Acknowledged" | "Confirmed" => {}
            "Not Applicable" => return Ok(vec![]),
            other => return Err(format!("`{}` is no status of Sonatype IQ", single_line(other, 60))),
        }
        let identifier = record.around.fact("componentIdentifier").unwrap_or(&Value::Null);
        let (name, version) = coordinates(identifier);
        let kind = field::text(identifier, "format").and_then(kind_of);
        let purl = record
            .around
            .text("packageUrl")
            .and_then(canonical)
            .or_else(|| purl(kind?, None, &name, &version))
            .or_else(|| generic(&name, &version))
            .ok_or("its component has no name")?;
        let paths = record.around.fact("pathnames").and_then(Value::as_array).into_iter().flatten();
        let path = paths.filter_map(Value::as_str).min();
        let mut finding = draft(SCANNER, rule, severity, &self.asset, package_location(purl, path));
        finding.title = package_title(&name, &version, None, rule);
        finding.vendor_severity = word.map(str::to_owned).or_else(|| field::words(&entry, "severity"));
        if let Some(vector) = field::text(&entry, "cvssVector") {
            push_score(&mut finding.cvss, "3.1", Some(vector), score);
        }
        cwes_in(
            &field::texts(&entry, "cwe").iter().map(|id| format!("CWE-{id} ")).collect::<String>(),
            &mut finding.cwes,
        );
        finding.family = field::text(&entry, "source").map(str::to_owned);
        finding.evidence = lines(&[
            ("Installed version", Some(&version)),
            ("Score", field::words(&entry, "severity").as_deref()),
            ("Status", field::text(&entry, "status")),
        ]);
        finding.references = field::texts(&entry, "url");
        Ok(vec![finding])
    }
}

/// Each format has its own.
fn coordinates(identifier: &Value) -> (String, String) {
    let of = |name: &str| field::text(identifier, &format!("coordinates.{name}"));
    let name = match (of("groupId"), of("artifactId")) {
        (Some(group), Some(artifact)) => format!("{group}:{artifact}"),
        _ => of("packageId").or(of("name")).unwrap_or_default().to_owned(),
    };
    (name, of("version").unwrap_or_default().to_owned())
}
