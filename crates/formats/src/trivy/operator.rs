//! The reports of trivy-operator: custom resources of a cluster, one alone, a list, or as `kubectl get -o json` writes them.
//!
//! A report of vulnerabilities or secrets belongs to a container; its image is known, but the asset is the workload, as it
//! is for its configuration. Reports of compliance only count what the others name: they give no findings.

use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::SCANNER;
use super::record::check_name;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Around, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{
    canonical, draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score,
    severity_or_reason, upgrade, workload,
};
use crate::report::ReportHeader;
use crate::sample::Sample;

pub(crate) const FORMAT: Format = Format {
    id: "trivy-operator",
    name: "trivy-operator reports (JSON)",
    extensions: &["json"],
    sniff: recognises,
    open,
};

/// Where custom resources stand.
const OBJECTS: [&str; 3] = ["[]", "items[]", ""];

fn recognises(sample: &Sample) -> bool {
    let kubernetes = ["", "[].", "items[]."]
        .iter()
        .any(|at| sample.has_json(&format!("{at}apiVersion")) && sample.has_json(&format!("{at}kind")));
    kubernetes && sample.text().contains("aquasecurity.github.io/v1alpha1")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Operator { options: options.clone() }, &options.limits)
}

struct Operator {
    options: ReadOptions,
}

impl Operator {
    fn asset(&self, around: &Around<'_>) -> Option<AssetRecord> {
        let metadata = around.fact("metadata")?;
        let label = |name: &str| {
            let labels = metadata.get("labels")?;
            labels.get(format!("trivy-operator.resource.{name}"))?.as_str().filter(|text| !text.is_empty())
        };
        let cluster = self.options.repository.as_deref();
        // Old versions name the resource in an annotation when it is too long for a label.
        let annotated = field::at(metadata, "annotations").and_then(|all| all.get("trivy-operator.resource.name"));
        let name = label("name").or(annotated.and_then(Value::as_str)).or(field::text(metadata, "name"))?;
        let kind = label("kind").or(around.text("kind"))?;
        let namespace = label("namespace").or(field::text(metadata, "namespace"));
        Some(workload(cluster, namespace, kind, name))
    }
}

impl Layout for Operator {
    fn step(&self, path: &str) -> Step {
        let member = OBJECTS.iter().find_map(|at| path.strip_prefix(at)).unwrap_or_default();
        match member.strip_prefix('.').unwrap_or(member) {
            "" | "items" | "report" | "report.vulnerabilities" | "report.checks" | "report.secrets" => Step::Enter,
            "report.vulnerabilities[]" | "report.checks[]" | "report.secrets[]" => Step::Record,
            "apiVersion" | "kind" | "metadata" => Step::Keep,
            "report.updateTimestamp" | "report.scanner" | "report.artifact" | "report.os" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let reports = || ["report", "[].report", "items[].report"].into_iter().flat_map(|path| sections.at(path));
        let version = reports().find_map(|report| field::words(report.fact("scanner")?, "version"));
        let finished_at = reports().filter_map(|report| Timestamp::parse(report.text("updateTimestamp")?)).max();
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: SCANNER.to_owned(),
                scanner_version: version,
                finished_at,
                ..ReportHeader::default()
            },
            ..Beginning::default()
        };
        for report in reports() {
            if let Some(asset) = self.asset(&report) {
                beginning.cover(asset);
            }
        }
        if reports().next().is_none() {
            beginning.problems.add("no report in it names findings: it only counts them");
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let around = &record.around;
        let asset = self.asset(around).ok_or("nothing says which workload it belongs to")?;
        let word = field::text(&entry, "severity").unwrap_or("UNKNOWN");
        let severity = severity_or_reason(word, "Trivy")?;
        let mut finding = match record.path.rsplit('.').next() {
            Some("vulnerabilities[]") => {
                let rule = field::needed(&entry, "vulnerabilityID")?;
                let (name, version) =
                    (field::needed(&entry, "resource")?, field::text(&entry, "installedVersion").unwrap_or_default());
                let location = package_location(package(&entry, around, name, version)?, path(&entry));
                let mut finding = draft(SCANNER, rule, severity, &asset, location);
                finding.title = package_title(name, version, field::text(&entry, "title"), rule);
                push_score(&mut finding.cvss, "3.1", None, field::number(&entry, "score"));
                finding.solution = upgrade(name, &field::texts(&entry, "fixedVersion"));
                finding.description = field::text(&entry, "description").map(str::to_owned);
                finding.evidence = lines(&[
                    ("Container", container(around)),
                    ("Image", image(around).as_deref()),
                    ("Package", Some(name)),
                    ("Installed version", Some(version)),
                ]);
                finding.references = field::texts(&entry, "primaryLink");
                finding.references.extend(field::texts(&entry, "links"));
                finding
            }
            Some("checks[]") => {
                if field::flag(&entry, "success") {
                    return Ok(vec![]);
                }
                let id = field::needed(&entry, "checkID")?;
                let mut finding = draft(SCANNER, &check_name(id), severity, &asset, Location::Asset);
                finding.title = single_line(field::text(&entry, "title").unwrap_or(id), 300);
                finding.family = field::text(&entry, "category").map(str::to_owned);
                finding.description = field::text(&entry, "description").map(str::to_owned);
                finding.solution = field::text(&entry, "remediation").map(str::to_owned);
                finding.evidence = Some(field::texts(&entry, "messages").join("\n")).filter(|text| !text.is_empty());
                finding
            }
            _ => {
                let rule = field::needed(&entry, "ruleID")?;
                let location = Location::Code {
                    path: path(&entry).unwrap_or_default().trim_start_matches('/').to_owned(),
                    line: None,
                    column: None,
                    source: field::text(&entry, "match").map(str::to_owned),
                };
                let mut finding = draft(SCANNER, rule, severity, &asset, location);
                finding.title = single_line(field::text(&entry, "title").unwrap_or(rule), 300);
                finding.cwes = vec![798];
                finding.family = Some("secret".to_owned());
                finding.evidence = lines(&[
                    ("Container", container(around)),
                    ("Image", image(around).as_deref()),
                    ("Match", field::text(&entry, "match")),
                ]);
                finding
            }
        };
        finding.vendor_severity = Some(word.to_owned());
        finding.seen_at = around.text("updateTimestamp").and_then(Timestamp::parse);
        Ok(vec![finding])
    }
}

fn path(entry: &Value) -> Option<&str> {
    field::first_text(entry, &["packagePath", "pkgPath", "target"])
}

/// Old reports say nothing but name and version.
fn package(entry: &Value, around: &Around<'_>, name: &str, version: &str) -> Result<String, String> {
    if let Some(purl) = field::text(entry, "packagePURL").and_then(canonical) {
        return Ok(purl);
    }
    let system = around.fact("os").and_then(|os| field::text(os, "family"));
    let word = field::text(entry, "packageType").or(system);
    word.and_then(kind_of)
        .and_then(|kind| purl(kind, word, name, version))
        .or_else(|| generic(name, version))
        .ok_or_else(|| "it names no package".to_owned())
}

fn container<'a>(around: &Around<'a>) -> Option<&'a str> {
    around.fact("metadata")?.get("labels")?.get("trivy-operator.container.name")?.as_str()
}

fn image(around: &Around<'_>) -> Option<String> {
    let artifact = around.fact("artifact")?;
    let tag = field::text(artifact, "tag").map(|tag| format!(":{tag}")).unwrap_or_default();
    Some(format!("{}{tag}", field::text(artifact, "repository")?))
}
